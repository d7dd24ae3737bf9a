//! OpenDocument, OLE and archives.

use std::io::Write;

use sanitize_core::Format;

use super::build::{png, zip};
use super::{Case, case, pass, refuse};

const TEXT: &str = "application/vnd.oasis.opendocument.text";
const NAMES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:form=\"urn:oasis:names:tc:opendocument:xmlns:form:1.0\" xmlns:script=\"urn:oasis:names:tc:opendocument:xmlns:script:1.0\"";

fn odt(body: &str, extra: &[(&str, &[u8])], listed: &[&str]) -> Vec<u8> {
    let content = format!(
        "<office:document-content {NAMES}><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    let mut manifest = format!(
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{TEXT}\"/>"
    );
    for name in ["content.xml"].iter().chain(listed) {
        manifest.push_str(&format!(
            "<manifest:file-entry manifest:full-path=\"{name}\" manifest:media-type=\"text/xml\"/>"
        ));
    }
    manifest.push_str("</manifest:manifest>");
    let mut members: Vec<(&str, &[u8])> =
        vec![("mimetype", TEXT.as_bytes()), ("content.xml", content.as_bytes())];
    members.extend_from_slice(extra);
    members.push(("META-INF/manifest.xml", manifest.as_bytes()));
    zip(&members)
}

fn text(rule: &'static str, body: &str) -> Case {
    case(rule, Format::Odt, odt(body, &[], &[]))
}

/// A container in the strict form: full sectors, no slack, no dates. Streams
/// stand in the order of their names and are filled up to 4096 bytes.
fn ole(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut sectors, mut fat, mut directory) = (Vec::new(), Vec::new(), Vec::new());
    directory.extend(entry("Root Entry", 5, [NONE, NONE, 1], END, 0));
    for (index, (name, data)) in streams.iter().enumerate() {
        let mut data = data.to_vec();
        data.resize(data.len().max(4096).next_multiple_of(512), 0);
        let next = if index + 1 < streams.len() { index as u32 + 2 } else { NONE };
        directory.extend(entry(name, 2, [NONE, next, NONE], fat.len() as u32, data.len() as u32));
        chain(&mut fat, data.len() / 512);
        sectors.extend(data);
    }
    while directory.len() % 512 != 0 {
        let mut unused = [0; 128];
        unused[68..80].fill(0xFF);
        directory.extend(unused);
    }
    let directory_start = fat.len() as u32;
    chain(&mut fat, directory.len() / 512);
    sectors.extend(directory);
    let fat_start = fat.len() as u32;
    fat.push(0xFFFF_FFFD);
    fat.resize(128, NONE);
    sectors.extend(fat.iter().flat_map(|word| word.to_le_bytes()));
    let mut out = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    out.resize(24, 0);
    out.extend([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    out.resize(44, 0);
    for word in [1, directory_start, 0, 4096, END, 0, END, 0, fat_start] {
        out.extend_from_slice(&u32::to_le_bytes(word));
    }
    out.resize(512, 0xFF);
    out.extend(sectors);
    out
}

fn entry(name: &str, kind: u8, links: [u32; 3], start: u32, size: u32) -> Vec<u8> {
    let mut out: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let name_len = out.len() as u8 + 2;
    out.resize(64, 0);
    out.extend([name_len, 0, kind, 1]);
    out.extend(links.iter().flat_map(|link| link.to_le_bytes()));
    out.resize(116, 0);
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&u64::from(size).to_le_bytes());
    out
}

fn chain(fat: &mut Vec<u32>, count: usize) {
    let start = fat.len() as u32;
    fat.extend((1..count as u32).map(|step| start + step));
    fat.push(END);
}

const NONE: u32 = 0xFFFF_FFFF;
const END: u32 = 0xFFFF_FFFE;

fn biff(records: &[(u16, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (id, body) in records {
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&(body.len() as u16).to_le_bytes());
        out.extend_from_slice(body);
    }
    out
}

/// Rules of a workbook stream alone: the container around it is another's.
fn workbook_rules(records: &[(u16, &[u8])]) -> Vec<&'static str> {
    let bytes = ole(&[("Workbook", &biff(records))]);
    crate::inspect(&bytes, Format::Xls).iter().map(|residue| residue.rule).collect()
}

fn tar(name: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 512];
    out[..name.len()].copy_from_slice(name.as_bytes());
    out[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
    out[156] = kind;
    out[257..262].copy_from_slice(b"ustar");
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512) + 1024, 0);
    out
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = opendocument();
    cases.extend([
        case("refused-type", Format::Zip, zip(&[("a.txt", b"MZ\x90\0\x03\0\0\0")])),
        case("refused-type", Format::Zip, zip(&[("a.txt", b"\x7FELF\x02\x01\x01\0")])),
        case("refused-type", Format::Zip, zip(&[("a", b"#!/bin/sh")])),
        case("refused-type", Format::Zip, zip(&[("a.7z", b"7z\xBC\xAF\x27\x1C\0\0")])),
        case("refused-name", Format::Zip, zip(&[("a.js", b"x")])),
        case("zip-locked", Format::Zip, super::build::locked_zip("a.txt", b"x", "p")),
        case("zip-name", Format::Tar, tar("../a", b'0', b"x")),
        case("zip-name", Format::Tar, tar("a", b'2', b"")),
        case("refused-type", Format::Tar, tar("a.txt", b'0', b"MZ\x90\0\x03\0\0\0")),
        case("zip-layout", Format::Gzip, {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(b"a").unwrap();
            [encoder.finish().unwrap().as_slice(), b"tail"].concat()
        }),
        case("ole-layout", Format::Doc, [ole(&[("Data", b"x")]).as_slice(), &[7; 512]].concat()),
        case("refused-type", Format::UnknownOle, b"x".as_slice()),
        case("refused-type", Format::Executable, b"MZ".as_slice()),
    ]);
    cases.extend(legacy());
    cases
}

fn opendocument() -> Vec<Case> {
    let part =
        |rule, name: &str, data: &[u8]| case(rule, Format::Odt, odt("", &[(name, data)], &[name]));
    vec![
        text(
            "odf-script",
            "<office:event-listeners><script:event-listener/></office:event-listeners>",
        ),
        text("odf-script", "<text:execute-macro/>"),
        text("odf-external", "<draw:image xlink:href=\"http://a.jp/x.png\"/>"),
        text("odf-external", "<draw:image xlink:href=\"../x.png\"/>"),
        text("odf-external", "<text:section-source xlink:href=\"#x\"/>"),
        text("odf-external", "<text:dde-connection/>"),
        text("url", "<text:a xlink:href=\"vnd.sun.star.script:x\"/>"),
        text("odf-object", "<draw:object-ole/>"),
        text("odf-form", "<form:form form:href=\"http://a.jp\"/>"),
        text("formula", "<table:table-cell table:formula=\"of:=WEBSERVICE(&quot;x&quot;)\"/>"),
        text(
            "formula-external",
            "<table:table-cell table:formula=\"of:=['file:///x.ods'#$A.A1]\"/>",
        ),
        text("media", "<draw:plugin/>"),
        part("odf-script", "Basic/script-lc.xml", b"<x/>"),
        part("odf-part", "Configurations2/menubar/menubar.xml", b"<x/>"),
        part("odf-object", "Object 1", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        case("odf-manifest", Format::Odt, odt("", &[("Pictures/a.png", &png(&[]))], &[])),
        case("odf-manifest", Format::Odt, odt("", &[], &["Pictures/none.png"])),
    ]
}

fn legacy() -> Vec<Case> {
    let start: (u16, &[u8]) = (0x809, &[0, 6, 5, 0]);
    let book = |rule, id: u16, body: &[u8]| {
        case(rule, Format::Xls, ole(&[("Workbook", &biff(&[start, (id, body)]))]))
    };
    let deck =
        |rule, record: &[u8]| case(rule, Format::Ppt, ole(&[("PowerPoint Document", record)]));
    let with = |rule, name: &str| {
        let mut streams = [(name, b"x".as_slice()), ("Workbook", b"")];
        streams.sort_by_key(|(name, _)| (name.len(), name.to_uppercase()));
        case(rule, Format::Xls, ole(&streams))
    };
    vec![
        with("ole-stream", "Unheard"),
        with("macro", "_VBA_PROJECT"),
        with("opc-embedded", "\u{1}Ole10Native"),
        with("metadata", "\u{5}SummaryInformation"),
        book("macro", 0x85, &[0, 0, 0, 0, 0, 1, 1, 0, b'a']),
        book("data-source", 0x1AE, &[1, 0, 1, 0, 0, 1]),
        book("xls-record", 0x7F, &[1]),
        deck(
            "action",
            &[0, 0, 0xF3, 0x0F, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
        ),
        deck("macro", &[0x0F, 0, 0xFF, 0x03, 0, 0, 0, 0]),
    ]
}

#[test]
fn hostile_containers_are_refused() {
    refuse(cases());
}

#[test]
fn every_record_of_a_workbook_is_judged() {
    const START: (u16, &[u8]) = (0x809, &[0, 6, 5, 0]);
    let formula =
        |tokens: &[u8]| [&[0; 20], &(tokens.len() as u16).to_le_bytes()[..], tokens].concat();
    let rules = |id: u16, body: &[u8]| workbook_rules(&[START, (id, body)]);
    assert!(rules(0x85, &[0, 0, 0, 0, 0, 1, 1, 0, b'a']).contains(&"macro"));
    assert!(rules(0x1AE, &[1, 0, 1, 0, 0, 1]).contains(&"data-source"));
    assert!(rules(0xDC, &[]).contains(&"data-source"));
    assert!(rules(0x5D, &[4, 0, 0, 0, 0, 0, 0, 0]).contains(&"macro"));
    assert!(rules(0x7F, &[1]).contains(&"xls-record"));
    assert!(rules(0x18, &[0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).contains(&"macro"));
    // CALL with two arguments, then SUM with one.
    assert!(rules(0x06, &formula(&[0x42, 2, 150, 0])).contains(&"formula"));
    assert!(!rules(0x06, &formula(&[0x42, 1, 4, 0])).contains(&"formula"));
}

#[test]
fn every_record_of_a_presentation_is_judged() {
    let rules = |record: &[u8]| -> Vec<&str> {
        crate::inspect(&ole(&[("PowerPoint Document", record)]), Format::Ppt)
            .iter()
            .map(|residue| residue.rule)
            .collect()
    };
    assert!(rules(&[0x0F, 0, 0xFF, 0x03, 0, 0, 0, 0]).contains(&"macro"));
    assert!(rules(&[0x0F, 0, 0xCC, 0x0F, 0, 0, 0, 0]).contains(&"opc-embedded"));
    let program = [0, 0, 0xF3, 0x0F, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    assert!(rules(&program).contains(&"action"));
}

#[test]
fn plain_containers_pass() {
    let picture = png(&[]);
    pass(
        Format::Odt,
        &odt(
            "<text:p><text:a xlink:href=\"https://a.jp\">a</text:a><draw:image xlink:href=\"Pictures/a.png\"/></text:p>",
            &[("Pictures/a.png", &picture)],
            &["Pictures/a.png"],
        ),
    );
    pass(
        Format::Zip,
        &zip(&[("申請/", b""), ("申請/名簿.csv", b"a,b\n"), ("申請/a.png", &picture)]),
    );
    pass(Format::Tar, &tar("a.txt", b'0', b"hello"));
    pass(Format::Xls, &ole(&[("Workbook", &biff(&[(0x809, &[0, 6, 5, 0]), (0x0A, &[])]))]));
}
