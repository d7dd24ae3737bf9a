//! What becomes of each member: made safe by name and by content, or taken out
//! with a reason. Knows neither how archives are read nor how they are written.

use sanitize_core::filename::{safe_path, with_extension_of};
use sanitize_core::{Choice, Format, Job, Output, Stop};

use crate::codes;
use crate::names::Names;
use crate::pack::Packer;
use crate::read::{Content, Member, Sink};

/// Rebuilds members as they come.
pub(crate) struct Rebuilder {
    packer: Packer,
    names: Names,
    files: u64,
    is_unlocked: bool,
    /// The most useful reason among the members that were taken out: one that
    /// a person can do something about goes before the others.
    refused: Option<Stop>,
    /// Whether all that were taken out share that reason.
    has_one_reason: bool,
}

impl Rebuilder {
    pub(crate) fn new(packer: Packer) -> Self {
        Self {
            packer,
            names: Names::default(),
            files: 0,
            is_unlocked: false,
            refused: None,
            has_one_reason: true,
        }
    }

    /// Returns the new archive.
    ///
    /// # Errors
    /// Stops where there were files and none is left.
    pub(crate) fn finish(self, job: &mut Job<'_>) -> Result<Output, Stop> {
        if self.files == 0
            && let Some(stop) = self.refused
        {
            let is_plain = self.has_one_reason || matches!(stop, Stop::Held(_));
            let place = stop.reason().place.clone();
            return Err(if is_plain { stop } else { Stop::blocked(&codes::NOTHING_LEFT, place) });
        }
        if self.is_unlocked {
            job.removed(&codes::ENCRYPTION_REMOVED, "");
        }
        self.packer.finish()
    }

    fn file(
        &mut self,
        name: String,
        data: &[u8],
        password: Option<&[u8]>,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        // Nothing at all is no type that could be refused, and harmless as text.
        let output = if data.is_empty() {
            Output { format: Format::Txt, bytes: Vec::new() }
        } else {
            match job.rebuild_nested(&name, data) {
                Ok(output) => output,
                Err(stop) => return self.refuse(&name, stop, job),
            }
        };
        let name = match with_extension_of(&name, output.format) {
            Some(right) => {
                job.removed(&codes::EXTENSION_CORRECTED, &format!("{name} ⇒ {right}"));
                right
            }
            None => name,
        };
        let free = self.names.file(&name);
        if free != name {
            job.removed(&codes::NAME_DUPLICATE, &free);
        }
        let lock = password.filter(|_| job.policy.archive.encrypt_again);
        self.is_unlocked |= password.is_some() && lock.is_none();
        self.packer.file(&free, &output, lock);
        self.files += 1;
        Ok(())
    }

    fn refuse(&mut self, name: &str, stop: Stop, job: &mut Job<'_>) -> Result<(), Stop> {
        if stop.is_limit() {
            return Err(stop);
        }
        let stop = at_member(stop, name);
        match job.policy.archive.refused_members {
            Choice::Keep => return Err(stop),
            Choice::Remove | Choice::Flatten => {}
        }
        job.removed(&codes::MEMBER_REMOVED, name);
        job.removed(stop.reason().code, &stop.reason().place);
        let is_same = |known: &Stop| known.reason().code.id == stop.reason().code.id;
        self.has_one_reason &= self.refused.as_ref().is_none_or(is_same);
        let is_better =
            matches!((&self.refused, &stop), (None, _) | (Some(Stop::Blocked(_)), Stop::Held(_)));
        if is_better {
            self.refused = Some(stop);
        }
        Ok(())
    }
}

impl Sink for Rebuilder {
    fn take(&mut self, member: Member, job: &mut Job<'_>) -> Result<(), Stop> {
        let safe = safe_path(&member.name);
        let name = safe.name;
        let leaf = name.rsplit('/').next().unwrap_or_default();
        if is_helper(&name, leaf) {
            job.removed(&codes::HELPER_FILE, &name);
            return Ok(());
        }
        if is_system(leaf) {
            job.removed(&codes::SYSTEM_FILE, &name);
            return Ok(());
        }
        match member.content {
            Content::Link => job.removed(&codes::LINK_REMOVED, &name),
            Content::Directory => {
                // "./" and "/" stand for the place the archive is unpacked to.
                let is_root = member.name.chars().all(|c| matches!(c, '.' | '/' | '\\'));
                if is_root {
                    return Ok(());
                }
                if safe.is_changed {
                    job.removed(&codes::NAME_CHANGED, &change(&member.name, &name));
                }
                if let Some(free) = self.names.directory(&name) {
                    self.packer.directory(&free);
                }
            }
            Content::Unreadable(stop) => self.refuse(&name, stop, job)?,
            Content::File { data, password } => {
                if safe.is_changed {
                    job.removed(&codes::NAME_CHANGED, &change(&member.name, &name));
                }
                self.file(name, &data, password.as_deref(), job)?;
            }
        }
        Ok(())
    }
}

/// Names the member in a reason that came from inside it.
fn at_member(mut stop: Stop, name: &str) -> Stop {
    let (Stop::Blocked(reason) | Stop::Held(reason)) = &mut stop;
    if reason.place.is_empty() {
        name.clone_into(&mut reason.place);
    } else if !reason.place.starts_with(name) {
        reason.place = format!("{name} → {}", reason.place);
    }
    stop
}

/// Shows a name that was changed, with what cannot be seen in it spelt out.
fn change(old: &str, new: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 120;
    let shown: String = old.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    format!("{shown} ⇒ {new}")
}

/// Leftovers of macOS and of Windows' picture previews.
fn is_helper(name: &str, leaf: &str) -> bool {
    let lower = leaf.to_ascii_lowercase();
    name.starts_with("__MACOSX/")
        || name == "__MACOSX"
        || matches!(lower.as_str(), ".ds_store" | "thumbs.db" | "ehthumbs.db")
}

/// Files by which a folder or a volume acts as soon as it is shown.
fn is_system(leaf: &str) -> bool {
    matches!(leaf.to_ascii_lowercase().as_str(), "desktop.ini" | "autorun.inf" | "folder.htt")
}
