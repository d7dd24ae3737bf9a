//! Attributes of elements that stay: which are written, which go, and which
//! take their element along.

use sanitize_core::Code;

use crate::codes;
use crate::formula;
use crate::names::{Element, Space};
use crate::rules::{AttributeAct, HOLDER, Missing};
use crate::target::{is_harmless_address, is_harmless_place};
use crate::xml::attributes::resolve;
use crate::xml::escape::put_raw_value;
use crate::xml::{Attributes, split_name};

use super::{Failure, Fate, Scrubber};

/// What the attributes say about their element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict {
    Keep,
    Drop,
    Unwrap,
    Poison(&'static str, &'static Code),
}

impl Scrubber<'_> {
    /// Writes the attributes that stay into the open start tag.
    pub(super) fn write_attributes(
        &mut self,
        element: &'static Element,
        raw: &str,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::Keep;
        // Bits for the attributes written so far: general ones, then known.
        let mut seen = 0_u128;
        for attribute in Attributes::new(raw) {
            let (name, value) = attribute?;
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let (prefix, local) = split_name(name);
            let Some(space) = self.attribute_space(prefix)? else {
                self.note(&codes::MARKUP);
                continue;
            };
            let is_general = space == self.names.xml || space == self.names.markup;
            let known = element
                .attributes
                .iter()
                .position(|known| known.local == local && known.space == space);
            let place = match local {
                _ if !is_general => known.map(|at| at + GENERAL.len()),
                _ => GENERAL.iter().position(|general| *general == local),
            };
            if let Some(place) = place {
                // A name twice in one tag is not well-formed (XML 1.0, 3.1).
                let bit = 1_u128.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
                if seen & bit != 0 {
                    return Err(Failure::Malformed);
                }
                seen |= bit;
            }
            if is_general {
                self.write_general(space, name, local, value)?;
                continue;
            }
            match known.and_then(|at| element.attributes.get(at)) {
                Some(known) => {
                    if let Some(found) = self.write_known(element, known.act, name, value, raw)? {
                        verdict = found;
                    }
                }
                // Hints where schemas lie are for validators.
                None if space == self.names.schema_instance => {}
                None if value.is_empty() => {}
                None => self.note_left_out(element, local),
            }
        }
        Ok(verdict)
    }

    /// Names the finding that an attribute outside the tables stands for.
    fn note_left_out(&mut self, element: &'static Element, local: &str) {
        let is_protection =
            element.local.ends_with("rotection") || element.local == "protectedRange";
        let code = match (self.names.prefix(element.space), local) {
            _ if is_protection => &codes::PROTECTION_HASH,
            ("v", _) => &codes::SHAPE_DATA,
            (_, "invalidUrl") => &codes::HYPERLINK,
            (_, "connectionId" | "queryTableFieldId") => &codes::CONNECTION,
            ("x", "function" | "vbProcedure" | "xlm" | "shortcutKey") => &codes::MACRO_NAME,
            _ => &codes::MARKUP,
        };
        self.note(code);
    }

    pub(super) fn attribute_space(&self, prefix: &str) -> Result<Option<Space>, Failure> {
        match prefix {
            "" => Ok(Some(Space::NONE)),
            "xml" => Ok(Some(self.names.xml)),
            _ => {
                let at = self.scope.find(prefix).ok_or(Failure::Malformed)?;
                Ok(self.scope.get(at).and_then(|binding| binding.space))
            }
        }
    }

    /// Writes `xml:space`, `xml:lang` and `mc:Ignorable`; of the namespaces
    /// that any element may use, nothing else.
    fn write_general(
        &mut self,
        space: Space,
        name: &str,
        local: &str,
        value: &str,
    ) -> Result<(), Failure> {
        if space == self.names.xml {
            match local {
                "lang" => self.put(name, value)?,
                "space" if matches!(value, "preserve" | "default") => self.put(name, value)?,
                "space" => {}
                // An address that all others in the element lean on.
                "base" => self.note(&codes::EXTERNAL),
                _ => self.note(&codes::MARKUP),
            }
            return Ok(());
        }
        if local != "Ignorable" {
            return Ok(());
        }
        let value = resolve(value)?;
        let is_known = |prefix: &&str| {
            let binding = self.scope.find(prefix).and_then(|at| self.scope.get(at));
            binding.is_some_and(|binding| binding.space.is_some())
        };
        let kept: Vec<&str> = value.split_ascii_whitespace().filter(is_known).collect();
        for prefix in &kept {
            self.need_prefix(prefix);
        }
        if !kept.is_empty() {
            self.put(name, &kept.join(" "))?;
        }
        Ok(())
    }

    /// Writes one attribute as its act says; a verdict is for the element.
    fn write_known(
        &mut self,
        element: &'static Element,
        act: AttributeAct,
        name: &str,
        value: &str,
        raw: &str,
    ) -> Result<Option<Verdict>, Failure> {
        let code = match act {
            AttributeAct::Keep => None,
            AttributeAct::Prefixes => {
                for prefix in value.split_ascii_whitespace() {
                    self.need_prefix(prefix);
                }
                None
            }
            AttributeAct::Relation => return self.write_relation(element, name, value, raw),
            AttributeAct::DropQuietly => return Ok(None),
            AttributeAct::Drop(_) if value.is_empty() => None,
            AttributeAct::Drop(code) => Some(code),
            AttributeAct::Style => leads_out_in_style(&resolve(value)?).then_some(&codes::STYLE),
            AttributeAct::Address => self.check_address(&resolve(value)?),
            AttributeAct::Formula | AttributeAct::Instruction => {
                self.check_formula(act, &resolve(value)?)
            }
            AttributeAct::SheetIndex => return self.write_sheet_index(element, name, value),
            // `open_special` reported the link if nothing of it stays.
            AttributeAct::Location if value.is_empty() => None,
            AttributeAct::Location => {
                (!is_harmless_place(&resolve(value)?)).then_some(&codes::HYPERLINK)
            }
            AttributeAct::Metadata if self.part.shared.drops_cell_metadata => return Ok(None),
            AttributeAct::Metadata => None,
        };
        match code {
            Some(code) => self.note(code),
            None => self.put(name, value)?,
        }
        Ok(None)
    }

    fn check_address(&self, address: &str) -> Option<&'static Code> {
        let is_inside = address.starts_with('#');
        if !is_inside && self.part.policy.hyperlinks != sanitize_core::Hyperlinks::Keep {
            return Some(&codes::HYPERLINK_POLICY);
        }
        (!is_harmless_address(address)).then_some(&codes::HYPERLINK)
    }

    fn check_formula(&self, act: AttributeAct, text: &str) -> Option<&'static Code> {
        let links = self.part.policy.hyperlinks;
        if matches!(act, AttributeAct::Instruction) {
            // `open_special` let only harmless instructions come here.
            return None;
        }
        (!formula::is_harmless(text, &self.part.shared.grounds, links)).then_some(&codes::FORMULA)
    }

    /// Shifts an index past the sheets that were removed.
    fn write_sheet_index(
        &mut self,
        element: &'static Element,
        name: &str,
        value: &str,
    ) -> Result<Option<Verdict>, Failure> {
        let sheets = &self.part.shared.sheets;
        if sheets.is_empty() {
            self.put(name, value)?;
            return Ok(None);
        }
        let index: Option<usize> = value.parse().ok();
        match index.and_then(|index| sheets.get(index).copied()).flatten() {
            Some(index) => self.put(name, &index.to_string())?,
            None if element.local == "definedName" => return Ok(Some(Verdict::Drop)),
            None => {}
        }
        Ok(None)
    }

    fn write_relation(
        &mut self,
        element: &'static Element,
        name: &str,
        value: &str,
        raw: &str,
    ) -> Result<Option<Verdict>, Failure> {
        let id = resolve(value)?;
        if id.is_empty() {
            self.put(name, value)?;
            return Ok(None);
        }
        // An address is for clicks only: a picture or part by that id would be
        // fetched on opening.
        let is_click = CLICKS.contains(&element.local);
        match self.part.relations.fate(&id) {
            Some((number, fate))
                if fate == Fate::Slide
                    || (fate == Fate::Address) == is_click && fate != Fate::Gone =>
            {
                self.uses.push((self.out.len(), number));
                self.put(name, value)?;
                Ok(None)
            }
            Some((_, Fate::Part | Fate::Slide | Fate::Address)) => {
                self.note(&codes::EXTERNAL);
                Ok(self.without_relation(element, raw))
            }
            // The relationship itself was reported where it was removed.
            Some((_, Fate::Gone)) => Ok(self.without_relation(element, raw)),
            None => {
                self.note(&codes::DANGLING);
                Ok(self.without_relation(element, raw))
            }
        }
    }

    fn without_relation(&self, element: &'static Element, raw: &str) -> Option<Verdict> {
        match element.missing {
            Missing::Drop => Some(Verdict::Drop),
            Missing::Attribute => None,
            Missing::Unwrap if raw.contains("anchor") => None,
            Missing::Unwrap => Some(Verdict::Unwrap),
            Missing::Poison("ext") => Some(Verdict::Poison("ext", &codes::DANGLING)),
            Missing::Poison(_) => Some(Verdict::Poison(HOLDER, &codes::DANGLING)),
        }
    }

    /// Writes one attribute whose value stands as in the source.
    fn put(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let (prefix, _) = split_name(name);
        if !prefix.is_empty() && prefix != "xml" {
            self.need_prefix(prefix);
        }
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        put_raw_value(&mut self.out, value)?;
        self.out.push(b'"');
        Ok(())
    }
}

/// Elements that a click follows.
const CLICKS: [&str; 4] = ["hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver"];

/// The attributes that any element may have.
const GENERAL: [&str; 3] = ["space", "lang", "Ignorable"];

/// Says whether a VML style names an address or a behaviour.
fn leads_out_in_style(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    ["url", "expression", "behavior", "import", "\\", "/*", "://"]
        .iter()
        .any(|word| style.contains(word))
}
