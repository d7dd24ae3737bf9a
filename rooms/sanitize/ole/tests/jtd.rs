//! The text of an Ichitaro document, made by the rules that others found.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::{Format, Policy};
use support::{pack, run, text};

/// A store of one part whose blocks lie in reverse order.
fn store(part: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 256;
    let count = part.len().div_ceil(BLOCK);
    let mut out = b"SsmgV.01".to_vec();
    for number in [1, BLOCK as u32, count as u32] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    let mut padded = part.to_vec();
    padded.resize(count * BLOCK, 0);
    for block in padded.chunks(BLOCK).rev() {
        out.extend_from_slice(block);
    }
    let head = [0, 0, part.len() as u32, count as u32, count as u32];
    for number in head.into_iter().chain((0..count as u32).rev()) {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    out
}

fn document(body: &str) -> Vec<u8> {
    let mut units = vec![0x1C, 0x10, 10, 0, 0x24, 1, 1, 10, 0x10, 0x1F];
    units.extend(body.encode_utf16());
    units.push(0);
    let mut part = b"TextV.01".to_vec();
    part.extend_from_slice(&(units.len() as u32).to_be_bytes());
    part.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
    part.push(0xFF);
    store(&part)
}

#[test]
fn body_and_sheets_are_read() {
    let body = "吾輩は猫である。\n".repeat(40);
    let bytes = pack(&[
        ("ObjectSheets/DocSheet/DOCS_0001/DocumentText", document("second sheet\n")),
        ("DocumentText", document(&body)),
        ("DocumentMacro/Main", b"macro".to_vec()),
    ]);
    assert_eq!(text(&bytes, Format::Jtd), format!("{body}second sheet\n"));
}

#[test]
fn it_is_never_rebuilt() {
    let bytes = pack(&[("DocumentText", document("text\n"))]);
    let stop = run(&bytes, Format::Jtd, &Policy::default()).err().unwrap();
    assert_eq!(stop.reason().code.id, "method-unsupported");
}
