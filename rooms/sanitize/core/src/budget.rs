//! Counts what a job has used. One budget is shared by a file and everything
//! nested in it, so that no branch can forget it and no nesting can multiply it.

use crate::job::Stop;
use crate::limits::{self, Limits};

/// Output that no ratio is demanded of: small files of zeros are common.
const RATIO_FREE_BYTES: u64 = 32 << 20;

/// What is left of a job's [`Limits`].
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    bytes_in: u64,
    bytes_out: u64,
    entries: u64,
    depth: u32,
    pixels: u64,
    objects: u64,
}

impl Budget {
    /// Opens a budget for an input of `bytes_in` bytes.
    ///
    /// # Errors
    /// Stops when the input itself is over the limit.
    pub fn open(limits: Limits, bytes_in: u64) -> Result<Self, Stop> {
        if bytes_in > limits.bytes_in_max {
            return Err(Stop::blocked(&limits::BYTES_IN, ""));
        }
        Ok(Self { limits, bytes_in, bytes_out: 0, entries: 0, depth: 0, pixels: 0, objects: 0 })
    }

    /// The limits this budget counts against.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns how many more bytes may be unpacked, so that a decoder can be
    /// given a hard ceiling before it starts. Zero means: already at the end.
    #[must_use]
    pub fn bytes_left(&self) -> u64 {
        let by_ratio = self.bytes_in.saturating_mul(self.limits.ratio_max).max(RATIO_FREE_BYTES);
        self.limits.bytes_out_max.min(by_ratio).saturating_sub(self.bytes_out)
    }

    /// Takes `count` unpacked bytes.
    ///
    /// # Errors
    /// Stops at the size or the ratio limit.
    pub fn take_bytes(&mut self, count: u64) -> Result<(), Stop> {
        self.bytes_out = self.bytes_out.saturating_add(count);
        if self.bytes_out > self.limits.bytes_out_max {
            return Err(Stop::blocked(&limits::BYTES_OUT, ""));
        }
        let free = RATIO_FREE_BYTES.max(self.bytes_in.saturating_mul(self.limits.ratio_max));
        if self.bytes_out > free {
            return Err(Stop::blocked(&limits::RATIO, ""));
        }
        Ok(())
    }

    /// Takes `count` archive members or package parts.
    ///
    /// # Errors
    /// Stops at the limit.
    pub fn take_entries(&mut self, count: u64) -> Result<(), Stop> {
        self.entries = self.entries.saturating_add(count);
        if self.entries > self.limits.entries_max {
            return Err(Stop::blocked(&limits::ENTRIES, ""));
        }
        Ok(())
    }

    /// Takes one image of `width` × `height` pixels; call it before decoding.
    ///
    /// # Errors
    /// Stops when this image, or all images together, are over the limit.
    pub fn take_pixels(&mut self, width: u64, height: u64) -> Result<(), Stop> {
        let count = width.saturating_mul(height);
        self.pixels = self.pixels.saturating_add(count);
        if count > self.limits.image_pixels_max || self.pixels > self.limits.pixels_max {
            return Err(Stop::blocked(&limits::PIXELS, ""));
        }
        Ok(())
    }

    /// Checks a document's page count.
    ///
    /// # Errors
    /// Stops when there are more than the limit.
    pub fn check_pages(&self, count: u64) -> Result<(), Stop> {
        if count > self.limits.pages_max {
            return Err(Stop::blocked(&limits::PAGES, ""));
        }
        Ok(())
    }

    /// Takes `count` objects, elements or records.
    ///
    /// # Errors
    /// Stops at the limit.
    pub fn take_objects(&mut self, count: u64) -> Result<(), Stop> {
        self.objects = self.objects.saturating_add(count);
        if self.objects > self.limits.objects_max {
            return Err(Stop::blocked(&limits::OBJECTS, ""));
        }
        Ok(())
    }

    /// Checks how deep one document's structure is nested.
    ///
    /// # Errors
    /// Stops when it is deeper than the limit.
    pub fn check_nesting(&self, depth: u32) -> Result<(), Stop> {
        if depth > self.limits.nesting_max {
            return Err(Stop::blocked(&limits::NESTING, ""));
        }
        Ok(())
    }

    /// Steps into a nested container; [`Budget::leave`] steps out again.
    pub(crate) fn enter(&mut self) -> Result<(), Stop> {
        if self.depth >= self.limits.depth_max {
            return Err(Stop::blocked(&limits::DEPTH, ""));
        }
        self.depth += 1;
        Ok(())
    }

    /// Steps out of a nested container.
    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limits: Limits) -> Budget {
        Budget::open(limits, 1000).expect("1000 bytes are within the limit")
    }

    #[test]
    fn small_files_may_have_any_ratio() {
        let mut budget = budget(Limits::default());
        assert_eq!(budget.take_bytes(RATIO_FREE_BYTES), Ok(()));
    }

    #[test]
    fn a_high_ratio_stops() {
        let mut budget = budget(Limits::default());
        let stop = budget.take_bytes(RATIO_FREE_BYTES + 1).expect_err("over the ratio");
        assert_eq!(stop.reason().code.id, "limit-ratio");
        assert_eq!(budget.bytes_left(), 0);
    }

    #[test]
    fn many_small_images_stop_together() {
        let mut budget = budget(Limits { pixels_max: 10, ..Limits::default() });
        assert_eq!(budget.take_pixels(2, 4), Ok(()));
        assert!(budget.take_pixels(2, 2).is_err());
    }

    #[test]
    fn input_over_the_limit_is_refused() {
        let limits = Limits { bytes_in_max: 10, ..Limits::default() };
        let stop = Budget::open(limits, 11).expect_err("over the limit");
        assert_eq!(stop.reason().code.id, "limit-bytes-in");
    }
}
