//! The body as text: every stretch in its order, nothing hidden, no link that
//! can be clicked, and a line for everything that was taken out.

mod lines;
mod page;
mod style;
mod table;

use std::collections::BTreeSet;

use sanitize_core::{Code, Job};
use sanitize_mail::letter::Piece;

use crate::limits::Limits;
use crate::links::{self, Link, Origin};
use crate::message::Removed;
use crate::{codes, names};

/// Fonts that are kept to be judged.
const FONTS_MAX: usize = 100;
/// Lines of one report.
const REMOVED_MAX: usize = 1_000;

/// A body while it is read.
pub(crate) struct Body<'l> {
    limits: &'l Limits,
    out: String,
    /// Characters of `out`.
    chars: usize,
    links: Vec<Link>,
    removed: Vec<Removed>,
    fonts: BTreeSet<String>,
    codes: Vec<String>,
}

/// What came of it.
pub(crate) struct Done {
    pub(crate) text: String,
    pub(crate) links: Vec<Link>,
    pub(crate) removed: Vec<Removed>,
    pub(crate) fonts: Vec<String>,
}

impl<'l> Body<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            out: String::new(),
            chars: 0,
            links: Vec::new(),
            removed: Vec::new(),
            fonts: BTreeSet::new(),
            codes: Vec::new(),
        }
    }

    /// Reads the stretches of a body. What a page says goes before what its
    /// plain twin says: the page is what people would have seen.
    pub(crate) fn read(&mut self, pieces: &[Piece], job: &mut Job<'_>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let text = self.plain(text, Origin::Text);
                    self.add(&text);
                }
                Piece::Html(html) => {
                    let text = self.page(html, job);
                    self.add(&text);
                }
                Piece::Both { text, html } => {
                    let page = self.page(html, job);
                    if page.trim().is_empty() {
                        let text = self.plain(text, Origin::Text);
                        self.add(&text);
                    } else {
                        if differs(&page, text) {
                            let text = self.plain(text, Origin::Text);
                            self.add(&page);
                            self.section(
                                "テキスト版(内容が異なります)/ plain version, which differs",
                                &text,
                            );
                        } else {
                            self.add(&page);
                        }
                    }
                }
            }
        }
    }

    fn page(&mut self, html: &str, job: &mut Job<'_>) -> String {
        match sanitize_text::page::parse(html, job) {
            Ok(document) => page::text(&document, self),
            Err(_) => {
                self.note(&codes::PAGE_BROKEN, "");
                let bare: String = html
                    .split('<')
                    .map(|piece| piece.split_once('>').map_or("", |p| p.1))
                    .collect();
                self.plain(&bare, Origin::Page)
            }
        }
    }

    /// Adds a section with a heading of its own.
    pub(crate) fn section(&mut self, heading: &str, text: &str) {
        let text = self.plain(text, Origin::Text);
        self.add(&format!("【{heading}】\n{text}"));
    }

    fn add(&mut self, text: &str) {
        // Addresses may come together only now: `http:<b>//a.example</b>`.
        let text = self.defanged(text.trim_matches('\n').trim_end(), Some(Origin::Page));
        if text.trim().is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
        let left = self.limits.text_chars_max.saturating_sub(self.chars);
        let count = text.chars().count();
        if count > left {
            self.out.extend(text.chars().take(left));
            self.chars = self.limits.text_chars_max;
            self.note(&codes::CUT, "");
        } else {
            self.out.push_str(&text);
            self.chars += count;
        }
    }

    /// Notes something that was taken out.
    pub(crate) fn note(&mut self, code: &'static Code, place: &str) {
        self.note_times(code, place, 1);
    }

    fn note_times(&mut self, code: &'static Code, place: &str, count: u64) {
        if count == 0 {
            return;
        }
        let place: String = place.chars().take(120).collect();
        let known = self.removed.iter_mut().find(|one| one.code == code && one.place == place);
        if let Some(known) = known {
            known.count = known.count.saturating_add(count);
        } else if self.removed.len() < REMOVED_MAX {
            self.removed.push(Removed { code, place, count });
        }
    }

    fn font(&mut self, names: &str) {
        for name in names.split(',') {
            let name = name.trim().trim_matches(['"', '\'']).trim().to_lowercase();
            if !name.is_empty() && self.fonts.len() < FONTS_MAX {
                self.fonts.insert(name.chars().take(80).collect());
            }
        }
    }

    fn link(&mut self, link: Link) {
        let is_known =
            |known: &Link| known.target == link.target && known.displayed == link.displayed;
        if self.links.len() < self.limits.links_max
            && !self.links.iter().rev().take(50).any(is_known)
        {
            self.links.push(link);
        }
    }

    /// Puts what a QR code says at the end of the text.
    pub(crate) fn code_in_picture(&mut self, says: &str) {
        let is_address = links::found(says).first().is_some_and(|(from, _)| *from == 0);
        let shown = self.visible(says);
        if is_address {
            self.link(Link::new("", says, Origin::Picture));
        }
        self.codes.push(shown.clone());
        let shown = if is_address { links::defang(shown.trim()) } else { shown };
        self.add(&format!("【QRコード / QR code】\n{shown}"));
    }

    pub(crate) fn take_codes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.codes)
    }

    pub(crate) fn finish(self) -> Done {
        Done {
            text: self.out,
            links: self.links,
            removed: self.removed,
            fonts: self.fonts.into_iter().collect(),
        }
    }

    /// Makes plain text harmless and lists its links.
    fn plain(&mut self, text: &str, origin: Origin) -> String {
        let text = self.visible(text);
        self.defanged(&text, Some(origin))
    }

    /// Takes out what nobody sees, and says so.
    fn visible(&mut self, text: &str) -> String {
        let (mut unseen, mut turning, mut control, mut private) = (0, 0, 0, 0);
        let mut out = String::with_capacity(text.len());
        let mut before = ' ';
        for c in text.chars() {
            match c {
                '\n' | '\t' => out.push(c),
                '\r' => {}
                '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' => {
                    turning += 1
                }
                // Joins emoji; between letters it shows nothing.
                '\u{200D}' if is_pictogram(before) => out.push(c),
                '\u{200D}' => unseen += 1,
                _ if names::is_unseen(c) => unseen += 1,
                _ if c.is_control() => control += 1,
                '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' => {
                    private += 1;
                    out.push('〓');
                }
                _ => out.push(c),
            }
            before = c;
        }
        self.note_times(&codes::UNSEEN, "", unseen);
        self.note_times(&codes::DIRECTION, "", turning);
        self.note_times(&codes::CONTROL, "", control);
        self.note_times(&codes::PRIVATE_USE, "", private);
        out
    }

    /// Defangs addresses in a text; they are listed where `origin` is given.
    fn defanged(&mut self, text: &str, origin: Option<Origin>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (from, to) in links::found(text) {
            let target = text.get(from..to).unwrap_or_default();
            out.push_str(&broken(text.get(at..from).unwrap_or_default()));
            out.push_str(&links::defang(target));
            if let Some(origin) = origin {
                self.link(Link::new("", target, origin));
            }
            at = to;
        }
        out.push_str(&broken(text.get(at..).unwrap_or_default()));
        out
    }
}

/// Breaks what is left of addresses: other schemes open programs too.
fn broken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        let is_ours = ["hxxp", "hxxps", "fxp"].iter().any(|scheme| before.ends_with(scheme));
        out.push_str(if is_ours { "://" } else { "[:]//" });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_pictogram(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Says whether two versions of a body have little in common: programs show one
/// or the other, and people argue about different mails.
fn differs(page: &str, text: &str) -> bool {
    const CHARS_MIN: usize = 40;
    const CHARS_MAX: usize = 20_000;
    /// Letters in a row that two texts hardly share by chance.
    const RUN: usize = 4;
    let runs = |text: &str| {
        let letters: Vec<char> =
            text.chars().filter(|c| c.is_alphanumeric()).take(CHARS_MAX).collect();
        letters.windows(RUN).map(<[char]>::to_vec).collect::<BTreeSet<_>>()
    };
    let (page, text) = (runs(page), runs(text));
    let smaller = page.len().min(text.len());
    smaller >= CHARS_MIN && page.intersection(&text).count() * 10 < smaller * 3
}

#[cfg(test)]
mod tests;
