//! Property lists, [MS-DOC] 2.6: finds the properties that point into the Data
//! stream or at embedded objects and corrects them in place. Every list keeps
//! its length.

use sanitize_core::{Job, Stop};

use super::data::Data;
use crate::bytes::{put, u8_at, u16_at, u32_at};
use crate::codes::OBJECT;

const PICTURE_LOCATION: u16 = 0x6A03;
const OBJECT_LOCATION: u16 = 0x680E;
const IS_DELETED: u16 = 0x0800;
const IS_INSERTED: u16 = 0x0801;
const IS_HIDDEN: u16 = 0x083C;
const IS_DATA: u16 = 0x0806;
const IS_OLE2: u16 = 0x080A;
const IS_OBJECT: u16 = 0x0856;
const HUGE_PARAGRAPH: [u16; 2] = [0x6645, 0x6646];
const TABLE_PROPERTIES: u16 = 0x646B;
const TABLE_DEFINITION: u16 = 0xD608;
const CHANGED_TABS: u16 = 0xC615;
/// A property with an operand of four bytes that changes nothing: the identity
/// of an editing session (2.6.1).
const NOTHING: u16 = 0x6815;

/// Accepts tracked changes in one list: what was inserted is plain text, what
/// was deleted becomes hidden. Returns whether it was deleted, and whether
/// anything was changed.
pub(super) fn accept_changes(list: &mut [u8]) -> (bool, bool) {
    let (mut is_deleted, mut is_changed) = (false, false);
    for (code, at) in entries(list) {
        if u8_at(list, at) == 0 {
            continue;
        }
        match code {
            IS_DELETED => {
                put(list, at - 2, &IS_HIDDEN.to_le_bytes());
                put(list, at, &[1]);
                (is_deleted, is_changed) = (true, true);
            }
            IS_INSERTED => {
                put(list, at, &[0]);
                is_changed = true;
            }
            _ => {}
        }
    }
    (is_deleted, is_changed)
}

/// Finds each property's code and the place of its operand.
fn entries(list: &[u8]) -> Vec<(u16, usize)> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at + 2 <= list.len() {
        let code = u16_at(list, at);
        let Some(len) = operand_len(code, &list[at + 2..]) else { break };
        if at + 2 + len > list.len() {
            break;
        }
        entries.push((code, at + 2));
        at += 2 + len;
    }
    entries
}

/// Corrects one list in place. What does not parse is blanked.
pub(super) fn check(
    list: &mut [u8],
    depth: u32,
    data: &mut Data<'_>,
    job: &mut Job<'_>,
) -> Result<(), Stop> {
    let entries = entries(list);
    let last = entries.last().map(|&(code, at)| (at, operand_len(code, &list[at..])));
    let end = last.map_or(0, |(at, len)| at + len.unwrap_or(0));
    list[end..].fill(0);
    let has =
        |wanted: u16| entries.iter().any(|&(code, at)| code == wanted && u8_at(list, at) != 0);
    let is_object = has(IS_OLE2) || has(IS_OBJECT);
    let is_data = has(IS_DATA);
    for (code, at) in entries {
        match code {
            PICTURE_LOCATION => {
                let old = u32_at(list, at);
                match data.picture(old, is_data && !is_object, job)? {
                    Some(new) => put(list, at, &new.to_le_bytes()),
                    None => disable(list, at),
                }
            }
            OBJECT_LOCATION => disable(list, at),
            IS_OLE2 | IS_OBJECT => {
                if u8_at(list, at) != 0 {
                    job.removed(&OBJECT, "text");
                }
                put(list, at, &[0]);
            }
            TABLE_PROPERTIES => relocate(list, at, depth, data, job)?,
            code if HUGE_PARAGRAPH.contains(&code) => relocate(list, at, depth, data, job)?,
            _ => {}
        }
    }
    Ok(())
}

fn relocate(
    list: &mut [u8],
    at: usize,
    depth: u32,
    data: &mut Data<'_>,
    job: &mut Job<'_>,
) -> Result<(), Stop> {
    match data.properties(u32_at(list, at), depth, job)? {
        Some(new) => put(list, at, &new.to_le_bytes()),
        None => disable(list, at),
    }
    Ok(())
}

fn disable(list: &mut [u8], at: usize) {
    put(list, at - 2, &NOTHING.to_le_bytes());
    put(list, at, &[0; 4]);
}

/// Length of an operand, by the class in the code's top bits (2.6).
fn operand_len(code: u16, rest: &[u8]) -> Option<usize> {
    Some(match code >> 13 {
        0 | 1 => 1,
        2 | 4 | 5 => 2,
        3 => 4,
        7 => 3,
        _ if code == TABLE_DEFINITION => 1 + usize::from(u16_at(rest, 0)),
        _ if code == CHANGED_TABS && u8_at(rest, 0) == 255 => {
            let deleted = usize::from(u8_at(rest, 1));
            let added = usize::from(u8_at(rest, 2 + 4 * deleted));
            3 + 4 * deleted + 3 * added
        }
        _ => 1 + usize::from(*rest.first()?),
    })
}
