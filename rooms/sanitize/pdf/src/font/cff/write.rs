//! Writes CFF: offsets take five bytes each, so every size is known before.

use super::{
    Charset, Cid, Encoding, Entries, Font, Operand, PRIVATE_KEPT, Private, STANDARD_STRINGS,
    TOP_KEPT,
};
use crate::font::charstring::Check;

/// Writes the font; `None` where no glyph program is good.
pub fn write(font: &Font<'_>) -> Option<Vec<u8>> {
    let mut strings = Strings::default();
    let mut head = Entries::new();
    if let Some(cid) = &font.cid {
        let registry = strings.id(&cid.registry);
        let ordering = strings.id(&cid.ordering);
        let ros = [i32::from(registry), i32::from(ordering), cid.supplement];
        head.push((1230, ros.iter().map(|value| Operand::Int(*value)).collect()));
    }
    let kept = font.top.iter().filter(|(operator, _)| TOP_KEPT.contains(operator));
    head.extend(kept.cloned());
    let charset = charset(font, &mut strings);
    let encoding = encoding(font, &mut strings);
    let Glyphs { glyphs, global, locals } = check(font)?;
    let strings = index(&strings.own);
    let global = index(&global);
    let glyphs = index(&glyphs);

    // Where everything lies depends only on sizes that are now known.
    let top_size = dict(&head).len() + if font.cid.is_some() { CID_OFFSETS } else { PLAIN_OFFSETS };
    let start = 4 + NAME_INDEX.len() + 2 + 1 + 2 * 4 + top_size + strings.len() + global.len();
    let charset_at = start;
    let encoding_at = charset_at + charset.bytes.len();
    let glyphs_at = encoding_at + encoding.bytes.len();
    let mut tail = charset.bytes;
    tail.extend_from_slice(&encoding.bytes);
    tail.extend_from_slice(&glyphs);

    let mut top = dict(&head);
    fixed(&mut top, charset.known.map_or(charset_at, usize::from), 15);
    fixed(&mut top, glyphs_at, 17);
    match &font.cid {
        None => {
            fixed(&mut top, encoding.known.map_or(encoding_at, usize::from), 16);
            let at = start + tail.len();
            let size = private(&font.private, locals.first()?, &mut tail);
            top.push(29);
            top.extend_from_slice(&(size as i32).to_be_bytes());
            fixed(&mut top, at, 18);
        }
        Some(cid) => {
            let select_at = start + tail.len();
            tail.extend_from_slice(&select(cid));
            let mut parts = Vec::new();
            for ((entries, part), local) in cid.parts.iter().zip(&locals) {
                let at = start + tail.len();
                let size = private(part, local, &mut tail);
                let matrix = entries.iter().filter(|(operator, _)| *operator == 1207);
                let mut bytes = dict(&matrix.cloned().collect());
                bytes.push(29);
                bytes.extend_from_slice(&(size as i32).to_be_bytes());
                fixed(&mut bytes, at, 18);
                parts.push(bytes);
            }
            let parts_at = start + tail.len();
            tail.extend_from_slice(&index(&parts));
            escaped(&mut top, select_at, 37);
            escaped(&mut top, parts_at, 36);
        }
    }
    debug_assert_eq!(top.len(), top_size, "offsets were planned for this");
    let mut out = vec![1, 0, 4, 4];
    out.extend_from_slice(NAME_INDEX);
    out.extend_from_slice(&[0, 1, 4]);
    out.extend_from_slice(&1_u32.to_be_bytes());
    out.extend_from_slice(&(top.len() as u32 + 1).to_be_bytes());
    out.extend_from_slice(&top);
    out.extend_from_slice(&strings);
    out.extend_from_slice(&global);
    debug_assert_eq!(out.len(), start, "offsets were planned for this");
    out.extend_from_slice(&tail);
    Some(out)
}

/// Names that are not standard, in the order in which they are met.
#[derive(Default)]
struct Strings {
    own: Vec<Vec<u8>>,
    known: std::collections::HashMap<Vec<u8>, u16>,
}

impl Strings {
    fn id(&mut self, name: &[u8]) -> u16 {
        if let [0, high, low] = name {
            return u16::from_be_bytes([*high, *low]);
        }
        if let Some(id) = self.known.get(name) {
            return *id;
        }
        if self.own.len() >= STRINGS_MAX {
            return 0;
        }
        let id = STANDARD_STRINGS + self.own.len() as u16;
        self.own.push(name.to_vec());
        self.known.insert(name.to_vec(), id);
        id
    }
}

struct Table {
    known: Option<u8>,
    bytes: Vec<u8>,
}

fn charset(font: &Font<'_>, strings: &mut Strings) -> Table {
    match &font.charset {
        Charset::Known(number) => Table { known: Some(*number), bytes: Vec::new() },
        Charset::Names(names) => {
            let mut bytes = vec![0];
            for name in names {
                bytes.extend_from_slice(&strings.id(name).to_be_bytes());
            }
            Table { known: None, bytes }
        }
        Charset::Cids(cids) => {
            let mut bytes = vec![2];
            let mut at = 0;
            while let Some(&first) = cids.get(at) {
                let rest = &cids[at + 1..];
                let run = rest
                    .iter()
                    .enumerate()
                    .take_while(|(step, cid)| {
                        u32::from(**cid) == u32::from(first) + *step as u32 + 1
                    })
                    .count();
                bytes.extend_from_slice(&first.to_be_bytes());
                bytes.extend_from_slice(&(run as u16).to_be_bytes());
                at += run + 1;
            }
            Table { known: None, bytes }
        }
    }
}

fn encoding(font: &Font<'_>, strings: &mut Strings) -> Table {
    if font.cid.is_some() {
        return Table { known: Some(0), bytes: Vec::new() };
    }
    match &font.encoding {
        Encoding::Known(number) => Table { known: Some(*number), bytes: Vec::new() },
        Encoding::Own(codes, more) => {
            let more = &more[..more.len().min(255)];
            let mut bytes = vec![if more.is_empty() { 0 } else { 0x80 }, codes.len() as u8];
            bytes.extend_from_slice(codes);
            if !more.is_empty() {
                bytes.push(more.len() as u8);
                for (code, name) in more {
                    bytes.push(*code);
                    bytes.extend_from_slice(&strings.id(name).to_be_bytes());
                }
            }
            Table { known: None, bytes }
        }
    }
}

struct Glyphs {
    glyphs: Vec<Vec<u8>>,
    global: Vec<Vec<u8>>,
    locals: Vec<Vec<Vec<u8>>>,
}

/// Checks every glyph; a bad one becomes empty, unused subroutines go.
fn check(font: &Font<'_>) -> Option<Glyphs> {
    let parts: Vec<&Private<'_>> = match &font.cid {
        Some(cid) => cid.parts.iter().map(|(_, private)| private).collect(),
        None => vec![&font.private],
    };
    let mut checks: Vec<Check<'_>> =
        parts.iter().map(|part| Check::new(&font.global, &part.subroutines)).collect();
    let mut good = 0;
    let mut glyphs = Vec::with_capacity(font.glyphs.len());
    for (glyph, program) in font.glyphs.iter().enumerate() {
        let part = font.cid.as_ref().map_or(0, |cid| usize::from(cid.select[glyph]));
        let fine = checks.get_mut(part)?.type2(program);
        good += usize::from(fine);
        glyphs.push(if fine { program.to_vec() } else { vec![ENDCHAR] });
    }
    if good * 2 < font.glyphs.len() {
        return None;
    }
    let mut used = vec![false; font.global.len()];
    for check in &checks {
        used.iter_mut().zip(&check.used_global).for_each(|(used, here)| *used |= *here);
    }
    let keep = |programs: &[&[u8]], used: &[bool]| -> Vec<Vec<u8>> {
        let pick =
            |(program, used): (&&[u8], &bool)| if *used { program.to_vec() } else { vec![RETURN] };
        programs.iter().zip(used).map(pick).collect()
    };
    let global = keep(&font.global, &used);
    let locals =
        parts.iter().zip(&checks).map(|(part, check)| keep(&part.subroutines, &check.used_local));
    Some(Glyphs { glyphs, global, locals: locals.collect() })
}

/// Writes a private dictionary with its subroutines; returns the dictionary's size.
fn private(part: &Private<'_>, local: &[Vec<u8>], out: &mut Vec<u8>) -> usize {
    let kept = part.entries.iter().filter(|(operator, _)| PRIVATE_KEPT.contains(operator));
    let mut bytes = dict(&kept.cloned().collect());
    if !local.is_empty() {
        let size = bytes.len() + 6;
        fixed(&mut bytes, size, 19);
    }
    out.extend_from_slice(&bytes);
    if !local.is_empty() {
        out.extend_from_slice(&index(local));
    }
    bytes.len()
}

/// §19, format 3.
fn select(cid: &Cid<'_>) -> Vec<u8> {
    let mut ranges: Vec<(u16, u8)> = Vec::new();
    for (glyph, part) in cid.select.iter().enumerate() {
        if ranges.last().is_none_or(|(_, last)| last != part) {
            ranges.push((glyph as u16, *part));
        }
    }
    let mut out = vec![3];
    out.extend_from_slice(&(ranges.len() as u16).to_be_bytes());
    for (first, part) in ranges {
        out.extend_from_slice(&first.to_be_bytes());
        out.push(part);
    }
    out.extend_from_slice(&(cid.select.len() as u16).to_be_bytes());
    out
}

fn index(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = (items.len() as u16).to_be_bytes().to_vec();
    if items.is_empty() {
        return out;
    }
    let total: usize = items.iter().map(Vec::len).sum();
    let size = match total + 1 {
        0..=0xFF => 1,
        0x100..=0xFFFF => 2,
        0x1_0000..=0xFF_FFFF => 3,
        _ => 4,
    };
    out.push(size as u8);
    let mut offset = 1_u32;
    let push = |out: &mut Vec<u8>, offset: u32| {
        out.extend_from_slice(&offset.to_be_bytes()[4 - size..]);
    };
    push(&mut out, offset);
    for item in items {
        offset += item.len() as u32;
        push(&mut out, offset);
    }
    items.iter().for_each(|item| out.extend_from_slice(item));
    out
}

fn dict(entries: &Entries) -> Vec<u8> {
    let mut out = Vec::new();
    for (operator, operands) in entries {
        for operand in operands {
            match operand {
                Operand::Int(value) => int(*value, &mut out),
                Operand::Real(value) => real(*value, &mut out),
            }
        }
        match operator.checked_sub(1200) {
            Some(second) => out.extend_from_slice(&[12, second as u8]),
            None => out.push(*operator as u8),
        }
    }
    out
}

fn int(value: i32, out: &mut Vec<u8>) {
    match value {
        -107..=107 => out.push((value + 139) as u8),
        108..=1131 => {
            let rest = value - 108;
            out.extend_from_slice(&[(rest / 256 + 247) as u8, (rest % 256) as u8]);
        }
        -1131..=-108 => {
            let rest = -value - 108;
            out.extend_from_slice(&[(rest / 256 + 251) as u8, (rest % 256) as u8]);
        }
        -32_768..=32_767 => {
            out.push(28);
            out.extend_from_slice(&(value as i16).to_be_bytes());
        }
        _ => {
            out.push(29);
            out.extend_from_slice(&value.to_be_bytes());
        }
    }
}

fn real(value: f64, out: &mut Vec<u8>) {
    out.push(30);
    let mut nibbles: Vec<u8> = Vec::new();
    let text = format!("{value:e}").replace("e0", "");
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        nibbles.push(match letter {
            '0'..='9' => letter as u8 - b'0',
            '.' => 10,
            'e' if letters.peek() == Some(&'-') => {
                letters.next();
                12
            }
            'e' => 11,
            _ => 14,
        });
    }
    nibbles.push(15);
    if !nibbles.len().is_multiple_of(2) {
        nibbles.push(15);
    }
    out.extend(nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
}

/// Writes a number in five bytes and an operator.
fn fixed(out: &mut Vec<u8>, value: usize, operator: u8) {
    out.push(29);
    out.extend_from_slice(&(value as i32).to_be_bytes());
    out.push(operator);
}

fn escaped(out: &mut Vec<u8>, value: usize, operator: u8) {
    out.push(29);
    out.extend_from_slice(&(value as i32).to_be_bytes());
    out.extend_from_slice(&[12, operator]);
}

/// One name, the same for every font: `Font`.
const NAME_INDEX: &[u8] = &[0, 1, 1, 1, 5, b'F', b'o', b'n', b't'];
/// Bytes of charset, charstrings, encoding and private in a top dictionary.
const PLAIN_OFFSETS: usize = 6 + 6 + 6 + 11;
/// Bytes of charset, charstrings, selector and parts in one.
const CID_OFFSETS: usize = 6 + 6 + 7 + 7;
const ENDCHAR: u8 = 14;
const RETURN: u8 = 11;
/// Own names that fit beside the standard ones.
const STRINGS_MAX: usize = 65_000 - STANDARD_STRINGS as usize;
