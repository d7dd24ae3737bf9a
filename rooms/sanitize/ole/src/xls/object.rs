//! OBJ records, [MS-XLS] 2.4.181: what stands behind a shape. Controls keep
//! their looks, embedded objects become the picture that stood for them.

use sanitize_core::Job;

use super::formula::Scope;
use crate::bytes::{slice, u16_at};
use crate::codes::{CONTROL, FORMULA, MACRO_ASSIGNED, OBJECT};

/// Writes an OBJ record's body anew.
pub(super) fn rebuild(body: &[u8], scope: &Scope, place: &str, job: &mut Job<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    push_common(&mut out, body);
    while let Some(head) = slice(body, at, 4) {
        let (kind, len) = (u16_at(head, 0), usize::from(u16_at(head, 2)));
        if kind == 0x13 {
            push_list(&mut out, &body[at..], scope, place, job);
            return out;
        }
        let Some(data) = slice(body, at + 4, len) else { break };
        part(&mut out, kind, data, scope, place, job);
        at += 4 + len;
        if kind == 0 {
            break;
        }
    }
    push(&mut out, 0, &[]);
    out
}

/// The common part comes first: type, identifier, a few flags (2.5.143).
fn push_common(out: &mut Vec<u8>, body: &[u8]) {
    let mut common = [0; 18];
    if u16_at(body, 0) == 0x15
        && let Some(found) = slice(body, 4, 6)
    {
        common[..6].copy_from_slice(found);
    } else {
        // A rectangle.
        common[0] = 2;
    }
    push(out, 0x15, &common);
}

fn part(out: &mut Vec<u8>, kind: u16, data: &[u8], scope: &Scope, place: &str, job: &mut Job<'_>) {
    match kind {
        0x04 => job.removed(&MACRO_ASSIGNED, place),
        // Picture flags: only "scales by itself" says how it looks.
        0x08 => {
            let flags = u16_at(data, 0);
            if flags & 0x30 != 0 {
                job.removed(&CONTROL, place);
            } else if flags & 0x02 != 0 {
                job.removed(&OBJECT, place);
            }
            push(out, kind, &(flags & 1).to_le_bytes());
        }
        0x09 => job.removed(&OBJECT, place),
        0x0E | 0x14 => {
            let len = usize::from(u16_at(data, 0) & 0x7FFF);
            match slice(data, 6, len) {
                Some(tokens) if scope.is_plain(tokens) => push(out, kind, data),
                _ => job.removed(&FORMULA, place),
            }
        }
        _ => {
            if part_len(kind) == Some(data.len()) {
                push(out, kind, data);
            }
        }
    }
}

/// Length of the parts that say only how a control looks (2.5.143 and on).
fn part_len(kind: u16) -> Option<usize> {
    Some(match kind {
        0x06 | 0x07 => 2,
        0x0A => 12,
        0x0B => 6,
        0x0C => 20,
        0x0D => 22,
        0x0F => 6,
        0x10 | 0x12 => 8,
        0x11 => 4,
        _ => return None,
    })
}

/// A list box comes last and tells no length of its own (2.5.147).
fn push_list(out: &mut Vec<u8>, part: &[u8], scope: &Scope, place: &str, job: &mut Job<'_>) {
    let formula_len = usize::from(u16_at(part, 4));
    let rest = part.get(6 + formula_len..).unwrap_or_default();
    out.extend_from_slice(part.get(..4).unwrap_or(&[0x13, 0, 0, 0]));
    let formula = slice(part, 6, formula_len).unwrap_or_default();
    let tokens = slice(formula, 6, usize::from(u16_at(formula, 0) & 0x7FFF));
    if tokens.is_some_and(|tokens| scope.is_plain(tokens)) {
        out.extend_from_slice(&part[4..6 + formula_len]);
    } else {
        if formula_len > 0 {
            job.removed(&FORMULA, place);
        }
        out.extend_from_slice(&[0, 0]);
    }
    out.extend_from_slice(rest);
}

fn push(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&u16::try_from(data.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(data);
}
