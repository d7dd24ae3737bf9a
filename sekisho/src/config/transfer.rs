//! The part about folders as a way in and a way out: its keys, their shapes and
//! their advice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use identity::{BodyCode, Login};
use serde::Deserialize;
use toml::Spanned;
use transfer_room::folders::{Class, Delivery, Named, Watched, crossing};

use super::read::Said;

/// Folders of the transfer; none unless the file has some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Whose files are taken in.
    pub(crate) folders: Vec<Watched>,
    /// Into which things are delivered.
    pub(crate) deliveries: Vec<Delivery>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Written {
    folder: Vec<WrittenFolder>,
    delivery: Vec<WrittenDelivery>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenFolder {
    path: Spanned<PathBuf>,
    body: Spanned<String>,
    crossing: Spanned<String>,
    to: String,
    class: Option<Spanned<String>>,
    purpose: String,
    sender: Option<Spanned<String>>,
    machine: Option<String>,
    settled_seconds: Option<u64>,
    #[serde(default)]
    done_marker: bool,
    #[serde(default)]
    sub_folders: bool,
    keep_days: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenDelivery {
    path: Spanned<PathBuf>,
    body: Spanned<String>,
    to: String,
}

/// Unless the file says it: long enough for a copy over a slow share to go on.
const SETTLED_SECONDS: u64 = 5;
/// Unless the file says it: as long as originals are kept.
const KEEP_DAYS: u64 = 30;
const DAY_SECONDS: u64 = 24 * 3_600;
/// Characters that the list of passages keeps of a purpose and a machine.
const WORDS_MAX: usize = 200;

impl Written {
    /// Reads it, or tells each mistake with its place. Paths are taken from the
    /// file's folder.
    pub(super) fn read(self, base: &Path, mut complain: impl FnMut(usize, Said)) -> Transfer {
        let mut places: Vec<(usize, PathBuf)> = Vec::new();
        let mut folders = Vec::new();
        for written in self.folder {
            places.push((written.path.span().start, base.join(written.path.get_ref())));
            folders.extend(written.read(base, &mut complain));
        }
        let mut deliveries = Vec::new();
        for written in self.delivery {
            let path = base.join(written.path.get_ref());
            places.push((written.path.span().start, path.clone()));
            let Some(body) = body(&written.body, &mut complain) else { continue };
            deliveries.push(Delivery { path, body, to: written.to });
        }
        for (at, (start, place)) in places.iter().enumerate() {
            let before = places.iter().take(at);
            if before
                .map(|(_, other)| other)
                .any(|other| place.starts_with(other) || other.starts_with(place))
            {
                complain(*start, nested(place));
            }
        }
        Transfer { folders, deliveries }
    }
}

impl WrittenFolder {
    fn read(self, base: &Path, complain: &mut impl FnMut(usize, Said)) -> Option<Watched> {
        let at = self.path.span().start;
        let over = crossing(self.crossing.get_ref());
        if over.is_none() {
            complain(self.crossing.span().start, wrong_crossing());
        }
        let class = match &self.class {
            None => Some(Class::Two),
            Some(word) => {
                let class = Class::parse(word.get_ref());
                if class.is_none() {
                    complain(word.span().start, wrong_class());
                }
                class
            }
        };
        let sender = match (&self.sender, &self.machine) {
            (Some(login), None) => {
                let found = Login::parse(login.get_ref()).ok();
                if found.is_none() {
                    complain(login.span().start, wrong_sender());
                }
                found.map(Named::Person)
            }
            (None, Some(name)) if is_words(name) => Some(Named::Machine(name.clone())),
            (None, _) | (Some(_), Some(_)) => {
                complain(at, wrong_sender());
                None
            }
        };
        if !is_words(&self.purpose) {
            complain(at, wrong_purpose());
        }
        let body = body(&self.body, complain)?;
        Some(Watched {
            path: base.join(self.path.get_ref()),
            body,
            crossing: over?,
            to: self.to,
            class: class?,
            purpose: self.purpose,
            sender: sender?,
            settled: Duration::from_secs(self.settled_seconds.unwrap_or(SETTLED_SECONDS)),
            wants_done: self.done_marker,
            goes_below: self.sub_folders,
            keep: Duration::from_secs(self.keep_days.unwrap_or(KEEP_DAYS) * DAY_SECONDS),
        })
    }
}

fn is_words(text: &str) -> bool {
    let count = text.trim().chars().count();
    (1..=WORDS_MAX).contains(&count) && !text.chars().any(char::is_control)
}

fn body(written: &Spanned<String>, complain: &mut impl FnMut(usize, Said)) -> Option<BodyCode> {
    match BodyCode::parse(written.get_ref()) {
        Ok(body) => Some(body),
        Err(error) => {
            let what = Said::new(
                "transfer: body には、団体の全国地方公共団体コード(6桁)を書いてください",
                format!("transfer: body is the code of a body: {error}"),
            );
            complain(written.span().start, what);
            None
        }
    }
}

pub(super) fn wrong_crossing() -> Said {
    Said::new(
        "transfer: crossing は internet-lgwan、lgwan-internet、lgwan-mynumber、mynumber-lgwan のどれかです",
        "transfer: crossing is internet-lgwan, lgwan-internet, lgwan-mynumber or mynumber-lgwan",
    )
}

fn wrong_class() -> Said {
    Said::new(
        "transfer: class は 1、2、3c、3b、3a のどれかです",
        "transfer: class is 1, 2, 3c, 3b or 3a",
    )
}

fn wrong_sender() -> Said {
    Said::new(
        "transfer: sender(利用者名)か machine(機器の名前)の、どちらか一方を書いてください",
        "transfer: write either sender, a person's login, or machine, a machine's name",
    )
}

fn wrong_purpose() -> Said {
    Said::new(
        "transfer: purpose は1〜200文字で書いてください",
        "transfer: purpose has 1 to 200 characters",
    )
}

fn nested(place: &Path) -> Said {
    let place = place.display();
    Said::new(
        format!(
            "transfer: {place} は、ほかのフォルダーと同じか、その内側か外側です。別々の場所にしてください"
        ),
        format!(
            "transfer: {place} is another folder, or lies inside or around one: keep them apart"
        ),
    )
}
