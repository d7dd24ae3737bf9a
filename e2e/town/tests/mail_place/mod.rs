//! A demo town with the gate of mail on this machine's loopback, and behind it a
//! server that keeps what it gets.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use town::Town;

/// What has to be there beside the program (Debian: postfix zip).
const NEEDS: [&str; 2] = ["/usr/sbin/postfix", "/usr/bin/zip"];

/// A town with the gate of mail. It ends from the top: the program, which would
/// start its Postfix again, then Postfix, then their folder.
pub struct Place {
    pub port: u16,
    pub town: Town,
    pub sink: Sink,
    /// The configuration's file.
    pub config: PathBuf,
    postfix: Postfix,
    _folder: tempfile::TempDir,
}

/// Both instances, which outlive a program that is killed.
struct Postfix(PathBuf);

impl Drop for Postfix {
    fn drop(&mut self) {
        for side in ["outside", "inside"] {
            let mut postfix = Command::new("timeout");
            postfix.args(["20", "postfix", "-c"]).arg(self.0.join(side).join("config"));
            let _ = postfix.arg("abort").stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

impl Place {
    /// `more` stands in `[mail-gate]`, `of_body` with the body.
    pub fn start(more: &str, of_body: &str) -> Option<Self> {
        if let Some(missing) = NEEDS.iter().find(|file| !Path::new(file).exists()) {
            eprintln!("skipped: no {missing} (Debian: postfix zip)");
            return None;
        }
        // Postfix wants its folders open to its own user, which those of tests are not.
        let folder = tempfile::Builder::new().prefix("mail-pages-").tempdir_in("/var/tmp").unwrap();
        Command::new("chmod").arg("755").arg(folder.path()).status().unwrap();
        let (port, sink) = (free_port(), Sink::start());
        let text = format!(
            "[mail-gate]\nname = \"mail.midori.lg.jp\"\nhome = \"{}\"\n\
             listen = [\"127.0.0.1:{port}\"]\n{more}\n[[mail-gate.body]]\ncode = \"198013\"\n\
             domains = [\"city.midori.lg.jp\"]\nserver = \"127.0.0.1:{}\"\ntls = \"none\"\n{of_body}",
            folder.path().join("postfix").display(),
            sink.port,
        );
        let config = folder.path().join("sekisho.toml");
        std::fs::write(&config, text).unwrap();
        let town = Town::start_with(&["--config", config.to_str().unwrap()]);
        let postfix = Postfix(folder.path().join("postfix"));
        Some(Self { port, town, sink, config, postfix, _folder: folder })
    }

    /// What the program and both instances said last.
    pub fn told(&self) -> String {
        let mut told = self.town.program.said();
        for side in ["outside", "inside"] {
            let log = self.postfix.0.join(side).join("log/mail.log");
            let text = std::fs::read(log).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            told.push_str(&format!(
                "\n-- {side}\n{}",
                lines[lines.len().saturating_sub(30)..].join("\n")
            ));
        }
        told
    }

    /// Sends a mail to somebody, as a server in the internet does.
    pub fn bring(&self, to: &str, mail: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => break stream,
                Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(100)),
                Err(error) => {
                    panic!("Postfix does not listen: {error}\n{}", self.town.program.said())
                }
            }
        };
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        assert!(reply(&mut lines).starts_with('2'));
        let commands = [
            "EHLO mx.example".to_owned(),
            "MAIL FROM:<info@example.com>".to_owned(),
            format!("RCPT TO:<{to}>"),
            "DATA".to_owned(),
        ];
        for command in commands {
            stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
            let said = reply(&mut lines);
            assert!(said.starts_with(['2', '3']), "{command}: {said}");
        }
        let mail = mail.replace("\r\n", "\n").replace('\n', "\r\n");
        stream.write_all(format!("{mail}\r\n.\r\n").as_bytes()).unwrap();
        let said = reply(&mut lines);
        assert!(said.starts_with('2'), "{said}");
        let _ = stream.write_all(b"QUIT\r\n");
    }
}

fn reply(lines: &mut impl BufRead) -> String {
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        if line.len() < 4 || line.as_bytes()[3] != b'-' {
            return line;
        }
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The town's mail server: takes everything, and keeps it.
pub struct Sink {
    pub port: u16,
    mails: Arc<Mutex<Vec<(Instant, String)>>>,
    is_busy: Arc<AtomicBool>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = mails.clone();
        let is_busy = Arc::new(AtomicBool::new(false));
        let busy = is_busy.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if busy.load(Ordering::Relaxed) {
                    let _ = stream.write_all(b"421 the sink is full\r\n");
                    continue;
                }
                let kept = kept.clone();
                std::thread::spawn(move || {
                    let _ = take(stream, &kept);
                });
            }
        });
        Self { port, mails, is_busy }
    }

    /// Sends everybody away, or no longer.
    pub fn be_busy(&self, is_busy: bool) {
        self.is_busy.store(is_busy, Ordering::Relaxed);
    }

    /// Waits for a mail that has a word in it; says when it came.
    pub fn wait_for(&self, word: &str) -> Instant {
        let begun = Instant::now();
        loop {
            let mails = self.mails.lock().unwrap();
            if let Some((at, _)) = mails.iter().find(|(_, mail)| mail.contains(word)) {
                return *at;
            }
            drop(mails);
            assert!(begun.elapsed() < Duration::from_secs(60), "{word} does not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many mails have a word in them.
    pub fn count(&self, word: &str) -> usize {
        self.mails.lock().unwrap().iter().filter(|(_, mail)| mail.contains(word)).count()
    }
}

fn take(mut stream: TcpStream, kept: &Mutex<Vec<(Instant, String)>>) -> std::io::Result<()> {
    let lines = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 sink\r\n")?;
    let mut text: Option<String> = None;
    for line in lines.lines() {
        let line = line?;
        if let Some(mail) = &mut text {
            if line == "." {
                kept.lock().unwrap().push((Instant::now(), std::mem::take(mail)));
                text = None;
                stream.write_all(b"250 taken\r\n")?;
            } else {
                mail.push_str(&line);
                mail.push('\n');
            }
            continue;
        }
        let line = line.to_uppercase();
        if line == "DATA" {
            text = Some(String::new());
        }
        stream.write_all(if text.is_some() { b"354 go on\r\n" } else { b"250 fine\r\n" })?;
        if line == "QUIT" {
            return Ok(());
        }
    }
    Ok(())
}
