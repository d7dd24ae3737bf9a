//! HTML: a tokenizer for the narrow form that safe HTML has; elements,
//! attributes, addresses and styles from allow-lists. Builds no tree and
//! repairs nothing, so that no reader can see more than it does.

use sanitize_core::{Format, Hyperlinks};

use crate::check::{Check, Walk};
use crate::detect;
use crate::nested;
use crate::rules;
use crate::text;
use crate::url::{self, Address};
use crate::xml::resolved;

/// Checks one document.
pub(crate) fn document(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    check.take_bytes(bytes.len() as u64)?;
    let text = text::decoded(bytes);
    text::controls(check, &text)?;
    let mut rest = text.as_ref();
    let mut is_start = true;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        is_start &= rest[..at].trim().is_empty();
        rest = &rest[at..];
        check.take_nodes(1)?;
        rest = markup(check, rest, is_start)?;
        is_start = false;
    }
    Ok(())
}

/// Checks what one `<` starts and returns what follows it.
fn markup<'t>(
    check: &mut Check<'_>,
    rest: &'t str,
    is_start: bool,
) -> Result<&'t str, crate::check::Halt> {
    let bytes = rest.as_bytes();
    match bytes.get(1) {
        Some(b'!') => {
            let is_doctype =
                rest.get(..15).is_some_and(|head| head.eq_ignore_ascii_case("<!doctype html>"));
            if is_doctype && is_start {
                return Ok(&rest[15..]);
            }
            check.found(rules::HTML_ELEMENT, "a comment or declaration")?;
            let end = if rest.starts_with("<!--") {
                rest.find("-->").map(|at| at + 3)
            } else {
                rest.find('>').map(|at| at + 1)
            };
            Ok(end.and_then(|end| rest.get(end..)).unwrap_or_default())
        }
        Some(b'/') => end_tag(check, rest),
        Some(letter) if letter.is_ascii_alphabetic() => start_tag(check, rest),
        _ => {
            check.found(rules::HTML_ELEMENT, "a bracket that starts no element")?;
            Ok(&rest[1..])
        }
    }
}

fn end_tag<'t>(check: &mut Check<'_>, rest: &'t str) -> Result<&'t str, crate::check::Halt> {
    let end = rest.find('>').unwrap_or(rest.len());
    let name = rest.get(2..end).unwrap_or_default().trim_end();
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        check.found(rules::HTML_ELEMENT, format!("an odd end tag {name}"))?;
    }
    Ok(rest.get(end + 1..).unwrap_or_default())
}

fn start_tag<'t>(check: &mut Check<'_>, rest: &'t str) -> Result<&'t str, crate::check::Halt> {
    let length = rest[1..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len() - 1);
    let name = rest[1..=length].to_ascii_lowercase();
    element(check, &name)?;
    let mut rest = &rest[1 + length..];
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{C}']);
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            rest = after;
            break;
        }
        let Some((attribute, after)) = attribute(rest) else {
            check.found(rules::HTML_ELEMENT, format!("an odd attribute in {name}"))?;
            rest = rest.find('>').and_then(|end| rest.get(end + 1..)).unwrap_or_default();
            break;
        };
        if attributes.len() >= ATTRIBUTES_MAX
            || attributes.iter().any(|(known, _)| *known == attribute.0)
        {
            check.found(rules::HTML_ELEMENT, format!("attribute {} stands twice", attribute.0))?;
        }
        self::value(check, &name, &attribute.0, &attribute.1)?;
        attributes.push(attribute);
        rest = after;
    }
    if name == "meta" {
        meta(check, &attributes)?;
    }
    raw_text(check, &name, rest)
}

/// Reads one attribute; its value must stand in quotes.
fn attribute(rest: &str) -> Option<((String, String), &str)> {
    let length = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')))
        .unwrap_or(rest.len());
    let name = rest.get(..length).filter(|name| !name.is_empty())?.to_ascii_lowercase();
    let after = rest.get(length..)?.trim_start_matches([' ', '\t', '\n', '\r']);
    let Some(after) = after.strip_prefix('=') else { return Some(((name, String::new()), after)) };
    let after = after.trim_start_matches([' ', '\t', '\n', '\r']);
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let body = after.get(1..)?;
    let end = body.find(quote)?;
    Some(((name, entities(body.get(..end)?)), body.get(end + 1..)?))
}

/// Resolves references; names beyond XML's five stay, and so are visible to
/// the checks below as an ampersand in an address.
fn entities(raw: &str) -> String {
    resolved(raw)
        .replace("&nbsp;", "\u{A0}")
        .replace("&colon;", ":")
        .replace("&Tab;", "\t")
        .replace("&NewLine;", "\n")
        .replace("&lpar;", "(")
        .replace("&sol;", "/")
        .replace("&bsol;", "\\")
}

fn element(check: &mut Check<'_>, name: &str) -> Walk {
    match name {
        "script" | "iframe" | "object" | "embed" | "applet" | "frame" | "frameset" | "noscript"
        | "template" | "portal" | "svg" | "math" => check.found(rules::SCRIPT, name),
        // Without a form the fields themselves send nothing.
        "form" | "base" | "link" | "isindex" | "keygen" => check.found(rules::ACTION, name),
        "audio" | "video" | "source" | "track" | "bgsound" => check.found(rules::MEDIA, name),
        _ if ELEMENTS.contains(&name) => Ok(()),
        _ => check.found(rules::HTML_ELEMENT, name),
    }
}

fn value(check: &mut Check<'_>, element: &str, name: &str, value: &str) -> Walk {
    if name.starts_with("on")
        || matches!(
            name,
            "srcdoc"
                | "formaction"
                | "action"
                | "background"
                | "ping"
                | "manifest"
                | "codebase"
                | "classid"
                | "dynsrc"
                | "lowsrc"
                | "srcset"
        )
    {
        return check.found(rules::SCRIPT, format!("{element} {name}"));
    }
    match name {
        "href" | "cite" => link(check, value),
        "src" => source(check, value),
        "style" => css(check, value),
        _ if ATTRIBUTES.contains(&name) || name.starts_with("aria-") => {
            if url::looks_active(value) {
                check.found(rules::URL, format!("{name}={value}"))
            } else {
                Ok(())
            }
        }
        _ => check.found(rules::HTML_ELEMENT, format!("{element} {name}")),
    }
}

fn link(check: &mut Check<'_>, value: &str) -> Walk {
    match url::judge(value) {
        Address::Local => Ok(()),
        Address::Plain if check.policy.text.hyperlinks == Hyperlinks::Keep => Ok(()),
        Address::Plain => check.found(rules::HYPERLINK, value),
        Address::Relative | Address::Harmful => check.found(rules::URL, value),
    }
}

/// Pictures stand in the file or in the mail around it; nothing is fetched.
fn source(check: &mut Check<'_>, value: &str) -> Walk {
    let trimmed = value.trim();
    if trimmed.is_empty() || trimmed.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("cid:"))
    {
        return Ok(());
    }
    let Some((kind, data)) =
        trimmed.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"))
    else {
        return check.found(rules::OPC_EXTERNAL, value);
    };
    let format = match kind {
        "image/png" => Format::Png,
        "image/jpeg" => Format::Jpeg,
        "image/gif" => Format::Gif,
        "image/webp" => Format::Webp,
        "image/bmp" => Format::Bmp,
        _ => return check.found(rules::URL, format!("data of type {kind}")),
    };
    let Some(bytes) = detect::base64(data) else { return check.unreadable("odd base64") };
    check.take_bytes(bytes.len() as u64)?;
    if detect::detect(&bytes) != format {
        check.found(rules::TYPE_MISMATCH, format!("data that is no {kind}"))?;
    }
    check.inside("img", |check| nested::file(check, &bytes, format))
}

/// Styles load nothing and run nothing. Escapes could spell either.
fn css(check: &mut Check<'_>, value: &str) -> Walk {
    let lower = value.to_ascii_lowercase();
    let acts = [
        "expression",
        "javascript",
        "behavior",
        "-moz-binding",
        "@import",
        "url(",
        "image-set",
        "\\",
        "<!--",
        "</",
    ]
    .iter()
    .any(|word| lower.contains(word));
    if acts { check.found(rules::SCRIPT, format!("style {value}")) } else { Ok(()) }
}

fn meta(check: &mut Check<'_>, attributes: &[(String, String)]) -> Walk {
    let value = |name: &str| {
        attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.to_ascii_lowercase())
    };
    match value("http-equiv").as_deref() {
        None | Some("content-type" | "content-language") => Ok(()),
        Some(other) => check.found(rules::ACTION, format!("meta {other}")),
    }
}

/// Elements whose content is no markup: checked as what it is.
fn raw_text<'t>(
    check: &mut Check<'_>,
    name: &str,
    rest: &'t str,
) -> Result<&'t str, crate::check::Halt> {
    if !matches!(
        name,
        "style"
            | "title"
            | "script"
            | "xmp"
            | "noembed"
            | "noframes"
            | "iframe"
            | "textarea"
            | "plaintext"
    ) {
        return Ok(rest);
    }
    let lower = rest.to_ascii_lowercase();
    let end = lower.find(&format!("</{name}")).unwrap_or(rest.len());
    let body = rest.get(..end).unwrap_or_default();
    match name {
        "style" => css(check, body)?,
        "title" if body.contains('<') => check.found(rules::HTML_ELEMENT, "markup in a title")?,
        _ => {}
    }
    Ok(rest.get(end..).unwrap_or_default())
}

const ATTRIBUTES_MAX: usize = 64;

const ELEMENTS: &[&str] = &[
    "button",
    "fieldset",
    "input",
    "label",
    "legend",
    "meter",
    "optgroup",
    "option",
    "output",
    "progress",
    "rb",
    "select",
    "textarea",
    "html",
    "head",
    "title",
    "meta",
    "style",
    "body",
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "map",
    "area",
    "mark",
    "menu",
    "nav",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];
const ATTRIBUTES: &[&str] = &[
    "checked",
    "coords",
    "disabled",
    "for",
    "high",
    "label",
    "low",
    "max",
    "maxlength",
    "min",
    "multiple",
    "optimum",
    "placeholder",
    "readonly",
    "rows",
    "selected",
    "shape",
    "step",
    "usemap",
    "wrap",
    "abbr",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "bordercolor",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "charset",
    "class",
    "clear",
    "color",
    "cols",
    "colspan",
    "compact",
    "content",
    "data-",
    "datetime",
    "dir",
    "face",
    "frame",
    "headers",
    "height",
    "hreflang",
    "hspace",
    "http-equiv",
    "id",
    "lang",
    "language",
    "link",
    "alink",
    "vlink",
    "leftmargin",
    "topmargin",
    "marginheight",
    "marginwidth",
    "name",
    "noshade",
    "nowrap",
    "open",
    "rel",
    "reversed",
    "role",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "start",
    "summary",
    "target",
    "text",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
    "xmlns",
    "xml:lang",
    "translate",
    "referrerpolicy",
];
