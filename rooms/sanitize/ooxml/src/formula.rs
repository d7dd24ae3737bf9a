//! Spreadsheet formulas: whether one stays inside its workbook and calls only
//! functions that are known to be harmless. Evaluates nothing.

use std::collections::HashSet;
use std::sync::OnceLock;

use sanitize_core::Hyperlinks;

use crate::target::is_harmless_address;

/// Longest formula that is looked into, in bytes; Excel stops at 8,192
/// characters.
const FORMULA_BYTES_MAX: usize = 64 << 10;

/// What a formula may lean on.
#[derive(Debug, Default)]
pub(crate) struct Grounds {
    /// Names that were removed, in upper case.
    pub(crate) removed_names: HashSet<String>,
}

/// Says whether a formula may stay.
pub(crate) fn is_harmless(formula: &str, grounds: &Grounds, links: Hyperlinks) -> bool {
    formula.len() <= FORMULA_BYTES_MAX
        && Reader { text: formula, at: 0, grounds, links }.read().is_some()
}

/// Reads the allow-list.
pub(crate) fn warm() {
    functions();
}

/// The allow-list, in upper case and sorted.
fn functions() -> &'static [&'static str] {
    static LIST: OnceLock<Vec<&'static str>> = OnceLock::new();
    LIST.get_or_init(|| {
        let mut list: Vec<_> = include_str!("../schema/functions.txt").lines().collect();
        list.sort_unstable();
        list
    })
}

/// Reads a formula token by token; `None` at the first that must not stay.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    grounds: &'a Grounds,
    links: Hyperlinks,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Option<()> {
        let mut watches_strings = false;
        let mut strings = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => strings.push(self.string()?),
                b'\'' => self.quoted()?,
                b'[' => self.index()?,
                // DDE: `server|topic!item`.
                b'|' | b'\\' => return None,
                _ if is_word(byte) => {
                    let word = self.word();
                    if self.peek() == Some(b'(') {
                        watches_strings |= self.call(word)?;
                    } else {
                        self.name(word)?;
                    }
                }
                _ => self.at += 1,
            }
        }
        let leads_out = |text: &String| text.contains(['[', '|', '\\']) || text.contains("://");
        if watches_strings && strings.iter().any(leads_out) { None } else { Some(()) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at + 1..)?;
            let end = rest.find('"')?;
            text.push_str(&rest[..end]);
            self.at += end + 2;
            if self.peek() != Some(b'"') {
                return Some(text);
            }
            text.push('"');
        }
    }

    /// A sheet's name in apostrophes. No sheet's name holds `\ / [ ]`; only a
    /// reference to another workbook does.
    fn quoted(&mut self) -> Option<()> {
        loop {
            let rest = self.text.get(self.at + 1..)?;
            let end = rest.find('\'')?;
            let name = &rest[..end];
            // `[0]` is this workbook itself.
            let name = name.strip_prefix("[0]").unwrap_or(name);
            if name.contains(['\\', '/', '[', ']', '|']) {
                return None;
            }
            self.at += end + 2;
            if self.peek() != Some(b'\'') {
                return Some(());
            }
        }
    }

    /// A bracket that follows no table's name is the index of another
    /// workbook; zero is this one.
    fn index(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        if !rest.starts_with("[0]") {
            return None;
        }
        self.at += 3;
        Some(())
    }

    fn word(&mut self) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(is_word) {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or("");
        if self.peek() == Some(b'[') {
            self.columns();
        }
        word
    }

    /// The bracketed part of a table reference, with `'` as escape.
    fn columns(&mut self) {
        let mut depth = 0_u32;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\'' => self.at += 1,
                b'[' => depth += 1,
                b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// Says whether the function's texts could lead out of the workbook.
    fn call(&mut self, word: &str) -> Option<bool> {
        let name = word.to_ascii_uppercase();
        let mut plain = name.as_str();
        while let Some(rest) =
            ["_XLFN.", "_XLWS.", "_XLUDF."].iter().find_map(|prefix| plain.strip_prefix(prefix))
        {
            plain = rest;
        }
        if plain == "HYPERLINK" {
            return self.link().then_some(false);
        }
        // A sheet's name before a bracket, such as `Sheet1!(`, is no call.
        functions().binary_search(&plain).ok()?;
        Some(plain == "INDIRECT")
    }

    /// HYPERLINK stays with an address that is a text as it stands.
    fn link(&self) -> bool {
        let Some(rest) = self.text.get(self.at + 1..) else { return false };
        let Some(rest) = rest.trim_start().strip_prefix('"') else { return false };
        let Some((address, after)) = rest.split_once('"') else { return false };
        let is_whole = after.trim_start().starts_with([',', ')']);
        let is_inside = address.starts_with('#');
        let is_allowed = is_inside || self.links == Hyperlinks::Keep;
        is_whole && is_allowed && is_harmless_address(address)
    }

    fn name(&self, word: &str) -> Option<()> {
        let names = &self.grounds.removed_names;
        let is_removed = !names.is_empty() && names.contains(&word.to_uppercase());
        (!is_removed).then_some(())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'?') || byte >= 0x80
}

/// Says whether a name runs by itself when a workbook opens or closes.
pub(crate) fn is_automatic(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("_xlnm.").unwrap_or(&name);
    ["auto_open", "auto_close", "auto_activate", "auto_deactivate"]
        .iter()
        .any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stays(formula: &str) -> bool {
        is_harmless(formula, &Grounds::default(), Hyperlinks::Keep)
    }

    #[test]
    fn ordinary_formulas_stay() {
        for formula in [
            "SUM(A1:B2)",
            "'My Sheet'!A1+1",
            "IF(A1=\"a|b\",\"[1]\",2)",
            "Table1[[#This Row],[a'[b]]]*2",
            "_xlfn.XLOOKUP(A1,B:B,C:C)",
            "Sheet1:Sheet3!A1",
            "合計!A1",
            "HYPERLINK(\"http://a.jp\",\"x\")",
            "INDIRECT(\"A\"&1)",
            "[0]!Name",
            "1.5E+3%",
            "{1,2;3,4}",
            "A1#",
            "@A1",
            "'It''s'!A1",
            "_xlfn._xlws.SORT(A1:A3)",
            "#REF!",
        ] {
            assert!(stays(formula), "{formula}");
        }
    }

    #[test]
    fn what_leads_out_goes() {
        for formula in [
            "cmd|'/c calc'!A1",
            "[1]Sheet1!A1",
            "'[1]Sheet 1'!A1",
            "'\\\\host\\[a.xls]S'!A1",
            "\\\\host\\a",
            "CALL(\"a\",\"b\")",
            "register.id(\"a\")",
            "_xlfn.WEBSERVICE(\"http://x\")",
            "RTD(\"a\",,\"b\")",
            "HYPERLINK(\"file://x\")",
            "HYPERLINK(A1)",
            "HYPERLINK(\"http://a\"&B1)",
            "INDIRECT(\"[a.xls]S!A1\")",
            "SUM('C:\\[a.xls]S'!A1)",
            "_xlfn.PY(1)",
            "EXEC(\"x\")",
            "MyMacro()",
            "'a",
            "\"a",
            "MSEXCEL|'..\\x'!A",
            "_xlfn._xlws.PY(1)",
        ] {
            assert!(!stays(formula), "{formula}");
        }
    }

    #[test]
    fn removed_names_take_their_formulas_along() {
        let grounds = Grounds { removed_names: ["EVIL".to_owned()].into() };
        assert!(!is_harmless("evil+1", &grounds, Hyperlinks::Keep));
        assert!(is_harmless("good+1", &grounds, Hyperlinks::Keep));
    }

    #[test]
    fn automatic_names_are_known() {
        assert!(
            is_automatic("_xlnm.Auto_Open")
                && is_automatic("AUTO_OPEN_x")
                && !is_automatic("Automatic")
        );
    }
}
