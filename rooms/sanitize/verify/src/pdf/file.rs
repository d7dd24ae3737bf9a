//! The file's frame: header, stream objects back to back, one cross-reference
//! stream, one end (7.5). Anything else in the file is an error.

use std::borrow::Cow;
use std::collections::HashMap;

use super::object::{Dict, Object, Value};
use super::parse::{Complaint, Reader};

/// A file whose top level was read.
pub(super) struct Scanned<'a> {
    tops: Vec<Top<'a>>,
    index: Option<usize>,
}

struct Top<'a> {
    id: u32,
    offset: usize,
    value: Value<'a>,
    data: Option<&'a [u8]>,
}

impl Top<'_> {
    fn is_of_type(&self, name: &[u8]) -> bool {
        self.data.is_some() && self.value.as_dict().and_then(|dict| dict.name("Type")) == Some(name)
    }
}

/// Every object of a file, and where the document starts.
pub(super) struct File<'a> {
    /// The objects, without those that only hold others.
    pub objects: Vec<Object<'a>>,
    /// Number of the catalog.
    pub root: u32,
    /// Number of the document information dictionary.
    pub info: Option<u32>,
    by_id: HashMap<u32, usize>,
}

impl<'a> File<'a> {
    /// Puts a file together from objects.
    pub(super) fn new(objects: Vec<Object<'a>>, root: u32, info: Option<u32>) -> Self {
        let by_id = objects.iter().enumerate().map(|(index, object)| (object.id, index)).collect();
        Self { objects, root, info, by_id }
    }

    /// Returns an object's place in `objects`.
    pub(super) fn place(&self, id: u32) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Returns a value with a reference at its top resolved.
    pub(super) fn resolved<'f>(&'f self, value: &'f Value<'a>) -> &'f Value<'a> {
        match value {
            Value::Reference(id) => {
                self.place(*id).map_or(&Value::Null, |place| &self.objects[place].value)
            }
            other => other,
        }
    }
}

/// Reads the top level.
pub(super) fn scan(bytes: &[u8]) -> Result<Scanned<'_>, Complaint> {
    let mut reader = Reader::new(bytes, 0);
    header(&mut reader)?;
    let mut tops: Vec<Top<'_>> = Vec::new();
    let mut index = None;
    while !bytes.get(reader.at..).unwrap_or_default().starts_with(b"startxref") {
        if index.is_some() {
            return Err("objects after the cross-reference stream");
        }
        let top = top(&mut reader)?;
        if top.is_of_type(b"XRef") {
            index = Some(tops.len());
        }
        tops.push(top);
    }
    reader.expect(b"startxref\n")?;
    let start = reader.whole()?;
    reader.expect(b"\n%%EOF\n")?;
    if reader.at != bytes.len() {
        return Err("bytes after the end of the file");
    }
    if index.and_then(|place| tops.get(place)).map(|top| top.offset) != Some(start) {
        return Err("a start that is not the cross-reference stream");
    }
    Ok(Scanned { tops, index })
}

fn header(reader: &mut Reader<'_>) -> Result<(), Complaint> {
    reader.expect(b"%PDF-")?;
    let version = reader.bytes.get(reader.at..reader.at + 3).unwrap_or_default();
    if !matches!(version, [b'1' | b'2', b'.', b'0'..=b'9']) {
        return Err("an odd version");
    }
    reader.at += 3;
    // The line of four high bytes is the only comment.
    reader.expect(b"\n%\xE2\xE3\xCF\xD3\n")
}

fn top<'a>(reader: &mut Reader<'a>) -> Result<Top<'a>, Complaint> {
    let offset = reader.at;
    let id = u32::try_from(reader.whole()?).map_err(|_| "an odd number")?;
    reader.expect(b" 0 obj")?;
    let value = reader.value(0)?;
    reader.skip_space();
    let has_stream = reader.bytes.get(reader.at..).unwrap_or_default().starts_with(b"stream");
    let data = if has_stream { Some(stream(reader, &value)?) } else { None };
    reader.expect(b"endobj\n")?;
    Ok(Top { id, offset, value, data })
}

fn stream<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Result<&'a [u8], Complaint> {
    reader.expect(b"stream\n")?;
    let length = value
        .as_dict()
        .and_then(|dict| dict.value("Length")?.as_whole())
        .ok_or("a stream without length")?;
    let end = usize::try_from(length)
        .ok()
        .and_then(|length| reader.at.checked_add(length))
        .ok_or("an odd length")?;
    let data = reader.bytes.get(reader.at..end).ok_or("a stream beyond the file")?;
    reader.at = end;
    reader.expect(b"\nendstream\n")?;
    Ok(data)
}

impl<'a> Scanned<'a> {
    /// The packed bytes of each object stream, in file order.
    pub(super) fn holders(&self) -> impl Iterator<Item = &'a [u8]> + use<'_, 'a> {
        self.tops.iter().filter(|top| top.is_of_type(b"ObjStm")).filter_map(|top| top.data)
    }

    /// The packed bytes of the cross-reference stream.
    pub(super) fn index(&self) -> Option<&'a [u8]> {
        self.tops.get(self.index?)?.data
    }

    /// Reads the objects in object streams and compares all with the index.
    pub(super) fn complete<'b>(
        self,
        packed: &'b [Vec<u8>],
        index: &'b [u8],
    ) -> Result<File<'b>, Complaint>
    where
        'a: 'b,
    {
        let index_top =
            self.index.and_then(|place| self.tops.get(place)).ok_or("no cross-reference stream")?;
        let trailer = index_top.value.as_dict().cloned().ok_or("no trailer")?;
        let rows = rows(&trailer, index)?;
        let mut places: HashMap<u32, Row> = HashMap::new();
        let mut objects: Vec<Object<'b>> = Vec::new();
        let mut packed = packed.iter();
        for top in self.tops {
            if places.insert(top.id, Row::At(top.offset)).is_some() {
                return Err("two objects of one number");
            }
            let is_index = top.is_of_type(b"XRef");
            if top.is_of_type(b"ObjStm") {
                let data = packed.next().ok_or("an object stream that was not unpacked")?;
                let dict = top.value.as_dict().ok_or("an object stream without dictionary")?;
                allowed(dict, &["Type", "N", "First", "Filter", "Length"])?;
                members(top.id, dict, data, &mut places, &mut objects)?;
            } else if !is_index {
                objects.push(Object {
                    id: top.id,
                    value: top.value,
                    stream: top.data.map(Cow::Borrowed),
                });
            }
        }
        for (number, row) in rows.iter().enumerate() {
            let there = u32::try_from(number).ok().and_then(|id| places.remove(&id));
            let agrees = match (*row, there) {
                (Row::Free, None) => true,
                (row, Some(found)) => row == found,
                (_, None) => false,
            };
            if !agrees {
                return Err("an index that does not fit the objects");
            }
        }
        if !places.is_empty() {
            return Err("an object that the index does not name");
        }
        let root = reference(&trailer, "Root").ok_or("no catalog")?;
        Ok(File::new(objects, root, reference(&trailer, "Info")))
    }
}

fn reference(trailer: &Dict<'_>, key: &str) -> Option<u32> {
    match trailer.value(key)? {
        Value::Reference(id) => Some(*id),
        _ => None,
    }
}

fn allowed(dict: &Dict<'_>, keys: &[&str]) -> Result<(), Complaint> {
    let is_known = |key: &[u8]| keys.iter().any(|known| known.as_bytes() == key);
    let is_plain = dict.0.iter().all(|(key, _)| is_known(key));
    let is_flate = dict.value("Filter").and_then(Value::as_name) == Some(b"FlateDecode");
    if is_plain && is_flate { Ok(()) } else { Err("an odd entry in the file's frame") }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Free,
    At(usize),
    In(u32, usize),
}

/// 7.5.8: rows of one, four and two bytes, from number 0 without gaps.
fn rows(trailer: &Dict<'_>, data: &[u8]) -> Result<Vec<Row>, Complaint> {
    allowed(trailer, &["Type", "Size", "W", "Root", "Info", "Filter", "Length"])?;
    let widths: Vec<u64> = match trailer.value("W") {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_whole).collect(),
        _ => Vec::new(),
    };
    let size = trailer.value("Size").and_then(Value::as_whole);
    if widths != [1, 4, 2] || !data.len().is_multiple_of(7) || size != Some((data.len() / 7) as u64)
    {
        return Err("an odd cross-reference stream");
    }
    data.chunks_exact(7).map(row).collect()
}

fn row(bytes: &[u8]) -> Result<Row, Complaint> {
    let first = u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
    let second = u16::from_be_bytes([bytes[5], bytes[6]]);
    match bytes[0] {
        0 => Ok(Row::Free),
        1 if second == 0 => Ok(Row::At(first as usize)),
        2 => Ok(Row::In(first, usize::from(second))),
        _ => Err("an odd row in the index"),
    }
}

/// 7.5.7: pairs of number and offset, then the values back to back.
fn members<'b>(
    holder: u32,
    dict: &Dict<'_>,
    data: &'b [u8],
    places: &mut HashMap<u32, Row>,
    objects: &mut Vec<Object<'b>>,
) -> Result<(), Complaint> {
    let whole = |key: &str| {
        dict.value(key).and_then(Value::as_whole).and_then(|value| usize::try_from(value).ok())
    };
    let (Some(count), Some(first)) = (whole("N"), whole("First")) else {
        return Err("an odd object stream");
    };
    let mut head = Reader::new(data, 0);
    let mut body = Reader::new(data, first);
    for member in 0..count {
        let id = u32::try_from(head.whole()?).map_err(|_| "an odd number")?;
        head.expect(b" ")?;
        let offset = head.whole()?;
        head.expect(b" ")?;
        if first.checked_add(offset) != Some(body.at) {
            return Err("a gap in an object stream");
        }
        let value = body.value(0)?;
        body.expect(b"\n")?;
        if places.insert(id, Row::In(holder, member)).is_some() {
            return Err("two objects of one number");
        }
        objects.push(Object { id, value, stream: None });
    }
    if head.at == first && body.at == data.len() {
        Ok(())
    } else {
        Err("a gap in an object stream")
    }
}
