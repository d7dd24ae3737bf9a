//! Gathers the members' text under their names. Members without text are named
//! with the reason, so that a reader knows what was there.

use sanitize_core::filename::safe_path;
use sanitize_core::{Choice, Job, Mark, Stop};

use crate::read::{Content, Member, Sink};

/// The text so far.
#[derive(Default)]
pub(crate) struct Texts {
    text: String,
    members: u64,
    refused: Option<Stop>,
}

impl Texts {
    /// Returns the text.
    ///
    /// # Errors
    /// Stops with the first member's reason where none gave any.
    pub(crate) fn finish(self) -> Result<String, Stop> {
        match self.refused {
            Some(stop) if self.members == 0 => Err(stop),
            Some(_) | None => Ok(self.text),
        }
    }
}

impl Sink for Texts {
    fn take(&mut self, member: Member, job: &mut Job<'_>) -> Result<(), Stop> {
        let name = safe_path(&member.name).name;
        let text = match member.content {
            Content::Directory | Content::Link => return Ok(()),
            Content::Unreadable(stop) => Err(stop),
            Content::File { data, .. } if data.is_empty() => Ok(String::new()),
            Content::File { data, .. } => job.text_nested(&name, &data),
        };
        match text {
            Ok(text) => {
                job.budget.take_bytes(text.len() as u64)?;
                let text = text.trim_end_matches('\n');
                if job.marks_places() {
                    job.mark(&mut self.text, &Mark::File(&name));
                    self.text.push_str(text);
                    job.mark(&mut self.text, &Mark::FileEnd);
                } else {
                    self.text.push_str(&format!("== {name} ==\n{text}\n"));
                }
                self.members += 1;
            }
            Err(stop) if stop.is_limit() || job.policy.archive.refused_members == Choice::Keep => {
                return Err(stop);
            }
            Err(stop) => {
                job.removed(&crate::codes::MEMBER_REMOVED, &name);
                job.removed(stop.reason().code, &name);
                self.refused.get_or_insert(stop);
            }
        }
        Ok(())
    }
}
