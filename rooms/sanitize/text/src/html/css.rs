//! Style: declarations whose property is known and whose value fetches and
//! runs nothing. Writes them in one plain form; understands no layout.

use sanitize_core::Code;

use crate::codes;

/// Declarations that stay, and what was found in the others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Clean {
    pub(super) text: String,
    pub(super) findings: Vec<&'static Code>,
}

/// Cleans the declarations of a `style` attribute.
pub(super) fn declarations(text: &str) -> Clean {
    let mut clean = Clean::default();
    for part in split(&without_comments(text), ';') {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        match declaration(part) {
            Ok((property, value)) => {
                if !clean.text.is_empty() {
                    clean.text.push(';');
                }
                clean.text.push_str(&property);
                clean.text.push(':');
                clean.text.push_str(&value);
            }
            Err(code) => clean.findings.push(code),
        }
    }
    clean
}

/// Cleans a style sheet: rules with plain selectors, and `@media` around them.
pub(super) fn sheet(text: &str) -> Clean {
    let text = without_comments(text).replace("<!--", " ").replace("-->", " ");
    let mut clean = Clean::default();
    rules(&text, true, &mut clean);
    clean
}

fn rules(text: &str, may_nest: bool, clean: &mut Clean) {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let stop = find_outside(rest, &['{', ';']).unwrap_or(rest.len());
        let prelude = rest.get(..stop).unwrap_or_default().trim();
        if rest.get(stop..).is_none_or(|tail| !tail.starts_with('{')) {
            if !prelude.is_empty() {
                clean.findings.push(at_rule_code(prelude));
            }
            rest = rest.get(stop + 1..).unwrap_or_default().trim_start();
            continue;
        }
        let body = rest.get(stop + 1..).unwrap_or_default();
        let end = block_end(body);
        let inside = body.get(..end).unwrap_or_default();
        rest = body.get(end + 1..).unwrap_or_default().trim_start();
        if prelude.starts_with('@') {
            at_block(prelude, inside, may_nest, clean);
        } else {
            rule(prelude, inside, clean);
        }
    }
}

fn at_block(prelude: &str, inside: &str, may_nest: bool, clean: &mut Clean) {
    let is_media = prelude.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("@media"));
    let is_plain =
        prelude.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || " (),:.-/<>=".contains(c));
    if !is_media || !may_nest || !is_plain || prelude.contains('<') {
        clean.findings.push(at_rule_code(prelude));
        return;
    }
    clean.text.push_str(&collapse(prelude));
    clean.text.push('{');
    rules(inside, false, clean);
    clean.text.push_str("}\n");
}

fn at_rule_code(prelude: &str) -> &'static Code {
    let lower = prelude.to_ascii_lowercase();
    let fetches =
        ["@import", "@font-face", "@namespace"].iter().any(|name| lower.starts_with(name));
    if fetches || lower.contains("url") || lower.contains('\\') {
        &codes::HTML_CSS_ACTIVE
    } else {
        &codes::HTML_CSS
    }
}

fn rule(selector: &str, inside: &str, clean: &mut Clean) {
    let is_plain = !selector.is_empty()
        && selector.chars().all(|c| {
            c.is_alphanumeric() || c.is_ascii_whitespace() || ".#:>+~*,()_-[]=\"'|^$".contains(c)
        });
    if !is_plain {
        clean.findings.push(&codes::HTML_CSS);
        return;
    }
    let body = declarations(inside);
    clean.findings.extend(body.findings);
    if !body.text.is_empty() {
        clean.text.push_str(&collapse(selector));
        clean.text.push('{');
        clean.text.push_str(&body.text);
        clean.text.push_str("}\n");
    }
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Finds the brace that closes a block, or the end.
fn block_end(text: &str) -> usize {
    let mut open = 0_u32;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(known), c) if c == known => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => open += 1,
            (None, '}') if open == 0 => return at,
            (None, '}') => open -= 1,
            (None, _) => {}
        }
    }
    text.len()
}

fn find_outside(text: &str, wanted: &[char]) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(known) if c == known => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if wanted.contains(&c) => return Some(at),
            None => {}
        }
    }
    None
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = match rest[start + 2..].find("*/") {
            Some(end) => &rest[start + 2 + end + 2..],
            None => "",
        };
    }
    out.push_str(rest);
    out
}

/// Splits at a character outside quotes and parentheses.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut open, mut quote) = (0, 0_u32, None);
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (Some(known), c) if c == known => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => open += 1,
            (None, ')') => open = open.saturating_sub(1),
            (None, c) if c == at && open == 0 => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            (None, _) => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn declaration(part: &str) -> Result<(String, String), &'static Code> {
    let (property, value) = part.split_once(':').ok_or(&codes::HTML_CSS)?;
    let property = unescape(property.trim()).ok_or(&codes::HTML_CSS_ACTIVE)?.to_ascii_lowercase();
    let value = collapse(&unescape(value.trim()).ok_or(&codes::HTML_CSS_ACTIVE)?);
    let lower = value.to_ascii_lowercase();
    let is_active_property =
        matches!(property.as_str(), "behavior" | "-moz-binding" | "filter" | "-ms-filter");
    if is_active_property || is_active(&lower) {
        return Err(&codes::HTML_CSS_ACTIVE);
    }
    let hides = matches!(
        (property.as_str(), lower.trim_end_matches("!important").trim()),
        ("display", "none") | ("visibility", "hidden" | "collapse")
    );
    if hides {
        return Err(&codes::HTML_HIDDEN);
    }
    if !is_known(&property)
        || value.is_empty()
        || value.len() > VALUE_BYTES_MAX
        || !is_balanced(&value)
    {
        return Err(&codes::HTML_CSS);
    }
    Ok((property, value))
}

/// Longest value, in bytes.
const VALUE_BYTES_MAX: usize = 2048;

/// Says whether a value in lower case could fetch or run something.
fn is_active(value: &str) -> bool {
    const FUNCTIONS: &[&str] = &[
        "calc",
        "clamp",
        "cubic-bezier",
        "hsl",
        "hsla",
        "linear-gradient",
        "matrix",
        "max",
        "min",
        "minmax",
        "radial-gradient",
        "repeat",
        "repeating-linear-gradient",
        "rgb",
        "rgba",
        "rotate",
        "scale",
        "scalex",
        "scaley",
        "skew",
        "skewx",
        "skewy",
        "translate",
        "translatex",
        "translatey",
    ];
    if value.contains(['<', '>', '@', '{', '}', '\\', '`'])
        || value.contains("script:")
        || value.contains("data:")
    {
        return true;
    }
    let mut rest = value;
    while let Some(at) = rest.find('(') {
        let before = &rest[..at];
        let name_start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        let name = name_start.map_or(before, |start| {
            before[start..].trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '-'))
        });
        if !name.is_empty() && !FUNCTIONS.contains(&name) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Quotes and parentheses must close, or what follows would be read as part of
/// the value.
fn is_balanced(value: &str) -> bool {
    let (mut open, mut quote) = (0_i32, None);
    for c in value.chars() {
        match (quote, c) {
            (Some(known), c) if c == known => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => open += 1,
            (None, ')') => open -= 1,
            (None, ';') => return false,
            (None, _) => {}
        }
        if open < 0 {
            return false;
        }
    }
    open == 0 && quote.is_none()
}

/// Resolves escapes, as Japanese font names have them; `None` where one stands
/// for anything but a letter or digit.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut code = 0_u32;
        let mut digits = 0;
        while digits < 6
            && let Some(digit) = chars.peek().and_then(|c| c.to_digit(16))
        {
            code = code * 16 + digit;
            digits += 1;
            chars.next();
        }
        let escaped = if digits == 0 { chars.next()? } else { char::from_u32(code)? };
        if digits > 0 && chars.peek().is_some_and(char::is_ascii_whitespace) {
            chars.next();
        }
        if escaped.is_ascii() && !escaped.is_ascii_digit() && escaped != ' ' {
            // Escaped ASCII letters only ever disguise names.
            return None;
        }
        if escaped.is_control() {
            return None;
        }
        out.push(escaped);
    }
    Some(out)
}

fn is_known(property: &str) -> bool {
    const STEMS: &[&str] = &[
        "align",
        "background",
        "border",
        "break",
        "column",
        "flex",
        "font",
        "grid",
        "justify",
        "list-style",
        "margin",
        "max",
        "min",
        "outline",
        "overflow",
        "padding",
        "page-break",
        "ruby",
        "text",
        "word",
    ];
    const WHOLE: &[&str] = &[
        "bottom",
        "box-shadow",
        "box-sizing",
        "caption-side",
        "clear",
        "clip",
        "color",
        "columns",
        "cursor",
        "direction",
        "display",
        "empty-cells",
        "float",
        "gap",
        "height",
        "hyphens",
        "left",
        "letter-spacing",
        "line-break",
        "line-height",
        "opacity",
        "order",
        "orphans",
        "position",
        "quotes",
        "right",
        "row-gap",
        "size",
        "table-layout",
        "top",
        "transform",
        "vertical-align",
        "visibility",
        "white-space",
        "widows",
        "width",
        "writing-mode",
        "z-index",
        "zoom",
    ];
    let is_stem = |stem: &&str| {
        property.strip_prefix(*stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let is_name = property.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_name && (WHOLE.contains(&property) || STEMS.iter().any(is_stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_style_stays() {
        let style = "color:#fff;font-family:\"ＭＳ ゴシック\", 'MS Gothic';border:1px solid rgb(1, 2, 3);width:calc(1px + (2px))";
        assert_eq!(declarations(style), Clean { text: style.to_owned(), findings: Vec::new() });
        assert_eq!(declarations(r"font-family:\FF2D\FF33  x;").text, "font-family:ＭＳ x");
        assert_eq!(
            sheet("p , .a>b { color:red }\n@media print{ p{color:blue} }").text,
            "p , .a>b{color:red}\n@media print{p{color:blue}\n}\n"
        );
    }

    #[test]
    fn what_fetches_or_runs_goes() {
        for style in [
            "background:url(http://x)",
            "background:UR\\4c(x)",
            "width:expression(alert(1))",
            "behavior:url(x.htc)",
            "-moz-binding:url(x)",
            "background:u/**/rl(x)",
            "color:red\\3b x:y",
            "list-style:image-set('x' 1x)",
            "cursor:src('x')",
            "background:var(--x)",
            "color:</style>",
            "width:e\\78 pression(1)",
            "filter:progid:X",
            "font-family:'\\22 ;x'",
        ] {
            let clean = declarations(style);
            assert_eq!((clean.text.as_str(), clean.findings.is_empty()), ("", false), "{style}");
        }
        for sheet_text in [
            "@import 'x';",
            "@import url(x);",
            "@font-face{src:url(x)}",
            "p{background:url(x)}",
            "p<{color:red}",
        ] {
            let clean = sheet(sheet_text);
            assert_eq!(
                (clean.text.as_str(), clean.findings.is_empty()),
                ("", false),
                "{sheet_text}"
            );
        }
    }
}
