//! One session, one reading: every end of a text that some server once took for
//! one, at Postfix outside and at our own door.

use std::time::Duration;

use mail_relay::{Answer, Arrived, Domain, Door, DoorSetting, Place};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use crate::crossing::Ours;
use crate::pair::{Client, Pair, until};

/// Ends that are none: every order of CR, LF, dots and NUL around one dot that
/// some server has been found to take.
fn false_ends() -> Vec<Vec<u8>> {
    let ends: &[&[u8]] = &[
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r\n.\r",
        b"\r.\r\n",
        b"\r.\n",
        b"\n.\r",
        b"\n\n.\r\n",
        b"\r\n\r.\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\n\x00.\r\n",
        b"\r\n.\x00\r\n",
        b"\x00.\r\n",
        b"\r\n.\r\x00\n",
        b"\n.\r\r\n",
        b"\r\n.\r\r\n",
        b"\r\n.\n\n",
        b"\r\n.\n\r\n",
        b"\r\n..\r\n",
        b"\r\n. \r\n",
        b"\r\n.\t\r\n",
        b"\r\n .\r\n",
        b"\n.\n\r\n",
        b"\r\n\x0b.\r\n",
        b"\x85.\x85",
        b"\r\n.\x85\r\n",
        b"\xe2\x80\xa8.\xe2\x80\xa8",
    ];
    ends.iter().map(|end| end.to_vec()).collect()
}

const SECOND: &[u8] = b"MAIL FROM:<boss@town.example>\r\nRCPT TO:<b@town.example>\r\nDATA\r\nSubject: second\r\n\r\nsmuggled\r\n.\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn no_end_but_the_end_ends_a_text_at_postfix() {
    let Some(mut pair) = Pair::make() else { return };
    pair.start().await;
    let ours = Ours::run(&pair).await;
    let address = pair.outside.address;
    let cases: Vec<(Vec<u8>, bool)> =
        false_ends().into_iter().flat_map(|end| [(end.clone(), true), (end, false)]).collect();
    let (sent, mut accepted) = (cases.len(), 0);
    for some in cases.chunks(8) {
        accepted += std::thread::scope(|scope| {
            let each = |(end, is_whole): &(Vec<u8>, bool)| attempt(address, end, *is_whole);
            let threads: Vec<_> = some.iter().map(|case| scope.spawn(move || each(case))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
    }
    assert!(accepted > 0 && accepted < sent, "{accepted} of {sent}");
    until(Duration::from_secs(30), "all that was accepted arrives", || {
        pair.mails("town").len() >= accepted
    });
    std::thread::sleep(Duration::from_millis(500));
    let mails = pair.mails("town");
    assert_eq!(mails.len(), accepted);
    for mail in &mails {
        // The second is text of the first, where it is at all.
        assert_eq!(mail.matches("Return-Path:").count(), 1, "{mail}");
        assert!(mail.contains("Return-Path: <a@world.example>"), "{mail}");
    }
    eprintln!("{sent} false ends at Postfix: {accepted} taken as one mail, 0 as two");
    ours.end().await;
}

/// Sends a first mail, a false end and a second; says how many were taken.
fn attempt(address: std::net::Ipv4Addr, end: &[u8], is_whole: bool) -> usize {
    let mut client = Client::connect(address);
    assert!(client.envelope("a@world.example", "b@town.example").starts_with("354"));
    let text = [b"Subject: first\r\n\r\nfirst".as_slice(), end].concat();
    if is_whole {
        client.send(&[text.as_slice(), SECOND].concat());
    } else {
        client.send(&text);
        std::thread::sleep(Duration::from_millis(30));
        client.send(SECOND);
    }
    let replies = client.rest();
    let count = replies.matches("queued as").count();
    assert!(count <= 1, "{:?}: {replies}", String::from_utf8_lossy(end));
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn no_end_but_the_end_ends_a_text_at_our_door() {
    let place = Place::Loopback { port: 0, netns: None };
    let name = Domain::parse("gate.town.example").unwrap();
    let door = Door::open(DoorSetting::behind_postfix(place, name, 1 << 20)).await.unwrap();
    let port = door.port().unwrap();
    let (stop, told) = watch::channel(false);
    let count = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Arrived>::new()));
    let kept = count.clone();
    let served = tokio::spawn(door.serve(
        move |mail: Arrived| {
            let kept = kept.clone();
            async move {
                kept.lock().unwrap().push(mail);
                Answer::Kept("x".to_owned())
            }
        },
        told,
    ));
    let mut sent = 0;
    for end in false_ends() {
        let before = count.lock().unwrap().len();
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut buffer = vec![0; 4_096];
        for line in [
            "",
            "EHLO x\r\n",
            "MAIL FROM:<a@world.example>\r\n",
            "RCPT TO:<b@town.example>\r\n",
            "DATA\r\n",
        ] {
            stream.write_all(line.as_bytes()).await.unwrap();
            assert!(stream.read(&mut buffer).await.unwrap() > 0);
        }
        let text = [b"Subject: first\r\n\r\nfirst".as_slice(), &end, SECOND].concat();
        let _ = stream.write_all(&text).await;
        sent += 1;
        let _ = tokio::time::timeout(Duration::from_millis(150), async {
            while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
        })
        .await;
        let arrived = count.lock().unwrap()[before..].to_vec();
        assert!(arrived.len() <= 1, "{:?}", String::from_utf8_lossy(&end));
        assert!(arrived.iter().all(|mail| mail.sender == "a@world.example"));
        if [b"\n.".as_slice(), b"\r.", b".\n", b".\r\r"].iter().any(|bare| {
            let plain = end.windows(2).filter(|two| *two == b"\r\n").count() * 2;
            end.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() > plain
                && end.windows(bare.len()).any(|part| part == *bare)
        }) {
            assert!(arrived.is_empty(), "a bare line end was taken: {end:?}");
        }
    }
    eprintln!("{sent} false ends at our door: 0 as two mails");
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), served).await.unwrap().unwrap();
}
