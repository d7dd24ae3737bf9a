//! B11: 許可を得る運用もしていない (29 towns). Whoever wants the data out also has the right
//! to lift the lock; no second person exists.

use std::time::Duration;

use findings::cast::{
    CHIEF, CISO, CLERK, HOUR, KINDS, Known, MANAGER, SMALL_TOWN, actions, deed, text,
};
use findings::lock::CLERK as CLERK_USER;
use findings::{Cast, Folder};
use serde_json::{Value, json};
use town::{Clock, Town};

#[test]
fn on_a_plain_set_up_one_person_asks_lifts_and_takes() {
    let Some(folder) = Folder::closed(CLERK_USER, CLERK_USER.0) else { return };
    let copy = "echo 名簿 > medium/meibo.csv";
    assert!(!folder.as_user(CLERK_USER, copy), "the lock works");
    assert!(folder.as_user(CLERK_USER, "chmod u+w medium"), "and is their own to lift");
    assert!(folder.as_user(CLERK_USER, copy));
    assert!(folder.as_user(CLERK_USER, "chmod u-w medium"), "and nobody sees that it was open");
}

/// Everybody of the town applies for every kind and tries to grant it to
/// themselves, by every deed, in their own name and in everybody else's.
#[test]
fn nobody_grants_their_own_whatever_they_are() {
    let town = Town::start();
    let cast = Cast::new(&town, &SMALL_TOWN);
    let now = base::Clock::now(&base::SystemClock::default());
    let ids = SMALL_TOWN.map(|login| cast.id(login));
    let mut refused = 0;
    for kind in &KINDS {
        for applicant in SMALL_TOWN {
            let mut asked = cast.application(kind, now.plus(HOUR * 2).to_string().into());
            if kind.name == "lost-factor" {
                // For themselves, as one would who prepares a way in.
                asked["beneficiary"] = cast.id(applicant).into();
            }
            if kind.name == "deputy" && applicant == CLERK {
                asked["scope"]["holder"] = cast.id(MANAGER).into();
            }
            let applied = cast.of(applicant).post("/api/v1/permits", &asked);
            assert_eq!(applied.status, 201, "{} {applicant}: {applied:?}", kind.name);
            let permit = applied.json;
            for name in ["approve", "confirm", "issue", "close", "end", "revoke", "refuse"] {
                let mut tried = vec![Value::Null];
                tried.extend(ids.iter().map(|id| json!(id)));
                for acting_for in tried {
                    let body = json!({
                        "version": permit["version"], "note": "x", "report": "x",
                        "for": acting_for,
                    });
                    let reply = cast.of(applicant).post(&deed(&permit, name), &body);
                    let is_refused = (400..500).contains(&reply.status) && reply.status != 429;
                    assert!(is_refused, "{} {name} {applicant}: {reply:?}", kind.name);
                    refused += 1;
                }
            }
            let page = format!("/permits/{}", text(&permit["id"]));
            let version = permit["version"].to_string();
            let fields = [("version", version.as_str()), ("verdict", "yes"), ("note", "x")];
            let reply = cast.of(applicant).form(&page, &format!("{page}/approve"), &fields);
            assert!((400..500).contains(&reply.status), "{page}: {}", reply.status);
            let seen = cast.look(applicant, &permit);
            assert_eq!((&seen["state"], &seen["decided_by"]), (&json!("applied"), &Value::Null));
        }
    }
    assert!(refused > 600, "{refused} tries");
}

/// Whoever gains does not decide; nor does whoever stands in for the applicant
/// or is stood in for; and nobody makes themselves an approver.
#[test]
fn neither_the_one_who_gains_nor_a_deputy_decides() {
    let town = Town::start();
    let cast = Cast::new(&town, &SMALL_TOWN);
    let now = base::Clock::now(&base::SystemClock::default());
    let (export, lost, deputy) = (&KINDS[0], &KINDS[1], &KINDS[4]);

    // Somebody else asks for the manager; the manager would decide.
    let mut asked = cast.application(lost, now.plus(HOUR).to_string().into());
    asked["beneficiary"] = cast.id(MANAGER).into();
    let permit = cast.of(CHIEF).post("/api/v1/permits", &asked).json;
    let reply = cast.approve(MANAGER, &permit);
    assert!(reply.status == 403 || reply.status == 409, "{reply:?}");

    // The clerk stands in for the manager, lawfully, and asks for an export.
    let stands = cast.apply(deputy, now.plus(HOUR * 24)).json;
    assert_eq!(cast.approve(CISO, &stands).status, 200);
    let own = cast.apply(export, now.plus(HOUR)).json;
    let body = json!({ "version": own["version"], "for": cast.id(MANAGER) });
    let reply = cast.of(CLERK).post(&deed(&own, "approve"), &body);
    assert!(reply.status == 403 || reply.status == 409, "{reply:?}");
    // What the manager asks for, their deputy does not grant either.
    let asked = cast.application(export, now.plus(HOUR).to_string().into());
    let theirs = cast.of(MANAGER).post("/api/v1/permits", &asked).json;
    let body = json!({ "version": theirs["version"], "for": cast.id(MANAGER) });
    let reply = cast.of(CLERK).post(&deed(&theirs, "approve"), &body);
    assert!((400..500).contains(&reply.status), "{reply:?}");

    for login in [CHIEF, CISO] {
        let me = cast.id(login);
        for role in ["section-manager", "ciso", "chief-officer"] {
            let path = format!("/api/v1/people/{me}/roles");
            let reply = cast.of(login).post(&path, &json!({ "role": role }));
            assert!((400..500).contains(&reply.status), "{login} {role}: {reply:?}");
        }
    }
}

/// An emergency is the one way to begin alone, for those with that duty: it is
/// seen at once, needs another person within a day, and is gone and red without.
#[test]
fn an_emergency_alone_is_seen_and_gone_in_a_day() {
    let Some(mut clock) = Clock::find() else { return };
    let town = Town::start_by(Some(&clock));
    let cast = Cast::new(&town, &SMALL_TOWN);
    for kind in &KINDS {
        let mut asked = cast.application(kind, clock.now().plus(HOUR * 2).to_string().into());
        asked["step"] = "emergency".into();
        for login in SMALL_TOWN {
            let may_be =
                ["export", "exception"].contains(&kind.name) && [CHIEF, CISO].contains(&login);
            if may_be {
                continue;
            }
            let reply = cast.of(login).post("/api/v1/permits", &asked);
            assert!((400..500).contains(&reply.status), "{} {login}: {reply:?}", kind.name);
        }
    }
    // The chief's section has no manager of its own: nobody could confirm the
    // export, but whoever oversees the register sees it. The exception is the
    // CISO's to confirm.
    let begun: Vec<Value> =
        [&KINDS[0], &KINDS[3]].into_iter().map(|kind| begin(&cast, kind, &clock)).collect();
    let register = cast.of(CISO).get("/permits").text;
    for permit in &begun {
        assert!(row_of(&register, permit).is_some(), "in the register of those who oversee");
        let done = actions(&cast.ledger_of(CISO, permit));
        assert!(done.iter().any(|one| one == "permit.emergency-started"), "{done:?}");
    }
    let home = cast.of(CISO).get("/").text;
    assert!(row_of(&home, &begun[1]).is_some(), "what waits for the CISO stands on the first page");
    drop(cast);

    clock.advance(HOUR * 24 + Duration::from_secs(60));
    let cast = Cast::at(&town, &[CISO], &clock);
    let (home, register) = (cast.of(CISO).get("/").text, cast.of(CISO).get("/permits").text);
    for permit in &begun {
        assert_eq!(cast.look(CISO, permit)["is_in_force"], json!(false));
        assert!(row_of(&register, permit).unwrap().contains("tag-wrong"), "red in the register");
    }
    assert!(row_of(&home, &begun[1]).unwrap().contains("tag-wrong"), "red on the first page");
}

fn begin(cast: &Cast<'_>, kind: &Known, clock: &Clock) -> Value {
    let mut asked = cast.application(kind, clock.now().plus(HOUR * 24).to_string().into());
    asked["step"] = "emergency".into();
    let begun = cast.of(CHIEF).post("/api/v1/permits", &asked);
    assert_eq!(begun.status, 201, "{begun:?}");
    let permit = begun.json;
    assert_eq!((&permit["is_emergency"], &permit["is_in_force"]), (&json!(true), &json!(true)));
    for name in ["confirm", "approve"] {
        let body = json!({ "version": permit["version"] });
        let reply = cast.of(CHIEF).post(&deed(&permit, name), &body);
        assert!((400..500).contains(&reply.status), "their own {name}: {reply:?}");
    }
    permit
}

/// The row of a table in a page that links to a permit.
fn row_of<'a>(page: &'a str, permit: &Value) -> Option<&'a str> {
    let link = format!("/permits/{}\"", text(&permit["id"]));
    page.split("<tr").find(|row| row.contains(&link))
}
