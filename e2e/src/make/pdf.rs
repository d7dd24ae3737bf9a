//! Makes PDF files from source text, and lays the same objects out in other
//! ways: escaped names, other strings, object streams, updates, encryption,
//! no cross-reference table.

mod lock;

use std::collections::BTreeMap;

use super::picture::zlib;
use lock::Lock;

/// One way to lay the same objects out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Classic table, literal strings.
    Plain,
    /// Every letter of every name as `#xx`.
    NamesEscaped,
    /// Strings in hexadecimal.
    StringsHex,
    /// Strings in octal escapes.
    StringsOctal,
    /// Strings in UTF-16BE with its mark, in hexadecimal.
    StringsWide,
    /// Objects in an object stream, a cross-reference stream.
    ObjectStream,
    /// A benign file first, then an update that brings the rest.
    Update,
    /// The hostile file first, then an update that covers it up.
    Shadow,
    /// RC4, 128 bits, empty user password.
    LockedRc4,
    /// AES, 128 bits, empty user password.
    LockedAes,
    /// No table at all; readers search for the objects.
    NoTable,
    /// Bytes before the header, and a table that counts from the file's start.
    JunkBefore,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 12] = [
        Self::Plain,
        Self::NamesEscaped,
        Self::StringsHex,
        Self::StringsOctal,
        Self::StringsWide,
        Self::ObjectStream,
        Self::Update,
        Self::Shadow,
        Self::LockedRc4,
        Self::LockedAes,
        Self::NoTable,
        Self::JunkBefore,
    ];

    /// Short name for case ids; empty for plain.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::NamesEscaped => "+names",
            Self::StringsHex => "+hex",
            Self::StringsOctal => "+octal",
            Self::StringsWide => "+utf16",
            Self::ObjectStream => "+objstm",
            Self::Update => "+update",
            Self::Shadow => "+shadow",
            Self::LockedRc4 => "+rc4",
            Self::LockedAes => "+aes",
            Self::NoTable => "+noxref",
            Self::JunkBefore => "+junk",
        }
    }

    /// Says whether the content cannot be seen without the reader's key.
    #[must_use]
    pub fn is_locked(self) -> bool {
        matches!(self, Self::LockedRc4 | Self::LockedAes)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    source: String,
    stream: Option<Vec<u8>>,
}

/// A PDF being made. Objects 1 to 5 are the catalog, the page tree, the page,
/// its font and its content.
#[derive(Debug, Clone, Default)]
pub struct Pdf {
    objects: BTreeMap<u32, Object>,
    trailer: String,
}

/// What stands on the page of every made PDF.
pub const PAGE_TEXT: &str = "Sekisho test page: the quick brown fox 0123";

impl Pdf {
    /// Makes a file of one page that shows [`PAGE_TEXT`].
    #[must_use]
    pub fn page() -> Self {
        let mut pdf = Self::default();
        pdf.put(1, "<</Type/Catalog/Pages 2 0 R/*C*/>>");
        pdf.put(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
        pdf.put(
            3,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>/*R*/>>\
             /Contents 5 0 R/*P*/>>",
        );
        pdf.put(4, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>");
        let content = format!(
            "BT /F1 14 Tf 60 760 Td ({PAGE_TEXT}) Tj ET\n0.8 0.2 0.2 rg 60 700 200 20 re f\n"
        );
        pdf.stream(5, "", content.as_bytes());
        pdf
    }

    /// Sets an object.
    pub fn put(&mut self, number: u32, source: &str) -> &mut Self {
        self.objects.insert(number, Object { source: source.to_owned(), stream: None });
        self
    }

    /// Sets a stream; `entries` stand in its dictionary beside the length.
    pub fn stream(&mut self, number: u32, entries: &str, data: &[u8]) -> &mut Self {
        let source = format!("<<{entries}/Length {}>>", data.len());
        self.objects.insert(number, Object { source, stream: Some(data.to_vec()) });
        self
    }

    /// Adds entries to the catalog.
    pub fn catalog(&mut self, entries: &str) -> &mut Self {
        self.fill(1, "/*C*/", entries)
    }

    /// Adds entries to the page.
    pub fn on_page(&mut self, entries: &str) -> &mut Self {
        self.fill(3, "/*P*/", entries)
    }

    /// Adds entries to the page's resources.
    pub fn resources(&mut self, entries: &str) -> &mut Self {
        self.fill(3, "/*R*/", entries)
    }

    /// Adds drawing operators to the page.
    pub fn draw(&mut self, operators: &[u8]) -> &mut Self {
        let content = self.objects[&5].stream.clone().unwrap_or_default();
        self.stream(5, "", &[&content, operators].concat())
    }

    /// Adds entries to the trailer.
    pub fn trailer(&mut self, entries: &str) -> &mut Self {
        self.trailer.push_str(entries);
        self
    }

    fn fill(&mut self, number: u32, mark: &str, entries: &str) -> &mut Self {
        let object = self.objects.get_mut(&number).expect("the page's objects are there");
        object.source = object.source.replace(mark, &format!("{entries}{mark}"));
        self
    }

    /// Writes the file.
    #[must_use]
    pub fn write(&self, layout: Layout) -> Vec<u8> {
        match layout {
            Layout::Plain => self.file(&|text, _| text.to_owned()),
            Layout::NamesEscaped => self.file(&|text, _| reword(text, &escaped_name, &literal)),
            Layout::StringsHex => self.file(&|text, _| reword(text, &plain_name, &|s| hex(s))),
            Layout::StringsOctal => self.file(&|text, _| reword(text, &plain_name, &octal)),
            Layout::StringsWide => self.file(&|text, _| reword(text, &plain_name, &wide)),
            Layout::ObjectStream => self.packed(),
            Layout::Update => self.update(&Self::page(), self),
            Layout::Shadow => self.update(self, &Self::page()),
            Layout::LockedRc4 => self.locked(&Lock::rc4()),
            Layout::LockedAes => self.locked(&Lock::aes()),
            Layout::NoTable => {
                let file = self.file(&|text, _| text.to_owned());
                let table = super::picture::find(&file, b"\nxref\n");
                let trailer = format!("\ntrailer\n<</Root 1 0 R{}>>\n%%EOF\n", self.trailer);
                [&file[..table], trailer.as_bytes()].concat()
            }
            Layout::JunkBefore => {
                let file = self.file(&|text, _| text.to_owned());
                [b"junk before the file\n".as_slice(), &file].concat()
            }
        }
    }

    fn file(&self, say: &dyn Fn(&str, u32) -> String) -> Vec<u8> {
        let mut out = HEADER.to_vec();
        let offsets = self.body(&mut out, say, &|data, _| data.to_vec(), &|_| true);
        self.table(&mut out, &offsets, None, &say(&self.trailer, 0));
        out
    }

    fn body(
        &self,
        out: &mut Vec<u8>,
        say: &dyn Fn(&str, u32) -> String,
        pack: &dyn Fn(&[u8], u32) -> Vec<u8>,
        wanted: &dyn Fn(u32) -> bool,
    ) -> BTreeMap<u32, usize> {
        let mut offsets = BTreeMap::new();
        for (&number, object) in self.objects.iter().filter(|(number, _)| wanted(**number)) {
            offsets.insert(number, out.len());
            let mut source = say(&clear(&object.source), number);
            let data = object.stream.as_ref().map(|data| pack(data, number));
            if let (Some(new), Some(old)) = (&data, &object.stream) {
                source = source
                    .replace(&format!("Length {}", old.len()), &format!("Length {}", new.len()));
            }
            out.extend(format!("{number} 0 obj\n{source}\n").as_bytes());
            if let Some(data) = data {
                out.extend(b"stream\n");
                out.extend(&data);
                out.extend(b"\nendstream\n");
            }
            out.extend(b"endobj\n");
        }
        offsets
    }

    fn table(
        &self,
        out: &mut Vec<u8>,
        offsets: &BTreeMap<u32, usize>,
        before: Option<usize>,
        more: &str,
    ) {
        let start = out.len() + 1;
        out.extend(b"\nxref\n");
        if before.is_none() {
            out.extend(b"0 1\n0000000000 65535 f \n");
        }
        for (number, offset) in offsets {
            out.extend(format!("{number} 1\n{offset:010} 00000 n \n").as_bytes());
        }
        let size = self.objects.keys().max().map_or(1, |last| last + 1);
        let before = before.map(|at| format!("/Prev {at}")).unwrap_or_default();
        let trailer = format!("trailer\n<</Root 1 0 R/Size {size}{before}{more}>>\n");
        out.extend(format!("{trailer}startxref\n{start}\n%%EOF\n").as_bytes());
    }

    /// Writes `first`, then an update with what `second` has otherwise.
    fn update(&self, first: &Self, second: &Self) -> Vec<u8> {
        let mut out = first.file(&|text, _| text.to_owned());
        let at = super::picture::find(&out, b"\nxref\n") + 1;
        let differs = |number: u32| first.objects.get(&number) != second.objects.get(&number);
        let offsets =
            second.body(&mut out, &|text, _| text.to_owned(), &|data, _| data.to_vec(), &differs);
        let trailer = if std::ptr::eq(self, second) { self.trailer.as_str() } else { "" };
        self.table(&mut out, &offsets, Some(at), trailer);
        out
    }

    fn locked(&self, lock: &Lock) -> Vec<u8> {
        let mut out = HEADER.to_vec();
        let say =
            |text: &str, number: u32| reword(text, &plain_name, &|s| hex(&lock.seal(number, s)));
        let mut offsets =
            self.body(&mut out, &say, &|data, number| lock.seal(number, data), &|_| true);
        let number = self.objects.keys().max().map_or(1, |last| last + 1);
        offsets.insert(number, out.len());
        out.extend(format!("{number} 0 obj\n{}\nendobj\n", lock.dictionary()).as_bytes());
        let more = format!("/Encrypt {number} 0 R/ID[{id}{id}]", id = hex(lock::ID));
        self.table(&mut out, &offsets, None, &(more + &self.trailer));
        out
    }

    fn packed(&self) -> Vec<u8> {
        let mut out = HEADER.to_vec();
        let is_stream = |number: u32| self.objects[&number].stream.is_some();
        let plain = |text: &str, _: u32| text.to_owned();
        let offsets = self.body(&mut out, &plain, &|data, _| data.to_vec(), &is_stream);
        let inside: Vec<u32> =
            self.objects.keys().copied().filter(|number| !is_stream(*number)).collect();
        let mut head = String::new();
        let mut body = String::new();
        for number in &inside {
            head.push_str(&format!("{number} {} ", body.len()));
            body.push_str(&clear(&self.objects[number].source));
            body.push('\n');
        }
        let holder = self.objects.keys().max().map_or(1, |last| last + 1);
        let holder_at = out.len();
        let data = zlib((head.clone() + &body).as_bytes());
        let source =
            format!("/Type/ObjStm/N {}/First {}/Filter/FlateDecode", inside.len(), head.len());
        put_stream(&mut out, holder, &source, &data);
        let mut rows = vec![0, 0, 0, 0, 0xff, 0xff];
        for number in 1..=holder + 1 {
            let row = if let Some(index) = inside.iter().position(|known| *known == number) {
                row(2, holder, index)
            } else if number == holder {
                row(1, small(holder_at), 0)
            } else if number == holder + 1 {
                row(1, small(out.len()), 0)
            } else {
                offsets.get(&number).map_or([0; 6], |offset| row(1, small(*offset), 0))
            };
            rows.extend(row);
        }
        let start = out.len();
        let size = holder + 2;
        let source = format!(
            "/Type/XRef/Root 1 0 R/Size {size}/W[1 3 2]/Filter/FlateDecode{}",
            self.trailer
        );
        put_stream(&mut out, holder + 1, &source, &zlib(&rows));
        out.extend(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        out
    }
}

const HEADER: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

/// Takes the insertion marks out; they are no PDF.
fn clear(source: &str) -> String {
    source.replace("/*C*/", "").replace("/*P*/", "").replace("/*R*/", "")
}

fn put_stream(out: &mut Vec<u8>, number: u32, source: &str, data: &[u8]) {
    out.extend(format!("{number} 0 obj\n<<{source}/Length {}>>\nstream\n", data.len()).as_bytes());
    out.extend(data);
    out.extend(b"\nendstream\nendobj\n");
}

fn row(kind: u8, place: u32, index: usize) -> [u8; 6] {
    let [_, a, b, c] = place.to_be_bytes();
    let [.., d, e] = index.to_be_bytes();
    [kind, a, b, c, d, e]
}

fn small(value: usize) -> u32 {
    u32::try_from(value).expect("made files are small")
}

/// Rewrites the names and strings of PDF source.
fn reword(source: &str, name: &dyn Fn(&str) -> String, string: &dyn Fn(&[u8]) -> String) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        let used = match letter {
            '/' => {
                let end = rest[1..]
                    .find(|c: char| " /<>[]()\n".contains(c))
                    .map_or(rest.len(), |at| at + 1);
                out.push_str(&name(&rest[1..end]));
                end
            }
            '(' => {
                let (bytes, end) = read_literal(rest.as_bytes());
                out.push_str(&string(&bytes));
                end
            }
            '<' if !rest.starts_with("<<") && !out.ends_with('<') => {
                let end = rest.find('>').map_or(rest.len(), |at| at + 1);
                out.push_str(&string(&read_hex(&rest[1..end - 1])));
                end
            }
            _ if rest.starts_with("<<") => {
                out.push_str("<<");
                2
            }
            _ => {
                out.push(letter);
                letter.len_utf8()
            }
        };
        rest = &rest[used..];
    }
    out
}

fn read_literal(source: &[u8]) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                bytes.extend(source.get(at));
                at += 1;
                continue;
            }
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (bytes, at);
        }
        if depth > 1 || byte != b'(' {
            bytes.push(byte);
        }
    }
    (bytes, at)
}

fn read_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).expect("digits are ASCII");
        u8::from_str_radix(text, 16).expect("only digits were kept")
    };
    digits.chunks(2).map(pair).collect()
}

fn plain_name(name: &str) -> String {
    format!("/{name}")
}

/// `Length` stays readable: the object writer corrects it.
fn escaped_name(name: &str) -> String {
    if name == "Length" || name.contains('#') {
        return plain_name(name);
    }
    name.bytes().fold("/".to_owned(), |out, byte| format!("{out}#{byte:02x}"))
}

fn literal(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    format!("({})", text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)"))
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("<{digits}>")
}

fn octal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("({digits})")
}

fn wide(bytes: &[u8]) -> String {
    let wide: Vec<u8> = bytes.iter().flat_map(|byte| [0, *byte]).collect();
    hex(&[&[0xfe, 0xff], &wide[..]].concat())
}
