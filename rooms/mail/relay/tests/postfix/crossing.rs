//! Mail from the internet through our door to a box, and everything that stands
//! in its way for a while.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::SystemClock;
use mail_relay::policy::{Answer as Said, Policy, PolicyLimits, Request};
use mail_relay::{
    Answer, Arrived, Delivery, Domain, Door, DoorSetting, HandOver, HandOverSetting, Ident,
    Outcome, PolicyDown, Postfix, QueueLimits, Took, Witness,
};
use tokio::sync::watch;

use crate::pair::{Client, Pair, run, until};

/// Our side in its shortest form: what arrives is marked and handed over.
pub struct Ours {
    pub arrived: Arc<Mutex<Vec<Arrived>>>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

pub const MARK: &str = "X-Passed: yes\r\n";

impl Ours {
    pub async fn run(pair: &Pair) -> Self {
        let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let (stop, told) = watch::channel(false);
        let name = Domain::parse("gate.town.example").unwrap();
        let setting = DoorSetting::behind_postfix(
            pair.outside.setting.door_place(None),
            name.clone(),
            64 << 20,
        );
        let door = Door::open(setting).await.unwrap();
        let back = pair.inside.setting.back_place(None);
        let hand_over = Arc::new(HandOver::new(HandOverSetting::to_postfix(back, name)));
        let kept = arrived.clone();
        let task = tokio::spawn(door.serve(
            move |mail: Arrived| {
                let (kept, hand_over) = (kept.clone(), hand_over.clone());
                async move {
                    let bytes = [MARK.as_bytes(), &mail.bytes].concat();
                    let ident = format!("d-{}", mail.ident().unwrap_or("none"));
                    let delivery = Delivery {
                        ident: &Ident::parse(&ident).unwrap(),
                        sender: &mail.sender,
                        receivers: &mail.receivers,
                        bytes: &bytes,
                        is_utf8: mail.is_utf8,
                    };
                    let answer = match hand_over.send(delivery).await {
                        Outcome::Taken(_) => Answer::Kept(ident),
                        Outcome::Later(why) | Outcome::Uncertain(why) => Answer::Later(why),
                        Outcome::Never(why) => Answer::Never(why),
                    };
                    kept.lock().unwrap().push(mail);
                    answer
                }
            },
            told,
        ));
        Self { arrived, stop, task }
    }

    pub async fn end(self) {
        let _ = self.stop.send(true);
        tokio::time::timeout(Duration::from_secs(5), self.task).await.unwrap().unwrap();
    }
}

fn swaks(server: &str, arguments: &[&str]) {
    run(
        "swaks",
        &[&["--server", server, "--port", "25", "--hide-all", "--timeout", "10"], arguments]
            .concat(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_crosses_and_waits_when_we_are_away() {
    let Some(mut pair) = Pair::make() else { return };
    pair.start().await;
    // Away: taken, and kept in the queue.
    let four = pair.outside.address.to_string();
    swaks(&four, &["--from", "a@world.example", "--to", "early@town.example", "--body", "waits"]);
    until(Duration::from_secs(10), "the mail is deferred", || {
        pair.outside.log().contains("status=deferred")
    });
    let queue = pair.outside.postfix.queue(QueueLimits::default()).await.unwrap();
    assert_eq!(queue.mails.len(), 1);
    assert_eq!(queue.mails[0].receivers[0].address, "early@town.example");
    assert!(pair.mails("town").is_empty());
    queue_is_worked(&pair).await;
    // Back.
    let ours = Ours::run(&pair).await;
    pair.outside.postfix.flush().await.unwrap();
    let mails = pair.wait_for("town", 1);
    assert!(mails[0].contains("X-Passed: yes") && mails[0].contains("waits"), "{}", mails[0]);
    // IPv6, two bodies, Japanese, UTF-8 addresses, and a body's own box.
    let mut six = Client::connect(pair.outside.address_six);
    six.say("EHLO client.example");
    six.say("MAIL FROM:<a@world.example>");
    for receiver in ["b@town.example", "c@village.example"] {
        assert!(six.say(&format!("RCPT TO:<{receiver}>")).starts_with("250"));
    }
    six.say("DATA");
    assert!(six.say("Subject: six\r\n\r\n日本語\r\n.").starts_with("250"));
    assert!(pair.wait_for("town", 2)[1].contains("日本語"));
    assert!(pair.wait_for("village", 1)[0].contains("Delivered-To: c@village.example"));
    let arrived = ours.arrived.lock().unwrap().clone();
    let from: Vec<Option<&str>> =
        arrived.iter().map(|mail| mail.forwarded.address.as_deref()).collect();
    assert!(from[0].is_some_and(|address| address.starts_with("198.18.")), "{from:?}");
    assert!(from[1].is_some_and(|address| address.starts_with("fd5e:")), "{from:?}");
    assert!(arrived.iter().all(|mail| mail.ident().is_some_and(|ident| ident.len() > 10)));
    // Long lines, 8 bits, NUL and dots come as they were sent.
    let mut client = Client::connect(pair.outside.address);
    let reply = client.envelope("a@world.example", "b@town.example");
    assert!(reply.starts_with("354"), "{reply}");
    let long = "x".repeat(5_000);
    client.send(format!("Subject: raw\r\n\r\n{long}\r\n..\r\n...dots\r\n").as_bytes());
    client.send(b"\x93\xfa\x96\x7b\x00\xff\r\n.\r\n");
    let reply = client.hear();
    assert!(reply.starts_with("250"), "{reply}");
    until(Duration::from_secs(20), "the raw mail arrives", || {
        ours.arrived.lock().unwrap().len() >= 3
    });
    let raw = ours.arrived.lock().unwrap().last().unwrap().bytes.clone();
    let body = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let wanted =
        [format!("{long}\r\n.\r\n..dots\r\n").as_bytes(), b"\x93\xfa\x96\x7b\x00\xff\r\n"].concat();
    assert_eq!(raw[body..], wanted[..], "{:?}", String::from_utf8_lossy(&raw[body..]));
    ours.end().await;
}

/// What a person may do with the one mail that waits; it waits again after.
async fn queue_is_worked(pair: &Pair) {
    let postfix = &pair.outside.postfix;
    let ids = || async {
        let queue = postfix.queue(QueueLimits::default()).await.unwrap();
        queue.mails.into_iter().map(|mail| (mail.queue, mail.id)).collect::<Vec<_>>()
    };
    let (_, first) = ids().await[0].clone();
    postfix.hold(std::slice::from_ref(&first)).await.unwrap();
    let held = ids().await;
    assert!(held.iter().any(|(queue, id)| queue == "hold" && *id == first), "{held:?}");
    postfix.release(std::slice::from_ref(&first)).await.unwrap();
    assert!(ids().await.iter().all(|(queue, _)| queue != "hold"));
    postfix.retry(&first).await.unwrap();
    swaks(
        &pair.outside.address.to_string(),
        &["--from", "a@world.example", "--to", "gone@town.example", "--body", "deleted"],
    );
    let second = ids().await.into_iter().find(|(_, id)| *id != first).unwrap().1;
    until(Duration::from_secs(10), "the second is deferred", || {
        pair.outside.log().contains("to=<gone@town.example>")
    });
    postfix.delete(std::slice::from_ref(&second)).await.unwrap();
    let left: Vec<_> = ids().await.into_iter().map(|(_, id)| id).collect();
    assert_eq!(left, [first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_covered_where_it_may_be() {
    let Some(mut pair) = Pair::make() else { return };
    let chain = format!("{}/chain.pem", pair.folder.display());
    let (key, certificate) = (format!("{chain}.key"), format!("{chain}.crt"));
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=mx.town.example",
            "-days",
            "2",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
    );
    let both = [std::fs::read(&key).unwrap(), std::fs::read(&certificate).unwrap()].concat();
    std::fs::write(&chain, both).unwrap();
    let path = mail_relay::SafePath::parse(&chain).unwrap();
    pair.outside.setting.certificate = Some(mail_relay::Certificate { chain: path });
    pair.outside.start().await;
    let place = format!("{}:25", pair.outside.address);
    let said = |more: &[&str]| {
        let fixed = ["s_client", "-starttls", "smtp", "-brief", "-connect", &place];
        let output = std::process::Command::new("timeout")
            .args([["20", "openssl"].as_slice(), &fixed, more].concat())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(said(&[]).contains("Protocol version: TLSv1.3"), "{}", said(&[]));
    assert!(said(&["-tls1_2"]).contains("Protocol version: TLSv1.2"));
    assert!(!said(&["-tls1_1"]).contains("Protocol version: TLSv1.1"));
    // Who cannot is still heard.
    let mut client = Client::connect(pair.outside.address);
    assert!(client.envelope("a@world.example", "b@town.example").starts_with("354"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_refuses_and_never_allows() {
    let Some(pair) = Pair::make() else { return };
    let mut pair = pair.with_policy(PolicyDown::Wait);
    pair.start().await;
    // Not there to be asked: come again.
    let mut client = Client::connect(pair.outside.address);
    client.say("EHLO client.example");
    client.say("MAIL FROM:<a@world.example>");
    let reply = client.say("RCPT TO:<b@town.example>");
    assert!(reply.starts_with("451"), "{reply}");
    let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
    let policy =
        Policy::open(pair.outside.setting.policy_socket(), PolicyLimits::default()).await.unwrap();
    let (_stop, told) = watch::channel(false);
    let kept = asked.clone();
    tokio::spawn(policy.serve(
        move |request: Request| {
            let kept = kept.clone();
            async move {
                kept.lock().unwrap().push(request.clone());
                if request.receiver.starts_with("nobody@") {
                    Said::Never("no such receiver".to_owned())
                } else {
                    Said::Pass
                }
            }
        },
        told,
    ));
    let mut client = Client::connect(pair.outside.address);
    client.say("EHLO client.example");
    client.say("MAIL FROM:<a@world.example> SIZE=1234");
    for (receiver, wanted) in [
        ("nobody@town.example", "550 5.7.1"),
        ("b@town.example", "250"),
        ("c@elsewhere.example", "554 5.7.1"),
        ("c%elsewhere.example@town.example", "554"),
        ("postmaster", "250"),
    ] {
        let reply = client.say(&format!("RCPT TO:<{receiver}>"));
        assert!(reply.starts_with(wanted), "{receiver}: {reply}");
    }
    let first = asked.lock().unwrap()[0].clone();
    assert_eq!((first.bytes, first.sender.as_str()), (1_234, "a@world.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_witness_agrees_with_the_queue() {
    let Some(mut pair) = Pair::make() else { return };
    pair.inside.start().await;
    let back = pair.inside.setting.back_place(None);
    let name = Domain::parse("gate.town.example").unwrap();
    let hand_over = HandOver::new(HandOverSetting::to_postfix(back.clone(), name));
    let witness = Witness::of(pair.inside.postfix.clone());
    let since = base::Clock::now(&SystemClock::default());
    let ident = Ident::parse("delivery-1").unwrap();
    let receivers = ["b@town.example".to_owned()];
    let delivery = Delivery {
        ident: &ident,
        sender: "a@world.example",
        receivers: &receivers,
        bytes: b"Subject: x\r\n\r\nx\r\n",
        is_utf8: false,
    };
    let (taken, other) = (hand_over.send(delivery).await, Ident::parse("delivery-2").unwrap());
    assert!(matches!(taken, Outcome::Taken(Some(_))), "{taken:?}");
    let took = witness.took_all(&[ident.clone(), other.clone()], since).await;
    assert_eq!((took[&ident], took[&other]), (Took::Yes, Took::No));
    // Elsewhere than to a body: refused by the way back itself.
    let outward = ["c@elsewhere.example".to_owned()];
    let refused = hand_over.send(Delivery { receivers: &outward, ..delivery }).await;
    assert!(matches!(refused, Outcome::Never(_)), "{refused:?}");
    // A server in the middle of the text: nobody can say.
    use std::io::{Read, Write};
    let mail_relay::Place::Socket(path) = back else { panic!("{back}") };
    let mut raw = std::os::unix::net::UnixStream::connect(path).unwrap();
    raw.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut buffer = [0; 1_000];
    for line in [
        "",
        "EHLO x\r\n",
        "XFORWARD IDENT=delivery-3\r\n",
        "MAIL FROM:<>\r\n",
        "RCPT TO:<b@town.example>\r\n",
        "DATA\r\n",
        "Subject: half\r\n\r\nhalf",
    ] {
        raw.write_all(line.as_bytes()).unwrap();
        if !line.starts_with("Subject") {
            assert!(raw.read(&mut buffer).unwrap() > 0);
        }
    }
    let half = Ident::parse("delivery-3").unwrap();
    assert_eq!(witness.took(&half, since).await, Took::Unknown);
    drop(raw);
    assert_eq!(witness.took(&half, since).await, Took::No);
    // The log turns over, and still says what it said.
    pair.inside.postfix.rotate_log(0, Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(witness.took(&ident, since).await, Took::Yes);
    assert_eq!(pair.inside.postfix.log_files().unwrap().len(), 2);
    // Once its old part is gone, nobody knows.
    pair.inside.postfix.rotate_log(u64::MAX, Duration::ZERO).await.unwrap();
    assert_eq!(pair.inside.postfix.log_files().unwrap().len(), 1);
    assert_eq!(witness.took(&ident, since).await, Took::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_postfix_is_started_again_and_a_living_one_found() {
    let Some(mut pair) = Pair::make() else { return };
    pair.outside.start().await;
    let first = pair.outside.postfix.process().unwrap();
    run("kill", &["-9", &first.to_string()]);
    let mut state = pair.outside.running().state();
    let again = tokio::time::timeout(
        Duration::from_secs(20),
        state.wait_for(
            |state| matches!(state, mail_relay::State::Up { process } if *process != first),
        ),
    );
    again.await.expect("started again").unwrap();
    // Who comes later finds it and does not start a second.
    let second = pair.outside.postfix.process().unwrap();
    let other = Postfix::at(
        pair.outside.setting.home.clone(),
        pair.outside.postfix.netns().map(str::to_owned),
        Arc::new(SystemClock::default()),
    );
    pair.outside.leave();
    let running = other.keep_running();
    assert_eq!(running.is_up().await.unwrap(), second);
    running.stop().await.unwrap();
    assert_eq!(other.process(), None);
    assert_eq!(pair.outside.postfix.process(), None);
    let place = SocketAddr::from((pair.outside.address, 25));
    // Its servers notice a moment later.
    until(Duration::from_secs(10), "nobody answers", || {
        std::net::TcpStream::connect_timeout(&place, Duration::from_secs(1)).is_err()
    });
}
