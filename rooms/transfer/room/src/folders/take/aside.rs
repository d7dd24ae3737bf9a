//! The places inside a watched folder: `.sekisho` for what is on its way in,
//! `taken` and `refused` for what was. Knows disks and no rows.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use passages::PassageId;

use crate::folders::disk::{Dir, Facts, Kind, facts_of};
use crate::folders::name;
use crate::folders::tables::ClaimId;

/// A watched folder, held open.
pub(super) struct Open {
    root: Dir,
    claims: Dir,
    taken: Dir,
    refused: Dir,
}

/// What lies under a claim.
pub(super) enum Aside {
    /// Nothing any more.
    Nothing,
    /// Nothing that is taken.
    Odd(OsString, Why),
    /// A file.
    File(Lying),
}

/// A file that lies aside, open.
pub(super) struct Lying {
    pub(super) name: OsString,
    file: File,
    facts: Facts,
    left: u64,
}

/// Bytes that are read at once.
const PIECE_BYTES: u64 = 1 << 20;

impl Lying {
    /// How many bytes it had when it was opened.
    pub(super) const fn bytes(&self) -> u64 {
        self.facts.bytes
    }

    /// Its next piece, none beyond the bytes that it had.
    pub(super) fn piece(mut self) -> io::Result<(Self, Vec<u8>)> {
        let mut piece = Vec::new();
        self.file.by_ref().take(self.left.min(PIECE_BYTES)).read_to_end(&mut piece)?;
        self.left = self.left.saturating_sub(piece.len() as u64);
        Ok((self, piece))
    }

    /// True if nobody has changed it since it was opened.
    pub(super) fn is_same(&self) -> io::Result<bool> {
        Ok(facts_of(&self.file)? == self.facts)
    }
}

/// Why something in a folder is never taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// A link, a pipe, a device.
    NoFile,
    /// A file with a second name elsewhere, which may not be the folder's.
    SecondName,
    /// More bytes than are treated.
    TooLarge,
}

impl Why {
    /// The word in the ledger and in catalogue keys.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::NoFile => "no-file",
            Self::SecondName => "second-name",
            Self::TooLarge => "too-large",
        }
    }
}

impl Open {
    /// Opens the folder, and makes what we need in it.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let root = Dir::open(path)?;
        let claims = root.make(OsStr::new(crate::folders::place::OURS))?;
        let taken = root.make(OsStr::new("taken"))?;
        let refused = root.make(OsStr::new("refused"))?;
        Ok(Self { root, claims, taken, refused })
    }

    /// What is on its way in.
    pub(super) fn claims(&self) -> io::Result<Vec<ClaimId>> {
        let all = self.claims.entries()?;
        Ok(all.iter().filter_map(|name| ClaimId::parse(name.to_str()?).ok()).collect())
    }

    /// What might be taken, as it is now. Folders are left alone.
    pub(super) fn waiting(&self, wants_done: bool) -> io::Result<Vec<(OsString, Facts)>> {
        let all = self.root.entries()?;
        let mut waiting = Vec::new();
        for entry in &all {
            let is_mark = wants_done && name::marked(entry).is_some();
            if is_mark || name::is_passing(entry) {
                continue;
            }
            if wants_done && all.binary_search(&name::done(entry)).is_err() {
                continue;
            }
            // One that has gone in the meantime is nobody's error.
            let Some(facts) = self.root.look(entry)? else { continue };
            if facts.kind != Kind::Folder {
                waiting.push((entry.clone(), facts));
            }
        }
        Ok(waiting)
    }

    /// Moves a file aside, its mark first, so that none is left to speak for
    /// the next file of the name. False if the file has gone.
    pub(super) fn claim(&self, name: &OsStr, claim: ClaimId, wants_done: bool) -> io::Result<bool> {
        let number = OsString::from(claim.to_string());
        let place = self.claims.make(&number)?;
        if wants_done {
            let mark = name::done(name);
            absent(self.root.move_to(&mark, &place, &mark))?;
        }
        if absent(self.root.move_to(name, &place, name))? {
            return Ok(true);
        }
        self.claims.remove_folder(&number)?;
        Ok(false)
    }

    /// Reads what lies under a claim.
    pub(super) fn read(
        &self,
        claim: ClaimId,
        wants_done: bool,
        bytes_max: u64,
    ) -> io::Result<Aside> {
        let number = OsString::from(claim.to_string());
        let place = match self.claims.below(&number) {
            Ok(place) => place,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Aside::Nothing),
            Err(error) => return Err(error),
        };
        let Some(name) = self.file_of(&place, wants_done)? else {
            self.claims.remove_folder(&number)?;
            return Ok(Aside::Nothing);
        };
        let Some(facts) = place.look(&name)? else { return Ok(Aside::Nothing) };
        if facts.kind != Kind::File {
            return Ok(Aside::Odd(name, Why::NoFile));
        }
        let file = place.read(&name)?;
        // What is looked at is what was opened, whatever lies there by now.
        let facts = facts_of(&file)?;
        if facts.kind != Kind::File {
            return Ok(Aside::Odd(name, Why::NoFile));
        }
        if facts.links > 1 {
            return Ok(Aside::Odd(name, Why::SecondName));
        }
        if facts.bytes > bytes_max {
            return Ok(Aside::Odd(name, Why::TooLarge));
        }
        let left = facts.bytes;
        Ok(Aside::File(Lying { name, file, facts, left }))
    }

    /// The file under a claim. A kill may have come between the mark and the
    /// file: then the file is fetched now.
    fn file_of(&self, place: &Dir, wants_done: bool) -> io::Result<Option<OsString>> {
        let entries = place.entries()?;
        if !wants_done {
            return Ok(entries.into_iter().next());
        }
        let file = entries.iter().find(|name| name::marked(name).is_none());
        if let Some(file) = file {
            return Ok(Some(file.clone()));
        }
        let Some(file) = entries.first().and_then(|mark| name::marked(mark)) else {
            return Ok(None);
        };
        let is_there = absent(self.root.move_to(file, place, file))?;
        Ok(is_there.then(|| file.to_owned()))
    }

    /// What was taken in lies under its passage's number.
    pub(super) fn keep_taken(&self, claim: ClaimId, passage: PassageId) -> io::Result<()> {
        let (number, new) = (claim.to_string(), passage.to_string());
        absent(self.claims.move_to(number.as_ref(), &self.taken, new.as_ref()))?;
        Ok(())
    }

    /// What is never taken lies under its claim's number, with the reason.
    pub(super) fn keep_odd(&self, claim: ClaimId, name: &OsStr, text: &str) -> io::Result<()> {
        let number = OsString::from(claim.to_string());
        self.claims.below(&number)?.write(&reason(name), text.as_bytes())?;
        self.claims.move_to(&number, &self.refused, &number)
    }

    /// What was taken and then refused goes beside its reason.
    pub(super) fn keep_refused(&self, passage: PassageId, text: &str) -> io::Result<()> {
        let number = OsString::from(passage.to_string());
        let place = match self.taken.below(&number) {
            Ok(place) => place,
            // Moved before a kill, or tidied away by somebody.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let name = place.entries()?.into_iter().find(|name| !is_reason(name));
        place.write(&reason(name.as_deref().unwrap_or(OsStr::new("file"))), text.as_bytes())?;
        self.taken.move_to(&number, &self.refused, &number)
    }

    /// Removes what was kept of a passage.
    pub(super) fn forget(&self, passage: PassageId) -> io::Result<()> {
        let number = OsString::from(passage.to_string());
        self.taken.remove_folder(&number)?;
        self.refused.remove_folder(&number)
    }
}

/// The ending of what says why.
const REASON: &str = ".reason.txt";
/// Bytes of a name with its ending, below what file systems take.
const NAME_BYTES_MAX: usize = 255;

fn reason(name: &OsStr) -> OsString {
    let mut reason = name.to_owned();
    reason.push(REASON);
    if reason.len() > NAME_BYTES_MAX { REASON.trim_start_matches('.').into() } else { reason }
}

fn is_reason(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(REASON.as_bytes()) || name == "reason.txt"
}

/// True if it was moved, false if it was not there.
fn absent(moved: io::Result<()>) -> io::Result<bool> {
    match moved {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
