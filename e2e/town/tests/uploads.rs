//! Large files come in parts, over lines that break: what came is kept, what is
//! wrong is refused, nothing is held in memory, and nobody sees another's.
//!
//! The size of the large file is `SEKISHO_BIG_MIB` (128 where nothing is said, a
//! little more than the sanitiser takes):
//!
//! ```sh
//! SEKISHO_BIG_MIB=2048 cargo test -p town --test uploads constant -- --nocapture
//! ```
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Cursor, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};
use town::relay::Frail;
use town::{Browser, Client, Clock, Demo, Program, Reply, Town};

const MIB: u64 = 1 << 20;
const ALL: &str = "/api/v1/uploads";
const SENDER: &str = "yamada.hanako";
const RECEIVER: &str = "sasaki.taro";

#[test]
fn a_cut_upload_goes_on_where_it_was() {
    let town = Town::start();
    let clerk = town.client_of(SENDER);
    let bytes = content(20 * MIB);
    let id = begin(&clerk, "図面.csv", bytes.len() as u64);
    let line = Frail::to(town.program.port());
    let (mut cuts, mut here, mut kept) = (0, 0, Vec::new());
    // A TLS handshake alone, parts of pieces, whole pieces, several of them.
    let points = [700, 9_000, 70_000, 300_000, MIB, MIB + 13, 3 * MIB, 5 * MIB + 7];
    for after in points.into_iter().cycle() {
        line.cut_after(after);
        let frail = clerk.through(&town.demo, line.port);
        let rest = &bytes[usize::try_from(here).unwrap()..];
        let sent = patch(&frail, &id, here, rest);
        let now = settle(&clerk, &id, here);
        assert!(now >= here, "nothing that was kept is lost: {now} after {here}");
        if now == bytes.len() as u64 {
            break;
        }
        assert!(sent.is_err(), "the line was cut: {sent:?}");
        (cuts, here) = (cuts + 1, now);
        kept.push(now);
    }
    println!("{cuts} cuts, kept after each: {kept:?}");
    assert!(cuts >= 8 && kept.iter().any(|here| here % MIB != 0), "parts of pieces are kept too");
    let shown = clerk.get(&format!("{ALL}/{id}")).json;
    assert_eq!(shown["sha256"], hash(&bytes), "{shown}");

    let sent = send_on(&clerk, "internet-lgwan", &[&id]);
    assert_eq!(sent.status, 201, "{sent:?}");
    let passage = settled(&clerk, &sent.json["items"][0]);
    assert_eq!(passage["sha256"], hash(&bytes), "{passage}");
    assert_eq!(passage["bytes"], bytes.len(), "{passage}");
    assert_eq!(passage["name"], "図面.csv");
    assert_eq!(passage["state"], "delivered", "{passage}");
    assert_eq!(clerk.get(&format!("{ALL}/{id}")).status, 404, "it is sent on once");
    assert_eq!(send_on(&clerk, "internet-lgwan", &[&id]).status, 422);
}

#[test]
fn a_killed_program_loses_no_more_than_the_run_it_was_in() {
    const RUN: u64 = 64 * MIB;
    let mut town = Town::start();
    let clerk = town.client_of(SENDER);
    let length = 2 * RUN + 7;
    let id = begin(&clerk, "測量.bin", length);
    let one = format!("{ALL}/{id}");
    let sender = clerk.through(&town.demo, town.program.port());
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| {
            let mut all = Content { at: 0, end: length };
            sender.speak(("PATCH", &one), &headers_of(0, Some(length)), Some(&mut all))
        });
        while offset(&clerk, &id) < RUN {
            std::thread::sleep(Duration::from_millis(10));
        }
        town.program.kill();
        assert!(sent.join().unwrap().is_err(), "it was killed in the middle");
    });
    town.program = Program::up(town.program.folder().unwrap(), &["--demo"]);
    town.demo = Demo::read(&town.program.data().join("demo.json"));
    let clerk = clerk.through(&town.demo, town.program.port());
    let here = offset(&clerk, &id);
    assert!(here == RUN || here == 2 * RUN, "whole runs are kept: {here}");
    let mut rest = Content { at: here, end: length };
    let headers = headers_of(here, Some(length - here));
    let sent = clerk.speak(("PATCH", &one), &headers, Some(&mut rest)).unwrap();
    assert_eq!(sent.status, 204, "{sent:?}");
    let shown = clerk.speak(("GET", &one), &[version()], None).unwrap();
    assert_eq!(shown.json["sha256"], Content { at: 0, end: length }.hash().as_str(), "{shown:?}");
}

#[test]
fn what_is_wrong_is_refused_by_its_name() {
    let town = Town::start();
    let (clerk, other) = (town.client_of(SENDER), town.client_of(RECEIVER));
    let asked = clerk.call("OPTIONS", ALL, None);
    assert_eq!(asked.status, 204);
    assert_eq!(asked.headers["tus-version"], "1.0.0");
    assert_eq!(asked.headers["tus-max-size"], (2048 * MIB).to_string());
    assert!(asked.headers["tus-extension"].contains("creation-with-upload"));

    let id = begin(&clerk, "a.txt", 10);
    let one = format!("{ALL}/{id}");
    // Whoever else asks learns not even that it is there.
    for method in ["HEAD", "GET", "DELETE"] {
        let said = other.speak((method, &one), &[version()], None).unwrap();
        assert_eq!(said.status, 404, "{method}");
        assert_eq!(said.headers["tus-resumable"], "1.0.0", "said with refusals too");
    }
    assert_eq!(patch(&other, &id, 0, b"x").unwrap().status, 404);
    assert_eq!(Client::nobody(&town.demo).get(&one).status, 401);

    assert_eq!(patch(&clerk, &id, 0, b"12345").unwrap().status, 204);
    for offset in [0, 4, 6, 10, 11, u64::MAX] {
        let said = patch(&clerk, &id, offset, b"67890").unwrap();
        assert_eq!(said.status, 409, "{offset}: {said:?}");
    }
    let said = clerk.speak(("HEAD", &one), &[version()], None).unwrap();
    assert_eq!((said.status, said.headers["upload-offset"].as_str()), (200, "5"));
    assert_eq!(said.headers["upload-length"], "10");
    assert!(said.headers["upload-expires"].ends_with("GMT"), "{said:?}");
    assert_eq!(said.headers["cache-control"], "no-store");
    assert!(said.headers["upload-metadata"].starts_with("filename "));

    let raw = |headers: &[(&str, String)], body: &[u8]| {
        clerk.speak(("PATCH", &one), headers, Some(&mut Cursor::new(body.to_vec()))).unwrap()
    };
    let kind = ("Content-Type", "application/offset+octet-stream".to_owned());
    let (five, length) = (("Upload-Offset", "5".to_owned()), ("Content-Length", "1".to_owned()));
    let old = ("Tus-Resumable", "0.2.2".to_owned());
    assert_eq!(raw(&[old, kind.clone(), five.clone(), length.clone()], b"6").status, 412);
    assert_eq!(raw(&[kind.clone(), five.clone(), length.clone()], b"6").status, 412);
    let plain = ("Content-Type", "text/plain".to_owned());
    assert_eq!(raw(&[version(), plain, five.clone(), length.clone()], b"6").status, 415);
    assert_eq!(raw(&[version(), kind.clone(), length.clone()], b"6").status, 422);
    for wrong in ["-1", "five", "5.0", ""] {
        let offset = ("Upload-Offset", wrong.to_owned());
        assert_eq!(raw(&[version(), kind.clone(), offset, length.clone()], b"6").status, 422);
    }
    // More than was declared: told by its length, and found where it is not told.
    assert_eq!(patch(&clerk, &id, 5, b"67890!").unwrap().status, 422);
    assert_eq!(raw(&[version(), kind.clone(), five.clone()], b"67890!").status, 422);
    assert_eq!(offset(&clerk, &id), 5, "and nothing of it is kept");
    assert_eq!(raw(&[version(), kind, five], b"67890").status, 204);
    assert_eq!(clerk.get(&one).json["sha256"], hash(b"1234567890"));

    let forged = clerk.through(&town.demo, town.program.port()).without_token();
    let said = forged.speak(("DELETE", &one), &[version()], None).unwrap();
    assert_eq!(said.status, 400, "a page of another origin has no token: {said:?}");
    assert_eq!(clerk.speak(("DELETE", &one), &[version()], None).unwrap().status, 204);
    assert_eq!(clerk.get(&one).status, 404);
}

#[test]
fn a_person_has_so_much_room() {
    let town = Town::start();
    let clerk = town.client_of(SENDER);
    let made = |length: &str| create(&clerk, "a.bin", length).status;
    assert_eq!(made(&(2048 * MIB + 1).to_string()), 413);
    for wrong in ["", "-1", "many", "1e3"] {
        assert_eq!(made(wrong), 422, "{wrong}");
    }
    for _ in 0..4 {
        assert_eq!(made(&(2048 * MIB).to_string()), 201);
    }
    let full = create(&clerk, "a.bin", "1");
    assert_eq!(full.status, 422);
    assert_eq!(full.json["errors"][0]["code"], "transfer-upload-quota", "{full:?}");
    let open = clerk.get(ALL).json;
    let first = open["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(open["items"].as_array().unwrap().len(), 4);
    let gone = clerk.speak(("DELETE", &format!("{ALL}/{first}")), &[version()], None).unwrap();
    assert_eq!(gone.status, 204);
    for _ in 0..47 {
        assert_eq!(made("0"), 201, "files of no bytes are files");
    }
    assert_eq!(made("0"), 422, "fifty are open");
    assert_eq!(town.client_of(RECEIVER).get(ALL).json["items"], Value::Array(Vec::new()));
}

#[test]
fn of_two_calls_at_one_place_one_is_kept() {
    let town = Town::start();
    let clerk = town.client_of(SENDER);
    for _ in 0..5 {
        let id = begin(&clerk, "a.bin", 4 * MIB);
        let ours: Vec<Vec<u8>> = (0..2).map(|seed| vec![seed; 2 << 20]).collect();
        let said: Vec<u16> = std::thread::scope(|scope| {
            let calls: Vec<_> = ours
                .iter()
                .map(|bytes| {
                    let (town, clerk, id) = (&town, &clerk, &id);
                    scope.spawn(move || {
                        let line = clerk.through(&town.demo, town.program.port());
                        patch(&line, id, 0, bytes).unwrap().status
                    })
                })
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        let won = said.iter().position(|status| *status == 204).unwrap();
        assert!(said.contains(&409), "{said:?}");
        assert_eq!(offset(&clerk, &id), 2 * MIB);
        let rest = vec![7; 2 << 20];
        assert_eq!(patch(&clerk, &id, 2 * MIB, &rest).unwrap().status, 204);
        let whole = [ours[won].as_slice(), &rest].concat();
        assert_eq!(clerk.get(&format!("{ALL}/{id}")).json["sha256"], hash(&whole));
    }
}

#[test]
fn all_files_of_a_batch_are_taken_in_or_none() {
    let town = Town::start();
    let (clerk, other) = (town.client_of(SENDER), town.client_of(RECEIVER));
    let whole = |client: &Client, text: &[u8]| {
        let id = begin(client, "a.txt", text.len() as u64);
        assert_eq!(patch(client, &id, 0, text).unwrap().status, 204);
        id
    };
    let mine = [whole(&clerk, b"one"), whole(&clerk, b"two")];
    let (theirs, half) = (whole(&other, b"theirs"), begin(&clerk, "b.txt", 9));
    let unknown = "01KQ3V6Z8M5C0D2E4F6G8H0J2K".to_owned();
    for (wrong, code) in [
        (&theirs, "transfer-upload-gone"),
        (&half, "transfer-upload-unfinished"),
        (&unknown, "transfer-upload-gone"),
        (&"nothing".to_owned(), "transfer-upload-gone"),
    ] {
        let said = send_on(&clerk, "internet-lgwan", &[&mine[0], wrong, &mine[1]]);
        assert_eq!(said.status, 422, "{said:?}");
        assert_eq!(said.json["errors"][0]["code"], code);
    }
    let outbox = clerk.get("/api/v1/passages?box=outbox").json;
    assert_eq!(outbox["items"], Value::Array(Vec::new()), "nothing was taken in");
    let sent = send_on(&clerk, "internet-lgwan", &[&mine[0], &mine[1], &mine[0]]);
    assert_eq!(sent.status, 201, "{sent:?}");
    let items = sent.json["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 2, "one that is named twice is sent once");
    assert_eq!(items[0]["batch"], items[1]["batch"]);
    for item in &items {
        assert_eq!(settled(&clerk, item)["state"], "delivered");
    }
}

#[test]
fn what_is_not_sent_on_within_a_day_is_destroyed() {
    let Some(mut clock) = Clock::find() else { return };
    let town = Town::start_by(Some(&clock));
    let clerk = Client::nobody(&town.demo)
        .signed_in(town.demo.person(SENDER), &town.demo.person(SENDER).code_at(clock.now()));
    let before = blobs(town.program.data());
    let (half, whole) = (begin(&clerk, "a.bin", 2 * MIB), begin(&clerk, "b.bin", 100));
    assert_eq!(patch(&clerk, &half, 0, &content(MIB)).unwrap().status, 204);
    assert_eq!(patch(&clerk, &whole, 0, &content(100)).unwrap().status, 204);
    assert_eq!(blobs(town.program.data()), before + 2);
    clock.advance(Duration::from_secs(24 * 3_600 + 60));
    let start = Instant::now();
    while blobs(town.program.data()) > before {
        assert!(start.elapsed() < Duration::from_secs(60), "the pieces are still there");
        std::thread::sleep(Duration::from_millis(200));
    }
    let person = town.demo.person(SENDER);
    let clerk = Client::nobody(&town.demo).signed_in(person, &person.code_at(clock.now()));
    for id in [&half, &whole] {
        assert_eq!(clerk.get(&format!("{ALL}/{id}")).status, 404);
    }
    assert_eq!(clerk.get(ALL).json["items"], Value::Array(Vec::new()));
}

/// The whole way of a file that no memory should hold: sent in parts over a line
/// that breaks twice, looked at, fetched.
#[test]
fn a_large_file_costs_constant_memory() {
    let mib = std::env::var("SEKISHO_BIG_MIB").ok().and_then(|size| size.parse().ok());
    // Above what the sanitiser takes, a file is never at hand as a whole.
    let length = mib.unwrap_or(128_u64) * MIB;
    let town = Town::start();
    let manager = town.client_of("yamamoto.akira");
    let policy = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../rooms/transfer/engine/src/default.toml"
    ));
    let policy = LOOKED_AT.to_owned() + &policy.unwrap();
    let adopted = manager.form(
        "/transfer/policy",
        "/transfer/policy",
        &[("policy", &policy), ("do", "adopt")],
    );
    assert_eq!(adopted.status, 303, "{}", adopted.text);

    let clerk = town.client_of(SENDER);
    // Signing in costs memory by design (Argon2id): before anything is measured.
    let (approver, receiver) = (town.client_of("ito.sachiko"), town.client_of(RECEIVER));
    let number = town.program.number();
    let id = begin(&clerk, "測量.bin", length);
    forget_peak(number);
    let before = memory(number);
    let start = Instant::now();
    let line = Frail::to(town.program.port());
    let mut cuts = vec![length / 3, length / 3];
    loop {
        // Where the program has not seen a cut yet, what is sent next is refused
        // (409) and sent again, as every client does.
        let here = offset(&clerk, &id);
        if here == length {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(600), "stuck at {here}");
        line.cut_after(cuts.pop().unwrap_or(u64::MAX));
        let mut rest = Content { at: here, end: length };
        let headers = headers_of(here, Some(length - here));
        let frail = clerk.through(&town.demo, line.port);
        let one = format!("{ALL}/{id}");
        let said = frail.speak(("PATCH", &one), &headers, Some(&mut rest));
        println!("from {here}: {:?}", said.map(|reply| reply.status));
    }
    let sent_in = start.elapsed();
    let after_sending = memory(number);
    let wanted = Content { at: 0, end: length }.hash();
    assert_eq!(clerk.get(&format!("{ALL}/{id}")).json["sha256"], wanted.as_str());

    let sent = send_on(&clerk, "internet-lgwan", &[&id]);
    assert_eq!(sent.status, 201, "{sent:?}");
    let passage = settled(&clerk, &sent.json["items"][0]);
    assert_eq!(passage["state"], "held", "{passage}");
    assert_eq!(passage["decided"]["treat_rule"], "large-is-looked-at", "{passage}");
    let id = passage["id"].as_str().unwrap().to_owned();
    let page = format!("/transfer/{id}");
    let answers = ["sender", "address", "subject", "wording", "content"].map(|all| (all, "fine"));
    let looked = approver.form(&page, &format!("{page}/look"), &answers);
    assert_eq!(looked.status, 303, "{}", looked.text);
    let after_look = memory(number);
    let (mut hasher, start) = (Sha256::new(), Instant::now());
    let content = format!("/api/v1/passages/{id}/content");
    let fetched = receiver.post_for_stream(&content, |piece| hasher.update(piece));
    assert_eq!(fetched, length);
    assert_eq!(hexadecimal(&hasher.finalize()), wanted);
    let after = memory(number);
    println!(
        "{} MiB: sent in {sent_in:.1?}, fetched in {:.1?}; peak memory in MiB before {before}, \
         after sending {after_sending}, after the look {after_look}, after fetching {after}",
        length / MIB,
        start.elapsed(),
    );
    // A file below the sanitiser's limit is at hand once, while it is treated.
    let held = if length > 100 * MIB { 0 } else { 4 * length / MIB };
    assert!(after_sending <= before + 48, "{before} MiB grew to {after_sending}");
    assert!(after <= before + 48 + held, "{before} MiB grew to {after}");
    let refused = refused_by_default(&clerk, length);
    assert!(refused.contains("大きすぎる") || length <= 100 * MIB, "{refused}");
}

/// A rule before all others, for this test's file.
const LOOKED_AT: &str = r#"
[[treat]]
name = "large-is-looked-at"
crossings = ["internet > lgwan"]
types = ["unknown"]
do = "inspect"

[[release]]
name = "large-after-a-look"
treatments = ["inspect"]
visual-check = true
do = "deliver"
"#;

/// What is said of such a file where the rule orders what cannot be done.
fn refused_by_default(clerk: &Client, length: u64) -> String {
    let id = begin(clerk, "測量.bin", length);
    let one = format!("{ALL}/{id}");
    let mut all = Content { at: 0, end: length };
    let said = clerk.speak(("PATCH", &one), &headers_of(0, Some(length)), Some(&mut all)).unwrap();
    assert_eq!(said.status, 204, "{said:?}");
    // Outward no rule lets a file of no known kind go.
    let sent = send_on(clerk, "lgwan-internet", &[&id]);
    assert_eq!(sent.status, 201, "{sent:?}");
    let passage = settled(clerk, &sent.json["items"][0]);
    assert_eq!(passage["state"], "refused", "{passage}");
    passage["decided"]["report"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_sends_what_is_chosen_dropped_and_pasted() {
    let town = Town::start();
    let Some(browser) = Browser::open().await else { return };
    browser.sign_in(&town.demo.base_url, town.demo.person(SENDER)).await;
    let page = format!("{}/transfer/send", town.demo.base_url);
    browser.go(&page).await;
    let folder = tempfile::tempdir().unwrap();
    let chosen = folder.path().join("一覧.csv");
    std::fs::write(&chosen, "番号,件名\r\n1,道路\r\n").unwrap();
    let large = folder.path().join("図面.csv");
    std::fs::write(&large, "1,2,3\r\n".repeat(6 << 20)).unwrap();
    let both = format!("{}\n{}", chosen.display(), large.display());
    browser.fill("files", &both).await;
    browser.find(".queue-row progress").await;
    browser.picture("uploads-under-way").await;
    browser.find(".queue-row[data-upload]").await;
    let dropped = "const data = new DataTransfer(); \
        data.items.add(new File(['1,2\\r\\n'], '置いた.csv', { lastModified: 1 })); \
        const over = (type) => new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }); \
        document.body.dispatchEvent(over('dragover')); \
        const marked = document.querySelector('.drop').classList.contains('drop-over'); \
        document.body.dispatchEvent(over('drop')); return marked";
    let marked = browser.page.execute(dropped, vec![]).await.unwrap();
    assert_eq!(marked, true, "the box shows where to drop");
    let pasted = "const data = new DataTransfer(); \
        data.items.add(new File([Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0))], \
            'image.png', { type: 'image/png' })); \
        document.body.dispatchEvent(new ClipboardEvent('paste', \
            { clipboardData: data, bubbles: true, cancelable: true }))";
    browser.page.execute(pasted, vec![PNG.into()]).await.unwrap();
    wait_for(&browser, ".queue-row[data-upload]", 4).await;
    browser.picture("uploads-sent").await;
    assert!(browser.text().await.contains("置いた.csv"));
    let said = "return document.querySelector('[role=status]').textContent";
    let said = browser.page.execute(said, vec![]).await.unwrap();
    assert!(said.as_str().unwrap().contains("送り終えました"), "{said}");

    if let Ok(axe) = std::fs::read_to_string(AXE) {
        assert_eq!(browser.axe(&axe).await, Vec::<String>::new());
    }

    // A reload keeps what was sent, on a small screen and in English too.
    browser.page.set_window_size(390, 900).await.unwrap();
    browser.go(&format!("{}/language/en?to=/transfer/send", town.demo.base_url)).await;
    wait_for(&browser, ".queue-row[data-upload]", 4).await;
    browser.page.execute("document.querySelector('.drop').scrollIntoView()", vec![]).await.unwrap();
    browser.picture("uploads-narrow-en").await;
    browser.page.set_window_size(1280, 1000).await.unwrap();
    browser.go(&format!("{}/language/ja?to=/transfer/send", town.demo.base_url)).await;
    wait_for(&browser, ".queue-row[data-upload]", 4).await;
    // So does a form that is wrong.
    browser.fill("to", "nobody.there").await;
    browser.fill("purpose", "工事の書類").await;
    browser.submit().await;
    browser.find(".summary").await;
    wait_for(&browser, ".queue-row[data-upload]", 4).await;
    browser.picture("uploads-wrong").await;
    // One is taken away again.
    browser.click(".queue-row:last-child button").await;
    wait_for(&browser, ".queue-row[data-upload]", 3).await;
    browser.fill("to", RECEIVER).await;
    browser.submit().await;
    browser.wait_for_text("3 個のファイルを受け付けました").await;
    browser.picture("uploads-taken-in").await;
    for (path, wanted) in [("/api/v1/passages?box=outbox", 3), (ALL, 0)] {
        let script = "const done = arguments[arguments.length - 1]; \
            fetch(arguments[0]).then((answer) => answer.json()).then(done)";
        let found = browser.page.execute_async(script, vec![path.into()]).await.unwrap();
        let names: Vec<&str> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        assert_eq!(names.len(), wanted, "{found}");
        let is_whole = names.contains(&"一覧.csv") && names.contains(&"図面.csv");
        assert!(is_whole || wanted == 0, "{names:?}");
    }
    browser.close().await;
}

/// axe-core, where the test of all screens has fetched it.
const AXE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/axe/node_modules/axe-core/axe.min.js");

/// One grey pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

async fn wait_for(browser: &Browser, selector: &str, count: usize) {
    let start = Instant::now();
    while browser.count(selector).await != count {
        let text = browser.text().await;
        assert!(start.elapsed() < Duration::from_secs(30), "{count} of {selector}: {text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Bytes that differ everywhere and are never at hand as a whole.
struct Content {
    at: u64,
    end: u64,
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        for byte in &mut buffer[..count] {
            *byte = byte_at(self.at);
            self.at += 1;
        }
        Ok(count)
    }
}

impl Content {
    fn hash(mut self) -> String {
        let (mut hasher, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match self.read(&mut piece).unwrap() {
                0 => return hexadecimal(&hasher.finalize()),
                read => hasher.update(&piece[..read]),
            }
        }
    }
}

/// No two pieces are the same, and no sanitiser knows the kind.
const fn byte_at(at: u64) -> u8 {
    ((at.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 56) as u8
}

/// Rows of a table, so that it is a file like any other.
fn content(length: u64) -> Vec<u8> {
    let mut rows = String::new();
    let mut row = 0_u32;
    while (rows.len() as u64) < length {
        rows.push_str(&format!("{row},道路の工事の図面\r\n"));
        row += 1;
    }
    let mut bytes = rows.into_bytes();
    let end = usize::try_from(length).unwrap();
    bytes.truncate(end);
    // A character that was cut in two would make it no text.
    bytes.iter_mut().rev().take(40).for_each(|byte| *byte = b' ');
    bytes
}

fn version() -> (&'static str, String) {
    ("Tus-Resumable", "1.0.0".to_owned())
}

fn create(client: &Client, name: &str, length: &str) -> Reply {
    let name = base64(name);
    let headers = [
        version(),
        ("Upload-Length", length.to_owned()),
        ("Upload-Metadata", format!("filename {name}")),
        ("Content-Length", "0".to_owned()),
    ];
    client.speak(("POST", ALL), &headers, None).unwrap()
}

fn begin(client: &Client, name: &str, length: u64) -> String {
    let made = create(client, name, &length.to_string());
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json["id"].as_str().unwrap().to_owned();
    assert_eq!(made.headers["location"], format!("{ALL}/{id}"));
    id
}

fn headers_of(offset: u64, length: Option<u64>) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        version(),
        ("Content-Type", "application/offset+octet-stream".to_owned()),
        ("Upload-Offset", offset.to_string()),
    ];
    headers.extend(length.map(|length| ("Content-Length", length.to_string())));
    headers
}

fn patch(client: &Client, id: &str, offset: u64, bytes: &[u8]) -> Result<Reply, String> {
    let headers = headers_of(offset, Some(bytes.len() as u64));
    let sent = client.speak(
        ("PATCH", &format!("{ALL}/{id}")),
        &headers,
        Some(&mut Cursor::new(bytes.to_vec())),
    );
    sent.map_err(|error| error.to_string())
}

fn offset(client: &Client, id: &str) -> u64 {
    let said = client.speak(("HEAD", &format!("{ALL}/{id}")), &[version()], None).unwrap();
    said.headers["upload-offset"].parse().unwrap()
}

/// How far an upload is once the program has seen that a line was cut.
fn settle(client: &Client, id: &str, before: u64) -> u64 {
    let mut last = offset(client, id);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(50));
        let now = offset(client, id);
        if now == last && now > before {
            return now;
        }
        if now == last && before == 0 && now > 0 {
            return now;
        }
        if now == last {
            std::thread::sleep(Duration::from_millis(150));
            return offset(client, id);
        }
        last = now;
    }
    last
}

fn send_on(client: &Client, crossing: &str, uploads: &[&String]) -> Reply {
    let mut fields = vec![
        ("crossing", crossing),
        ("to", RECEIVER),
        ("class", "2"),
        ("purpose", "図面の受け渡し"),
    ];
    fields.extend(uploads.iter().map(|id| ("uploads", id.as_str())));
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str("--edge--\r\n");
    client.send_typed("/api/v1/passages", "multipart/form-data; boundary=edge", body.as_bytes())
}

/// The passage as soon as it is decided on.
fn settled(client: &Client, passage: &Value) -> Value {
    let start = Instant::now();
    loop {
        let now = client.get(&format!("/api/v1/passages/{}", passage["id"].as_str().unwrap())).json;
        if now["state"] != "received" {
            return now;
        }
        assert!(start.elapsed() < Duration::from_secs(90), "nothing happens: {now}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The peak of a process's memory, in MiB.
fn memory(number: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{number}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1_024
}

/// Lets the peak begin anew.
fn forget_peak(number: u32) {
    std::fs::write(format!("/proc/{number}/clear_refs"), "5").unwrap();
}

/// How many blobs are kept.
fn blobs(data: &Path) -> usize {
    fn count(folder: &Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        let entries = entries.flatten().map(|entry| entry.path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    count(&data.join("blobs/kept"))
}

fn hash(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4648, section 4.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut written = String::new();
    for group in text.as_bytes().chunks(3) {
        let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            written.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    written
}
