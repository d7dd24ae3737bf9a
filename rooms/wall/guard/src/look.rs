//! One session's first bytes: what each side sent and has not been let on, and
//! the protocol's own turn-taking over it.

use zones::site::Application;

use crate::kind::Kind;
use crate::refusal::{Refusal, Rule, Seen, Side, Why};
use crate::screen::{Ica, Rdp, Vnc};
use crate::tls::Tls;
use crate::words::{Smtp, Ssh};

/// The most bytes of a side that are held before they are cleared.
pub const HELD_BYTES_MAX: usize = 64 << 10;

/// Bytes that say what something looks like.
const FIRST_BYTES: usize = 16;

/// Bytes that may go on now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// From the client.
    pub to_server: Vec<u8>,
    /// From the server.
    pub to_client: Vec<u8>,
    /// True where everything else may follow unseen.
    pub is_done: bool,
}

/// What a protocol says of the bytes that are held.
pub(crate) enum Turn {
    /// More are needed.
    Wait,
    /// So many of a side may go on.
    Pass(Side, usize),
    /// All may.
    Done,
}

/// What both sides sent that has not gone on.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) client: Vec<u8>,
    pub(crate) server: Vec<u8>,
}

impl Held {
    pub(crate) fn of(&self, side: Side) -> &[u8] {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    fn of_mut(&mut self, side: Side) -> &mut Vec<u8> {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// Whose fault it is, and what.
pub(crate) type Fault = (Side, Why);

enum Protocol {
    Rdp(Rdp),
    Vnc(Vnc),
    Ica(Ica),
    Tls(Tls),
    Smtp(Smtp),
    Ssh(Ssh),
}

impl Protocol {
    fn turn(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        match self {
            Self::Rdp(one) => one.turn(held, seen),
            Self::Vnc(one) => one.turn(held, seen),
            Self::Ica(one) => one.turn(held),
            Self::Tls(one) => one.turn(held, seen),
            Self::Smtp(one) => one.turn(held),
            Self::Ssh(one) => one.turn(held),
        }
    }

    /// Whose word is waited for, and for which.
    fn due(&self) -> (Side, &'static str) {
        match self {
            Self::Rdp(one) => one.due(),
            Self::Vnc(one) => one.due(),
            Self::Ica(one) => one.due(),
            Self::Tls(one) => one.due(),
            Self::Smtp(one) => one.due(),
            Self::Ssh(one) => one.due(),
        }
    }
}

/// A look at one session.
pub struct Look {
    protocol: Protocol,
    held: Held,
    seen: Seen,
    /// Each side's very first bytes, for a word on what they look like.
    first: [Vec<u8>; 2],
    refused: Option<Refusal>,
    is_done: bool,
}

impl Look {
    /// Begins to look at a session.
    #[must_use]
    pub fn new(rule: &Rule) -> Self {
        let protocol = match rule.application {
            Application::Rdp => Protocol::Rdp(Rdp::new(&rule.servers)),
            Application::Vnc => Protocol::Vnc(Vnc::default()),
            Application::Ica => Protocol::Ica(Ica::default()),
            Application::Tls => Protocol::Tls(Tls::new(&rule.servers)),
            Application::Https => Protocol::Tls(Tls::with_certificate(&rule.servers)),
            Application::Smtp => Protocol::Smtp(Smtp::default()),
            Application::Ssh => Protocol::Ssh(Ssh::default()),
        };
        Self {
            protocol,
            held: Held::default(),
            seen: Seen::default(),
            first: [Vec::new(), Vec::new()],
            refused: None,
            is_done: false,
        }
    }

    /// What was seen so far.
    #[must_use]
    pub const fn seen(&self) -> &Seen {
        &self.seen
    }

    /// True where everything else may pass unseen.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Takes what a side sent and says what may go on.
    ///
    /// # Errors
    /// Why the session is to be cut; from then on always.
    pub fn receive(&mut self, side: Side, bytes: &[u8]) -> Result<Cleared, Refusal> {
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
        self.held.of_mut(side).extend_from_slice(bytes);
        if let Some(first) = self.first.get_mut(side as usize) {
            let wanted = FIRST_BYTES.saturating_sub(first.len());
            first.extend(bytes.iter().take(wanted));
        }
        self.cleared().map_err(|(side, why)| self.refuse(side, why))
    }

    /// Says that a side has ended before the look was done.
    #[must_use]
    pub fn ended(&mut self, side: Side) -> Refusal {
        self.refuse(side, Why::Ended)
    }

    /// Says that the time for first bytes is over.
    #[must_use]
    pub fn late(&mut self) -> Refusal {
        let (side, _) = self.protocol.due();
        self.refuse(side, Why::Silent)
    }

    fn refuse(&mut self, side: Side, why: Why) -> Refusal {
        let kind = self.first.get(side as usize).map_or(Kind::Nothing, |first| Kind::of(first));
        let (_, due) = self.protocol.due();
        *self.refused.get_or_insert(Refusal { side, why, kind, due })
    }

    fn cleared(&mut self) -> Result<Cleared, Fault> {
        let mut cleared = Cleared::default();
        while !self.is_done {
            match self.protocol.turn(&self.held, &mut self.seen)? {
                Turn::Wait => break,
                Turn::Pass(side, count) => {
                    let held = self.held.of_mut(side);
                    let count = count.min(held.len());
                    let passed = held.drain(..count);
                    match side {
                        Side::Client => cleared.to_server.extend(passed),
                        Side::Server => cleared.to_client.extend(passed),
                    }
                }
                Turn::Done => self.is_done = true,
            }
        }
        for side in [Side::Client, Side::Server] {
            if !self.is_done && self.held.of(side).len() > HELD_BYTES_MAX {
                return Err((side, Why::TooMuch));
            }
        }
        if self.is_done {
            cleared.to_server.append(&mut self.held.client);
            cleared.to_client.append(&mut self.held.server);
            cleared.is_done = true;
        }
        Ok(cleared)
    }
}
