//! Replies of the server that takes a mail from us.

/// Lines of one reply.
const LINES_MAX: usize = 100;
/// Bytes of one line; RFC 5321 4.5.3.1.5 says 512, some say more.
const LINE_BYTES_MAX: usize = 4_096;

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Its lines without codes and ends.
    pub lines: Vec<String>,
}

impl Reply {
    /// Says whether what was asked is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Says whether trying again is no use.
    #[must_use]
    pub fn is_final_refusal(&self) -> bool {
        self.code >= 500
    }
}

/// What is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// No code at the start of a line, or another one than before.
    #[error("not a reply")]
    NoCode,
    /// Too many or too long lines.
    #[error("the reply is too long")]
    TooLong,
}

/// Puts replies together from what comes.
#[derive(Debug, Default)]
pub struct ReplyReader {
    pending: Vec<u8>,
    code: Option<u16>,
    lines: Vec<String>,
}

impl ReplyReader {
    /// Takes bytes; returns the replies that are whole now.
    ///
    /// # Errors
    /// What is no reply; the session is of no use any more.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Reply>, ReplyError> {
        let mut out = Vec::new();
        for byte in bytes.iter().copied() {
            if byte != b'\n' {
                if self.pending.len() >= LINE_BYTES_MAX {
                    return Err(ReplyError::TooLong);
                }
                self.pending.push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.pending);
            if let Some(reply) = self.line(line.trim_ascii_end())? {
                out.push(reply);
            }
        }
        Ok(out)
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u16>().ok());
        let code = code.filter(|code| (200..600).contains(code)).ok_or(ReplyError::NoCode)?;
        if self.code.is_some_and(|known| known != code) {
            return Err(ReplyError::NoCode);
        }
        if self.lines.len() >= LINES_MAX {
            return Err(ReplyError::TooLong);
        }
        self.lines.push(String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned());
        match line.get(3) {
            Some(b'-') => {
                self.code = Some(code);
                Ok(None)
            }
            Some(b' ') | None => {
                self.code = None;
                Ok(Some(Reply { code, lines: std::mem::take(&mut self.lines) }))
            }
            Some(_) => Err(ReplyError::NoCode),
        }
    }
}
