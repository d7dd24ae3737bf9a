//! Word's fields: which instructions are harmless. Fields go by an allow-list
//! of names (ECMA-376 Part 1, 17.16.5); a name built by another field is no name.

mod plan;

use sanitize_core::Hyperlinks;

pub(crate) use plan::Plan;

use crate::target::is_harmless_address;

/// Stands in an instruction for a nested field.
const NESTED: char = '\u{1}';

/// Fields that only say something about the document itself.
const HARMLESS: &[&str] = &[
    "=",
    "ADDRESSBLOCK",
    "ADVANCE",
    "AUTHOR",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "BIBLIOGRAPHY",
    "BIDIOUTLINE",
    "CITATION",
    "COMMENTS",
    "COMPARE",
    "CREATEDATE",
    "DATE",
    "DISPLAYBARCODE",
    "DOCPROPERTY",
    "EDITTIME",
    "EQ",
    "FILENAME",
    "FILESIZE",
    "FORMCHECKBOX",
    "FORMDROPDOWN",
    "FORMTEXT",
    "GREETINGLINE",
    "IF",
    "INDEX",
    "INFO",
    "KEYWORDS",
    "LASTSAVEDBY",
    "LISTNUM",
    "MERGEFIELD",
    "MERGEREC",
    "MERGESEQ",
    "NOTEREF",
    "NUMCHARS",
    "NUMPAGES",
    "NUMWORDS",
    "PAGE",
    "PAGEREF",
    "PRINTDATE",
    "REF",
    "REVNUM",
    "SAVEDATE",
    "SECTION",
    "SECTIONPAGES",
    "SEQ",
    "SHAPE",
    "STYLEREF",
    "SUBJECT",
    "SYMBOL",
    "TA",
    "TC",
    "TIME",
    "TITLE",
    "TOA",
    "TOC",
    "USERINITIALS",
    "USERNAME",
    "XE",
];

/// What policy lets stay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) links: Hyperlinks,
    /// Whether form fields stay.
    pub(crate) forms: bool,
}

/// Says whether an instruction is harmless. Nested fields stand in it as one
/// control character.
pub(crate) fn is_harmless(instruction: &str, allowed: Allowed) -> bool {
    let instruction = instruction.trim_matches(|letter: char| letter.is_whitespace());
    if instruction.starts_with('=') {
        return true;
    }
    let end =
        instruction.find(|letter: char| letter.is_whitespace() || letter == '\\' || letter == '"');
    let (name, rest) = instruction.split_at(end.unwrap_or(instruction.len()));
    if name.is_empty() || name.contains(NESTED) {
        return false;
    }
    let name = name.to_ascii_uppercase();
    if name == "HYPERLINK" {
        return is_harmless_link(rest, allowed.links);
    }
    if name.starts_with("FORM") && !allowed.forms {
        return false;
    }
    HARMLESS.binary_search(&name.as_str()).is_ok()
}

/// Reads a HYPERLINK field's arguments (17.16.5.25): an address, and switches
/// of which `\l` names a place in this document.
fn is_harmless_link(arguments: &str, links: Hyperlinks) -> bool {
    if arguments.contains(NESTED) {
        return false;
    }
    let mut address = None;
    let mut has_place = false;
    let mut words = words(arguments).into_iter();
    while let Some(word) = words.next() {
        match word.to_ascii_lowercase().as_str() {
            "\\l" => has_place = words.next().is_some(),
            "\\o" | "\\t" | "\\s" => {
                words.next();
            }
            "\\h" | "\\n" | "\\m" => {}
            "\\*" => {
                words.next();
            }
            _ if address.is_none() => address = Some(word),
            _ => return false,
        }
    }
    match address.as_deref() {
        None | Some("") => has_place,
        Some(address) => {
            links == Hyperlinks::Keep && is_harmless_address(&address.replace("\\\\", "\\"))
        }
    }
}

/// Splits arguments at white space outside quotation marks.
fn words(arguments: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut is_quoted, mut is_open) = (false, false);
    for letter in arguments.chars() {
        match letter {
            '"' | '\u{201C}' | '\u{201D}' => {
                is_quoted = !is_quoted;
                is_open = true;
            }
            _ if letter.is_whitespace() && !is_quoted => {
                if is_open {
                    words.push(std::mem::take(&mut word));
                }
                is_open = false;
            }
            _ => {
                word.push(letter);
                is_open = true;
            }
        }
    }
    if is_open {
        words.push(word);
    }
    words
}

/// The fields that are open while a part is written.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    next: usize,
    open: Vec<Open>,
    hidden: usize,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    stays: bool,
    in_result: bool,
}

impl Cursor {
    /// Follows one `w:fldChar`; says whether it stays.
    pub(crate) fn follow(&mut self, kind: &str, plan: &Plan) -> bool {
        let was_hidden = self.hidden > 0;
        let stays = match kind {
            "begin" => {
                let stays = plan.stays(self.next);
                self.next += 1;
                self.open.push(Open { stays, in_result: false });
                self.hidden += usize::from(!stays);
                stays
            }
            "separate" => self.separate(),
            "end" => match self.open.pop() {
                Some(field) => {
                    self.hidden -= usize::from(!field.stays && !field.in_result);
                    field.stays
                }
                None => false,
            },
            _ => false,
        };
        // What closes a hidden instruction is itself hidden.
        stays && !was_hidden
    }

    fn separate(&mut self) -> bool {
        let Some(field) = self.open.last_mut() else { return false };
        if !field.stays && !field.in_result {
            self.hidden -= 1;
        }
        field.in_result = true;
        field.stays
    }

    /// Says whether the current place is inside a removed instruction.
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Allowed = Allowed { links: Hyperlinks::Keep, forms: true };

    #[test]
    fn the_list_is_sorted() {
        assert!(HARMLESS.is_sorted());
    }

    #[test]
    fn names_decide() {
        for field in [
            " PAGE ",
            "toc \\o \"1-3\" \\h",
            "=1+2",
            "REF a \\h",
            "HYPERLINK \\l \"x\"",
            "hyperlink \"http://a.jp\" \\o \"t\"",
        ] {
            assert!(is_harmless(field, KEEP), "{field}");
        }
        let hostile = [
            "DDEAUTO c:\\\\x",
            "DDE",
            "INCLUDETEXT a",
            "INCLUDEPICTURE a",
            "LINK",
            "QUOTE 68",
            "SET a b",
            "AUTOTEXT",
            "",
            "\u{1}",
            "P\u{1}",
            "\u{1}PAGE",
            "HYPERLINK \"file:///x\"",
            "HYPERLINK \u{1}",
            "HYPERLINK \"a\" \"b\"",
            "HYPERLINK",
            "MACROBUTTON x",
            "RD x",
            "EMBED x",
            "IMPORT x",
            "DATABASE",
            "ADDIN x",
            "PRINT x",
        ];
        for field in hostile {
            assert!(!is_harmless(field, KEEP), "{field}");
        }
        assert!(!is_harmless(
            "HYPERLINK \"http://a.jp\"",
            Allowed { links: Hyperlinks::Remove, forms: true }
        ));
        assert!(is_harmless(
            "HYPERLINK \\l \"x\"",
            Allowed { links: Hyperlinks::Remove, forms: true }
        ));
    }

    #[test]
    fn split_and_nested_instructions_are_put_together() {
        let text = r#"<w:p xmlns:w="w"><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DD</w:instrText></w:r>
            <w:r><w:instrText>EAUTO x</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>
            <w:fldChar w:fldCharType="begin"/><w:instrText>IF </w:instrText><w:fldChar w:fldCharType="begin"/>
            <w:instrText>LINK</w:instrText><w:fldChar w:fldCharType="end"/><w:fldChar w:fldCharType="end"/></w:p>"#;
        let plan = Plan::read(text, KEEP).expect("well-formed");
        assert_eq!(plan.verdicts, [false, false, false]);
    }
}
