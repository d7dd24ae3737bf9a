//! Broken mails: bytes changed, cut, doubled and put together at random from
//! cases that are known, the same each time. Nothing may panic or run away.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::IpAddr;

use mail_engine::auth::{Answer, Answers, Envelope, Step, check};
use mail_engine::compose::{Draft, Enclosure};
use mail_engine::hints::{Setting, look};
use mail_engine::smtp::{DataReader, Session, Settings, SmtpLimits};
use mail_engine::{Limits, Mailbox, outgoing, read};

/// A generator of Marsaglia's kind: cheap, and the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap_or(0)
    }
}

const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\x1b$B",
    b"\x1b(B",
    b"\x1b$(D",
    b"\x0e",
    b"\x0f",
    b"=?utf-8?B?",
    b"?=",
    b"=?",
    b"\xff",
    b"\x82\xa0",
    b"\xe3\x81",
    b"--m\r\n",
    b"--m--",
    b"Content-Type: multipart/mixed; boundary=m\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: text/html\r\n\r\n",
    b"<table><tr><td>",
    b"</td>",
    b"<a href=//x@[::1]:9/%>",
    b"<style>{}.a{",
    b"style='color:#f",
    b"&#x202e;",
    b"http://",
    b"https://xn--",
    b"filename*0*=utf-8''%",
    b"; filename=\"",
    b"begin 644 a\r\n",
    b"DKIM-Signature: v=1; a=rsa-sha256; d=a.b; s=s; h=from; bh=; b=\r\n",
    b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=a; s=s; b=\r\n",
    b"From: <@a:b@c>,\"",
    b"UTF-7''+",
    b"+AGE-",
    b"data:image/png;base64,iVBORw0KGgo=",
];

fn broken(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(bytes.len() + 1);
        match dice.roll(6) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            1 => bytes.truncate(at),
            2 => {
                let piece = PIECES[dice.roll(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            3 => {
                let from = dice.roll(other.len() + 1);
                bytes.splice(at..at, other[from..].iter().copied().take(200));
            }
            4 => {
                let end = (at + dice.roll(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + dice.roll(60)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
        bytes.truncate(20_000);
    }
    bytes
}

fn seeds() -> Vec<Vec<u8>> {
    let table = include_str!("charsets.tsv").lines();
    let raws = table.filter_map(|line| line.split('\t').nth(3));
    let mut seeds: Vec<Vec<u8>> = raws
        .map(|raw| raw.replace("\\x0d\\x0a", "\r\n").replace("\\x1b", "\x1b").into_bytes())
        .collect();
    seeds.push(PIECES.concat());
    seeds
}

#[test]
fn broken_mails_are_read_without_a_panic() {
    let runs =
        std::env::var("SEKISHO_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(4_000);
    let seeds = seeds();
    let limits = Limits { text_chars_max: 20_000, ..Limits::default() };
    let mut dice = Dice(0x005E_ED0F_5EA1);
    for _ in 0..runs {
        let seed = &seeds[dice.roll(seeds.len())];
        let other = &seeds[dice.roll(seeds.len())];
        let bytes = broken(seed, other, &mut dice);
        if let Ok(message) = read(&bytes, &limits) {
            let hints = look(&message, &Default::default(), &Setting::default());
            assert!(hints.len() <= 100);
            assert!(!message.text.contains("http://") && !message.text.contains("https://"));
            let again = read(&bytes, &limits).unwrap();
            assert_eq!(message.text, again.text, "the same mail must say the same");
        }
        signed(&bytes);
        sent_on(&bytes);
        spoken(&bytes, &mut dice);
    }
}

/// What a broken worker could answer: nothing of it becomes a header of ours.
fn sent_on(bytes: &[u8]) {
    let Some(body) = outgoing::body_of(bytes) else { return };
    let from = [Mailbox { display: String::new(), address: "a@b.example".to_owned() }];
    let files = [Enclosure { name: "a.txt", bytes: b"x" }];
    let draft = Draft { id: "01X", from: &from, to: &from, files: &files, ..Draft::default() };
    let mail = outgoing::write(&draft, &body, Some("words"));
    let head = mail.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert!(mail[..head].is_ascii());
    let hidden = outgoing::undisclosed(&mail);
    assert!(hidden.starts_with(b"To: undisclosed-recipients:;\r\nFrom: a@b.example\r\n"));
}

fn signed(bytes: &[u8]) {
    let envelope = Envelope {
        ip: IpAddr::from([192, 0, 2, 1]),
        helo: "a.b",
        mail_from: "a@b.c",
        receiver: "r",
    };
    let mut answers = Answers::default();
    for round in 0.. {
        assert!(round < 400, "must end");
        match check(bytes, Some(&envelope), &answers, 1_700_000_000) {
            Step::Done(_) => break,
            Step::Ask(questions) => {
                for (index, question) in questions.into_iter().enumerate() {
                    let piece = bytes.get(index..).unwrap_or_default();
                    let text = [
                        b"v=spf1 ".as_slice(),
                        piece.get(..piece.len().min(120)).unwrap_or_default(),
                    ]
                    .concat();
                    answers.put(question, Answer::Txt(vec![text, b"v=DMARC1; p=reject".to_vec()]));
                }
            }
        }
    }
}

fn spoken(bytes: &[u8], dice: &mut Dice) {
    let limits = SmtpLimits { message_bytes_max: 1_000, ..SmtpLimits::default() };
    let _ = DataReader::new(&limits).feed(bytes);
    let (mut session, _) = Session::open(Settings { name: "a".into(), limits });
    let _ = session.receive(b"EHLO a\r\n");
    for piece in bytes.chunks(dice.roll(90) + 1) {
        let _ = session.receive(piece);
    }
    let _ = session.taken("x");
}
