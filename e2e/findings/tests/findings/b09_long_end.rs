//! B9: 解除期間を1か月以上 (27 towns). The lock is lifted to a day that somebody chose,
//! such as the end of the fiscal year.

use std::time::Duration;

use findings::cast::{
    CHIEF, CISO, CLERK, HOUR, KINDS, MANAGER, SMALL_TOWN, deed, items, kind_names, text,
};
use findings::{Cast, Share};
use serde_json::json;
use town::{Clock, Town};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn on_a_plain_set_up_an_end_may_be_any_day() {
    let Some(mut share) = Share::prepare() else { return };
    let Some(mut clock) = Clock::find() else { return };
    share.put_file("readme.txt", "持出し用\n");
    let last = clock.now().plus(Duration::from_secs(365 * 86_400)).jst();
    let until = format!(
        "<Location />\nDav On\n<LimitExcept GET OPTIONS PROPFIND>\n\
         Require expr \"%{{TIME}} < '{}'\"\n</LimitExcept>\n</Location>",
        last.strftime("%Y%m%d235959")
    );
    share.start(&until, Some(&clock));
    for days in [0, 31, 300] {
        clock.advance(Duration::from_secs(days * 86_400));
        let name = format!("/after-{days}.csv");
        assert_eq!(share.put(&name, "名簿", Default::default()), 201, "{days} days on");
    }
    clock.advance(Duration::from_secs(40 * 86_400));
    assert_eq!(share.put("/late.csv", "名簿", Default::default()), 403, "the end itself works");
}

/// One minute more than a kind allows is refused, by each step of the interface
/// and by the page; just as long as it allows is taken.
#[test]
fn no_kind_lasts_longer_than_its_own_longest() {
    let town = Town::start();
    let cast = Cast::new(&town, &SMALL_TOWN);
    let now = base::Clock::now(&base::SystemClock::default());
    let kinds = items(&cast.of(CLERK).get("/api/v1/permit-kinds"));
    assert_eq!(kinds.len(), kind_names().len(), "a kind that nobody has looked at");
    for kind in &KINDS {
        let longest = HOUR * u32::try_from(kind.hours_max).unwrap();
        let said = kinds.iter().find(|said| said["name"] == kind.name).unwrap();
        assert_eq!(said["span_max_seconds"], json!(longest.as_secs()), "{}", kind.name);
        for (span, starts) in [
            (longest + MINUTE * 2, None),
            (longest + MINUTE * 2, Some(now.plus(HOUR))),
            (longest * 2, None),
            (Duration::from_secs(40 * 366 * 86_400), None),
        ] {
            let starts_at = starts.unwrap_or(now);
            let mut asked = cast.application(kind, starts_at.plus(span).to_string().into());
            if let Some(starts) = starts {
                asked["starts_at"] = starts.to_string().into();
            }
            for step in ["apply", "draft", "emergency"] {
                asked["step"] = step.into();
                let reply = cast.of(kind.applicant).post("/api/v1/permits", &asked);
                assert!([403, 409, 422].contains(&reply.status), "{asked}: {reply:?}");
            }
        }
        let mut just = cast.application(kind, now.plus(longest).to_string().into());
        just["step"] = "draft".into();
        let reply = cast.of(kind.applicant).post("/api/v1/permits", &just);
        assert_eq!(reply.status, 201, "{}: {reply:?}", kind.name);
    }
    // The page's own field, with everything else right.
    let long = now.plus(HOUR * 24 + MINUTE * 2).jst().strftime("%Y-%m-%dT%H:%M").to_string();
    let fields = [
        ("what", "統計"),
        ("destination", "県"),
        ("medium", "transfer"),
        ("personal-data", "none"),
        ("purpose", "報告"),
        ("ends", long.as_str()),
        ("step", "apply"),
    ];
    let page = "/permits/new/export";
    let reply = cast.of(CLERK).form(page, page, &fields);
    assert_eq!(reply.status, 422, "{}", reply.text);
}

/// More than a day needs the CISO's exception: seven days at most, applied for
/// by somebody else, in the register and in the ledger; with its end the longer
/// permits have no ground.
#[test]
fn more_than_a_day_is_an_exception_of_the_ciso_and_shown() {
    let town = Town::start();
    let cast = Cast::new(&town, &SMALL_TOWN);
    let now = base::Clock::now(&base::SystemClock::default());
    let (export, exception) = (&KINDS[0], &KINDS[3]);
    assert_eq!(cast.apply(export, now.plus(HOUR * 48)).status, 422, "no exception yet");

    let asked = cast.apply(exception, now.plus(HOUR * 24 * 7));
    assert_eq!(asked.status, 201, "{asked:?}");
    assert_eq!(cast.apply(export, now.plus(HOUR * 48)).status, 422, "not before it is approved");
    for login in [CLERK, MANAGER, CHIEF] {
        assert!(cast.approve(login, &asked.json).status >= 400, "{login} lifts the limit");
    }
    assert_eq!(cast.approve(CISO, &asked.json).status, 200);

    let long = cast.apply(export, now.plus(HOUR * 48));
    assert_eq!(long.status, 201, "{long:?}");
    for hours in [24 * 7 + 1, 24 * 31, 24 * 366] {
        let reply = cast.apply(export, now.plus(HOUR * hours));
        assert_eq!(reply.status, 422, "{hours} hours: {reply:?}");
    }
    assert_eq!(cast.approve(MANAGER, &long.json).status, 200);

    // Shown: to those who oversee, in the register, on its page, in the ledger.
    let register = items(&cast.of(CHIEF).get("/api/v1/permits?kind=exception&state=active"));
    assert!(register.iter().any(|permit| permit["id"] == asked.json["id"]), "{register:?}");
    let page = cast.of(MANAGER).get(&format!("/permits/{}", text(&long.json["id"]))).text;
    let is_shown = page.contains(&text(&asked.json["id"]));
    assert!(is_shown, "the longer permit does not say on which exception it rests:\n{page}");
    let ledger = cast.ledger_of(CHIEF, &asked.json);
    assert!(!ledger.is_empty());

    // The exception taken back: nothing longer is taken any more.
    let reason = json!({ "note": "終わった" });
    assert_eq!(cast.of(CISO).post(&deed(&asked.json, "revoke"), &reason).status, 200);
    assert_eq!(cast.apply(export, now.plus(HOUR * 48)).status, 422, "the exception is over");
}
