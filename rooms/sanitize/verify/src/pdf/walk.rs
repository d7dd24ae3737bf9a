//! Walks the document from its catalog, giving each object the role in which
//! it is used; what no role allows and what nothing leads to is reported.

use sanitize_core::{Choice, Format, Hyperlinks};

use super::actions::filters;
use super::file::File;
use super::object::{Dict, Value, shown};
use super::roles::{self, Role};
use super::{content, fonts, inflated};
use crate::check::{Check, Walk};
use crate::nested;
use crate::rules;
use crate::url::{self, Address};

/// Checks a whole document.
pub(super) fn document(check: &mut Check<'_>, file: &File<'_>) -> Walk {
    let mut walker = Walker { file, roles: vec![None; file.objects.len()], todo: Vec::new() };
    walker.reach(check, file.root, Role::Catalog)?;
    if let Some(info) = file.info {
        walker.reach(check, info, Role::Info)?;
    }
    while let Some((place, role)) = walker.todo.pop() {
        walker.object(check, place, role)?;
    }
    for (object, role) in file.objects.iter().zip(&walker.roles) {
        if role.is_none() {
            check.found(rules::PDF_UNREACHABLE, format!("object {}", object.id))?;
        }
    }
    Ok(())
}

struct Walker<'f, 'a> {
    file: &'f File<'a>,
    roles: Vec<Option<Role>>,
    todo: Vec<(usize, Role)>,
}

impl<'f, 'a> Walker<'f, 'a> {
    /// Notes that an object is used in a role.
    fn reach(&mut self, check: &mut Check<'_>, id: u32, role: Role) -> Walk {
        let Some(place) = self.file.place(id) else {
            // 7.3.10: a reference to nothing is null.
            return check.found(
                rules::PDF_STRUCTURE,
                format!("a reference to object {id}, which is not there"),
            );
        };
        match self.roles[place] {
            None => {
                self.roles[place] = Some(role);
                self.todo.push((place, role));
                Ok(())
            }
            Some(known) if known == role || are_alike(known, role) => Ok(()),
            Some(known) => check
                .found(rules::PDF_KEY, format!("object {id} is used as {known:?} and as {role:?}")),
        }
    }

    fn object(&mut self, check: &mut Check<'_>, place: usize, role: Role) -> Walk {
        let file = self.file;
        let object = &file.objects[place];
        let Some(data) = &object.stream else {
            return self.value(check, &object.value, role, object.id, 0);
        };
        let Some(dict) = object.value.as_dict() else {
            return check.unreadable("a stream without dictionary");
        };
        if !roles::may_stream(role) {
            return check
                .found(rules::PDF_KEY, format!("object {}: a stream used as {role:?}", object.id));
        }
        let role = self.stream_role(role, dict);
        self.stream_frame(check, dict, object.id)?;
        self.dict(check, dict, role, object.id, 0)?;
        self.stream_data(check, dict, role, data, object.id)
    }

    /// Some roles are of either kind and settled by the dictionary.
    fn stream_role(&self, role: Role, dict: &Dict<'_>) -> Role {
        match role {
            Role::Functions | Role::GStateFunction => Role::Function,
            Role::ImageMask => Role::XObject,
            Role::Encoding if dict.value("CMapName").is_some() => Role::CMap,
            other => other,
        }
    }

    /// `Length`, `Filter` and `DecodeParms` (7.3.8.2).
    fn stream_frame(&mut self, check: &mut Check<'_>, dict: &Dict<'a>, id: u32) -> Walk {
        match dict.value("DecodeParms") {
            None => Ok(()),
            Some(Value::Dict(parms)) => self.dict(check, parms, Role::DecodeParms, id, 1),
            Some(Value::Array(items)) => {
                for item in items {
                    match item {
                        Value::Dict(parms) => self.dict(check, parms, Role::DecodeParms, id, 1)?,
                        Value::Null => {}
                        _ => {
                            check.found(rules::PDF_KEY, format!("object {id}: odd DecodeParms"))?
                        }
                    }
                }
                Ok(())
            }
            Some(_) => check.found(rules::PDF_KEY, format!("object {id}: odd DecodeParms")),
        }
    }

    fn stream_data(
        &mut self,
        check: &mut Check<'_>,
        dict: &Dict<'a>,
        role: Role,
        data: &[u8],
        id: u32,
    ) -> Walk {
        let filters = filters(dict);
        let is_image = role == Role::XObject && dict.name("Subtype") == Some(b"Image");
        if is_image {
            return self.image(check, dict, data, &filters, id);
        }
        let wants_bytes = matches!(
            role,
            Role::Contents
                | Role::Glyph
                | Role::FontFile
                | Role::CMap
                | Role::Profile
                | Role::Function
        ) || (role == Role::XObject && dict.name("Subtype") == Some(b"Form"))
            || (role == Role::Pattern);
        if !wants_bytes {
            return Ok(());
        }
        let unpacked;
        let plain: &[u8] = match filters.as_slice() {
            [] => data,
            [b"FlateDecode"] => {
                let Some(bytes) = inflated(check, data)? else { return Ok(()) };
                unpacked = bytes;
                &unpacked
            }
            _ => {
                return check
                    .found(rules::PDF_FILTER, format!("object {id}: odd filters of {role:?}"));
            }
        };
        let fault = match role {
            Role::Contents | Role::Glyph | Role::XObject | Role::Pattern => {
                return content::stream(check, plain, id);
            }
            Role::FontFile => fonts::program(dict, plain),
            Role::CMap => fonts::cmap(plain),
            Role::Profile => crate::image::profile_fault(plain),
            Role::Function => function_fault(dict, plain),
            _ => None,
        };
        fault
            .map_or(Ok(()), |fault| check.found(rules::PDF_STREAM, format!("object {id}: {fault}")))
    }

    fn image(
        &mut self,
        check: &mut Check<'_>,
        dict: &Dict<'_>,
        data: &[u8],
        filters: &[&[u8]],
        id: u32,
    ) -> Walk {
        if dict.value("Width").and_then(Value::as_whole).is_none()
            || dict.value("Height").and_then(Value::as_whole).is_none()
        {
            check.found(rules::PDF_KEY, format!("object {id}: an image without size"))?;
        }
        match filters {
            [b"DCTDecode"] => check
                .inside(&format!("object {id}"), |check| nested::file(check, data, Format::Jpeg)),
            [] | [b"FlateDecode"] | [b"CCITTFaxDecode"] => Ok(()),
            _ => check.found(rules::PDF_FILTER, format!("object {id}: odd filters of an image")),
        }
    }

    fn dict(
        &mut self,
        check: &mut Check<'_>,
        dict: &Dict<'a>,
        role: Role,
        id: u32,
        depth: u32,
    ) -> Walk {
        match role {
            Role::XObject => match dict.name("Subtype") {
                Some(b"Image" | b"Form") => {}
                other => check.found(
                    rules::PDF_KEY,
                    format!("object {id}: an XObject of kind {}", shown(other.unwrap_or_default())),
                )?,
            },
            Role::Annotation => annotation(check, dict, id)?,
            Role::Action => action(check, self.file, dict, id)?,
            Role::Font => fonts::dictionary(check, self.file, dict, id)?,
            Role::Info if check.policy.pdf.metadata != Choice::Keep => {
                check.found(rules::METADATA, format!("object {id}: document information"))?;
            }
            Role::OutlineItem | Role::Outlines if check.policy.pdf.outlines == Choice::Remove => {
                check.found(rules::POLICY, "bookmarks")?;
            }
            _ => {}
        }
        let is_stream_key =
            |key: &[u8]| depth == 0 && matches!(key, b"Length" | b"Filter" | b"DecodeParms");
        for (key, value) in &dict.0 {
            if is_stream_key(key) && roles::may_stream(role) {
                continue;
            }
            match roles::entry(role, key) {
                Some(next) => self.value(check, value, next, id, depth + 1)?,
                None => check
                    .found(rules::PDF_KEY, format!("object {id}: {} in {role:?}", shown(key)))?,
            }
        }
        Ok(())
    }

    fn value(
        &mut self,
        check: &mut Check<'_>,
        value: &Value<'a>,
        role: Role,
        id: u32,
        depth: u32,
    ) -> Walk {
        if depth > DEPTH_MAX {
            return check.over("values nested too deep");
        }
        match value {
            Value::Reference(target) => {
                if role == Role::Upwards {
                    return Ok(());
                }
                self.reach(check, *target, role)
            }
            Value::Dict(dict) => self.inner_dict(check, dict, role, id, depth),
            Value::Array(items) => self.array(check, items, role, id, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Name(_) | Value::Text(_) => {
                Ok(())
            }
        }
    }

    fn inner_dict(
        &mut self,
        check: &mut Check<'_>,
        dict: &Dict<'a>,
        role: Role,
        id: u32,
        depth: u32,
    ) -> Walk {
        let role = match role {
            Role::Functions | Role::GStateFunction => Role::Function,
            // A colour space written as a dictionary is no colour space; the
            // parameters of one stand inside its array.
            Role::Halftone | Role::ImageMask | Role::Glyph | Role::Contents => {
                return check
                    .found(rules::PDF_KEY, format!("object {id}: a dictionary as {role:?}"));
            }
            other => other,
        };
        self.dict(check, dict, role, id, depth)
    }

    fn array(
        &mut self,
        check: &mut Check<'_>,
        items: &[Value<'a>],
        role: Role,
        id: u32,
        depth: u32,
    ) -> Walk {
        let inner = match role {
            Role::PageNodes => Role::PageNode,
            Role::Contents => Role::Contents,
            Role::DescendantFonts => Role::Font,
            Role::Functions => Role::Function,
            Role::GStateFunction => Role::GStateFunction,
            Role::Annotations => Role::Annotation,
            Role::NameTrees => Role::NameTree,
            Role::Plain | Role::ImageMask => Role::Plain,
            Role::ColorSpace => return self.color_space(check, items, id, depth),
            Role::Destination => return self.destination(check, items, id, depth),
            Role::GStateFont => Role::Font,
            Role::Lookup => Role::Plain,
            other => {
                return check.found(rules::PDF_KEY, format!("object {id}: an array as {other:?}"));
            }
        };
        for item in items {
            self.value(check, item, inner, id, depth + 1)?;
        }
        Ok(())
    }

    /// 8.6: a family's name, then what the family needs.
    fn color_space(
        &mut self,
        check: &mut Check<'_>,
        items: &[Value<'a>],
        id: u32,
        depth: u32,
    ) -> Walk {
        let roles: &[Role] = match items.first().and_then(Value::as_name) {
            Some(b"ICCBased") => &[Role::Profile],
            Some(b"CalGray" | b"CalRGB" | b"Lab") => &[Role::CalibratedColor],
            Some(b"Indexed") => &[Role::ColorSpace, Role::Plain, Role::Lookup],
            Some(b"Separation") => &[Role::Plain, Role::ColorSpace, Role::Function],
            Some(b"DeviceN") => {
                &[Role::Plain, Role::ColorSpace, Role::Function, Role::CalibratedColor]
            }
            Some(b"Pattern") => &[Role::ColorSpace],
            Some(b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK") => &[],
            _ => {
                return check
                    .found(rules::PDF_KEY, format!("object {id}: an unknown colour space"));
            }
        };
        for (index, item) in items.iter().skip(1).enumerate() {
            match roles.get(index) {
                Some(role) => self.value(check, item, *role, id, depth + 1)?,
                None => check.found(rules::PDF_KEY, format!("object {id}: an odd colour space"))?,
            }
        }
        Ok(())
    }

    /// 12.3.2: a page and a view; in name trees also names in between.
    fn destination(
        &mut self,
        check: &mut Check<'_>,
        items: &[Value<'a>],
        id: u32,
        depth: u32,
    ) -> Walk {
        for item in items {
            match item {
                Value::Reference(target) => {
                    let is_page = self.file.place(*target).is_some_and(|place| {
                        let dict = self.file.objects[place].value.as_dict();
                        dict.is_some_and(|dict| dict.name("Type") == Some(b"Page"))
                    });
                    // Pages are reached from the page tree.
                    if !is_page {
                        self.reach(check, *target, Role::Destination)?;
                    }
                }
                Value::Array(inner) => self.destination(check, inner, id, depth + 1)?,
                Value::Dict(dict) => self.dict(check, dict, Role::Destination, id, depth + 1)?,
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Name(_)
                | Value::Text(_) => {}
            }
        }
        Ok(())
    }
}

/// Roles that share their dictionary.
fn are_alike(one: Role, other: Role) -> bool {
    let family = |role: Role| match role {
        Role::Functions | Role::GStateFunction | Role::Function => 1,
        Role::ImageMask | Role::XObject => 2,
        Role::Encoding | Role::CMap => 3,
        Role::Plain | Role::Upwards | Role::Lookup => 4,
        _ => 0,
    };
    family(one) != 0 && family(one) == family(other)
}

/// Only links stay annotations (12.5.6.5).
fn annotation(check: &mut Check<'_>, dict: &Dict<'_>, id: u32) -> Walk {
    match dict.name("Subtype") {
        Some(b"Link") => Ok(()),
        other => check.found(
            rules::PDF_ANNOTATION,
            format!("object {id}: {}", shown(other.unwrap_or_default())),
        ),
    }
}

/// 12.6.4: GoTo and URI.
fn action(check: &mut Check<'_>, file: &File<'_>, dict: &Dict<'_>, id: u32) -> Walk {
    match dict.name("S") {
        Some(b"GoTo") => Ok(()),
        Some(b"URI") => {
            let Some(Value::Text(raw)) = dict.value("URI").map(|value| file.resolved(value)) else {
                return check.found(rules::URL, format!("object {id}: a link without address"));
            };
            let address = shown(raw);
            if check.policy.pdf.hyperlinks == Hyperlinks::Remove {
                return check.found(rules::HYPERLINK, address);
            }
            match url::judge(&address) {
                Address::Plain => Ok(()),
                Address::Local | Address::Relative | Address::Harmful => {
                    check.found(rules::URL, address)
                }
            }
        }
        other => check
            .found(rules::PDF_ACTION, format!("object {id}: {}", shown(other.unwrap_or_default()))),
    }
}

/// 7.10.5: calculator functions know these words only.
fn function_fault(dict: &Dict<'_>, program: &[u8]) -> Option<String> {
    if dict.value("FunctionType").and_then(Value::as_whole) != Some(4) {
        return None;
    }
    let text = String::from_utf8_lossy(program).replace(['{', '}'], " ");
    let odd = text
        .split_ascii_whitespace()
        .find(|word| word.parse::<f64>().is_err() && !CALCULATOR.contains(word));
    odd.map(|word| format!("a function with {word}"))
}

const CALCULATOR: &[&str] = &[
    "abs", "add", "atan", "ceiling", "cos", "cvi", "cvr", "div", "exp", "floor", "idiv", "ln",
    "log", "mod", "mul", "neg", "round", "sin", "sqrt", "sub", "truncate", "and", "bitshift", "eq",
    "false", "ge", "gt", "le", "lt", "ne", "not", "or", "true", "xor", "if", "ifelse", "copy",
    "dup", "exch", "index", "pop", "roll",
];
const DEPTH_MAX: u32 = 64;
