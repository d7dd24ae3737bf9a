//! An instance goes on when nobody looks after it any more, and is found again:
//! by its own folder and its own network, not by a number alone.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::pair::{Client, Pair, until};

#[tokio::test(flavor = "multi_thread")]
async fn left_alone_it_takes_mail_and_is_looked_after_again() {
    let Some(mut pair) = Pair::make() else { return };
    pair.start().await;
    let process = pair.outside.postfix.process();
    pair.outside.leave();
    let mut client = Client::connect(pair.outside.address);
    assert!(client.envelope("a@world.example", "b@town.example").starts_with("354"));
    client.send(b"Subject: left\r\n\r\nx\r\n.\r\n");
    assert!(client.hear().starts_with("250"), "nobody looks after it, and mail is taken");
    pair.outside.start().await;
    assert_eq!(pair.outside.postfix.process(), process, "the same one");
    // And it is kept running, though it is nobody's child here.
    let master = process.unwrap().to_string();
    assert!(Command::new("kill").args(["-9", &master]).status().unwrap().success());
    until(Duration::from_secs(20), "a new one", || {
        let found = pair.outside.postfix.process();
        found.is_some() && found != process
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_instance_has_now_is_not_its_own() {
    let Some(mut pair) = Pair::make() else { return };
    pair.start().await;
    pair.outside.leave();
    pair.outside.postfix.stop().await.unwrap();
    assert_eq!(pair.outside.postfix.process(), None);
    let other = pair.inside.postfix.process().unwrap();
    let file = format!("{}/queue/pid/master.pid", pair.outside.postfix.home());
    fs::write(&file, format!("{other}\n")).unwrap();
    assert_eq!(pair.outside.postfix.process(), None, "it is the inner one");
    pair.outside.postfix.stop().await.unwrap();
    assert_eq!(pair.inside.postfix.process(), Some(other), "and was not stopped for it");
    pair.outside.start().await;
    assert_ne!(pair.outside.postfix.process(), Some(other));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_in_another_network_is_started_anew_where_it_belongs() {
    let Some(mut pair) = Pair::make() else { return };
    // Started in this network: nothing of its entrance is here.
    let netns = pair.outside.postfix.netns().unwrap().to_owned();
    let home = pair.outside.postfix.home().clone();
    let clock = std::sync::Arc::new(base::SystemClock::default());
    pair.outside.setting.entrances.clear();
    let elsewhere = mail_relay::Postfix::at(home, None, clock);
    elsewhere.install(&pair.outside.setting).await.unwrap();
    let running = elsewhere.keep_running();
    let stray = running.is_up().await.unwrap();
    running.leave();
    let again = pair.outside.postfix.keep_running();
    let process = again.is_up().await.unwrap();
    assert_ne!(process, stray);
    let inside = Command::new("ip").args(["netns", "pids", &netns]).output().unwrap();
    let inside = String::from_utf8_lossy(&inside.stdout).into_owned();
    assert!(inside.lines().any(|line| line == process.to_string()), "{inside}");
    let asked =
        Command::new("kill").args(["-0", &stray.to_string()]).stderr(Stdio::null()).status();
    assert!(!asked.unwrap().success(), "the stray one is gone");
    again.stop().await.unwrap();
}
