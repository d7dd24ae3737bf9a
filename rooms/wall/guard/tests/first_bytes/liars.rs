//! What is not what it should be: another protocol, half of the right one,
//! bytes before their turn, names that hide.

use wall_guard::{Kind, Look, Rule, Side, Why};
use zones::site::Application;

use crate::{NAME, Spoken, play, real, refused, rule};

fn client(bytes: &[u8]) -> Spoken {
    vec![(Side::Client, bytes.to_vec())]
}

#[test]
fn no_protocol_passes_for_another() {
    use Application::{Https, Ica, Rdp, Smtp, Ssh, Tls, Vnc};
    let all = [
        (Ssh, real!("ssh")),
        (Smtp, real!("smtp")),
        (Vnc, real!("vnc")),
        (Rdp, real!("rdp-tls")),
        (Tls, real!("tls13")),
        (Https, real!("tls12-given")),
    ];
    let (mut count, http) = (0, real!("http"));
    for guarded in Application::ALL {
        for (spoken_as, spoken) in &all {
            let are_both_tls = [guarded, *spoken_as].iter().all(|one| matches!(one, Tls | Https));
            if guarded == *spoken_as || are_both_tls {
                continue;
            }
            for piece in [1, 100_000] {
                let refusal = play(&rule(guarded, &[]), spoken, piece).unwrap_err();
                let is_named = matches!(refusal.why, Why::Other | Why::Early);
                assert!(is_named, "{spoken_as:?} for {guarded:?}: {refusal}");
                count += 1;
            }
        }
        let refusal = play(&rule(guarded, &[]), &http, 5).unwrap_err();
        assert_eq!((refusal.side, refusal.kind), (Side::Client, Kind::Http), "{guarded:?}");
    }
    assert!(Application::ALL.contains(&Ica));
    println!("{count} impostors refused");
}

#[test]
fn a_liar_is_told_by_what_it_looks_like() {
    for (application, bytes, kind) in [
        (Application::Rdp, &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], Kind::Http),
        (Application::Tls, b"SSH-2.0-OpenSSH_9.2p1\r\n", Kind::Ssh),
        (Application::Ssh, b"GET / HTTP/1.0\r\n\r\n", Kind::Http),
        (Application::Https, b"CONNECT a:22 HTTP/1.1\r\n\r\n", Kind::Http),
        (Application::Vnc, b"\x16\x03\x01\x02\x00", Kind::Tls),
        (Application::Smtp, b"\x05\x01\x00", Kind::Socks),
        (Application::Ica, b"hello", Kind::Text),
        (Application::Ssh, b"\x00\x01\x02", Kind::Binary),
    ] {
        let refusal = play(&rule(application, &[]), &client(bytes), 100).unwrap_err();
        assert_eq!((refusal.side, refusal.why), (Side::Client, Why::Other), "{application:?}");
        assert_eq!(refusal.kind, kind, "{application:?}");
    }
}

#[test]
fn who_stops_halfway_is_cut_and_named() {
    let request = real!("rdp-tls")[0].1.clone();
    for (spoken, side, due) in [
        (vec![], Side::Client, "a connection request of RDP"),
        (client(&request[..9]), Side::Client, "a connection request of RDP"),
        (client(&request), Side::Server, "a connection confirmation of RDP"),
        (real!("rdp-tls")[..2].to_vec(), Side::Client, "a hello of TLS"),
    ] {
        let refusal = play(&rule(Application::Rdp, &[]), &spoken, 100).unwrap_err();
        assert_eq!((refusal.side, refusal.why, refusal.due), (side, Why::Silent, due));
    }
    let mut look = Look::new(&rule(Application::Ssh, &[]));
    assert_eq!(look.ended(Side::Server).why, Why::Ended);
    assert!(look.receive(Side::Client, b"SSH-2.0-a\r\n").is_err(), "a refusal stays one");
}

#[test]
fn nothing_is_said_before_its_turn() {
    let mut hasty = real!("smtp");
    hasty.swap(0, 1);
    refused(Application::Smtp, &[], &hasty, Side::Client, Why::Early);
    let greeting = (Side::Server, b"220 mail.example ESMTP\r\n".to_vec());
    for (line, why) in [
        (&b"EHLO a.example\r\nMAIL FROM:<a@b>\r\n"[..], Why::Early),
        (b"MAIL FROM:<a@b.example>\r\n", Why::Other),
        (b"EHLO\n", Why::Other),
        (b"EHLO a.example\n", Why::Malformed),
        (b"EHLO \x00\r\n", Why::Malformed),
        (b"GET / HTTP/1.1\r\n", Why::Other),
    ] {
        let spoken = vec![greeting.clone(), (Side::Client, line.to_vec())];
        let refusal = play(&rule(Application::Smtp, &[]), &spoken, 100).unwrap_err();
        assert_eq!((refusal.side, refusal.why), (Side::Client, why), "{line:?}");
    }
    let mut eager = real!("rdp-tls");
    eager[0].1.extend(b"more");
    let refusal = play(&rule(Application::Rdp, &[]), &eager, 1_000).unwrap_err();
    assert_eq!((refusal.side, refusal.why), (Side::Client, Why::Early));
    // Two machines that have agreed on something else behind the right words.
    let mut agreed = real!("rdp-tls")[..2].to_vec();
    agreed.push((Side::Client, b"SSH-2.0-a\r\n".to_vec()));
    refused(Application::Rdp, &[], &agreed, Side::Client, Why::Other);
    let agreed = vec![real!("tls13")[0].clone(), (Side::Server, b"HTTP/1.1 200 OK\r\n".to_vec())];
    refused(Application::Tls, NAME, &agreed, Side::Server, Why::Other);
}

#[test]
fn what_is_said_before_it_is_over_does_not_reach_the_other_side() {
    let mut look = Look::new(&rule(Application::Ssh, &[]));
    let cleared = look.receive(Side::Server, b"SSH-2.0-a\r\n\x00\x00\x01\x02secret").unwrap();
    assert_eq!(cleared.to_client, b"SSH-2.0-a\r\n");
    assert!(look.receive(Side::Client, b"GET / HTTP/1.1\r\n").is_err());
}

/// A hello with extensions of ours, cut into records of so many bytes.
fn hello(extensions: &[(u16, &[u8])], record: usize) -> Vec<u8> {
    let mut list = Vec::new();
    for (kind, body) in extensions {
        list.extend(kind.to_be_bytes());
        list.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        list.extend(*body);
    }
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend(u16::try_from(list.len()).unwrap().to_be_bytes());
    body.extend(list);
    let mut message = vec![1, 0];
    message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    let cut = |piece: &[u8]| {
        let length = u16::try_from(piece.len()).unwrap().to_be_bytes();
        [&[22, 3, 1][..], &length, piece].concat()
    };
    message.chunks(record).flat_map(cut).collect()
}

const OWN_NAME: &[u8] = b"\0\x13\0\0\x10files-lg.example";

#[test]
fn a_hello_cut_into_records_is_one_hello() {
    let answer = (Side::Server, real!("tls13")[1].1.clone());
    for record in [4, 10, 50, 1_000] {
        let spoken = vec![(Side::Client, hello(&[(0, OWN_NAME)], record)), answer.clone()];
        assert_eq!(
            play(&rule(Application::Tls, NAME), &spoken, 3).unwrap().1.server_name.as_deref(),
            Some("files-lg.example"),
            "{record}"
        );
    }
    let many = hello(&[(0, OWN_NAME), (21, &[0; 400])], 1);
    refused(Application::Tls, NAME, &client(&many), Side::Client, Why::TooMuch);
}

#[test]
fn names_that_hide_or_lie_are_refused() {
    let other: &[u8] = b"\0\x10\0\0\x0devil.example.";
    let two: &[u8] = b"\0\x18\0\0\x10files-lg.example\0\0\x02ab";
    let nul: &[u8] = b"\0\x14\0\0\x11files-lg.example\0";
    for (extensions, why) in [
        (vec![(0, OWN_NAME), (0xfe0d, &[0; 30][..])], Why::HiddenName),
        (vec![(0, OWN_NAME), (0xffce, &[0; 30][..])], Why::HiddenName),
        (vec![(0, other)], Why::OtherName),
        (vec![(0, two)], Why::Malformed),
        (vec![(0, nul)], Why::Malformed),
        (vec![(0, OWN_NAME), (0, other)], Why::Malformed),
        (vec![(0, &b"\0\0"[..])], Why::Malformed),
        (vec![(0, OWN_NAME), (43, b"\x02\x03\x02")], Why::OldTls),
        (vec![], Why::NoName),
    ] {
        let spoken = client(&hello(&extensions, 500));
        refused(Application::Tls, NAME, &spoken, Side::Client, why);
    }
    let mail = hello(&[(0, OWN_NAME), (16, b"\0\x05\x04imap")], 500);
    refused(Application::Https, NAME, &client(&mail), Side::Client, Why::NotHttp);
    let trailing = [hello(&[(0, OWN_NAME)], 500), b"\x16\x03\x01\x00\x01x".to_vec()].concat();
    // A second message follows: it waits for the server, and the server for it.
    let refusal = play(&Rule::of(Application::Tls, &[]), &client(&trailing), 9).unwrap_err();
    assert_eq!((refusal.side, refusal.why), (Side::Server, Why::Silent));
}

#[test]
fn a_hello_that_is_said_again_asks_for_the_same_server() {
    let mut spoken = real!("tls13-retry");
    let again = hello(&[(0, b"\0\x0f\0\0\x0cother.exampl")], 500);
    spoken[2].1 = again;
    let servers = &["files-lg.example", "other.exampl"];
    refused(Application::Tls, servers, &spoken, Side::Client, Why::OtherName);
}

#[test]
fn screens_keep_to_their_handshake() {
    use Application::{Rdp, Vnc};
    let request = |bytes: &[u8]| {
        let length = u8::try_from(bytes.len() + 11).unwrap();
        [&[3, 0, 0, length, length - 5, 0xe0, 0, 0, 0, 0, 0][..], bytes].concat()
    };
    for (bytes, why) in [
        (request(b""), Why::PlainScreen),
        (request(b"Cookie: mstshash=a\r\n"), Why::PlainScreen),
        (request(b"Cookie: mstshash=a\r\n\x01\0\x08\0\0\0\0\0"), Why::PlainScreen),
        (request(b"Cookie: other=a\r\n\x01\0\x08\0\x01\0\0\0"), Why::Malformed),
        (request(b"\x01\0\x08\0\x01\0\0\0more"), Why::Malformed),
        (request(b"\x02\0\x08\0\x01\0\0\0"), Why::Malformed),
        (b"\x03\0\0\x0b\x06\xe0\0\0\0\0\x01".to_vec(), Why::Malformed),
        (b"\x03\0\xff\xff\x06\xe0".to_vec(), Why::Malformed),
    ] {
        refused(Rdp, &[], &client(&bytes), Side::Client, why);
    }
    let ask = request(b"\x01\0\x08\0\x03\0\0\0");
    for (answer, side, why) in [
        (&b"\x03\0\0\x0b\x06\xd0\0\0\0\0\0"[..], Side::Server, Why::PlainScreen),
        (b"\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\0\0\0\0", Side::Server, Why::PlainScreen),
        (b"\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\x08\0\0\0", Side::Server, Why::Malformed),
        (b"SSH-2.0-a\r\n", Side::Server, Why::Other),
        (b"\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\x01\0\0\0", Side::Client, Why::Silent),
    ] {
        let spoken = vec![(Side::Client, ask.clone()), (Side::Server, answer.to_vec())];
        refused(Rdp, &[], &spoken, side, why);
    }
    let server = |bytes: &[u8]| (Side::Server, bytes.to_vec());
    for (spoken, side, why) in [
        (vec![server(b"RFB 004.001\n")], Side::Server, Why::Malformed),
        (
            vec![server(b"RFB 003.007\n"), client(b"RFB 003.008\n")[0].clone()],
            Side::Client,
            Why::Malformed,
        ),
        (
            vec![
                server(b"RFB 003.008\n"),
                client(b"RFB 003.008\n")[0].clone(),
                server(b"\x01\x02"),
                client(b"\x09")[0].clone(),
            ],
            Side::Client,
            Why::Malformed,
        ),
        (vec![server(b"SSH-2.0-a\r\n")], Side::Server, Why::Other),
    ] {
        refused(Vnc, &[], &spoken, side, why);
    }
}
