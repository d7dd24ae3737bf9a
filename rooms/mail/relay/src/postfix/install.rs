//! Puts a configuration in place: written aside, checked by Postfix, and then
//! made the one that holds by one rename.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::files::{CURRENT, files};
use crate::log::{Event, Tail};
use crate::setting::Setting;

use super::child::{run, shown};
use super::{Postfix, PostfixError, file_error};

/// Configurations that are kept behind the one that holds.
const KEPT: usize = 5;
/// Who lives so long after reading its configuration has taken its addresses.
const STEADY: Duration = Duration::from_millis(400);
/// Bytes of what a check prints.
const CHECK_BYTES_MAX: u64 = 1 << 20;

/// What putting in place did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Whether anything differs from before.
    pub is_new: bool,
    /// What Postfix's check found odd, line by line.
    pub warnings: Vec<String>,
}

impl Postfix {
    /// Writes, checks and swaps in the configuration of a setting; an instance
    /// that runs takes it over at once and keeps its sessions.
    ///
    /// # Errors
    /// [`PostfixError::Configuration`] if it is wrong; the one before still holds.
    pub async fn install(&self, setting: &Setting) -> Result<Install, PostfixError> {
        setting.check().map_err(|error| PostfixError::Configuration { said: error.to_string() })?;
        if let Some(certificate) = &setting.certificate {
            let path = certificate.chain.as_path();
            File::open(path).map_err(|error| PostfixError::Configuration {
                said: format!("the certificate {} cannot be read: {error}", path.display()),
            })?;
        }
        for entrance in &setting.entrances {
            self.may_listen(entrance.ip()).map_err(|error| PostfixError::Configuration {
                said: format!("{} is no address of this place: {error}", entrance.ip()),
            })?;
        }
        self.install_files(&files(setting)).await
    }

    /// Whether an address is one of the place where the instance runs.
    fn may_listen(&self, address: std::net::IpAddr) -> std::io::Result<()> {
        let bind = move || std::net::TcpListener::bind((address, 0)).map(drop);
        match &self.netns {
            Some(netns) => platform::in_network(netns, bind)?,
            None => bind(),
        }
    }

    /// The same with texts that somebody else made.
    ///
    /// # Errors
    /// As [`Postfix::install`].
    pub async fn install_files(
        &self,
        files: &BTreeMap<String, String>,
    ) -> Result<Install, PostfixError> {
        self.make_folders()?;
        let before = fs::read_link(self.current()).ok();
        if before.is_some() && self.holds(files) {
            return Ok(Install { is_new: false, warnings: Vec::new() });
        }
        let next = self.write_aside(files)?;
        let warnings = match self.check(&next).await {
            Ok(warnings) => warnings,
            Err(error) => {
                let _ = fs::remove_dir_all(&next);
                return Err(error);
            }
        };
        self.swap(&next)?;
        if self.process().is_some()
            && let Err(error) = self.take_over().await
        {
            warn!("a new configuration did not hold: {error}");
            if let Some(before) = before {
                self.swap(&before)?;
                self.comes_back().await?;
            }
            return Err(PostfixError::Configuration { said: error.to_string() });
        }
        self.forget_old(&next);
        info!(home = %self.home, "a new configuration holds in {}", self.home);
        Ok(Install { is_new: true, warnings })
    }

    fn holds(&self, files: &BTreeMap<String, String>) -> bool {
        let folder = self.inside(CURRENT);
        let count = fs::read_dir(&folder).map(Iterator::count).unwrap_or(0);
        count == files.len()
            && files.iter().all(|(name, text)| {
                fs::read(folder.join(name)).is_ok_and(|bytes| bytes == text.as_bytes())
            })
    }

    /// Folders with the owners that Postfix wants.
    fn make_folders(&self) -> Result<(), PostfixError> {
        let user = id_of("/etc/passwd", "postfix").ok_or(PostfixError::Account("user postfix"))?;
        let group = id_of("/etc/group", "postfix").ok_or(PostfixError::Account("group postfix"))?;
        let folders: [(&str, u32, Option<u32>, Option<u32>); 6] = [
            ("", 0o755, None, None),
            ("configs", 0o755, None, None),
            ("queue", 0o755, None, None),
            ("data", 0o700, Some(user), None),
            ("log", 0o750, None, None),
            ("sockets", 0o750, None, Some(group)),
        ];
        for (name, mode, owner, group) in folders {
            let path = self.inside(name);
            fs::create_dir_all(&path).map_err(file_error(&path))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))
                .map_err(file_error(&path))?;
            chown(&path, owner, group).map_err(file_error(&path))?;
        }
        self.begin_log()
    }

    fn write_aside(&self, files: &BTreeMap<String, String>) -> Result<PathBuf, PostfixError> {
        let number = self.numbers().last().map_or(1, |last| last + 1);
        let folder = self.inside("configs").join(format!("{number:08}"));
        fs::create_dir(&folder).map_err(file_error(&folder))?;
        for (name, text) in files {
            let path = folder.join(name);
            fs::write(&path, text).map_err(file_error(&path))?;
            let file = File::open(&path).map_err(file_error(&path))?;
            file.sync_all().map_err(file_error(&path))?;
        }
        sync_folder(&folder)?;
        Ok(folder)
    }

    fn numbers(&self) -> Vec<u64> {
        let names = fs::read_dir(self.inside("configs")).into_iter().flatten().flatten();
        let mut numbers: Vec<u64> =
            names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Has Postfix read a configuration that does not hold yet.
    async fn check(&self, folder: &Path) -> Result<Vec<String>, PostfixError> {
        let folder = folder.to_string_lossy();
        let mut warnings = Vec::new();
        let checks: [(&'static str, &[&str]); 3] = [
            ("postconf", &["-c", &folder, "-n"]),
            ("postconf", &["-c", &folder, "-M"]),
            ("postfix", &["-c", &folder, "check"]),
        ];
        let mut tail = Tail::at_end(self.log_path());
        for (program, arguments) in checks {
            let said = run(program, arguments, b"", self.times.program, CHECK_BYTES_MAX).await?;
            let mut complaints = said.complaints;
            complaints.extend(logged(&mut tail));
            if !said.is_done || complaints.iter().any(|line| is_grave(line)) {
                complaints.sort_by_key(|line| !is_grave(line));
                return Err(PostfixError::Configuration { said: shown(&complaints) });
            }
            warnings.extend(complaints);
        }
        warnings.dedup();
        Ok(warnings)
    }

    fn swap(&self, folder: &Path) -> Result<(), PostfixError> {
        let (aside, current) = (self.inside("config.next"), self.inside(CURRENT));
        let _ = fs::remove_file(&aside);
        symlink(folder, &aside).map_err(file_error(&aside))?;
        fs::rename(&aside, &current).map_err(file_error(&current))?;
        sync_folder(self.home.as_path())
    }

    /// Has a running instance read its configuration again, and looks whether it
    /// lived on: an address that it cannot take ends it.
    async fn take_over(&self) -> Result<(), PostfixError> {
        let process = self.process();
        let mut tail = Tail::at_end(self.log_path());
        self.reload().await?;
        let mut steady_at = None;
        let until = Instant::now() + self.times.program;
        while Instant::now() < until {
            for line in tail.read().unwrap_or_default() {
                match line.event() {
                    Event::Reloaded => steady_at = Some(Instant::now() + STEADY),
                    Event::Fatal { text } if line.service == "master" => {
                        return Err(PostfixError::Refused { program: "postfix", said: text });
                    }
                    _other => {}
                }
            }
            if self.process() != process {
                return Err(PostfixError::Down);
            }
            if steady_at.is_some_and(|at| Instant::now() >= at) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Err(PostfixError::Slow { program: "postfix", seconds: self.times.program.as_secs() })
    }

    /// After a swap back: one that lives reads again, one that died is started by
    /// whoever looks after it.
    async fn comes_back(&self) -> Result<(), PostfixError> {
        // A process that is about to end looks alive for a moment.
        sleep(STEADY).await;
        if self.process().is_some() {
            return self.take_over().await;
        }
        let until = Instant::now() + self.times.start;
        while self.process().is_none() {
            if Instant::now() >= until {
                return Err(PostfixError::Down);
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Has the instance read its configuration again.
    ///
    /// # Errors
    /// If it is not running or refuses.
    pub async fn reload(&self) -> Result<(), PostfixError> {
        let current = self.current();
        let arguments = ["-c", current.as_str(), "reload"];
        let said = run("postfix", &arguments, b"", self.times.program, CHECK_BYTES_MAX).await?;
        said.or_refused("postfix").map(drop)
    }

    fn forget_old(&self, current: &Path) {
        let numbers = self.numbers();
        let count = numbers.len().saturating_sub(KEPT + 1);
        for number in numbers.into_iter().take(count) {
            let folder = self.inside("configs").join(format!("{number:08}"));
            if folder != current {
                let _ = fs::remove_dir_all(folder);
            }
        }
    }
}

/// What the checks wrote into the log instead of saying it.
fn logged(tail: &mut Tail) -> Vec<String> {
    let lines = tail.read().unwrap_or_default();
    let ours = lines
        .into_iter()
        .filter(|line| ["postfix", "postfix-script"].contains(&line.service.as_str()));
    ours.map(|line| format!("{}: {}", line.service, line.text)).collect()
}

fn is_grave(line: &str) -> bool {
    [": fatal:", ": error:", ": panic:"].iter().any(|mark| line.contains(mark))
}

fn sync_folder(path: &Path) -> Result<(), PostfixError> {
    let folder = File::open(path).map_err(file_error(path))?;
    folder.sync_all().map_err(file_error(path))
}

/// The number of an account or group (passwd(5), group(5)).
fn id_of(file: &str, name: &str) -> Option<u32> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}
