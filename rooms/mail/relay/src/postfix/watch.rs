//! Keeps an instance running: starts it, notices its death, starts it again.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use super::child::run;
use super::{Postfix, PostfixError, file_error};

/// How often a process that is not our child is looked after.
const LOOK: Duration = Duration::from_millis(500);
/// The first pause before a new start, and the longest.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Who runs so long has started well.
const STEADY: Duration = Duration::from_secs(60);
/// Bytes of what stopping prints.
const STOP_BYTES_MAX: u64 = 64 << 10;

/// How an instance stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is being started.
    Starting,
    /// It runs.
    Up {
        /// Its process.
        process: u32,
    },
    /// It does not run, and is started again after a pause.
    Down {
        /// Why, as far as it said.
        why: String,
        /// The pause.
        pause: Duration,
    },
    /// It was told to stop.
    Stopped,
}

/// An instance that is kept running. Dropped, it is no longer looked after, but
/// goes on: mail is still taken, and waits.
#[derive(Debug)]
pub struct Running {
    postfix: Postfix,
    state: watch::Receiver<State>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Postfix {
    /// Starts it and keeps it running. One that runs already, because the program
    /// that started it died, is looked after as it is.
    #[must_use]
    pub fn keep_running(&self) -> Running {
        let (tell, state) = watch::channel(State::Starting);
        let (stop, told) = watch::channel(false);
        let postfix = self.clone();
        let task = tokio::spawn(async move { look_after(postfix, tell, told).await });
        Running { postfix: self.clone(), state, stop, task: Some(task) }
    }

    /// Starts the program in the foreground as a child.
    fn spawn(&self) -> Result<Child, PostfixError> {
        let path = self.inside("log/start.log");
        let said = File::create(&path).map_err(file_error(&path))?;
        let again = said.try_clone().map_err(file_error(&path))?;
        let current = self.current();
        let mut command = match &self.netns {
            Some(netns) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", netns, "postfix"]);
                command
            }
            None => Command::new("postfix"),
        };
        command
            .args(["-c", &current, "start-fg"])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            // Signals of a terminal are for us.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(said)
            .stderr(again)
            .spawn()
            .map_err(|source| PostfixError::Start { program: "postfix", source })
    }

    /// Waits until the program answers, or says that it ended.
    async fn answers(&self, child: &mut Child) -> Result<u32, String> {
        let until = Instant::now() + self.times.start;
        loop {
            if let Some(process) = self.process() {
                return Ok(process);
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("it ended at once ({status}): {}", self.last_words()));
            }
            if Instant::now() > until {
                return Err(format!("it does not answer: {}", self.last_words()));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn last_words(&self) -> String {
        const LINES: usize = 3;
        let text = std::fs::read(self.inside("log/start.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().rev().take(LINES).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }

    /// Ends the program; what it was sending is sent again later.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn stop(&self) -> Result<(), PostfixError> {
        if self.process().is_none() {
            return Ok(());
        }
        let current = self.current();
        let arguments = ["-c", current.as_str(), "stop"];
        let said = run("postfix", &arguments, b"", self.times.stop, STOP_BYTES_MAX).await?;
        if self.process().is_some() {
            return said.or_refused("postfix").map(drop);
        }
        Ok(())
    }
}

impl Running {
    /// How it stands, and every change of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Waits until it runs.
    ///
    /// # Errors
    /// Why it does not within the time for a start.
    pub async fn is_up(&self) -> Result<u32, PostfixError> {
        let mut state = self.state.clone();
        let up = state.wait_for(|state| matches!(state, State::Up { .. }));
        let found = timeout(self.postfix.times.start, up).await;
        if let Ok(Ok(state)) = &found
            && let State::Up { process } = **state
        {
            return Ok(process);
        }
        drop(found);
        let said = format!("{:?}", *self.state.borrow());
        Err(PostfixError::Refused { program: "postfix", said })
    }

    /// Stops it.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn stop(mut self) -> Result<(), PostfixError> {
        let _ = self.stop.send(true);
        if let Some(task) = self.task.take() {
            let _ = timeout(self.postfix.times.stop, task).await;
        }
        self.postfix.stop().await
    }

    /// Leaves it to itself: it goes on, and waits for us with what it takes.
    pub fn leave(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

async fn look_after(postfix: Postfix, tell: watch::Sender<State>, mut stop: watch::Receiver<bool>) {
    let mut pause = PAUSE_MIN;
    loop {
        let began = Instant::now();
        let life = live_once(&postfix, &tell);
        let why = tokio::select! {
            why = life => why,
            _ = stop.wait_for(|is_over| *is_over) => {
                let _ = tell.send(State::Stopped);
                return;
            }
        };
        if began.elapsed() > STEADY {
            pause = PAUSE_MIN;
        }
        error!(home = %postfix.home, "Postfix ended and is started again: {why}");
        let _ = tell.send(State::Down { why, pause });
        tokio::select! {
            () = sleep(pause) => {}
            _ = stop.wait_for(|is_over| *is_over) => {
                let _ = tell.send(State::Stopped);
                return;
            }
        }
        pause = pause.saturating_mul(2).min(PAUSE_MAX);
    }
}

/// One life of the program; says why it ended.
async fn live_once(postfix: &Postfix, tell: &watch::Sender<State>) -> String {
    let mut running = postfix.process();
    if let Some(process) = running.filter(|process| !postfix.stands_right(*process)) {
        warn!(home = %postfix.home, process, "Postfix runs in another network and is started anew");
        if let Err(error) = postfix.stop().await {
            return error.to_string();
        }
        running = None;
    }
    if let Some(process) = running {
        info!(home = %postfix.home, process, "Postfix has gone on and is looked after");
        let _ = tell.send(State::Up { process });
        while postfix.process() == Some(process) {
            sleep(LOOK).await;
        }
        return "the process is gone".to_owned();
    }
    let _ = tell.send(State::Starting);
    let mut child = match postfix.spawn() {
        Ok(child) => child,
        Err(error) => return format!("{error}"),
    };
    match postfix.answers(&mut child).await {
        Ok(process) => {
            info!(home = %postfix.home, process, "Postfix runs");
            let _ = tell.send(State::Up { process });
        }
        Err(why) => return why,
    }
    // The child is a script; the program itself may end before it.
    let gone = async {
        while postfix.process().is_some() {
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        status = child.wait() => match status {
            Ok(status) => format!("{status}: {}", postfix.last_words()),
            Err(error) => error.to_string(),
        },
        () = gone => "the process is gone".to_owned(),
    }
}
