//! B3: 共有している認証の手段のみでログイン可能 (7 towns). One account or one card for a
//! whole section: two people work with it at once and nobody can say who did what.

use std::net::Ipv4Addr;
use std::time::Duration;

use base::{Clock as _, SystemClock};
use findings::cast::{CHIEF, CLERK, MANAGER, actions, items, text};
use findings::{Cast, Hand, Share};
use serde_json::json;
use town::{Client, Town, relay};

const SHARED: (&str, &str) = ("zeimuka", "zeimu1234");

const PASSWORD: &str = "<Location />
Require valid-user
</Location>";
const CARD: &str = "<Location />
Require ssl-verify-client
</Location>";

#[test]
fn on_a_plain_set_up_two_desks_work_with_one_account_and_with_one_card() {
    let Some(mut share) = Share::prepare() else { return };
    share.put_file("kazei.csv", "氏名,課税額\n");
    share.set_password(SHARED.0, SHARED.1);
    share.make_card("zeimuka", "zeimuka");
    let desks = [[127, 0, 9, 1].into(), [127, 0, 9, 2].into()];
    let hand = Hand { password: Some(SHARED), ..Hand::default() };
    share.start(PASSWORD, None);
    for desk in desks {
        assert_eq!(share.get("/kazei.csv", Hand { desk: Some(desk), ..hand }).0, 200);
    }
    let users: Vec<String> =
        share.log().iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(users, ["zeimuka", "zeimuka"], "the record names a desk's account, no person");

    share.start(CARD, None);
    let card = Hand { card: Some("zeimuka"), ..Hand::default() };
    for desk in desks {
        assert_eq!(share.get("/kazei.csv", Hand { desk: Some(desk), ..card }).0, 200);
    }
}

#[test]
fn no_account_is_made_for_a_desk_or_for_two() {
    let town = Town::start();
    let cast = Cast::new(&town, &[CHIEF]);
    let people = items(&cast.of(CHIEF).get("/api/v1/people"));
    let section = &people[0]["section"];
    let invite = |login: &str| {
        let person = json!({
            "login": login, "name": "税務課", "kana": "ゼイムカ", "section": section,
        });
        cast.of(CHIEF).post("/api/v1/people", &person)
    };
    for shared in ["kyoyu", "shared01", "guest", "admin", "root"] {
        let reply = invite(shared);
        assert_eq!(reply.status, 422, "{shared}: {reply:?}");
    }
    // Taken in this town, in another town, in the prefecture.
    for taken in [CLERK, "yamada.hanako", "kishi.ayaka"] {
        let reply = invite(taken);
        assert!(reply.status == 409 || reply.status == 422, "{taken}: {reply:?}");
    }
    assert_eq!(items(&cast.of(CHIEF).get("/api/v1/people")).len(), people.len());
}

/// J9: two people in one account, or with one token: the older session ends, it
/// is recorded, and the officers' home page says so in red.
#[test]
fn one_account_at_two_desks_ends_the_older_session_and_is_red() {
    // Addresses of the loopback network are one place: this machine.
    let (here, Some(there)) = (Ipv4Addr::LOCALHOST, relay::own_address()) else {
        eprintln!("skipped: this machine has no address but its own");
        return;
    };
    let town = Town::start_for_all();
    let cast = Cast::new(&town, &[CHIEF, MANAGER]);
    let account = town.demo.person(CLERK);
    let code = account.code();
    let mine = Client::nobody_at(&town.demo, here).signed_in(account, &code);
    assert_eq!(mine.get("/api/v1/me").status, 200);

    // The colleague reads the same code off the same screen.
    let colleague = Client::nobody_at(&town.demo, there);
    let reply = colleague.try_sign_in(CLERK, &account.password, &code);
    assert!((400..500).contains(&reply.status), "a code serves once: {reply:?}");
    assert_eq!(mine.get("/api/v1/me").status, 200, "a wrong try ends nothing");
    // The next step's code is already taken, half a minute early.
    let next = account.code_at(SystemClock::default().now().plus(Duration::from_secs(30)));
    let theirs = colleague.signed_in(account, &next);
    assert_eq!(theirs.get("/api/v1/me").status, 200);
    assert_eq!(mine.get("/api/v1/me").status, 401, "the older session is over");

    // The cookie itself, carried to the other desk.
    let cookie = theirs.cookie("__Host-sekisho").unwrap();
    let thief = Client::nobody_at(&town.demo, here);
    let copied = thief.get_with_cookie("/api/v1/me", "__Host-sekisho", &cookie);
    assert_eq!(copied.status, 401, "a session is one desk's");
    assert_eq!(theirs.get("/api/v1/me").status, 401, "and it is over for both");

    let alerts = items(&cast.of(CHIEF).get("/api/v1/alerts"));
    let kinds: Vec<String> = alerts.iter().map(|alert| text(&alert["kind"])).collect();
    for kind in ["session-moved", "concurrent-use"] {
        assert!(kinds.iter().any(|one| one == kind), "{kind} in {kinds:?}");
    }
    let home = cast.of(CHIEF).get("/").text;
    let red = home.matches("notice-wrong").count();
    assert_eq!(red, alerts.len(), "{home}");
    let ledger = actions(&items(&cast.of(CHIEF).get("/api/v1/ledger")));
    for action in ["alert.raised", "session.ended", "sign-in.refused"] {
        assert!(ledger.iter().any(|one| one == action), "{action} in {ledger:?}");
    }
}
