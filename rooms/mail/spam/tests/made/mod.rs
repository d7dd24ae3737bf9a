//! Made mails of a town: what ordinarily comes and goes, and what tries to cheat.
//! Every sentence is ours. Half of each list of sentences is for learning, the
//! other half for judging, so that nothing is judged by a sentence it was
//! taught.

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};

mod sentences;

use sentences::{Theme, UNWANTED, WANTED};

/// How the same mail travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Iso2022Jp,
    ShiftJis,
    EucJp,
}

impl Charset {
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Iso2022Jp, Self::ShiftJis, Self::EucJp];

    fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Iso2022Jp => "ISO-2022-JP",
            Self::ShiftJis => "Shift_JIS",
            Self::EucJp => "EUC-JP",
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Iso2022Jp => ISO_2022_JP.encode(text).0.into_owned(),
            Self::ShiftJis => SHIFT_JIS.encode(text).0.into_owned(),
            Self::EucJp => EUC_JP.encode(text).0.into_owned(),
        }
    }

    fn transfer(self) -> &'static str {
        match self {
            Self::Iso2022Jp => "7bit",
            Self::Utf8 | Self::ShiftJis | Self::EucJp => "8bit",
        }
    }
}

/// A made mail.
#[derive(Debug, Clone)]
pub struct Made {
    pub subject: String,
    pub sender: (String, String),
    pub text: String,
    pub is_spam: bool,
    /// Made of the sentences for learning.
    pub is_lesson: bool,
}

impl Made {
    /// The mail as it travels in a charset.
    pub fn bytes(&self, charset: Charset) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in [("Subject", &self.subject), ("From", &self.sender.0)] {
            out.extend_from_slice(format!("{name}: ").as_bytes());
            for (at, word) in encoded_words(value, charset).iter().enumerate() {
                out.extend_from_slice(if at == 0 { b"" } else { b"\r\n " });
                out.extend_from_slice(word.as_bytes());
            }
            if name == "From" {
                out.extend_from_slice(format!(" <{}>", self.sender.1).as_bytes());
            }
            out.extend_from_slice(b"\r\n");
        }
        let (label, transfer) = (charset.label(), charset.transfer());
        let head = format!(
            "To: post@city.midori.lg.jp\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&charset.encode(&self.text.replace('\n', "\r\n")));
        out
    }
}

/// RFC 2047, ten letters a word.
fn encoded_words(text: &str, charset: Charset) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let words = letters.chunks(10).map(|part| {
        let bytes = charset.encode(&part.iter().collect::<String>());
        format!("=?{}?B?{}?=", charset.label(), base64(&bytes))
    });
    words.collect()
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in bytes.chunks(3) {
        let three = [0, 1, 2].map(|at| part.get(at).copied().unwrap_or(0));
        let all = (u32::from(three[0]) << 16) | (u32::from(three[1]) << 8) | u32::from(three[2]);
        for at in 0..4 {
            let sign = SIGNS[((all >> (18 - 6 * at)) & 63) as usize];
            out.push(if at <= part.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

/// A small generator: the same mails every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

/// Mails of each theme and half.
const EACH: usize = 25;

/// All of them.
pub fn all() -> Vec<Made> {
    let mut dice = Dice(7);
    let mut out = Vec::new();
    for (themes, is_spam) in [(WANTED, false), (UNWANTED, true)] {
        for theme in themes {
            for is_lesson in [true, false] {
                for _ in 0..EACH {
                    out.push(made(theme, is_spam, is_lesson, &mut dice));
                }
            }
        }
    }
    out
}

fn made(theme: &Theme, is_spam: bool, is_lesson: bool, dice: &mut Dice) -> Made {
    let half = |all: &'static [&'static str]| -> Vec<&'static str> {
        let from = usize::from(!is_lesson);
        all.iter().copied().skip(from).step_by(2).collect()
    };
    let (subjects, bodies) = (half(theme.subjects), half(theme.bodies));
    let sender = theme.senders[dice.roll(theme.senders.len())];
    let mut lines = vec![dice.pick(theme.greetings).to_owned(), String::new()];
    let first = dice.roll(bodies.len());
    for at in 0..3.min(bodies.len()) {
        lines.push(fill(bodies[(first + at) % bodies.len()], dice));
    }
    lines.extend([String::new(), dice.pick(theme.closings).to_owned()]);
    let subject = fill(dice.pick(&subjects), dice);
    let text = wrapped(&lines.join("\n"));
    Made { subject, sender: (sender.0.to_owned(), sender.1.to_owned()), text, is_spam, is_lesson }
}

/// Puts numbers, dates and names into a sentence.
fn fill(sentence: &str, dice: &mut Dice) -> String {
    const NAMES: &[&str] =
        &["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡邊", "山本", "中村", "小林", "加藤"];
    const PLACES: &[&str] =
        &["本庁舎", "中央公民館", "北小学校", "駅前広場", "保健センター", "河川敷公園"];
    let mut out = String::new();
    for c in sentence.chars() {
        match c {
            'N' => out.push_str(dice.pick(NAMES)),
            'P' => out.push_str(dice.pick(PLACES)),
            'M' => out.push_str(&format!("{}", dice.roll(12) + 1)),
            'D' => out.push_str(&format!("{}", dice.roll(28) + 1)),
            'Y' => out.push_str(&format!("{}", (dice.roll(90) + 10) * 100)),
            _ => out.push(c),
        }
    }
    out
}

/// Lines of 35 letters, as many mail programs write them.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        let letters: Vec<char> = line.chars().collect();
        let parts: Vec<String> = letters.chunks(35).map(|part| part.iter().collect()).collect();
        // An address must not be cut in two.
        out.push_str(&if line.contains("://") { line.to_owned() } else { parts.join("\n") });
        out.push('\n');
    }
    out
}
