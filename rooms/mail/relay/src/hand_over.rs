//! Hands a mail to Postfix's way back, under a name of ours that Postfix writes
//! into its log. Says plainly when it cannot know whether the mail was taken.

use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use mail_engine::smtp::{DataWriter, Reply, ReplyReader};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::names::{Domain, Ident, QueueId};
use crate::place::{Place, Stream};

/// Bytes of a mail that are sent at once.
const PIECE_BYTES: usize = 64 << 10;
/// Connections that are kept for the next mail.
const IDLE_MAX: usize = 8;

/// How mail is handed over.
#[derive(Debug, Clone)]
pub struct HandOverSetting {
    /// Where to.
    pub place: Place,
    /// What we call ourselves.
    pub name: Domain,
    /// Time to connect and be greeted.
    pub connect: Duration,
    /// Time for each reply, and for each piece of text to be taken.
    pub reply: Duration,
    /// Time for the reply after the text.
    pub end: Duration,
    /// A connection unused for so long is not used again.
    pub idle: Duration,
}

impl HandOverSetting {
    /// To a Postfix on the same machine.
    #[must_use]
    pub fn to_postfix(place: Place, name: Domain) -> Self {
        Self {
            place,
            name,
            connect: Duration::from_secs(30),
            reply: Duration::from_secs(60),
            end: Duration::from_secs(300),
            idle: Duration::from_secs(2),
        }
    }
}

/// A mail to be handed over.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Our name of it. The same mail to the same receiver keeps its name when it
    /// is handed over again.
    pub ident: &'a Ident,
    /// Whom reports of failure go to; empty for such a report.
    pub sender: &'a str,
    /// Whom it goes to; all or nobody.
    pub receivers: &'a [String],
    /// The message; every line ends CR LF.
    pub bytes: &'a [u8],
    /// Whether addresses or headers are in UTF-8 (RFC 6531).
    pub is_utf8: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Postfix has it on disk and answers for it, under this name.
    Taken(Option<QueueId>),
    /// It was certainly not taken; trying again may help.
    Later(String),
    /// It was certainly not taken, and never will be as it is.
    Never(String),
    /// The connection broke after the text's end: ask [`crate::Witness`].
    Uncertain(String),
}

/// Hands mails over; keeps a few connections for the next.
#[derive(Debug)]
pub struct HandOver {
    setting: HandOverSetting,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl HandOver {
    /// Connects to nobody yet.
    #[must_use]
    pub fn new(setting: HandOverSetting) -> Self {
        Self { setting, idle: Mutex::new(Vec::new()) }
    }

    /// Hands one mail over.
    pub async fn send(&self, delivery: Delivery<'_>) -> Outcome {
        if let Err(why) = check(&delivery) {
            return Outcome::Never(why.to_owned());
        }
        let mut text = Vec::with_capacity(delivery.bytes.len() + 64);
        let mut writer = DataWriter::with_lines_of(delivery.bytes.len().max(1));
        if let Err(error) =
            writer.push(delivery.bytes, &mut text).and_then(|()| writer.finish(&mut text))
        {
            return Outcome::Never(error.to_string());
        }
        // One that was used before may be closed by now; a new one then.
        let mut begun = None;
        if let Some(mut used) = self.used()
            && let Ok(refusal) = used.envelope(&delivery, &self.setting).await
        {
            begun = Some((used, refusal));
        }
        let (mut connection, refusal) = match begun {
            Some(begun) => begun,
            None => match self.begin(&delivery).await {
                Ok(begun) => begun,
                Err(error) => return Outcome::Later(format!("before the text: {error}")),
            },
        };
        let outcome = match refusal {
            Some(refusal) => refusal,
            None => connection.text(&text, &self.setting).await,
        };
        match &outcome {
            Outcome::Taken(_) => self.keep(connection),
            // Whatever was said before, the next mail begins afresh.
            Outcome::Later(_) | Outcome::Never(_) | Outcome::Uncertain(_) => {}
        }
        outcome
    }

    /// A connection that was just used, if there is one.
    fn used(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (connection, since) = idle.pop()?;
        (since.elapsed() < self.setting.idle).then_some(connection)
    }

    async fn fresh(&self) -> io::Result<Connection> {
        let opened = timeout(self.setting.connect, Connection::open(&self.setting));
        opened.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn begin(&self, delivery: &Delivery<'_>) -> io::Result<(Connection, Option<Outcome>)> {
        let mut connection = self.fresh().await?;
        let refusal = connection.envelope(delivery, &self.setting).await?;
        Ok((connection, refusal))
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < self.setting.idle);
        if idle.len() < IDLE_MAX {
            idle.push((connection, Instant::now()));
        }
    }
}

/// What may stand in a command line.
fn check(delivery: &Delivery<'_>) -> Result<(), &'static str> {
    let is_plain = |address: &String| {
        !address.is_empty()
            && address.len() <= 320
            && !address.chars().any(|c| c.is_control() || matches!(c, '<' | '>'))
            && (delivery.is_utf8 || address.is_ascii())
    };
    if delivery.receivers.is_empty() {
        return Err("no receiver");
    }
    let sender = delivery.sender.to_owned();
    if !sender.is_empty() && !is_plain(&sender) {
        return Err("the sender's address cannot be sent");
    }
    if !delivery.receivers.iter().all(is_plain) {
        return Err("a receiver's address cannot be sent");
    }
    Ok(())
}

#[derive(Debug)]
struct Connection {
    stream: Stream,
    reader: ReplyReader,
    waiting: std::collections::VecDeque<Reply>,
    takes: Extensions,
}

#[derive(Debug, Default, Clone, Copy)]
struct Extensions {
    ident: bool,
    utf8: bool,
    eight_bit: bool,
    pipelining: bool,
}

impl Connection {
    async fn open(setting: &HandOverSetting) -> io::Result<Self> {
        let stream = setting.place.connect().await?;
        let mut connection = Self {
            stream,
            reader: ReplyReader::default(),
            waiting: std::collections::VecDeque::new(),
            takes: Extensions::default(),
        };
        let greeting = connection.reply(setting.connect).await?;
        if greeting.code != 220 {
            return Err(refused(&greeting));
        }
        let hello = connection.ask(&format!("EHLO {}\r\n", setting.name), setting.reply).await?;
        if !hello.is_done() {
            return Err(refused(&hello));
        }
        for line in hello.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace().map(str::to_ascii_uppercase);
            match words.next().as_deref() {
                Some("XFORWARD") => connection.takes.ident = words.any(|word| word == "IDENT"),
                Some("SMTPUTF8") => connection.takes.utf8 = true,
                Some("PIPELINING") => connection.takes.pipelining = true,
                Some("8BITMIME") => connection.takes.eight_bit = true,
                Some(_) | None => {}
            }
        }
        Ok(connection)
    }

    /// Sends the text; every failure before its end is certain.
    async fn text(&mut self, text: &[u8], setting: &HandOverSetting) -> Outcome {
        // All but the last piece: without the end nothing is taken.
        let last = text.len().saturating_sub(1) / PIECE_BYTES * PIECE_BYTES;
        let (first, end) = text.split_at(last);
        for piece in first.chunks(PIECE_BYTES) {
            if let Err(error) = self.write(piece, setting.reply).await {
                return Outcome::Later(format!("in the text: {error}"));
            }
        }
        let ended = async {
            self.write(end, setting.reply).await?;
            self.reply(setting.end).await
        };
        match ended.await {
            Ok(reply) if reply.is_done() => Outcome::Taken(queue_id(&reply)),
            Ok(reply) => not_taken(&reply),
            Err(error) => Outcome::Uncertain(format!("after the text's end: {error}")),
        }
    }

    async fn envelope(
        &mut self,
        delivery: &Delivery<'_>,
        setting: &HandOverSetting,
    ) -> io::Result<Option<Outcome>> {
        if !self.takes.ident {
            // Without our name in the log nobody could say later what was taken.
            return Ok(Some(Outcome::Later("the server takes no XFORWARD IDENT".to_owned())));
        }
        if delivery.is_utf8 && !self.takes.utf8 {
            return Ok(Some(Outcome::Never("the server takes no SMTPUTF8".to_owned())));
        }
        let eight_bit = self.takes.eight_bit && !delivery.bytes.is_ascii();
        let mut commands = vec![
            format!("XFORWARD IDENT={} SOURCE=LOCAL\r\n", delivery.ident),
            format!(
                "MAIL FROM:<{}> SIZE={}{}{}\r\n",
                delivery.sender,
                delivery.bytes.len(),
                if eight_bit { " BODY=8BITMIME" } else { "" },
                if delivery.is_utf8 { " SMTPUTF8" } else { "" },
            ),
        ];
        commands.extend(delivery.receivers.iter().map(|to| format!("RCPT TO:<{to}>\r\n")));
        commands.push("DATA\r\n".to_owned());
        let mut last = None;
        if self.takes.pipelining {
            // All at once; the text waits for the last reply (RFC 2920 3.1).
            self.write(commands.concat().as_bytes(), setting.reply).await?;
        }
        for command in &commands {
            let reply = if self.takes.pipelining {
                self.reply(setting.reply).await?
            } else {
                self.ask(command, setting.reply).await?
            };
            let is_data = command == "DATA\r\n";
            if reply.code == 354 && is_data {
                return Ok(last);
            }
            // The first refusal says why; without the text's end the server
            // forgets what it took before.
            if last.is_none() && (is_data || !reply.is_done()) {
                last = Some(not_taken(&reply));
                if !self.takes.pipelining {
                    return Ok(last);
                }
            }
        }
        Ok(last)
    }

    async fn ask(&mut self, command: &str, within: Duration) -> io::Result<Reply> {
        self.write(command.as_bytes(), within).await?;
        self.reply(within).await
    }

    async fn write(&mut self, bytes: &[u8], within: Duration) -> io::Result<()> {
        timeout(within, self.stream.write_all(bytes)).await?
    }

    async fn reply(&mut self, within: Duration) -> io::Result<Reply> {
        timeout(within, self.next_reply()).await?
    }

    async fn next_reply(&mut self) -> io::Result<Reply> {
        let mut buffer = [0; 4_096];
        loop {
            if let Some(reply) = self.waiting.pop_front() {
                return Ok(reply);
            }
            let count = self.stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let bytes = buffer.get(..count).unwrap_or_default();
            self.waiting.extend(self.reader.feed(bytes).map_err(io::Error::other)?);
        }
    }
}

fn refused(reply: &Reply) -> io::Error {
    io::Error::other(words(reply))
}

fn words(reply: &Reply) -> String {
    const CHARS_MAX: usize = 300;
    let text = format!("{} {}", reply.code, reply.lines.join(" "));
    text.chars().take(CHARS_MAX).collect()
}

fn not_taken(reply: &Reply) -> Outcome {
    if reply.is_final_refusal() {
        Outcome::Never(words(reply))
    } else {
        Outcome::Later(words(reply))
    }
}

/// Postfix says `2.0.0 Ok: queued as NAME`.
fn queue_id(reply: &Reply) -> Option<QueueId> {
    let (_, name) = reply.lines.last()?.rsplit_once("queued as ")?;
    QueueId::parse(name.trim()).ok()
}
