//! Cutting a zone off and restoring it at the gateway itself, with no server and
//! no database: the packet filter takes it at once, and a note is left for the
//! program. Nothing but a site's file is needed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{Clock, Timestamp};
use serde_json::Value;
use wall_engine::{CUTOFF_TABLE, cut_off};
use zones::{Site, Zone};

use super::note::{Deed, Note};
use crate::kernel::{Kernel, KernelError};

/// Where it is done, by whom and why.
pub struct Local<'a> {
    /// The site.
    pub site: &'a Site,
    /// Whose packet filter.
    pub kernel: &'a Kernel,
    /// Where notes are left.
    pub notes: &'a Path,
    /// The gateway's clock.
    pub clock: &'a dyn Clock,
    /// Who.
    pub operator: String,
    /// Why.
    pub reason: String,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// The zones that are cut off now.
    pub cut: Vec<Zone>,
    /// From the command until the kernel held it.
    pub took: Duration,
    /// The note; or why there is none.
    pub note: Result<PathBuf, String>,
}

/// Why it was not done: everything is as it was.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The kernel did not answer or refused.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// What the kernel says is not what nft writes.
    #[error("what the packet filter says cannot be read")]
    Unreadable,
    /// The zone is not cut off.
    #[error("the zone is not cut off here")]
    NotCut,
    /// No note could be left, without which nothing is opened.
    #[error("no note could be left in {}: {why}", folder.display())]
    Note {
        /// Where.
        folder: PathBuf,
        /// Why.
        why: std::io::Error,
    },
}

impl Local<'_> {
    /// Cuts a zone off. It is done even where no note can be left: an emergency
    /// does not wait for a disk.
    ///
    /// # Errors
    /// If the kernel did not take it.
    pub fn cut(&self, zone: Zone) -> Result<Done, LocalError> {
        let (at, started) = (self.clock.now(), self.clock.elapsed());
        let mut note = self.note(Deed::Cut, zone, at);
        // The note is there before the change, so that the program, which sees
        // the change, never takes it for a stranger's.
        let written = note.write(self.notes);
        let mut cut = self.zones_cut().unwrap_or_default();
        cut.push(zone);
        cut.sort();
        cut.dedup();
        if let Err(why) = self.kernel.apply(&cut_off(self.site, &cut)) {
            if let Ok(file) = &written {
                let _ = std::fs::remove_file(file);
            }
            return Err(why.into());
        }
        let took = self.clock.elapsed().saturating_sub(started);
        note.took_ms = u64::try_from(took.as_millis()).ok();
        let written = written.and_then(|_| note.write(self.notes));
        Ok(Done { cut, took, note: written.map_err(|why| why.to_string()) })
    }

    /// Takes the cut-off of a zone away. What then passes is what the filter's
    /// own table opens: flows whose permits were in force when it was told, and
    /// are until now by the kernel's clock.
    ///
    /// # Errors
    /// [`LocalError::NotCut`]; [`LocalError::Note`]: nothing opens without a
    /// note of who opened it.
    pub fn restore(&self, zone: Zone) -> Result<Done, LocalError> {
        let (at, started) = (self.clock.now(), self.clock.elapsed());
        let mut cut = self.zones_cut()?;
        if !cut.contains(&zone) {
            return Err(LocalError::NotCut);
        }
        cut.retain(|one| *one != zone);
        let mut note = self.note(Deed::Restore, zone, at);
        let file = note.write(self.notes).map_err(|why| self.no_note(why))?;
        if let Err(why) = self.kernel.apply(&cut_off(self.site, &cut)) {
            let _ = std::fs::remove_file(file);
            return Err(why.into());
        }
        let took = self.clock.elapsed().saturating_sub(started);
        note.took_ms = u64::try_from(took.as_millis()).ok();
        let written = note.write(self.notes);
        Ok(Done { cut, took, note: written.map_err(|why| why.to_string()) })
    }

    /// The zones that the packet filter cuts off now.
    ///
    /// # Errors
    /// If the kernel did not answer.
    pub fn zones_cut(&self) -> Result<Vec<Zone>, LocalError> {
        zones_in(&self.kernel.ruleset()?).ok_or(LocalError::Unreadable)
    }

    fn note(&self, deed: Deed, zone: Zone, at: Timestamp) -> Note {
        let (operator, reason) = (self.operator.clone(), self.reason.clone());
        Note { deed, zone, at, operator, reason, took_ms: None }
    }

    fn no_note(&self, why: std::io::Error) -> LocalError {
        LocalError::Note { folder: self.notes.to_owned(), why }
    }
}

/// The zones that a ruleset (the JSON of `nft`) cuts off: the comments of our
/// table of cut-offs name them.
#[must_use]
pub fn zones_in(ruleset: &str) -> Option<Vec<Zone>> {
    let value: Value = serde_json::from_str(ruleset).ok()?;
    let list = value.get("nftables")?.as_array()?;
    let rules = list.iter().filter_map(|object| object.get("rule"));
    let ours = rules.filter(|rule| {
        rule.get("table").and_then(Value::as_str) == Some(CUTOFF_TABLE)
            && rule.get("chain").and_then(Value::as_str) == Some("cut_forward")
    });
    let mut zones: Vec<Zone> =
        ours.filter_map(|rule| rule.get("comment")?.as_str()).filter_map(Zone::parse).collect();
    zones.sort();
    zones.dedup();
    Some(zones)
}

/// Who stands at the gateway: the account that logged in, if the system knows
/// it, and the one that acts.
#[must_use]
pub fn operator() -> String {
    use std::os::unix::fs::MetadataExt;
    const UNSET: &str = "4294967295";
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = |uid: &str| {
        let mut lines = accounts.lines().map(|line| line.split(':'));
        let found = lines.find_map(|mut line| {
            let name = line.next()?;
            (line.nth(1) == Some(uid)).then(|| name.to_owned())
        });
        found.unwrap_or_else(|| format!("uid {uid}"))
    };
    let acting = std::fs::metadata("/proc/self").map(|own| own.uid().to_string());
    let acting = acting.map_or_else(|_| "?".to_owned(), |uid| name(&uid));
    let login = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    let login = Some(login.trim()).filter(|uid| !uid.is_empty() && *uid != UNSET);
    let by_sudo = std::env::var("SUDO_USER").ok();
    match login.map(name).or(by_sudo) {
        Some(login) if login != acting => format!("{login} ({acting})"),
        Some(_) | None => acting,
    }
}
