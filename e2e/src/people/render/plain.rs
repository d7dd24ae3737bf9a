//! Text, tables of text, web pages, mail.

use super::super::Random;
use super::super::content::{Block, Content};
use crate::inject::base64;
use crate::make::xml::escape;

/// Cells between separators, quoted where they must be.
pub(super) fn separated(content: &Content, separator: char) -> String {
    let quoted = |cell: &String| {
        if cell.contains([separator, '"', '\n']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let joint = separator.to_string();
    let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(&joint);
    content.rows().iter().map(|row| line(row) + "\r\n").collect()
}

/// Tables as people type them.
pub(super) fn text(content: &Content, random: &mut Random) -> String {
    let joint = *random.of(&["\t", "  ", "　", ","]);
    content.rows().iter().map(|row| row.join(joint) + "\r\n").collect()
}

/// A page with tables.
pub(super) fn html(content: &Content) -> String {
    let mut body = String::new();
    for block in &content.blocks {
        match block {
            Block::Line(text) => body.push_str(&format!("<p>{}</p>\n", escape(text))),
            Block::Table(rows) => {
                body.push_str("<table>\n");
                for row in rows {
                    let cells: String =
                        row.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
                    body.push_str(&format!("<tr>{cells}</tr>\n"));
                }
                body.push_str("</table>\n");
            }
        }
    }
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>一覧</title></head><body>{body}</body></html>"
    )
}

/// Paragraphs and table rows in RTF, letters by their code.
pub(super) fn rtf(content: &Content) -> Vec<u8> {
    let said = |text: &str| -> String {
        text.encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte @ (b'\\' | b'{' | b'}')) => format!("\\{}", char::from(byte)),
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{}?", unit.cast_signed()),
            })
            .collect()
    };
    let mut body = String::new();
    for block in &content.blocks {
        match block {
            Block::Line(text) => body.push_str(&format!("\\pard {}\\par\n", said(text))),
            Block::Table(rows) => {
                for row in rows {
                    body.push_str("\\trowd");
                    for index in 1..=row.len() {
                        body.push_str(&format!("\\cellx{}", 1500 * index));
                    }
                    for cell in row {
                        body.push_str(&format!("\\pard\\intbl {}\\cell", said(cell)));
                    }
                    body.push_str("\\row\n");
                }
            }
        }
    }
    format!("{{\\rtf1\\ansi\\ansicpg932\\deff0{{\\fonttbl{{\\f0\\fnil\\fcharset128 Mincho;}}}}\\f0\n{body}}}").into_bytes()
}

/// A letter with a text and perhaps a file.
pub(super) fn mail(text: &str, file: Option<(&str, &[u8])>) -> Vec<u8> {
    let word = |text: &str| format!("=?UTF-8?B?{}?=", base64(text.as_bytes()));
    let head = format!(
        "From: clerk@example.jp\r\nTo: other@example.jp\r\nSubject: {}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\n",
        word("一覧の送付")
    );
    let body = format!(
        "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        folded(&base64(text.as_bytes()))
    );
    let Some((name, bytes)) = file else { return format!("{head}{body}").into_bytes() };
    let name = word(name);
    format!(
        "{head}Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n{body}\r\n--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        folded(&base64(bytes))
    )
    .into_bytes()
}

fn folded(text: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    lines.join("\r\n")
}
