//! B10: 情報セキュリティ管理者の許可がなくても操作ができる (87 towns, all of B8 and B9). The
//! right to lift the lock is the administrator's, and nothing asks for a permit.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use findings::cast::{
    CHIEF, CISO, CLERK, HOUR, KINDS, MANAGER, PROGRAM_KINDS, SMALL_TOWN, deed, items, kind_names,
    text,
};
use findings::lock::{ADMINISTRATOR, CLERK as CLERK_USER};
use findings::{Cast, Folder};
use serde_json::{Value, json};
use town::{Reply, Town};

#[test]
fn on_a_plain_set_up_the_administrator_lifts_the_lock_with_no_permit() {
    let Some(folder) = Folder::closed(ADMINISTRATOR, CLERK_USER.0) else { return };
    let copy = "echo 名簿 > medium/meibo.csv";
    assert!(!folder.as_user(CLERK_USER, copy), "the lock works");
    assert!(!folder.as_user(CLERK_USER, "chmod g+w medium"), "and is not the clerk's to lift");
    // The application lies there; the manager has not looked at it.
    let application = "申請者: 阿部\n許可(課長): 未\n";
    std::fs::write(folder.medium().join("../shinsei.txt"), application).unwrap();

    assert!(folder.as_user(ADMINISTRATOR, "chmod g+w medium"), "nothing asks");
    assert!(folder.as_user(CLERK_USER, copy), "and data goes out");
}

/// Everything that the interface has on permits, from its own description. A
/// new endpoint, verb or kind fails here until somebody has looked at it.
#[test]
fn every_endpoint_and_command_that_touches_permits_is_known() {
    let town = Town::start();
    let cast = Cast::new(&town, &[CHIEF]);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed: Value =
        serde_json::from_str(&std::fs::read_to_string(committed).unwrap()).unwrap();
    let running = cast.of(CHIEF).get("/api/v1/openapi.json").json;
    assert_eq!(routes(&running), routes(&committed), "docs/openapi.json lags behind");

    let touching: Vec<String> =
        routes(&running).into_iter().filter(|route| route.contains("permit")).collect();
    let mut known: Vec<String> = DEEDS
        .iter()
        .map(|deed| format!("post /api/v1/permits/{{permit}}/{deed}"))
        .chain(KNOWN.iter().map(|route| (*route).to_owned()))
        .collect();
    known.sort();
    assert_eq!(touching, known);
    let kinds = items(&cast.of(CHIEF).get("/api/v1/permit-kinds"));
    let mut kinds: Vec<String> = kinds.iter().map(|kind| text(&kind["name"])).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, kind_names());
    for scope in ["ApplicationAsked", "Force", "Unlock"] {
        assert!(running["components"]["schemas"][scope].is_null(), "{scope}");
    }
    assert_eq!(commands(), COMMANDS, "a command that nobody has looked at");
}

/// A permit that a rule asks for is applied for by the program alone: nobody
/// writes one by hand and has it approved unseen.
#[test]
fn nobody_applies_for_what_only_a_rule_asks_for() {
    let town = Town::start();
    let cast = Cast::new(&town, &SMALL_TOWN);
    let now = base::Clock::now(&base::SystemClock::default());
    let scope = json!({
        "passage": "01JD2M4Y7S0000000000000000", "file": "名簿.csv", "sha256": "0".repeat(64),
        "crossing": "lgwan-internet", "turn": "1",
    });
    for kind in PROGRAM_KINDS {
        for login in SMALL_TOWN {
            for step in ["apply", "draft", "emergency"] {
                let asked = json!({
                    "kind": kind, "purpose": "監査の検証", "scope": scope, "step": step,
                    "ends_at": now.plus(HOUR).to_string(),
                });
                let reply = cast.of(login).post("/api/v1/permits", &asked);
                let is_refused = (400..500).contains(&reply.status) && reply.status != 429;
                assert!(is_refused, "{kind} {step} by {login}: {reply:?}");
            }
            let page = format!("/permits/new/{kind}");
            assert_ne!(cast.of(login).get(&page).status, 200, "{page}");
        }
    }
}

/// The deeds on a permit. None of them opens an ability but `approve` by the one
/// who may, and an emergency, which B11 looks at.
const DEEDS: [&str; 9] =
    ["apply", "withdraw", "approve", "refuse", "confirm", "end", "revoke", "close", "issue"];
/// Reading, applying, and writing a draft anew, which B8 looks at.
const KNOWN: [&str; 6] = [
    "get /api/v1/permit-kinds",
    "get /api/v1/permits",
    "get /api/v1/permits/{permit}",
    "get /api/v1/permits/{permit}/history",
    "post /api/v1/permits",
    "put /api/v1/permits/{permit}",
];
/// The program's commands: none names a permit, none grants anything in the
/// house. `zones apply` and `lab` work on the kernel as root does without us;
/// what they let through is what the proof of the kernel compares.
const COMMANDS: [&str; 16] = [
    "up", "outer", "demo", "disarm", "inspect", "mail", "pii", "send", "inbox", "zones", "lab",
    "records", "backup", "restore", "config", "doctor",
];

fn routes(description: &Value) -> BTreeSet<String> {
    let paths = description["paths"].as_object().unwrap();
    let verbs = |(path, verbs): (&String, &Value)| {
        let verbs = verbs.as_object().unwrap().keys();
        verbs.map(|verb| format!("{verb} {path}")).collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(verbs).collect()
}

fn commands() -> Vec<String> {
    let help = Command::new(town::program::binary()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let list = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let lines = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Every kind × every deed × everybody in three bodies: nobody but the one with
/// the duty brings a permit into force, and the administrators of systems and
/// people are among those who do not.
#[test]
fn nobody_but_the_approver_opens_anything() {
    let town = Town::start();
    let logins: Vec<&str> =
        town.demo.accounts.iter().map(|account| account.person.as_str()).collect();
    let cast = Cast::new(&town, &logins);
    let now = base::Clock::now(&base::SystemClock::default());
    // Two may let one person stand in for another.
    let may = |kind: &str, login: &str| match kind {
        "export" | "lost-factor" | "upload-link" => login == MANAGER,
        "api-token" => login == CHIEF,
        "exception" => login == CISO,
        "deputy" => login == CISO || login == CHIEF,
        other => panic!("{other}"),
    };
    let mut refused = 0;
    for kind in &KINDS {
        let applied = cast.apply(kind, now.plus(HOUR * 2));
        assert_eq!(applied.status, 201, "{applied:?}");
        let permit = applied.json;
        let body = json!({ "version": permit["version"], "note": "x", "report": "x" });
        let mut in_stead = body.clone();
        in_stead["for"] = cast.id(kind.approver).into();
        for (login, client) in cast.all() {
            let is_own = |name: &str| login == kind.applicant && name == "withdraw";
            let is_theirs =
                |name: &str| may(kind.name, login) && ["approve", "refuse"].contains(&name);
            let in_own_name = DEEDS.map(|name| (name, &body));
            let granting = ["approve", "confirm", "issue"].map(|name| (name, &in_stead));
            for (name, body) in in_own_name.into_iter().chain(granting) {
                if is_own(name) || is_theirs(name) {
                    continue;
                }
                let reply = client.post(&deed(&permit, name), body);
                let is_refused = (400..500).contains(&reply.status) && reply.status != 429;
                assert!(is_refused, "{} {name} by {login}: {reply:?}", kind.name);
                refused += 1;
            }
        }
        let seen = cast.look(kind.applicant, &permit);
        assert_eq!((&seen["state"], &seen["is_in_force"]), (&json!("applied"), &json!(false)));
        let approved = cast.approve(kind.approver, &permit);
        assert_eq!(approved.status, 200, "{}: {approved:?}", kind.name);
        assert_eq!(approved.json["is_in_force"], true, "and the right one opens it");
    }
    assert!(refused > 1_400, "{refused} tries");
}

/// Somebody who owns the database's file changes rows by hand. A permit without
/// a decision, or decided by its applicant, is refused below the program. One
/// with a manager's name written into it opens nothing either: the ledger, which
/// they cannot sign, does not grant it, and the proof of the ledger names it. So
/// it is with one that was granted and is stretched afterwards.
#[test]
fn a_row_written_by_hand_opens_nothing_and_is_named() {
    let town = Town::start();
    let (keeper, manager) = ("nakamura.yui", "mori.naoki");
    let cast = Cast::new(&town, &[keeper, manager]);
    let now = base::Clock::now(&base::SystemClock::default());
    let apply = |ends: base::Timestamp| {
        let asked = cast.application(&KINDS[0], ends.to_string().into());
        cast.of(keeper).post("/api/v1/permits", &asked).json
    };
    let permit = apply(now.plus(HOUR * 2));
    let id = text(&permit["id"]);
    let change = |what: &str| change_permit(&town, what, &id);
    for what in [
        "state = 'active', started_at = starts_at",
        "state = 'active', decided_by = applicant, decided_at = starts_at",
        "state = 'active', is_emergency = 1, started_at = starts_at",
        "ends_at = NULL",
        "ends_at = ends_at + 86400000 * 31",
    ] {
        let Some((is_done, said)) = change(what) else {
            eprintln!("skipped: no python3");
            return;
        };
        assert!(!is_done && said.contains("constraint failed"), "{what}: {said}");
    }
    let name = cast.id(manager);
    let forged = format!(
        "state = 'active', decided_by = '{name}', decided_at = starts_at, started_at = starts_at"
    );
    let (is_done, said) = change(&forged).unwrap();
    assert!(is_done, "{said}");
    let list = "/people?format=csv";
    assert_eq!(cast.of(keeper).get(list).status, 403, "a forged permit opens nothing");
    assert_eq!(unfounded(&town), [id.as_str()], "and the proof names it");

    let other = apply(now.plus(HOUR));
    assert_eq!(cast.approve(manager, &other).status, 200);
    let taken = cast.of(keeper).get(list);
    assert_eq!((taken.status, taken.is_file()), (200, true), "a granted one does");
    let id = text(&other["id"]);
    let (is_done, said) = change_permit(&town, "ends_at = ends_at + 3600000", &id).unwrap();
    assert!(is_done, "{said}");
    assert_eq!(
        cast.of(keeper).get(list).status,
        403,
        "stretched by hand, it is no longer that one"
    );
    assert!(unfounded(&town).contains(&id));
}

/// The permits that the program's own proof names as granted by nobody.
fn unfounded(town: &Town) -> Vec<String> {
    let mut command = Command::new(town::program::binary());
    let output = command.args(["records", "verify", "--json", "--data"]).arg(town.program.data());
    let output = output.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ledgers = said["ledgers"].as_array().unwrap();
    let named = ledgers.iter().flat_map(|ledger| ledger["unfounded_permits"].as_array().unwrap());
    let named: Vec<String> = named.map(text).collect();
    assert_eq!((said["ok"].as_bool(), output.status.success()), (Some(false), false), "{said}");
    named
}

/// Writes into a permit's row past the program; nothing where there is no
/// Python.
fn change_permit(town: &Town, what: &str, id: &str) -> Option<(bool, String)> {
    let file = town.program.data().join("sekisho.db");
    let script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=20)\n\
                  db.execute('UPDATE permits SET ' + sys.argv[2] + ' WHERE id = ?', [sys.argv[3]])\n\
                  db.commit()";
    let done = Command::new("python3").args(["-c", script]).arg(file).args([what, id]).output();
    done.ok()
        .map(|done| (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned()))
}

/// Everything that can be taken out as a file, found by looking: each page in
/// each form. Without an export permit only what is named here comes.
#[test]
fn no_list_leaves_without_a_permit() {
    let town = Town::start();
    let logins = [CLERK, CHIEF, CISO, MANAGER, "yamamoto.akira", "nakamura.yui", "yoshida.rei"];
    let cast = Cast::new(&town, &logins);
    let mut files = BTreeSet::new();
    let mut asked = BTreeMap::<&str, usize>::new();
    for (login, client) in cast.all() {
        for page in pages(&client.get("/")) {
            for format in ["csv", "xlsx", "json", "jsonl"] {
                let separator = if page.contains('?') { '&' } else { '?' };
                let reply = client.get(&format!("{page}{separator}format={format}"));
                *asked.entry(login).or_default() += 1;
                if reply.is_file() {
                    files.insert(page.split('?').next().unwrap().to_owned());
                }
            }
        }
    }
    assert!(asked.values().sum::<usize>() > 100, "{asked:?}");
    assert!(files.is_empty(), "taken out without a permit: {files:?}");
    // The auditor's duty lets them read the ledger; taking it out needs a permit.
    let day = base::Clock::now(&base::SystemClock::default()).jst();
    let day = day.strftime("%Y-%m-%d").to_string();
    let form = "/ledger/export";
    for login in [CHIEF, CISO, "yoshida.rei"] {
        let reply = cast.of(login).form(form, form, &[("since", &day), ("before", &day)]);
        assert_eq!((reply.status, reply.is_file()), (403, false), "{login}: {}", reply.text);
    }
}

/// The pages that a page's menu leads to.
fn pages(reply: &Reply) -> BTreeSet<String> {
    let links = reply.text.split("href=\"/").skip(1);
    let links = links.map(|rest| format!("/{}", rest.split('"').next().unwrap()));
    links.filter(|link| !link.starts_with("/assets")).collect()
}
