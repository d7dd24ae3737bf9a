//! B13: 持ち出したものの記録なし (77 towns). Data leaves, and afterwards nothing says what it
//! was.

use std::collections::BTreeSet;

use findings::cast::{CHIEF, CLERK, MANAGER, deed, items, text};
use findings::ways::{FORM, Gate, RECEIVER, fetch, form};
use findings::{Cast, Hand, Share};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const FIRST: &str = "氏名,住所\r\n統計,1\r\n";
const REGISTER: &str = "氏名,住所,生年月日,個人番号\r\n\
    山田太郎,東京都千代田区霞が関2-1-2,昭和60年4月1日,123456789018\r\n";

#[test]
fn on_a_plain_set_up_nothing_says_what_left() {
    let Some(mut share) = Share::prepare() else { return };
    share.set_password("abe", "abe");
    share.put_file("readme.txt", "");
    share.start("<Location />\nDav On\nRequire valid-user\n</Location>", None);
    let hand = Hand { password: Some(("abe", "abe")), ..Hand::default() };
    // What was allowed to go, and what went under its name.
    assert_eq!(share.put("/mochidashi.csv", FIRST, hand), 201);
    assert_eq!(share.put("/mochidashi.csv", REGISTER, hand), 204, "changed after it was seen");
    assert_eq!(share.get("/mochidashi.csv", hand).1, REGISTER, "and carried out");
    assert_eq!(share.put("/mochidashi.csv", FIRST, hand), 204, "and changed back");
    let log = share.log();
    let left: Vec<&String> = log.iter().filter(|line| line.contains("GET")).collect();
    assert_eq!(left.len(), 1);
    assert!(left[0].ends_with("abe GET /mochidashi.csv 200"), "a name, no content: {}", left[0]);
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The permit names the file by its hash, the approver sees how many people it
/// tells of, and whoever gets it gets what stands in the ledger.
#[test]
fn what_leaves_is_written_down_before_it_can_leave() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[CLERK, MANAGER, CHIEF, RECEIVER]);
    let form = form(RECEIVER, "lgwan-internet", &[("名簿.csv", REGISTER.as_bytes())], &[]);
    let sent = cast.of(CLERK).send_typed("/api/v1/passages", FORM, &form);
    assert_eq!(sent.status, 201, "{sent:?}");
    let passage = settled(&cast, &sent.json["items"][0]);
    assert_eq!(passage["state"], "held", "{passage}");
    assert_eq!(passage["decided"]["persons"], 1, "{passage}");
    let permits = items(&cast.of(CLERK).get("/api/v1/permits?kind=transfer"));
    let permit = permits.iter().find(|permit| permit["scope"]["passage"] == passage["id"]).unwrap();
    assert_eq!(permit["scope"]["sha256"], hex(REGISTER.as_bytes()).as_str());
    assert_eq!(permit["scope"]["file"], "名簿.csv");

    assert!(fetch(cast.of(RECEIVER), &passage).is_err(), "not before it is approved");
    let version = json!({ "version": permit["version"] });
    let approved = cast.of(MANAGER).post(&deed(permit, "approve"), &version);
    assert_eq!(approved.status, 200, "{approved:?}");
    let bytes = fetch(cast.of(RECEIVER), &passage).unwrap();

    let id = text(&passage["id"]);
    let entries = items(&cast.of(CHIEF).get(&format!("/api/v1/ledger?subject={id}")));
    let find = |action: &str| {
        let found = entries.iter().find(|entry| entry["action"] == action);
        found.unwrap_or_else(|| panic!("{action} is not in {entries:?}"))
    };
    let received = find("passage.received");
    assert_eq!(received["details"]["sha256"], hex(REGISTER.as_bytes()).as_str());
    assert_eq!(received["actor"], cast.id(CLERK).as_str());
    let fetched = find("passage.fetched");
    assert_eq!(fetched["details"]["sha256"], hex(&bytes).as_str(), "what left is known");
    assert_eq!(fetched["actor"], cast.id(RECEIVER).as_str(), "and who took it");
    assert_eq!(find("passage.delivered")["details"]["persons"], 1);
}

/// Every endpoint that gives out files is looked at: each writes down what it
/// gave. A new one fails here until somebody has.
#[test]
fn every_endpoint_that_gives_out_a_file_is_known() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[CLERK]);
    let description = cast.of(CLERK).get("/api/v1/openapi.json").json;
    let mut giving = BTreeSet::new();
    for (path, verbs) in description["paths"].as_object().unwrap() {
        for (verb, call) in verbs.as_object().unwrap() {
            let content = &call["responses"]["200"]["content"];
            if !content["application/octet-stream"].is_null() {
                giving.insert(format!("{verb} {path}"));
            }
        }
    }
    let known: BTreeSet<String> = KNOWN.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(giving, known, "an endpoint that nobody has looked at");
}

/// All are changes of their own, recorded in the work that gives the bytes:
/// `passage.fetched`, for each file of `all`, and `file.fetched`.
const KNOWN: [&str; 3] = [
    "post /api/v1/files/{id}/content",
    "post /api/v1/passages/{id}/all",
    "post /api/v1/passages/{id}/content",
];

fn settled(cast: &Cast<'_>, passage: &Value) -> Value {
    let start = std::time::Instant::now();
    loop {
        let path = format!("/api/v1/passages/{}", text(&passage["id"]));
        let now = cast.of(CLERK).get(&path).json;
        if now["state"] != "received" {
            return now;
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(60), "nothing happens: {now}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
