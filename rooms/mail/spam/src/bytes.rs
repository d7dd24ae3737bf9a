//! Numbers as bytes: seven bits a byte, the lowest first. The reader believes
//! nothing: every count has its ceiling, keys ascend, nothing may follow the end.

/// Why bytes are no model and no lesson.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// Larger than any that is written.
    #[error("larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// Written by another version of this program.
    #[error("of version {found}, which is not known here")]
    Version {
        /// What it says.
        found: u64,
    },
    /// Not as it is written: cut off, changed, or something else.
    #[error("cut off or changed")]
    Broken,
}

/// Writes a number.
pub(crate) fn write(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        // The mask leaves seven bits.
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads from the front.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, BytesError> {
        let (first, rest) = self.rest.split_first().ok_or(BytesError::Broken)?;
        self.rest = rest;
        Ok(*first)
    }

    /// Takes these bytes, which must stand here.
    pub(crate) fn expect(&mut self, mark: &[u8]) -> Result<(), BytesError> {
        self.rest = self.rest.strip_prefix(mark).ok_or(BytesError::Broken)?;
        Ok(())
    }

    /// Reads a number in its shortest form: a thing has one way to be written.
    pub(crate) fn number(&mut self) -> Result<u64, BytesError> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            let shifted = bits << shift;
            if shifted >> shift != bits {
                return Err(BytesError::Broken);
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                let is_shortest = byte != 0 || shift == 0;
                return if is_shortest { Ok(number) } else { Err(BytesError::Broken) };
            }
        }
        Err(BytesError::Broken)
    }

    pub(crate) fn small(&mut self) -> Result<u32, BytesError> {
        u32::try_from(self.number()?).map_err(|_| BytesError::Broken)
    }

    /// Reads how many entries follow; each takes a byte at least.
    pub(crate) fn count(&mut self, max: usize) -> Result<usize, BytesError> {
        let count = usize::try_from(self.number()?).map_err(|_| BytesError::Broken)?;
        if count > max || count > self.rest.len() {
            return Err(BytesError::Broken);
        }
        Ok(count)
    }

    /// Reads a key, written as its distance from the one before.
    pub(crate) fn key(&mut self, before: Option<u64>, bits: u32) -> Result<u64, BytesError> {
        let distance = self.number()?;
        if before.is_some() && distance == 0 {
            return Err(BytesError::Broken);
        }
        let key = before.unwrap_or(0).checked_add(distance).ok_or(BytesError::Broken)?;
        if key >> bits == 0 { Ok(key) } else { Err(BytesError::Broken) }
    }

    pub(crate) fn end(&self) -> Result<(), BytesError> {
        if self.rest.is_empty() { Ok(()) } else { Err(BytesError::Broken) }
    }
}
