//! The text of a message between `354` and its end. The end is CR LF `.` CR LF
//! and nothing that resembles it.

use super::SmtpLimits;

/// Why a text is refused. The session ends with it: what follows may be commands
/// to one server and text to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// LF without CR.
    #[error("a line feed stands alone")]
    BareLineFeed,
    /// CR without LF.
    #[error("a carriage return stands alone")]
    BareReturn,
    /// Longer than [`SmtpLimits::line_bytes_max`].
    #[error("a line is longer than {max} bytes")]
    LineTooLong {
        /// The limit.
        max: usize,
    },
    /// Longer than [`SmtpLimits::message_bytes_max`].
    #[error("the message is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
}

impl Refusal {
    /// What the client is told.
    #[must_use]
    pub fn reply(self) -> String {
        match self {
            Self::BareLineFeed | Self::BareReturn => {
                format!("521 5.5.2 Closing: {self}; lines end with CR LF\r\n")
            }
            Self::LineTooLong { .. } => format!("521 5.6.0 Closing: {self}\r\n"),
            Self::TooLarge { .. } => format!("552 5.3.4 Closing: {self}\r\n"),
        }
    }
}

/// Where reading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataStep {
    /// All bytes were text; more must come.
    More,
    /// The text ended; so many of the bytes belonged to it.
    End {
        /// Bytes taken of those given last.
        taken: usize,
    },
}

/// What came before the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A line begins.
    Start,
    /// A dot stands first in its line.
    Dot,
    /// A dot and CR: the end, if LF follows.
    DotReturn,
    /// Within a line.
    Text,
    /// CR: LF must follow.
    Return,
}

/// Reads a text piece by piece and takes the stuffed dots out.
#[derive(Debug)]
pub struct DataReader {
    state: State,
    line: usize,
    text: Vec<u8>,
    line_bytes_max: usize,
    message_bytes_max: usize,
}

impl DataReader {
    /// Begins a text.
    #[must_use]
    pub fn new(limits: &SmtpLimits) -> Self {
        Self {
            state: State::Start,
            line: 0,
            text: Vec::new(),
            line_bytes_max: limits.line_bytes_max,
            message_bytes_max: limits.message_bytes_max,
        }
    }

    /// Takes what came.
    ///
    /// # Errors
    /// What makes the text no text; the session must end.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<DataStep, Refusal> {
        for (at, byte) in bytes.iter().copied().enumerate() {
            self.line += 1;
            if self.line > self.line_bytes_max {
                return Err(Refusal::LineTooLong { max: self.line_bytes_max });
            }
            let next = self.next(byte)?;
            match (self.state, next) {
                (State::DotReturn, State::Start) => return Ok(DataStep::End { taken: at + 1 }),
                // A dot that something follows was stuffed, and goes (4.5.2).
                (State::Dot, State::Text) => self.push(byte)?,
                (State::Start, State::Dot) | (State::Dot, State::DotReturn) => {}
                _ => self.push(byte)?,
            }
            if next == State::Start {
                self.line = 0;
            }
            self.state = next;
        }
        Ok(DataStep::More)
    }

    fn next(&self, byte: u8) -> Result<State, Refusal> {
        match (self.state, byte) {
            (State::Return | State::DotReturn, b'\n') => Ok(State::Start),
            (State::Return | State::DotReturn, _) => Err(Refusal::BareReturn),
            (_, b'\n') => Err(Refusal::BareLineFeed),
            (State::Dot, b'\r') => Ok(State::DotReturn),
            (_, b'\r') => Ok(State::Return),
            (State::Start, b'.') => Ok(State::Dot),
            (State::Start | State::Dot | State::Text, _) => Ok(State::Text),
        }
    }

    fn push(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.text.len() >= self.message_bytes_max {
            return Err(Refusal::TooLarge { max: self.message_bytes_max });
        }
        self.text.push(byte);
        Ok(())
    }

    /// Returns the text that was read.
    #[must_use]
    pub fn into_text(self) -> Vec<u8> {
        self.text
    }
}
