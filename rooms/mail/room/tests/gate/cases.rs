//! Mails without a lock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mail_room::{NotTaken, Released, Search};
use passages::State;

use crate::town::{Fate, TAX, Town, YAMADA, with_file};

pub(crate) type Case = (&'static str, fn(Town) -> Pin<Box<dyn Future<Output = ()>>>);

pub(crate) const ALL: &[Case] = &[
    ("a_mail_is_delivered_as_text", |town| Box::pin(plain(town))),
    ("what_comes_again_is_taken_once", |town| Box::pin(again(town))),
    ("who_is_nobody_is_refused", |town| Box::pin(nobody(town))),
    ("a_kill_at_every_step_loses_and_doubles_nothing", |town| Box::pin(kills(town))),
    ("what_scanners_know_reaches_nobody", |town| Box::pin(harmful(town))),
    ("imitations_wait_and_are_released", |town| Box::pin(held(town))),
    ("what_a_rule_wants_approved_is_asked_for", |town| Box::pin(approved(town))),
    ("broken_and_refused_mails_are_told_of", |town| Box::pin(told(town))),
    ("mails_are_found_by_japanese_words", |town| Box::pin(found(town))),
    ("what_waits_is_listed_and_ends", |town| Box::pin(listed(town))),
    ("old_programs_get_their_letters", |town| Box::pin(letters(town))),
];

const PAGE: &str = "From: 総務 <info@company.example>\nTo: yamada@city.midori.lg.jp\n\
    Subject: =?UTF-8?B?5LyI6K2w?=\nMessage-ID: <1@company.example>\nReferences: <0@company.example>\n\
    Received: from a by b; Wed, 1 Apr 2026 08:59:00 +0900\n\
    Authentication-Results: gate.midori.lg.jp; dkim=pass\n\
    X-Evil: yes\nContent-Type: text/html; charset=utf-8\n\n\
    <p>会議の件です。<script>alert(1)</script><a href=\"https://evil.example/x\">こちら</a>\
    <img src=\"https://evil.example/beacon\">\n";

async fn plain(town: Town) {
    town.bring(PAGE).await;
    town.round().await;
    let got = town.got();
    assert_eq!(got.len(), 1);
    let message = &got[0];
    assert_eq!(message.from[0].address, "info@company.example");
    assert_eq!(message.references, ["0@company.example"]);
    assert!(message.text.contains("会議の件です。"), "{}", message.text);
    assert!(message.text.contains("hxxps://evil[.]example/x"), "{}", message.text);
    assert!(message.text.contains("関所での変更: リンク1件"), "{}", message.text);
    assert!(message.text.starts_with("差出人の実際のアドレス: 総務 <info@company.example>"));
    assert!(message.attachments.is_empty());
    let raw = town.raw(0);
    assert!(
        raw.starts_with("Received: from mx.company.example ([192.0.2.7]) by gate.midori.lg.jp")
    );
    assert!(raw.contains("Received: from a by b;"));
    assert!(raw.contains("X-Sekisho-Check: sender-first-for-body; level=caution"), "{raw}");
    assert!(!raw.contains("X-Evil") && !raw.contains("dkim=pass") && !raw.contains("<script"));
    let (_, envelope, _) = town.postfix.got.lock().unwrap()[0].clone();
    assert_eq!(
        (envelope.sender.as_str(), envelope.receiver.as_str()),
        ("sender@company.example", YAMADA)
    );
    // The second one is from somebody who is known.
    town.bring(PAGE).await;
    town.round().await;
    assert!(!town.raw(1).contains("first-for"), "{}", town.raw(1));
}

async fn again(town: Town) {
    let arrived = town.arrived("4Qabc", YAMADA, PAGE);
    for _ in 0..3 {
        town.gate.take_in(&arrived).await.unwrap();
        town.round().await;
    }
    let mut wider = arrived.clone();
    wider.receivers = vec![YAMADA.to_uppercase(), TAX.to_owned(), TAX.to_owned()];
    let (one, two) = tokio::join!(town.gate.take_in(&wider), town.gate.take_in(&wider));
    // Two at once: one may have to come again, none is doubled.
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    town.gate.take_in(&wider).await.unwrap();
    town.round().await;
    let mut receivers: Vec<String> = town
        .postfix
        .got
        .lock()
        .unwrap()
        .iter()
        .map(|(_, envelope, _)| envelope.receiver.clone())
        .collect();
    receivers.sort();
    assert_eq!(receivers, [YAMADA, TAX]);
}

async fn nobody(town: Town) {
    let known = town.gate.knows(YAMADA).await.unwrap();
    assert!(known && !town.gate.knows("x@city.midori.lg.jp").await.unwrap());
    for receiver in ["x@city.midori.lg.jp", "yamada@elsewhere.example", "not an address"] {
        let mut arrived = town.arrived("4Qabd", YAMADA, PAGE);
        arrived.receivers.push(receiver.to_owned());
        let said = town.gate.take_in(&arrived).await;
        assert!(matches!(said, Err(NotTaken::Never(_))), "{receiver}: {said:?}");
    }
    let mut nameless = town.arrived("4Qabd", YAMADA, PAGE);
    nameless.ident = None;
    assert!(matches!(town.gate.take_in(&nameless).await, Err(NotTaken::Later(_))));
    town.round().await;
    assert!(town.got().is_empty(), "nothing was kept of any");
}

async fn kills(town: Town) {
    let fates = [
        vec![Fate::TakesUnheard],
        vec![Fate::Breaks],
        vec![Fate::Breaks, Fate::Breaks, Fate::TakesUnheard],
        vec![Fate::Later, Fate::Later],
        vec![Fate::Later, Fate::TakesUnheard],
        vec![],
    ];
    for (count, fate) in fates.into_iter().enumerate() {
        town.postfix.fate.lock().unwrap().clone_from(&fate);
        *town.postfix.is_silent.lock().unwrap() = true;
        town.bring(PAGE).await;
        town.round().await;
        town.later(5).await;
        let before = town.got().len();
        town.later(1_000).await;
        if fate.first() == Some(&Fate::Breaks) {
            assert_eq!(town.got().len(), before, "unknown waits");
        }
        *town.postfix.is_silent.lock().unwrap() = false;
        for _ in 0..6 {
            town.later(1_000).await;
        }
        assert_eq!(town.got().len(), count + 1, "{fate:?}");
        let (_, state) = town.passages().await[0];
        assert_eq!(state, State::Delivered);
    }
    town.postfix.fate.lock().unwrap().push(Fate::Never);
    town.bring(PAGE).await;
    for _ in 0..3 {
        town.later(1_000).await;
    }
    assert_eq!(town.got().len(), 6, "what Postfix refuses is not offered again");
    // A scanner that is away keeps mails waiting, and loses none.
    *town.scanner.is_away.lock().unwrap() = true;
    town.bring(PAGE).await;
    town.round().await;
    town.later(30).await;
    assert_eq!(town.got().len(), 6);
    *town.scanner.is_away.lock().unwrap() = false;
    town.later(30).await;
    assert_eq!(town.got().len(), 7);
}

async fn harmful(town: Town) {
    let eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    town.bring(&with_file("お知らせ", "ご確認ください", "eicar.txt", eicar)).await;
    town.round().await;
    assert_eq!(town.passages().await[0].1, State::Quarantined);
    let got = town.got();
    assert_eq!(got.len(), 1);
    assert!(got[0].subject.contains("隔離しました"), "{}", got[0].subject);
    assert!(got[0].text.contains("お知らせ") && got[0].text.contains("clamd: Eicar"));
    assert!(!town.raw(0).contains("EICAR"));
    let (_, envelope, _) = town.postfix.got.lock().unwrap()[0].clone();
    assert_eq!(envelope.sender, "", "nobody answers it");
}

const IMITATION: &str = "From: 県庁 <info@city-midori-lg-jp.example>\nTo: yamada@city.midori.lg.jp\n\
    Subject: 至急\nContent-Type: text/plain; charset=utf-8\n\n口座を変更しました。\n";

async fn held(town: Town) {
    town.bring(IMITATION).await;
    town.round().await;
    assert!(town.got().is_empty());
    let (id, state) = town.passages().await[0];
    assert_eq!(state, State::Held);
    let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.head).await);
    let store = &town.bench.store;
    let other = town.service.release(store, &town.permits, &head, id).await;
    assert!(other.is_err(), "another person's mail");
    let mut work = store.read(town.body).await.unwrap();
    let would = town.service.would_release(&mut work, &clerk, &[id]).await.unwrap();
    assert_eq!((would[0].what, would[0].subject.as_str()), ("deliver", "至急"));
    drop(work);
    let mut work = store.read(town.body).await.unwrap();
    let shown = mail_room::show(&mut work, &town.permits, &clerk, id).await.unwrap();
    drop(work);
    assert_eq!(shown.text.as_deref().map(str::trim), Some("口座を変更しました。"));
    assert_eq!(shown.decided.rule, "imitation");
    let released = town.service.release(store, &town.permits, &clerk, id).await.unwrap();
    assert_eq!(released, Released::Delivered);
    assert!(town.service.release(store, &town.permits, &clerk, id).await.is_err(), "once");
    town.round().await;
    let got = town.got();
    assert_eq!(got.len(), 1);
    assert!(got[0].text.contains("【警告】"), "{}", got[0].text);
    // What scanners know by the time of the release is quarantined.
    town.bring(IMITATION).await;
    town.round().await;
    let (id, _) = town.passages().await[0];
    town.scanner.more.lock().unwrap().push("口座".as_bytes().to_vec());
    let released = town.service.release(store, &town.permits, &clerk, id).await.unwrap();
    assert_eq!(released, Released::Quarantined);
    town.scanner.more.lock().unwrap().clear();
    // And what the receiver does not want is refused.
    town.bring(IMITATION).await;
    town.round().await;
    let (id, _) = town.passages().await[0];
    town.service.refuse(store, &clerk, id, true).await.unwrap();
    assert_eq!(town.passages().await[0].1, State::Refused);
}

async fn approved(town: Town) {
    let rules = mail_room::rules::DEFAULT
        .replace("name = \"imitation\"", "name = \"imitation-2\"")
        .replace("\"link-homograph\"]\ndo = \"hold\"", "\"link-homograph\"]\ndo = \"approve\"");
    town.rules(&rules).await;
    town.bring(IMITATION).await;
    town.round().await;
    let (id, state) = town.passages().await[0];
    assert_eq!(state, State::Held);
    let clerk = town.caller(town.clerk).await;
    let store = &town.bench.store;
    let asked = town.service.release(store, &town.permits, &clerk, id).await.unwrap();
    assert_eq!(asked, Released::Asked);
    let asked = town.service.release(store, &town.permits, &clerk, id).await.unwrap();
    assert_eq!(asked, Released::AskedBefore);
    town.round().await;
    assert!(town.got().is_empty(), "nobody approved");
    let mut work = store.begin(town.body).await.unwrap();
    let sql = "SELECT permit FROM mail_approvals WHERE body = $1";
    let permit = work.row(sql, Vec::new()).await.unwrap().unwrap().take(0).unwrap();
    let mut permit = town.permits.find(&mut work, &clerk, permit).await.unwrap();
    permit.decided_by = Some(town.clerk);
    let mechanism: &dyn permits::Mechanism = &mail_room::LetThrough;
    assert!(mechanism.start(&mut work, &permit).await.is_err(), "the receiver is no other person");
    drop(work);
    let mut work = store.begin(town.body).await.unwrap();
    permit.decided_by = Some(town.head);
    mechanism.start(&mut work, &permit).await.unwrap();
    work.commit().await.unwrap();
    town.round().await;
    assert_eq!(town.got().len(), 1);
}

async fn told(town: Town) {
    let signed = "From: a@company.example\nSubject: x\nMIME-Version: 1.0\n\
        Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\
        Content-Transfer-Encoding: base64\n\nMIIB\n";
    town.bring(signed).await;
    town.round().await;
    assert_eq!(town.passages().await[0].1, State::Refused);
    assert!(town.got()[0].subject.contains("読めないメール"), "{}", town.got()[0].subject);
    let rules = mail_room::rules::DEFAULT.replace(
        "name = \"ordinary\"\ndo = \"deliver\"",
        "name = \"closed\"\ndo = \"refuse\"\nwhy = \"試験中です\"",
    );
    town.rules(&rules).await;
    town.bring(PAGE).await;
    town.round().await;
    assert!(town.got()[1].subject.contains("受け取らなかった"), "{}", town.got()[1].subject);
    assert!(!town.raw(1).contains("evil"));
}

async fn found(town: Town) {
    town.bring(PAGE).await;
    town.bring(IMITATION).await;
    town.round().await;
    let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.head).await);
    let find = async |caller: &identity::Caller, words: &[&str]| {
        let mut work = town.bench.store.read(town.body).await.unwrap();
        let words = words.iter().map(|&word| word.to_owned()).collect();
        let search = Search { words, limit: 10, ..Search::default() };
        mail_room::search(&mut work, caller, &search).await.unwrap().len()
    };
    assert_eq!(find(&clerk, &["会議"]).await, 1, "in the text and the subject");
    assert_eq!(find(&clerk, &["口座", "変更"]).await, 1);
    assert_eq!(find(&clerk, &["口座", "会議"]).await, 0);
    assert_eq!(find(&clerk, &["COMPANY.example"]).await, 1, "by the sender");
    assert_eq!(find(&clerk, &["%"]).await, 0, "signs are letters");
    assert_eq!(find(&clerk, &[]).await, 2);
    assert_eq!(find(&head, &[]).await, 0, "another person's mail is not theirs");
}

async fn listed(town: Town) {
    town.bring(IMITATION).await;
    town.round().await;
    let (id, _) = town.passages().await[0];
    // The first round of lists is at the next ten minutes.
    town.later(700).await;
    let got = town.got();
    assert_eq!(got.len(), 1, "one list, for whom something waits");
    assert!(got[0].text.contains("至急") && got[0].text.contains("info@city-midori-lg-jp.example"));
    assert!(town.raw(0).contains("Auto-Submitted: auto-generated"));
    assert!(got[0].text.contains(&id.to_string()));
    town.later(3_600).await;
    assert_eq!(town.got().len(), 1, "not again within the day");
    // Nobody looks: it ends, and its receiver is told.
    town.later(15 * 24 * 3_600).await;
    town.later(700).await;
    assert_eq!(town.passages().await[0].1, State::Ended);
    let got = town.got();
    assert!(got.iter().any(|mail| mail.subject.contains("期限が切れました")));
    // The original goes after its days, and with it the text.
    for _ in 0..3 {
        town.later(16 * 24 * 3_600).await;
        town.later(700).await;
    }
    let mut work = town.bench.store.read(town.body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM mail_letters WHERE body = $1 AND original IS NOT NULL";
    let left: i64 = work.row(sql, Vec::new()).await.unwrap().unwrap().take(0).unwrap();
    let sql = "SELECT COUNT(*) FROM mail_texts WHERE body = $1";
    let texts: i64 = work.row(sql, Vec::new()).await.unwrap().unwrap().take(0).unwrap();
    assert_eq!((left, texts), (0, 0));
}

async fn letters(town: Town) {
    let rules = mail_room::rules::DEFAULT.replace("iso-2022-jp = false", "iso-2022-jp = true");
    town.rules(&rules).await;
    town.bring(PAGE).await;
    town.round().await;
    assert!(town.raw(0).contains("charset=iso-2022-jp"));
    assert!(town.got()[0].text.contains("会議の件です。"));
    let _ = Arc::new(town.now());
}
