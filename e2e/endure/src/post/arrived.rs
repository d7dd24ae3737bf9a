//! Holds what arrived at the town's server against what was sent: all that was
//! accepted, once; nothing that nobody sent; nothing as it came.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::mails::{Kind, SIGNS, opened};
use super::senders::{Answer, Sheet};
use super::sink::Sink;

/// How often what arrived, by the word of the mail that it is about.
#[derive(Clone, Debug, Default)]
struct Came {
    /// The mail itself.
    itself: usize,
    /// What followed it.
    following: usize,
    /// Archives in either.
    archives: usize,
    /// A word of ours about it.
    told: usize,
}

/// What is to be seen when it is over.
#[derive(Debug, Default)]
pub struct Sum {
    /// Mails that Postfix accepted.
    pub accepted: usize,
    /// Mails nobody knows of; those among them that arrived.
    pub unclear: (usize, usize),
    /// Mails at the town's server, our own words with them.
    pub arrived: usize,
    /// Complaints.
    pub wrong: Vec<String>,
}

/// Whatever waits anywhere has come after so long: a lease, Postfix's pause after
/// a process that died, and a second look at what is locked.
const SETTLED_MAX: Duration = Duration::from_secs(300);
/// What would come twice has time to come.
const AFTER: Duration = Duration::from_secs(4);
/// Our line above everything that came from outside.
const MARK: &[u8] = b"(Sekisho) with ESMTP id";
/// Who sends our own words.
const OWN: &[u8] = b"<sekisho@mx.town.example>";
/// What the list of all that waits is called.
const LIST: &str = "保留中のメールのお知らせ";
/// Characters of a mail that a complaint shows.
const SHOWN: usize = 3_000;

/// Waits until everything has arrived, and compares.
#[must_use]
pub fn compare(sheet: &Sheet, sink: &Sink) -> Sum {
    let begun = Instant::now();
    let mut last = (usize::MAX, Vec::new());
    while begun.elapsed() < SETTLED_MAX {
        let count = sink.mails().len();
        if count != last.0 {
            last = (count, look(sheet, sink).wrong);
        }
        if last.1.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(AFTER);
    look(sheet, sink)
}

/// Compares as it stands.
fn look(sheet: &Sheet, sink: &Sink) -> Sum {
    let mut sum = Sum::default();
    let mut came: BTreeMap<String, Came> = BTreeMap::new();
    let mails = sink.mails().clone();
    sum.arrived = mails.len();
    for mail in &mails {
        note(mail, &mut came, &mut sum.wrong);
    }
    for (word, (kind, answer)) in sheet.lines().iter() {
        let found = came.remove(word).unwrap_or_default();
        let is_once = found.itself <= 1 && found.following <= found.archives && found.told <= 1;
        let is_whole = match kind {
            Kind::Plain | Kind::Page | Kind::Table | Kind::Password => {
                found.itself == 1 && found.following + found.told == 0
            }
            Kind::Macros | Kind::Harmful => found.told == 1 && found.itself + found.following == 0,
            // It opens at once where the next mail was read first.
            Kind::Locked => found.itself == 1 && found.archives == 1 && found.told == 0,
        };
        let is_right = match answer {
            Answer::Taken => {
                sum.accepted += 1;
                is_once && is_whole
            }
            // Its password may never have been sent.
            Answer::Unclear => {
                sum.unclear.0 += 1;
                sum.unclear.1 += usize::from(found.itself + found.told > 0);
                is_once
            }
        };
        if !is_right {
            let about = mails.iter().map(|mail| opened(mail));
            let about = about.filter(|mail| self::word(mail).as_ref() == Some(word));
            let about: Vec<String> = about
                .map(|mail| String::from_utf8_lossy(&mail).chars().take(SHOWN).collect())
                .collect();
            sum.wrong.push(format!("{word} ({kind:?}, {answer:?}): {found:?}: {about:#?}"));
        }
    }
    // A mail that is being answered at this moment stands nowhere yet; at the end
    // nobody sends any more.
    sum.wrong.extend(came.keys().map(|word| format!("nobody was answered about {word}")));
    sum
}

fn note(mail: &[u8], came: &mut BTreeMap<String, Came>, wrong: &mut Vec<String>) {
    let text = opened(mail);
    let holds = |what: &[u8]| text.windows(what.len()).any(|at| at == what);
    for sign in SIGNS {
        if holds(sign) {
            let sign = String::from_utf8_lossy(sign);
            wrong.push(format!("{sign} arrived: {}", String::from_utf8_lossy(&text)));
        }
    }
    let shown = String::from_utf8_lossy(&text);
    let subject = shown.lines().find(|line| line.starts_with("Subject:")).unwrap_or_default();
    // Names many mails, and is sent by the hour.
    if holds(OWN) && subject.contains(LIST) {
        return;
    }
    let Some(word) = word(&text) else {
        wrong.push(format!("about no mail: {shown}"));
        return;
    };
    let found = came.entry(word).or_default();
    found.archives += usize::from(holds(b"PK\x03\x04"));
    if holds(OWN) && subject.contains("【関所】") {
        found.told += 1;
    } else if !holds(MARK) {
        wrong.push(format!("without our mark: {shown}"));
    } else if subject.contains("【添付】") {
        found.following += 1;
    } else {
        found.itself += 1;
    }
}

/// The word of the mail that this is about: `w0-12-x` or `w0-12-p0-x`.
fn word(mail: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(mail);
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    text.split(is_end).find_map(|part| {
        let inner = part.strip_prefix('w')?.strip_suffix("-x")?;
        let (own, number) = inner.split_once('-')?;
        let is_word =
            own.parse::<u64>().is_ok() && number.starts_with(|c: char| c.is_ascii_digit());
        is_word.then(|| part.to_owned())
    })
}
