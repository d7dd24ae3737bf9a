//! Finds the ends of lines and heads. Goes byte by byte from the start, so
//! that the first fault is the same however the bytes arrived.

use super::Refusal;

/// How far a line or head has been looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    at: usize,
}

impl Scan {
    /// Finds the end of a head, behind its empty line.
    pub(super) fn head(
        &mut self,
        bytes: &[u8],
        bytes_max: usize,
    ) -> Result<Option<usize>, Refusal> {
        while let Some(end) = self.line(bytes, bytes_max, Refusal::HeadTooLong)? {
            if end == 2 || bytes.get(..end).is_some_and(|head| head.ends_with(b"\r\n\r\n")) {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Finds the end of the next line, behind its line feed.
    pub(super) fn line(
        &mut self,
        bytes: &[u8],
        bytes_max: usize,
        too_long: Refusal,
    ) -> Result<Option<usize>, Refusal> {
        while let Some(&byte) = bytes.get(self.at) {
            if self.at >= bytes_max {
                return Err(too_long);
            }
            match byte {
                b'\n' => return Err(Refusal::BareLineEnd),
                b'\r' => match bytes.get(self.at + 1) {
                    None => return Ok(None),
                    Some(b'\n') => {
                        self.at += 2;
                        return Ok(Some(self.at));
                    }
                    Some(_) => return Err(Refusal::BareLineEnd),
                },
                b'\t' => {}
                // RFC 9110 §5.5: NUL is dangerous, other controls are useless.
                0..=0x1f | 0x7f => return Err(Refusal::Control),
                _ => {}
            }
            self.at += 1;
        }
        Ok(None)
    }
}
