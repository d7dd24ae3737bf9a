//! Every way to end a text that is not its end, and sessions as clients send
//! them.

use super::*;

/// What a server that knows only CR LF `.` CR LF makes of a text.
fn read(text: &[u8]) -> Result<(DataStep, Vec<u8>), Refusal> {
    let mut reader = DataReader::new(&SmtpLimits::default());
    let step = reader.feed(text)?;
    Ok((step, reader.into_text()))
}

#[test]
fn no_sequence_but_the_one_ends_a_text() {
    // Every way that servers were known to take for the end, as line end, dot,
    // line end, out of these.
    let ends: &[&[u8]] = &[
        b"\n",
        b"\r",
        b"\r\n",
        b"\r\r\n",
        b"\n\r",
        b"\n\n",
        b"\r\0\n",
        b"\r\n\0",
        b"\0\r\n",
        b"\x85",
        b"\x0B",
        b"\x0C",
        b"\xE2\x80\xA8",
        b"",
        b"\r\n\r",
        b" \r\n",
        b"\r \n",
    ];
    let mut tried = 0;
    for before in ends {
        for after in ends {
            if (*before, *after) == (b"\r\n", b"\r\n") {
                continue;
            }
            let smuggled =
                b"MAIL FROM:<admin@town.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\nfake\r\n.\r\n";
            let text = [b"Subject: a\r\n\r\nbody", *before, b".", *after, smuggled].concat();
            tried += 1;
            match read(&text) {
                // Refused: the session ends, and nothing of it is taken.
                Err(Refusal::BareLineFeed | Refusal::BareReturn) => {}
                Err(other) => panic!("{other:?} for {before:?} {after:?}"),
                // The one end with something before or behind it: what follows is
                // not text to anybody.
                Ok((step, _)) if before.ends_with(b"\r\n") && after.starts_with(b"\r\n") => {
                    assert!(step != DataStep::End { taken: text.len() }, "{before:?} {after:?}");
                }
                // Taken as one text with everything in it.
                Ok((step, inside)) => {
                    assert_eq!(step, DataStep::End { taken: text.len() }, "{before:?} {after:?}");
                    assert!(inside.windows(9).any(|window| window == b"MAIL FROM"));
                }
            }
        }
    }
    assert_eq!(tried, ends.len() * ends.len() - 1);
}

#[test]
fn dots_are_stuffed_and_unstuffed_wherever_pieces_are_cut() {
    let texts: &[&[u8]] = &[
        b"",
        b".",
        b"..",
        b"...\r\n",
        b".\r\n",
        b"a\r\n.b\r\n..\r\n.\r\n",
        b"\r\n.\r\n",
        b"no end",
        b"\r\n",
    ];
    for text in texts {
        let mut wire = Vec::new();
        let mut writer = DataWriter::default();
        writer.push(text, &mut wire).unwrap();
        writer.finish(&mut wire).unwrap();
        let mut whole = text.to_vec();
        if !whole.is_empty() && !whole.ends_with(b"\r\n") {
            whole.extend_from_slice(b"\r\n");
        }
        for cut in 0..wire.len() {
            let mut reader = DataReader::new(&SmtpLimits::default());
            let (head, tail) = wire.split_at(cut);
            assert_eq!(reader.feed(head), Ok(DataStep::More), "{text:?} at {cut}");
            assert_eq!(reader.feed(tail), Ok(DataStep::End { taken: tail.len() }));
            assert_eq!(reader.into_text(), whole);
        }
    }
}

#[test]
fn what_follows_the_end_is_left() {
    assert_eq!(read(b"a\r\n.\r\nQUIT\r\n"), Ok((DataStep::End { taken: 6 }, b"a\r\n".to_vec())));
    assert_eq!(read(b".\r\n"), Ok((DataStep::End { taken: 3 }, Vec::new())));
    assert_eq!(read(b".\r\r\n"), Err(Refusal::BareReturn));
}

#[test]
fn long_lines_and_texts_are_refused() {
    let line = |length: usize| [vec![b'a'; length], b"\r\n.\r\n".to_vec()].concat();
    assert!(read(&line(998)).is_ok());
    assert_eq!(read(&line(999)), Err(Refusal::LineTooLong { max: 1_000 }));
    let limits = SmtpLimits { message_bytes_max: 5, ..SmtpLimits::default() };
    assert_eq!(DataReader::new(&limits).feed(b"a\r\nbcd\r\n"), Err(Refusal::TooLarge { max: 5 }));
    let mut out = Vec::new();
    assert_eq!(DataWriter::default().push(&[b'a'; 999], &mut out), Err(WriteError::LineTooLong));
    assert_eq!(DataWriter::default().push(b"a\nb", &mut out), Err(WriteError::LineEnd));
    assert_eq!(DataWriter::default().push(b"a\rb", &mut out), Err(WriteError::LineEnd));
    assert_eq!(with_line_ends(b"a\nb\rc\r\nd\n\r"), b"a\r\nb\r\nc\r\nd\r\n\r\n");
}

fn open() -> Session {
    let settings = Settings { name: "mx.town.example".into(), limits: SmtpLimits::default() };
    Session::open(settings).0
}

/// The codes of all replies, `M` for a mail and `X` for the end.
fn talk(session: &mut Session, bytes: &[u8]) -> String {
    let mut out = Vec::new();
    for event in session.receive(bytes) {
        match event {
            Event::Reply(reply) => {
                out.push(reply.lines().last().unwrap_or_default()[..3].to_owned())
            }
            Event::Mail(_) => out.push("M".to_owned()),
            Event::Hangup => out.push("X".to_owned()),
        }
    }
    out.join(" ")
}

const START: &[u8] =
    b"EHLO a\r\nMAIL FROM:<a@b.example> SIZE=10\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";

#[test]
fn sessions_answer_as_they_should() {
    let cases: &[(&[&[u8]], &str)] = &[
        (&[START, b"x\r\n.\r\n"], "250 250 250 354 | M"),
        (&[b"EHLO a\r\n", b"MAIL FR", b"OM:<>\r\n"], "250 |  | 250"),
        (&[b"MAIL FROM:<a@b>\r\n"], "503"),
        (&[b"HELO a\r\nRCPT TO:<a@b>\r\n"], "250 503"),
        (&[b"HELO a\r\nMAIL FROM:<a@b>\r\nDATA\r\n"], "250 250 503"),
        (&[b"HELO a\r\nMAIL FROM:a@b\r\n"], "250 501"),
        (&[b"HELO a\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n"], "250 250 503"),
        (&[b"HELO a\r\nMAIL FROM:<a@b> FOO=1\r\n"], "250 555"),
        (&[b"HELO a\r\nMAIL FROM:<a@b> SIZE=999999999999\r\n"], "250 552"),
        (&[b"HELO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<>\r\n"], "250 250 501"),
        (&[b"HELO a\r\nBDAT 10 LAST\r\n"], "250 502"),
        (&[b"HELO a\r\nDATA now\r\n"], "250 501"),
        (&[b"EHLO a\nQUIT\r\n"], "521 X"),
        (&[b"EHLO a\rQUIT\r\n"], "521 X"),
        (&[b"EHLO a\0\r\n"], "521 X"),
        (&[b"QUIT\r\nEHLO a\r\n"], "221 X"),
        (&[START, b"x\n.\nMAIL FROM:<a@b>\r\n"], "250 250 250 354 | 521 X"),
        (&[START, b"x\r.\r\nMAIL FROM:<a@b>\r\n"], "250 250 250 354 | 521 X"),
        (&[START, b"x\r\n.\nMAIL FROM:<a@b>\r\n"], "250 250 250 354 | 521 X"),
        (&[START, b"x\r\n.\r", b"\n"], "250 250 250 354 |  | M"),
    ];
    for (pieces, wanted) in cases {
        let mut session = open();
        let said: Vec<String> = pieces.iter().map(|piece| talk(&mut session, piece)).collect();
        assert_eq!(said.join(" | "), *wanted, "{:?}", String::from_utf8_lossy(&pieces.concat()));
    }
}

#[test]
fn text_before_it_was_asked_for_ends_the_session() {
    let mut session = open();
    let early = [START, b"x\r\n.\r\n"].concat();
    assert_eq!(talk(&mut session, &early), "250 250 250 521 X");
    assert_eq!(talk(&mut session, b"EHLO a\r\n"), "");
}

#[test]
fn a_client_waits_until_its_mail_is_kept() {
    let mut session = open();
    let _ = session.receive(START);
    let events = session.receive(b"Subject: x\r\n\r\n..\r\n.\r\nNOOP\r\n");
    let [Event::Mail(mail)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(
        (mail.from.as_str(), mail.text.as_slice()),
        ("a@b.example", &b"Subject: x\r\n\r\n.\r\n"[..])
    );
    assert_eq!(mail.to, ["c@d.example"]);
    let events = session.taken("4bX");
    let said = ["250 2.0.0 Ok: queued as 4bX\r\n", "250 2.0.0 Ok\r\n"];
    assert_eq!(events, said.map(|reply| Event::Reply(reply.to_owned())));
}

#[test]
fn what_postfix_forwards_is_known() {
    let mut session = open();
    let _ = session.receive(
        b"EHLO a\r\nXFORWARD NAME=mx.b.example ADDR=IPv6:2001:db8::1 HELO=[UNAVAILABLE]\r\n",
    );
    let _ = session.receive(b"MAIL FROM:<\"a>b\"@c.example>\r\nRCPT TO:<d@e.example>\r\nDATA\r\n");
    let events = session.receive(b".\r\n");
    let [Event::Mail(mail)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(mail.forwarded.address.as_deref(), Some("2001:db8::1"));
    assert_eq!((mail.forwarded.helo.as_deref(), mail.from.as_str()), (None, "\"a>b\"@c.example"));
}

#[test]
fn each_receiver_has_a_reply_where_that_is_the_protocol() {
    let mut session = open();
    let _ =
        session.receive(b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    let _ = session.receive(b"x\r\n.\r\n");
    let events = session.not_taken("later", false);
    assert_eq!(events, [Event::Reply("451 4.3.0 later\r\n".repeat(2))]);
    let _ =
        session.receive(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    let _ = session.receive(b"x\r\n.\r\n");
    assert_eq!(session.taken("1"), [Event::Reply("250 2.0.0 Ok: queued as 1\r\n".to_owned())]);
}

#[test]
fn errors_run_out() {
    let mut session = open();
    let said = talk(&mut session, &b"FOO\r\n".repeat(30));
    assert!(said.ends_with("421 X") && said.matches("502").count() == 20, "{said}");
}

#[test]
fn replies_are_put_together() {
    let mut reader = ReplyReader::default();
    assert_eq!(reader.feed(b"250-a\r\n25"), Ok(Vec::new()));
    let replies = reader.feed(b"0 b\r\n354 go\r\n").unwrap();
    assert_eq!(replies[0], Reply { code: 250, lines: vec!["a".into(), "b".into()] });
    assert!(replies[0].is_done() && !replies[1].is_done());
    assert_eq!(reader.feed(b"hello\r\n"), Err(ReplyError::NoCode));
    assert_eq!(ReplyReader::default().feed(b"250-a\r\n251 b\r\n"), Err(ReplyError::NoCode));
    assert_eq!(ReplyReader::default().feed(&[b'2'; 5_000]), Err(ReplyError::TooLong));
}
