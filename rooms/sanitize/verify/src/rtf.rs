//! RTF: tokens one by one; control words from an allow-list, fields by their
//! instructions, pictures by their bytes. Lays out nothing.
//!
//! Source: Rich Text Format Specification 1.9.1.

mod words;

use sanitize_core::Format;

use crate::check::{Check, Walk};
use crate::detect;
use crate::nested;
use crate::opc::judge_field;
use crate::rules;
use crate::text;

/// Checks one document.
pub(crate) fn document(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    check.take_bytes(bytes.len() as u64)?;
    if !bytes.starts_with(b"{\\rtf1") {
        return check.unreadable("not an RTF document");
    }
    let mut reader = Reader { bytes, at: 0, groups: Vec::new() };
    while reader.at < bytes.len() {
        check.take_nodes(1)?;
        reader.token(check)?;
        if reader.groups.is_empty() {
            break;
        }
    }
    if !reader.groups.is_empty() {
        check.unreadable("groups are left open")?;
    }
    let tail = bytes.get(reader.at..).unwrap_or_default();
    if tail.iter().any(|byte| !matches!(byte, b'\r' | b'\n' | 0)) {
        check.found(rules::RTF_WORD, "text after the document")?;
    }
    Ok(())
}

/// What the text of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Shown,
    Instruction,
    Picture,
    ShapeName,
}

struct Group {
    content: Content,
    /// Whether this group, not one around it, gave the content its meaning.
    is_owner: bool,
    data: Vec<u8>,
    format: Option<Format>,
    has_star: bool,
    is_empty: bool,
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    groups: Vec<Group>,
}

impl Reader<'_> {
    fn token(&mut self, check: &mut Check<'_>) -> Walk {
        let byte = self.bytes[self.at];
        self.at += 1;
        match byte {
            b'{' => self.open(check),
            b'}' => self.close(check),
            b'\\' => self.control(check),
            b'\r' | b'\n' => Ok(()),
            _ => self.text(check, byte),
        }
    }

    fn open(&mut self, check: &mut Check<'_>) -> Walk {
        if self.groups.len() >= DEPTH_MAX {
            return check.over("groups nested too deep");
        }
        let content = self.groups.last().map_or(Content::Shown, |group| group.content);
        self.groups.push(Group {
            content,
            is_owner: false,
            data: Vec::new(),
            format: None,
            has_star: false,
            is_empty: true,
        });
        Ok(())
    }

    fn close(&mut self, check: &mut Check<'_>) -> Walk {
        let Some(group) = self.groups.pop() else {
            return check.unreadable("a bracket that closes nothing");
        };
        if !group.is_owner {
            // Data in an inner group belongs to the group around it.
            if let Some(outer) =
                self.groups.last_mut().filter(|outer| outer.content == group.content)
            {
                outer.data.extend(group.data);
            }
            return Ok(());
        }
        match group.content {
            Content::Shown => Ok(()),
            Content::Instruction => judge_field(check, &text::decoded(&group.data)),
            Content::Picture => picture(check, &group),
            Content::ShapeName => {
                let name = text::decoded(&group.data);
                let acts = words::is_acting_property(name.trim());
                if acts { check.found(rules::RTF_OBJECT, name) } else { Ok(()) }
            }
        }
    }

    fn text(&mut self, check: &mut Check<'_>, byte: u8) -> Walk {
        let Some(group) = self.groups.last_mut() else {
            return check.unreadable("text outside the document");
        };
        group.is_empty = false;
        if group.has_star {
            group.has_star = false;
            return check.found(rules::RTF_WORD, "a starred group without a word");
        }
        if group.content != Content::Shown {
            group.data.push(byte);
        } else if byte < 0x20 && byte != b'\t' {
            return check.found(rules::TEXT_CONTROL, format!("byte {byte:02X}"));
        }
        Ok(())
    }

    fn control(&mut self, check: &mut Check<'_>) -> Walk {
        let Some(&first) = self.bytes.get(self.at) else {
            return check.unreadable("an open control word");
        };
        if !first.is_ascii_alphabetic() {
            return self.symbol(check, first);
        }
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
        }
        let word = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
        let number = self.number();
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.word(check, &word, number)
    }

    fn symbol(&mut self, check: &mut Check<'_>, first: u8) -> Walk {
        self.at += 1;
        match first {
            b'*' => {
                if let Some(group) = self.groups.last_mut() {
                    group.has_star = true;
                }
                Ok(())
            }
            b'\'' => {
                let byte = self.bytes.get(self.at..self.at + 2).and_then(detect::hexadecimal);
                self.at += 2;
                match byte.as_deref() {
                    Some(&[byte]) => {
                        if let Some(group) =
                            self.groups.last_mut().filter(|group| group.content != Content::Shown)
                        {
                            group.data.push(byte);
                        }
                        Ok(())
                    }
                    _ => check.unreadable("an odd escape"),
                }
            }
            b'\\' | b'{' | b'}' | b'~' | b'-' | b'_' | b'|' | b':' | b'\r' | b'\n' | b'\t' => {
                if let Some(group) =
                    self.groups.last_mut().filter(|group| group.content == Content::Instruction)
                {
                    group.data.push(first);
                }
                Ok(())
            }
            _ => check.found(rules::RTF_WORD, format!("symbol {}", char::from(first))),
        }
    }

    fn number(&mut self) -> Option<i64> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        std::str::from_utf8(&self.bytes[start..self.at]).ok()?.parse().ok()
    }

    fn word(&mut self, check: &mut Check<'_>, word: &str, number: Option<i64>) -> Walk {
        let Some(group) = self.groups.last_mut() else {
            return check.unreadable("a word outside the document");
        };
        let is_starred = std::mem::take(&mut group.has_star);
        group.is_empty = false;
        if words::is_object(word) {
            return check.found(rules::RTF_OBJECT, word);
        }
        match word {
            "fldinst" => {
                group.content = Content::Instruction;
                group.is_owner = true;
            }
            // The result's text is shown even inside the field's group.
            "fldrslt" | "pntext" => group.content = Content::Shown,
            "sn" => {
                group.content = Content::ShapeName;
                group.is_owner = true;
            }
            "pict" => {
                group.content = Content::Picture;
                group.is_owner = true;
            }
            "pngblip" => self.set_picture(Format::Png),
            "jpegblip" => self.set_picture(Format::Jpeg),
            "emfblip" => self.set_picture(Format::Emf),
            "wmetafile" => self.set_picture(Format::Wmf),
            "u" => {
                let group_content = group.content;
                if group_content == Content::Instruction {
                    let unit = number.unwrap_or(0).rem_euclid(65_536);
                    let c = u32::try_from(unit).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}');
                    let mut buffer = [0; 4];
                    group.data.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                }
            }
            "bin" => return check.found(rules::RTF_OBJECT, "binary data"),
            _ if words::is_known(word) => {}
            _ => {
                return check.found(
                    rules::RTF_WORD,
                    format!("{}{word}", if is_starred { "\\*\\" } else { "\\" }),
                );
            }
        }
        Ok(())
    }

    fn set_picture(&mut self, format: Format) {
        if let Some(group) = self
            .groups
            .iter_mut()
            .rev()
            .find(|group| group.content == Content::Picture && group.is_owner)
        {
            group.format = Some(format);
        }
    }
}

fn picture(check: &mut Check<'_>, group: &Group) -> Walk {
    if group.data.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let Some(format) = group.format else {
        return check.found(rules::RTF_WORD, "a picture of no known kind");
    };
    let Some(bytes) = detect::hexadecimal(&group.data) else {
        return check.unreadable("odd digits in a picture");
    };
    check.take_bytes(bytes.len() as u64)?;
    let real = detect::detect(&bytes);
    if real != format {
        check.found(
            rules::TYPE_MISMATCH,
            format!("{} inside, declared as {}", real.name(), format.name()),
        )?;
    }
    check.inside("pict", |check| nested::file(check, &bytes, format))
}

const DEPTH_MAX: usize = 512;
