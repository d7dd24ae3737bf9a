//! A configuration is swapped under load, and a bad one is refused.

use std::process::{Command, Stdio};
use std::time::Duration;

use mail_relay::{PostfixError, files};

use crate::crossing::Ours;
use crate::pair::{Client, Pair, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_under_load_loses_nothing() {
    let Some(mut pair) = Pair::make() else { return };
    pair.start().await;
    let ours = Ours::run(&pair).await;
    const BATCHES: usize = 4;
    const BATCH: usize = 100;
    const MAILS: usize = BATCHES * BATCH;
    let process = pair.outside.postfix.process();
    let mut swaps = 0;
    for batch in 0..BATCHES {
        let mut load = Command::new("timeout")
            .args(["60", "smtp-source", "-4", "-d", "-s", "4", "-m", &BATCH.to_string(), "-N"])
            .args(["-l", "2000", "-f", "a@world.example", "-t", &format!("r{batch}x@town.example")])
            .arg(format!("{}:25", pair.outside.address))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        for half in [&mut pair.outside, &mut pair.inside] {
            half.setting.limits.receivers_max += 1;
            assert!(half.postfix.install(&half.setting).await.unwrap().is_new);
            swaps += 1;
        }
        assert!(load.wait().unwrap().success());
    }
    assert_eq!(pair.outside.postfix.process(), process);
    let mails = pair.wait_for("town", MAILS);
    let mut receivers: Vec<&str> = mails
        .iter()
        .filter_map(|mail| mail.lines().find_map(|line| line.strip_prefix("Delivered-To: ")))
        .collect();
    receivers.sort_unstable();
    receivers.dedup();
    assert_eq!((mails.len(), receivers.len()), (MAILS, MAILS));
    assert!(!pair.outside.postfix.install(&pair.outside.setting).await.unwrap().is_new);
    eprintln!("{MAILS} mails over {swaps} swaps");
    ours.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_configuration_is_refused_and_the_old_one_runs_on() {
    let Some(mut pair) = Pair::make() else { return };
    pair.outside.start().await;
    let process = pair.outside.postfix.process();
    let good = files(&pair.outside.setting);
    let break_main = |line: &str| {
        let mut files = good.clone();
        files.get_mut("main.cf").unwrap().push_str(line);
        files
    };
    let mut bad_master = good.clone();
    bad_master.get_mut("master.cf").unwrap().push_str("this is no service\n");
    let mut elsewhere = pair.outside.setting.clone();
    elsewhere.entrances.push("203.0.113.77:25".parse().unwrap());
    let refused = pair.outside.postfix.install(&elsewhere).await;
    assert!(matches!(refused, Err(PostfixError::Configuration { .. })), "{refused:?}");
    assert_eq!(pair.outside.postfix.process(), process);
    for (what, texts) in [
        ("no line of a file", break_main("this is no line\n")),
        ("a wrong number", break_main("queue_directory = nowhere\n")),
        ("a broken service", bad_master),
        ("an address that is not ours, which ends Postfix", files(&elsewhere)),
    ] {
        let refused = pair.outside.postfix.install_files(&texts).await;
        assert!(
            matches!(&refused, Err(PostfixError::Configuration { said }) if !said.is_empty()),
            "{what}: {refused:?}"
        );
        until(Duration::from_secs(20), "the old one answers", || {
            let place = std::net::SocketAddr::from((pair.outside.address, 25));
            std::net::TcpStream::connect_timeout(&place, Duration::from_millis(300)).is_ok()
        });
        let mut client = Client::connect(pair.outside.address);
        assert!(client.envelope("a@world.example", "b@town.example").starts_with("354"), "{what}");
    }
    assert!(!pair.outside.postfix.install_files(&good).await.unwrap().is_new);
    let mut without = pair.outside.setting.clone();
    without.certificate = Some(mail_relay::Certificate {
        chain: mail_relay::SafePath::parse("/nowhere/chain.pem").unwrap(),
    });
    let refused = pair.outside.postfix.install(&without).await;
    assert!(matches!(refused, Err(PostfixError::Configuration { .. })), "{refused:?}");
}
