//! Servers of the world that send, each on a thread, and write down what was
//! answered. Who got no answer after the end of a text does not send it again:
//! that mail may have arrived.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::BOX;
use super::mails::{Kind, Stuff, write};
use crate::luck::Luck;

/// What was answered to one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Postfix has it.
    Taken,
    /// Nobody knows.
    Unclear,
}

/// What was sent, by its word.
#[derive(Default)]
pub struct Sheet(Mutex<BTreeMap<String, (Kind, Answer)>>);

impl Sheet {
    /// Opens it.
    pub fn lines(&self) -> MutexGuard<'_, BTreeMap<String, (Kind, Answer)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Figures for the reader of the test's output.
    #[must_use]
    pub fn figures(&self) -> String {
        let lines = self.lines();
        let count = |answer| lines.values().filter(|(_, said)| *said == answer).count();
        format!("{} accepted, {} unclear", count(Answer::Taken), count(Answer::Unclear))
    }
}

/// The senders of one test.
pub struct Senders {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// How many send at the same time.
const SENDERS: u64 = 3;
/// A server that says nothing for so long is dead.
const PATIENCE: Duration = Duration::from_secs(60);
/// Before it is tried again.
const PAUSE: Duration = Duration::from_millis(100);

impl Senders {
    /// Begins. Each sends a mail after another, with pauses up to these
    /// milliseconds.
    #[must_use]
    pub fn start(port: u16, sheet: &Arc<Sheet>, stuff: Stuff, seed: u64, pause: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stuff = Arc::new(stuff);
        let threads = (0..SENDERS)
            .map(|number| {
                let (stop, sheet, stuff) = (stop.clone(), sheet.clone(), stuff.clone());
                let luck = Luck::new(seed ^ (number + 1));
                std::thread::spawn(move || {
                    let mut server = Server { port, sheet, stuff, stop, luck };
                    server.work(number, pause);
                })
            })
            .collect();
        Self { stop, threads }
    }

    /// Ends, when all that was begun has been answered.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

struct Server {
    port: u16,
    sheet: Arc<Sheet>,
    stuff: Arc<Stuff>,
    stop: Arc<AtomicBool>,
    luck: Luck,
}

/// How one try ended.
enum Tried {
    Taken,
    NotTaken,
    Unclear,
}

impl Server {
    fn work(&mut self, own: u64, pause: u64) {
        for number in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let sender = format!("a{own}-{number}@world.example");
            let kind = self.kind();
            let is_sent = self.send(kind, &format!("w{own}-{number}-x"), &sender);
            if kind == Kind::Locked && is_sent {
                std::thread::sleep(self.luck.millis(0, 500));
                // The password must come, or the file never does.
                for again in 0.. {
                    if self.send(Kind::Password, &format!("w{own}-{number}-p{again}-x"), &sender) {
                        break;
                    }
                }
            }
            std::thread::sleep(self.luck.millis(0, pause));
        }
    }

    fn kind(&mut self) -> Kind {
        match self.luck.below(10) {
            0 => Kind::Macros,
            1 if self.stuff.harmful.is_some() => Kind::Harmful,
            2 if self.stuff.locked.is_some() => Kind::Locked,
            3 | 4 => Kind::Table,
            5 | 6 => Kind::Page,
            _ => Kind::Plain,
        }
    }

    /// Sends one mail until it was answered, or may have been; true if it was taken.
    fn send(&mut self, kind: Kind, word: &str, sender: &str) -> bool {
        let mail = write(kind, word, sender, &self.stuff);
        loop {
            let answer = match say(self.port, sender, &mail) {
                Tried::Taken => Answer::Taken,
                Tried::Unclear => Answer::Unclear,
                Tried::NotTaken => {
                    std::thread::sleep(PAUSE);
                    continue;
                }
            };
            self.sheet.lines().insert(word.to_owned(), (kind, answer));
            return answer == Answer::Taken;
        }
    }
}

/// One session with one mail.
fn say(port: u16, sender: &str, mail: &[u8]) -> Tried {
    let Ok(mut session) = begin(port, sender) else { return Tried::NotTaken };
    let mut text = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            text.push(b'.');
        }
        text.extend_from_slice(line);
    }
    if session.get_mut().write_all(&text).is_err() {
        return Tried::NotTaken;
    }
    let ended = session.get_mut().write_all(b".\r\n");
    match ended.and_then(|()| reply(&mut session)) {
        Ok(250) => Tried::Taken,
        Ok(_) => Tried::NotTaken,
        Err(_) => Tried::Unclear,
    }
}

fn begin(port: u16, sender: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut session = BufReader::new(stream);
    let expect = |session: &mut BufReader<TcpStream>, wanted: u16| match reply(session)? {
        code if code == wanted => Ok(()),
        code => Err(io::Error::other(format!("{code}"))),
    };
    expect(&mut session, 220)?;
    let words = [
        ("EHLO world.example".to_owned(), 250),
        (format!("MAIL FROM:<{sender}>"), 250),
        (format!("RCPT TO:<{BOX}>"), 250),
        ("DATA".to_owned(), 354),
    ];
    for (word, wanted) in words {
        session.get_mut().write_all(format!("{word}\r\n").as_bytes())?;
        expect(&mut session, wanted)?;
    }
    Ok(session)
}

/// The code of one reply, which may have several lines.
fn reply(session: &mut BufReader<TcpStream>) -> io::Result<u16> {
    loop {
        let mut line = String::new();
        if session.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            let code = line.get(..3).and_then(|code| code.parse().ok());
            return code.ok_or_else(|| io::Error::other(line));
        }
    }
}
