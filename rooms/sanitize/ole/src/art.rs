//! Drawings, [MS-ODRAW]: walks the record tree and writes anew what is on the
//! allow-list. Knows nothing of the host's own client records; those it hands
//! back through a callback.

pub(crate) mod blip;
mod props;

use sanitize_core::{Job, Stop};

use crate::bytes::{index_at, u16_at};
use crate::codes::RECORD;
use blip::Blips;

/// Size of a record header, in bytes.
pub(crate) const HEADER: usize = 8;
pub(crate) const CLIENT_TEXTBOX: u16 = 0xF00D;
pub(crate) const CLIENT_DATA: u16 = 0xF011;
const BSE: u16 = 0xF007;
const SHAPE: u16 = 0xF00A;

/// A record header, shared by drawings and PowerPoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Version in the low four bits, instance above.
    pub version_instance: u16,
    pub kind: u16,
    /// Bytes after the header that are really there.
    pub len: usize,
}

impl Header {
    /// Reads the header at `at`; its length never leaves `bytes`.
    pub fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let room = bytes.len().checked_sub(at.checked_add(HEADER)?)?;
        let len = index_at(bytes, at + 4).min(room);
        Some(Self { version_instance: u16_at(bytes, at), kind: u16_at(bytes, at + 2), len })
    }

    pub fn is_container(self) -> bool {
        self.version_instance & 0xF == 0xF
    }

    pub fn instance(self) -> u16 {
        self.version_instance >> 4
    }
}

/// Appends a record.
pub(crate) fn push(out: &mut Vec<u8>, version_instance: u16, kind: u16, body: &[u8]) {
    let start = open(out, version_instance, kind);
    out.extend_from_slice(body);
    close(out, start);
}

/// Begins a record whose length [`close`] fills in.
pub(crate) fn open(out: &mut Vec<u8>, version_instance: u16, kind: u16) -> usize {
    let start = out.len();
    out.extend_from_slice(&version_instance.to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    start
}

/// Ends the record that began at `start`.
pub(crate) fn close(out: &mut [u8], start: usize) {
    let len = u32::try_from(out.len() - start - HEADER).unwrap_or(u32::MAX);
    crate::bytes::put(out, start + 4, &len.to_le_bytes());
}

/// What the host does with a client record: its new body, or nothing where
/// the record must go.
pub(crate) type Client<'c> =
    &'c mut dyn FnMut(Header, &[u8], &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop>;

/// One pass over a drawing.
pub(crate) struct Rewriter<'r, 'j, 'p, 'c> {
    pub job: &'r mut Job<'p>,
    pub blips: &'r mut Blips<'j>,
    pub client: Client<'c>,
    /// What the drawing is called in the report.
    pub place: &'r str,
    /// Places in the input whose place in the output is wanted, ascending.
    pub cuts: &'r [usize],
    /// The same places in the output.
    pub cuts_out: Vec<usize>,
    pub out: Vec<u8>,
}

impl Rewriter<'_, '_, '_, '_> {
    /// Rewrites all records of `input`.
    pub fn run(&mut self, input: &[u8]) -> Result<(), Stop> {
        self.records(input, 0, input.len(), 0)?;
        self.cut(usize::MAX);
        Ok(())
    }

    fn records(&mut self, input: &[u8], from: usize, to: usize, depth: u32) -> Result<(), Stop> {
        self.job.budget.check_nesting(depth)?;
        let mut at = from;
        while let Some(header) = Header::read(&input[..to], at) {
            self.job.budget.take_objects(1)?;
            self.cut(at);
            let end = at + HEADER + header.len;
            self.record(input, header, at + HEADER, end, depth)?;
            at = end;
            self.cut(at);
        }
        Ok(())
    }

    fn record(
        &mut self,
        input: &[u8],
        header: Header,
        from: usize,
        to: usize,
        depth: u32,
    ) -> Result<(), Stop> {
        let body = &input[from..to];
        match header.kind {
            0xF000..=0xF005 | 0xF118 => {
                let start = open(&mut self.out, header.version_instance | 0xF, header.kind);
                self.records(input, from, to, depth + 1)?;
                if header.kind == 0xF001 {
                    self.count_children(start);
                }
                close(&mut self.out, start);
            }
            BSE => {
                let entry = self.blips.entry(header, body, self.job)?;
                self.out.extend_from_slice(&entry);
            }
            0xF018..=0xF117 => {
                let image = self.blips.blip(header, body, self.job)?;
                self.out.extend_from_slice(&image.record);
            }
            0xF00B | 0xF121 | 0xF122 => {
                let (count, body) = props::rebuild(header.instance(), body, self.place, self.job)?;
                if count > 0 || header.kind == 0xF00B {
                    push(&mut self.out, (count << 4) | 3, header.kind, &body);
                }
            }
            CLIENT_TEXTBOX | CLIENT_DATA => {
                if let Some(body) = (self.client)(header, body, self.job)? {
                    push(&mut self.out, header.version_instance, header.kind, &body);
                }
            }
            SHAPE => {
                let mut body = body.to_vec();
                body.resize(8, 0);
                // No shape stands for an embedded object any more (2.2.40).
                body[4] &= !0x10;
                push(&mut self.out, header.version_instance, SHAPE, &body);
            }
            kind => match atom_len_max(kind) {
                Some(len_max) if header.len <= len_max => {
                    push(&mut self.out, header.version_instance, kind, body);
                }
                // Recently used colours and other state of the program.
                Some(_) => self.job.removed(&RECORD, self.place),
                None if is_program_state(kind) => {}
                None => self.job.removed(&RECORD, self.place),
            },
        }
        Ok(())
    }

    /// The store's instance is the number of its entries (2.2.20).
    fn count_children(&mut self, start: usize) {
        let mut count = 0_u16;
        let mut at = start + HEADER;
        while let Some(header) = Header::read(&self.out, at) {
            count = count.saturating_add(1);
            at += HEADER + header.len;
        }
        let version_instance = (count.min(0xFFF) << 4) | 0xF;
        crate::bytes::put(&mut self.out, start, &version_instance.to_le_bytes());
    }

    fn cut(&mut self, at: usize) {
        while let Some(&cut) = self.cuts.get(self.cuts_out.len()) {
            if cut > at {
                break;
            }
            self.cuts_out.push(self.out.len());
        }
    }
}

/// Returns how long an atom on the allow-list can be, in bytes.
fn atom_len_max(kind: u16) -> Option<usize> {
    Some(match kind {
        0xF006 => 1 << 20, // drawing group: sizes and identifier clusters
        0xF008 => 8,       // drawing
        0xF009 => 16,      // group coordinates
        0xF00F => 16,      // anchor within a group
        0xF010 => 18,      // anchor in the host's units
        0xF012 => 24,      // connector rule
        0xF014 => 8,       // arc rule
        0xF017 => 8,       // call-out rule
        0xF11A => 64,      // recently used colours
        0xF11E => 16,      // colours of split buttons
        0xF11D => 4,       // position in a deleted group
        _ => return None,
    })
}

fn is_program_state(kind: u16) -> bool {
    matches!(kind, 0xF119 | 0xF11A | 0xF11D | 0xF11E | 0xF11F | 0xF120)
}
