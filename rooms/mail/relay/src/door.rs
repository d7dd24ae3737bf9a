//! The door by which mail comes to us: a server around [`Session`], whose
//! strictness it keeps. A mail is taken only after the caller has kept it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mail_engine::smtp::{Event, Forwarded, Mail, Session, Settings, SmtpLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tracing::{debug, info, warn};

use crate::names::Domain;
use crate::place::{Listener, Place, Stream};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;
/// After a failure to accept, so that a full table of files is not a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How a door stands.
#[derive(Debug, Clone)]
pub struct DoorSetting {
    /// Where.
    pub place: Place,
    /// What it calls itself.
    pub name: Domain,
    /// What a session may send.
    pub smtp: SmtpLimits,
    /// Sessions at the same time. Each may hold a whole message in memory.
    pub sessions_max: usize,
    /// Time between two pieces of what a client sends.
    pub idle: Duration,
    /// Time of a whole session, without what the caller takes to keep a mail.
    pub session: Duration,
    /// Time that the caller may take to keep one mail; then the client is told
    /// to come again, and may find it kept.
    pub keep: Duration,
}

impl DoorSetting {
    /// Behind Postfix, which limits what it sends, and whose long lines are taken
    /// as they came so that signatures hold.
    #[must_use]
    pub fn behind_postfix(place: Place, name: Domain, message_bytes_max: usize) -> Self {
        let smtp = SmtpLimits {
            message_bytes_max,
            line_bytes_max: message_bytes_max,
            ..SmtpLimits::default()
        };
        Self {
            place,
            name,
            smtp,
            sessions_max: 20,
            idle: Duration::from_secs(300),
            session: Duration::from_secs(3_600),
            keep: Duration::from_secs(120),
        }
    }
}

/// A mail that stands in the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Whom reports of failure go to; empty for such a report.
    pub sender: String,
    /// Each receiver, in order.
    pub receivers: Vec<String>,
    /// What Postfix says of the client: name, address, what it called itself, and
    /// the queue's name of this mail. `helo` and `ident` stand here.
    pub forwarded: Forwarded,
    /// Whether addresses or headers are in UTF-8 (RFC 6531).
    pub is_utf8: bool,
    /// The message, lines ending CR LF, dots unstuffed.
    pub bytes: Vec<u8>,
}

impl Arrived {
    /// The queue's name of it: the same name twice is the same mail. Receivers of
    /// one mail may come in several parts of the same name.
    #[must_use]
    pub fn ident(&self) -> Option<&str> {
        self.forwarded.ident.as_deref()
    }
}

impl From<Mail> for Arrived {
    fn from(mail: Mail) -> Self {
        Self {
            is_utf8: mail.parameters.iter().any(|one| one == "SMTPUTF8"),
            sender: mail.from,
            receivers: mail.to,
            forwarded: mail.forwarded,
            bytes: mail.text,
        }
    }
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is kept, under this name.
    Kept(String),
    /// Not now; it waits in Postfix's queue.
    Later(String),
    /// Not ever; its sender is told.
    Never(String),
}

/// Why a door does not open.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The place is in use or may not be used.
    #[error("cannot listen at {place}")]
    Listen {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// An open door.
#[derive(Debug)]
pub struct Door {
    listener: Listener,
    setting: Arc<DoorSetting>,
}

impl Door {
    /// Opens it. Nothing is taken before [`Door::serve`].
    ///
    /// # Errors
    /// If the place is in use or may not be used.
    pub async fn open(setting: DoorSetting) -> Result<Self, DoorError> {
        let listener = setting
            .place
            .listen()
            .await
            .map_err(|source| DoorError::Listen { place: setting.place.clone(), source })?;
        Ok(Self { listener, setting: Arc::new(setting) })
    }

    /// Its port, of one that has one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.listener.port()
    }

    /// Serves until told to stop; then no new session begins, and what is being
    /// kept is answered. Dropped, it forgets sessions at once: who got no answer
    /// comes again.
    pub async fn serve<F, Fut>(self, keep: F, mut stop: watch::Receiver<bool>)
    where
        F: Fn(Arrived) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let keep = Arc::new(keep);
        let places = Arc::new(Semaphore::new(self.setting.sessions_max));
        let mut sessions = tokio::task::JoinSet::new();
        info!(place = %self.setting.place, "mail is taken at {}", self.setting.place);
        loop {
            while sessions.try_join_next().is_some() {}
            let accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = stopped(&mut stop) => break,
                pair = accepted => pair,
            };
            match accepted {
                Ok((stream, from)) => {
                    let (keep, setting, stop) = (keep.clone(), self.setting.clone(), stop.clone());
                    sessions.spawn(async move {
                        let _place = place;
                        debug!(?from, "a session begins");
                        if let Err(error) = talk(stream, &setting, &*keep, stop).await {
                            debug!("a session ended early: {error}");
                        }
                    });
                }
                Err(error) => {
                    warn!("no session could be taken: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        while sessions.join_next().await.is_some() {}
    }
}

/// Comes back when it is to stop, or when nobody is left to say so.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A dropped sender means that whoever ran this is gone.
    let _ = stop.wait_for(|is_over| *is_over).await;
}

async fn talk<F, Fut>(
    mut stream: Stream,
    setting: &DoorSetting,
    keep: &F,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    F: Fn(Arrived) -> Fut,
    Fut: Future<Output = Answer>,
{
    let settings =
        Settings { name: setting.name.as_str().to_owned(), limits: setting.smtp.clone() };
    let (mut session, greeting) = Session::open(settings);
    let mut events = vec![greeting];
    let mut left = setting.session;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        if carry_out(&mut session, events, &mut stream, setting, keep).await? {
            return stream.shutdown().await;
        }
        let waits = setting.idle.min(left);
        let begun = tokio::time::Instant::now();
        let read = tokio::select! {
            () = stopped(&mut stop) => None,
            read = timeout(waits, stream.read(&mut buffer)) => read.ok(),
        };
        left = left.saturating_sub(begun.elapsed());
        let Some(read) = read else {
            stream.write_all(b"421 4.3.2 Closing\r\n").await?;
            return stream.shutdown().await;
        };
        match read? {
            0 => return Ok(()),
            count => events = session.receive(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// Does what a session asks for; true when it is over.
async fn carry_out<F, Fut>(
    session: &mut Session,
    events: Vec<Event>,
    stream: &mut Stream,
    setting: &DoorSetting,
    keep: &F,
) -> io::Result<bool>
where
    F: Fn(Arrived) -> Fut,
    Fut: Future<Output = Answer>,
{
    let mut waiting: std::collections::VecDeque<Event> = events.into();
    let mut out = Vec::new();
    while let Some(event) = waiting.pop_front() {
        match event {
            Event::Reply(reply) => out.extend_from_slice(reply.as_bytes()),
            Event::Mail(mail) => {
                send(stream, &mut out, setting).await?;
                let more = match timeout(setting.keep, keep(Arrived::from(*mail))).await {
                    Ok(Answer::Kept(name)) => session.taken(&name),
                    Ok(Answer::Later(why)) => session.not_taken(&why, false),
                    Ok(Answer::Never(why)) => session.not_taken(&why, true),
                    Err(_) => session.not_taken("not kept in time", false),
                };
                waiting.extend(more);
            }
            Event::Hangup => {
                send(stream, &mut out, setting).await?;
                return Ok(true);
            }
        }
    }
    send(stream, &mut out, setting).await?;
    Ok(false)
}

async fn send(stream: &mut Stream, out: &mut Vec<u8>, setting: &DoorSetting) -> io::Result<()> {
    if !out.is_empty() {
        timeout(setting.idle, stream.write_all(out)).await??;
        out.clear();
    }
    Ok(())
}
