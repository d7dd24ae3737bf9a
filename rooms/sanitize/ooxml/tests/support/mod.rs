//! Builds small packages in code and rebuilds them with a stand-in for the
//! other families. Every rebuild also proves the fix point.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use sanitize_container::zip::{Archive, Level, Writer};
use sanitize_core::{
    Budget, Engines, Format, Job, Limits, Output, Passwords, Policy, Stop, limits, reasons,
};

/// Bytes that the stand-in takes for a good picture.
pub const PICTURE: &[u8] = b"\x89PNG picture";
pub const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
pub const X: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
pub const P: &str = "http://schemas.openxmlformats.org/presentationml/2006/main";
pub const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
pub const MICROSOFT: &str = "http://schemas.microsoft.com/office/";
const WORD_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
const SHEET_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
const SLIDES_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml";

/// A package to be made.
pub struct Made {
    format: Format,
    main: String,
    main_type: String,
    parts: Vec<(String, Vec<u8>)>,
    relations: Vec<(String, String)>,
    overrides: Vec<(String, String)>,
}

impl Made {
    fn new(format: Format, main: &str, main_type: &str, xml: &str) -> Self {
        let mut made = Self {
            format,
            main: main.to_owned(),
            main_type: main_type.to_owned(),
            parts: Vec::new(),
            relations: Vec::new(),
            overrides: Vec::new(),
        };
        made.parts.push((main.to_owned(), xml.as_bytes().to_vec()));
        made.related("", "main", &format!("{OFFICE}officeDocument"), main, false)
    }

    /// A Word document with that body.
    pub fn word(body: &str) -> Self {
        Self::new(
            Format::Docx,
            "word/document.xml",
            WORD_TYPE,
            &word_root("document", &format!("<w:body>{body}</w:body>")),
        )
    }

    /// A workbook of one sheet with that content after `sheetData`'s start.
    pub fn sheet(rows: &str, after: &str) -> Self {
        Self::workbook("<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"s1\"/></sheets>")
            .worksheet("s1", rows, after)
    }

    /// A workbook with that content.
    pub fn workbook(content: &str) -> Self {
        Self::new(Format::Xlsx, "xl/workbook.xml", SHEET_TYPE, &sheet_root("workbook", content))
    }

    /// Adds a worksheet.
    pub fn worksheet(self, id: &str, rows: &str, after: &str) -> Self {
        let path = format!("xl/worksheets/{id}.xml");
        let xml = sheet_root("worksheet", &format!("<sheetData>{rows}</sheetData>{after}"));
        self.part(&path, &xml).related(
            "xl/workbook.xml",
            id,
            &format!("{OFFICE}worksheet"),
            &format!("/{path}"),
            false,
        )
    }

    /// A presentation of one slide with that shape tree and what follows it.
    pub fn slide(tree: &str, after: &str) -> Self {
        let main = slide_root(
            "presentation",
            "<p:sldIdLst><p:sldId id=\"256\" r:id=\"s1\"/></p:sldIdLst>",
        );
        let slide =
            slide_root("sld", &format!("<p:cSld><p:spTree>{tree}</p:spTree></p:cSld>{after}"));
        Self::new(Format::Pptx, "ppt/presentation.xml", SLIDES_TYPE, &main)
            .part("ppt/slides/slide1.xml", &slide)
            .office("ppt/presentation.xml", "s1", "slide", "slides/slide1.xml")
    }

    pub fn main_type(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.main_type);
        self
    }

    pub fn part(self, path: &str, xml: &str) -> Self {
        self.bytes(path, xml.as_bytes())
    }

    pub fn bytes(mut self, path: &str, bytes: &[u8]) -> Self {
        self.parts.push((path.to_owned(), bytes.to_vec()));
        self
    }

    pub fn typed(mut self, path: &str, kind: &str, xml: &str) -> Self {
        self.overrides.push((path.to_owned(), kind.to_owned()));
        self.part(path, xml)
    }

    /// Adds a relationship of an Office type.
    pub fn office(self, source: &str, id: &str, tail: &str, target: &str) -> Self {
        self.related(source, id, &format!("{OFFICE}{tail}"), target, false)
    }

    /// Adds an external relationship of an Office type.
    pub fn external(self, source: &str, id: &str, tail: &str, target: &str) -> Self {
        self.related(source, id, &format!("{OFFICE}{tail}"), target, true)
    }

    pub fn related(
        mut self,
        source: &str,
        id: &str,
        kind: &str,
        target: &str,
        is_external: bool,
    ) -> Self {
        let mode = if is_external { " TargetMode=\"External\"" } else { "" };
        let xml = format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"{mode}/>");
        self.relations.push((source.to_owned(), xml));
        self
    }

    pub fn zip(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let mut types =
            format!("<Override PartName=\"/{}\" ContentType=\"{}\"/>", self.main, self.main_type);
        for (path, kind) in &self.overrides {
            types.push_str(&format!("<Override PartName=\"/{path}\" ContentType=\"{kind}\"/>"));
        }
        let types = format!(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>{types}</Types>"
        );
        writer.add("[Content_Types].xml", types.as_bytes(), Level::Deflated);
        let mut sources: Vec<&String> = self.relations.iter().map(|(source, _)| source).collect();
        sources.sort();
        sources.dedup();
        for source in sources {
            let list: String = self
                .relations
                .iter()
                .filter(|(of, _)| of == source)
                .map(|(_, xml)| xml.as_str())
                .collect();
            let xml = format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{list}</Relationships>"
            );
            let (folder, file) = source
                .rsplit_once('/')
                .map_or((String::new(), source.as_str()), |(folder, file)| {
                    (format!("{folder}/"), file)
                });
            writer.add(&format!("{folder}_rels/{file}.rels"), xml.as_bytes(), Level::Deflated);
        }
        for (path, bytes) in &self.parts {
            writer.add(path, bytes, Level::Deflated);
        }
        writer.finish().unwrap()
    }

    pub fn rebuilt(&self) -> Rebuilt {
        self.rebuilt_under(&Policy::default())
    }

    pub fn rebuilt_under(&self, policy: &Policy) -> Rebuilt {
        let first =
            rebuild(&self.zip(), self.format, policy).unwrap_or_else(|stop| panic!("{stop}"));
        let second = rebuild(&first.bytes, first.format, policy)
            .unwrap_or_else(|stop| panic!("second pass: {stop}"));
        assert_eq!(second.codes, Vec::<String>::new(), "the second pass finds nothing");
        assert_eq!(second.bytes, first.bytes, "the second pass changes nothing");
        first
    }

    pub fn stop(&self) -> String {
        match rebuild(&self.zip(), self.format, &Policy::default()) {
            Ok(_) => panic!("must be refused"),
            Err(stop) => stop.reason().code.id.to_owned(),
        }
    }
}

pub fn word_root(root: &str, content: &str) -> String {
    format!(
        "<w:{root} xmlns:w=\"{W}\" xmlns:r=\"{}\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" \
         xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
         xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\">{content}</w:{root}>",
        OFFICE.trim_end_matches('/')
    )
}

pub fn sheet_root(root: &str, content: &str) -> String {
    format!(
        "<{root} xmlns=\"{X}\" xmlns:r=\"{}\" xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" \
         xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\">{content}</{root}>",
        OFFICE.trim_end_matches('/')
    )
}

pub fn slide_root(root: &str, content: &str) -> String {
    format!(
        "<p:{root} xmlns:p=\"{P}\" xmlns:r=\"{}\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
         xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\">{content}</p:{root}>",
        OFFICE.trim_end_matches('/')
    )
}

/// A rebuilt package.
pub struct Rebuilt {
    pub format: Format,
    pub bytes: Vec<u8>,
    /// Codes of what was removed.
    pub codes: Vec<String>,
}

impl Rebuilt {
    pub fn names(&self) -> Vec<String> {
        let mut budget = Budget::open(Limits::default(), self.bytes.len() as u64).unwrap();
        let archive = Archive::read(&self.bytes, &mut budget).unwrap();
        archive.entries().iter().map(|entry| entry.name.clone()).collect()
    }

    pub fn part(&self, name: &str) -> String {
        let mut budget = Budget::open(Limits::default(), self.bytes.len() as u64).unwrap();
        let archive = Archive::read(&self.bytes, &mut budget).unwrap();
        let entry = archive.entries().iter().find(|entry| entry.name == name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is missing in {:?}", self.names()));
        String::from_utf8_lossy(&archive.data(entry, &mut budget).unwrap()).into_owned()
    }

    /// Everything that the package says, for words that must not occur.
    pub fn all(&self) -> String {
        self.names().iter().map(|name| format!("{name}\n{}\n", self.part(name))).collect()
    }

    /// The document's body without the root.
    pub fn body(&self) -> String {
        let xml = self.part("word/document.xml");
        let (_, body) = xml.split_once("<w:body>").unwrap_or(("", ""));
        body.split_once("</w:body>").unwrap_or(("", "")).0.to_owned()
    }

    #[track_caller]
    pub fn reports(&self, code: &str) -> &Self {
        assert!(self.codes.iter().any(|known| known == code), "{code} is not in {:?}", self.codes);
        self
    }

    #[track_caller]
    pub fn is_clean(&self) -> &Self {
        assert!(self.codes.is_empty(), "{:?}", self.codes);
        self
    }

    #[track_caller]
    pub fn lacks(&self, word: &str) -> &Self {
        let all = self.all();
        assert!(!all.contains(word), "{word} is still in:\n{all}");
        self
    }

    #[track_caller]
    pub fn holds(&self, part: &str, word: &str) -> &Self {
        let xml = self.part(part);
        assert!(xml.contains(word), "{word} is not in:\n{xml}");
        self
    }
}

pub fn rebuild(bytes: &[u8], format: Format, policy: &Policy) -> Result<Rebuilt, Stop> {
    let passwords = Passwords::default();
    let mut job = Job::open(policy, &passwords, &Others, Limits::default(), bytes.len() as u64)?;
    let output = sanitize_ooxml::rebuild(bytes, format, &mut job)?;
    let codes = job.removals().iter().map(|removal| removal.code.id.to_owned()).collect();
    Ok(Rebuilt { format: output.format, bytes: output.bytes, codes })
}

pub fn text(made: &Made) -> String {
    let bytes = made.zip();
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let mut job =
        Job::open(&policy, &passwords, &Others, Limits::default(), bytes.len() as u64).unwrap();
    sanitize_ooxml::text(&bytes, made.format, &mut job).unwrap()
}

/// Stands in for the other families.
pub struct Others;

impl Engines for Others {
    fn rebuild(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
        let format = match bytes {
            [0x89, b'P', b'N', b'G', ..] => Format::Png,
            [0xFF, 0xD8, ..] => Format::Jpeg,
            [b'G', b'I', b'F', ..] => Format::Gif,
            [b'B', b'M', ..] => Format::Bmp,
            [b'P', b'K', ..] => return sanitize_ooxml::rebuild(bytes, by_name(name), job),
            b"limit" => return Err(Stop::blocked(&limits::PIXELS, name)),
            _ if name.ends_with("emf") => Format::Emf,
            _ if name.ends_with("wmf") => Format::Wmf,
            _ => return Err(Stop::blocked(&reasons::BROKEN, name)),
        };
        Ok(Output { format, bytes: bytes.to_vec() })
    }

    fn text(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Ok(String::new())
    }
}

pub fn by_name(name: &str) -> Format {
    match name.to_lowercase().rsplit('.').next().unwrap_or("") {
        "docx" | "docm" | "dotx" | "dotm" => Format::Docx,
        "pptx" | "pptm" | "potx" | "potm" | "ppsx" | "ppsm" => Format::Pptx,
        _ => Format::Xlsx,
    }
}
