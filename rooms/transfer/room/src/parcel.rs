//! A ZIP of files whose lengths are known beforehand, written piece by piece:
//! stored as they are, so that its whole length is known, too (PKWARE APPNOTE
//! 6.3.9, sections 4.3 and 4.5). Reads and compresses nothing.

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name in the archive, folders with strokes.
    pub(crate) name: String,
    /// Its bytes; below 4 GiB.
    pub(crate) bytes: u64,
}

/// What is written so far.
#[derive(Debug, Default)]
pub(crate) struct Parcel {
    offset: u64,
    directory: Vec<u8>,
    entries: u64,
}

/// A file, or a name, is too long for this writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a file is too long for the archive")]
pub(crate) struct TooLong;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// Needed to extract, without and with offsets of 64 bits.
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// Names are in UTF-8 (4.4.4, bit 11).
const FLAGS: u16 = 1 << 11;
/// 1980-01-01 as MS-DOS writes it: the archive says nothing of times.
const DATE: u16 = 0x21;
/// A field that says: look into the one of 64 bits.
const ELSEWHERE: u32 = u32::MAX;
const ELSEWHERE_16: u16 = u16::MAX;

const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: u64 = 46;
const EXTRA_64_BYTES: u64 = 12;
const END_BYTES: u64 = 22;
const END_64_BYTES: u64 = 56 + 20;

/// The length of the archive of these files.
pub(crate) fn length(entries: &[Entry]) -> u64 {
    let (mut offset, mut directory) = (0_u64, 0_u64);
    for entry in entries {
        let name = entry.name.len() as u64;
        directory += CENTRAL_BYTES + name + if is_far(offset) { EXTRA_64_BYTES } else { 0 };
        offset += LOCAL_BYTES + name + entry.bytes;
    }
    let needs_64 = is_far(offset) || is_far(directory) || is_many(entries.len() as u64);
    offset + directory + END_BYTES + if needs_64 { END_64_BYTES } else { 0 }
}

impl Parcel {
    /// What stands before a file's bytes, which follow as they are.
    ///
    /// # Errors
    /// [`TooLong`].
    pub(crate) fn head(&mut self, entry: &Entry, crc: u32) -> Result<Vec<u8>, TooLong> {
        let bytes = u32::try_from(entry.bytes).ok().filter(|bytes| *bytes != ELSEWHERE);
        let bytes = bytes.ok_or(TooLong)?;
        let name = u16::try_from(entry.name.len()).map_err(|_| TooLong)?;
        let mut shared = Vec::new();
        // Flags, method 0 (stored), time, date, CRC, both lengths.
        for number in [FLAGS, 0, 0, DATE] {
            shared.extend(number.to_le_bytes());
        }
        for number in [crc, bytes, bytes] {
            shared.extend(number.to_le_bytes());
        }
        shared.extend(name.to_le_bytes());
        let head = [
            &LOCAL.to_le_bytes()[..],
            &VERSION.to_le_bytes(),
            &shared,
            &[0, 0],
            entry.name.as_bytes(),
        ]
        .concat();
        self.note(entry, &shared);
        self.offset += head.len() as u64 + entry.bytes;
        Ok(head)
    }

    fn note(&mut self, entry: &Entry, shared: &[u8]) {
        let far = is_far(self.offset);
        let version = if far { VERSION_64 } else { VERSION };
        let extra: u16 = if far { 12 } else { 0 };
        let offset = u32::try_from(self.offset).ok().filter(|_| !far).unwrap_or(ELSEWHERE);
        let directory = &mut self.directory;
        directory.extend(CENTRAL.to_le_bytes());
        // Made by and needed for; no comment, disk 0, no attributes.
        directory.extend([version.to_le_bytes(), version.to_le_bytes()].concat());
        directory.extend(shared);
        directory.extend(extra.to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
        if far {
            // 4.5.3: id 1, length, the offset.
            directory.extend([1_u16.to_le_bytes(), 8_u16.to_le_bytes()].concat());
            directory.extend(self.offset.to_le_bytes());
        }
        self.entries += 1;
    }

    /// What stands after the last file.
    pub(crate) fn end(self) -> Vec<u8> {
        let length = self.directory.len() as u64;
        let mut end = self.directory;
        if is_far(self.offset) || is_far(length) || is_many(self.entries) {
            let at = self.offset + length;
            end.extend(END_64.to_le_bytes());
            // The length of what follows in this record, without these 12 bytes.
            end.extend(44_u64.to_le_bytes());
            end.extend([VERSION_64.to_le_bytes(), VERSION_64.to_le_bytes()].concat());
            end.extend([0; 8]);
            for number in [self.entries, self.entries, length, self.offset] {
                end.extend(number.to_le_bytes());
            }
            end.extend(LOCATOR_64.to_le_bytes());
            end.extend([0; 4]);
            end.extend(at.to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        let entries = u16::try_from(self.entries).unwrap_or(ELSEWHERE_16);
        end.extend([entries.to_le_bytes(), entries.to_le_bytes()].concat());
        end.extend(u32::try_from(length).unwrap_or(ELSEWHERE).to_le_bytes());
        end.extend(u32::try_from(self.offset).unwrap_or(ELSEWHERE).to_le_bytes());
        end.extend([0; 2]);
        end
    }
}

const fn is_far(offset: u64) -> bool {
    offset >= ELSEWHERE as u64
}

const fn is_many(entries: u64) -> bool {
    entries >= ELSEWHERE_16 as u64
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Seek, SeekFrom, Write};
    use std::process::Command;

    use super::*;

    fn write(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut parcel = Parcel::default();
        let (mut archive, mut entries) = (Vec::new(), Vec::new());
        for (name, bytes) in files {
            let entry = Entry { name: (*name).to_owned(), bytes: bytes.len() as u64 };
            archive.extend(parcel.head(&entry, crc32fast::hash(bytes)).unwrap());
            archive.extend(*bytes);
            entries.push(entry);
        }
        archive.extend(parcel.end());
        assert_eq!(archive.len() as u64, length(&entries));
        archive
    }

    #[test]
    fn others_read_what_is_written() {
        let files: [(&str, &[u8]); 3] =
            [("図面/一階/平面図.txt", "平面図".as_bytes()), ("空", b""), ("a/b", &[7; 70_000])];
        let archive = write(&files);
        let mut read = zip::ZipArchive::new(Cursor::new(archive.clone())).unwrap();
        for (name, bytes) in files {
            let mut found = Vec::new();
            read.by_name(name).unwrap().read_to_end(&mut found).unwrap();
            assert_eq!(found, bytes, "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.zip");
        std::fs::write(&place, archive).unwrap();
        for program in ["7z", "python3"] {
            let told: &[&str] = match program {
                "7z" => &["t"],
                _ => &["-m", "zipfile", "-t"],
            };
            let Ok(said) = Command::new(program).args(told).arg(&place).output() else {
                eprintln!("skipped: no {program}");
                continue;
            };
            assert!(said.status.success(), "{said:?}");
        }
    }

    #[test]
    fn an_archive_of_nothing_is_one() {
        assert_eq!(zip::ZipArchive::new(Cursor::new(write(&[]))).unwrap().len(), 0);
    }

    #[test]
    fn files_beyond_four_gibibytes_are_found() {
        // A sparse file: zeros that are nowhere.
        const BYTES: u64 = 3 << 30;
        let mut crc = crc32fast::Hasher::new();
        let zeros = vec![0; 1 << 20];
        (0..BYTES >> 20).for_each(|_| crc.update(&zeros));
        let crc = crc.finalize();
        let entries = ["a", "b", "c"].map(|name| Entry { name: name.to_owned(), bytes: BYTES });
        let mut parcel = Parcel::default();
        let mut file = tempfile::tempfile().unwrap();
        for entry in &entries {
            file.write_all(&parcel.head(entry, crc).unwrap()).unwrap();
            file.seek(SeekFrom::Current(i64::try_from(BYTES).unwrap())).unwrap();
        }
        let last = Entry { name: "d.txt".to_owned(), bytes: 3 };
        file.write_all(&parcel.head(&last, crc32fast::hash(b"end")).unwrap()).unwrap();
        file.write_all(b"end").unwrap();
        file.write_all(&parcel.end()).unwrap();
        let all: Vec<Entry> = entries.into_iter().chain([last]).collect();
        assert_eq!(file.metadata().unwrap().len(), length(&all));
        let mut read = zip::ZipArchive::new(file).unwrap();
        let mut text = String::new();
        read.by_name("d.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((read.len(), text.as_str()), (4, "end"));
    }

    #[test]
    fn what_is_too_long_is_said() {
        let long = |name: &str, bytes| Entry { name: name.to_owned(), bytes };
        assert_eq!(Parcel::default().head(&long("a", 1 << 32), 0), Err(TooLong));
        assert_eq!(Parcel::default().head(&long(&"a".repeat(70_000), 1), 0), Err(TooLong));
    }
}
