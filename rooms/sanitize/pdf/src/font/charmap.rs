//! Character maps (ISO 32000-2 §9.7.5 and §9.10.3): parsed and spelt anew.
//! Nothing of PostScript survives but the mapping itself.

use std::ops::Range;

use crate::content::{Lexer, Token};
use crate::model::{Num, push_hex, spell_name};

/// Parses a map and spells it anew; what is not a mapping is left out.
#[must_use]
pub fn respell(input: &[u8]) -> Vec<u8> {
    let mut lexer = Lexer::new(input);
    let mut map = Map::default();
    let mut operands: Vec<Token> = Vec::new();
    let mut count = 0_usize;
    while let Some(token) = lexer.next_token() {
        let Token::Word(range) = token else {
            if operands.len() < OPERANDS_MAX {
                operands.push(token);
            }
            continue;
        };
        match section(lexer.word(&range)) {
            Some(section) => {
                count += operands.len();
                if count > ENTRIES_MAX {
                    break;
                }
                map.section(section, &operands, &lexer);
            }
            None => match lexer.word(&range) {
                b"usecmap" => map.base(&operands, &lexer),
                b"def" => map.definition(&operands, &lexer),
                _ => {}
            },
        }
        operands.clear();
        lexer.scratch.clear();
    }
    map.finish()
}

/// The kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    CodeSpace,
    UnicodeChar,
    UnicodeRange,
    CidChar,
    CidRange,
    NotdefChar,
    NotdefRange,
}

fn section(word: &[u8]) -> Option<Section> {
    Some(match word {
        b"endcodespacerange" => Section::CodeSpace,
        b"endbfchar" => Section::UnicodeChar,
        b"endbfrange" => Section::UnicodeRange,
        b"endcidchar" => Section::CidChar,
        b"endcidrange" => Section::CidRange,
        b"endnotdefchar" => Section::NotdefChar,
        b"endnotdefrange" => Section::NotdefRange,
        _ => return None,
    })
}

impl Section {
    fn word(self) -> &'static str {
        match self {
            Self::CodeSpace => "codespacerange",
            Self::UnicodeChar => "bfchar",
            Self::UnicodeRange => "bfrange",
            Self::CidChar => "cidchar",
            Self::CidRange => "cidrange",
            Self::NotdefChar => "notdefchar",
            Self::NotdefRange => "notdefrange",
        }
    }
}

#[derive(Default)]
struct Map {
    vertical: bool,
    base: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Map {
    fn base(&mut self, operands: &[Token], lexer: &Lexer<'_>) {
        if let Some(Token::Name(range)) = operands.last()
            && is_predefined(lexer.text(range))
        {
            self.base = Some(lexer.text(range).to_vec());
        }
    }

    fn definition(&mut self, operands: &[Token], lexer: &Lexer<'_>) {
        if let [.., Token::Name(key), Token::Num(value)] = operands
            && lexer.text(key) == b"WMode"
        {
            self.vertical = *value == Num::int(1);
        }
    }

    fn section(&mut self, section: Section, operands: &[Token], lexer: &Lexer<'_>) {
        let mut entries: Vec<Vec<u8>> = Vec::new();
        let mut rest = operands;
        while !rest.is_empty() {
            match entry(section, rest, lexer) {
                Some((spelt, used)) => {
                    entries.push(spelt);
                    rest = &rest[used..];
                }
                None => rest = &rest[1..],
            }
        }
        for group in entries.chunks(GROUP_ENTRIES) {
            Num::int(group.len() as i64).spell(&mut self.body);
            self.body.extend_from_slice(format!(" begin{}\n", section.word()).as_bytes());
            for entry in group {
                self.body.extend_from_slice(entry);
                self.body.push(b'\n');
            }
            self.body.extend_from_slice(format!("end{}\n", section.word()).as_bytes());
        }
    }

    fn finish(self) -> Vec<u8> {
        let mut out = b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n".to_vec();
        if let Some(base) = &self.base {
            spell_name(base, &mut out);
            out.extend_from_slice(b" usecmap\n");
        }
        out.extend_from_slice(b"/CMapName /Custom def\n/CMapType 2 def\n");
        if self.vertical {
            out.extend_from_slice(b"/WMode 1 def\n");
        }
        out.extend_from_slice(&self.body);
        out.extend_from_slice(
            b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n",
        );
        out
    }
}

/// Spells one entry; gives it with the number of operands it took.
fn entry(section: Section, operands: &[Token], lexer: &Lexer<'_>) -> Option<(Vec<u8>, usize)> {
    let mut out = Vec::new();
    let keys = match section {
        Section::UnicodeChar | Section::CidChar | Section::NotdefChar => 1,
        Section::CodeSpace | Section::UnicodeRange | Section::CidRange | Section::NotdefRange => 2,
    };
    for token in operands.get(..keys)? {
        let Token::Str(range) = token else { return None };
        hex(range, lexer, CODE_BYTES_MAX, &mut out)?;
    }
    match section {
        Section::CodeSpace => return Some((out, keys)),
        Section::CidChar | Section::CidRange | Section::NotdefChar | Section::NotdefRange => {
            let Token::Num(cid) = operands.get(keys)? else { return None };
            Num::int((cid.value() as i64).clamp(0, 0xFFFF_FFFF)).spell(&mut out);
            return Some((out, keys + 1));
        }
        Section::UnicodeChar | Section::UnicodeRange => {}
    }
    match operands.get(keys)? {
        Token::Str(range) => {
            hex(range, lexer, TEXT_BYTES_MAX, &mut out)?;
            Some((out, keys + 1))
        }
        Token::Name(range) => {
            spell_name(lexer.text(range), &mut out);
            Some((out, keys + 1))
        }
        Token::ArrayStart => {
            out.push(b'[');
            let mut used = keys + 1;
            loop {
                match operands.get(used)? {
                    Token::Str(range) => hex(range, lexer, TEXT_BYTES_MAX, &mut out)?,
                    Token::Name(range) => spell_name(lexer.text(range), &mut out),
                    Token::ArrayEnd => break,
                    _ => return None,
                }
                used += 1;
            }
            out.push(b']');
            Some((out, used + 1))
        }
        _ => None,
    }
}

fn hex(range: &Range<usize>, lexer: &Lexer<'_>, max: usize, out: &mut Vec<u8>) -> Option<()> {
    let bytes = lexer.text(range);
    if bytes.len() > max {
        return None;
    }
    out.push(b'<');
    bytes.iter().for_each(|byte| push_hex(*byte, out));
    out.push(b'>');
    Some(())
}

/// Says whether every reader has the map of that name (§9.7.5.2, table 116).
#[must_use]
pub fn is_predefined(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    PREDEFINED.split_ascii_whitespace().any(|known| known == name)
}

const PREDEFINED: &str = "Identity-H Identity-V \
    GB-EUC-H GB-EUC-V GBpc-EUC-H GBpc-EUC-V GBK-EUC-H GBK-EUC-V GBKp-EUC-H GBKp-EUC-V \
    GBK2K-H GBK2K-V UniGB-UCS2-H UniGB-UCS2-V UniGB-UTF16-H UniGB-UTF16-V UniGB-UTF8-H \
    UniGB-UTF8-V UniGB-UTF32-H UniGB-UTF32-V \
    B5pc-H B5pc-V HKscs-B5-H HKscs-B5-V ETen-B5-H ETen-B5-V ETenms-B5-H ETenms-B5-V CNS-EUC-H \
    CNS-EUC-V UniCNS-UCS2-H UniCNS-UCS2-V UniCNS-UTF16-H UniCNS-UTF16-V UniCNS-UTF8-H \
    UniCNS-UTF8-V UniCNS-UTF32-H UniCNS-UTF32-V \
    83pv-RKSJ-H 90ms-RKSJ-H 90ms-RKSJ-V 90msp-RKSJ-H 90msp-RKSJ-V 90pv-RKSJ-H 90pv-RKSJ-V \
    Add-RKSJ-H Add-RKSJ-V EUC-H EUC-V Ext-RKSJ-H Ext-RKSJ-V H V RKSJ-H RKSJ-V \
    UniJIS-UCS2-H UniJIS-UCS2-V UniJIS-UCS2-HW-H UniJIS-UCS2-HW-V UniJIS-UTF16-H UniJIS-UTF16-V \
    UniJIS-UTF8-H UniJIS-UTF8-V UniJIS-UTF32-H UniJIS-UTF32-V UniJIS2004-UTF16-H \
    UniJIS2004-UTF16-V UniJIS2004-UTF8-H UniJIS2004-UTF8-V UniJIS2004-UTF32-H UniJIS2004-UTF32-V \
    UniJISX0213-UTF32-H UniJISX0213-UTF32-V 78-H 78-V 78-RKSJ-H 78-RKSJ-V 78-EUC-H 78-EUC-V \
    Add-H Add-V Ext-H Ext-V \
    KSC-EUC-H KSC-EUC-V KSCms-UHC-H KSCms-UHC-V KSCms-UHC-HW-H KSCms-UHC-HW-V KSCpc-EUC-H \
    KSCpc-EUC-V KSC-H KSC-V UniKS-UCS2-H UniKS-UCS2-V UniKS-UTF16-H UniKS-UTF16-V UniKS-UTF8-H \
    UniKS-UTF8-V UniKS-UTF32-H UniKS-UTF32-V Adobe-Japan1-UCS2 Adobe-GB1-UCS2 Adobe-CNS1-UCS2 \
    Adobe-Korea1-UCS2";

/// Entries of one block (the CMap format allows a hundred).
const GROUP_ENTRIES: usize = 100;
/// Entries of one map.
const ENTRIES_MAX: usize = 1_000_000;
const OPERANDS_MAX: usize = 300_000;
/// Bytes of one code.
const CODE_BYTES_MAX: usize = 4;
/// Bytes of the text of one code.
const TEXT_BYTES_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_stay_and_programs_go() {
        let input = b"/x {(evil) run} def /WMode 1 def 1 begincodespacerange <00><FF> endcodespacerange \
            2 beginbfchar <01><0041> <02><D83DDE00> endbfchar 1 beginbfrange <03><04>[<0042><0043>] endbfrange";
        let spelt = respell(input);
        let text = String::from_utf8_lossy(&spelt);
        assert!(text.contains("<01><0041>\n<02><D83DDE00>"));
        assert!(text.contains("<03><04>[<0042><0043>]"));
        assert!(text.contains("/WMode 1 def"));
        assert!(!text.contains("evil") && !text.contains("run"));
        assert_eq!(respell(&spelt), spelt);
    }
}
