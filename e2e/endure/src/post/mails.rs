//! What is sent: mails of each kind that a gate treats in its own way, each with a
//! word of its own in subject and text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::BOX;

/// What kind of mail it is, and so what must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Text: arrives.
    Plain,
    /// A page that acts: arrives as text.
    Page,
    /// A table that acts: arrives rewritten.
    Table,
    /// A document with macros: waits for its receiver, who is told.
    Macros,
    /// What every scanner knows: arrives never, its receiver is told.
    Harmful,
    /// A locked archive: its text arrives, its file follows once the next mail has
    /// brought the password.
    Locked,
    /// That next mail: arrives.
    Password,
}

/// The password of every locked archive.
pub const PASSWORD: &str = "Sekisho-2026x";
/// What must arrive nowhere: signs of what acts, as bytes.
pub const SIGNS: [&[u8]; 5] =
    [b"<script", b"beacon.example/seen", b"vbaProject", b"\n=HYPERLINK", b"STANDARD-ANTIVIRUS"];

/// What mails are made of.
pub struct Stuff {
    /// A document with macros.
    pub macros: Vec<u8>,
    /// An archive that [`PASSWORD`] opens; none where no program makes one.
    pub locked: Option<Vec<u8>>,
    /// The scanners' test file; none where no scanner runs.
    pub harmful: Option<String>,
}

/// Writes a mail.
#[must_use]
pub fn write(kind: Kind, word: &str, sender: &str, stuff: &Stuff) -> Vec<u8> {
    let rest = match kind {
        Kind::Plain => text(&format!("ただの文です {word} https://world.example/a\r\n")),
        Kind::Password => text(&format!("{word} パスワードは {PASSWORD} です\r\n")),
        Kind::Page => format!(
            "Content-Type: text/html; charset=utf-8\r\n\r\n<p>見える文 {word}</p>\
             <script>evil()</script><img src=\"http://beacon.example/seen\">\r\n"
        ),
        Kind::Table => {
            let table = format!("語,値\r\n=HYPERLINK(\"http://evil.test\"),{word}\r\n");
            with(word, "表.csv", table.as_bytes())
        }
        Kind::Macros => with(word, "a.docm", &stuff.macros),
        Kind::Harmful => with(word, "a.txt", stuff.harmful.as_deref().unwrap_or("x").as_bytes()),
        Kind::Locked => with(word, "a.zip", stuff.locked.as_deref().unwrap_or_default()),
    };
    format!(
        "From: <{sender}>\r\nTo: <{BOX}>\r\nSubject: {word}\r\nMessage-ID: <{word}@world.example>\r\n\
         Date: Mon, 20 Apr 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\n{rest}"
    )
    .into_bytes()
}

fn text(text: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{text}")
}

fn with(word: &str, name: &str, bytes: &[u8]) -> String {
    let name = STANDARD.encode(name);
    let coded = STANDARD.encode(bytes);
    let lines: Vec<String> =
        coded.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into()).collect();
    format!(
        "Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n{}\r\n--edge\r\n\
         Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"=?utf-8?B?{name}?=\"\r\n\r\n{}\r\n--edge--\r\n",
        text(&format!("本文 {word}\r\n")),
        lines.join("\r\n"),
    )
}

/// A mail as its reader sees it, all base64 undone: headers, texts and files.
#[must_use]
pub fn opened(mail: &[u8]) -> Vec<u8> {
    let (mut out, mut coded) = (Vec::new(), Vec::new());
    let mail = unfolded(mail);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.trim_ascii();
        let is_coded = bare.len() >= 4
            && bare.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        if is_coded {
            coded.extend_from_slice(bare);
            continue;
        }
        out.extend(STANDARD.decode(&coded).unwrap_or_default());
        coded.clear();
        out.extend(words(&String::from_utf8_lossy(line)).into_bytes());
    }
    out.extend(STANDARD.decode(&coded).unwrap_or_default());
    out
}

/// The lines of encoded words joined (RFC 2047 2): one may end within a name.
fn unfolded(mail: &[u8]) -> Vec<u8> {
    const FOLD: &[u8] = b"\r\n =?";
    let mut out = Vec::with_capacity(mail.len());
    let mut rest = mail;
    while let Some(at) = rest.windows(FOLD.len()).position(|here| here == FOLD) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        out.push(b' ');
        rest = after.get(3..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// A line with its encoded words (RFC 2047) undone.
fn words(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("=?UTF-8?B?") {
        let Some((word, behind)) = after.split_once("?=") else { break };
        // Blanks between two encoded words are none (RFC 2047 6.2).
        out.push_str(before.trim_end_matches(' '));
        let bytes = STANDARD.decode(word).unwrap_or_default();
        out.push_str(&String::from_utf8_lossy(&bytes));
        rest = behind;
    }
    out + rest
}
