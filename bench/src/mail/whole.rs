//! The whole gate on the same road: the program itself between its two Postfixes,
//! with senders checked, spam judged, every mail read in a cage, written anew and
//! recorded. Nothing is attached, so the sanitiser is idle.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use town::{Demo, Keeper, Program};

use super::{PORT_SINK, PORT_WHOLE};
use crate::place;

/// How long the program and its two Postfixes may take to be there.
const UP_MAX: Duration = Duration::from_secs(90);

/// A demo town with a gate. It ends with it, and so do its Postfixes.
pub(super) struct Whole {
    folder: PathBuf,
    program: Program,
    _keeper: Keeper,
}

impl Whole {
    /// Starts it in a folder of its own.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let folder = folder.join("whole");
        fs::create_dir(&folder)?;
        let keeper = Keeper::over(&folder, &[]);
        let file = folder.join("sekisho.toml");
        fs::write(
            &file,
            format!(
                "[mail-gate]\nname = \"mx.town.example\"\nhome = \"{0}/gate\"\n\
                 listen = [\"127.0.0.1:{PORT_WHOLE}\"]\nreceivers-a-minute = 1000000\n\n\
                 [[mail-gate.body]]\ncode = \"198013\"\ndomains = [\"town.example\"]\n\
                 server = \"127.0.0.1:{PORT_SINK}\"\ntls = \"none\"\n",
                folder.display()
            ),
        )?;
        let data = folder.join("data");
        fs::create_dir(&data)?;
        let port = town::program::free_port();
        let mut command = Command::new(place::sekisho()?);
        command
            .args(["up", "--demo", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(&data)
            .arg("--config")
            .arg(&file);
        let mut program = Program::spawn(&mut command, &data, port);
        program.ready().map_err(anyhow::Error::msg)?;
        let whole = Self { folder, program, _keeper: keeper };
        whole.set_up(&data)?;
        Ok(whole)
    }

    /// One mailbox, of the clerk.
    fn set_up(&self, data: &Path) -> Result<()> {
        let demo = Demo::read(&data.join("demo.json"));
        let manager = town::Client::sign_in(&demo, demo.account("system-manager"));
        let set = [("address", "b@town.example"), ("owner", "sasaki.taro"), ("class", "2")];
        let reply = manager.form("/mail/mailboxes", "/mail/mailboxes", &set);
        ensure!(reply.status < 400, "no mailbox: {reply:?}");
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", PORT_WHOLE)).is_err() {
            ensure!(begun.elapsed() < UP_MAX, "no Postfix: {}", self.program.said());
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The log of the Postfix that hands over to the town's server.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("gate/inside/log/mail.log")
    }

    /// Ends the program.
    pub(super) fn stop(mut self) -> Result<()> {
        ensure!(self.program.stop(), "{}", self.program.said());
        fs::remove_dir_all(&self.folder).context("the gate's folder")
    }
}
