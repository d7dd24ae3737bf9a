//! Builders of plain files in the strict form; hostile cases add to them.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A plain ZIP with stored members.
pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let start = out.len() as u32;
        let mut head = Vec::new();
        let flags: u16 = if name.is_ascii() { 0 } else { 0x800 };
        for half in [20, flags, 0, 0, 33] {
            head.extend_from_slice(&half.to_le_bytes());
        }
        for word in [crc32fast::hash(data), data.len() as u32, data.len() as u32] {
            head.extend_from_slice(&word.to_le_bytes());
        }
        let name_len = (name.len() as u16).to_le_bytes();
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&head);
        out.extend_from_slice(&name_len);
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(data);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&head);
        directory.extend_from_slice(&name_len);
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&start.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = out.len() as u32;
    let count = (members.len() as u16).to_le_bytes();
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// A ZIP with one member that is locked with AES-256.
pub(super) fn locked_zip(name: &str, data: &[u8], password: &str) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default()
        .compression_method(::zip::CompressionMethod::Stored)
        .with_aes_encryption(::zip::AesMode::Aes256, password);
    writer.start_file(name, options).unwrap();
    writer.write_all(data).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    // The crate notes a system and permissions, which ours never have.
    let at = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[at + 38..at + 42].fill(0);
    bytes
}

/// A package in the making.
#[derive(Clone)]
pub(super) struct Package {
    parts: Vec<(String, Vec<u8>)>,
    types: Vec<(String, String)>,
    relations: BTreeMap<String, Vec<String>>,
}

pub(super) const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
pub(super) const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
/// Declarations that the samples' markup uses.
pub(super) const NAMES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";

impl Package {
    /// Adds a part that `source` leads to.
    pub(super) fn part(
        mut self,
        source: &str,
        kind: &str,
        name: &str,
        content_type: &str,
        data: impl Into<Vec<u8>>,
    ) -> Self {
        self.parts.push((name.to_owned(), data.into()));
        self.types.push((name.to_owned(), content_type.to_owned()));
        self.relate(source, kind, &format!("/{name}"), "")
    }

    /// Adds a part that nothing leads to.
    pub(super) fn loose(
        mut self,
        name: &str,
        content_type: &str,
        data: impl Into<Vec<u8>>,
    ) -> Self {
        self.parts.push((name.to_owned(), data.into()));
        self.types.push((name.to_owned(), content_type.to_owned()));
        self
    }

    /// Adds a relationship to something outside.
    pub(super) fn external(self, source: &str, kind: &str, target: &str) -> Self {
        self.relate(source, kind, target, " TargetMode=\"External\"")
    }

    /// Adds a relationship as it stands.
    pub(super) fn relate(mut self, source: &str, kind: &str, target: &str, mode: &str) -> Self {
        let list = self.relations.entry(source.to_owned()).or_default();
        let id = list.len() + 1;
        let kind = if kind.contains(':') { kind.to_owned() } else { format!("{OFFICE}{kind}") };
        list.push(format!(
            "<Relationship Id=\"rId{id}\" Type=\"{kind}\" Target=\"{target}\"{mode}/>"
        ));
        self
    }

    /// Returns the package.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut types = String::from(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>",
        );
        for (name, kind) in &self.types {
            types.push_str(&format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"));
        }
        types.push_str("</Types>");
        let mut members = vec![("[Content_Types].xml".to_owned(), types.into_bytes())];
        for (source, list) in &self.relations {
            let (folder, leaf) = source.rsplit_once('/').unwrap_or(("", source));
            let name = if folder.is_empty() {
                format!("_rels/{leaf}.rels")
            } else {
                format!("{folder}/_rels/{leaf}.rels")
            };
            let text = format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{}</Relationships>",
                list.concat()
            );
            members.push((name, text.into_bytes()));
        }
        members.extend(self.parts.clone());
        let members: Vec<(&str, &[u8])> =
            members.iter().map(|(name, data)| (name.as_str(), data.as_slice())).collect();
        zip(&members)
    }
}

fn package(name: &str, content_type: &str, text: String) -> Package {
    Package { parts: Vec::new(), types: Vec::new(), relations: BTreeMap::new() }.part(
        "",
        "officeDocument",
        name,
        content_type,
        text,
    )
}

/// A document with this body.
pub(super) fn docx(body: &str) -> Package {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document {NAMES}><w:body>{body}</w:body></w:document>"
    );
    package("word/document.xml", &format!("{WORD}document.main+xml"), text)
}

/// A workbook with one sheet whose data are these.
pub(super) fn xlsx(data: &str) -> Package {
    let names = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let sheet = format!("<worksheet {names}><sheetData>{data}</sheetData></worksheet>");
    workbook("").part(
        "xl/workbook.xml",
        "worksheet",
        "xl/worksheets/sheet1.xml",
        &format!("{SHEET}worksheet+xml"),
        sheet,
    )
}

/// A workbook without sheets that holds this.
pub(super) fn workbook(inner: &str) -> Package {
    let text = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{inner}</workbook>"
    );
    package("xl/workbook.xml", &format!("{SHEET}sheet.main+xml"), text)
}

/// A presentation with this content.
pub(super) fn pptx(inner: &str) -> Package {
    let text = format!("<p:presentation {NAMES}>{inner}</p:presentation>");
    package(
        "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
        text,
    )
}

/// Packs bytes in the zlib format.
pub(super) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A PDF in the strict form: the first object is the catalog. Streams are
/// given with their data.
pub(super) fn pdf(objects: &[(u32, &str, Option<&[u8]>)]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let top = objects.iter().map(|(id, ..)| *id).max().unwrap_or(0);
    let (holder, index) = (top + 1, top + 2);
    let mut rows: BTreeMap<u32, [u8; 7]> = BTreeMap::new();
    let at = |offset: usize| {
        let place = (offset as u32).to_be_bytes();
        [1, place[0], place[1], place[2], place[3], 0, 0]
    };
    let (mut head, mut body, mut count) = (String::new(), Vec::new(), 0u8);
    for (id, dict, data) in objects {
        if let Some(data) = data {
            rows.insert(*id, at(out.len()));
            stream(&mut out, *id, dict, data);
        } else {
            head.push_str(&format!("{id} {} ", body.len()));
            body.extend_from_slice(dict.as_bytes());
            body.push(b'\n');
            let place = holder.to_be_bytes();
            rows.insert(*id, [2, place[0], place[1], place[2], place[3], 0, count]);
            count += 1;
        }
    }
    rows.insert(holder, at(out.len()));
    let dict = format!("/Type/ObjStm/N {count}/First {}/Filter/FlateDecode", head.len());
    stream(&mut out, holder, &dict, &deflated(&[head.as_bytes(), &body].concat()));
    let start = out.len();
    rows.insert(index, at(start));
    let table: Vec<u8> =
        (0..=index).flat_map(|id| rows.get(&id).copied().unwrap_or([0; 7])).collect();
    let dict = format!(
        "/Type/XRef/Size {}/W[1 4 2]/Root {} 0 R/Filter/FlateDecode",
        index + 1,
        objects[0].0
    );
    stream(&mut out, index, &dict, &deflated(&table));
    out.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
    out
}

fn stream(out: &mut Vec<u8>, id: u32, dict: &str, data: &[u8]) {
    out.extend_from_slice(format!("{id} 0 obj<<{dict}/Length {}>>stream\n", data.len()).as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream\nendobj\n");
}

/// A PNG of one grey pixel with these chunks after the header.
pub(super) fn png(extra: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        out.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let checked = [name.as_slice(), data].concat();
        out.extend_from_slice(&checked);
        out.extend_from_slice(&crc32fast::hash(&checked).to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    for (name, data) in extra {
        chunk(name, data);
    }
    chunk(b"IDAT", &deflated(&[0, 0]));
    chunk(b"IEND", &[]);
    out
}

/// A JPEG's skeleton with these segments in it.
pub(super) fn jpeg(extra: &[u8]) -> Vec<u8> {
    let frame = [0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0];
    let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x55, 0xFF, 0, 0xFF, 0xD9];
    [&[0xFF, 0xD8], extra, &frame, &scan].concat()
}
