//! Members, names, locks and limits, with a test double for the other families.
#![allow(clippy::unwrap_used, clippy::panic)]

mod corpus;
mod hostile;
mod locked;
mod lzh;

use sanitize_container::zip::{Archive, Level, Writer};
use sanitize_core::{
    Budget, Choice, Engines, Format, Job, Limits, Output, Passwords, Policy, Stop, reasons,
};

use crate::{codes, rebuild, text};

/// Stands for the other families: text stays, `DOCM` loses its macro, `EXE` is
/// refused, `LOCKED` is held, archives come back to us.
pub(crate) struct Double;

fn kind(name: &str, bytes: &[u8]) -> Format {
    match bytes {
        [b'P', b'K', 3 | 5, ..] => Format::Zip,
        [0x1F, 0x8B, ..] => Format::Gzip,
        [b'7', b'z', 0xBC, ..] => Format::SevenZip,
        _ if bytes.get(257..262) == Some(b"ustar") => Format::Tar,
        _ if bytes.starts_with(b"DOC") => Format::Docx,
        _ if name.ends_with(".csv") => Format::Csv,
        _ => Format::Txt,
    }
}

impl Engines for Double {
    fn rebuild(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
        let format = kind(name, bytes);
        match format {
            Format::Zip | Format::Gzip | Format::SevenZip | Format::Tar => {
                rebuild(bytes, format, job)
            }
            _ if bytes.is_empty() => Err(Stop::blocked(&reasons::BROKEN, "")),
            _ if bytes.starts_with(b"EXE") => Err(Stop::blocked(&reasons::UNSUPPORTED, "")),
            _ if bytes.starts_with(b"LOCKED") => Err(Stop::held(&reasons::PASSWORD_NEEDED, "")),
            _ if bytes.starts_with(b"DOCM") => Ok(Output { format, bytes: b"DOCX".to_vec() }),
            _ => Ok(Output { format, bytes: bytes.to_vec() }),
        }
    }

    fn text(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
        let format = kind(name, bytes);
        match format {
            Format::Zip | Format::Gzip | Format::SevenZip | Format::Tar => text(bytes, format, job),
            _ => Ok(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

/// What a rebuild gave: the output or the stop's code, and the report.
pub(crate) struct Done {
    pub(crate) result: Result<Output, Stop>,
    pub(crate) report: Vec<String>,
}

impl Done {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.result.as_ref().unwrap().bytes
    }

    /// Names and contents of a ZIP.
    pub(crate) fn members(&self) -> Vec<(String, String)> {
        let mut budget = Budget::open(Limits::default(), 1 << 20).unwrap();
        let archive = Archive::read(self.bytes(), &mut budget).unwrap();
        let read = |entry| archive.data(entry, &mut budget).unwrap();
        let contents: Vec<_> = archive.entries().iter().map(read).collect();
        let names = archive.entries().iter().map(|entry| entry.name.clone());
        let contents = contents.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        names.zip(contents).collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.members().into_iter().map(|(name, _)| name).collect()
    }

    pub(crate) fn stopped_by(&self) -> &'static str {
        self.result.as_ref().unwrap_err().reason().code.id
    }

    pub(crate) fn reports(&self, line: &str) -> bool {
        self.report.iter().any(|known| known == line)
    }
}

pub(crate) fn run_with(bytes: &[u8], format: Format, policy: &Policy, passwords: &[&str]) -> Done {
    let passwords = Passwords::new(passwords.iter().map(|&one| one.to_owned()).collect());
    let limits = policy.limits.clone();
    let mut job = Job::open(policy, &passwords, &Double, limits, bytes.len() as u64).unwrap();
    let result = rebuild(bytes, format, &mut job);
    let report = job.removals().iter().map(|r| format!("{} {}", r.code.id, r.place)).collect();
    Done { result, report }
}

pub(crate) fn run(bytes: &[u8], format: Format) -> Done {
    let done = run_with(bytes, format, &Policy::default(), &[]);
    if let Ok(output) = &done.result {
        let again = run_with(&output.bytes, output.format, &Policy::default(), &[]);
        assert_eq!(again.result.as_ref().unwrap(), output, "a second pass changes nothing");
        assert_eq!(again.report, Vec::<String>::new(), "a second pass removes nothing");
    }
    done
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new();
    for (name, data) in members {
        writer.add(name, data, Level::Deflated);
    }
    writer.finish().unwrap()
}

#[test]
fn harmless_members_stay_as_they_are() {
    let done = run(&zip(&[("申請/", b""), ("申請/𠮷田.txt", b"a"), ("b.txt", b"b")]), Format::Zip);
    assert_eq!(done.names(), ["申請/", "申請/𠮷田.txt", "b.txt"]);
    assert_eq!(done.report, Vec::<String>::new());
}

#[test]
fn an_empty_archive_is_fine() {
    assert_eq!(run(&zip(&[]), Format::Zip).names(), Vec::<String>::new());
    assert_eq!(run(&[0; 1024], Format::Tar).bytes(), [0; 1024]);
}

#[test]
fn empty_files_are_kept() {
    let done = run(&zip(&[("empty.txt", b""), ("empty.exe", b"")]), Format::Zip);
    assert_eq!(done.names(), ["empty.txt", "empty.exe.txt"]);
}

#[test]
fn refused_members_are_taken_out_and_named() {
    let done = run(&zip(&[("a.txt", b"a"), ("x/b.exe", b"EXE")]), Format::Zip);
    assert_eq!(done.names(), ["a.txt"]);
    assert_eq!(done.report, ["archive-member-removed x/b.exe", "content-unsupported x/b.exe"]);
}

#[test]
fn policy_can_refuse_the_whole_archive() {
    let mut policy = Policy::default();
    policy.archive.refused_members = Choice::Keep;
    let done = run_with(&zip(&[("a.txt", b"a"), ("b.exe", b"EXE")]), Format::Zip, &policy, &[]);
    assert_eq!(done.result, Err(Stop::blocked(&reasons::UNSUPPORTED, "b.exe")));
}

#[test]
fn an_archive_of_which_nothing_is_left_is_refused() {
    let done = run(&zip(&[("b.exe", b"EXE")]), Format::Zip);
    assert_eq!(done.result, Err(Stop::blocked(&reasons::UNSUPPORTED, "b.exe")));
    let mut bytes = zip(&[("a", b"a"), ("b.exe", b"EXE")]);
    bytes[31] ^= 1;
    assert_eq!(run(&bytes, Format::Zip).result, Err(Stop::blocked(&codes::NOTHING_LEFT, "a")));
    let done = run(&zip(&[("b.exe", b"EXE"), ("c.xlsx", b"LOCKED")]), Format::Zip);
    assert_eq!(done.result, Err(Stop::held(&reasons::PASSWORD_NEEDED, "c.xlsx")));
}

#[test]
fn the_extension_follows_the_new_type() {
    let done = run(&zip(&[("a.docm", b"DOCM"), ("a.docx", b"DOCX")]), Format::Zip);
    assert_eq!(done.members()[0], ("a.docx".to_owned(), "DOCX".to_owned()));
    assert_eq!(done.names()[1], "a (2).docx");
    assert!(done.reports("archive-extension-corrected a.docm ⇒ a.docx"));
    assert!(done.reports("archive-name-duplicate a (2).docx"));
}

#[test]
fn archives_in_archives_name_the_whole_way() {
    let inner = zip(&[("c.exe", b"EXE"), ("d.txt", b"d")]);
    let done = run(&zip(&[("in.zip", &inner)]), Format::Zip);
    assert!(done.reports("archive-member-removed in.zip → c.exe"));
}

#[test]
fn a_tar_stays_a_tar_inside_gzip() {
    let mut tar = crate::tar_write::TarWriter::default();
    tar.add("資料/", b"");
    tar.add(&format!("資料/{}.txt", "長".repeat(60)), b"text");
    tar.add("run.exe", b"EXE");
    let tar = tar.finish();
    let done = run(&tar, Format::Tar);
    assert!(done.reports("archive-member-removed run.exe"));
    assert_eq!(done.bytes().len(), tar.len() - 1024);
    let mut packed = flate2::GzBuilder::new()
        .filename("a.tar")
        .comment("secret")
        .write(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &tar).unwrap();
    let mut packed = packed.finish().unwrap();
    packed.extend_from_slice(b"behind");
    let done = run(&packed, Format::Gzip);
    assert!(done.reports("archive-comment ") && done.reports("archive-hidden-data "));
    assert!(done.reports("archive-member-removed a.tar → run.exe"));
}

/// A gzip file of some text with this raw name.
fn gzip(name: &[u8]) -> Vec<u8> {
    let builder = flate2::GzBuilder::new().filename(name);
    let mut packed = builder.write(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"text").unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_gzip_name_reads_the_same_again() {
    let name_of = |bytes: &[u8]| {
        let decoder = flate2::bufread::GzDecoder::new(bytes);
        decoder.header().unwrap().filename().unwrap_or_default().to_vec()
    };
    // Cyrillic in CP932, two bytes a letter also in UTF-8.
    let done = run(&gzip(b"memo.\x84\x74.txt"), Format::Gzip);
    assert_eq!(name_of(done.bytes()), b"memo.\x84\x74.txt");
    assert_eq!(done.report, Vec::<String>::new());
    let done = run(&gzip("申請.txt".as_bytes()), Format::Gzip);
    assert_eq!(name_of(done.bytes()), "申請.txt".as_bytes());
    // From EUC-JP, a letter that CP932 lacks.
    let done = run(&gzip(b"caf\x8F\xAB\xB1\xA1\xF8.txt"), Format::Gzip);
    assert_eq!(name_of(done.bytes()), b"caf_\x81\x98.txt");
    assert!(done.reports("archive-name-changed café§.txt"));
}

#[test]
fn a_pax_name_is_utf8() {
    let mut tar = crate::tar_write::TarWriter::default();
    tar.add("café/д.txt", b"text");
    let tar = tar.finish();
    let done = run(&tar, Format::Tar);
    assert_eq!(done.bytes(), tar);
    assert_eq!(done.report, Vec::<String>::new());
}

#[test]
fn text_stands_under_the_members_names() {
    let policy = Policy::default();
    let bytes = zip(&[("a.txt", b"one\n"), ("d/", b""), ("d/b.txt", b"two")]);
    let passwords = Passwords::default();
    let limits = Limits::default();
    let mut job = Job::open(&policy, &passwords, &Double, limits, bytes.len() as u64).unwrap();
    assert_eq!(
        text(&bytes, Format::Zip, &mut job).unwrap(),
        "== a.txt ==\none\n== d/b.txt ==\ntwo\n"
    );
}

#[test]
fn all_codes_have_unique_names() {
    let mut ids: Vec<_> = crate::CODES.iter().map(|code| code.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), crate::CODES.len());
}
