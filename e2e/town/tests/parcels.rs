//! What is sent together stays together: folders keep their shape on the way
//! and in the archive; a large file leaves in a container that its receiver
//! opens; the page with its passphrase says what somebody needs who tells it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::Value;
use town::{Browser, Client, Town};

const UPLOADS: &str = "/api/v1/uploads";
const SENDER: &str = "yamada.hanako";
const RECEIVER: &str = "sasaki.taro";
const MIB: usize = 1 << 20;

/// Large files go as they came once somebody has looked, in a container.
const SHUT: &str = r#"
[[treat]]
name = "large-is-looked-at"
crossings = ["internet > lgwan"]
types = ["unknown"]
do = "inspect"

[[release]]
name = "large-in-a-container"
crossings = ["internet > lgwan"]
types = ["unknown"]
visual-check = true
container = "KIND"
do = "deliver"

"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_its_shape_and_comes_in_one_archive() {
    let town = Town::start();
    let clerk = town.client_of(SENDER);
    let names = ["図面/一階/平面図.txt", "図面/二階/平面図.txt", "../../鍵.txt"];
    let ids: Vec<String> = names.iter().map(|name| upload(&clerk, name, name.as_bytes())).collect();
    let sent = send_on(&clerk, "internet-lgwan", &ids);
    let all: Vec<Value> = sent.iter().map(|one| settled(&clerk, one)).collect();
    let mut shown: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["図面/一階/平面図.txt", "図面/二階/平面図.txt", "鍵.txt"]);

    let receiver = town.client_of(RECEIVER);
    let page = format!("/transfer/{}", all[0]["id"].as_str().unwrap());
    let text = receiver.get(&page).text;
    assert!(text.contains("3 件をまとめて受け取る") && text.contains("図面/"), "{text}");
    let path = |end: &str| format!("/api/v1/passages/{}/{end}", all[0]["id"].as_str().unwrap());
    assert_ne!(clerk.post(&path("all"), &Value::Null).status, 200, "it is not the sender's");
    let archive = receiver.post_for_bytes(&path("all"));
    assert_eq!(listed(&archive), "図面/一階/平面図.txt\n図面/二階/平面図.txt\n鍵.txt\n");
    let ledger = town.client_of("yoshida.rei").get("/ledger?area=passage.").text;
    assert!(ledger.matches("passage.fetched").count() >= 3, "each is recorded: {ledger}");
    browse(&town, &clerk, &receiver, &page).await;
}

/// A folder chosen in a browser, and the receiver's page.
async fn browse(town: &Town, clerk: &Client, receiver: &Client, page: &str) {
    let Some(browser) = Browser::open().await else { return };
    let base = &town.demo.base_url;
    browser.carry_on(base, clerk).await;
    browser.go(&format!("{base}/transfer/send")).await;
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("道路/南");
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::write(inside.join("一覧.csv"), "番号\r\n1\r\n").unwrap();
    browser.find("[data-part=more]:not([hidden])").await;
    let choose =
        "document.querySelector('form[data-island=send]').elements.files.webkitdirectory = true";
    browser.page.execute(choose, vec![]).await.unwrap();
    browser.fill("files", &folder.path().join("道路").display().to_string()).await;
    browser.find(".queue-row[data-upload]").await;
    browser.picture("parcels-folder").await;
    assert!(browser.text().await.contains("道路/南/一覧.csv"));
    let open = clerk.get(UPLOADS).json;
    assert_eq!(open["items"][0]["name"], "道路/南/一覧.csv", "{open}");
    browser.carry_on(base, receiver).await;
    for language in ["ja", "en"] {
        browser.go(&format!("{base}/language/{language}?to={page}")).await;
        browser.picture_whole(&format!("parcels-all-{language}")).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_leaves_in_a_container_or_says_why_it_does_not() {
    let town = Town::start();
    let clerk = town.client_of(SENDER);
    let large: Vec<u8> =
        (0..101 * MIB).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8).collect();

    let manager = town.client_of("yamamoto.akira");
    adopt(&manager, "aes-zip");
    let id = upload(&clerk, "測量/一.bin", &large);
    let refused = settled(&clerk, &send_on(&clerk, "internet-lgwan", &[id])[0]);
    assert_eq!(refused["state"], "refused", "{refused}");
    let page = format!("/transfer/{}", refused["id"].as_str().unwrap());
    assert!(clerk.get(&page).text.contains("方針の容器を age に変える"));

    adopt(&manager, "age");
    let id = upload(&clerk, "測量/一.bin", &large);
    let held = settled(&clerk, &send_on(&clerk, "internet-lgwan", &[id])[0]);
    assert_eq!(held["state"], "held", "{held}");
    let page = format!("/transfer/{}", held["id"].as_str().unwrap());
    let answers = ["sender", "address", "subject", "wording", "content"].map(|all| (all, "fine"));
    let looked = town.client_of("ito.sachiko").form(&page, &format!("{page}/look"), &answers);
    assert_eq!(looked.status, 303, "{}", looked.text);
    let delivered = settled(&clerk, &held);
    assert_eq!(delivered["decided"]["name"], "測量/一.bin.age", "{delivered}");
    let receiver = town.client_of(RECEIVER);
    let told = receiver.get(&page).text;
    assert!(told.contains("送った人から電話などで") && told.contains("age -d"), "{told}");
    let content = format!("/api/v1/passages/{}/content", held["id"].as_str().unwrap());
    let mut shut = Vec::new();
    receiver.post_for_stream(&content, |piece| shut.extend_from_slice(piece));
    assert!(shut.starts_with(b"age-encryption.org/v1\n") && shut.len() > large.len());

    let word = shown_once(&town, &clerk, &page).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.age"), &shut).unwrap();
    if let Some(opened) = opened_by_age(folder.path(), &word) {
        assert!(opened == large, "age opens what was shut");
    }
}

/// Looks at the page with the passphrase as its sender does, in both languages;
/// gives the passphrase.
async fn shown_once(town: &Town, clerk: &Client, page: &str) -> String {
    let path = format!("/api/v1/passages/{}/passphrase", page.trim_start_matches("/transfer/"));
    let Some(browser) = Browser::open().await else {
        return clerk.post(&path, &Value::Null).json["passphrase"].as_str().unwrap().to_owned();
    };
    let base = &town.demo.base_url;
    browser.carry_on(base, clerk).await;
    browser.go(&format!("{base}/language/en?to={page}")).await;
    browser.picture_whole("parcels-before-en").await;
    browser.go(&format!("{base}/language/ja?to={page}")).await;
    browser.picture_whole("parcels-before-ja").await;
    browser.click("form[action$='/passphrase'] button").await;
    browser.find(".secret-value").await;
    browser.picture_whole("parcels-passphrase").await;
    browser.page.set_window_size(390, 900).await.unwrap();
    browser.picture_whole("parcels-passphrase-narrow").await;
    let text = browser.text().await;
    for wanted in ["測量/一.bin.age", "佐々木", "age -d"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let word = "return document.querySelector('.secret-value').textContent";
    let word = browser.page.execute(word, vec![]).await.unwrap();
    browser.close().await;
    word.as_str().unwrap().trim().to_owned()
}

/// What age itself makes of it; it asks for the passphrase on a terminal.
fn opened_by_age(folder: &Path, word: &str) -> Option<Vec<u8>> {
    let script = "import os, pty, sys\n\
        word = sys.argv[1].encode() + b'\\n'\n\
        def read(fd):\n    \
            data = os.read(fd, 1024)\n    \
            if b':' in data: os.write(fd, word)\n    \
            return data\n\
        sys.exit(os.waitstatus_to_exitcode(pty.spawn(['age', '-d', '-o', 'a', 'a.age'], read)))";
    if Command::new("age").arg("--version").output().is_err() {
        eprintln!("skipped: no age (Debian: age)");
        return None;
    }
    let said =
        Command::new("python3").args(["-c", script, word]).current_dir(folder).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    Some(std::fs::read(folder.join("a")).unwrap())
}

fn adopt(manager: &Client, container: &str) {
    let policy = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../rooms/transfer/engine/src/default.toml"
    ));
    let policy = SHUT.replace("KIND", container) + &policy.unwrap();
    let fields = [("policy", policy.as_str()), ("do", "adopt")];
    let adopted = manager.form("/transfer/policy", "/transfer/policy", &fields);
    assert_eq!(adopted.status, 303, "{}", adopted.text);
}

/// The names in an archive, as Python reads them, in their order.
fn listed(archive: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), archive).unwrap();
    let script = "import zipfile\nz = zipfile.ZipFile('a.zip')\nassert z.testzip() is None\n\
        print('\\n'.join(sorted(z.namelist())))\n\
        assert z.read('図面/一階/平面図.txt').decode() == '図面/一階/平面図.txt'";
    let said = Command::new("python3").args(["-c", script]).current_dir(folder.path()).output();
    let said = said.unwrap();
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap()
}

fn upload(client: &Client, name: &str, bytes: &[u8]) -> String {
    let name = base64::engine::general_purpose::STANDARD.encode(name);
    let version = ("Tus-Resumable", "1.0.0".to_owned());
    let headers = [
        version.clone(),
        ("Upload-Length", bytes.len().to_string()),
        ("Upload-Metadata", format!("filename {name}")),
        ("Content-Length", "0".to_owned()),
    ];
    let made = client.speak(("POST", UPLOADS), &headers, None).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json["id"].as_str().unwrap().to_owned();
    let headers = [
        version,
        ("Content-Type", "application/offset+octet-stream".to_owned()),
        ("Upload-Offset", "0".to_owned()),
        ("Content-Length", bytes.len().to_string()),
    ];
    let mut all = Cursor::new(bytes.to_vec());
    let sent = client.speak(("PATCH", &format!("{UPLOADS}/{id}")), &headers, Some(&mut all));
    assert_eq!(sent.unwrap().status, 204);
    id
}

fn send_on(client: &Client, crossing: &str, uploads: &[String]) -> Vec<Value> {
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
    let kind = "multipart/form-data; boundary=edge";
    let reply = client.send_typed("/api/v1/passages", kind, body.as_bytes());
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json["items"].as_array().unwrap().clone()
}

fn settled(client: &Client, passage: &Value) -> Value {
    let path = format!("/api/v1/passages/{}", passage["id"].as_str().unwrap());
    let start = Instant::now();
    loop {
        let now = client.get(&path).json;
        if now["state"] != "received" {
            return now;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{now}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
