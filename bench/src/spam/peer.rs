//! rspamd with a configuration of its own, and Redis for what it learns; both end
//! with the bench. What it would ask of the network is switched off.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mail_spam::{Class, rspamd};

use super::mails::Mail;

/// How long rspamd may take to compile its rules.
const START_MAX: Duration = Duration::from_secs(120);
/// Modules that ask the network or keep a state of their own.
const OFF: &[&str] = &[
    "antivirus",
    "arc",
    "asn",
    "aws_s3",
    "bimi",
    "clickhouse",
    "dcc",
    "dkim",
    "dkim_signing",
    "dmarc",
    "elastic",
    "fuzzy_check",
    "greylist",
    "history_redis",
    "metadata_exporter",
    "mx_check",
    "neural",
    "p0f",
    "phishing",
    "ratelimit",
    "rbl",
    "replies",
    "reputation",
    "rspamd_update",
    "spf",
    "surbl",
    "url_redirector",
    "worker-proxy",
];

/// A running rspamd.
pub(super) struct Peer {
    scanner: SocketAddr,
    controller: SocketAddr,
    children: Vec<Child>,
    redis: Option<PathBuf>,
}

impl Peer {
    pub(super) fn start() -> Result<Option<Self>> {
        let program = Path::new("/usr/bin/rspamd");
        if !program.exists() {
            return Ok(None);
        }
        let place = crate::place::scratch(&format!("rspamd-{}", std::process::id()))?;
        let (scanner, controller) = (free()?, free()?);
        let nobody = nobody()?;
        let mut peer = Self { scanner, controller, children: Vec::new(), redis: None };
        peer.redis = peer.start_redis(&place)?;
        configure(&place, scanner, controller, nobody, peer.redis.as_deref())?;
        let mut command = Command::new(program);
        command.args(["-f", "-i"]);
        if is_root()? {
            // Its workers want a user of their own, who must get at the folder.
            ensure!(
                Command::new("chmod").args(["-R", "a+rwX"]).arg(&place).status()?.success(),
                "cannot open {} to rspamd",
                place.display()
            );
            command.args(["-u", "_rspamd", "-g", "_rspamd"]);
        }
        for name in ["LOCAL_CONFDIR", "RUNDIR", "DBDIR", "LOGDIR"] {
            command.arg(format!("--var={name}={}", place.display()));
        }
        peer.children.push(started(&mut command, &place, "rspamd.log")?);
        let end = Instant::now() + START_MAX;
        while post(scanner, rspamd::PATH, b"Subject: a\r\n\r\na\r\n").is_err() {
            ensure!(Instant::now() < end, "rspamd did not start; see {}", place.display());
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(Some(peer))
    }

    fn start_redis(&mut self, place: &Path) -> Result<Option<PathBuf>> {
        let program = Path::new("/usr/bin/redis-server");
        if !program.exists() {
            return Ok(None);
        }
        let socket = place.join("redis.sock");
        let mut command = Command::new(program);
        command.args([
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "no",
            "--unixsocketperm",
            "777",
        ]);
        command.arg("--dir").arg(place).arg("--unixsocket").arg(&socket);
        self.children.push(started(&mut command, place, "redis.log")?);
        Ok(Some(socket))
    }

    /// Says whether it can be taught.
    pub(super) fn learns(&self) -> bool {
        self.redis.is_some()
    }

    /// The sum of its symbols.
    pub(super) fn ask(&self, mail: &Mail) -> Result<f64> {
        // Nothing is told of the delivery: an invented client would be held against
        // every mail alike.
        let answer = post(self.scanner, rspamd::PATH, &mail.bytes)?;
        Ok(rspamd::read(&answer)?.score)
    }

    /// Teaches one mail; says whether it took it.
    pub(super) fn learn(&self, mail: &Mail) -> Result<bool> {
        let path = match mail.class {
            Class::Ham => "/learnham",
            Class::Spam => "/learnspam",
        };
        let answer = post(self.controller, path, &mail.bytes)?;
        Ok(String::from_utf8_lossy(&answer).contains("\"success\":true"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Told to end, they end their own children, too.
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

fn started(command: &mut Command, place: &Path, log: &str) -> Result<Child> {
    let log = std::fs::File::create(place.join(log))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| format!("cannot start {command:?}"))
}

fn configure(
    place: &Path,
    scanner: SocketAddr,
    controller: SocketAddr,
    nobody: SocketAddr,
    redis: Option<&Path>,
) -> Result<()> {
    let local = place.join("local.d");
    std::fs::create_dir_all(&local)?;
    let write = |name: &str, text: String| std::fs::write(local.join(name), text);
    for module in OFF {
        let ending = if module.starts_with("worker") { "inc" } else { "conf" };
        write(&format!("{module}.{ending}"), "enabled = false;\n".to_owned())?;
    }
    write(
        "options.inc",
        format!(
            "filters = \"chartable,regexp\";\ndns {{ nameserver = [\"{nobody}\"]; timeout = 1s; }}\n"
        ),
    )?;
    write("worker-normal.inc", format!("bind_socket = \"{scanner}\";\ncount = 1;\n"))?;
    write("worker-controller.inc", format!("bind_socket = \"{controller}\";\ncount = 1;\n"))?;
    write("logging.inc", "type = \"console\";\nlevel = \"warning\";\n".to_owned())?;
    if let Some(redis) = redis {
        let servers = format!("servers = \"{}\";\n", redis.display());
        write("redis.conf", servers.clone())?;
        // As few lessons as ours needs, and nothing learned that nobody taught.
        let bayes =
            format!("backend = \"redis\";\n{servers}autolearn = false;\nmin_learns = 30;\n");
        write("classifier-bayes.conf", bayes)?;
    }
    Ok(())
}

/// A name server that knows no name and says so at once: whatever rspamd still
/// asks costs it no waiting. Serves until the program ends.
fn nobody() -> Result<SocketAddr> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let address = socket.local_addr()?;
    std::thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut message) {
            // RFC 1035 4.1.1: an answer, recursion available, no such name.
            if let Some(flags) = message.get_mut(2..4) {
                flags.copy_from_slice(&[0x81, 0x83]);
            }
            let _ = socket.send_to(message.get(..length).unwrap_or_default(), from);
        }
    });
    Ok(address)
}

fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("cannot run id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

fn post(address: SocketAddr, path: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let request = format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no answer")?;
    Ok(answer.split_off(end + 4))
}
