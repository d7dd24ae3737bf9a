//! What people say beside the rules: senders that are allowed or blocked, who
//! looks for a section, what was odd, and what the numbers make of it all.

use std::time::Duration;

use identity::{Caller, Duty};
use mail_room::{
    Fate, How, MailError, OddReport, Search, Span, counted, list_for_body, list_sender,
    listed_senders, name_reviewer, odd_mails, report_odd, search_held, unlist, withdraw_reviewer,
};
use passages::State;
use store::args;

use crate::cases::Case;
use crate::town::{Town, YAMADA};

pub(crate) const ALL: &[Case] = &[
    ("listed_senders_are_held_or_let_past_the_judge", |town| Box::pin(listed(town))),
    ("the_body_blocks_whoever_allows", |town| Box::pin(body_first(town))),
    ("who_looks_for_a_section_sees_what_is_held_only", |town| Box::pin(reviewed(town))),
    ("an_odd_mail_is_reported_once_and_found_out_once", |town| Box::pin(odd(town))),
    ("who_looks_for_others_is_told_how_many_wait", |town| Box::pin(told(town))),
    ("numbers_say_why_mails_were_held_and_how_it_ended", |town| Box::pin(numbers(town))),
];

/// Everything above this degree of spam is held, and the judge calls all spam.
const ALL_SPAM: &str = "[keep]\n[[attachment]]\nname = \"files\"\ndo = \"deliver\"\n\
    [[mail]]\nname = \"imitation\"\nhints = [\"sender-look-alike\"]\ndo = \"hold\"\n\
    [[mail]]\nname = \"judged\"\nspam = 90\ndo = \"hold\"\n\
    [[mail]]\nname = \"rest\"\ndo = \"deliver\"\n";

fn mail(number: u32) -> String {
    format!(
        "From: 取引先 <info@company.example>\nTo: {YAMADA}\nSubject: number {number}\n\
         Message-ID: <{number}@company.example>\nContent-Type: text/plain; charset=utf-8\n\n本文\n"
    )
}

async fn states(town: &Town) -> Vec<State> {
    town.passages().await.into_iter().map(|(_, state)| state).collect()
}

async fn listed(town: Town) {
    town.judge_all(95);
    town.rules(ALL_SPAM).await;
    town.bring(&mail(1)).await;
    town.round().await;
    let first = town.in_state(State::Held).await;
    let caller = town.caller(town.clerk).await;

    let mut work = town.bench.store.begin(town.body).await.unwrap();
    list_sender(&mut work, &caller, first, How::Allow).await.unwrap();
    work.commit().await.unwrap();
    town.bring(&mail(2)).await;
    town.round().await;
    assert_eq!(states(&town).await, [State::Delivered, State::Held], "what is allowed passes");

    // An imitation is held, allowed or not.
    let imitation = mail(3).replace("info@company.example", "info@s0umu.go.jp");
    town.bring(&imitation).await;
    town.round().await;
    assert_eq!(states(&town).await[0], State::Held);

    // Blocked: held even where nobody calls it spam.
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    list_sender(&mut work, &caller, first, How::Block).await.unwrap();
    work.commit().await.unwrap();
    town.judge_all(0);
    town.bring(&mail(4)).await;
    town.round().await;
    assert_eq!(states(&town).await[0], State::Held);
    let search = Search { limit: 1, ..Search::default() };
    let mut work = town.bench.store.read(town.body).await.unwrap();
    let hits = mail_room::search(&mut work, &caller, &search).await.unwrap();
    assert_eq!(hits[0].leg.why.as_deref(), Some("blocked"));

    // Taken back, everything is as before.
    let all = listed_senders(&mut work, &caller).await.unwrap();
    drop(work);
    assert_eq!((all.len(), all[0].how), (1, How::Block));
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    unlist(&mut work, &caller, YAMADA, "info@company.example").await.unwrap();
    let twice = unlist(&mut work, &caller, YAMADA, "info@company.example").await;
    assert!(matches!(twice, Err(MailError::NotThere)), "{twice:?}");
    work.commit().await.unwrap();
    town.bring(&mail(5)).await;
    town.round().await;
    assert_eq!(states(&town).await[0], State::Delivered);
    for action in ["mail.sender-allowed", "mail.sender-blocked", "mail.sender-unlisted"] {
        assert_eq!(town.recorded(action).await, 1, "{action}");
    }
}

async fn body_first(town: Town) {
    let operator = town.operator(town.head).await;
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    for wrong in ["@", "company", "@a b", ""] {
        let said = list_for_body(&mut work, &operator, wrong, How::Block).await;
        assert!(matches!(said, Err(MailError::Address)), "{wrong}: {said:?}");
    }
    list_for_body(&mut work, &operator, "@Company.Example", How::Block).await.unwrap();
    work.commit().await.unwrap();
    town.bring(&mail(1)).await;
    town.round().await;
    let held = town.in_state(State::Held).await;
    let clerk = town.caller(town.clerk).await;
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    list_sender(&mut work, &clerk, held, How::Allow).await.unwrap();
    work.commit().await.unwrap();
    town.bring(&mail(2)).await;
    town.round().await;
    assert_eq!(states(&town).await, [State::Held, State::Held]);
    // A clerk takes back neither the body's listing nor another's.
    let plain = town.caller_with(town.clerk, &[Duty::Apply]).await;
    let other = town.caller_with(town.head, &[Duty::Apply]).await;
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    assert!(unlist(&mut work, &plain, "", "@company.example").await.is_err());
    let said = unlist(&mut work, &other, YAMADA, "info@company.example").await;
    assert!(matches!(said, Err(MailError::NotThere)), "{said:?}");
}

async fn reviewed(town: Town) {
    let plain = town.caller_with(town.head, &[Duty::Apply]).await;
    town.judge_all(95);
    town.rules(ALL_SPAM).await;
    town.bring(&mail(1)).await;
    town.round().await;
    let held = town.in_state(State::Held).await;
    let all = Search { limit: 10, ..Search::default() };
    let mut work = town.bench.store.read(town.body).await.unwrap();
    let said = search_held(&mut work, &plain, &all).await;
    assert!(matches!(said, Err(MailError::NotThere)), "nobody named them: {said:?}");
    drop(work);

    let manager = town.operator(town.clerk).await;
    let section = manager.sections[0];
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    assert!(name_reviewer(&mut work, &plain, (section, town.head)).await.is_err());
    name_reviewer(&mut work, &manager, (section, town.head)).await.unwrap();
    work.commit().await.unwrap();
    let mut work = town.bench.store.read(town.body).await.unwrap();
    let hits = search_held(&mut work, &plain, &all).await.unwrap();
    assert_eq!(hits.iter().map(|hit| hit.leg.passage).collect::<Vec<_>>(), [held]);
    let delivered = Search { state: Some(State::Delivered), ..all.clone() };
    assert_eq!(search_held(&mut work, &plain, &delivered).await.unwrap().len(), 1, "held ones");
    drop(work);

    // They let it through in its receiver's place, and see it no more.
    let store = &town.bench.store;
    town.service.release(store, &town.permits, &plain, held).await.unwrap();
    town.round().await;
    assert_eq!(town.got().len(), 1);
    let mut work = town.bench.store.read(town.body).await.unwrap();
    assert!(search_held(&mut work, &plain, &all).await.unwrap().is_empty());
    let said = mail_room::show(&mut work, &town.permits, &plain, held).await;
    assert!(matches!(said, Err(MailError::NotThere)), "what was delivered is its receiver's");
    drop(work);

    let mut work = town.bench.store.begin(town.body).await.unwrap();
    withdraw_reviewer(&mut work, &manager, (section, town.head)).await.unwrap();
    work.commit().await.unwrap();
    town.bring(&mail(2)).await;
    town.round().await;
    let held = town.in_state(State::Held).await;
    let said = town.service.release(store, &town.permits, &plain, held).await;
    assert!(matches!(said, Err(MailError::NotThere)), "{said:?}");
}

async fn reports(town: &Town, caller: &Caller) -> Vec<OddReport> {
    let mut work = town.bench.store.read(town.body).await.unwrap();
    odd_mails(&mut work, caller).await.unwrap()
}

async fn odd(town: Town) {
    town.bring(&mail(1)).await;
    town.round().await;
    let passage = town.in_state(State::Delivered).await;
    let clerk = town.caller(town.clerk).await;
    let other = town.caller_with(town.head, &[Duty::Apply]).await;
    let store = &town.bench.store;
    let mut work = store.begin(town.body).await.unwrap();
    let said = report_odd(&mut work, &other, passage, None).await;
    assert!(matches!(said, Err(MailError::NotThere)), "only who got it: {said:?}");
    report_odd(&mut work, &clerk, passage, Some("心当たりがない")).await.unwrap();
    report_odd(&mut work, &clerk, passage, Some("もう一度")).await.unwrap();
    work.commit().await.unwrap();

    let operator = town.operator(town.head).await;
    let open = reports(&town, &operator).await;
    assert_eq!((open.len(), open[0].note.as_deref()), (1, Some("心当たりがない")));
    assert_eq!((open[0].finding.as_deref(), open[0].person), (None, town.clerk));
    let mut work = store.read(town.body).await.unwrap();
    assert!(odd_mails(&mut work, &other).await.is_err(), "the queue is the operators'");
    drop(work);

    let id = open[0].id;
    assert!(town.service.close_odd(store, &other, id, ("bad", None)).await.is_err());
    town.service.close_odd(store, &operator, id, ("bad", Some("詐欺"))).await.unwrap();
    let twice = town.service.close_odd(store, &operator, id, ("harmless", None)).await;
    assert!(matches!(twice, Err(MailError::NotThere)), "{twice:?}");
    let closed = reports(&town, &operator).await;
    assert_eq!(closed[0].finding.as_deref(), Some("bad"));
    assert_eq!(closed[0].finding_note.as_deref(), Some("詐欺"));
    assert_eq!(*town.taught.lock().unwrap(), [true], "the judge learns it once, as spam");
    for action in ["mail.odd-reported", "mail.odd-closed"] {
        assert_eq!(town.recorded(action).await, 1, "{action}");
    }
}

async fn numbers(town: Town) {
    town.judge_all(95);
    town.rules(ALL_SPAM).await;
    for number in 1..=3 {
        town.bring(&mail(number)).await;
    }
    town.round().await;
    let held: Vec<_> = town.passages().await.into_iter().map(|(id, _)| id).collect();
    let caller = town.caller(town.clerk).await;
    let store = &town.bench.store;
    town.service.release(store, &town.permits, &caller, held[0]).await.unwrap();
    town.service.refuse(store, &caller, held[1], true).await.unwrap();
    town.judge_all(0);
    town.bring(&mail(4)).await;
    town.round().await;
    town.gate.turned_away("city.midori.lg.jp", (town.now(), "rate"), 7).await.unwrap();
    let from = town.now().minus(Duration::from_secs(86_400));
    let span = Span { from, until: town.now().plus(Duration::from_secs(86_400)) };
    let mut work = store.read(town.body).await.unwrap();
    let all = counted(&mut work, span).await.unwrap();
    let count = |held: Option<&str>, fate: Fate| -> u64 {
        let is = |one: &&mail_room::Counted| one.held.as_deref() == held && one.fate == fate;
        all.iter().filter(is).map(|one| one.count).sum()
    };
    assert_eq!(count(Some("spam"), Fate::Released), 1, "{all:?}");
    assert_eq!(count(Some("spam"), Fate::Refused), 1);
    assert_eq!(count(Some("spam"), Fate::Open), 1);
    assert_eq!(count(None, Fate::Delivered), 1);
    assert_eq!(all.iter().map(|one| one.count).sum::<u64>(), 4);
    let reported = all.iter().find(|one| one.why.as_deref() == Some("spam-reported")).unwrap();
    assert_eq!((reported.count, reported.fate), (1, Fate::Refused));
}

async fn told(town: Town) {
    let mut work = town.bench.store.begin(town.body).await.unwrap();
    let sql = "INSERT INTO assignments (body, id, person, role, section, from_at)
        VALUES ($1, $2, $3, 'system-operator', NULL, 0)";
    let id: base::Id<()> = work.new_id();
    work.run(sql, args![id, town.head]).await.unwrap();
    let sql = "INSERT INTO mail_mailboxes (body, address, owner_kind, owner, class, set_at)
        VALUES ($1, 'kacho@city.midori.lg.jp', 'person', $2, '2', 0)";
    work.run(sql, args![town.head]).await.unwrap();
    work.commit().await.unwrap();
    town.judge_all(95);
    town.rules(&ALL_SPAM.replace("[keep]\n", "[keep]\ndigest-hours = 24\n")).await;
    town.bring(&mail(1)).await;
    town.round().await;
    town.later(25 * 3_600).await;
    town.round().await;
    let got = town.postfix.got.lock().unwrap().clone();
    let list = |to: &str| {
        let (.., bytes) = got.iter().rfind(|(_, envelope, _)| envelope.receiver == to).unwrap();
        mail_engine::read(bytes, &mail_engine::Limits::default()).unwrap().text
    };
    let own = list(YAMADA);
    assert!(own.contains("number 1") && own.contains("/sender"), "{own}");
    let others = list("kacho@city.midori.lg.jp");
    assert!(others.contains("団体全体で待っているメール"), "{others}");
    assert!(others.contains("確認待ち held: 1") && !others.contains("number 1"), "{others}");
}
