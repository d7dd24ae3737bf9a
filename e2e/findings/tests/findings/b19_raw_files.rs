//! B19: 無害化せずに添付ファイルを転送・収受 (49 towns). Files from the internet side reach
//! the LGWAN side as they came.

use findings::cast::{CHIEF, HOUR, KINDS, deed, items, text};
use findings::ways::{FORM, Gate, RECEIVER, SENDER, Way, fetch, form, holds};
use findings::{Cast, Hand, Share};
use serde_json::{Value, json};

/// Something that acts, and the bytes by which it is known again.
struct Harm {
    name: &'static str,
    bytes: Vec<u8>,
    sign: &'static [u8],
}

fn example(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");
    std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
}

fn harms() -> Vec<Harm> {
    let of = |name, bytes: &[u8], sign: &'static [u8]| Harm { name, bytes: bytes.to_vec(), sign };
    vec![
        of("申請書.docm", &example("住民票交付申請書.docm"), b"vbaProject"),
        of(
            "名簿.csv",
            "氏名,住所\r\n=HYPERLINK(\"http://evil.test\"),a\r\n".as_bytes(),
            b"\n=HYPERLINK",
        ),
        of("案内.html", b"<p>a</p><script>fetch('//evil.test')</script>", b"<script"),
        of(
            "図.svg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>evil()</script></svg>",
            b"<script",
        ),
        of("見積書.pdf", &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".repeat(64), b"MZ\x90\0\x03"),
        of("図面.bin", b"\x13\x37nobody knows what this is, EVIL-7", b"EVIL-7"),
        of(
            "便り.eml",
            b"From: a@evil.test\r\nTo: b@town.example\r\nSubject: a\r\nMIME-Version: 1.0\r\n\
              Content-Type: text/html\r\n\r\n<p>a</p><script>evil()</script>\r\n",
            b"<script",
        ),
    ]
}

#[test]
fn on_a_plain_set_up_a_share_between_two_networks_passes_everything_as_it_came() {
    let Some(mut share) = Share::prepare() else { return };
    share.set_password("relay", "relay");
    share.put_file("readme.txt", "");
    share.start("<Location />\nDav On\nRequire valid-user\n</Location>", None);
    let hand = Hand { password: Some(("relay", "relay")), ..Hand::default() };
    let sheet = "氏名,住所\r\n=HYPERLINK(\"http://evil.test\"),a\r\n";
    assert_eq!(share.put("/meibo.csv", sheet, hand), 201, "from the internet side");
    let (status, read) = share.get("/meibo.csv", hand);
    assert_eq!((status, read.as_str()), (200, sheet), "and at the LGWAN side, as it came");
    // Nobody decided, and the record knows a name of a file and no content.
    let last = share.log().pop().unwrap();
    assert!(last.ends_with("relay GET /meibo.csv 200"), "{last}");
}

/// Each harmful file by each way: what arrives, if anything does, is another
/// file, and nothing in it acts. Nothing is handed over that has no verdict.
#[test]
fn by_no_way_does_a_file_arrive_as_it_came() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[SENDER, RECEIVER]);
    let (sender, receiver) = (cast.of(SENDER), cast.of(RECEIVER));
    for way in Way::ALL {
        for harm in harms() {
            let passage = gate.bring(sender, way, harm.name, &harm.bytes);
            let (state, decided) = (text(&passage["state"]), &passage["decided"]);
            assert!(!decided.is_null() && decided["verdict"] != "", "{way:?} {passage}");
            match fetch(receiver, &passage) {
                Ok(bytes) => {
                    assert_eq!(state, "delivered", "{way:?} {}", harm.name);
                    assert_ne!(bytes, harm.bytes, "{way:?} {}: as it came", harm.name);
                    assert!(!holds(&bytes, harm.sign), "{way:?} {} acts", harm.name);
                }
                Err(status) => {
                    assert_ne!(state, "delivered", "{way:?} {}: {status}", harm.name);
                    assert!(["held", "refused"].contains(&state.as_str()), "{passage}");
                }
            }
        }
    }
    for harm in harms() {
        let answer = gate.icap(harm.name, &harm.bytes);
        assert!(!holds(&answer, harm.sign), "ICAP {}: it acts", harm.name);
        assert!(!holds(&answer, &harm.bytes), "ICAP {}: as it came", harm.name);
    }
}

/// What a proxy asks for by ICAP is a passage like any other: the same policy
/// decides, with its rules' names, and nothing waits for people behind its back.
#[test]
fn what_a_proxy_asks_for_is_decided_by_the_same_policy() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[CHIEF]);
    let sheet = "氏名,住所\r\n=HYPERLINK(\"http://evil.test\"),a\r\n";
    let answer = gate.icap("meibo.csv", sheet.as_bytes());
    assert!(answer.starts_with(b"ICAP/1.0 200"), "{}", String::from_utf8_lossy(&answer));
    let macros = gate.icap("a.docm", &harms().remove(0).bytes);
    let said = String::from_utf8_lossy(&macros).into_owned();
    assert!(said.contains("HTTP/1.1 403") && said.contains("needs-people"), "{said}");

    let entries = items(&cast.of(CHIEF).get("/api/v1/ledger"));
    let of = |action: &str| -> Vec<&Value> {
        entries.iter().filter(|entry| entry["action"] == action).collect()
    };
    assert_eq!(of("passage.received").len(), 2, "{entries:?}");
    for received in of("passage.received") {
        assert_eq!(received["details"]["way"], "icap", "{received}");
    }
    let (delivered, refused) = (of("passage.delivered"), of("passage.refused"));
    assert_eq!((delivered.len(), refused.len()), (1, 1), "{entries:?}");
    assert_eq!(delivered[0]["details"]["treat-rule"], "inward-is-rebuilt");
    assert_eq!(refused[0]["details"]["release-rule"], "macros-need-approval");
    assert_eq!((of("passage.fetched").len(), of("passage.ended").len()), (1, 1));
}

/// Every endpoint that names a passage or a file, asked by everybody while it
/// is held: none gives a byte of what came.
#[test]
fn no_endpoint_gives_out_what_is_held() {
    let gate = Gate::open();
    let logins: Vec<&str> =
        gate.town.demo.accounts.iter().map(|account| account.person.as_str()).collect();
    let cast = Cast::new(&gate.town, &logins);
    let sender = cast.of(SENDER);
    let harm = harms().remove(0);
    let held = gate.bring(sender, Way::Upload, harm.name, &harm.bytes);
    assert_eq!(held["state"], "held", "{held}");
    let id = text(&held["id"]);
    let description = sender.get("/api/v1/openapi.json").json;
    let mut asked = 0;
    for (path, verbs) in description["paths"].as_object().unwrap() {
        let is_ours = path.starts_with("/api/v1/passages") || path.starts_with("/api/v1/uploads");
        if !is_ours || !path.contains('{') {
            continue;
        }
        let (before, rest) = path.split_once('{').unwrap();
        let path = format!("{before}{id}{}", rest.split_once('}').unwrap().1);
        for verb in verbs.as_object().unwrap().keys().filter(|verb| *verb == "get") {
            for (login, client) in cast.all() {
                let reply = client.call(&verb.to_uppercase(), &path, None);
                assert!(!holds(reply.text.as_bytes(), harm.sign), "{login} {verb} {path}");
                asked += 1;
            }
        }
        for (login, client) in cast.all() {
            if path.ends_with("/content") {
                let got = fetch(client, &held);
                assert!(got.is_err(), "{login} gets it from {path}");
                asked += 1;
            }
        }
    }
    assert!(asked > 20, "only {asked} were asked");
    for (login, client) in cast.all() {
        let page = client.send_typed(
            &format!("/transfer/{id}/content"),
            "application/x-www-form-urlencoded",
            b"",
        );
        assert!(!holds(page.text.as_bytes(), harm.sign) && page.status != 200, "{login}");
    }
}

/// What somebody must approve first waits, whoever tries to hurry it.
#[test]
fn an_approval_is_not_skipped() {
    let gate = Gate::open();
    let manager = "shimizu.go";
    let cast = Cast::new(&gate.town, &[SENDER, RECEIVER, manager, CHIEF]);
    let (sender, receiver) = (cast.of(SENDER), cast.of(RECEIVER));
    let harm = harms().remove(0);
    for way in Way::ALL {
        let held = gate.bring(sender, way, harm.name, &harm.bytes);
        assert_eq!(held["state"], "held", "{way:?} {held}");
        let permit = permit_of(sender, &held);
        let version = json!({ "version": permit["version"] });
        for login in [SENDER, RECEIVER, CHIEF] {
            let tried = cast.of(login).post(&deed(&permit, "approve"), &version);
            assert!((400..500).contains(&tried.status), "{login} approves: {tried:?}");
        }
        assert!(fetch(receiver, &held).is_err(), "{way:?}");
        assert_eq!(cast.of(manager).post(&deed(&permit, "approve"), &version).status, 200);
        let bytes = fetch(receiver, &held).unwrap();
        assert!(bytes.starts_with(b"PK") && !holds(&bytes, harm.sign), "{way:?}");
    }
    // What was refused comes back by no second word.
    let held = gate.bring(sender, Way::Form, harm.name, &harm.bytes);
    let permit = permit_of(sender, &held);
    let no = json!({ "version": permit["version"], "note": "覚えがない" });
    assert_eq!(cast.of(manager).post(&deed(&permit, "refuse"), &no).status, 200);
    let yes = cast.of(manager).post(&deed(&permit, "approve"), &no);
    assert!((400..500).contains(&yes.status), "{yes:?}");
    assert!(fetch(receiver, &held).is_err());
}

/// What a row promises, the database itself holds: nobody makes a passage
/// delivered by writing one.
#[test]
fn a_row_written_by_hand_delivers_nothing() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[SENDER]);
    let harm = harms().remove(0);
    let held = gate.bring(cast.of(SENDER), Way::Form, harm.name, &harm.bytes);
    let id = text(&held["id"]);
    let database = gate.town.program.data().join("sekisho.db");
    for change in [
        "state = 'delivered'",
        "state = 'delivered', delivered_at = 1",
        "state = 'delivered', delivered_at = 1, decided_at = 1",
        "output = original, output_sha256 = sha256, verdict = 'unchanged'",
    ] {
        let sql =
            format!("PRAGMA busy_timeout = 5000; UPDATE passages SET {change} WHERE id = '{id}';");
        let Ok(done) = std::process::Command::new("sqlite3").arg(&database).arg(sql).output()
        else {
            eprintln!("skipped: sqlite3 is not installed (Debian: sqlite3)");
            return;
        };
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains("CHECK constraint"), "{change}: {said}");
    }
}

/// A script with a token is no way around: what it sends is treated the same,
/// and `sekisho inbox get` writes what was told, with its hash in the ledger.
#[test]
fn a_script_with_a_token_gets_the_same_and_no_more() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[SENDER, RECEIVER, CHIEF]);
    let sending = token(&cast, SENDER);
    for harm in harms() {
        std::fs::write(gate.place().join(harm.name), &harm.bytes).unwrap();
    }
    let words = ["send", "--to", RECEIVER, "--purpose", "監査の検証", "--wait", "--json"];
    let names: Vec<&str> = harms().iter().map(|harm| harm.name).collect();
    let sent = gate.command(&sending, &[&words[..], &names[..]].concat());
    let said = String::from_utf8_lossy(&sent.stdout).into_owned();
    let errors = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert_eq!(sent.status.code(), Some(1), "some are held or refused: {said}\n{errors}");
    let passages: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(passages.len(), names.len(), "{said}");

    let receiving = token(&cast, RECEIVER);
    std::fs::create_dir(gate.place().join("受信")).unwrap();
    for (passage, harm) in passages.iter().zip(harms()) {
        let id = text(&passage["id"]);
        let got = gate.command(&receiving, &["inbox", "get", "-o", "受信", &id]);
        let is_delivered = passage["state"] == "delivered";
        assert_eq!(got.status.code(), Some(i32::from(!is_delivered)), "{passage} {got:?}");
        if is_delivered {
            let file = String::from_utf8_lossy(&got.stdout).trim().to_owned();
            let bytes = std::fs::read(file).unwrap();
            assert!(!holds(&bytes, harm.sign) && bytes != harm.bytes, "{}", harm.name);
        }
    }
    let wrong = gate.command("sekisho.x.y", &["inbox", "list"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

/// A token by which a program sends and fetches in somebody's name.
fn token(cast: &Cast<'_>, login: &str) -> String {
    let kind = KINDS.iter().find(|kind| kind.name == "api-token").unwrap();
    let now = base::Clock::now(&base::SystemClock::default());
    let mut asked = cast.application(kind, now.plus(HOUR).to_string().into());
    asked["scope"]["scopes"] = json!(["apply"]);
    let permit = cast.of(login).post("/api/v1/permits", &asked);
    assert_eq!(permit.status, 201, "{permit:?}");
    let approved = cast.approve(CHIEF, &permit.json);
    assert_eq!(approved.status, 200, "{approved:?}");
    let issued = cast.of(login).post(&deed(&permit.json, "issue"), &json!({}));
    assert_eq!(issued.status, 200, "{issued:?}");
    text(&issued.json["secret"])
}

fn permit_of(client: &town::Client, passage: &Value) -> Value {
    let permits = client.get("/api/v1/permits?kind=transfer").json;
    let all = permits["items"].as_array().unwrap_or_else(|| panic!("{permits}"));
    let wanted = all.iter().find(|permit| permit["scope"]["passage"] == passage["id"]);
    wanted.unwrap_or_else(|| panic!("{permits}")).clone()
}

/// A form with the file beside fields that nobody asked for changes nothing.
#[test]
fn no_field_of_a_form_names_a_verdict() {
    let gate = Gate::open();
    let cast = Cast::new(&gate.town, &[SENDER, RECEIVER]);
    let harm = harms().remove(0);
    let mut body = Vec::new();
    for (name, value) in [
        ("state", "delivered"),
        ("verdict", "clean"),
        ("treatment", "unchanged"),
        ("wants_approvals", "0"),
        ("way", "icap"),
    ] {
        let field =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(field.bytes());
    }
    body.extend(form(RECEIVER, "internet-lgwan", &[(harm.name, &harm.bytes)], &[]));
    let sent = cast.of(SENDER).send_typed("/api/v1/passages", FORM, &body);
    if sent.status == 201 {
        let passage = gate.bring(cast.of(SENDER), Way::Form, harm.name, &harm.bytes);
        assert_eq!(passage["state"], "held", "{passage}");
        let first = &sent.json["items"][0];
        assert!(fetch(cast.of(RECEIVER), first).is_err(), "{first}");
    } else {
        assert!((400..500).contains(&sent.status), "{sent:?}");
    }
}
