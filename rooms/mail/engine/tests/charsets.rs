//! Japanese mail in every charset, at every place, with every mistake that was
//! met: `charsets.tsv`, made by `charsets.py` with other codecs than ours.
#![allow(clippy::unwrap_used, clippy::panic)]

use mail_engine::{Limits, Message, read};

#[test]
fn every_case_reads_as_it_should() {
    let table = include_str!("charsets.tsv");
    let (mut count, mut wrong) = (0, Vec::new());
    for line in table.lines() {
        let [name, place, expected, raw] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not four columns: {line}");
        };
        count += 1;
        let expected = expected.replace("\\n", "\n");
        let found = match read(&unescaped(raw), &Limits::default()) {
            Ok(message) => at(&message, place),
            Err(stop) => stop.to_string(),
        };
        if found != expected {
            wrong.push(format!("{name}\n   is {found:?}\n  not {expected:?}"));
        }
    }
    println!("{} of {count} cases", count - wrong.len());
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 350);
}

fn at(message: &Message, place: &str) -> String {
    match place {
        "subject" => message.subject.clone(),
        "from" => message.from.first().map(|from| from.display.clone()).unwrap_or_default(),
        "text" => message.text.clone(),
        "file" => message.attachments.first().map(|file| file.name.clone()).unwrap_or_default(),
        other => panic!("no such place: {other}"),
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'\\', [b'\\', more @ ..]) => {
                out.push(b'\\');
                rest = more;
            }
            (b'\\', [b'x', high, low, more @ ..]) => {
                let digit = |digit: u8| char::from(digit).to_digit(16).unwrap();
                out.push(u8::try_from(digit(*high) * 16 + digit(*low)).unwrap());
                rest = more;
            }
            (byte, _) => out.push(byte),
        }
    }
    out
}
