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

/// Our folders that people see.
const TAKEN: &str = "taken";
const REFUSED: &str = "refused";
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
        let taken = root.make(OsStr::new(TAKEN))?;
        let refused = root.make(OsStr::new(REFUSED))?;
        Ok(Self { root, claims, taken, refused })
    }

    /// What is on its way in.
    pub(super) fn claims(&self) -> io::Result<Vec<ClaimId>> {
        let all = self.claims.entries()?;
        Ok(all.iter().filter_map(|name| ClaimId::parse(name.to_str()?).ok()).collect())
    }

    /// What might be taken, as it is now, by its path. Folders inside are left
    /// alone unless they are gone into.
    pub(super) fn waiting(
        &self,
        wants_done: bool,
        goes_below: bool,
    ) -> io::Result<Vec<(OsString, Facts)>> {
        let mut found = Vec::new();
        let mut below = Below { wants_done, depth: if goes_below { DEPTH_MAX } else { 0 } };
        below.look(&self.root, OsStr::new(""), &mut found)?;
        Ok(found)
    }

    /// Opens the folder in which a path's file lies; nothing if it has gone.
    fn folder_of(&self, folders: &[&OsStr]) -> io::Result<Option<Dir>> {
        let mut open = None;
        for folder in folders {
            let next = open.as_ref().unwrap_or(&self.root).below(folder);
            match next {
                Ok(next) => open = Some(next),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        // The root itself is opened anew, as whoever asks owns what they get.
        match open {
            Some(open) => Ok(Some(open)),
            None => self.root.below(OsStr::new(".")).map(Some),
        }
    }

    /// Moves a file aside, its mark first, so that none is left to speak for
    /// the next file of the name. False if the file has gone.
    pub(super) fn claim(&self, path: &OsStr, claim: ClaimId, wants_done: bool) -> io::Result<bool> {
        let (folders, last) = name::parts(path);
        let Some(from) = self.folder_of(&folders)? else { return Ok(false) };
        let number = OsString::from(claim.to_string());
        let place = self.claims.make(&number)?;
        let packed = name::packed(path);
        if wants_done {
            absent(from.move_to(&name::done(last), &place, &name::done(&packed)))?;
        }
        if absent(from.move_to(last, &place, &packed))? {
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
        let path = name::unpacked(file);
        let (folders, last) = name::parts(&path);
        let Some(from) = self.folder_of(&folders)? else { return Ok(None) };
        let is_there = absent(from.move_to(last, place, file))?;
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

/// A walk through folders inside.
struct Below {
    wants_done: bool,
    /// How many folders deeper it may go.
    depth: u8,
}

/// Folders in folders that are gone into.
const DEPTH_MAX: u8 = 16;
/// Files that one look finds; the rest comes with the next.
const FOUND_MAX: usize = 5_000;

impl Below {
    fn look(
        &mut self,
        folder: &Dir,
        path: &OsStr,
        found: &mut Vec<(OsString, Facts)>,
    ) -> io::Result<()> {
        let all = folder.entries()?;
        for entry in &all {
            let is_mark = self.wants_done && name::marked(entry).is_some();
            if is_mark || name::is_passing(entry) || found.len() >= FOUND_MAX {
                continue;
            }
            // One that has gone in the meantime is nobody's error.
            let Some(facts) = folder.look(entry)? else { continue };
            let mut whole = path.to_owned();
            whole.push(entry);
            if facts.kind == Kind::Folder {
                let is_ours = path.is_empty() && (entry == TAKEN || entry == REFUSED);
                if self.depth > 0 && !is_ours {
                    whole.push("/");
                    self.go(folder, entry, &whole, found)?;
                }
                continue;
            }
            // A link in a folder inside is left alone: it may belong there.
            let is_left = !path.is_empty() && facts.kind == Kind::Other;
            let is_marked = !self.wants_done || all.binary_search(&name::done(entry)).is_ok();
            if is_marked && !is_left {
                found.push((whole, facts));
            }
        }
        Ok(())
    }

    fn go(
        &mut self,
        folder: &Dir,
        entry: &OsStr,
        path: &OsStr,
        found: &mut Vec<(OsString, Facts)>,
    ) -> io::Result<()> {
        let below = match folder.below(entry) {
            Ok(below) => below,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        self.depth -= 1;
        let looked = self.look(&below, path, found);
        self.depth += 1;
        looked
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
