//! The town's own mail server: takes everything, and writes each mail down before
//! it says yes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What arrived, in order.
pub struct Sink {
    port: u16,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A client that says nothing for so long has gone.
const IDLE: Duration = Duration::from_secs(60);

impl Sink {
    /// Opens it on a free port.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mails = Arc::new(Mutex::default());
        let kept = Arc::clone(&mails);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || talk(&stream, &kept));
            }
        });
        Self { port, mails }
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// All that arrived.
    pub fn mails(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client; nothing is told where it goes.
fn talk(stream: &TcpStream, kept: &Mutex<Vec<Vec<u8>>>) -> Option<()> {
    stream.set_read_timeout(Some(IDLE)).ok()?;
    let mut out = stream;
    let mut lines = BufReader::new(stream);
    out.write_all(b"220 town ESMTP\r\n").ok()?;
    loop {
        let line = line(&mut lines)?;
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_slice() {
            b"DATA" => {
                out.write_all(b"354 go on\r\n").ok()?;
                let mail = text(&mut lines)?;
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                out.write_all(b"250 kept\r\n").ok()?;
            }
            b"QUIT" => return out.write_all(b"221 bye\r\n").ok(),
            _other => out.write_all(b"250 yes\r\n").ok()?,
        }
    }
}

fn line(lines: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).ok()?;
    line.ends_with(b"\n").then_some(line)
}

/// A mail up to its end, dots unstuffed (RFC 5321 4.5.2); nothing where the
/// client goes before it.
fn text(lines: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut mail = Vec::new();
    loop {
        let line = line(lines)?;
        if line == b".\r\n" {
            return Some(mail);
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
