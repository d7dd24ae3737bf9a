//! B2: 認証の代替手段となるパスワードをあらかじめ設定 (27 towns). Whoever forgets the
//! card types a password that was set beforehand, on any day, and nobody is asked.

use std::collections::BTreeSet;
use std::time::Duration;

use findings::cast::{CHIEF, CLERK, HOUR, KINDS, MANAGER, actions, deed, text};
use findings::{Cast, Hand, Share};
use serde_json::{Value, json};
use town::{Client, Clock, Town};

const FALLBACK: (&str, &str) = ("abe", "Wakaba2019!");

/// The card, or the password that stands in for it: `RequireAny`.
const CARD_OR_PASSWORD: &str = "<Location />
<RequireAny>
Require ssl-verify-client
Require valid-user
</RequireAny>
</Location>";

#[test]
fn on_a_plain_set_up_the_password_set_beforehand_replaces_the_card_for_ever() {
    let Some(mut share) = Share::prepare() else { return };
    share.put_file("daicho.csv", "個人番号,氏名\n");
    share.make_card("abe", "abe");
    share.set_password(FALLBACK.0, FALLBACK.1);
    let mut clock = Clock::find();
    share.start(CARD_OR_PASSWORD, clock.as_ref());
    let card = Hand { card: Some("abe"), ..Hand::default() };
    let password = Hand { password: Some(FALLBACK), ..Hand::default() };
    let wrong = Hand { password: Some(("abe", "guess")), ..Hand::default() };
    assert_eq!(share.get("/daicho.csv", card).0, 200, "with the card");
    assert_eq!(share.get("/daicho.csv", Hand::default()).0, 401, "with nothing");
    assert_eq!(share.get("/daicho.csv", wrong).0, 401, "it is protected");

    let (status, read) = share.get("/daicho.csv", password);
    assert_eq!((status, read.contains("個人番号")), (200, true), "without the card");
    if let Some(clock) = clock.as_mut() {
        clock.advance(Duration::from_secs(400 * 86_400));
        assert_eq!(share.get("/daicho.csv", password).0, 200, "more than a year later");
    }
    // What is recorded is a name; nobody else acted and nothing says why.
    let last = share.log().pop().unwrap();
    assert!(last.ends_with("abe GET /daicho.csv 200"), "{last}");
}

#[test]
fn nothing_but_a_second_factor_lets_anybody_in() {
    let town = Town::start();
    let other = town.demo.person(MANAGER).code();
    for (place, account) in town.demo.accounts.iter().enumerate() {
        let desk = [127, 0, 8, u8::try_from(place + 1).unwrap()].into();
        let nobody = Client::nobody_at(&town.demo, desk);
        let mut tries = vec!["", "000000", "12345678", account.password.as_str()];
        if account.person != MANAGER {
            tries.push(&other);
        }
        for code in tries {
            let reply = nobody.try_sign_in(&account.person, &account.password, code);
            let is_refused = (400..500).contains(&reply.status);
            assert!(is_refused, "{} {code}: {reply:?}", account.person);
            assert_eq!(nobody.get("/api/v1/me").status, 401);
        }
        let only = json!({ "person": account.person, "password": account.password });
        let reply = nobody.post("/api/v1/sessions", &only);
        assert!((400..500).contains(&reply.status), "{}: {reply:?}", account.person);
        let first = [("login", account.person.as_str()), ("password", &account.password)];
        let page = nobody.form("/sign-in", "/sign-in", &first);
        // After many wrong codes even the right password waits, at this desk only.
        assert!(page.status == 200 || page.status == 403, "{page:?}");
        assert!(nobody.cookie("__Host-sekisho").is_none(), "{}", account.person);
        let home = nobody.get("/");
        assert_eq!((home.status, home.location().starts_with("/sign-in")), (303, true));
    }
}

/// Every field that a person or a program can send is looked at: one that could
/// hold a secret kept ready beforehand fails here until somebody has.
#[test]
fn no_field_of_the_interface_and_no_form_stores_a_fallback() {
    let town = Town::start();
    let cast = Cast::new(&town, &[CLERK, CHIEF]);
    let description = cast.of(CLERK).get("/api/v1/openapi.json").json;
    let mut secrets = BTreeSet::new();
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flatten();
        let is_secret = |field: &str| {
            let words = [
                "password",
                "passphrase",
                "secret",
                "code",
                "pin",
                "recovery",
                "fallback",
                "backup",
                "token",
            ];
            words.iter().any(|word| field.contains(word))
        };
        secrets.extend(
            fields.filter(|(field, _)| is_secret(field)).map(|(f, _)| format!("{name}.{f}")),
        );
    }
    // Codes of bodies and sections are their names.
    let names = [
        "BodyAsked.code",
        "BodyShape.code",
        "FieldProblem.code",
        "FirstOfficerAsked.section_code",
        // The name of something odd in a mail.
        "HintShown.code",
        "SectionAsked.code",
        "SectionShape.code",
    ];
    // Made by the program, shown once, kept as a hash, with an end of hours.
    let once = [
        "CodeShape.code",
        "EnrolmentAsked.code",
        "FoundedShape.code",
        "InvitedShape.code",
        "SecretShape.secret",
        "SetUpAsked.code",
    ];
    // True factors, shown or being bound to their one person, and the session.
    let factors = [
        "FactorsAsked.one_time_code",
        "FactorsAsked.password",
        "ProofAsked.one_time_code",
        "SessionAsked.one_time_code",
        "SessionAsked.password",
        "SessionShape.csrf_token",
        "TotpAsked.one_time_code",
        "TotpShape.secret",
    ];
    // Opens files that somebody sent, and nothing of this house: made by the
    // program, sealed until it is shown once, forgotten then; or typed by who
    // received a locked file, and tried without being kept.
    let files = ["PassphraseShown.passphrase", "Passwords.passwords"];
    let all = names.iter().chain(&once).chain(&factors).chain(&files);
    let known: BTreeSet<String> = all.map(|name| (*name).to_owned()).collect();
    let unknown: Vec<&String> = secrets.difference(&known).collect();
    assert!(unknown.is_empty(), "fields that nobody has looked at: {unknown:?}");

    let mut forms = BTreeSet::new();
    for page in ["/me", "/me/add"] {
        let text = cast.of(CLERK).get(page).text;
        for form in text.split("<form").skip(1) {
            let action = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
            let action = match action.strip_prefix("/me/factors/") {
                Some(_) => "/me/factors/{factor}/remove".to_owned(),
                None => action.to_owned(),
            };
            forms.insert(action);
        }
    }
    // Leaving aside what every page has, each adds or changes one real factor.
    let adding: Vec<&str> =
        forms.iter().map(String::as_str).filter(|form| form.starts_with("/me/")).collect();
    let known = [
        "/me/factors/{factor}/remove",
        "/me/passkey",
        "/me/password",
        "/me/sessions/end",
        "/me/totp",
    ];
    assert_eq!(adding, known);
    // And nobody is left with one factor, to be let in by it later.
    let page = cast.of(CLERK).get("/me").text;
    let factor = page.split("/me/factors/").nth(1).unwrap().split('/').next().unwrap();
    let removed = cast.of(CLERK).form("/me", &format!("/me/factors/{factor}/remove"), &[]);
    assert!((400..500).contains(&removed.status), "{removed:?}");
}

/// What stands in for a lost factor is another person's permit, made when it is
/// needed, shown once, used once, gone after its end, and in the ledger.
#[test]
fn a_lost_factor_is_another_persons_permit_of_at_most_eight_hours() {
    let Some(mut clock) = Clock::find() else { return };
    let town = Town::start_by(Some(&clock));
    let mut cast = Cast::new(&town, &[CLERK, MANAGER, CHIEF]);
    let kind = KINDS.iter().find(|kind| kind.name == "lost-factor").unwrap();

    let long = cast.apply(kind, clock.now().plus(HOUR * 8 + Duration::from_secs(60)));
    assert_eq!(long.status, 422, "{long:?}");
    let permit = cast.apply(kind, clock.now().plus(HOUR * 7)).json;
    for login in [CLERK, CHIEF] {
        assert!(cast.approve(login, &permit).status >= 400, "{login} approves");
    }
    assert!(cast.of(MANAGER).post(&deed(&permit, "issue"), &json!({})).status >= 400, "too soon");
    let approved = cast.approve(MANAGER, &permit);
    assert_eq!(approved.status, 200, "{approved:?}");
    for login in [CLERK, CHIEF] {
        let issued = cast.of(login).post(&deed(&permit, "issue"), &json!({}));
        assert!(issued.status >= 400, "{login} takes the code: {issued:?}");
    }
    let issued = cast.of(MANAGER).post(&deed(&permit, "issue"), &json!({}));
    let code = text(&issued.json["secret"]);
    assert!(issued.status == 200 && code.len() > 8, "{issued:?}");
    let again = cast.of(MANAGER).post(&deed(&permit, "issue"), &json!({}));
    assert!(again.status >= 400, "shown twice: {again:?}");

    let account = town.demo.person(CLERK);
    let use_code = || {
        let person = Client::nobody_at(&town.demo, cast.desk(CLERK));
        let first = [("login", CLERK), ("password", account.password.as_str())];
        assert_eq!(person.form("/sign-in", "/sign-in", &first).status, 200);
        // The second page carries the same token as the first.
        let second = person.form("/sign-in", "/sign-in/second", &[("code", &code)]);
        (person, second)
    };
    let (clerk, second) = use_code();
    assert_eq!(second.status, 303, "{second:?}");
    assert_eq!(clerk.get("/api/v1/me").status, 200, "a day's work");
    let (_, second) = use_code();
    assert_ne!(second.status, 303, "used twice");

    let done = actions(&cast.ledger_of(CHIEF, &permit));
    for action in ["permit.applied", "permit.approved", "permit.issued", "session.opened"] {
        assert!(done.iter().any(|one| one == action), "{action} in {done:?}");
    }
    clock.advance(HOUR * 7 + Duration::from_secs(60));
    assert_eq!(clerk.get("/api/v1/me").status, 401, "its session ends with it");
    cast.sign_in(&[CHIEF], Some(&clock));
    assert_eq!(cast.look(CHIEF, &permit)["is_in_force"], Value::Bool(false));
}
