//! Writes the new file: numbers its objects in the order in which they are
//! finished, packs them and closes with a cross-reference stream. Writes no
//! date, no identifier and no name of a producer.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::model::{Dict, Num, Obj};

/// The file under construction.
#[derive(Default)]
pub struct Writer {
    /// What each object number holds; number 0 is never used.
    slots: Vec<Slot>,
    /// Bytes of the stream objects that are finished.
    body: Vec<u8>,
}

enum Slot {
    /// Promised to someone, not yet finished.
    Open,
    /// Stands in an object stream.
    Plain(Vec<u8>),
    /// Stands in the body, at an offset.
    Stream(usize),
}

/// How a stream's bytes are to be stored.
pub enum Packing {
    /// Packed by Flate here.
    Flate,
    /// Stored as they are; the dictionary names their filter.
    Ready,
}

impl Writer {
    /// Opens an empty file.
    #[must_use]
    pub fn new() -> Self {
        Self { slots: vec![Slot::Open], body: HEADER.to_vec() }
    }

    /// Promises an object number that is filled later.
    pub fn promise(&mut self) -> u32 {
        self.slots.push(Slot::Open);
        (self.slots.len() - 1) as u32
    }

    /// Finishes an object and returns its number.
    pub fn put(&mut self, object: &Obj) -> u32 {
        let id = self.promise();
        self.fill(id, object);
        id
    }

    /// Fills a promised number.
    pub fn fill(&mut self, id: u32, object: &Obj) {
        let mut bytes = Vec::new();
        object.spell(&mut bytes);
        if let Some(slot) = self.slots.get_mut(id as usize) {
            *slot = Slot::Plain(bytes);
        }
    }

    /// Finishes a stream and returns its number.
    pub fn put_stream(&mut self, dict: Dict, data: &[u8], packing: Packing) -> u32 {
        let id = self.promise();
        self.fill_stream(id, dict, data, packing);
        id
    }

    /// Fills a promised number with a stream.
    pub fn fill_stream(&mut self, id: u32, mut dict: Dict, data: &[u8], packing: Packing) {
        let packed;
        let stored = match packing {
            Packing::Flate if data.len() > UNPACKED_BYTES_MAX => {
                packed = deflate(data);
                dict.put("Filter", Obj::name("FlateDecode"));
                packed.as_slice()
            }
            Packing::Flate | Packing::Ready => data,
        };
        dict.put("Length", Obj::int(stored.len() as i64));
        let offset = self.body.len();
        Num::int(i64::from(id)).spell(&mut self.body);
        self.body.extend_from_slice(b" 0 obj");
        dict.spell(&mut self.body);
        self.body.extend_from_slice(b"stream\n");
        self.body.extend_from_slice(stored);
        self.body.extend_from_slice(b"\nendstream\nendobj\n");
        if let Some(slot) = self.slots.get_mut(id as usize) {
            *slot = Slot::Stream(offset);
        }
    }

    /// Closes the file (ISO 32000-2 §7.5.7 and §7.5.8) and returns its bytes.
    #[must_use]
    pub fn finish(mut self, root: u32, info: Option<u32>) -> Vec<u8> {
        let slots = std::mem::take(&mut self.slots);
        let mut places = vec![Place::Free; slots.len()];
        let mut plain: Vec<(u32, &[u8])> = Vec::new();
        for (id, slot) in slots.iter().enumerate() {
            match slot {
                Slot::Open => {}
                Slot::Plain(bytes) => plain.push((id as u32, bytes)),
                Slot::Stream(offset) => places[id] = Place::At(*offset),
            }
        }
        for group in plain.chunks(GROUP_OBJECTS) {
            let holder = places.len() as u32;
            for (index, (id, _)) in group.iter().enumerate() {
                places[*id as usize] = Place::In(holder, index as u32);
            }
            places.push(Place::At(self.body.len()));
            self.group(holder, group);
        }
        self.close(places, root, info);
        self.body
    }

    fn group(&mut self, id: u32, group: &[(u32, &[u8])]) {
        let mut head = Vec::new();
        let mut data = Vec::new();
        for (member, bytes) in group {
            Num::int(i64::from(*member)).spell(&mut head);
            head.push(b' ');
            Num::int(data.len() as i64).spell(&mut head);
            head.push(b' ');
            data.extend_from_slice(bytes);
            data.push(b'\n');
        }
        let mut dict = Dict::new();
        dict.put("Type", Obj::name("ObjStm"));
        dict.put("N", Obj::int(group.len() as i64));
        dict.put("First", Obj::int(head.len() as i64));
        head.extend_from_slice(&data);
        self.fill_stream(id, dict, &head, Packing::Flate);
    }

    fn close(&mut self, mut places: Vec<Place>, root: u32, info: Option<u32>) {
        let id = places.len() as u32;
        let start = self.body.len();
        places.push(Place::At(start));
        let mut rows = Vec::with_capacity(places.len() * 7);
        for place in &places {
            let (kind, first, second) = match place {
                Place::Free => (0_u8, 0_u32, 0_u16),
                Place::At(offset) => (1, *offset as u32, 0),
                Place::In(holder, index) => (2, *holder, *index as u16),
            };
            rows.push(kind);
            rows.extend_from_slice(&first.to_be_bytes());
            rows.extend_from_slice(&second.to_be_bytes());
        }
        let mut dict = Dict::new();
        dict.put("Type", Obj::name("XRef"));
        dict.put("Size", Obj::int(places.len() as i64));
        dict.put("W", Obj::Array(vec![Obj::int(1), Obj::int(4), Obj::int(2)]));
        dict.put("Root", Obj::Ref(root));
        dict.put_some("Info", info.map(Obj::Ref));
        self.fill_stream(id, dict, &rows, Packing::Flate);
        self.body.extend_from_slice(b"startxref\n");
        Num::int(start as i64).spell(&mut self.body);
        self.body.extend_from_slice(b"\n%%EOF\n");
    }
}

#[derive(Clone, Copy)]
enum Place {
    Free,
    At(usize),
    In(u32, u32),
}

/// Packs bytes in the zlib format.
#[must_use]
pub fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder =
        ZlibEncoder::new(Vec::with_capacity(data.len() / 2), Compression::new(DEFLATE_LEVEL));
    // A vector takes every byte, so neither step can fail.
    let written = encoder.write_all(data).is_ok();
    debug_assert!(written, "a vector takes every byte");
    encoder.finish().unwrap_or_default()
}

/// Version 1.7 with the four high bytes that say "binary" (§7.5.2).
const HEADER: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
/// Members of one object stream.
const GROUP_OBJECTS: usize = 200;
/// Streams up to this size are stored as they are: packing would not help.
const UNPACKED_BYTES_MAX: usize = 40;
/// A middle way between size and speed.
const DEFLATE_LEVEL: u32 = 5;
