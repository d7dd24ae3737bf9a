//! Encrypted presentations, [MS-PPT] 2.3.7: each object by its number, each
//! field of a picture by itself.

use sanitize_core::{Job, Stop};

use super::rc4::Key;
use crate::art::{HEADER, Header};
use crate::package::broken;
use crate::ppt::Edit;

/// Decrypts objects and pictures in place; `false` where nothing is encrypted.
pub(crate) fn decrypt(
    stream: &mut [u8],
    pictures: &mut [u8],
    edit: &mut Edit,
    job: &mut Job<'_>,
) -> Result<bool, Stop> {
    let Some(id) = edit.encryption else { return Ok(false) };
    let header = edit.object(stream, id).ok_or_else(|| broken("encryption"))?;
    let key = Key::open(header.body, job)?;
    edit.offsets.remove(&id);
    for (&id, &at) in &edit.offsets {
        let mut cipher = key.block(id);
        let Some(head) = at.checked_add(HEADER).and_then(|end| stream.get_mut(at..end)) else {
            continue;
        };
        cipher.apply(head);
        if let Some(header) = Header::read(stream, at) {
            let start = at + HEADER;
            cipher.apply(&mut stream[start..start + header.len]);
        }
    }
    decrypt_pictures(pictures, &key);
    Ok(true)
}

fn decrypt_pictures(pictures: &mut [u8], key: &Key) {
    let mut at = 0;
    while at + HEADER <= pictures.len() {
        for (from, to) in [(0, 2), (2, 4), (4, 8)] {
            key.block(0).apply(&mut pictures[at + from..at + to]);
        }
        let Some(header) = Header::read(pictures, at) else { return };
        let end = at + HEADER + header.len;
        let mut from = at + HEADER;
        for len in field_lens(header) {
            let to = from.saturating_add(len).min(end);
            key.block(0).apply(&mut pictures[from..to]);
            from = to;
        }
        at = end;
    }
}

/// Fields of a picture record: identifiers, head, data.
fn field_lens(header: Header) -> Vec<usize> {
    let mut lens = vec![16];
    if header.instance() & 1 == 1 {
        lens.push(16);
    }
    lens.push(if (0xF01A..=0xF01C).contains(&header.kind) { 34 } else { 1 });
    lens.push(usize::MAX);
    lens
}
