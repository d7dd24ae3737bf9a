//! Pictures that the HTML body shows by `cid:`. A page knows no other files, so
//! they go into it as `data:` while it is made harmless, and come out again.

use std::collections::BTreeMap;

use sanitize_core::{Format, Job, Stop};

use crate::transfer::base64;
use crate::write::Ready;

/// Pictures that one body may show; more stay attached only.
const PICTURES_MAX: usize = 200;

/// The pictures that stand in a page for the time being.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    /// Content identifiers and the addresses that stand for them.
    addresses: BTreeMap<String, String>,
}

impl Pictures {
    /// Puts harmless pictures where the page refers to them.
    ///
    /// # Errors
    /// Stops at a limit: one picture may be shown very often.
    pub(crate) fn put_in(
        &mut self,
        html: &str,
        files: &[Ready],
        job: &mut Job<'_>,
    ) -> Result<String, Stop> {
        let mut out = String::with_capacity(html.len());
        let mut pieces = html.split("cid:");
        out.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|c: char| !is_id(c)).unwrap_or(piece.len());
            let (id, rest) = piece.split_at(end);
            match self.address(&id.replace("%40", "@"), files) {
                Some(address) => {
                    job.budget.take_bytes(address.len() as u64)?;
                    out.push_str(address);
                    out.push_str(rest);
                }
                None => {
                    out.push_str("cid:");
                    out.push_str(piece);
                }
            }
        }
        Ok(out)
    }

    fn address(&mut self, id: &str, files: &[Ready]) -> Option<&str> {
        if !self.addresses.contains_key(id) {
            if self.addresses.len() >= PICTURES_MAX {
                return None;
            }
            let file = files.iter().find(|file| file.content_id.as_deref() == Some(id))?;
            let kind = match file.output.format {
                Format::Png => "png",
                Format::Jpeg => "jpeg",
                Format::Gif => "gif",
                Format::Bmp => "bmp",
                Format::Webp => "webp",
                _ => return None,
            };
            let address = format!("data:image/{kind};base64,{}", base64(&file.output.bytes));
            self.addresses.insert(id.to_owned(), address);
        }
        self.addresses.get(id).map(String::as_str)
    }

    /// Puts the references back. A harmless picture comes through unchanged, so
    /// that it is found by what it is.
    pub(crate) fn take_out(&self, html: String) -> String {
        self.addresses
            .iter()
            .fold(html, |html, (id, address)| html.replace(address, &format!("cid:{id}")))
    }
}

/// Says which files the page shows, by their position.
pub(crate) fn are_shown(html: Option<&[u8]>, files: &[Ready]) -> Vec<bool> {
    let html = String::from_utf8_lossy(html.unwrap_or_default());
    let references = html.split("cid:").skip(1).take(PICTURES_MAX * 50);
    let ids: std::collections::BTreeSet<String> =
        references.map(|rest| rest.chars().take_while(|&c| is_id(c)).collect()).collect();
    let is_shown = |file: &Ready| {
        file.output.format.is_image() && file.content_id.as_ref().is_some_and(|id| ids.contains(id))
    };
    files.iter().map(is_shown).collect()
}

fn is_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._@+$%-".contains(c)
}
