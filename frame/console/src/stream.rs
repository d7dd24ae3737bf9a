//! A body that its handler reads while it comes, so that its size costs no
//! memory; and the same the other way, for answers.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::channel::{Channel, Sender};

/// How long a sender may be silent in the middle of a body. Whoever is cut off
/// for longer goes on later with what is missing.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A request's body as it comes.
pub struct Stream {
    body: Body,
    left: u64,
    max_bytes: u64,
    declared: Option<u64>,
    silence_max: Duration,
}

/// Why nothing more comes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The connection broke, or fell silent.
    #[error("the body was cut off")]
    Cut,
    /// It has more bytes than the route takes.
    #[error("more than {max_bytes} bytes")]
    TooLarge {
        /// How many it takes.
        max_bytes: u64,
    },
}

impl Stream {
    pub(crate) fn new(body: Body, max_bytes: u64, declared: Option<u64>) -> Self {
        Self { body, left: max_bytes, max_bytes, declared, silence_max: SILENCE_MAX }
    }

    /// How many bytes it has, where its sender said so.
    #[must_use]
    pub const fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The next bytes, at most a few hundred kilobytes; nothing at the end.
    ///
    /// # Errors
    /// As [`StreamError`] says. What was given before did come.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StreamError> {
        loop {
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context));
            let frame = tokio::time::timeout(self.silence_max, frame).await;
            let Some(frame) = frame.map_err(|_| StreamError::Cut)? else { return Ok(None) };
            // What is no data is a trailer, which says nothing to us.
            let Ok(data) = frame.map_err(|_| StreamError::Cut)?.into_data() else { continue };
            let (length, max_bytes) = (data.len() as u64, self.max_bytes);
            let left = self.left.checked_sub(length);
            self.left = left.ok_or(StreamError::TooLarge { max_bytes })?;
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }
}

/// Gives an answer's bytes out one after the other, as fast as its reader
/// takes them.
pub struct Giver(Sender<Bytes, io::Error>);

/// Pieces that wait for a slow reader.
const WAITING_MAX: usize = 2;

impl Giver {
    /// A giver, and the body that it feeds.
    pub(crate) fn pair() -> (Self, Body) {
        let (sender, channel) = Channel::new(WAITING_MAX);
        (Self(sender), Body::new(channel))
    }

    /// Hands the next bytes over; false if the reader has gone.
    pub async fn give(&mut self, bytes: Vec<u8>) -> bool {
        self.0.send_data(bytes.into()).await.is_ok()
    }

    /// Breaks the answer off, so that its reader sees that it is not whole.
    pub fn break_off(self, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) {
        self.0.abort(io::Error::other(why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_comes_in_parts_and_ends() {
        let (mut giver, body) = Giver::pair();
        let given = tokio::spawn(async move {
            assert!(giver.give(b"one".to_vec()).await && giver.give(b"two".to_vec()).await);
        });
        let mut stream = Stream::new(body, 6, None);
        assert_eq!(stream.next().await.unwrap().unwrap(), "one");
        assert_eq!(stream.next().await.unwrap().unwrap(), "two");
        given.await.unwrap();
        assert_eq!(stream.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn more_than_is_taken_is_refused_and_a_cut_is_told() {
        let (mut giver, body) = Giver::pair();
        assert!(giver.give(b"seven!!".to_vec()).await);
        let mut stream = Stream::new(body, 6, None);
        assert_eq!(stream.next().await, Err(StreamError::TooLarge { max_bytes: 6 }));
        let (mut giver, body) = Giver::pair();
        assert!(giver.give(b"half".to_vec()).await);
        giver.break_off("gone");
        let mut stream = Stream::new(body, 100, Some(8));
        let mut last = Ok(None);
        for _ in 0..2 {
            last = stream.next().await;
        }
        assert_eq!(last, Err(StreamError::Cut));
    }

    #[tokio::test]
    async fn whoever_falls_silent_is_cut_off() {
        let (giver, body) = Giver::pair();
        let mut stream = Stream::new(body, 6, None);
        stream.silence_max = Duration::from_millis(5);
        assert_eq!(stream.next().await, Err(StreamError::Cut));
        drop(giver);
    }
}
