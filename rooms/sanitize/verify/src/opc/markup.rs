//! The markup of parts: elements and attributes that act, call out or hide,
//! field instructions and formulas. Checks no schema.

mod tables;

use sanitize_core::{Choice, Hyperlinks};

use crate::check::{Check, Walk};
use crate::opc::fields::Fields;
use crate::opc::formula;
use crate::opc::types::Kind;
use crate::rules;
use crate::url::{self, Address};
use crate::xml::{Attribute, Event, Ns, Scanner, resolved};
use tables::{ATTRIBUTES, ELEMENTS, Mark, Test};

/// Reports what a plain document has none of.
pub(crate) fn odd_event(check: &mut Check<'_>, event: Event<'_>) -> Walk {
    match event {
        Event::Doctype(text) => check.found(rules::XML_DOCTYPE, text),
        Event::Instruction(text) => check.found(rules::XML_INSTRUCTION, text),
        Event::Comment(text) => check.found(rules::XML_COMMENT, text),
        Event::Cdata(text) => check.found(rules::XML_CDATA, text),
        Event::Start | Event::End | Event::Text(_) | Event::Eof => Ok(()),
    }
}

/// Checks one part.
pub(super) fn part(check: &mut Check<'_>, kind: Kind, name: &str, text: &str) -> Walk {
    check.take_nodes((text.len() / BYTES_A_NODE) as u64)?;
    let mut part = Part {
        kind,
        fields: Fields::default(),
        capture: None,
        is_properties: name.starts_with("docProps/"),
    };
    let mut scanner = Scanner::new(text);
    loop {
        match scanner.next() {
            Ok(Event::Start) => part.start(check, &scanner)?,
            Ok(Event::Text(raw)) => part.text(raw),
            Ok(Event::End) => part.end(check, &scanner)?,
            Ok(Event::Eof) => return part.fields.finish(check),
            Ok(event) => {
                odd_event(check, event)?;
                if let Event::Cdata(raw) = event {
                    part.text(raw);
                }
            }
            Err(fault) => {
                return check.unreadable(format!("{fault}, in element {}", scanner.local));
            }
        }
    }
}

/// Element text that is looked at once the element ends.
struct Capture {
    depth: usize,
    what: Captured,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Captured {
    Instruction,
    Formula,
    Personal,
}

struct Part {
    kind: Kind,
    fields: Fields,
    capture: Option<Capture>,
    is_properties: bool,
}

impl Part {
    fn start(&mut self, check: &mut Check<'_>, scanner: &Scanner<'_>) -> Walk {
        let (ns, local) = (scanner.ns, scanner.local);
        if ns == Ns::UNKNOWN {
            check.found(
                rules::XML_NAMESPACE,
                format!(
                    "element {local} of {}",
                    scanner.unknown.first().unwrap_or(&"an outer declaration")
                ),
            )?;
        }
        if let Some(found) = ELEMENTS.get(local) {
            self.element(check, ns, local, found, scanner)?;
        }
        for attribute in &scanner.attributes {
            self.attribute(check, scanner, attribute)?;
        }
        Ok(())
    }

    fn element(
        &mut self,
        check: &mut Check<'_>,
        ns: Ns,
        local: &str,
        found: &[(&'static str, Mark)],
        scanner: &Scanner<'_>,
    ) -> Walk {
        let Some(&(_, mark)) = found.iter().find(|(wanted, _)| *wanted == "*" || Ns(wanted) == ns)
        else {
            return Ok(());
        };
        match mark {
            Mark::Denied(rule) => check.found(rule, format!("{}:{local}", ns.0)),
            Mark::Change => match check.policy.office.tracked_changes {
                Choice::Keep => Ok(()),
                Choice::Remove | Choice::Flatten => {
                    check.found(rules::POLICY, format!("tracked change {local}"))
                }
            },
            Mark::Field => self.field(check, local, scanner),
            Mark::Instruction if self.kind == Kind::Word => {
                // Runs between a field's start and its separator are its code,
                // whichever element their text stands in.
                if local != "t" || self.fields.is_in_code() {
                    self.begin_capture(scanner, Captured::Instruction);
                }
                Ok(())
            }
            Mark::Instruction => Ok(()),
            Mark::Formula => {
                self.begin_capture(scanner, Captured::Formula);
                Ok(())
            }
            Mark::Name => {
                self.begin_capture(scanner, Captured::Formula);
                defined_name(check, scanner)
            }
            Mark::Personal => {
                if self.is_properties && check.policy.office.metadata != Choice::Keep {
                    self.begin_capture(scanner, Captured::Personal);
                }
                Ok(())
            }
        }
    }

    fn field(&mut self, check: &mut Check<'_>, local: &str, scanner: &Scanner<'_>) -> Walk {
        let wanted = if local == "fldSimple" { "instr" } else { "fldCharType" };
        let Some(value) =
            scanner.attributes.iter().find(|a| a.local == wanted).map(Attribute::value)
        else {
            return Ok(());
        };
        match (local, value.as_ref()) {
            ("fldSimple", instruction) => self.fields.simple(check, instruction),
            (_, "begin") => self.fields.begin(check),
            (_, "separate") => self.fields.separate(check),
            (_, "end") => self.fields.end(check),
            (_, other) => check.found(rules::FIELD, format!("a field character {other}")),
        }
    }

    fn begin_capture(&mut self, scanner: &Scanner<'_>, what: Captured) {
        if self.capture.is_none() {
            self.capture = Some(Capture { depth: scanner.depth(), what, text: String::new() });
        }
    }

    fn text(&mut self, raw: &str) {
        if let Some(capture) = &mut self.capture {
            capture.text.push_str(&resolved(raw));
        }
    }

    fn end(&mut self, check: &mut Check<'_>, scanner: &Scanner<'_>) -> Walk {
        if self.capture.as_ref().is_none_or(|capture| scanner.depth() >= capture.depth) {
            return Ok(());
        }
        let Some(capture) = self.capture.take() else { return Ok(()) };
        match capture.what {
            Captured::Instruction => self.fields.text(&capture.text),
            Captured::Formula => judge_formula(check, &capture.text)?,
            Captured::Personal => {
                if !capture.text.trim().is_empty() {
                    check.found(rules::METADATA, format!("{}: {}", scanner.local, capture.text))?;
                }
            }
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        check: &mut Check<'_>,
        scanner: &Scanner<'_>,
        attribute: &Attribute<'_>,
    ) -> Walk {
        if attribute.ns == Ns::UNKNOWN {
            check.found(rules::XML_NAMESPACE, format!("attribute {}", attribute.local))?;
        }
        if self.kind == Kind::Vml && is_event_name(attribute.local) {
            check.found(rules::SCRIPT, attribute.local)?;
        }
        let Some(&test) = ATTRIBUTES.get(attribute.local) else { return Ok(()) };
        let value = attribute.value();
        let value = value.trim();
        if value.is_empty() {
            return Ok(());
        }
        let is_vml = scanner.ns == Ns("v") || scanner.ns == Ns("o");
        match test {
            Test::Address if attribute.ns == Ns("r") => {
                check.found(rules::OPC_EXTERNAL, format!("r:{}", attribute.local))
            }
            Test::Address => address(check, value, is_vml),
            Test::Source => check.found(
                rules::OPC_EXTERNAL,
                format!("{} {}={value}", scanner.local, attribute.local),
            ),
            Test::Link if attribute.ns == Ns("r") => {
                check.found(rules::OPC_EXTERNAL, format!("{} r:link={value}", scanner.local))
            }
            Test::Link => Ok(()),
            Test::Action => action(check, scanner, value),
            Test::Macro if scanner.ns == Ns("xdr") || scanner.ns == Ns("cdr") => {
                check.found(rules::MACRO, format!("macro {value}"))
            }
            Test::Macro => Ok(()),
            Test::Formula => judge_formula(check, value),
            Test::Base => check.found(rules::XML_BASE, format!("{} = {value}", attribute.local)),
            Test::Connection if value != "0" => {
                check.found(rules::DATA_SOURCE, format!("{} = {value}", attribute.local))
            }
            Test::Connection => Ok(()),
            Test::Style if is_vml => style(check, value),
            Test::Style => Ok(()),
            Test::Kind => kind(check, scanner, value),
            Test::Value if scanner.local == "cfvo" => judge_formula(check, value),
            Test::Value => Ok(()),
            Test::RelationId if scanner.local == "worksheetSource" => {
                check.found(rules::DATA_SOURCE, "a pivot table over another file")
            }
            Test::RelationId => Ok(()),
        }
    }
}

/// `onclick` and its kin: lower case, no namespace prefix in the name.
fn is_event_name(local: &str) -> bool {
    let bytes = local.as_bytes();
    bytes.len() > 4
        && bytes[..2].eq_ignore_ascii_case(b"on")
        && bytes[2..].iter().all(u8::is_ascii_alphabetic)
        && local != "oned"
}

fn address(check: &mut Check<'_>, value: &str, is_vml: bool) -> Walk {
    match url::judge(value) {
        Address::Local => Ok(()),
        Address::Plain if check.policy.office.hyperlinks == Hyperlinks::Keep => Ok(()),
        Address::Plain => check.found(rules::HYPERLINK, value),
        // Other markup uses these attribute names for plain values too.
        Address::Relative if !is_vml => Ok(()),
        Address::Relative | Address::Harmful => {
            if is_vml || url::looks_active(value) {
                check.found(rules::URL, value)
            } else {
                Ok(())
            }
        }
    }
}

/// DrawingML 21.1.2.3.5: what a click on a shape does.
fn action(check: &mut Check<'_>, scanner: &Scanner<'_>, value: &str) -> Walk {
    if !scanner.local.starts_with("hlink") {
        return address(check, value, false);
    }
    let lower = value.to_ascii_lowercase();
    let jump = lower.strip_prefix("ppaction://hlinkshowjump?jump=");
    let is_harmless = lower == "ppaction://noaction"
        || lower == "ppaction://hlinksldjump"
        || jump.is_some_and(|to| {
            matches!(
                to,
                "nextslide"
                    | "previousslide"
                    | "firstslide"
                    | "lastslide"
                    | "lastslideviewed"
                    | "endshow"
            )
        })
        || lower.starts_with("ppaction://customshow?id=");
    if is_harmless { Ok(()) } else { check.found(rules::ACTION, value) }
}

fn style(check: &mut Check<'_>, value: &str) -> Walk {
    let lower = value.to_ascii_lowercase();
    let acts = ["url(", "expression", "behavior", "@import", "javascript"]
        .iter()
        .any(|word| lower.contains(word));
    if acts { check.found(rules::SCRIPT, value) } else { Ok(()) }
}

fn kind(check: &mut Check<'_>, scanner: &Scanner<'_>, value: &str) -> Walk {
    let rule = match (scanner.local, value) {
        ("cacheSource", "external") => rules::DATA_SOURCE,
        ("ClientData", shape) if PLAIN_SHAPES.contains(&shape) => return Ok(()),
        // Without a macro, which is looked for elsewhere, these are form fields.
        ("ClientData", field) if FORM_FIELDS.contains(&field) => {
            return match check.policy.office.form_fields {
                Choice::Keep => Ok(()),
                Choice::Remove | Choice::Flatten => check.found(rules::POLICY, field),
            };
        }
        ("ClientData", _) => rules::CONTROL,
        ("table", "queryTable" | "xml") => rules::DATA_SOURCE,
        _ => return Ok(()),
    };
    check.found(rule, format!("{} of kind {value}", scanner.local))
}

fn judge_formula(check: &mut Check<'_>, text: &str) -> Walk {
    match formula::judge(text, check.policy.office.hyperlinks) {
        Some((rule, what)) => check.found(rule, what),
        None => Ok(()),
    }
}

fn defined_name(check: &mut Check<'_>, scanner: &Scanner<'_>) -> Walk {
    for attribute in &scanner.attributes {
        let value = attribute.value();
        let is_on = matches!(value.as_ref(), "1" | "true" | "on");
        let acts = match attribute.local {
            "name" => is_automatic(&value),
            "function" | "vbProcedure" | "xlm" => is_on,
            _ => false,
        };
        if acts {
            check.found(rules::MACRO, format!("name {}={value}", attribute.local))?;
        }
    }
    Ok(())
}

/// Names that Excel runs by itself.
pub(crate) fn is_automatic(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix("_xlnm.").unwrap_or(&lower);
    ["auto_open", "auto_close", "auto_activate", "auto_deactivate"]
        .iter()
        .any(|automatic| bare.starts_with(automatic))
}

/// Kinds of VML shapes in sheets (Part 4, 20.4.2.11) that only draw.
const PLAIN_SHAPES: &[&str] =
    &["Note", "Pict", "Shape", "Group", "Label", "Line", "LineA", "Rect", "RectA", "Movie"];

/// Kinds that a person can set but that start nothing.
const FORM_FIELDS: &[&str] = &[
    "Button", "Checkbox", "Radio", "Drop", "List", "Scroll", "Spin", "GBox", "Edit", "EditA",
    "Dialog",
];

/// Bytes that one element costs at least, for the node budget.
const BYTES_A_NODE: usize = 4;
