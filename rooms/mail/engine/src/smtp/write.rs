//! Writes a message's text for `DATA`: dots stuffed, and never with a line end
//! that another server could read differently.

/// RFC 5321 4.5.3.1.6, without the line's end.
const LINE_BYTES_MAX: usize = 998;

/// What cannot be sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// CR or LF stands alone.
    #[error("a line does not end with CR LF")]
    LineEnd,
    /// Longer than the other side takes.
    #[error("a line is too long")]
    LineTooLong,
}

/// Writes a text piece by piece.
#[derive(Debug)]
pub struct DataWriter {
    /// Bytes of the line at hand.
    line: usize,
    line_bytes_max: usize,
    has_return: bool,
}

impl Default for DataWriter {
    fn default() -> Self {
        Self::with_lines_of(LINE_BYTES_MAX)
    }
}

impl DataWriter {
    /// For a server that is known to take longer lines than RFC 5321 allows.
    #[must_use]
    pub fn with_lines_of(line_bytes_max: usize) -> Self {
        Self { line: 0, line_bytes_max, has_return: false }
    }

    /// Stuffs a piece.
    ///
    /// # Errors
    /// Line ends and lengths that may not be sent. The session must end without
    /// the text's end, so that the other side forgets the mail.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), WriteError> {
        out.reserve(piece.len());
        for byte in piece.iter().copied() {
            match (self.has_return, byte) {
                (true, b'\n') => {
                    (self.line, self.has_return) = (0, false);
                    out.push(byte);
                    continue;
                }
                (true, _) | (false, b'\n') => return Err(WriteError::LineEnd),
                (false, b'\r') => self.has_return = true,
                (false, _) => {
                    if self.line == 0 && byte == b'.' {
                        out.push(b'.');
                    }
                    self.line += 1;
                    if self.line > self.line_bytes_max {
                        return Err(WriteError::LineTooLong);
                    }
                }
            }
            out.push(byte);
        }
        Ok(())
    }

    /// Ends the text; a last line without an end gets one.
    ///
    /// # Errors
    /// A text that ends in the middle of a line's end.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), WriteError> {
        if self.has_return {
            return Err(WriteError::LineEnd);
        }
        if self.line > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
        Ok(())
    }
}

/// Makes every line end CR LF: for text of our own that came without.
#[must_use]
pub fn with_line_ends(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 32);
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            other => out.push(other),
        }
    }
    out
}
