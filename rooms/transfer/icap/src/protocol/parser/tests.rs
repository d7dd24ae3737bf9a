//! The reader against the RFC's shapes, against every split of the bytes, and
//! against the shapes of request smuggling.

use super::*;
use crate::protocol::{Method, Status};

/// A download with a request head, a response head and a body.
const RESPMOD: &str = "RESPMOD icap://icap.example.jp/disarm ICAP/1.0\r\n\
Host: icap.example.jp\r\nAllow: 204\r\n\
Encapsulated: req-hdr=0, res-hdr=43, res-body=108\r\n\r\n\
GET /r.pdf HTTP/1.1\r\nHost: town.example\r\n\r\n\
HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 51\r\n\r\n\
1e\r\nthis is what the server sends,\r\n15;x=\"a;ieof\"\r\n and a little more so\r\n0\r\n\r\n";

const REQMOD: &str = "REQMOD icap://icap.example.jp:1344/disarm?mode=x ICAP/1.0\r\n\
Host: icap.example.jp\r\nPreview: 4\r\nEncapsulated: req-hdr=0, req-body=49\r\n\r\n\
POST http://t.example/up HTTP/1.1\r\nX: y\r\nZ: a\r\n\r\n\
4\r\nabcd\r\n0\r\n\r\n";

const OPTIONS: &str = "OPTIONS icap://h/disarm ICAP/1.0\r\nHost: h\r\n\r\n";

/// Reads everything; previews are answered by asking for more.
fn read(bytes: &[u8], cuts: &[usize]) -> (Vec<Event>, Result<(), Refusal>) {
    let mut parser = Parser::new(Limits::default());
    let mut events: Vec<Event> = Vec::new();
    let mut from = 0;
    for &to in cuts.iter().chain([&bytes.len()]) {
        parser.feed(&bytes[from..to]);
        from = to;
        loop {
            match parser.next() {
                Err(refusal) => return (events, Err(refusal)),
                Ok(None) => break,
                Ok(Some(Event::PreviewEnd)) => {
                    events.push(Event::PreviewEnd);
                    parser.resume();
                }
                // Where data is cut does not matter.
                Ok(Some(Event::Data(data))) => match events.last_mut() {
                    Some(Event::Data(before)) => before.extend_from_slice(&data),
                    _ => events.push(Event::Data(data)),
                },
                Ok(Some(event)) => events.push(event),
            }
        }
    }
    (events, Ok(()))
}

fn whole(text: &str) -> Vec<Event> {
    let (events, result) = read(text.as_bytes(), &[]);
    assert_eq!(result, Ok(()), "{text}");
    events
}

fn refusal(text: &str) -> Refusal {
    read(text.as_bytes(), &[]).1.expect_err(text)
}

fn head(events: &[Event]) -> &Request {
    match &events[0] {
        Event::Head(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_download_is_read_with_both_heads_and_its_body() {
    let events = whole(RESPMOD);
    let request = head(&events);
    assert_eq!((request.method, request.service.as_str()), (Method::Respmod, "disarm"));
    assert!(request.allows_204);
    assert_eq!(request.request.as_ref().unwrap().target, b"/r.pdf");
    assert_eq!(request.response.as_ref().unwrap().status, 200);
    let body = b"this is what the server sends, and a little more so";
    assert_eq!(events[1..], [Event::Data(body.to_vec()), Event::End]);
}

#[test]
fn a_preview_waits_and_then_goes_on() {
    let more = format!("{REQMOD}5\r\nefghi\r\n0\r\n\r\n{OPTIONS}");
    let events = whole(&more);
    assert_eq!(head(&events).preview, Some(4));
    assert_eq!(head(&events).service, "disarm");
    assert_eq!(
        events[1..5],
        [
            Event::Data(b"abcd".to_vec()),
            Event::PreviewEnd,
            Event::Data(b"efghi".to_vec()),
            Event::End
        ]
    );
    assert!(matches!(&events[5], Event::Head(next) if next.method == Method::Options));
}

#[test]
fn a_body_that_fits_into_its_preview_ends_at_once() {
    let text = REQMOD.replace("0\r\n\r\n", "0; ieof\r\n\r\n");
    assert_eq!(whole(&text)[1..], [Event::Data(b"abcd".to_vec()), Event::End]);
}

#[test]
fn a_preview_that_is_refused_leaves_room_for_the_next_request() {
    let mut parser = Parser::new(Limits::default());
    parser.feed(REQMOD.as_bytes());
    while parser.next().unwrap().is_some_and(|event| event != Event::PreviewEnd) {}
    assert_eq!(parser.next(), Ok(None), "waits for the answer");
    parser.finish();
    parser.feed(OPTIONS.as_bytes());
    assert!(matches!(parser.next(), Ok(Some(Event::Head(_)))));
    assert_eq!(parser.next(), Ok(Some(Event::End)));
    assert!(parser.is_idle());
}

#[test]
fn requests_may_follow_one_another_at_once() {
    let events = whole(&format!("{OPTIONS}{RESPMOD}{OPTIONS}"));
    assert_eq!(events.iter().filter(|event| **event == Event::End).count(), 3);
}

#[test]
fn every_split_reads_the_same() {
    let good = format!("{OPTIONS}{RESPMOD}{REQMOD}3\r\nefg\r\n0\r\nA: b\r\n\r\n{OPTIONS}");
    let bad = good.replace("efg\r\n", "efg\n\n");
    for text in [good, bad] {
        let bytes = text.as_bytes();
        let expected = read(bytes, &[]);
        for cut in 0..=bytes.len() {
            assert_eq!(read(bytes, &[cut]), expected, "cut at {cut}");
        }
        let each: Vec<usize> = (1..bytes.len()).collect();
        assert_eq!(read(bytes, &each), expected, "byte by byte");
    }
}

#[test]
fn every_list_of_sections_of_the_rfc_is_read_and_no_other() {
    let http = "GET /a HTTP/1.1\r\nA: b\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    let (q, r) = (http.len(), answer.len());
    let try_one = |method: &str, list: &str, heads: &str, body: &str| {
        let text = format!(
            "{method} icap://h/s ICAP/1.0\r\nHost: h\r\nEncapsulated: {list}\r\n\r\n{heads}{body}"
        );
        read(text.as_bytes(), &[]).1.map_err(Refusal::status)
    };
    let body = "1\r\nx\r\n0\r\n\r\n";
    let both = format!("{http}{answer}");
    for (method, list, heads, body) in [
        ("REQMOD", format!("req-hdr=0, req-body={q}"), http, body),
        ("REQMOD", format!("req-hdr=0, null-body={q}"), http, ""),
        ("REQMOD", "req-body=0".to_owned(), "", body),
        ("REQMOD", "null-body=0".to_owned(), "", ""),
        ("RESPMOD", format!("req-hdr=0,res-hdr={q},res-body={}", q + r), &both, body),
        ("RESPMOD", format!("req-hdr=0, res-hdr={q}, null-body={}", q + r), &both, ""),
        ("RESPMOD", format!("res-hdr=0, res-body={r}"), answer, body),
        ("RESPMOD", format!("req-hdr=0, res-body={q}"), http, body),
        ("RESPMOD", "res-body=0".to_owned(), "", body),
        ("OPTIONS", "opt-body=0".to_owned(), "", body),
        ("OPTIONS", "null-body=0".to_owned(), "", ""),
    ] {
        assert_eq!(try_one(method, &list, heads, body), Ok(()), "{method} {list}");
    }
    for (method, list) in [
        ("REQMOD", format!("res-hdr=0, res-body={r}")),
        ("REQMOD", format!("req-hdr=0, res-body={q}")),
        ("RESPMOD", format!("req-hdr=0, req-body={q}")),
        ("RESPMOD", format!("res-hdr=0, req-hdr={r}, res-body={}", q + r)),
        ("RESPMOD", "res-hdr=0".to_owned()),
        ("OPTIONS", format!("req-hdr=0, null-body={q}")),
        ("REQMOD", "req-hdr=0, res-hdr=1, req-body=2, null-body=3".to_owned()),
    ] {
        let found = try_one(method, &list, http, body);
        assert_eq!(found, Err(Status::BadComposition), "{method} {list}");
    }
}

#[test]
fn offsets_must_be_where_the_heads_end() {
    let cases = [
        ("req-hdr=0, res-hdr=43, res-body=108", "req-hdr=0, res-hdr=42, res-body=108"),
        ("req-hdr=0, res-hdr=43, res-body=108", "req-hdr=0, res-hdr=43, res-body=107"),
        ("req-hdr=0, res-hdr=43, res-body=108", "req-hdr=1, res-hdr=43, res-body=108"),
        ("req-hdr=0, res-hdr=43, res-body=108", "req-hdr=0, res-hdr=0, res-body=108"),
        ("req-hdr=0, res-hdr=43, res-body=108", "res-hdr=0, res-body=108"),
        ("req-hdr=0, res-hdr=43, res-body=108", "req-hdr=0, res-body=108"),
    ];
    for (from, to) in cases {
        assert_eq!(refusal(&RESPMOD.replace(from, to)).status(), Status::BadRequest, "{to}");
    }
    for list in ["", "res-body", "res-body=", "res-body=-1", "res-body=+0", "x=0", "res-body=0;a"] {
        let text =
            format!("RESPMOD icap://h/s ICAP/1.0\r\nHost: h\r\nEncapsulated: {list}\r\n\r\n");
        assert_eq!(refusal(&text), Refusal::Encapsulated, "{list}");
    }
    let far = "RESPMOD icap://h/s ICAP/1.0\r\nHost: h\r\nEncapsulated: res-hdr=0, res-body=999999\r\n\r\n";
    assert_eq!(refusal(far), Refusal::HeadTooLong);
}

#[test]
fn heads_that_can_be_read_in_two_ways_are_refused() {
    let with = |line: &str| format!("OPTIONS icap://h/s ICAP/1.0\r\nHost: h\r\n{line}\r\n\r\n");
    for (line, expected) in [
        ("Encapsulated: null-body=0\r\nEncapsulated: null-body=0", Refusal::Encapsulated),
        ("Host: other", Refusal::Host),
        ("Content-Length: 3", Refusal::Framing),
        ("Transfer-Encoding: chunked", Refusal::Framing),
        ("A : b", Refusal::Field),
        (" A: b", Refusal::Field),
        ("A: b\r\n c", Refusal::Field),
        ("A", Refusal::Field),
        (": b", Refusal::Field),
        ("A: b\nC: d", Refusal::BareLineEnd),
        ("A: b\rC: d", Refusal::BareLineEnd),
        ("A: b\0", Refusal::Control),
        ("Preview: 1, 2", Refusal::Preview),
        ("Preview: 1\r\nPreview: 1", Refusal::Preview),
        ("Preview: 99999999", Refusal::Preview),
    ] {
        assert_eq!(refusal(&with(line)), expected, "{line:?}");
    }
    for (line, expected) in [
        ("OPTIONS /s ICAP/1.0", Refusal::Address),
        ("OPTIONS http://h/s ICAP/1.0", Refusal::Address),
        ("OPTIONS icap:///s ICAP/1.0", Refusal::Address),
        ("OPTIONS icap://h/s ICAP/1.1", Refusal::Version),
        ("OPTIONS icap://h/s HTTP/1.1", Refusal::RequestLine),
        ("OPTIONS  icap://h/s ICAP/1.0", Refusal::RequestLine),
        ("GET icap://h/s ICAP/1.0", Refusal::Method),
        ("options icap://h/s ICAP/1.0", Refusal::Method),
        ("", Refusal::RequestLine),
    ] {
        assert_eq!(refusal(&format!("{line}\r\nHost: h\r\n\r\n")), expected, "{line:?}");
    }
    assert_eq!(refusal("OPTIONS icap://h/s ICAP/1.0\r\n\r\n"), Refusal::Host);
}

#[test]
fn lengths_inside_that_contradict_one_another_are_refused() {
    let with = |lines: &str| {
        let http = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n");
        let list = format!("res-hdr=0, res-body={}", http.len());
        let text = format!(
            "RESPMOD icap://h/s ICAP/1.0\r\nHost: h\r\nEncapsulated: {list}\r\n\r\n{http}0\r\n\r\n"
        );
        read(text.as_bytes(), &[]).1
    };
    for lines in [
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1, 1",
        "Content-Length: +1",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    ] {
        assert_eq!(with(lines), Err(Refusal::Length), "{lines:?}");
    }
    assert_eq!(with("Content-Length: 1\r\nContent-Length: 1"), Ok(()));
    assert_eq!(with("Transfer-Encoding: chunked"), Ok(()));
}

#[test]
fn chunks_are_read_in_one_way_or_not_at_all() {
    let with = |chunks: &str| {
        let text = format!(
            "RESPMOD icap://h/s ICAP/1.0\r\nHost: h\r\nEncapsulated: res-body=0\r\n\r\n{chunks}"
        );
        read(text.as_bytes(), &[]).1
    };
    for (chunks, expected) in [
        ("x\r\n", Refusal::Chunk),
        ("-1\r\n", Refusal::Chunk),
        ("0x1\r\n", Refusal::Chunk),
        (" 1\r\n", Refusal::Chunk),
        ("1 1\r\n", Refusal::Chunk),
        ("\r\n", Refusal::Chunk),
        ("1111111111111111\r\n", Refusal::Chunk),
        ("fffffffffff\r\n", Refusal::BodyTooLong),
        ("1\nx\r\n0\r\n\r\n", Refusal::BareLineEnd),
        ("1\r\nxy\r\n", Refusal::Chunk),
        ("1\r\nx\n", Refusal::BareLineEnd),
        ("1;\r\n", Refusal::Chunk),
        ("1;a=\"b\r\n", Refusal::Chunk),
        ("0; ieof\r\n\r\n", Refusal::EarlyEnd),
        ("0\r\nA b\r\n\r\n", Refusal::Field),
    ] {
        assert_eq!(with(chunks), Err(expected), "{chunks:?}");
    }
    assert_eq!(with("1;a;b=c;d=\"\\\";ieof\"\r\nx\r\n0;e\r\nT: u\r\n\r\n"), Ok(()));
    let long = format!("1;a={}\r\n", "b".repeat(2_000));
    assert_eq!(with(&long), Err(Refusal::ExtensionsTooLong));
    let many = "1;a=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\nx\r\n".repeat(500);
    assert_eq!(with(&many), Err(Refusal::ExtensionsTooLong));
    let trailer = format!("0\r\nA: {}\r\n\r\n", "b".repeat(9_000));
    assert_eq!(with(&trailer), Err(Refusal::TrailerTooLong));
}

#[test]
fn previews_keep_their_word() {
    assert_eq!(refusal(&REQMOD.replace("Preview: 4", "Preview: 3")), Refusal::PreviewTooLong);
    let early = REQMOD.replace("4\r\nabcd", "4;ieof\r\nabcd");
    assert_eq!(refusal(&early), Refusal::EarlyEnd);
    let nothing = REQMOD.replace("Preview: 4", "Preview: 0").replace("4\r\nabcd\r\n", "");
    assert_eq!(whole(&nothing)[1], Event::PreviewEnd);
}

#[test]
fn heads_have_limits() {
    let long = format!("OPTIONS icap://h/s ICAP/1.0\r\nHost: h\r\nA: {}", "b".repeat(20_000));
    assert_eq!(refusal(&long), Refusal::HeadTooLong);
    assert_eq!(Refusal::HeadTooLong.status(), Status::TooLarge);
    let many = format!("OPTIONS icap://h/s ICAP/1.0\r\nHost: h\r\n{}\r\n", "A: b\r\n".repeat(300));
    assert_eq!(refusal(&many), Refusal::TooManyFields);
}

#[test]
fn a_refused_connection_stays_refused() {
    let mut parser = Parser::new(Limits::default());
    parser.feed(b"GET / HTTP/1.1\r\n\r\n");
    assert!(parser.next().is_err());
    parser.feed(OPTIONS.as_bytes());
    assert!(parser.next().is_err());
}
