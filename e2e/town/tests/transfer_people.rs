//! What people see and decide when a file crosses: the approver's screen, the
//! preview, questions, several at once, containers, scanners, statistics.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use town::{Browser, Client, Clock, Town};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");
const PEOPLE: &str = "氏名,住所,生年月日,個人番号\r\n\
    山田太郎,東京都千代田区霞が関2-1-2,昭和60年4月1日,123456789018\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_sees_what_is_in_it_asks_and_approves() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let docm = example("住民票交付申請書.docm");
    let held = settled(&clerk, &send(&clerk, "internet-lgwan", &[("申請書.docm", &docm)])[0]);
    assert_eq!(held["state"], "held", "{held}");
    let page = format!("/transfer/{}", id(&held));
    let manager = town.client_of("ito.sachiko");
    let first = format!("/api/v1/passages/{}/pages/1", id(&held));
    wait_for(|| manager.get(&first).status == 200);

    // The picture is there for whoever decides and for the sender, and for
    // nobody else before the file is theirs.
    let receiver = town.client_of("sasaki.taro");
    let auditor = town.client_of("yoshida.rei");
    assert_eq!(clerk.get(&first).status, 200);
    for other in [&receiver, &auditor, &town.client_of("abe.nanami")] {
        assert_eq!(other.get(&first).status, 404);
    }
    assert_eq!(manager.get(&format!("/api/v1/passages/{}/pages/99", id(&held))).status, 404);
    let seen = receiver.get(&page).text;
    assert!(!seen.contains("中身の見本") && !seen.contains("決める前に"), "{seen}");
    assert!(auditor.get(&page).text.contains("詳しい記録"));

    if let Some(browser) = Browser::open().await {
        browser.carry_on(&town.demo.base_url, &manager).await;
        let base = &town.demo.base_url;
        browser.go(&format!("{base}/transfer/held")).await;
        browser.picture_whole("people-held").await;
        browser.go(&format!("{base}{page}")).await;
        browser.picture_whole("people-desk").await;
        let text = browser.text().await;
        for wanted in ["決める前に", "macros-need-approval", "中身の見本", "送った人のこれまで"]
        {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        browser.fill("question", "送り主に電話で確かめましたか").await;
        browser.click("form[action$='/ask'] button").await;
        browser.wait_for_text("答えを待っています").await;
        browser.picture_whole("people-asked").await;
        browser.close().await;
    } else {
        let asked = [("question", "送り主に電話で確かめましたか")];
        assert_eq!(manager.form(&page, &format!("{page}/ask"), &asked).status, 303);
    }

    // The sender finds the question on their first page; an answer lets nothing
    // through.
    assert!(clerk.get("/").text.contains("質問が来ています"));
    let questions = format!("/api/v1/passages/{}/questions", id(&held));
    let asked = clerk.get(&questions).json;
    assert_eq!(asked["items"][0]["answer"], Value::Null, "{asked}");
    assert_eq!(receiver.get(&questions).status, 404);
    let answer = format!("{questions}/{}/answer", asked["items"][0]["id"].as_str().unwrap());
    let given = json!({ "answer": "代表番号にかけて確かめました" });
    assert_eq!(manager.post(&answer, &given).status, 409, "it was not asked of them");
    assert_eq!(clerk.post(&answer, &given).status, 200);
    assert_eq!(clerk.post(&answer, &given).status, 409, "once");
    assert_eq!(settled(&clerk, &held)["state"], "held");
    assert_eq!(clerk.post(&questions, &json!({ "question": "私が決めますか" })).status, 409);

    // Not by the sender, not without a reason, and then by the manager.
    let decide = format!("{page}/decide");
    let shown = manager.get(&page).text;
    let permit = town::client::hidden(&shown, "permit").unwrap();
    let version = town::client::hidden(&shown, "version").unwrap();
    let yes = [("permit", permit.as_str()), ("version", &version), ("verdict", "yes")];
    let no = [("permit", permit.as_str()), ("version", &version), ("verdict", "no")];
    let by_sender = clerk.form(&page, &decide, &yes);
    assert!((400..500).contains(&by_sender.status), "{by_sender:?}");
    assert_eq!(manager.form(&page, &decide, &no).status, 422);
    assert_eq!(manager.form(&page, &decide, &yes).status, 303);
    assert_eq!(settled(&clerk, &held)["state"], "delivered");
    assert_eq!(receiver.get(&first).status, 200, "it is theirs now");
    let again = manager.form("/transfer/held", &decide, &yes);
    assert_eq!(again.status, 409, "{again:?}");
    let ledger = auditor.get("/ledger?area=passage.").text;
    for action in ["passage.question-asked", "passage.question-answered", "passage.approved"] {
        assert!(ledger.contains(action), "{action} is not in {ledger}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_approved_at_once_and_people_leave_in_a_container() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let manager = town.client_of("ito.sachiko");
    let docm = example("住民票交付申請書.docm");
    allow_bulk(&town);
    let files: &[(&str, &[u8])] = &[("一.docm", &docm), ("二.docm", &docm)];
    let sent = send(&clerk, "internet-lgwan", files);
    let people = send(&clerk, "lgwan-internet", &[("名簿.csv", PEOPLE.as_bytes())]);
    let held: Vec<Value> = sent.iter().chain(&people).map(|one| settled(&clerk, one)).collect();
    assert!(held.iter().all(|one| one["state"] == "held"), "{held:?}");
    let shown = manager.get("/transfer/held").text;
    assert_eq!(shown.matches("name=\"pick\"").count(), 2, "people's data is never ticked: {shown}");
    if let Some(browser) = Browser::open().await {
        browser.carry_on(&town.demo.base_url, &manager).await;
        browser.go(&format!("{}/transfer/held", town.demo.base_url)).await;
        browser.picture_whole("people-held-bulk").await;
        browser.close().await;
    }
    let picks: Vec<(&str, &str)> = held.iter().map(|one| ("pick", id(one))).collect();
    let done = manager.form("/transfer/held", "/transfer/held", &picks);
    assert_eq!(done.status, 303);
    let states: Vec<Value> = held.iter().map(|one| settled(&clerk, one)["state"].clone()).collect();
    assert_eq!(states, ["delivered", "delivered", "held"]);

    // The list of people: approved on its own screen, handed over shut.
    let page = format!("/transfer/{}", id(&held[2]));
    wait_for(|| manager.get(&page).text.contains("中の文字"));
    let desk = manager.get(&page).text;
    assert!(desk.contains("見つかった個人情報") && desk.contains("山田太郎"), "{desk}");
    if let Some(browser) = Browser::open().await {
        browser.carry_on(&town.demo.base_url, &manager).await;
        browser.go(&format!("{}{page}", town.demo.base_url)).await;
        browser.picture_whole("people-outward").await;
        browser.close().await;
    }
    approve(&manager, &page);
    let delivered = settled(&clerk, &held[2]);
    assert_eq!(delivered["decided"]["name"], "名簿.zip", "{delivered}");
    let receiver = town.client_of("sasaki.taro");
    let content = format!("/api/v1/passages/{}/content", id(&held[2]));
    let archive = receiver.post_for_bytes(&content);
    assert!(archive.starts_with(b"PK") && !contains(&archive, "山田太郎".as_bytes()));
    let passphrase = format!("/api/v1/passages/{}/passphrase", id(&held[2]));
    assert_eq!(receiver.post(&passphrase, &json!({})).status, 404, "it travels apart");
    assert_eq!(manager.post(&passphrase, &json!({})).status, 404);
    let shown = clerk.post(&passphrase, &json!({}));
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(clerk.post(&passphrase, &json!({})).status, 409, "once");
    let word = shown.json["passphrase"].as_str().unwrap();
    assert!(!town.program.said().contains(word), "no log has it");
    open_with_seven_zip(&archive, word);

    statistics(&town, &clerk).await;
}

/// What crossed, as those see it who oversee.
async fn statistics(town: &Town, clerk: &Client) {
    assert_eq!(clerk.get("/transfer/statistics").status, 403);
    let auditor = town.client_of("yoshida.rei");
    let numbers = auditor.get("/api/v1/passage-statistics").json;
    let through = |from: &str| -> u64 {
        let all = numbers["crossed"].as_array().unwrap().iter();
        all.filter(|one| one["from"] == from && one["fate"] == "through")
            .map(|one| one["count"].as_u64().unwrap())
            .sum()
    };
    assert_eq!((through("internet"), through("lgwan")), (2, 1), "{numbers}");
    assert_eq!(numbers["held"]["count"], 3, "{numbers}");
    let macros = numbers["removed"].as_array().unwrap().iter();
    let macros = macros.filter(|one| one["kind"].as_str().unwrap().contains("macro")).count();
    assert!(macros >= 1, "{numbers}");
    assert_eq!(auditor.get("/api/v1/passage-statistics?since=2026-13-01").status, 422);
    let Some(browser) = Browser::open().await else { return };
    for name in ["甲.txt", "乙.txt"] {
        settled(clerk, &send(clerk, "internet-lgwan", &[(name, "連絡です".as_bytes())])[0]);
    }
    browser.carry_on(&town.demo.base_url, &auditor).await;
    browser.go(&format!("{}/transfer/statistics", town.demo.base_url)).await;
    browser.picture_whole("people-statistics").await;
    assert!(browser.count("svg[role=img]").await >= 3);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_is_away_holds_files_and_one_that_knows_them_keeps_them() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let town = town_with_clamd(&format!("127.0.0.1:{port}"));
    let clerk = town.client_of("yamada.hanako");
    let sent = send(&clerk, "internet-lgwan", &[("お知らせ.txt", &eicar())]);
    let plain = send(&clerk, "internet-lgwan", &[("連絡.txt", "連絡です".as_bytes())]);
    let page = format!("/transfer/{}", id(&sent[0]));
    wait_for(|| clerk.get(&page).text.contains("検査プログラムが答えないため"));
    assert_eq!(clerk.get(&format!("/api/v1/passages/{}", id(&sent[0]))).json["state"], "received");

    // It is there again: what it knows is kept away, the rest goes on.
    stand_in_clamd(port);
    let known = settled(&clerk, &sent[0]);
    assert_eq!(known["state"], "quarantined", "{known}");
    assert_eq!(settled(&clerk, &plain[0])["state"], "delivered");
    assert!(clerk.get(&page).text.contains("Stand-In.Test"));
    let receiver = town.client_of("sasaki.taro");
    let content = format!("/api/v1/passages/{}/content", id(&sent[0]));
    assert_ne!(receiver.post(&content, &json!({})).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn clamd_itself_is_asked() {
    let Some(clamd) = RealClamd::start() else { return };
    let town = town_with_clamd(&clamd.socket);
    let clerk = town.client_of("yamada.hanako");
    let sent = send(&clerk, "internet-lgwan", &[("お知らせ.txt", &eicar())]);
    let plain = send(&clerk, "internet-lgwan", &[("連絡.txt", "連絡です".as_bytes())]);
    let known = settled(&clerk, &sent[0]);
    assert_eq!(known["state"], "quarantined", "{known}");
    assert!(known["decided"]["report"]["hits"][0].as_str().unwrap().contains("clamd: "));
    assert_eq!(settled(&clerk, &plain[0])["state"], "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_reminded_and_originals_are_destroyed_in_time() {
    let Some(mut clock) = Clock::find() else { return };
    let day = Duration::from_secs(24 * 3_600);
    let town = Town::start_by(Some(&clock));
    let clerk = town.client_of("yamada.hanako");
    let docm = example("住民票交付申請書.docm");
    let held = settled(&clerk, &send(&clerk, "internet-lgwan", &[("申請書.docm", &docm)])[0]);
    let plain = settled(&clerk, &send(&clerk, "internet-lgwan", &[("連絡.txt", b"renraku")])[0]);
    assert_eq!((&held["state"], &plain["state"]), (&json!("held"), &json!("delivered")));
    let page = |passage: &Value| format!("/transfer/{}", id(passage));
    assert!(clerk.get(&page(&plain)).text.contains("封印して保管中"));

    clock.advance(day + Duration::from_secs(3_700));
    let account = town.demo.person("ito.sachiko");
    let manager = Client::nobody(&town.demo).signed_in(account, &account.code_at(clock.now()));
    wait_for(|| manager.get("/").text.contains("承認・確認を待っている受け渡しがあります"));

    clock.advance(day * 30);
    let account = town.demo.person("yamada.hanako");
    let clerk = Client::nobody(&town.demo).signed_in(account, &account.code_at(clock.now()));
    wait_for(|| clerk.get(&page(&plain)).text.contains("廃棄済み"));
    let account = town.demo.person("yoshida.rei");
    let auditor = Client::nobody(&town.demo).signed_in(account, &account.code_at(clock.now()));
    let ledger = auditor.get("/ledger?area=passage.").text;
    for action in ["passage.reminded", "passage.original-destroyed"] {
        assert!(ledger.contains(action), "{action} is not in {ledger}");
    }
}

/// 代行: whoever stands in for an absent manager decides, and everybody sees
/// that they did.
#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_decides_on_a_file_and_it_shows() {
    let town = Town::start();
    let [clerk, deputy, chief] =
        ["nakamura.yui", "kobayashi.dai", "yamamoto.akira"].map(|login| town.client_of(login));
    let manager = town.client_of("mori.naoki");
    let person = |client: &Client| client.get("/api/v1/me").json["person"].clone();
    let csv = send(&clerk, "lgwan-internet", &[("名簿.csv", PEOPLE.as_bytes())]);
    let held = settled(&clerk, &csv[0]);
    let page = format!("/transfer/{}", id(&held));
    assert!(!deputy.get(&page).text.contains("決める前に"), "not yet");

    let now = base::Clock::now(&base::SystemClock::default());
    let ends = now.plus(Duration::from_secs(24 * 3_600)).to_string();
    let asked = json!({
        "kind": "deputy", "purpose": "出張のあいだの代行", "ends_at": ends,
        "scope": { "holder": person(&manager) }, "beneficiary": person(&deputy),
    });
    let permit = chief.post("/api/v1/permits", &asked).json;
    let version = json!({ "version": permit["version"] });
    let approved =
        town.client("ciso").post(&format!("/api/v1/permits/{}/approve", id(&permit)), &version);
    assert_eq!(approved.status, 200, "{approved:?}");

    assert!(deputy.get("/transfer/held").text.contains("名簿"));
    let first = format!("{page}/decide");
    let shown = deputy.get(&page).text;
    assert!(shown.contains("だれの代行として決めるか"), "{shown}");
    let field = |name: &str| town::client::hidden(&shown, name).unwrap();
    let (permit, version) = (field("permit"), field("version"));
    let yes = [("permit", permit.as_str()), ("version", &version), ("verdict", "yes")];
    let plain = deputy.form(&page, &first, &yes);
    assert_eq!(plain.status, 403, "not in their own right: {plain:?}");
    let holder = person(&manager);
    let mut in_stead = yes.to_vec();
    in_stead.push(("for", holder.as_str().unwrap()));
    assert_eq!(deputy.form(&page, &first, &in_stead).status, 303);
    assert_eq!(settled(&clerk, &held)["state"], "delivered");
    let ledger = town.client_of("yoshida.rei").get(&format!("/ledger?permit={permit}")).text;
    assert!(ledger.contains("小林 大") && ledger.contains("森 直樹"), "{ledger}");
}

/// What cannot be rebuilt is looked at by whoever decides, and approved; and
/// personal numbers leave by two people, of whom one is not both.
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_as_it_came_is_looked_at_and_one_person_is_not_two() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let manager = town.client_of("ito.sachiko");
    let receiver = town.client_of("sasaki.taro");
    let plan = [b"AC1027\0\0\0\0\0\x01".as_slice(), &[0x5a; 4_000]].concat();
    let held = settled(&clerk, &send(&clerk, "internet-lgwan", &[("配置図.dwg", &plan)])[0]);
    assert_eq!(held["decided"]["wants_look"], true, "{held}");
    let page = format!("/transfer/{}", id(&held));
    wait_for(|| manager.get(&page).text.contains("41 43 31 30 32 37"));
    if let Some(browser) = Browser::open().await {
        browser.carry_on(&town.demo.base_url, &manager).await;
        browser.go(&format!("{}{page}", town.demo.base_url)).await;
        browser.picture_whole("people-look").await;
        browser.close().await;
    }
    let fine = ["sender", "address", "subject", "wording", "content"].map(|name| (name, "fine"));
    let look = format!("{page}/look");
    for other in [&clerk, &receiver] {
        let refused = other.form(&page, &look, &fine);
        assert!((400..500).contains(&refused.status), "{refused:?}");
    }
    assert_eq!(manager.form(&page, &look, &fine[..4]).status, 422, "unanswered is no answer");
    assert_eq!(manager.form(&page, &look, &fine).status, 303);
    assert_eq!(settled(&clerk, &held)["state"], "held", "the approval is still to come");
    approve(&manager, &page);
    let delivered = settled(&clerk, &held);
    assert_eq!(
        (&delivered["state"], &delivered["decided"]["verdict"]),
        (&json!("delivered"), &json!("inspected"),)
    );

    let people = [("名簿.csv", PEOPLE.as_bytes())];
    let held = settled(&clerk, &send_as("3b", &clerk, "lgwan-internet", &people)[0]);
    assert_eq!(held["decided"]["wants_approvals"], 2, "{held}");
    let asked = clerk.get("/api/v1/permits?kind=transfer").json;
    let asked = asked["items"].as_array().unwrap().iter();
    let asked: Vec<&Value> =
        asked.filter(|permit| permit["scope"]["passage"] == held["id"]).collect();
    assert_eq!(asked.len(), 2);
    let statuses = asked.iter().map(|permit| {
        let version = json!({ "version": permit["version"] });
        manager.post(&format!("/api/v1/permits/{}/approve", id(permit)), &version).status
    });
    assert_eq!(statuses.collect::<Vec<_>>(), [200, 403]);
    assert_eq!(settled(&clerk, &held)["state"], "held");
    let shown = manager.get(&format!("/transfer/{}", id(&held))).text;
    assert!(shown.contains("もう一人、別の人の承認を待っています"), "{shown}");

    // Whoever refuses says why, and the sender reads it.
    let docm = example("住民票交付申請書.docm");
    let held = settled(&clerk, &send(&clerk, "internet-lgwan", &[("申請書.docm", &docm)])[0]);
    let page = format!("/transfer/{}", id(&held));
    let shown = manager.get(&page).text;
    let field = |name: &str| town::client::hidden(&shown, name).unwrap();
    let (permit, version) = (field("permit"), field("version"));
    let no = [
        ("permit", permit.as_str()),
        ("version", &version),
        ("verdict", "no"),
        ("note", "送り主に覚えがない"),
    ];
    assert_eq!(manager.form(&page, &format!("{page}/decide"), &no).status, 303);
    assert_eq!(settled(&clerk, &held)["state"], "refused");
    assert!(clerk.get(&page).text.contains("送り主に覚えがない"));
}

/// The default policy, with macros approved several at once.
fn allow_bulk(town: &Town) {
    let chief = town.client_of("yamamoto.akira");
    let shown = chief.get("/transfer/policy").text;
    let text = shown.split("<textarea").nth(1).and_then(|rest| rest.split_once('>'));
    let text = text.and_then(|(_, rest)| rest.split_once("</textarea>")).unwrap().0;
    let text = text.replace("&#34;", "\"").replace("&#62;", ">").replace("&quot;", "\"");
    let text = text.replace("&gt;", ">").trim_start().to_owned();
    let rule = "name = \"macros-need-approval\"";
    assert!(text.contains(rule), "{text}");
    let text = text.replace(rule, &format!("{rule}\nbulk = true"));
    let fields = [("policy", text.as_str()), ("do", "adopt")];
    let adopted = chief.form("/transfer/policy", "/transfer/policy", &fields);
    assert_eq!(adopted.status, 303, "{adopted:?}");
}

fn approve(manager: &Client, page: &str) {
    let shown = manager.get(page).text;
    let permit = town::client::hidden(&shown, "permit").unwrap();
    let version = town::client::hidden(&shown, "version").unwrap();
    let yes = [("permit", permit.as_str()), ("version", &version), ("verdict", "yes")];
    let done = manager.form(page, &format!("{page}/decide"), &yes);
    assert_eq!(done.status, 303, "{done:?}");
}

fn open_with_seven_zip(archive: &[u8], word: &str) {
    let there = ["7z", "7zz"].into_iter().find(|name| Command::new(name).output().is_ok());
    let Some(program) = there else {
        eprintln!("skipped: 7z is not installed (Debian: 7zip)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.zip");
    std::fs::write(&file, archive).unwrap();
    let opened = Command::new(program)
        .args(["x", "-y", "-so", &format!("-p{word}")])
        .arg(&file)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&opened.stdout).contains("山田太郎"), "{opened:?}");
}

fn town_with_clamd(place: &str) -> Town {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sekisho.toml");
    std::fs::write(&file, format!("[scanners]\nclamd = \"{place}\"\n")).unwrap();
    Town::start_with(&["--config", file.to_str().unwrap()])
}

/// The harmless file that scanners know (EICAR), in two parts, so that this
/// source is not one.
fn eicar() -> Vec<u8> {
    let parts = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"];
    parts.concat().into_bytes()
}

/// Answers as clamd does, and knows one file.
fn stand_in_clamd(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(scan(stream)));
        }
    });
}

fn scan(mut stream: TcpStream) -> std::io::Result<()> {
    let mut command = [0; 10];
    stream.read_exact(&mut command)?;
    let mut content = Vec::new();
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut piece = vec![0; u32::from_be_bytes(length) as usize];
        if piece.is_empty() {
            break;
        }
        stream.read_exact(&mut piece)?;
        content.extend(piece);
    }
    let is_known = contains(&content, &eicar());
    let said: &[u8] = if is_known { b"stream: Stand-In.Test FOUND\0" } else { b"stream: OK\0" };
    stream.write_all(said)
}

/// ClamAV's own daemon with one signature of ours.
struct RealClamd {
    socket: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl RealClamd {
    fn start() -> Option<Self> {
        let program = Path::new("/usr/sbin/clamd");
        if !program.exists() {
            eprintln!("skipped: no clamd (Debian: clamav-daemon)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let signature: String = eicar().iter().take(40).map(|byte| format!("{byte:02x}")).collect();
        std::fs::create_dir(place("database")).unwrap();
        std::fs::write(place("database/test.ndb"), format!("Sekisho.Test:0:*:{signature}\n"))
            .unwrap();
        let settings = format!(
            "Foreground yes\nLocalSocket {}\nDatabaseDirectory {}\nLogFile {}\n",
            place("clamd.sock"),
            place("database"),
            place("clamd.log")
        );
        std::fs::write(place("clamd.conf"), settings).unwrap();
        let child = Command::new(program)
            .arg(format!("--config-file={}", place("clamd.conf")))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clamd = Self { socket: place("clamd.sock"), child, _folder: folder };
        wait_for(|| std::os::unix::net::UnixStream::connect(&clamd.socket).is_ok());
        Some(clamd)
    }
}

impl Drop for RealClamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(EXAMPLES).join(name)).unwrap()
}

fn send(client: &Client, crossing: &str, files: &[(&str, &[u8])]) -> Vec<Value> {
    send_as("2", client, crossing, files)
}

fn send_as(class: &str, client: &Client, crossing: &str, files: &[(&str, &[u8])]) -> Vec<Value> {
    let fields = [
        ("crossing", crossing),
        ("to", "sasaki.taro"),
        ("class", class),
        ("purpose", "申請の受付"),
    ];
    let mut body = String::new().into_bytes();
    for (name, value) in fields {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(format!("{head}{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    let reply = client.send_typed("/api/v1/passages", "multipart/form-data; boundary=edge", &body);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json["items"].as_array().unwrap().clone()
}

/// The passage as soon as it is decided on.
fn settled(client: &Client, passage: &Value) -> Value {
    let path = format!("/api/v1/passages/{}", id(passage));
    wait_for(|| client.get(&path).json["state"] != "received");
    client.get(&path).json
}

fn wait_for(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing happens");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
