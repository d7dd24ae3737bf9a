//! Mails that leave and wait for people: many addresses that all would see,
//! personal numbers, attachments behind links, time that runs out.

use mail_room::{Confirmed, Leaving, LetterId};
use passages::State;
use permits::{Mechanism, Permit};
use records::Origin;

use crate::cases::Case;
use crate::leaving::{CITIZEN, LETTER};
use crate::town::{Town, YAMADA, with_file};

pub(crate) const ALL: &[Case] = &[
    ("many_addresses_are_confirmed_and_hidden", |town| Box::pin(many(town))),
    ("personal_numbers_wait_for_another_person", |town| Box::pin(people(town))),
    ("what_nobody_approves_does_not_leave", |town| Box::pin(denied(town))),
    ("attachments_lie_behind_links", |town| Box::pin(links(town))),
    ("attachments_are_made_harmless_or_looked_at", |town| Box::pin(files(town))),
    ("what_nobody_decides_on_ends", |town| Box::pin(ended(town))),
];

/// A personal number with a right check digit, made up.
const NUMBER: &str = "123456789018";

fn to_many() -> (Vec<String>, String) {
    let all: Vec<String> = (0..12).map(|count| format!("p{count}@club{count}.example")).collect();
    let mail = LETTER.replace("To: citizen@world.example", &format!("To: {}", all.join(",\n ")));
    (all, mail)
}

async fn many(town: Town) {
    let (all, mail) = to_many();
    let to: Vec<&str> = all.iter().map(String::as_str).collect();
    let id = town.send_out("4Qmany1", &to, &mail).await;
    let shown = town.shown_out(id).await;
    assert_eq!(shown.row.state, Leaving::Confirm);
    assert_eq!(shown.weighed.as_ref().unwrap().seen.len(), 12);
    town.later(3_600).await;
    assert!(town.gone().is_empty(), "it waits for its sender");
    assert!(town.got()[0].subject.contains("宛先の確認"), "{}", town.got()[0].subject);
    let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.head).await);
    let store = &town.bench.store;
    assert!(town.service.confirm(store, &head, id, true).await.is_err(), "not theirs");
    assert_eq!(town.service.confirm(store, &clerk, id, true).await.unwrap(), Confirmed::Waits);
    assert!(town.service.confirm(store, &clerk, id, false).await.is_err(), "once");
    town.round().await;
    let gone = town.gone();
    assert_eq!(gone.len(), 12, "each gets it");
    let raw = String::from_utf8(gone[0].1.clone()).unwrap();
    assert!(raw.contains("To: undisclosed-recipients:;") && !raw.contains("club"), "{raw}");
    // As it is, where the sender says so.
    let id = town.send_out("4Qmany2", &to, &mail).await;
    town.service.confirm(store, &clerk, id, false).await.unwrap();
    town.later(61).await;
    let raw = String::from_utf8(town.gone().last().unwrap().1.clone()).unwrap();
    assert!(raw.contains("p11@club11.example"));
    // Those who stand in no list are seen by nobody.
    let id = town.send_out("4Qmany3", &to, LETTER).await;
    assert_eq!(town.shown_out(id).await.row.state, Leaving::Waiting);
}

/// The permit that was asked for.
async fn permit(town: &Town) -> Permit {
    let clerk = town.caller(town.clerk).await;
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    let sql = "SELECT permit FROM mail_approvals WHERE body = $1 ORDER BY permit DESC LIMIT 1";
    let permit = work.row(sql, Vec::new()).await.unwrap().unwrap().take(0).unwrap();
    town.permits.find(&mut work, &clerk, permit).await.unwrap()
}

async fn asked(town: &Town, ident: &str, mail: &str) -> LetterId {
    let id = town.send_out(ident, &[CITIZEN], mail).await;
    assert_eq!(town.shown_out(id).await.row.state, Leaving::Ask);
    let clerk = town.caller(town.clerk).await;
    town.service.ask_for(&town.bench.store, &town.permits, &clerk, id).await.unwrap();
    let shown = town.shown_out(id).await;
    assert_eq!((shown.row.state, shown.passage.state), (Leaving::Asked, State::Held));
    id
}

async fn people(town: Town) {
    let table = format!("氏名,個人番号\n山田,{NUMBER}\n");
    let in_file = with_file("名簿", "添付します", "a.csv", table.as_bytes())
        .replace("sender@company.example", YAMADA);
    let in_text = LETTER.replace("申請は", &format!("個人番号 {NUMBER} の申請は"));
    for (count, mail) in [in_file, in_text].iter().enumerate() {
        let id = asked(&town, &format!("4Qpii{count}"), mail).await;
        let shown = town.shown_out(id).await;
        let weighed = shown.weighed.clone().unwrap();
        assert_eq!(weighed.people.get("personal-number"), Some(&1), "{weighed:?}");
        assert!(weighed.approve.contains(&"personal-number".to_owned()));
        assert!(!format!("{weighed:?}{:?}", shown.found).contains(NUMBER), "never the number");
        assert_eq!(shown.text, None, "nor the text");
        town.later(3_600).await;
        assert_eq!(town.gone().len(), count, "nobody approved");
        let mut permit = permit(&town).await;
        let mechanism: &dyn Mechanism = &mail_room::LetThrough;
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        permit.decided_by = Some(town.clerk);
        assert!(
            mechanism.start(&mut work, &permit).await.is_err(),
            "the sender is no other person"
        );
        drop(work);
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        permit.decided_by = Some(town.head);
        mechanism.start(&mut work, &permit).await.unwrap();
        work.commit().await.unwrap();
        town.round().await;
        assert_eq!(town.gone().len(), count + 1);
        assert_eq!(town.shown_out(id).await.passage.state, State::Delivered);
    }
    let mut work = town.bench.store.read(town.body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM mail_texts WHERE body = $1 AND text LIKE '%123456789018%'";
    let mut row = work.row(sql, Vec::new()).await.unwrap().unwrap();
    assert_eq!(row.take::<i64>(0).unwrap(), 0);
    drop(work);
    let wrong = LETTER.replace("申請は", "個人番号 123456789012 の申請は");
    let id = town.send_out("4Qpii9", &[CITIZEN], &wrong).await;
    assert_eq!(town.shown_out(id).await.row.state, Leaving::Waiting, "no right check digit");
}

async fn denied(town: Town) {
    let mail = LETTER.replace("申請は", &format!("個人番号 {NUMBER} の申請は"));
    let id = asked(&town, "4Qdeny1", &mail).await;
    let refused = permit(&town).await;
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    mail_room::LetThrough.forgo(&mut work, &refused).await.unwrap();
    work.commit().await.unwrap();
    town.round().await;
    let shown = town.shown_out(id).await;
    assert_eq!((shown.row.state, shown.passage.state), (Leaving::Stopped, State::Refused));
    let told = town.got();
    assert!(told.last().unwrap().subject.contains("承認されません"), "{}", told[1].subject);
    // One that was called back is not approved any more.
    let id = asked(&town, "4Qdeny2", &mail).await;
    let mut late = permit(&town).await;
    late.decided_by = Some(town.head);
    let clerk = town.caller(town.clerk).await;
    town.service.cancel(&town.bench.store, &town.permits, &clerk, id).await.unwrap();
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    assert!(mail_room::LetThrough.start(&mut work, &late).await.is_err());
    drop(work);
    town.later(600).await;
    assert!(town.gone().is_empty());
}

async fn links(town: Town) {
    let rules = mail_room::rules::DEFAULT
        .replace("attachments = \"sanitised\"", "attachments = \"link\"")
        .replace("link-downloads = 20", "link-downloads = 2");
    town.rules(&rules).await;
    let mail = with_file("資料", "ご覧ください", "資料.csv", "品名,数\nねじ,1\n".as_bytes())
        .replace("sender@company.example", YAMADA);
    let id = town.send_out("4Qlink", &[CITIZEN], &mail).await;
    assert_eq!(town.shown_out(id).await.row.state, Leaving::Waiting);
    town.later(61).await;
    let message = &town.gone_as_read()[0];
    assert!(message.attachments.is_empty() && message.text.contains("ご覧ください"));
    let (_, raw) = town.gone()[0].clone();
    let code = code(&raw);
    let (store, service) = (&town.bench.store, &town.service);
    let seen = service.parcel(store, &code).await.unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.left), ("資料.csv", 2));
    for _ in 0..20 {
        service.parcel(store, &code).await.unwrap().unwrap();
    }
    let from = || Origin::Address("203.0.113.9".parse().unwrap());
    let got = service.fetch_parcel(store, &code, from()).await.unwrap().unwrap();
    assert_eq!(got, ("資料.csv".to_owned(), "品名,数\nねじ,1\n".as_bytes().to_vec()));
    assert_eq!(service.parcel(store, &code).await.unwrap().unwrap().left, 1, "to look is no fetch");
    service.fetch_parcel(store, &code, from()).await.unwrap().unwrap();
    assert_eq!(service.fetch_parcel(store, &code, from()).await.unwrap(), None, "twice is enough");
    assert_eq!(service.parcel(store, "x").await.unwrap(), None);
    let shown = town.shown_out(id).await;
    assert_eq!(shown.links[0].fetches, 2);
    let mut work = store.read(town.body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM records WHERE body = $1 AND action = 'mail.link-fetched'";
    let mut row = work.row(sql, Vec::new()).await.unwrap().unwrap();
    assert_eq!(row.take::<i64>(0).unwrap(), 2, "each fetch is recorded");
    let sql = "SELECT COUNT(*) FROM mail_links WHERE body = $1 AND code = $2";
    let mut row = work.row(sql, store::args![code.as_str()]).await.unwrap().unwrap();
    assert_eq!(row.take::<i64>(0).unwrap(), 0, "the address itself is kept nowhere");
    drop(work);
    // Another one ends by its time, and one that was called back never opens.
    let clerk = town.caller(town.clerk).await;
    town.send_out("4Qlink2", &[CITIZEN], &mail).await;
    town.later(61).await;
    let second = self::code(&town.gone()[1].1);
    assert!(service.parcel(store, &second).await.unwrap().is_some());
    let id = town.send_out("4Qlink3", &[CITIZEN], &mail).await;
    service.cancel(store, &town.permits, &clerk, id).await.unwrap();
    town.later(8 * 24 * 3_600).await;
    town.later(700).await;
    assert_eq!(service.fetch_parcel(store, &second, from()).await.unwrap(), None);
    let all = town.out().await;
    for line in all {
        let shown = town.shown_out(line.row.letter).await;
        assert!(shown.links.iter().all(|link| link.kept.is_none()), "nothing of it is kept");
    }
}

/// The code behind the link in a mail.
fn code(raw: &[u8]) -> String {
    let message = mail_engine::read(raw, &mail_engine::Limits::default()).unwrap();
    let (_, rest) = message.text.split_once("/parcel/").unwrap();
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

async fn files(town: Town) {
    let mail = |name: &str, bytes: &[u8]| {
        with_file("資料", "x", name, bytes).replace("sender@company.example", YAMADA)
    };
    let id = town.send_out("4Qfile1", &[CITIZEN], &mail("a.csv", "品名,数\n".as_bytes())).await;
    let shown = town.shown_out(id).await;
    assert_eq!(shown.row.state, Leaving::Waiting);
    assert_eq!(shown.weighed.unwrap().files[0].fate, "delivered");
    // What cannot be made harmless waits for another person, whole.
    let odd: Vec<u8> = (0..=255).cycle().take(4_000).map(|byte: u8| byte ^ 0x5a).collect();
    let id = town.send_out("4Qfile2", &[CITIZEN], &mail("図面.jww", &odd)).await;
    let shown = town.shown_out(id).await;
    assert_eq!(shown.row.state, Leaving::Ask, "{:?}", shown.weighed);
    assert_eq!(shown.weighed.unwrap().files[0].fate, "unchanged");
    // Where the body trusts its people, files go as they are.
    let rules = mail_room::rules::DEFAULT
        .replace("attachments = \"sanitised\"", "attachments = \"as-they-are\"")
        .replace("unreadable = \"approve\"", "unreadable = \"send\"");
    town.rules(&rules).await;
    town.send_out("4Qfile3", &[CITIZEN], &mail("図面.jww", &odd)).await;
    town.later(61).await;
    let sent = town.gone_as_read();
    assert!(sent.iter().any(|mail| mail.attachments[0].bytes == odd));
}

async fn ended(town: Town) {
    let (all, mail) = to_many();
    let to: Vec<&str> = all.iter().map(String::as_str).collect();
    let id = town.send_out("4Qend", &to, &mail).await;
    let went = town.send_out("4Qwent", &[CITIZEN], LETTER).await;
    town.later(61).await;
    town.later(15 * 24 * 3_600).await;
    town.later(700).await;
    let shown = town.shown_out(id).await;
    assert_eq!((shown.row.state, shown.passage.state), (Leaving::Ended, State::Ended));
    assert!(town.got().iter().any(|mail| mail.subject.contains("送信の期限")), "it is told");
    assert_eq!(town.gone().len(), 1);
    // After the days of originals nothing is kept but who wrote to whom.
    town.later(40 * 24 * 3_600).await;
    town.later(700).await;
    for id in [id, went] {
        let shown = town.shown_out(id).await;
        assert_eq!(shown.passage.state, State::Ended);
        assert!(shown.letter.original.is_none() && shown.letter.subject.is_none());
        assert!(!shown.receivers.is_empty());
    }
}
