//! What EMF and WMF share: the outcome of one record and the fields that both
//! build records from. Knows no record numbers.

use sanitize_core::{Code, Job, Stop};

use crate::bytes::Reader;
use crate::dib::{Dib, Head};

/// What becomes of a record.
pub(crate) enum Outcome {
    /// The parameters written anew.
    Keep(Vec<u8>),
    /// Goes, with this line in the report.
    Drop(&'static Code),
    /// Goes silently: it says nothing.
    Skip,
}

/// Why a record cannot be carried over.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Its sizes or counts do not fit.
    Broken,
    /// A limit of the job was reached.
    Stop(Stop),
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// Turns a missing field into a fault.
pub(crate) trait OrBroken<T> {
    fn or_broken(self) -> Result<T, Fault>;
}

impl<T> OrBroken<T> for Option<T> {
    fn or_broken(self) -> Result<T, Fault> {
        self.ok_or(Fault::Broken)
    }
}

/// Which objects of a metafile exist, by their place in its table.
#[derive(Default)]
pub(crate) struct Objects(Vec<bool>);

impl Objects {
    /// Notes that an object now stands at `index`.
    pub(crate) fn create(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize(index + 1, false);
        }
        self.0[index] = true;
    }

    /// Says whether there is an object at `index`.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }

    /// Frees the place at `index`.
    pub(crate) fn delete(&mut self, index: usize) {
        if let Some(place) = self.0.get_mut(index) {
            *place = false;
        }
    }

    /// Returns the first free place, as WMF hands places out.
    pub(crate) fn first_free(&self) -> usize {
        self.0.iter().position(|&is_used| !is_used).unwrap_or(self.0.len())
    }

    /// Returns how many places were ever needed.
    pub(crate) fn places(&self) -> usize {
        self.0.len()
    }
}

/// Copies `count` 16-bit numbers.
pub(crate) fn shorts(reader: &mut Reader<'_>, count: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend(reader.take(count.checked_mul(2)?)?);
    Some(())
}

/// Copies `count` 32-bit numbers.
pub(crate) fn words(reader: &mut Reader<'_>, count: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend(reader.take(count.checked_mul(4)?)?);
    Some(())
}

/// Reads a bitmap whose rows follow its header.
pub(crate) fn packed_dib(bytes: &[u8], has_places: bool, job: &mut Job<'_>) -> Result<Dib, Fault> {
    let head = Head::read(bytes, has_places).or_broken()?;
    let (width, height) = head.sides();
    job.budget.take_pixels(width.into(), height.into())?;
    let rows = &bytes[head.bytes.min(bytes.len())..];
    Ok(head.with_rows(rows))
}
