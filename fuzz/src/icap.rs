//! What meets the bytes of proxies: the reader of ICAP, and what reads HTTP
//! messages in it. However the bytes are cut, the events must be the same.

use std::io::Write;

use transfer_icap::meaning::{
    Coding, Decoder, Disposition, Form, FormLimits, Kind, Plan, Rules, join, plan,
};
use transfer_icap::protocol::{Event, HttpRequest, HttpResponse, Limits, Parser, Refusal, Request};

/// Runs everything over one input.
pub(crate) fn run(bytes: &[u8]) {
    let whole = events(bytes, usize::MAX);
    for piece in [1, 7, 64] {
        assert!(events(bytes, piece) == whole, "pieces of {piece} are read in another way");
    }
    for event in &whole.0 {
        if let Event::Head(request) = event {
            look(request);
        }
    }
    form(bytes);
    codings(bytes);
    disposition(bytes);
}

/// Reads everything; every other preview is left where it stands.
fn events(bytes: &[u8], piece: usize) -> (Vec<Event>, Option<Refusal>) {
    let mut parser = Parser::new(Limits::default());
    let mut events: Vec<Event> = Vec::new();
    let mut previews = 0;
    for piece in bytes.chunks(piece.min(bytes.len().max(1))) {
        parser.feed(piece);
        loop {
            match parser.next() {
                Err(refusal) => return (events, Some(refusal)),
                Ok(None) => break,
                Ok(Some(Event::PreviewEnd)) => {
                    previews += 1;
                    events.push(Event::PreviewEnd);
                    if previews % 2 == 0 { parser.finish() } else { parser.resume() }
                }
                Ok(Some(Event::Data(data))) => match events.last_mut() {
                    Some(Event::Data(before)) => before.extend_from_slice(&data),
                    _ => events.push(Event::Data(data)),
                },
                Ok(Some(event)) => events.push(event),
            }
        }
    }
    (events, None)
}

/// A head that was read must be written so that it reads the same.
fn look(request: &Request) {
    let rules = Rules::default();
    let decided = plan(request, &rules);
    assert!(decided == plan(request, &rules), "a plan must not waver");
    if let Plan::File(file) = &decided {
        assert!(file.name.len() <= 300, "a name has a limit");
        assert!(!file.name.contains(&b'/'), "a name has no folders");
    }
    if let Some(head) = &request.request {
        let mut out = Vec::new();
        head.write(&mut out);
        let again = HttpRequest::parse(&out, usize::MAX);
        assert!(again.as_ref() == Ok(head), "a request head must survive");
    }
    if let Some(head) = &request.response {
        let mut out = Vec::new();
        head.write(&mut out);
        let again = HttpResponse::parse(&out, usize::MAX);
        assert!(again.as_ref() == Ok(head), "a response head must survive");
    }
}

/// What is split and joined must split into the same bodies.
fn form(bytes: &[u8]) {
    let limits = FormLimits::default();
    let Ok(form) = Form::split(bytes, b"Q", &limits) else { return };
    let parts: Vec<_> = form.parts.iter().map(|part| (part.head, part.body)).collect();
    let (joined, boundary) = join(&parts, b"Q");
    let again = Form::split(&joined, &boundary, &limits);
    let again: Vec<_> =
        again.iter().flat_map(|form| &form.parts).map(|part| (part.head, part.body)).collect();
    assert!(again == parts, "a form must survive");
}

fn codings(bytes: &[u8]) {
    const BYTES_OUT_MAX: u64 = 4 << 20;
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli] {
        let mut decoder = Decoder::new(coding, BYTES_OUT_MAX, 200);
        let mut out = Counter(0);
        if bytes.chunks(1_000).all(|piece| decoder.push(piece, &mut out).is_ok()) {
            _ = decoder.finish();
        }
        assert!(out.0 <= BYTES_OUT_MAX, "a coding has a limit");
    }
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A name that is written must read back as itself.
fn disposition(bytes: &[u8]) {
    let line: Vec<u8> =
        bytes.iter().copied().filter(|byte| *byte >= b' ' && *byte != 0x7f).collect();
    let Some(file) = Disposition::parse(&line).file else { return };
    if std::str::from_utf8(&file).is_ok() {
        let written = Disposition::write_response(Kind::Attachment, &file);
        let again = Disposition::parse(&written);
        assert!(again.file.as_deref() == Some(&file), "a name must survive");
        // Readers who know no `filename*` get blanks for foreign letters.
        let ending = file.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        let is_plain = ending.iter().all(u8::is_ascii_alphanumeric);
        assert!(!(is_plain && again.is_ambiguous), "what we write can be read in one way");
    }
}
