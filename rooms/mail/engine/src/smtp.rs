//! SMTP (RFC 5321) as bytes and events: no sockets. Reads so strictly that no
//! two servers can see two different messages in the same bytes: a line ends
//! with CR LF and nothing else, and who breaks that is hung up on.

mod command;
mod data;
mod reply;
mod session;
mod write;

pub use command::{Command, CommandError, Forwarded, LineReader};
pub use data::{DataReader, DataStep, Refusal};
pub use reply::{Reply, ReplyError, ReplyReader};
pub use session::{Event, Mail, Session, Settings};
pub use write::{DataWriter, WriteError, with_line_ends};

/// What one session may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpLimits {
    /// A line of commands with its end, in bytes (RFC 5321 4.5.3.1.4 and what
    /// extensions add).
    pub command_bytes_max: usize,
    /// A line of text with its end, in bytes (RFC 5321 4.5.3.1.6). Postfix folds
    /// longer ones before they come here.
    pub line_bytes_max: usize,
    /// One message, in bytes.
    pub message_bytes_max: usize,
    /// Receivers of one message.
    pub receivers_max: usize,
    /// Commands that did nothing or were wrong, in one session.
    pub errors_max: u32,
}

impl Default for SmtpLimits {
    fn default() -> Self {
        Self {
            command_bytes_max: 2_048,
            line_bytes_max: 1_000,
            message_bytes_max: 100 << 20,
            receivers_max: 1_000,
            errors_max: 20,
        }
    }
}

#[cfg(test)]
mod tests;
