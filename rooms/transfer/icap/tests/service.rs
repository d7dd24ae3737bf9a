//! The service over real sockets: the RFC's conversations, what HTTP means,
//! limits, and ends. The client sends bytes as they stand here.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Client, Parts, Reply, Running, disarm, example, gzip, members};
use transfer_icap::meaning::Treatable;
use transfer_icap::{Drained, Way};

const ALLOW: &str = "Allow: 204\r\n";
const GET: &str = "GET http://town.example/files/x.docm HTTP/1.1\r\nHost: town.example\r\n\r\n";

fn head(content_type: &str, more: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{more}Content-Length: {length}\r\n\r\n"
    )
}

/// Sends a download whole, with 204 allowed.
fn download(server: &Running, response: &str, body: &[u8]) -> Reply {
    let parts = Parts { fields: ALLOW, request: GET, response, body: Some(body), preview: None };
    server.connect().ask(&parts.respmod().0)
}

fn upload(server: &Running, content_type: &str, body: &[u8]) -> Reply {
    let request = format!(
        "POST http://town.example/up HTTP/1.1\r\nHost: town.example\r\n\
         Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let parts = Parts { fields: ALLOW, request: &request, body: Some(body), ..Parts::default() };
    server.connect().ask(&parts.reqmod().0)
}

#[test]
fn options_tell_what_the_service_does() {
    let server = Running::start();
    let mut client = server.connect();
    let reply = client.ask(b"OPTIONS icap://h/disarm ICAP/1.0\r\nHost: h\r\n\r\n");
    assert_eq!(reply.status, 200);
    for (name, value) in [
        ("Methods", "REQMOD, RESPMOD"),
        ("Allow", "204"),
        ("Preview", "4096"),
        ("Transfer-Preview", "*"),
        ("Options-TTL", "3600"),
        ("Max-Connections", "512"),
        ("Service-ID", "sekisho-disarm"),
        ("Encapsulated", "null-body=0"),
    ] {
        assert_eq!(reply.field(name).as_deref(), Some(value), "{name}");
    }
    let tag = reply.field("ISTag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() <= 34, "{tag}");
    for (service, methods) in [("disarm/reqmod", "REQMOD"), ("disarm/respmod?a=b", "RESPMOD")] {
        let ask = format!("OPTIONS icap://h/{service} ICAP/1.0\r\nHost: h\r\n\r\n");
        assert_eq!(client.ask(ask.as_bytes()).field("Methods").as_deref(), Some(methods));
    }
    let body = "OPTIONS icap://h/disarm ICAP/1.0\r\nHost: h\r\nEncapsulated: opt-body=0\r\n\r\n\
                3\r\nabc\r\n0\r\n\r\n";
    assert_eq!(client.ask(body.as_bytes()).status, 200, "a body of options is read over");
}

#[test]
fn a_macro_document_arrives_without_its_macro() {
    let server = Running::start();
    let file = example("住民票交付申請書.docm");
    let response = head(
        "application/vnd.ms-word.document.macroEnabled.12",
        "Content-Disposition: attachment; filename*=UTF-8''%E7%94%B3%E8%AB%8B.docm\r\nETag: \"1\"\r\n",
        file.len(),
    );
    let reply = download(&server, &response, &file);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.http.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(!members(&reply.body).iter().any(|name| name.contains("vbaProject")));
    assert_eq!(reply.body, disarm("申請.docm", &file).unwrap().0);
    let length = reply.body.len().to_string();
    assert_eq!(reply.http_field("Content-Length"), Some(length));
    assert_eq!(reply.http_field("ETag"), None);
    let name = reply.http_field("Content-Disposition").unwrap();
    assert!(name.ends_with("filename*=UTF-8''%E7%94%B3%E8%AB%8B.docx"), "{name}");
    assert!(reply.http_field("Content-Type").unwrap().ends_with("wordprocessingml.document"));
    assert_eq!(reply.field("X-Sekisho-Passage").as_deref(), Some("passage-1"));
    assert_eq!(server.engine.names(), ["申請.docm"]);
}

#[test]
fn what_is_harmless_already_stays_with_the_client() {
    let server = Running::start();
    let file = disarm("a.docm", &example("住民票交付申請書.docm")).unwrap().0;
    let response = head("application/octet-stream", "", file.len());
    // The address says docm and the file is a docx now: it gets its true name.
    let reply = download(&server, &response, &file);
    assert_eq!((reply.status, &reply.body), (200, &file));
    let named = head(
        "application/octet-stream",
        "Content-Disposition: inline; filename=a.docx\r\n",
        file.len(),
    );
    let reply = download(&server, &named, &file);
    assert_eq!(reply.status, 204, "{reply:?}");
    let no_204 = Parts { request: GET, response: &named, body: Some(&file), ..Parts::default() };
    let reply = server.connect().ask(&no_204.respmod().0);
    assert_eq!(reply.status, 200);
    assert_eq!((reply.http, reply.body), (named, file), "the message as it came");
    assert_eq!(server.engine.verdicts(), ["unchanged"; 3]);
}

#[test]
fn a_preview_asks_for_the_rest_only_where_it_is_needed() {
    let server = Running::start();
    let mut client = server.connect();
    let page = "<!DOCTYPE html><script>alert(1)</script>".repeat(200);
    let response = head("text/html; charset=utf-8", "", page.len());
    let parts = Parts {
        request: GET,
        response: &response,
        body: Some(page.as_bytes()),
        preview: Some(1_024),
        ..Parts::default()
    };
    assert_eq!(client.ask(&parts.respmod().0).status, 204, "a page, at its preview");
    // The same connection goes on.
    let file = example("補助金申請書_方眼.xlsx");
    let response = head("application/octet-stream", "", file.len());
    let parts = Parts { response: &response, body: Some(&file), ..parts };
    let (first, rest) = parts.respmod();
    client.send(&first);
    assert_eq!(client.until(b"\r\n\r\n"), b"ICAP/1.0 100 Continue\r\n\r\n");
    let reply = client.ask(&rest);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, disarm("x.docm", &file).unwrap().0);
    // Small enough for its preview.
    let small = b"=cmd|' /C calc'!A0,1\r\n";
    let response = head("text/csv", "", small.len());
    let parts = Parts { response: &response, body: Some(small), ..parts };
    let reply = client.ask(&parts.respmod().0);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, disarm("x.csv", small).unwrap().0);
}

#[test]
fn after_a_continue_204_needs_the_clients_leave() {
    let server = Running::start();
    let file = disarm("a.docm", &example("住民票交付申請書.docm")).unwrap().0;
    let response =
        head("application/x", "Content-Disposition: inline; filename=a.docx\r\n", file.len());
    for (fields, status) in [("", 200), (ALLOW, 204)] {
        let parts = Parts {
            fields,
            request: GET,
            response: &response,
            body: Some(&file),
            preview: Some(0),
        };
        let (first, rest) = parts.respmod();
        let mut client = server.connect();
        client.send(&first);
        assert_eq!(client.until(b"\r\n\r\n"), b"ICAP/1.0 100 Continue\r\n\r\n");
        let reply = client.ask(&rest);
        assert_eq!(reply.status, status);
        assert!(status == 204 || reply.body == file);
    }
}

#[test]
fn what_is_refused_comes_as_a_page_that_says_why() {
    let server = Running::start();
    let response = head("application/octet-stream", "", 64);
    let body = [b"MZ\x90\0".as_slice(), &[0; 60]].concat();
    let reply = download(&server, &response, &body);
    assert_eq!(reply.status, 200, "the ICAP answer is an adapted message");
    assert!(reply.http.starts_with("HTTP/1.1 403 "), "{}", reply.http);
    let page = reply.text();
    for part in
        ["プログラム", "this is a program", "passage-1", "安全か", "What next", "lang=\"ja\""]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(reply.http_field("Content-Length"), Some(reply.body.len().to_string()));
    assert_eq!(reply.http_field("Cache-Control").as_deref(), Some("no-store"));
    assert!(reply.field("X-Infection-Found").unwrap().contains("Threat=type-executable;"));
    assert_eq!(server.engine.verdicts(), ["type-executable"]);
}

#[test]
fn a_file_under_a_pages_type_is_still_a_file() {
    let server = Running::start();
    let file = example("住民票交付申請書.docm");
    for (more, body) in [("", file.clone()), ("Content-Encoding: gzip\r\n", gzip(&file))] {
        let response = head("text/html", more, body.len());
        let reply = download(&server, &response, &body);
        assert_eq!(reply.status, 200, "{more}");
        assert!(!members(&reply.body).iter().any(|name| name.contains("vbaProject")));
        assert!(reply.http_field("Content-Type").unwrap().ends_with("wordprocessingml.document"));
    }
}

#[test]
fn packed_bodies_are_unpacked_and_sent_plain() {
    let server = Running::start();
    let csv = "氏名,式\r\n山田,=HYPERLINK(\"http://x\")\r\n";
    let packed = gzip(csv.as_bytes());
    let response = head(
        "text/csv; charset=utf-8",
        "Content-Encoding: gzip\r\nContent-MD5: x\r\n",
        packed.len(),
    );
    let reply = download(&server, &response, &packed);
    assert_eq!(reply.body, disarm("x.csv", csv.as_bytes()).unwrap().0);
    assert_eq!(reply.http_field("Content-Encoding"), None);
    assert_eq!(reply.http_field("Content-MD5"), None);
    assert_eq!(reply.http_field("Content-Type").as_deref(), Some("text/csv; charset=utf-8"));
    let mut broken = packed.clone();
    broken.truncate(20);
    let response = head("text/csv", "Content-Encoding: gzip\r\n", broken.len());
    let reply = download(&server, &response, &broken);
    assert!(reply.text().contains("icap-coding-broken"), "{reply:?}");
    let bomb = gzip(&vec![0; 50 << 20]);
    let response = head("application/pdf", "Content-Encoding: gzip\r\n", bomb.len());
    assert!(download(&server, &response, &bomb).text().contains("icap-ratio"));
}

#[test]
fn pieces_of_files_are_refused_with_advice() {
    let server = Running::start();
    let response = "HTTP/1.1 206 Partial Content\r\nContent-Type: application/pdf\r\n\
                    Content-Range: bytes 0-3/99\r\n\r\n";
    let reply = download(&server, response, b"%PDF");
    assert!(reply.http.starts_with("HTTP/1.1 403 "));
    assert!(reply.text().contains("最初からやり直して"), "{}", reply.text());
    assert_eq!(server.engine.verdicts(), ["icap-partial"]);
}

#[test]
fn a_forms_files_are_treated_and_its_fields_stay() {
    let server = Running::start();
    let csv = b"a,=cmd|'/c calc'!A0\r\n".as_slice();
    let docm = example("住民票交付申請書.docm");
    let part = |head: &str, body: &[u8]| {
        [b"--QQ\r\n", head.as_bytes(), b"\r\n\r\n", body, b"\r\n"].concat()
    };
    let form = [
        part("Content-Disposition: form-data; name=\"title\"", "申請の件".as_bytes()),
        part("Content-Disposition: form-data; name=\"f\"; filename=\"名簿.csv\"\r\nContent-Type: text/csv", csv),
        part("Content-Disposition: form-data; name=\"g\"; filename=\"申請.docm\"", &docm),
        part("Content-Disposition: form-data; name=\"h\"; filename=\"\"", b""),
        b"--QQ--\r\n".to_vec(),
    ]
    .concat();
    let reply = upload(&server, "multipart/form-data; boundary=QQ", &form);
    assert_eq!(reply.status, 200);
    assert!(reply.http.starts_with("POST http://town.example/up HTTP/1.1\r\n"));
    assert_eq!(reply.http_field("Content-Length"), Some(reply.body.len().to_string()));
    let body = reply.text();
    assert!(body.contains("name=\"title\"\r\n\r\n申請の件\r\n--QQ"), "{body}");
    assert!(body.contains("filename=\"名簿.csv\"") && body.contains("filename=\"申請.docx\""));
    assert!(!body.contains("vbaProject") && !body.contains("a,=cmd"), "{body}");
    assert!(body.contains("name=\"h\"; filename=\"\"\r\n\r\n\r\n"));
    assert_eq!(server.engine.names(), ["名簿.csv", "申請.docm"]);
    let seen = server.engine.seen.lock().unwrap()[0].crossing.clone();
    assert_eq!((seen.way, seen.host.as_deref()), (Way::Upload, Some("town.example")));
    assert_eq!(reply.field("X-Sekisho-Passage").as_deref(), Some("passage-1, passage-2"));
}

#[test]
fn a_form_with_one_bad_file_is_not_sent() {
    let server = Running::start();
    let form =
        b"--Q\r\nContent-Disposition: form-data; name=f; filename=a.js\r\n\r\nvar a\r\n--Q--\r\n";
    let reply = upload(&server, "multipart/form-data; boundary=Q", form);
    assert!(reply.http.starts_with("HTTP/1.1 403 "), "a response takes the request's place");
    assert!(reply.field("Encapsulated").unwrap().starts_with("res-hdr=0, res-body="));
    assert!(reply.text().contains("送る前に止めました"));
    let reply = upload(&server, "multipart/form-data; boundary=Q", b"--Q\r\nbroken");
    assert!(reply.text().contains("icap-form"), "{}", reply.text());
}

#[test]
fn forms_without_files_and_data_pass() {
    let server = Running::start();
    let form = b"--Q\r\nContent-Disposition: form-data; name=f\r\n\r\nwords\r\n--Q--\r\n";
    assert_eq!(upload(&server, "multipart/form-data; boundary=Q", form).status, 204);
    assert_eq!(upload(&server, "application/x-www-form-urlencoded", b"a=b").status, 204);
    assert_eq!(upload(&server, "application/json", b"{}").status, 204);
    assert_eq!(server.engine.verdicts().len(), 0);
    let reply = upload(&server, "application/json", &example("住民票交付申請書.docm"));
    assert_eq!(reply.status, 200, "a document is no data");
}

#[test]
fn a_body_beyond_memory_goes_over_the_disk_and_back() {
    let server = Running::start();
    let film = vec![7; 3 << 20];
    let response = head("video/mp4", "", film.len());
    let parts = Parts { request: GET, response: &response, body: Some(&film), ..Parts::default() };
    let reply = server.connect().ask(&parts.respmod().0);
    assert_eq!((reply.status, reply.http), (200, response));
    assert!(reply.body == film, "the same bytes");
}

#[test]
fn what_is_too_large_is_said_to_the_person() {
    let server = Running::with(|settings| settings.limits.body_bytes_max = 10_000);
    let body = vec![b'x'; 20_000];
    let response = head("application/pdf", "", body.len());
    let mut client = server.connect();
    let parts = Parts {
        fields: ALLOW,
        request: GET,
        response: &response,
        body: Some(&body),
        preview: None,
    };
    let reply = client.ask(&parts.respmod().0);
    assert!(reply.text().contains("icap-too-large"), "{reply:?}");
    assert_eq!(reply.field("Connection").as_deref(), Some("close"));
    assert!(client.is_ended());
    let page = head("text/html", "", body.len());
    let parts = Parts { response: &page, fields: "", ..parts };
    assert_eq!(server.connect().ask(&parts.respmod().0).status, 413, "nobody waits for a file");
}

#[test]
fn pages_can_be_chosen_to_be_treated() {
    let server = Running::with(|settings| settings.rules.pages = Treatable::Disarm);
    let page = b"<!DOCTYPE html><html><body><p>a</p><script>alert(1)</script></body></html>";
    let reply = download(&server, &head("text/html", "", page.len()), page);
    assert!(reply.text().contains("<p>a</p>") && !reply.text().contains("alert"), "{reply:?}");
}

#[test]
fn claims_are_handed_on_as_claims() {
    let server = Running::start();
    let fields = "X-Client-IP: 10.1.2.3\r\nX-Client-Username: suzuki\r\nAllow: 204\r\n";
    let response = head("text/csv", "", 3);
    let parts =
        Parts { fields, request: GET, response: &response, body: Some(b"a,b"), preview: None };
    server.connect().ask(&parts.respmod().0);
    let seen = server.engine.seen.lock().unwrap()[0].crossing.clone();
    assert_eq!(seen.client_ip, Some("10.1.2.3".parse().unwrap()));
    assert_eq!(seen.user.as_deref(), Some("suzuki"));
    assert_eq!(seen.declared.as_deref(), Some("text/csv"));
    assert!(seen.peer.is_loopback());
}

#[test]
fn faults_are_answered_with_their_status_and_end_the_connection() {
    let server = Running::with(|settings| {
        settings.times.head_max = Duration::from_millis(200);
        settings.times.silence_max = Duration::from_millis(200);
    });
    for (ask, status) in [
        ("OPTIONS icap://h/other ICAP/1.0\r\nHost: h\r\n\r\n", 404),
        ("OPTIONS icap://h/disarmx ICAP/1.0\r\nHost: h\r\n\r\n", 404),
        (
            "REQMOD icap://h/disarm/respmod ICAP/1.0\r\nHost: h\r\nEncapsulated: null-body=0\r\n\r\n",
            405,
        ),
        ("OPTIONS icap://h/disarm ICAP/2.0\r\nHost: h\r\n\r\n", 505),
        ("TRACE icap://h/disarm ICAP/1.0\r\nHost: h\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("REQMOD icap://h/disarm ICAP/1.0\r\nHost: h\r\nEncapsulated: res-body=0\r\n\r\n", 418),
        ("OPTIONS icap://h/disarm ICAP/1.0\r\nHo", 408),
        (
            "REQMOD icap://h/disarm ICAP/1.0\r\nHost: h\r\nEncapsulated: req-body=0\r\n\r\n5\r\nab",
            408,
        ),
    ] {
        let mut client = server.connect();
        let reply = client.ask(ask.as_bytes());
        assert_eq!(reply.status, status, "{ask}");
        assert!(client.is_ended(), "{ask}");
    }
    let long = format!("OPTIONS icap://h/disarm ICAP/1.0\r\nA: {}", "x".repeat(20_000));
    assert_eq!(server.connect().ask(long.as_bytes()).status, 413);
}

#[test]
fn a_body_of_another_length_than_claimed_is_refused() {
    let server = Running::start();
    for length in [2, 4] {
        let response = head("text/csv", "", length);
        assert_eq!(download(&server, &response, b"a,b").status, 400, "{length}");
    }
    assert_eq!(server.engine.verdicts().len(), 0);
}

#[test]
fn two_requests_in_one_packet_get_two_answers_in_order() {
    let server = Running::start();
    let response = head("text/csv", "", 3);
    let parts = Parts {
        fields: ALLOW,
        request: GET,
        response: &response,
        body: Some(b"a,b"),
        preview: None,
    };
    let mut both = parts.respmod().0;
    both.extend_from_slice(b"OPTIONS icap://h/disarm ICAP/1.0\r\nHost: h\r\n\r\n");
    let mut client = server.connect();
    let first = client.ask(&both);
    let second = client.reply();
    assert!(first.field("X-Sekisho-Passage").is_some(), "{first:?}");
    assert!(second.field("Methods").is_some(), "{second:?}");
}

#[test]
fn a_client_that_waits_for_a_first_byte_gets_one() {
    let server = Running::start();
    let body = "番号,名前\r\n".repeat(8_000);
    let response = head("text/csv", "", body.len());
    for (parts, is_known) in [(ALLOW, true), ("", false)] {
        let parts = Parts {
            fields: parts,
            request: GET,
            response: &response,
            body: Some(body.as_bytes()),
            preview: None,
        };
        let whole = parts.respmod().0;
        let (first, rest) = whole.split_at(60_000);
        let mut client = server.connect();
        client.send(first);
        assert_eq!(client.until(b" "), b"ICAP/1.0 ", "no silence: Squid sends no more before it");
        client.send(rest);
        let line = String::from_utf8(client.until(b"\r\n")).unwrap();
        assert!(line.starts_with(if is_known { "20" } else { "200" }), "{line}");
    }
}

#[test]
fn only_named_clients_are_heard() {
    let server = Running::with(|settings| {
        settings.clients = transfer_icap::Clients::parse(&["192.0.2.0/24"]).unwrap();
    });
    let mut client = server.connect();
    let _ = std::io::Write::write_all(&mut client.0, b"OPTIONS icap://h/disarm ICAP/1.0\r\n");
    assert!(client.is_ended(), "closed without a word");
}

#[test]
fn too_many_connections_are_told_so() {
    let server = Running::with(|settings| settings.connections_max = 1);
    let mut first = server.connect();
    let options = b"OPTIONS icap://h/disarm ICAP/1.0\r\nHost: h\r\n\r\n";
    assert_eq!(first.ask(options).status, 200);
    assert_eq!(server.connect().reply().status, 503);
    assert_eq!(first.ask(options).status, 200, "the first is served on");
}

#[test]
fn too_many_files_are_told_so_and_the_rest_wait_their_turn() {
    let server = Running::with(|settings| {
        settings.jobs_max = 2;
        settings.waiting_max = 100;
    });
    server.engine.pause_ms.store(50, Ordering::SeqCst);
    let ask = |server: &Running| {
        let response = head("text/csv", "Content-Disposition: inline; filename=a.csv\r\n", 3);
        download(server, &response, b"a,b").status
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..10).map(|_| scope.spawn(|| ask(&server))).collect();
        for one in all {
            assert!(matches!(one.join().unwrap(), 200 | 204));
        }
    });
    assert_eq!(server.engine.at_once_max.load(Ordering::SeqCst), 2);
    server.engine.is_busy.store(true, Ordering::SeqCst);
    assert_eq!(ask(&server), 503);
    let full = Running::with(|settings| {
        settings.jobs_max = 1;
        settings.waiting_max = 0;
    });
    full.engine.pause_ms.store(600, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(&full));
        while full.engine.at_once.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(ask(&full), 503);
        assert!(matches!(first.join().unwrap(), 200 | 204));
    });
}

#[test]
fn told_to_stop_it_finishes_what_runs_and_takes_nothing_new() {
    let mut server = Running::start();
    server.engine.pause_ms.store(400, Ordering::SeqCst);
    let response = head("text/csv", "", 20);
    let parts = Parts {
        fields: ALLOW,
        request: GET,
        response: &response,
        body: Some(b"=cmd|'/c calc'!A0,1\n"),
        preview: None,
    };
    let mut idle = server.connect();
    assert_eq!(idle.ask(b"OPTIONS icap://h/disarm ICAP/1.0\r\nHost: h\r\n\r\n").status, 200);
    let mut client = server.connect();
    client.send(&parts.respmod().0);
    while server.engine.at_once.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let begun = Instant::now();
    let _ = server.stop.send(true);
    assert_eq!(client.reply().status, 200, "what ran is answered");
    assert!(idle.is_ended());
    assert_eq!(server.end(), Drained::All);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(std::net::TcpStream::connect(server.address).is_err());
}

#[test]
fn it_speaks_tls_where_it_is_told_to() {
    let made = rcgen::generate_simple_self_signed(vec!["icap.example".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let chain = vec![made.cert.der().clone()];
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.clone(), key)
        .unwrap();
    let server = Running::with_tls(|_| {}, Some(Arc::new(config)));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(chain[0].clone()).unwrap();
    let config =
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = "icap.example".try_into().unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = rustls::StreamOwned::new(connection, server.connect().0);
    let mut client = Client(stream);
    let ask = b"OPTIONS icaps://icap.example/disarm ICAP/1.0\r\nHost: icap.example\r\n\r\n";
    assert_eq!(client.ask(ask).status, 200);
    let mut plain = server.connect();
    plain.send(ask);
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut plain.0, &mut answer);
    assert!(!answer.starts_with(b"ICAP"), "plain words are not answered");
}
