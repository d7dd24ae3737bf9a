//! Writes the new file: numbers its objects in the order in which they are
//! finished, packs them and closes with a cross-reference stream. Writes no
//! date, no identifier and no name of a producer.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::model::{Dict, Num, Obj};

/// The file under construction.
#[derive(Default)]
pub struct Writer {
    /// What each object number holds; number 0 is never used. The numbers are
    /// given anew at the end, in the order in which references meet them, so
    /// that the same content always makes the same file.
    slots: Vec<Slot>,
}

#[derive(Default)]
enum Slot {
    /// Promised to someone, not filled: a reference to it becomes null.
    #[default]
    Open,
    /// An object without data.
    Plain(Obj),
    /// A stream with its finished dictionary and data.
    Stream(Dict, Vec<u8>),
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
        Self { slots: vec![Slot::Open] }
    }

    /// Promises an object number that is filled later.
    pub fn promise(&mut self) -> u32 {
        self.slots.push(Slot::Open);
        (self.slots.len() - 1) as u32
    }

    /// Finishes an object and returns its number.
    pub fn put(&mut self, object: Obj) -> u32 {
        let id = self.promise();
        self.fill(id, object);
        id
    }

    /// Fills a promised number.
    pub fn fill(&mut self, id: u32, object: Obj) {
        if let Some(slot) = self.slots.get_mut(id as usize) {
            *slot = Slot::Plain(object);
        }
    }

    /// Finishes a stream and returns its number.
    pub fn put_stream(&mut self, mut dict: Dict, data: Vec<u8>, packing: Packing) -> u32 {
        let stored = match packing {
            Packing::Flate if data.len() > UNPACKED_BYTES_MAX => {
                dict.put("Filter", Obj::name("FlateDecode"));
                deflate(&data)
            }
            Packing::Flate | Packing::Ready => data,
        };
        dict.put("Length", Obj::int(stored.len() as i64));
        self.slots.push(Slot::Stream(dict, stored));
        (self.slots.len() - 1) as u32
    }

    /// Closes the file (ISO 32000-2 §7.5.7 and §7.5.8) and returns its bytes.
    #[must_use]
    pub fn finish(mut self, root: u32, info: Option<u32>) -> Vec<u8> {
        let (order, numbers) = self.order(root, info);
        let size = self.slots.iter().map(|slot| match slot {
            Slot::Stream(_, data) => data.len() + 200,
            Slot::Open | Slot::Plain(_) => 0,
        });
        let mut out =
            Out { body: Vec::with_capacity(size.sum::<usize>() + 4096), places: vec![Place::Free] };
        out.body.extend_from_slice(HEADER);
        out.places.resize(order.len() + 1, Place::Free);
        let mut plain: Vec<(u32, Vec<u8>)> = Vec::new();
        for (index, old) in order.iter().enumerate() {
            let id = index as u32 + 1;
            match self.slots.get_mut(*old as usize).map(std::mem::take) {
                Some(Slot::Plain(mut object)) => {
                    object.renumber(&numbers);
                    let mut bytes = Vec::new();
                    object.spell(&mut bytes);
                    plain.push((id, bytes));
                }
                Some(Slot::Stream(mut dict, data)) => {
                    dict.renumber(&numbers);
                    out.stream(id, &dict, &data);
                }
                Some(Slot::Open) | None => {}
            }
        }
        for group in plain.chunks(GROUP_OBJECTS) {
            out.group(group);
        }
        let number = |id: u32| numbers.get(id as usize).copied().unwrap_or(0);
        out.close(number(root), info.map(number))
    }

    /// Numbers what can be reached: returns old numbers in their new order and
    /// the new number of each old one, zero for what is left out.
    fn order(&self, root: u32, info: Option<u32>) -> (Vec<u32>, Vec<u32>) {
        let mut numbers = vec![0_u32; self.slots.len()];
        let mut order: Vec<u32> = Vec::new();
        let mut meet = |id: u32, order: &mut Vec<u32>| {
            let open = matches!(self.slots.get(id as usize), None | Some(Slot::Open));
            if !open && numbers[id as usize] == 0 {
                order.push(id);
                numbers[id as usize] = order.len() as u32;
            }
        };
        meet(root, &mut order);
        info.into_iter().for_each(|info| meet(info, &mut order));
        let mut at = 0;
        while let Some(&id) = order.get(at) {
            at += 1;
            match &self.slots[id as usize] {
                Slot::Open => {}
                Slot::Plain(object) => object.references(&mut |id| meet(id, &mut order)),
                Slot::Stream(dict, _) => dict.references(&mut |id| meet(id, &mut order)),
            }
        }
        (order, numbers)
    }
}

/// The bytes of the new file with the place of each object.
struct Out {
    body: Vec<u8>,
    places: Vec<Place>,
}

impl Out {
    fn stream(&mut self, id: u32, dict: &Dict, data: &[u8]) {
        if let Some(place) = self.places.get_mut(id as usize) {
            *place = Place::At(self.body.len());
        }
        Num::int(i64::from(id)).spell(&mut self.body);
        self.body.extend_from_slice(b" 0 obj");
        dict.spell(&mut self.body);
        self.body.extend_from_slice(b"stream\n");
        self.body.extend_from_slice(data);
        self.body.extend_from_slice(b"\nendstream\nendobj\n");
    }

    fn group(&mut self, group: &[(u32, Vec<u8>)]) {
        let holder = self.places.len() as u32;
        let mut head = Vec::new();
        let mut data = Vec::new();
        for (index, (member, bytes)) in group.iter().enumerate() {
            Num::int(i64::from(*member)).spell(&mut head);
            head.push(b' ');
            Num::int(data.len() as i64).spell(&mut head);
            head.push(b' ');
            data.extend_from_slice(bytes);
            data.push(b'\n');
            self.places[*member as usize] = Place::In(holder, index as u32);
        }
        let mut dict = Dict::new();
        dict.put("Type", Obj::name("ObjStm"));
        dict.put("N", Obj::int(group.len() as i64));
        dict.put("First", Obj::int(head.len() as i64));
        head.extend_from_slice(&data);
        self.places.push(Place::Free);
        self.packed(holder, dict, &head);
    }

    fn packed(&mut self, id: u32, mut dict: Dict, data: &[u8]) {
        let packed = deflate(data);
        dict.put("Filter", Obj::name("FlateDecode"));
        dict.put("Length", Obj::int(packed.len() as i64));
        self.stream(id, &dict, &packed);
    }

    fn close(mut self, root: u32, info: Option<u32>) -> Vec<u8> {
        let id = self.places.len() as u32;
        let start = self.body.len();
        self.places.push(Place::At(start));
        let mut rows = Vec::with_capacity(self.places.len() * 7);
        for place in &self.places {
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
        dict.put("Size", Obj::int(self.places.len() as i64));
        dict.put("W", Obj::Array(vec![Obj::int(1), Obj::int(4), Obj::int(2)]));
        dict.put("Root", Obj::Ref(root));
        dict.put_some("Info", info.map(Obj::Ref));
        self.packed(id, dict, &rows);
        self.body.extend_from_slice(b"startxref\n");
        Num::int(start as i64).spell(&mut self.body);
        self.body.extend_from_slice(b"\n%%EOF\n");
        self.body
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
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        let mut out = Vec::with_capacity(data.len() / 2 + PACKED_SLACK_BYTES);
        loop {
            let done = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
            let rest = data.get(done..).unwrap_or_default();
            match packer.compress_vec(rest, &mut out, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => {
                    out.shrink_to_fit();
                    return out;
                }
                // The room is used up: go on with more.
                Ok(Status::Ok | Status::BufError) => out.reserve(out.len().max(PACKED_SLACK_BYTES)),
                // Packing what is at hand into a vector has no way to fail.
                Err(_) => return Vec::new(),
            }
        }
    })
}

thread_local! {
    /// The tables of the packer are large; they are made once and wiped for
    /// each stream, which leaves no trace in what comes out.
    static PACKER: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(DEFLATE_LEVEL), true));
}

/// Room for a head, a checksum and stored blocks.
const PACKED_SLACK_BYTES: usize = 128;

/// Version 1.7 with the four high bytes that say "binary" (§7.5.2).
const HEADER: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
/// Members of one object stream.
const GROUP_OBJECTS: usize = 200;
/// Streams up to this size are stored as they are: packing would not help.
const UNPACKED_BYTES_MAX: usize = 40;
/// A middle way between size and speed.
const DEFLATE_LEVEL: u32 = 5;
