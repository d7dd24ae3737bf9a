//! Mails that leave: taken once, held, called back, handed over once, signed.

use std::sync::Arc;

use mail_engine::auth::{Answer, Answers, Outcome, Question, RecordKind, Step, check};
use mail_engine::{Limits, Message, read};
use mail_room::{Arrived, Leaving, LetterId, NotTaken, OutgoingLine, OutgoingShown};
use passages::State;
use store::args;

use crate::cases::Case;
use crate::town::{Fate, TAX, Town, YAMADA, signer};

pub(crate) const ALL: &[Case] = &[
    ("a_mail_leaves_after_its_hold_without_the_inside", |town| Box::pin(leaves(town))),
    ("what_leaves_is_signed", |town| Box::pin(signed(town))),
    ("what_leaves_is_taken_once", |town| Box::pin(once(town))),
    ("only_own_mailboxes_send_outward", |town| Box::pin(strangers(town))),
    ("what_is_called_back_never_leaves", |town| Box::pin(cancelled(town))),
    ("of_calling_back_and_leaving_one_wins", |town| Box::pin(race(town))),
    ("a_kill_at_every_step_outward_loses_and_doubles_nothing", |town| Box::pin(kills(town))),
    ("a_scanner_stops_what_leaves", |town| Box::pin(harmful(town))),
    ("what_leaves_waits_not_at_all_where_the_rule_says_so", |town| Box::pin(at_once(town))),
];

pub(crate) const CITIZEN: &str = "citizen@world.example";

pub(crate) const LETTER: &str = "Received: from pc-7.lgwan.midori (10.1.2.3) by inner; Wed, 1 Apr 2026 09:00:00 +0900\n\
    X-Originating-IP: [10.1.2.3]\nX-Mailer: Secret 1.0\n\
    From: =?UTF-8?B?5bGx55Sw?= <yamada@city.midori.lg.jp>\nTo: citizen@world.example\n\
    Subject: =?UTF-8?B?44GK55+l44KJ44Gb?=\nDate: Wed, 1 Apr 2026 09:00:00 +0900\n\
    Message-ID: <7@city.midori.lg.jp>\nIn-Reply-To: <6@world.example>\nMIME-Version: 1.0\n\
    Content-Type: text/html; charset=utf-8\n\n\
    <p>申請は<a href=\"https://www.city.midori.lg.jp/x\">こちら</a>です。</p><script>alert(1)</script>\n";

impl Town {
    pub(crate) fn going(&self, ident: &str, to: &[&str], mail: &str) -> Arrived {
        Arrived {
            sender: YAMADA.to_owned(),
            receivers: to.iter().map(|&one| one.to_owned()).collect(),
            client: Some("10.1.2.3".parse().unwrap()),
            helo: Some("mail.lgwan.midori".to_owned()),
            ident: Some(ident.to_owned()),
            bytes: Arc::from(mail.replace('\n', "\r\n").as_bytes()),
        }
    }

    /// A mail that Yamada sends outside, read but not gone.
    pub(crate) async fn send_out(&self, ident: &str, to: &[&str], mail: &str) -> LetterId {
        self.bench.clock.advance(std::time::Duration::from_millis(10));
        let going = self.going(ident, to, mail);
        assert_eq!(self.gate.take_out(&going).await, Ok::<(), NotTaken>(()));
        self.round().await;
        self.out().await[0].row.letter
    }

    /// What Yamada sent, newest first.
    pub(crate) async fn out(&self) -> Vec<OutgoingLine> {
        let caller = self.caller(self.clerk).await;
        let mut work = self.bench.store.read(self.body).await.unwrap();
        mail_room::outgoing(&mut work, &caller, false, (None, None), 100).await.unwrap()
    }

    pub(crate) async fn shown_out(&self, id: LetterId) -> OutgoingShown {
        let caller = self.caller(self.clerk).await;
        let mut work = self.bench.store.read(self.body).await.unwrap();
        mail_room::show_outgoing(&mut work, &self.permits, &caller, id).await.unwrap()
    }

    /// What the Postfix outside has, as it came.
    pub(crate) fn gone(&self) -> Vec<(String, Vec<u8>)> {
        let got = self.beyond.got.lock().unwrap();
        got.iter().map(|(_, envelope, bytes)| (envelope.receiver.clone(), bytes.clone())).collect()
    }

    pub(crate) fn gone_as_read(&self) -> Vec<Message> {
        let all = self.gone();
        all.iter().map(|(_, bytes)| read(bytes, &Limits::default()).unwrap()).collect()
    }
}

async fn leaves(town: Town) {
    let id = town.send_out("4Qout1", &[CITIZEN, "Other.Person@elsewhere.example"], LETTER).await;
    let line = &town.out().await[0];
    assert_eq!((line.row.state, line.receivers), (Leaving::Waiting, 2));
    assert_eq!(line.subject.as_deref(), Some("お知らせ"));
    assert_eq!(line.row.leaves_at.millis() - line.received_at.millis(), 60_000);
    town.later(50).await;
    assert!(town.gone().is_empty(), "it is held");
    assert_eq!(town.shown_out(id).await.passage.state, State::Received);
    town.later(15).await;
    let mut gone = town.gone();
    gone.sort();
    let receivers: Vec<&str> = gone.iter().map(|(receiver, _)| receiver.as_str()).collect();
    assert_eq!(receivers, ["Other.Person@elsewhere.example", CITIZEN]);
    assert_eq!(gone[0].1, gone[1].1, "the same mail");
    assert!(town.got().is_empty(), "nothing goes inward");
    let raw = String::from_utf8(gone[0].1.clone()).unwrap();
    for inside in ["Received:", "X-Originating", "X-Mailer", "10.1.2.3", "lgwan", "X-Sekisho"] {
        assert!(!raw.contains(inside), "{inside}: {raw}");
    }
    let message = &town.gone_as_read()[0];
    assert_eq!(message.from[0].address, YAMADA);
    assert_eq!(message.message_id.as_deref(), Some("7@city.midori.lg.jp"));
    assert_eq!(message.in_reply_to, ["6@world.example"]);
    assert!(message.text.contains("申請は"), "{}", message.text);
    assert_eq!(message.links[0].target, "https://www.city.midori.lg.jp/x", "it stays a link");
    assert!(!message.has_removed("mail-script"), "no script is left to remove");
    let shown = town.shown_out(id).await;
    assert_eq!((shown.row.state, shown.passage.state), (Leaving::Gone, State::Delivered));
    assert_eq!(shown.deliveries.len(), 2);
    for seconds in [60, 1_000, 10_000] {
        town.later(seconds).await;
    }
    assert_eq!(town.gone().len(), 2, "once");
    let (_, envelope, _) = town.beyond.got.lock().unwrap()[0].clone();
    assert_eq!(envelope.sender, YAMADA);
}

async fn signed(town: Town) {
    let Some(signer) = signer() else {
        eprintln!("skipped: no openssl");
        return;
    };
    town.send_out("4Qout1", &[CITIZEN], LETTER).await;
    town.later(61).await;
    let (_, mail) = town.gone()[0].clone();
    let judged = |mail: &[u8]| {
        let mut answers = Answers::default();
        for _ in 0..20 {
            match check(mail, None, &answers, u64::try_from(town.now().millis() / 1_000).unwrap()) {
                Step::Done(verdicts) => return verdicts.dkim[0].outcome,
                Step::Ask(questions) => {
                    for question in questions {
                        let name = signer.name("city.midori.lg.jp");
                        let is_key = question == Question::new(RecordKind::Txt, &name);
                        let record = signer.record().into_bytes();
                        let answer =
                            if is_key { Answer::Txt(vec![record]) } else { Answer::Nothing };
                        answers.put(question, answer);
                    }
                }
            }
        }
        panic!("never done");
    };
    assert_eq!(judged(&mail), Outcome::Pass, "{}", String::from_utf8_lossy(&mail));
    let at = mail.len() - 10;
    let mut changed = mail.clone();
    changed[at] ^= 1;
    assert_eq!(judged(&changed), Outcome::Fail, "one bit");
}

async fn once(town: Town) {
    let going = town.going("4Qout1", &[CITIZEN], LETTER);
    for _ in 0..3 {
        town.gate.take_out(&going).await.unwrap();
        town.round().await;
    }
    let mut wider = going.clone();
    wider.receivers.push("b@world.example".to_owned());
    let (one, two) = tokio::join!(town.gate.take_out(&wider), town.gate.take_out(&wider));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    town.gate.take_out(&wider).await.unwrap();
    town.round().await;
    town.later(61).await;
    let mut receivers: Vec<String> =
        town.gone().into_iter().map(|(receiver, _)| receiver).collect();
    receivers.sort();
    assert_eq!(receivers, ["b@world.example", CITIZEN]);
    // The same name in the other queue is another mail.
    town.gate.take_in(&town.arrived("4Qout1", YAMADA, LETTER)).await.unwrap();
    town.round().await;
    assert_eq!(town.passages().await.len(), 1);
}

async fn strangers(town: Town) {
    let senders = ["nobody@city.midori.lg.jp", "", "yamada@elsewhere.example", "not an address"];
    for sender in senders {
        let going = Arrived { sender: sender.to_owned(), ..town.going("4Qo", &[CITIZEN], LETTER) };
        let said = town.gate.take_out(&going).await;
        assert!(matches!(said, Err(NotTaken::Never(_))), "{sender}: {said:?}");
    }
    let said = town.gate.take_out(&town.going("4Qo", &[CITIZEN, TAX], LETTER)).await;
    assert!(matches!(said, Err(NotTaken::Never(_))), "inside is not outside: {said:?}");
    assert!(town.out().await.is_empty(), "nothing was kept of any");
    let own = "<yamada@city.midori.lg.jp>";
    for (ident, from) in [("4Qa", "<mayor@city.midori.lg.jp>"), ("4Qb", "<yamada@bank.example>")] {
        let id = town.send_out(ident, &[CITIZEN], &LETTER.replace(own, from)).await;
        let shown = town.shown_out(id).await;
        assert_eq!((shown.row.state, shown.passage.state), (Leaving::Stopped, State::Refused));
    }
    let two = LETTER.replace(own, "<yamada@city.midori.lg.jp>, a@bank.example");
    let id = town.send_out("4Qc", &[CITIZEN], &two).await;
    assert_eq!(town.shown_out(id).await.row.state, Leaving::Stopped);
    let told = town.got();
    assert_eq!(told.len(), 3);
    assert!(told[0].subject.contains("差出人が異なる"), "{}", told[0].subject);
    assert!(told[0].text.contains("/mail/outbox/"), "{}", told[0].text);
    // The section's mail goes in the name of any of its mailboxes.
    let section = Arrived {
        sender: TAX.to_owned(),
        ..town.going("4Qd", &[CITIZEN], &LETTER.replace("yamada@city", "zei@city"))
    };
    town.gate.take_out(&section).await.unwrap();
    town.round().await;
    town.later(61).await;
    assert_eq!(town.gone().len(), 1);
}

async fn cancelled(town: Town) {
    let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.head).await);
    let (store, permits) = (&town.bench.store, &town.permits);
    let id = town.send_out("4Qout1", &[CITIZEN], LETTER).await;
    assert!(town.service.cancel(store, permits, &head, id).await.is_err(), "not theirs");
    town.service.cancel(store, permits, &clerk, id).await.unwrap();
    assert!(town.service.cancel(store, permits, &clerk, id).await.is_err(), "once");
    assert!(town.service.send_now(store, &clerk, id).await.is_err(), "it is over");
    let shown = town.shown_out(id).await;
    assert_eq!((shown.row.state, shown.passage.state), (Leaving::Cancelled, State::Refused));
    assert!(shown.row.prepared.is_none());
    // Before anybody has read it, too.
    let going = town.going("4Qout2", &[CITIZEN], LETTER);
    town.bench.clock.advance(std::time::Duration::from_millis(10));
    town.gate.take_out(&going).await.unwrap();
    let unread = town.out().await[0].row.letter;
    town.service.cancel(store, permits, &clerk, unread).await.unwrap();
    town.round().await;
    town.later(600).await;
    assert!(town.gone().is_empty());
    // What has left cannot be called back, and what hurries does not wait.
    let id = town.send_out("4Qout3", &[CITIZEN], LETTER).await;
    town.service.send_now(store, &clerk, id).await.unwrap();
    town.round().await;
    assert_eq!(town.gone().len(), 1);
    assert!(town.service.cancel(store, permits, &clerk, id).await.is_err());
    town.later(600).await;
    assert_eq!(town.gone().len(), 1);
    let mut work = store.read(town.body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM records WHERE body = $1 AND action = $2";
    let mut row = work.row(sql, args!["mail.cancelled"]).await.unwrap().unwrap();
    assert_eq!(row.take::<i64>(0).unwrap(), 2, "each stands in the ledger");
}

async fn race(town: Town) {
    let clerk = town.caller(town.clerk).await;
    let (mut left, mut called) = (0, 0);
    for round in 0..20_u64 {
        let id = town.send_out(&format!("4Qrace{round}"), &[CITIZEN], LETTER).await;
        let before = town.gone().len();
        town.bench.clock.advance(std::time::Duration::from_secs(61));
        let cancel = async {
            // Real time: the other side is at another step each time.
            tokio::time::sleep(std::time::Duration::from_millis(round * 3 / 2)).await;
            town.service.cancel(&town.bench.store, &town.permits, &clerk, id).await
        };
        let (cancelled, ()) = tokio::join!(cancel, town.round());
        for _ in 0..3 {
            town.later(30).await;
        }
        let is_gone = town.gone().len() == before + 1;
        assert_eq!(town.gone().len(), before + usize::from(is_gone));
        assert_eq!(cancelled.is_ok(), !is_gone, "exactly one, in round {round}");
        let wanted = if is_gone { Leaving::Gone } else { Leaving::Cancelled };
        assert_eq!(town.shown_out(id).await.row.state, wanted);
        if is_gone { left += 1 } else { called += 1 }
    }
    println!("left {left}, called back {called}");
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
        town.beyond.fate.lock().unwrap().clone_from(&fate);
        *town.beyond.is_silent.lock().unwrap() = true;
        town.send_out(&format!("4Qkill{count}"), &[CITIZEN], LETTER).await;
        town.later(61).await;
        let before = town.gone().len();
        town.later(1_000).await;
        if fate.first() == Some(&Fate::Breaks) {
            assert_eq!(town.gone().len(), before, "unknown waits");
        }
        *town.beyond.is_silent.lock().unwrap() = false;
        for _ in 0..6 {
            town.later(1_000).await;
        }
        assert_eq!(town.gone().len(), count + 1, "{fate:?}");
    }
    // What the server outside never takes is told to its sender.
    town.beyond.fate.lock().unwrap().push(Fate::Never);
    town.send_out("4Qnever", &[CITIZEN], LETTER).await;
    for _ in 0..3 {
        town.later(1_000).await;
    }
    assert_eq!(town.gone().len(), 6);
    let told: Vec<String> = town.got().into_iter().map(|mail| mail.subject).collect();
    assert!(told.iter().any(|subject| subject.contains("送れなかった")), "{told:?}");
    // A scanner that is away keeps mails waiting, and none leaves unseen.
    *town.scanner.is_away.lock().unwrap() = true;
    town.send_out("4Qaway", &[CITIZEN], LETTER).await;
    town.later(120).await;
    assert_eq!(town.gone().len(), 6);
    *town.scanner.is_away.lock().unwrap() = false;
    town.later(120).await;
    town.later(60).await;
    assert_eq!(town.gone().len(), 7);
}

async fn harmful(town: Town) {
    let eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    let mail = crate::town::with_file("お知らせ", "x", "a.txt", eicar)
        .replace("sender@company.example", YAMADA);
    let id = town.send_out("4Qbad", &[CITIZEN], &mail).await;
    let shown = town.shown_out(id).await;
    assert_eq!((shown.row.state, shown.passage.state), (Leaving::Stopped, State::Quarantined));
    town.later(600).await;
    assert!(town.gone().is_empty());
    assert!(town.got()[0].text.contains("clamd: Eicar"), "{}", town.got()[0].text);
}

async fn at_once(town: Town) {
    let rules = mail_room::rules::DEFAULT.replace("hold-minutes = 1", "hold-minutes = 0");
    town.rules(&rules).await;
    town.send_out("4Qnow", &[CITIZEN], LETTER).await;
    town.round().await;
    assert_eq!(town.gone().len(), 1);
}
