//! Lines of commands and what they say.

use super::SmtpLimits;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// LF without CR, CR without LF, or NUL: the session must end.
    #[error("a line does not end with CR LF")]
    LineEnd,
    /// Longer than [`SmtpLimits::command_bytes_max`]: the session must end.
    #[error("a command is longer than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// No command that we know.
    #[error("unknown command")]
    Unknown,
    /// A known command with something wrong behind it.
    #[error("{what}")]
    Syntax {
        /// What is wrong.
        what: &'static str,
    },
}

/// What the server before us knows about the client (Postfix XFORWARD).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// The client's name.
    pub name: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The client's port.
    pub port: Option<String>,
    /// How the client spoke, such as `ESMTP`.
    pub protocol: Option<String>,
    /// What the client called itself.
    pub helo: Option<String>,
    /// The queue's name of the mail there.
    pub ident: Option<String>,
    /// `LOCAL` or `REMOTE`: where the mail came from.
    pub source: Option<String>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `EHLO` or `HELO` with a name.
    Hello {
        /// What the client calls itself.
        name: String,
        /// Whether extensions are wanted.
        is_extended: bool,
        /// Whether each receiver gets a reply of its own after the text
        /// (`LHLO`, RFC 2033 4.2).
        is_local: bool,
    },
    /// `MAIL FROM:`; the address is empty for reports of failure.
    Mail {
        /// Without angle brackets.
        from: String,
        /// As written, in upper case before the sign.
        parameters: Vec<String>,
    },
    /// `RCPT TO:`
    Receiver {
        /// Without angle brackets.
        to: String,
    },
    /// `DATA`
    Data,
    /// `RSET`
    Reset,
    /// `NOOP`
    Nothing,
    /// `QUIT`
    Quit,
    /// `XFORWARD`
    Forward(Forwarded),
}

/// Cuts what comes into lines.
#[derive(Debug, Default)]
pub struct LineReader {
    line: Vec<u8>,
}

impl LineReader {
    /// Takes bytes up to the end of one line; returns how many, and the line
    /// without its end once it is whole.
    ///
    /// # Errors
    /// Line ends that another server could read differently, and over-long lines.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        limits: &SmtpLimits,
    ) -> Result<(usize, Option<Vec<u8>>), CommandError> {
        for (at, byte) in bytes.iter().copied().enumerate() {
            let has_return = self.line.last() == Some(&b'\r');
            match (has_return, byte) {
                (true, b'\n') => {
                    self.line.pop();
                    return Ok((at + 1, Some(std::mem::take(&mut self.line))));
                }
                (true, _) | (false, b'\n' | 0) => return Err(CommandError::LineEnd),
                (false, _) => self.line.push(byte),
            }
            if self.line.len() >= limits.command_bytes_max {
                return Err(CommandError::TooLong { max: limits.command_bytes_max });
            }
        }
        Ok((bytes.len(), None))
    }
}

impl Command {
    /// Reads a line.
    ///
    /// # Errors
    /// Unknown commands, and known ones that say something wrong.
    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let syntax = |what| CommandError::Syntax { what };
        let line = std::str::from_utf8(line).map_err(|_| syntax("not UTF-8"))?;
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(syntax("control characters"));
        }
        let line = line.trim_end_matches([' ', '\t']);
        let (verb, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let rest = rest.trim_start();
        let bare = |command: Self| {
            if rest.is_empty() { Ok(command) } else { Err(syntax("no parameters are allowed")) }
        };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => hello(rest, true, false),
            "LHLO" => hello(rest, true, true),
            "HELO" => hello(rest, false, false),
            "MAIL" => {
                let (from, parameters) = path(rest, "FROM:")?;
                Ok(Self::Mail { from, parameters })
            }
            "RCPT" => match path(rest, "TO:")? {
                (to, parameters) if !to.is_empty() && parameters.is_empty() => {
                    Ok(Self::Receiver { to })
                }
                (to, _) if to.is_empty() => Err(syntax("a receiver must have an address")),
                _ => Err(syntax("parameters of receivers are not known here")),
            },
            "DATA" => bare(Self::Data),
            "RSET" => bare(Self::Reset),
            "QUIT" => bare(Self::Quit),
            "NOOP" => Ok(Self::Nothing),
            "XFORWARD" => Ok(Self::Forward(forwarded(rest))),
            _ => Err(CommandError::Unknown),
        }
    }
}

fn hello(rest: &str, is_extended: bool, is_local: bool) -> Result<Command, CommandError> {
    let is_name = !rest.is_empty() && rest.len() <= 255 && !rest.contains([' ', '<', '>']);
    if is_name {
        Ok(Command::Hello { name: rest.to_owned(), is_extended, is_local })
    } else {
        Err(CommandError::Syntax { what: "a name is missing" })
    }
}

/// Reads `FROM:<address> parameters`. An address in quotes may hold `>`.
fn path(rest: &str, key: &str) -> Result<(String, Vec<String>), CommandError> {
    let syntax = |what| CommandError::Syntax { what };
    let head = rest.get(..key.len()).ok_or(syntax("an address is missing"))?;
    if !head.eq_ignore_ascii_case(key) {
        return Err(syntax("an address is missing"));
    }
    let rest = rest.get(key.len()..).unwrap_or_default().trim_start();
    let inner = rest.strip_prefix('<').ok_or(syntax("an address stands in angle brackets"))?;
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = inner.char_indices().find(|(_, c)| {
        let ends = *c == '>' && !is_quoted;
        is_quoted ^= *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    let (end, _) = end.ok_or(syntax("an angle bracket is missing"))?;
    let (address, parameters) = inner.split_at(end);
    // RFC 5321 4.1.1.3: a route before the address is passed over.
    let address = match address.strip_prefix('@').and_then(|route| route.split_once(':')) {
        Some((_, address)) => address,
        None => address,
    };
    // RFC 5321 4.5.3.1.3: a path is at most 256 octets.
    let is_plain = address.len() <= 254
        && !address.contains(['<', '\t'])
        && (address.is_empty()
            || address.rsplit_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains([' ', '"'])
            })
            || address.eq_ignore_ascii_case("postmaster"));
    if !is_plain {
        return Err(syntax("not an address"));
    }
    let parameters = parameters.get(1..).unwrap_or_default().split_ascii_whitespace();
    Ok((address.to_owned(), parameters.map(str::to_ascii_uppercase).collect()))
}

/// Reads attributes of XFORWARD; what they do not know is `[UNAVAILABLE]`.
fn forwarded(rest: &str) -> Forwarded {
    let mut known = Forwarded::default();
    for attribute in rest.split_ascii_whitespace() {
        let Some((name, value)) = attribute.split_once('=') else { continue };
        let value = (!value.eq_ignore_ascii_case("[UNAVAILABLE]")).then(|| plus(value));
        match name.to_ascii_uppercase().as_str() {
            "NAME" => known.name = value,
            "ADDR" => {
                known.address = value.map(|address| match address.get(..5) {
                    Some(prefix) if prefix.eq_ignore_ascii_case("IPv6:") => {
                        address.get(5..).unwrap_or_default().to_owned()
                    }
                    _ => address,
                })
            }
            "HELO" => known.helo = value,
            "IDENT" => known.ident = value,
            "PORT" => known.port = value,
            "PROTO" => known.protocol = value,
            "SOURCE" => known.source = value,
            _ => {}
        }
    }
    known
}

/// Decodes `xtext` (RFC 3461 4): `+` and two hexadecimal digits.
fn plus(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        out.push_str(before);
        match after.get(..2).and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if (0x21..0x7F).contains(&byte) => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push('+');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
