//! B18: 無害化せずにメール本文を転送 (4 towns): by the relay, and as a file: a message that was
//! kept and is carried over as it came.

use findings::cast::text;
use findings::ways::{Gate, RECEIVER, SENDER, Way, fetch, holds};
use findings::{Cast, Hand, Relay, Share};

/// A message whose HTML acts, with a picture from afar, and a document with
/// macros attached.
fn message() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");
    let file = std::path::Path::new(folder).join("住民票交付申請書.docm");
    let attached = encoded(&std::fs::read(file).unwrap());
    format!(
        "From: a@evil.test\r\nTo: b@town.example\r\nSubject: a\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/html\r\n\r\n\
         <p>ご確認ください</p><script>evil()</script><img src=\"http://evil.test/seen\">\r\n\
         --m\r\nContent-Type: application/octet-stream; name=\"a.docm\"\r\n\
         Content-Disposition: attachment; filename=\"a.docm\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{attached}\r\n--m--\r\n"
    )
    .into_bytes()
}

/// Base 64 in lines (RFC 2045, section 6.8), by the system's own program.
fn encoded(bytes: &[u8]) -> String {
    let place = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(place.path(), bytes).unwrap();
    let out = std::process::Command::new("base64").arg(place.path()).output().unwrap();
    String::from_utf8(out.stdout).unwrap().replace('\n', "\r\n")
}

#[test]
fn on_a_plain_set_up_a_kept_message_is_carried_over_as_it_came() {
    let Some(mut share) = Share::prepare() else { return };
    share.set_password("relay", "relay");
    share.put_file("readme.txt", "");
    share.start("<Location />\nDav On\nRequire valid-user\n</Location>", None);
    let hand = Hand { password: Some(("relay", "relay")), ..Hand::default() };
    let message = String::from_utf8(message()).unwrap();
    assert_eq!(share.put("/a.eml", &message, hand), 201);
    let (status, read) = share.get("/a.eml", hand);
    assert_eq!((status, read.contains("<script>evil()")), (200, true), "its HTML acts");
    assert!(read.contains("a.docm"), "and what was attached is there with its macros");
}

#[test]
fn on_a_plain_set_up_a_relay_passes_every_mail_on_as_it_came() {
    let Some(relay) = Relay::start("town.example") else { return };
    let message = message();
    relay.send("a@evil.test", "b@town.example", &message);
    let read = relay.arrived();
    assert!(holds(&read, b"<script>evil()"), "its HTML acts");
    assert!(holds(&read, b"http://evil.test/seen"), "who opens it is seen");
    let attached =
        message.split(|byte| b"\r\n".contains(byte)).rfind(|line| line.len() > 60).unwrap();
    assert!(holds(&read, attached), "and the document is there with its macros");
}

#[test]
fn a_message_that_crosses_acts_no_more_and_neither_does_what_is_attached() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[SENDER, RECEIVER]);
    let message = message();
    for way in Way::ALL {
        let passage = gate.bring(cast.of(SENDER), way, "便り.eml", &message);
        let state = text(&passage["state"]);
        // Macros were taken out of what is attached, so that somebody is asked.
        match fetch(cast.of(RECEIVER), &passage) {
            Ok(bytes) => harmless(&bytes, &message),
            Err(_) => assert!(["held", "refused"].contains(&state.as_str()), "{way:?} {passage}"),
        }
        let report = passage["decided"]["report"].to_string();
        assert!(report.contains("script") || state == "refused", "{way:?} {report}");
    }
    let answer = gate.icap("a.eml", &message);
    assert!(!holds(&answer, b"<script>evil()") && !holds(&answer, &message), "ICAP");
}

fn harmless(bytes: &[u8], message: &[u8]) {
    assert_ne!(bytes, message);
    for sign in [b"<script".as_slice(), b"evil.test/seen", b"a.docm"] {
        assert!(!holds(bytes, sign), "{}", String::from_utf8_lossy(bytes));
    }
}
