//! The JSON Schema (2020-12) of a site's file, written from its description, so
//! that editors complete and check what people write. What one line alone can
//! say is in it; what holds between lines only the reader knows.

use std::fmt::Write as _;

use crate::describe::{
    Form, INTERFACE_BYTES_MAX, Key, NAME_BYTES_MAX, PARTS, Part, WORDS_CHARACTERS_MAX,
};
use crate::read::{ENTRIES_MAX, LIST_MAX};

/// Where the schema says that it stands.
const ID: &str = "urn:sekisho:site";
/// A number from 0 to 255 without zeros before it.
const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

/// Writes the schema. The same text each time.
#[must_use]
pub fn schema() -> String {
    let parts: Vec<String> = PARTS.iter().map(part).collect();
    let mut text = String::from("{\n");
    let _ = write!(
        text,
        "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \
         \"$id\": {},\n  \"title\": {},\n  \"description\": {},\n  \
         \"type\": \"object\",\n  \"additionalProperties\": false,\n  \
         \"required\": [\"site\"],\n  \"properties\": {{\n{}\n  }}\n}}\n",
        quoted(ID),
        quoted("関所のサイトのファイル / Sekisho's site file"),
        quoted(
            "docs/site-file.md を見てください。行をまたぐ決まりは sekisho zones check が確かめます / \
             see docs/site-file.md; what holds between lines is checked by sekisho zones check"
        ),
        parts.join(",\n")
    );
    text
}

fn part(part: &Part) -> String {
    let pad = if part.is_list { "        " } else { "      " };
    let keys: Vec<String> = part.keys.iter().map(|one| key(one, pad)).collect();
    let required = part.keys.iter().filter(|key| key.is_required).map(|key| quoted(key.name));
    let required = required.collect::<Vec<_>>().join(", ");
    let mut table = format!(
        "\"type\": \"object\", \"additionalProperties\": false,\n{pad}\"required\": [{required}],\n"
    );
    if !part.one_of.is_empty() {
        let any = part.one_of.iter().map(|name| format!("{{ \"required\": [{}] }}", quoted(name)));
        let _ = writeln!(table, "{pad}\"anyOf\": [{}],", any.collect::<Vec<_>>().join(", "));
    }
    for (key, other, value) in part.implies {
        let (key, other, value) = (quoted(key), quoted(other), quoted(value));
        let _ = writeln!(
            table,
            "{pad}\"if\": {{ \"required\": [{key}] }},\n\
             {pad}\"then\": {{ \"properties\": {{ {other}: {{ \"const\": {value} }} }} }},"
        );
    }
    let _ = write!(table, "{pad}\"properties\": {{\n{}\n{pad}}}", keys.join(",\n"));
    let (name, words) = (quoted(part.name), described(part.ja, part.en));
    if part.is_list {
        format!(
            "    {name}: {{\n      {words},\n      \"type\": \"array\", \"maxItems\": {ENTRIES_MAX},\n      \
             \"items\": {{\n        {table}\n      }}\n    }}"
        )
    } else {
        format!("    {name}: {{\n      {words},\n      {table}\n    }}")
    }
}

fn key(key: &Key, pad: &str) -> String {
    let (name, words) = (quoted(key.name), described(key.ja, key.en));
    format!("{pad}  {name}: {{ {}, {words} }}", form(key.form))
}

fn form(form: Form) -> String {
    let pattern = |pattern: &str| format!("\"type\": \"string\", \"pattern\": {}", quoted(pattern));
    let name = format!("^[a-z0-9.-]{{1,{NAME_BYTES_MAX}}}$");
    let list = |items: &str, rest: &str| {
        format!("\"type\": \"array\", \"maxItems\": {LIST_MAX},{rest} \"items\": {{ {items} }}")
    };
    let words = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        format!("\"enum\": [{}]", words.join(", "))
    };
    match form {
        Form::Words => format!(
            "\"type\": \"string\", \"minLength\": 1, \"maxLength\": {WORDS_CHARACTERS_MAX}, \
             \"pattern\": {}",
            quoted(
                "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$"
            )
        ),
        Form::Text => "\"type\": \"string\"".to_owned(),
        Form::Name => pattern(&name),
        Form::Of(part) => format!("{}, \"$comment\": {}", pattern(&name), quoted(part)),
        Form::AllOf(part) => format!(
            "{}, \"$comment\": {}",
            list(&pattern(&name), " \"minItems\": 1, \"uniqueItems\": true,"),
            quoted(part)
        ),
        Form::Choice(choices) => words(choices),
        Form::Choices(choices) => list(&words(choices), ""),
        Form::Servers => list(&pattern("^[a-z0-9.-]{1,253}$"), ""),
        Form::Number { min, max } => {
            format!("\"type\": \"integer\", \"minimum\": {min}, \"maximum\": {max}")
        }
        Form::Ipv4 => pattern(&format!("^({OCTET}\\.){{3}}{OCTET}(/(3[0-2]|[12][0-9]|[0-9]))?$")),
        Form::Ipv6 => pattern(&format!("^({})(/(12[0-8]|1[01][0-9]|[1-9][0-9]|[0-9]))?$", ipv6())),
        Form::Hardware => pattern("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$"),
        Form::Interface => pattern(&format!("^[A-Za-z0-9._-]{{1,{INTERFACE_BYTES_MAX}}}$")),
        Form::Day => pattern("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
        Form::Yes => "\"type\": \"boolean\"".to_owned(),
    }
}

/// Every way to write an address of IPv6 (RFC 4291 2.2, forms 1 and 2): eight
/// groups, or fewer with one gap.
fn ipv6() -> String {
    const GROUP: &str = "[0-9A-Fa-f]{1,4}";
    let mut ways = vec![format!("({GROUP}:){{7}}{GROUP}"), format!("({GROUP}:){{1,7}}:")];
    for before in 1..=6 {
        let after = 7 - before;
        ways.push(format!("({GROUP}:){{1,{before}}}(:{GROUP}){{1,{after}}}"));
    }
    ways.push(format!(":((:{GROUP}){{1,7}}|:)"));
    ways.join("|")
}

fn described(ja: &str, en: &str) -> String {
    format!("\"description\": {}", quoted(&format!("{ja} / {en}")))
}

/// A text as JSON has it (RFC 8259 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}
