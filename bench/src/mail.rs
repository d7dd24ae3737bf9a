//! Mail through one Postfix, through two in a row, through our pair with a filter
//! between that only keeps each mail on disk before it says yes, and through the
//! whole program, in the same run: the same program sends, the same takes, on the
//! same disk.

mod whole;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base::SystemClock;
use mail_relay::{
    Answer, Arrived, Back, Body, Delivery, Domain, Door, DoorSetting, Event, Filter, HandOver,
    HandOverSetting, Host, Ident, Label, Limits, Network, Next, NextTls, Onward, Outcome, Postfix,
    Running, SafePath, Setting, Side, Status, Tail, files,
};
use tokio::sync::{Semaphore, watch};

use crate::place;

/// Ports of the loopback; all within one run.
const PORT_BARE: u16 = 42_501;
const PORT_OUTSIDE: u16 = 42_502;
const PORT_INSIDE: u16 = 42_503;
const PORT_SINK: u16 = 42_504;
const PORT_FIRST: u16 = 42_505;
const PORT_SECOND: u16 = 42_506;
const PORT_WHOLE: u16 = 42_507;
const MAILS: usize = 2_000;
/// Of them, what goes through the whole program.
const WHOLE_SHARE: usize = 4;
const BYTES: usize = 5_000;
const SESSIONS: usize = 10;
const ROUNDS: usize = 3;
/// Mails that the filter hands over at the same time.
const HANDS: usize = 10;
/// The share of one Postfix that is aimed at for the whole program.
const SHARE_GOAL: f64 = 0.7;
/// A way that takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs the bench and writes `target/bench/mail.md`.
pub fn run(arguments: &[String]) -> Result<()> {
    let mails = match arguments {
        [] => MAILS,
        [count] => count.parse().context("how many mails")?,
        _ => bail!("usage: bench mail [MAILS]"),
    };
    ensure!(Path::new("/usr/sbin/smtp-source").exists(), "Postfix is not installed");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(compare(mails))
}

/// One instance of the bench; it ends with it.
struct Instance {
    postfix: Postfix,
    running: Option<Running>,
}

impl Instance {
    async fn start(setting: &Setting, texts: &BTreeMap<String, String>) -> Result<Self> {
        let postfix = Postfix::at(setting.home.clone(), None, Arc::new(SystemClock::default()));
        postfix.install_files(texts).await?;
        let running = postfix.keep_running();
        running.is_up().await?;
        Ok(Self { postfix, running: Some(running) })
    }

    async fn stop(mut self) -> Result<()> {
        if let Some(running) = self.running.take() {
            running.stop().await?;
        }
        Ok(())
    }
}

async fn compare(mails: usize) -> Result<()> {
    let folder = PathBuf::from(format!("/tmp/sekisho-bench-mail-{}", std::process::id()));
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    let result = rounds(&folder, mails).await;
    fs::remove_dir_all(&folder)?;
    let report = result?;
    fs::write(place::scratch("")?.join("mail.md"), &report)?;
    println!("{report}");
    Ok(())
}

async fn rounds(folder: &Path, mails: usize) -> Result<String> {
    let _sink = Sink::start()?;
    let bare = setting(folder, "bare", Side::Inside, PORT_BARE, PORT_SINK)?;
    let first = setting(folder, "first", Side::Inside, PORT_FIRST, PORT_SECOND)?;
    let second = setting(folder, "second", Side::Inside, PORT_SECOND, PORT_SINK)?;
    let outside = setting(folder, "outside", Side::Outside, PORT_OUTSIDE, PORT_SINK)?;
    let inside = setting(folder, "inside", Side::Inside, PORT_INSIDE, PORT_SINK)?;
    let alone = Instance::start(&bare, &unfiltered(&bare)).await?;
    let two = (
        Instance::start(&first, &unfiltered(&first)).await?,
        Instance::start(&second, &unfiltered(&second)).await?,
    );
    let ours = (
        Instance::start(&outside, &files(&outside)).await?,
        Instance::start(&inside, &files(&inside)).await?,
    );
    let (stop, told) = watch::channel(false);
    let filter = filter(folder, &outside, &inside, told).await?;
    let whole = whole::Whole::start(folder)?;
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        let few = (mails / WHOLE_SHARE).max(1);
        let bare = once(&alone.postfix.log_path(), PORT_BARE, mails).await?;
        let both = once(&two.1.postfix.log_path(), PORT_FIRST, mails).await?;
        let through = once(&ours.1.postfix.log_path(), PORT_OUTSIDE, mails).await?;
        let all = once(&whole.log(), PORT_WHOLE, few).await?;
        figures.push([bare, both, through, all * mails as f64 / few as f64]);
    }
    whole.stop()?;
    let _ = stop.send(true);
    filter.await?;
    for instance in [alone, two.0, two.1, ours.0, ours.1] {
        instance.stop().await?;
    }
    Ok(report(&figures, mails))
}

/// The same configuration without a filter.
fn unfiltered(setting: &Setting) -> BTreeMap<String, String> {
    let mut texts = files(setting);
    if let Some(main) = texts.get_mut("main.cf") {
        let lines = main.lines().map(|line| match line.starts_with("content_filter =") {
            true => "content_filter =\n".to_owned(),
            false => format!("{line}\n"),
        });
        *main = lines.collect();
    }
    texts
}

fn setting(folder: &Path, name: &str, side: Side, port: u16, next: u16) -> Result<Setting> {
    let home = SafePath::parse(&folder.join(name).to_string_lossy())?;
    let body = Body {
        label: Label::parse("town")?,
        domains: vec![Domain::parse("town.example")?],
        next: Next::Server { host: Host::parse("127.0.0.1")?, port: next, tls: NextTls::None },
        senders: vec![Network::parse("127.0.0.1")?],
        bytes_max: 10 << 20,
        receivers_max: 100,
    };
    Ok(Setting {
        side,
        name: Domain::parse(&format!("{name}.town.example"))?,
        home,
        entrances: vec![([127, 0, 0, 1], port).into()],
        bodies: vec![body],
        filter: Filter::Socket,
        back: Back::Socket,
        policy: None,
        onward: Onward::World,
        certificate: None,
        limits: Limits {
            filtered_at_once_max: 20,
            connections_per_client_max: 100,
            ..Limits::default()
        },
    })
}

/// Our side: on disk, yes, handed over, gone from the disk.
async fn filter(
    folder: &Path,
    outside: &Setting,
    inside: &Setting,
    told: watch::Receiver<bool>,
) -> Result<tokio::task::JoinHandle<()>> {
    let name = Domain::parse("gate.town.example")?;
    let place = outside.door_place(None);
    let door = Door::open(DoorSetting::behind_postfix(place, name.clone(), 10 << 20)).await?;
    let way = HandOverSetting::to_postfix(inside.back_place(None), name);
    let (hand_over, hands) = (Arc::new(HandOver::new(way)), Arc::new(Semaphore::new(HANDS)));
    let store = Arc::new(folder.join("store"));
    fs::create_dir(&*store)?;
    let number = Arc::new(AtomicU64::new(0));
    let keep = move |mail: Arrived| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let (store, hand_over, hands) = (store.clone(), hand_over.clone(), hands.clone());
        async move {
            let path = store.join(number.to_string());
            let kept = tokio::task::spawn_blocking(move || store_mail(&path, mail)).await;
            match kept {
                Ok(Ok((path, mail))) => {
                    tokio::spawn(
                        async move { hand(&hand_over, &hands, &path, &mail, number).await },
                    );
                    Answer::Kept(number.to_string())
                }
                Ok(Err(error)) => Answer::Later(error.to_string()),
                Err(error) => Answer::Later(error.to_string()),
            }
        }
    };
    Ok(tokio::spawn(door.serve(keep, told)))
}

fn store_mail(path: &Path, mail: Arrived) -> std::io::Result<(PathBuf, Arrived)> {
    let mut file = File::create(path)?;
    file.write_all(&mail.bytes)?;
    file.sync_all()?;
    Ok((path.to_owned(), mail))
}

async fn hand(hand_over: &HandOver, hands: &Semaphore, path: &Path, mail: &Arrived, number: u64) {
    let _hand = hands.acquire().await;
    let Ok(ident) = Ident::parse(&format!("bench-{number}")) else { return };
    let delivery = Delivery {
        ident: &ident,
        sender: &mail.sender,
        receivers: &mail.receivers,
        bytes: &mail.bytes,
        is_utf8: mail.is_utf8,
    };
    match hand_over.send(delivery).await {
        Outcome::Taken(_) => drop(fs::remove_file(path)),
        // A bench in which one is missing ends by its time.
        other @ (Outcome::Later(_) | Outcome::Never(_) | Outcome::Uncertain(_)) => {
            eprintln!("not handed over: {other:?}");
        }
    }
}

/// Takes everything and forgets it.
struct Sink(Child);

impl Sink {
    fn start() -> Result<Self> {
        let child = Command::new("smtp-sink")
            .args(["-u", "postfix", "-4", &format!("127.0.0.1:{PORT_SINK}"), "500"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("smtp-sink")?;
        Ok(Self(child))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Seconds until the last mail reached the sink.
async fn once(last: &Path, port: u16, mails: usize) -> Result<f64> {
    let mut tail = Tail::at_end(last.to_owned());
    let begun = Instant::now();
    // Those without a filter know the town's own senders only.
    let is_from_outside = [PORT_OUTSIDE, PORT_WHOLE].contains(&port);
    let sender = if is_from_outside { "a@world.example" } else { "a@town.example" };
    let mut load = Command::new("smtp-source")
        .args(["-4", "-s", &SESSIONS.to_string(), "-m", &mails.to_string()])
        .args(["-l", &BYTES.to_string(), "-f", sender, "-t", "b@town.example"])
        .arg(format!("127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .spawn()?;
    let mut sent = 0;
    while sent < mails {
        ensure!(begun.elapsed() < PATIENCE, "{sent} of {mails} mails came through");
        let lines = tail.read()?;
        sent += lines
            .iter()
            .filter(|line| matches!(line.event(), Event::Delivery { status: Status::Sent, .. }))
            .count();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(load.wait()?.success(), "smtp-source failed");
    Ok(seconds)
}

fn report(figures: &[[f64; 4]], mails: usize) -> String {
    let mut text = format!(
        "# Mail: Postfix alone, two in a row, our pair, and the whole program\n\n{mails} mails of \
         {BYTES} bytes, {SESSIONS} sessions, on disk before each yes; mails a second until the last \
         was taken by the server behind. The pair's filter only keeps and hands over. The whole \
         program checks senders, judges spam, reads each mail in a cage, writes it anew and records \
         it; a {WHOLE_SHARE}th of the mails goes through it.\n\n\
         | round | one Postfix | two in a row | our pair | whole program |\n\
         |---:|---:|---:|---:|---:|\n"
    );
    for (index, times) in figures.iter().enumerate() {
        let rates = times.map(|seconds| format!("{:.0}", mails as f64 / seconds));
        text.push_str(&format!("| {} | {} |\n", index + 1, rates.join(" | ")));
    }
    let median = |share: &dyn Fn(&[f64; 4]) -> f64| {
        let mut shares: Vec<f64> = figures.iter().map(share).collect();
        shares.sort_by(f64::total_cmp);
        shares.get(shares.len() / 2).copied().unwrap_or_default()
    };
    let pair = median(&|[one, _, pair, _]| one / pair);
    let of_two = median(&|[_, two, pair, _]| two / pair);
    let whole = median(&|[one, _, _, whole]| one / whole);
    let reached = if whole >= SHARE_GOAL { "reached" } else { "not reached" };
    text.push_str(&format!(
        "\nMedian of the rounds: our pair {pair:.2} of one Postfix and {of_two:.2} of two; the \
         whole program {whole:.2} of one Postfix (goal {SHARE_GOAL}: {reached}).\n"
    ));
    text
}
