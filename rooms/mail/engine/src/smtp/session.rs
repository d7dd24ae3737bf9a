//! The server's side of a session: bytes in, events out. Accepts nothing that
//! was sent before it was asked for.

use super::SmtpLimits;
use super::command::{Command, CommandError, Forwarded, LineReader};
use super::data::{DataReader, DataStep};

/// How the server presents itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// What a client may send.
    pub limits: SmtpLimits,
}

/// A mail that came whole. It is taken only once the caller says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// Empty for reports of failure.
    pub from: String,
    /// Each receiver, in order.
    pub to: Vec<String>,
    /// What was said of how to send it on, such as `SMTPUTF8`.
    pub parameters: Vec<String>,
    /// What the server before us knows about the client.
    pub forwarded: Forwarded,
    /// The text, dots unstuffed.
    pub text: Vec<u8>,
}

/// What the caller must do next, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Send this.
    Reply(String),
    /// Keep this mail, then call [`Session::taken`] or [`Session::not_taken`].
    Mail(Box<Mail>),
    /// Send what waits and close.
    Hangup,
}

#[derive(Debug)]
enum State {
    Commands,
    Text(DataReader),
    /// The caller has a mail and has not answered yet.
    Deciding,
    Over,
}

/// One session.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    state: State,
    lines: LineReader,
    is_greeted: bool,
    /// Each receiver gets a reply of its own after the text.
    is_local: bool,
    /// Replies that the mail at hand needs.
    replies: usize,
    mail: Option<Mail>,
    forwarded: Forwarded,
    errors: u32,
    /// What came while the caller decides.
    waiting: Vec<u8>,
}

impl Session {
    /// Opens a session; the greeting is to be sent first.
    #[must_use]
    pub fn open(settings: Settings) -> (Self, Event) {
        let greeting = Event::Reply(format!("220 {} ESMTP\r\n", settings.name));
        let session = Self {
            settings,
            state: State::Commands,
            lines: LineReader::default(),
            is_greeted: false,
            is_local: false,
            replies: 1,
            mail: None,
            forwarded: Forwarded::default(),
            errors: 0,
            waiting: Vec::new(),
        };
        (session, greeting)
    }

    /// Takes bytes as they came.
    #[must_use]
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = match &mut self.state {
                State::Over => return events,
                State::Deciding => {
                    // RFC 2920 3.1: the text's end is where a client must wait.
                    let room = self.settings.limits.command_bytes_max.saturating_mul(8);
                    if self.waiting.len() + rest.len() > room {
                        self.end(
                            "421 4.7.0 Closing: speaks before it is answered\r\n",
                            &mut events,
                        );
                        return events;
                    }
                    self.waiting.extend_from_slice(rest);
                    return events;
                }
                State::Text(reader) => match reader.feed(rest) {
                    Ok(DataStep::More) => return events,
                    Ok(DataStep::End { taken }) => {
                        self.whole(&mut events);
                        taken
                    }
                    Err(refusal) => {
                        self.end(&refusal.reply(), &mut events);
                        return events;
                    }
                },
                State::Commands => match self.lines.feed(rest, &self.settings.limits) {
                    Ok((taken, None)) => taken,
                    Ok((taken, Some(line))) => {
                        let has_more = taken < rest.len();
                        self.command(&line, has_more, &mut events);
                        taken
                    }
                    Err(error) => {
                        self.end(&format!("521 5.5.2 Closing: {error}\r\n"), &mut events);
                        return events;
                    }
                },
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        events
    }

    /// Says that the mail is kept; only now does the client forget it.
    #[must_use]
    pub fn taken(&mut self, queue_id: &str) -> Vec<Event> {
        self.decided(&format!("250 2.0.0 Ok: queued as {}\r\n", printable(queue_id)))
    }

    /// Says that the mail is not kept: `is_final` where trying again is no use.
    #[must_use]
    pub fn not_taken(&mut self, reason: &str, is_final: bool) -> Vec<Event> {
        let code = if is_final { "554 5.7.1" } else { "451 4.3.0" };
        self.decided(&format!("{code} {}\r\n", printable(reason)))
    }

    fn decided(&mut self, reply: &str) -> Vec<Event> {
        let mut events = vec![Event::Reply(reply.repeat(self.replies))];
        if matches!(self.state, State::Deciding) {
            self.state = State::Commands;
            let waiting = std::mem::take(&mut self.waiting);
            events.extend(self.receive(&waiting));
        }
        events
    }

    fn whole(&mut self, events: &mut Vec<Event>) {
        let state = std::mem::replace(&mut self.state, State::Deciding);
        if let (State::Text(reader), Some(mut mail)) = (state, self.mail.take()) {
            mail.text = reader.into_text();
            self.replies = if self.is_local { mail.to.len() } else { 1 };
            mail.forwarded = std::mem::take(&mut self.forwarded);
            events.push(Event::Mail(Box::new(mail)));
        }
    }

    fn end(&mut self, reply: &str, events: &mut Vec<Event>) {
        self.state = State::Over;
        self.mail = None;
        events.push(Event::Reply(reply.to_owned()));
        events.push(Event::Hangup);
    }

    fn wrong(&mut self, reply: &str, events: &mut Vec<Event>) {
        self.errors += 1;
        if self.errors > self.settings.limits.errors_max {
            self.end("421 4.7.0 Closing: too many errors\r\n", events);
        } else {
            events.push(Event::Reply(reply.to_owned()));
        }
    }

    fn command(&mut self, line: &[u8], has_more: bool, events: &mut Vec<Event>) {
        let ok = |events: &mut Vec<Event>| events.push(Event::Reply("250 2.0.0 Ok\r\n".to_owned()));
        match Command::parse(line) {
            Err(CommandError::Unknown) => self.wrong("502 5.5.2 Unknown command\r\n", events),
            Err(error) => self.wrong(&format!("501 5.5.4 Syntax: {error}\r\n"), events),
            Ok(Command::Hello { is_extended, is_local, .. }) => {
                (self.is_greeted, self.is_local) = (true, is_local);
                self.mail = None;
                events.push(Event::Reply(self.hello(is_extended)));
            }
            Ok(Command::Quit) => self.end("221 2.0.0 Bye\r\n", events),
            Ok(Command::Nothing) => {
                self.errors += 1;
                ok(events);
            }
            Ok(Command::Reset) => {
                self.mail = None;
                ok(events);
            }
            Ok(_) if !self.is_greeted => self.wrong("503 5.5.1 Say EHLO first\r\n", events),
            Ok(Command::Forward(known)) => {
                merge(&mut self.forwarded, known);
                ok(events);
            }
            Ok(Command::Mail { from, parameters }) => self.begin(from, parameters, events),
            Ok(Command::Receiver { to }) => self.receiver(to, events),
            Ok(Command::Data) => self.data(has_more, events),
        }
    }

    fn hello(&self, is_extended: bool) -> String {
        let name = &self.settings.name;
        if !is_extended {
            return format!("250 {name}\r\n");
        }
        let size = self.settings.limits.message_bytes_max;
        format!(
            "250-{name}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
             250-ENHANCEDSTATUSCODES\r\n250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"
        )
    }

    fn begin(&mut self, from: String, parameters: Vec<String>, events: &mut Vec<Event>) {
        if self.mail.is_some() {
            return self.wrong("503 5.5.1 A mail is open already\r\n", events);
        }
        let size = parameters.iter().find_map(|one| one.strip_prefix("SIZE="));
        let is_known = |one: &String| {
            one.starts_with("SIZE=")
                || one.starts_with("BODY=")
                || one == "SMTPUTF8"
                || one.starts_with("RET=")
                || one.starts_with("ENVID=")
        };
        if !parameters.iter().all(is_known) {
            return self.wrong("555 5.5.4 Unknown parameter\r\n", events);
        }
        let size_max = self.settings.limits.message_bytes_max;
        if size.is_some_and(|size| size.parse().map_or(true, |size: usize| size > size_max)) {
            return self.wrong("552 5.3.4 Too large\r\n", events);
        }
        self.mail = Some(Mail { from, parameters, ..Mail::default() });
        events.push(Event::Reply("250 2.1.0 Ok\r\n".to_owned()));
    }

    fn receiver(&mut self, to: String, events: &mut Vec<Event>) {
        let receivers_max = self.settings.limits.receivers_max;
        match &mut self.mail {
            None => self.wrong("503 5.5.1 Say MAIL first\r\n", events),
            Some(mail) if mail.to.len() >= receivers_max => {
                events.push(Event::Reply("452 4.5.3 Too many receivers\r\n".to_owned()));
            }
            Some(mail) => {
                mail.to.push(to);
                events.push(Event::Reply("250 2.1.5 Ok\r\n".to_owned()));
            }
        }
    }

    fn data(&mut self, has_more: bool, events: &mut Vec<Event>) {
        if self.mail.as_ref().is_none_or(|mail| mail.to.is_empty()) {
            return self.wrong("503 5.5.1 Say RCPT first\r\n", events);
        }
        // RFC 2920 3.1: DATA is the last of a group. Who sends text before he is
        // asked for it replays somebody else's session.
        if has_more {
            return self.end("521 5.5.1 Closing: text before it was asked for\r\n", events);
        }
        self.state = State::Text(DataReader::new(&self.settings.limits));
        events.push(Event::Reply("354 End with CR LF . CR LF\r\n".to_owned()));
    }
}

fn merge(known: &mut Forwarded, more: Forwarded) {
    known.name = more.name.or(known.name.take());
    known.address = more.address.or(known.address.take());
    known.helo = more.helo.or(known.helo.take());
    known.ident = more.ident.or(known.ident.take());
    known.port = more.port.or(known.port.take());
    known.protocol = more.protocol.or(known.protocol.take());
    known.source = more.source.or(known.source.take());
}

/// Keeps what a reply may hold.
fn printable(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    text.chars().take(CHARS_MAX).map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}
