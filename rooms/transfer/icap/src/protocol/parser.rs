//! The incremental reader of one connection. Any split of the bytes gives the
//! same events, and the same refusal at the same place.

use super::chunks::{Chunks, Ended, Step};
use super::lines::Scan;
use super::request::Opening;
use super::{BodyKind, Limits, Refusal, Request};

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request begins.
    Head(Box<Request>),
    /// A piece of its body.
    Data(Vec<u8>),
    /// The preview is over, and there is more. Nothing is read on until
    /// [`Parser::resume`] or [`Parser::finish`] says how.
    PreviewEnd,
    /// The request is over.
    End,
}

/// Reads requests from the bytes of one connection.
#[derive(Clone, Debug)]
pub struct Parser {
    limits: Limits,
    buffer: Vec<u8>,
    /// Bytes at the buffer's front that are used up.
    used: usize,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Head(Scan),
    Sections(Box<Opening>),
    Body(Chunks),
    Paused(Chunks),
    /// A request without a body is about to end.
    Ending,
    Failed(Refusal),
}

impl Parser {
    /// Starts a connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: Vec::new(), used: 0, state: State::Head(Scan::default()) }
    }

    /// Takes bytes from the connection. Call [`Parser::next`] until it has
    /// nothing more before feeding again: that bounds the buffer.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Says whether nothing of a next request has arrived.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Head(_)) && self.used == self.buffer.len()
    }

    /// Reads the next event; none when more bytes are needed, or when a
    /// preview waits for its answer.
    ///
    /// # Errors
    /// A refusal ends the connection: what follows cannot be told apart.
    #[allow(clippy::should_implement_trait, reason = "an iterator could not say that it waits")]
    pub fn next(&mut self) -> Result<Option<Event>, Refusal> {
        let result = self.read();
        if let Err(refusal) = result {
            self.state = State::Failed(refusal);
        }
        result
    }

    /// Asks for the rest of the body behind a preview.
    pub fn resume(&mut self) {
        if let State::Paused(chunks) = &mut self.state {
            chunks.resume();
            self.state = State::Body(chunks.clone());
        }
    }

    /// Leaves the rest of the body with the client.
    pub fn finish(&mut self) {
        if let State::Paused(_) = self.state {
            self.state = State::Head(Scan::default());
        }
    }

    fn read(&mut self) -> Result<Option<Event>, Refusal> {
        loop {
            let bytes = self.buffer.get(self.used..).unwrap_or_default();
            match &mut self.state {
                State::Failed(refusal) => return Err(*refusal),
                State::Paused(_) => return Ok(None),
                State::Ending => {
                    self.state = State::Head(Scan::default());
                    return Ok(Some(Event::End));
                }
                State::Head(scan) => {
                    let Some(end) = scan.head(bytes, self.limits.head_bytes_max)? else {
                        return Ok(None);
                    };
                    let head = bytes.get(..end).unwrap_or_default();
                    let opening = Opening::parse(head, &self.limits)?;
                    self.used += end;
                    self.state = State::Sections(Box::new(opening));
                }
                State::Sections(opening) => {
                    let length = opening.sections_bytes();
                    let Some(sections) = bytes.get(..length) else { return Ok(None) };
                    let request = (**opening).clone().close(sections, &self.limits)?;
                    self.used += length;
                    self.state = match request.body {
                        BodyKind::Nothing => State::Ending,
                        BodyKind::Request | BodyKind::Response | BodyKind::Options => {
                            State::Body(Chunks::new(request.preview))
                        }
                    };
                    return Ok(Some(Event::Head(Box::new(request))));
                }
                State::Body(chunks) => match chunks.step(bytes, &self.limits)? {
                    Step::More => return Ok(None),
                    Step::Used(count) => self.used += count,
                    Step::Data(count) => {
                        let data = bytes.get(..count).unwrap_or_default().to_vec();
                        self.used += count;
                        return Ok(Some(Event::Data(data)));
                    }
                    Step::End(count, ended) => {
                        self.used += count;
                        return Ok(Some(self.end(ended)));
                    }
                },
            }
        }
    }

    fn end(&mut self, ended: Ended) -> Event {
        let state = std::mem::replace(&mut self.state, State::Head(Scan::default()));
        match (ended, state) {
            (Ended::Preview, State::Body(chunks)) => {
                self.state = State::Paused(chunks);
                Event::PreviewEnd
            }
            (Ended::Preview | Ended::Body, _) => Event::End,
        }
    }
}

#[cfg(test)]
mod tests;
