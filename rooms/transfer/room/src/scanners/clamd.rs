//! Asks ClamAV's daemon about a file: the command INSTREAM of clamd(8), over a
//! socket of this machine. Believes no answer that it does not know.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Where the daemon listens. What is sent there is not encrypted: only this
/// machine will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clamd {
    /// A socket in the file system.
    Socket(PathBuf),
    /// A port of this machine.
    Port(SocketAddr),
}

/// What the daemon said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It knows nothing of the file.
    Nothing,
    /// It knows the file under this name.
    Knows(String),
    /// The file is larger than its `StreamMaxLength`.
    TooLarge,
}

/// Bytes of one piece of the stream.
const PIECE_BYTES: usize = 256 * 1024;
/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 4 * 1024;
/// No step takes longer: connecting, taking a piece, looking at the whole.
const STEP_TIME_MAX: Duration = Duration::from_secs(120);

impl Clamd {
    pub(super) const NAME: &'static str = "clamd";

    /// Reads `/run/clamav/clamd.ctl` or `127.0.0.1:3310`; nothing for the
    /// address of another machine.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return Some(Self::Socket(PathBuf::from(text)));
        }
        let address: SocketAddr = text.parse().ok()?;
        address.ip().is_loopback().then_some(Self::Port(address))
    }

    /// Asks it what it is (VERSION of clamd(8)).
    pub(super) async fn examine(&self) -> Result<String> {
        let mut stream = self.connect().await?;
        let mut answer = Vec::new();
        let asking = async {
            stream.write_all(b"zVERSION\0").await?;
            stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await
        };
        in_time(asking).await?;
        let answer = String::from_utf8_lossy(&answer).replace('\0', "");
        if answer.starts_with("ClamAV ") && !answer.chars().any(char::is_control) {
            return Ok(answer);
        }
        Err(Error::new(ErrorKind::InvalidData, "an answer of another kind"))
    }

    async fn connect(&self) -> Result<Box<dyn Stream>> {
        let connected = async {
            let stream: Box<dyn Stream> = match self {
                Self::Socket(path) => Box::new(UnixStream::connect(path).await?),
                Self::Port(address) => Box::new(TcpStream::connect(address).await?),
            };
            Ok(stream)
        };
        in_time(connected).await
    }

    /// Begins to hand a file over.
    pub(super) async fn begin(&self) -> Result<Session> {
        let mut session = Session { stream: self.connect().await?, sent: Ok(()) };
        session.send(b"zINSTREAM\0").await;
        Ok(session)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// A file that is being handed over.
pub(super) struct Session {
    stream: Box<dyn Stream>,
    /// A daemon that has enough says so and hangs up while we still write: what
    /// it said counts then.
    sent: Result<()>,
}

impl Session {
    /// Hands over more of the file.
    pub(super) async fn add(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE_BYTES) {
            // A piece is shorter than 2^32.
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            self.send(&length.to_be_bytes()).await;
            self.send(piece).await;
        }
    }

    /// Ends the file and hears what the daemon says.
    pub(super) async fn end(mut self) -> Result<Said> {
        self.send(&0_u32.to_be_bytes()).await;
        let mut answer = Vec::new();
        let reading =
            async { (&mut self.stream).take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await };
        let received = in_time(reading).await.map(|_| ());
        match (read(&answer), self.sent.and(received)) {
            (Some(said), _) => Ok(said),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::new(ErrorKind::InvalidData, "an answer of another kind")),
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        if self.sent.is_ok() {
            let sending = async {
                self.stream.write_all(bytes).await?;
                self.stream.flush().await
            };
            self.sent = in_time(sending).await;
        }
    }
}

async fn in_time<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::new(ErrorKind::TimedOut, "no answer in time");
    tokio::time::timeout(STEP_TIME_MAX, step).await.map_err(late)?
}

/// Reads `stream: OK`, `stream: NAME FOUND`, or that the stream was too long.
fn read(answer: &[u8]) -> Option<Said> {
    let text = std::str::from_utf8(answer.strip_suffix(b"\0")?).ok()?.trim();
    if text.starts_with("INSTREAM size limit exceeded") {
        return Some(Said::TooLarge);
    }
    let said = text.strip_prefix("stream: ")?;
    if said == "OK" {
        return Some(Said::Nothing);
    }
    let name = said.strip_suffix(" FOUND")?.trim();
    let is_name = !name.is_empty() && !name.chars().any(char::is_control);
    is_name.then(|| Said::Knows(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A daemon that answers once, whatever it is sent.
    async fn daemon(answer: &'static [u8], reads: bool) -> Clamd {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut taken = vec![0; 64];
            while reads && !taken.ends_with(&[0; 4]) {
                let mut piece = vec![0; 65_536];
                let length = stream.read(&mut piece).await.unwrap();
                taken.extend_from_slice(&piece[..length]);
                if length == 0 {
                    return;
                }
            }
            stream.write_all(answer).await.unwrap();
        });
        Clamd::Port(address)
    }

    async fn scan(clamd: &Clamd, bytes: &[u8]) -> Result<Said> {
        let mut session = clamd.begin().await?;
        session.add(bytes).await;
        session.end().await
    }

    #[tokio::test]
    async fn what_the_daemon_says_is_heard() {
        let cases: [(&[u8], Said); 3] = [
            (b"stream: OK\0", Said::Nothing),
            (b"stream: Eicar-Test-Signature FOUND\0", Said::Knows("Eicar-Test-Signature".into())),
            (b"INSTREAM size limit exceeded. ERROR\0", Said::TooLarge),
        ];
        for (answer, wanted) in cases {
            let clamd = daemon(answer, true).await;
            assert_eq!(scan(&clamd, &[1; 600_000]).await.unwrap(), wanted);
        }
    }

    #[tokio::test]
    async fn nothing_passes_for_an_answer_that_is_not_known() {
        let answers: [&[u8]; 6] = [
            b"",
            b"stream: OK",
            b"stream: Virus FOUN\0",
            b"stream:  FOUND\0",
            b"UNKNOWN COMMAND\0",
            b"OK\0",
        ];
        for answer in answers {
            let clamd = daemon(answer, true).await;
            assert!(scan(&clamd, b"abc").await.is_err(), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn a_daemon_that_is_not_there_is_an_error() {
        let gone = Clamd::Socket(PathBuf::from("/nonexistent/clamd.ctl"));
        assert!(scan(&gone, b"abc").await.is_err());
        // It hangs up while we write: its last words count.
        let full = daemon(b"INSTREAM size limit exceeded. ERROR\0", false).await;
        let said = scan(&full, &vec![1; 200_000]).await;
        assert!(said.is_err() || said.unwrap() == Said::TooLarge);
    }

    #[test]
    fn only_this_machine_is_asked() {
        let wanted = Clamd::Socket(PathBuf::from("/run/clamav/clamd.ctl"));
        assert_eq!(Clamd::parse("/run/clamav/clamd.ctl"), Some(wanted));
        assert!(Clamd::parse("127.0.0.1:3310").is_some() && Clamd::parse("[::1]:3310").is_some());
        for elsewhere in ["192.0.2.1:3310", "clamav:3310", "run/clamd.ctl", ""] {
            assert_eq!(Clamd::parse(elsewhere), None, "{elsewhere}");
        }
    }
}
