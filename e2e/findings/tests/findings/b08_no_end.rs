//! B8: 期限を設けることなく解除 (62 towns). The lock on taking data out is lifted by
//! hand, and nothing closes it again.

use std::collections::BTreeSet;
use std::time::Duration;

use findings::cast::{
    CHIEF, CLERK, HOUR, KINDS, MANAGER, SMALL_TOWN, actions, items, kind_names, text,
};
use findings::{Cast, Share};
use serde_json::{Value, json};
use town::{Clock, Town};

const LOCKED: &str = "<Location />
Dav On
<LimitExcept GET OPTIONS PROPFIND>
Require all denied
</LimitExcept>
</Location>";
/// As the administrator leaves it after a request on paper.
const LIFTED: &str = "<Location />
Dav On
Require all granted
</Location>";

#[test]
fn on_a_plain_set_up_a_lock_lifted_by_hand_stays_lifted() {
    let Some(mut share) = Share::prepare() else { return };
    share.put_file("readme.txt", "持出し用\n");
    let mut clock = Clock::find();
    let put =
        |share: &Share, name: &str| share.put(&format!("/{name}.csv"), "名簿", Default::default());
    share.start(LOCKED, clock.as_ref());
    assert_eq!(put(&share, "before"), 403, "the lock works");

    share.start(LIFTED, clock.as_ref());
    assert_eq!(put(&share, "day"), 201);
    for days in [1, 30, 400] {
        if let Some(clock) = clock.as_mut() {
            clock.advance(Duration::from_secs(days * 86_400));
        }
        // Restarted too: it is the configuration itself that has no end.
        share.start(LIFTED, clock.as_ref());
        assert_eq!(put(&share, &format!("after-{days}")), 201, "{days} days later");
    }
}

/// Every way to write an end that is none, for every kind, by each of the three
/// steps that an application may take.
#[test]
fn no_application_is_taken_without_an_end() {
    let town = Town::start();
    let cast = Cast::new(&town, &SMALL_TOWN);
    let now = base::Clock::now(&base::SystemClock::default());
    let kinds = items(&cast.of(CLERK).get("/api/v1/permit-kinds"));
    let mut names: Vec<String> = kinds.iter().map(|kind| text(&kind["name"])).collect();
    names.sort_unstable();
    assert_eq!(names, kind_names(), "a kind that nobody has looked at");

    let count = |login: &str| items(&cast.of(login).get("/api/v1/permits")).len();
    let before = SMALL_TOWN.map(count);
    let none = [
        Value::Null,
        json!(""),
        json!("never"),
        json!("none"),
        json!("0000-00-00T00:00:00Z"),
        json!("+275760-09-13T00:00:00Z"),
        json!("9999-12-31T23:59:59Z"),
        json!("infinity"),
        json!(0),
        json!(true),
        json!([]),
        json!(now.to_string()),
        json!(now.minus(HOUR).to_string()),
    ];
    for kind in &KINDS {
        for step in [None, Some("apply"), Some("draft"), Some("emergency")] {
            let mut tried: Vec<Value> =
                none.iter().map(|ends| cast.application(kind, ends.clone())).collect();
            let mut without = cast.application(kind, Value::Null);
            without.as_object_mut().unwrap().remove("ends_at");
            tried.push(without);
            for mut asked in tried {
                if let Some(step) = step {
                    asked["step"] = step.into();
                }
                let reply = cast.of(kind.applicant).post("/api/v1/permits", &asked);
                assert!((400..=422).contains(&reply.status), "{asked}: {reply:?}");
            }
        }
        for step in ["apply", "draft", "emergency"] {
            let page = format!("/permits/new/{}", kind.name);
            for ends in ["", "never", "9999-12-31T23:59", "2026-13-01T00:00"] {
                let fields = [("purpose", "監査の検証"), ("ends", ends), ("step", step)];
                let reply = cast.of(kind.applicant).form(&page, &page, &fields);
                assert!((400..=422).contains(&reply.status), "{page} {ends}: {}", reply.status);
            }
        }
    }
    assert_eq!(SMALL_TOWN.map(count), before, "nothing was kept of what was refused");
}

/// No endpoint moves an end, and no permit in the register is without one.
#[test]
fn no_end_is_moved_and_every_permit_has_one() {
    let town = Town::start();
    let cast = Cast::new(&town, &[CHIEF, "tanaka.hiroshi", "kuroda.makoto"]);
    let description = cast.of(CHIEF).get("/api/v1/openapi.json").json;
    let schemas = &description["components"]["schemas"];
    let required = schemas["PermitAsked"]["required"].as_array().unwrap();
    assert!(required.contains(&json!("ends_at")), "{required:?}");
    assert_eq!(schemas["PermitAsked"]["properties"]["ends_at"]["type"], "string");

    let mut takers = BTreeSet::new();
    for (name, schema) in schemas.as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flatten();
        let names = fields.map(|(field, _)| field.as_str());
        let times = ["end", "until", "expire", "span", "duration", "hours", "days"];
        let has_time = |field: &str| times.iter().any(|word| field.contains(word));
        if name.ends_with("Asked") && names.into_iter().any(has_time) {
            takers.insert(name.as_str());
        }
    }
    let required = schemas["FlowAsked"]["required"].as_array().unwrap();
    assert!(required.contains(&json!("ends_at")), "{required:?}");
    // Beside applications, also those of flows: a role and a concurrent post for
    // a time, and which entries of the ledger are meant.
    let known = ["FlowAsked", "PermitAsked", "PostAsked", "RoleAsked", "TableAsked"];
    let unknown: Vec<&&str> = takers.iter().filter(|name| !known.contains(name)).collect();
    assert!(unknown.is_empty(), "bodies with a time that nobody has looked at: {unknown:?}");

    let mut count = 0;
    for (login, client) in cast.all() {
        for permit in items(&client.get("/api/v1/permits")) {
            let (starts, ends) = (text(&permit["starts_at"]), text(&permit["ends_at"]));
            assert!(starts < ends && ends.len() > 19, "{login}: {permit}");
            count += 1;
        }
    }
    assert!(count > 10, "{count} permits");
}

/// A draft may be written anew, with an end that fits; nothing that was handed
/// in moves any more.
#[test]
fn only_a_draft_is_rewritten() {
    let town = Town::start();
    let cast = Cast::new(&town, &[CLERK, MANAGER]);
    let now = base::Clock::now(&base::SystemClock::default());
    let export = &KINDS[0];
    let mut asked = cast.application(export, now.plus(HOUR * 2).to_string().into());
    asked["step"] = "draft".into();
    let draft = cast.of(CLERK).post("/api/v1/permits", &asked).json;
    let path = format!("/api/v1/permits/{}", text(&draft["id"]));
    let put = |login: &str, ends: Value| {
        let mut asked = cast.application(export, ends);
        asked["version"] = cast.look(CLERK, &draft)["version"].clone();
        cast.of(login).call("PUT", &path, Some(&asked)).status
    };
    let later = json!(now.plus(HOUR * 3).to_string());
    for ends in [Value::Null, json!(""), json!("never"), json!(now.plus(HOUR * 25).to_string())] {
        assert!((400..=422).contains(&put(CLERK, ends.clone())), "{ends}");
    }
    assert!((400..500).contains(&put(MANAGER, later.clone())), "another's draft");
    let version = json!({ "version": draft["version"] });
    let applied = cast.of(CLERK).post(&format!("{path}/apply"), &version);
    assert_eq!(applied.status, 200, "{applied:?}");
    for login in [CLERK, MANAGER] {
        assert!((400..500).contains(&put(login, later.clone())), "{login}, handed in");
    }
    assert_eq!(cast.approve(MANAGER, &applied.json).status, 200);
    for login in [CLERK, MANAGER] {
        assert!((400..500).contains(&put(login, later.clone())), "{login}, in force");
    }
    assert_eq!(cast.look(CLERK, &draft)["ends_at"], draft["ends_at"]);
}

/// The ability is gone when its end comes, also across a power cut, and its end
/// stands in the ledger. A clock set back gives nothing back.
#[test]
fn the_clock_ends_what_was_opened() {
    let Some(mut clock) = Clock::find() else { return };
    // Certificates that are made after the restart are valid for the test, too,
    // whose own clock does not jump.
    clock.set_back(HOUR * 22);
    let mut town = Town::start_by(Some(&clock));
    let list = "/people?format=csv";
    let clerk = "nakamura.yui";
    let cast = Cast::at(&town, &[clerk, "mori.naoki"], &clock);
    assert_eq!(cast.of(clerk).get(list).status, 403, "locked before");
    let export = &KINDS[0];
    let ends = clock.now().plus(HOUR * 20);
    let asked = cast.application(export, ends.to_string().into());
    let permit = cast.of(clerk).post("/api/v1/permits", &asked).json;
    assert_eq!(cast.of(clerk).get(list).status, 403, "locked while it waits");
    assert_eq!(cast.approve("mori.naoki", &permit).status, 200);
    assert_eq!(cast.of(clerk).get(list).status, 200, "open on the permit");
    drop(cast);

    clock.advance(HOUR * 20 - Duration::from_secs(120));
    let cast = Cast::at(&town, &[clerk], &clock);
    assert_eq!(cast.of(clerk).get(list).status, 200, "open to its end");
    drop(cast);
    // The end comes while the machine is without power.
    let folder = town.program.folder().unwrap();
    town.program.kill();
    clock.advance(Duration::from_secs(180));
    town.program = town::Program::up_by(Some(&clock), folder, &["--demo"]);
    town.demo = town::Demo::read(&town.program.data().join("demo.json"));
    let cast = Cast::at(&town, &[clerk, "yoshida.rei"], &clock);
    assert_eq!(cast.of(clerk).get(list).status, 403, "closed by itself");
    // The ability is gone with the moment; the job that says so comes after.
    let start = std::time::Instant::now();
    let seen = loop {
        let seen = cast.look(clerk, &permit);
        assert_eq!(seen["is_in_force"], json!(false));
        if !seen["outcome"].is_null() || start.elapsed() > Duration::from_secs(20) {
            break seen;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(seen["outcome"], json!("expired"));
    let done = actions(&cast.ledger_of("yoshida.rei", &permit));
    for action in ["people.taken-out", "permit.ended"] {
        assert!(done.iter().any(|one| one == action), "{action} in {done:?}");
    }

    clock.set_back(HOUR * 10);
    assert_ne!(cast.of(clerk).get(list).status, 200, "a clock set back opens nothing");
}
