//! What the container promises: round trips, bounds, leftovers.
#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::{Budget, Limits};

use super::{CfbError, CompoundFile, Finding, Kind, Writer};

fn budget(len: usize) -> Budget {
    Budget::open(Limits::default(), len as u64).unwrap()
}

fn sample(sizes: &[usize]) -> Vec<u8> {
    let mut writer = Writer::new();
    for (index, size) in sizes.iter().enumerate() {
        let data = (0..*size).map(|i| (i * 7 + index + 1) as u8 | 1).collect();
        writer.add_stream(&[&format!("Stream{index}")], data).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn streams_of_every_size_come_back() {
    let sizes = [0, 1, 63, 64, 65, 4095, 4096, 4097, 100_000];
    let bytes = sample(&sizes);
    let mut budget = budget(bytes.len());
    let file = CompoundFile::read(&bytes, &mut budget).unwrap();
    assert_eq!(file.findings(), &[]);
    for (index, size) in sizes.iter().enumerate() {
        let data = file.stream(&[&format!("STREAM{index}")], &mut budget).unwrap().unwrap();
        assert_eq!(data.len(), *size);
        assert!(data.iter().enumerate().all(|(i, b)| *b == (i * 7 + index + 1) as u8 | 1));
    }
    assert_eq!(file.stream(&["none"], &mut budget), Ok(None));
}

#[test]
fn a_large_file_gets_a_difat() {
    // More than 109 × 128 sectors of 512 bytes do not fit the header's list.
    let bytes = sample(&[109 * 128 * 512 + 5000, 10]);
    let mut budget = budget(bytes.len());
    let file = CompoundFile::read(&bytes, &mut budget).unwrap();
    let data = file.stream(&["Stream0"], &mut budget).unwrap().unwrap();
    assert_eq!(data.len(), 109 * 128 * 512 + 5000);
    assert_eq!(data[data.len() - 1], ((data.len() - 1) * 7 + 1) as u8 | 1);
    assert_eq!(file.findings(), &[]);
}

#[test]
fn storages_nest_and_keep_their_class() {
    let mut writer = Writer::new();
    writer.add_stream(&["A", "B", "deep"], vec![7; 10]).unwrap();
    writer.set_storage(&["A"], [9; 16]).unwrap();
    let bytes = writer.finish().unwrap();
    let mut budget = budget(bytes.len());
    let file = CompoundFile::read(&bytes, &mut budget).unwrap();
    assert_eq!(file.entry(&["a"]).map(|e| (e.kind, e.clsid)), Some((Kind::Storage, [9; 16])));
    assert_eq!(file.stream(&["a", "b", "DEEP"], &mut budget).unwrap(), Some(vec![7; 10]));
}

#[test]
fn a_chain_that_loops_ends() {
    let mut bytes = sample(&[5000]);
    // The stream's first sector is sector 0; its FAT entry now names itself.
    let fat = 512 + 512 * u32::from_le_bytes(bytes[76..80].try_into().unwrap()) as usize;
    bytes[fat..fat + 4].copy_from_slice(&0_u32.to_le_bytes());
    let mut budget = budget(bytes.len());
    let file = CompoundFile::read(&bytes, &mut budget).unwrap();
    assert_eq!(file.stream(&["Stream0"], &mut budget).unwrap().map(|d| d.len()), Some(5000));
}

#[test]
fn a_directory_that_loops_ends() {
    let mut bytes = sample(&[10, 10, 10]);
    let directory = 512 + 512 * u32::from_le_bytes(bytes[48..52].try_into().unwrap()) as usize;
    // Every entry's links lead back to entry 1.
    for entry in 0..4 {
        let at = directory + entry * 128 + 68;
        for link in 0..3 {
            bytes[at + 4 * link..at + 4 * link + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
    }
    let file = CompoundFile::read(&bytes, &mut budget(bytes.len())).unwrap();
    assert_eq!(file.entries().len(), 2);
    assert!(matches!(file.findings()[0], Finding::Orphan(_)));
}

#[test]
fn data_outside_of_streams_is_found() {
    let mut bytes = sample(&[5000]);
    bytes[512 + 5000] = 0x41;
    bytes.extend_from_slice(b"behind the end");
    let file = CompoundFile::read(&bytes, &mut budget(bytes.len())).unwrap();
    assert_eq!(file.findings(), &[Finding::FreeData, Finding::Slack]);
}

#[test]
fn anything_else_is_not_compound() {
    let read = |bytes: &[u8]| CompoundFile::read(bytes, &mut budget(bytes.len())).err();
    assert_eq!(read(b""), Some(CfbError::NotCompound));
    assert_eq!(read(&[0; 4096]), Some(CfbError::NotCompound));
    assert_eq!(read(&sample(&[10])[..511]), Some(CfbError::NotCompound));
}

#[test]
fn cut_off_files_never_panic() {
    let bytes = sample(&[10, 5000, 70]);
    for len in (512..bytes.len()).step_by(97) {
        let mut budget = budget(len);
        if let Ok(file) = CompoundFile::read(&bytes[..len], &mut budget) {
            for entry in file.entries() {
                file.data(entry, &mut budget).unwrap();
            }
        }
    }
}

#[test]
fn names_are_checked() {
    let mut writer = Writer::new();
    assert!(writer.add_stream(&["a/b"], Vec::new()).is_err());
    assert!(writer.add_stream(&["x".repeat(32).as_str()], Vec::new()).is_err());
    assert!(writer.add_stream(&["twice"], Vec::new()).is_ok());
    assert!(writer.add_stream(&["TWICE"], Vec::new()).is_err());
    assert!(writer.add_stream(&["twice", "below"], Vec::new()).is_err());
}
