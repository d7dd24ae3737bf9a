//! First bytes of real programs (`real/record.py` made the recordings), whole
//! and in pieces, and of liars.
#![allow(clippy::unwrap_used, clippy::panic)]

mod liars;
mod noise;

use wall_guard::{Certificate, Cleared, Look, Refusal, Rule, Seen, Side, Why};
use zones::site::Application;

/// What one side sent, in the order of both.
pub(crate) type Spoken = Vec<(Side, Vec<u8>)>;

pub(crate) fn recording(text: &str) -> Spoken {
    let line = |line: &str| {
        let (who, hex) = line.split_once(' ').unwrap();
        let digits: Vec<u32> = hex.chars().map(|one| one.to_digit(16).unwrap()).collect();
        let bytes = digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap());
        (if who == "C" { Side::Client } else { Side::Server }, bytes.collect())
    };
    text.lines().map(line).collect()
}

macro_rules! real {
    ($name:literal) => {
        crate::recording(include_str!(concat!("real/", $name, ".txt")))
    };
}
pub(crate) use real;

/// Plays a session in pieces; what passed of each side, and what was seen.
pub(crate) fn play(rule: &Rule, spoken: &Spoken, piece: usize) -> Result<(Cleared, Seen), Refusal> {
    let mut look = Look::new(rule);
    let mut all = Cleared::default();
    for (side, bytes) in spoken {
        for piece in bytes.chunks(piece) {
            let cleared = look.receive(*side, piece)?;
            all.to_server.extend(cleared.to_server);
            all.to_client.extend(cleared.to_client);
            all.is_done = cleared.is_done;
            if all.is_done {
                break;
            }
        }
        if all.is_done {
            return Ok((all, look.seen().clone()));
        }
    }
    Err(look.late())
}

fn rule(application: Application, servers: &[&str]) -> Rule {
    let servers: Vec<String> = servers.iter().map(|&name| name.to_owned()).collect();
    Rule::of(application, &servers)
}

const NAME: &[&str] = &["files-lg.example"];

fn honest(application: Application, servers: &[&str], spoken: &Spoken) -> Seen {
    let sent = |side| {
        let of = spoken.iter().filter(move |(one, _)| *one == side);
        of.flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<u8>>()
    };
    let mut seen = None;
    for piece in [1, 2, 7, 100, 100_000] {
        let (cleared, now) = play(&rule(application, servers), spoken, piece)
            .unwrap_or_else(|why| panic!("{application:?} in pieces of {piece}: {why}"));
        // What passed is what was sent, from its beginning, and no byte else.
        assert!(sent(Side::Client).starts_with(&cleared.to_server));
        assert!(sent(Side::Server).starts_with(&cleared.to_client));
        assert!(!cleared.to_client.is_empty());
        assert!(seen.replace(now.clone()).is_none_or(|before| before == now));
    }
    seen.unwrap()
}

fn refused(application: Application, servers: &[&str], spoken: &Spoken, side: Side, why: Why) {
    for piece in [1, 2, 7, 100, 100_000] {
        match play(&rule(application, servers), spoken, piece) {
            Ok(_) => panic!("{application:?} let it through in pieces of {piece}"),
            Err(refusal) => assert_eq!((refusal.side, refusal.why), (side, why), "{refusal}"),
        }
    }
}

#[test]
fn tls_is_held_to_the_server_that_it_names() {
    use Application::Tls;
    for spoken in [real!("tls13"), real!("tls13-retry"), real!("tls12"), real!("curl")] {
        let seen = honest(Tls, NAME, &spoken);
        assert_eq!(seen.server_name.as_deref(), Some("files-lg.example"));
        assert!(seen.tls.is_some_and(|version| version >= 0x0303) && !seen.is_over);
        honest(Tls, &["other.example", "Files-LG.Example."], &spoken);
        honest(Tls, &[], &spoken);
        refused(Tls, &["other.example"], &spoken, Side::Client, Why::OtherName);
        refused(Tls, &["lg.example"], &spoken, Side::Client, Why::OtherName);
    }
    refused(Tls, NAME, &real!("tls-no-name"), Side::Client, Why::NoName);
    assert_eq!(honest(Tls, &[], &real!("tls-no-name")).server_name, None);
    assert!(honest(Tls, NAME, &real!("tls-refused")).is_over);
}

#[test]
fn https_demands_a_certificate_where_that_can_be_seen() {
    use Application::Https;
    let certificate = |spoken: &Spoken| honest(Https, NAME, spoken).certificate;
    assert_eq!(certificate(&real!("tls12-given")), Some(Certificate::Given));
    assert_eq!(certificate(&real!("tls13")), Some(Certificate::Unseen));
    assert_eq!(certificate(&real!("curl")), Some(Certificate::Unseen));
    refused(Https, NAME, &real!("tls12"), Side::Server, Why::NotDemanded);
    refused(Https, NAME, &real!("tls12-not-given"), Side::Client, Why::NotGiven);
    refused(Https, NAME, &real!("http"), Side::Client, Why::Other);
}

#[test]
fn ssh_mail_and_screens_of_real_programs_pass() {
    honest(Application::Ssh, &[], &real!("ssh"));
    honest(Application::Smtp, &[], &real!("smtp"));
    honest(Application::Vnc, &[], &real!("vnc"));
    let seen = honest(Application::Rdp, &[], &real!("rdp-tls"));
    assert_eq!(seen.tls, Some(0x0304));
}

#[test]
fn a_screen_without_tls_does_not_pass() {
    refused(Application::Rdp, &[], &real!("rdp-plain"), Side::Client, Why::PlainScreen);
}

#[test]
fn ica_is_known_by_its_word() {
    let word = || b"\x7f\x7fICA\0".to_vec();
    let twice = [word(), word()].concat();
    let spoken = vec![(Side::Server, twice), (Side::Client, word())];
    honest(Application::Ica, &[], &spoken);
    let liar = vec![(Side::Server, word()), (Side::Client, b"GET / HTTP/1.1\r\n\r\n".to_vec())];
    refused(Application::Ica, &[], &liar, Side::Client, Why::Other);
}
