//! Changes an export file in every way that a hand or a fault can, and asks
//! whether the verifier finds each and names the right place.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{export, fill, trust, whole};
use records::{Break, FileError, Verify, verify_export};

/// One export as lines, each with its end: header, entries 1 to `last`, seal.
struct File {
    lines: Vec<Vec<u8>>,
    last: i64,
    verify: Verify,
}

impl File {
    async fn make() -> Self {
        let bench = testbed::sqlite(records::MIGRATIONS).await;
        let body = bench.body();
        fill(&bench, body, 40, 8).await;
        let text = export(&bench.store, body, whole(&bench.store, body).await).await;
        let lines: Vec<Vec<u8>> =
            text.split_inclusive('\n').map(|line| line.as_bytes().to_vec()).collect();
        let last = i64::try_from(lines.len()).unwrap() - 2;
        assert_eq!(last, 45);
        verify_export(text.as_bytes(), &trust()).unwrap();
        Self { lines, last, verify: trust() }
    }

    /// The place that a line stands for: the header for the first entry, the
    /// seal for what would follow the last.
    fn place(&self, line: usize) -> i64 {
        i64::try_from(line).unwrap().max(1)
    }

    fn found(&self, bytes: &[u8], what: &str) -> Break {
        match verify_export(bytes, &self.verify) {
            Err(FileError::Broken(found)) => found,
            other => panic!("{what}: not found: {other:?}"),
        }
    }

    fn expect(&self, bytes: &[u8], place: i64, what: &str) {
        let found = self.found(bytes, what);
        assert_eq!(found.sequence.number(), place, "{what}: {found}");
    }
}

#[tokio::test]
async fn every_bit_belongs_to_its_place() {
    let file = File::make().await;
    let mut bytes = file.lines.concat();
    let mut count = 0;
    let mut start = 0;
    for (line, content) in file.lines.iter().enumerate() {
        // Every bit of the header, the seal and one checkpoint; of the others one
        // bit of each byte, so that every column and every wrapper is met.
        let is_whole = line == 0 || line == 9 || line + 1 == file.lines.len();
        for offset in 0..content.len() {
            for bit in 0..8 {
                if !is_whole && bit != (offset + line) % 8 {
                    continue;
                }
                bytes[start + offset] ^= 1 << bit;
                file.expect(
                    &bytes,
                    file.place(line),
                    &format!("line {line} byte {offset} bit {bit}"),
                );
                bytes[start + offset] ^= 1 << bit;
                count += 1;
            }
        }
        start += content.len();
    }
    eprintln!("{count} single-bit changes of a file, all found at their place");
    assert!(count >= 20_000, "{count}");
}

#[tokio::test]
async fn a_file_cut_anywhere_ends_at_that_place() {
    let file = File::make().await;
    let bytes = file.lines.concat();
    let mut start = 0;
    let mut count = 0;
    for (line, content) in file.lines.iter().enumerate() {
        for offset in 0..content.len() {
            file.expect(&bytes[..start + offset], file.place(line), &format!("{line} {offset}"));
            count += 1;
        }
        start += content.len();
    }
    assert!(count >= 15_000, "{count}");
}

#[tokio::test]
async fn deleted_lines_are_missed() {
    let file = File::make().await;
    for first in 0..file.lines.len() {
        for after in first + 1..=file.lines.len() {
            let mut lines = file.lines.clone();
            lines.drain(first..after);
            file.expect(&lines.concat(), file.place(first), &format!("{first}..{after}"));
        }
    }
}

#[tokio::test]
async fn swapped_lines_break_at_the_earlier() {
    let file = File::make().await;
    for one in 0..file.lines.len() {
        for two in one + 1..file.lines.len() {
            let mut lines = file.lines.clone();
            lines.swap(one, two);
            file.expect(&lines.concat(), file.place(one), &format!("{one} and {two}"));
        }
    }
}

#[tokio::test]
async fn inserted_lines_break_where_they_stand() {
    let file = File::make().await;
    for from in 0..file.lines.len() {
        for at in 0..=file.lines.len() {
            let mut lines = file.lines.clone();
            lines.insert(at, file.lines[from].clone());
            // The line that belongs there passes; the second of its kind does not.
            let at = if from == at { at + 1 } else { at };
            // What follows the seal is counted from the last entry, too.
            let place = file.place(at).min(file.last + 1);
            file.expect(&lines.concat(), place, &format!("{from} at {at}"));
        }
    }
}

#[tokio::test]
async fn a_line_without_end_is_refused_in_bounded_memory() {
    let file = File::make().await;
    let mut bytes = file.lines[0].clone();
    bytes.extend(std::iter::repeat_n(b'x', 300_000));
    file.expect(&bytes, 1, "no line end");
}

#[tokio::test]
async fn a_seal_of_another_stretch_does_not_fit() {
    let bench = testbed::sqlite(records::MIGRATIONS).await;
    let body = bench.body();
    fill(&bench, body, 9, 4).await;
    let place = |number| records::Sequence::new(number);
    let long = export(&bench.store, body, whole(&bench.store, body).await).await;
    let range = records::Range { first: place(1), last: place(6) };
    let short = export(&bench.store, body, range).await;
    let (long_lines, short_seal): (Vec<&str>, _) = (long.lines().collect(), short.lines().last());
    // The long file's first entries under the long file's seal: cut off.
    let cut = [&long_lines[..7], &long_lines[long_lines.len() - 1..]].concat().join("\n") + "\n";
    let found = verify_export(cut.as_bytes(), &trust());
    assert!(matches!(found, Err(FileError::Broken(at)) if at.sequence == place(7)), "{cut}");
    // All entries under the short file's seal: it says less than there is.
    let all = [&long_lines[..long_lines.len() - 1], &[short_seal.unwrap()]].concat().join("\n");
    let found = verify_export((all + "\n").as_bytes(), &trust());
    assert!(matches!(found, Err(FileError::Broken(at)) if at.sequence == place(12)));
}
