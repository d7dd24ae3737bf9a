//! Mails with locked files (PPAP).

use std::io::Write;

use mail_room::{MailError, Unlocked};
use passages::State;
use zip::write::SimpleFileOptions;
use zip::{AesMode, ZipWriter};

use crate::cases::Case;
use crate::town::{Town, YAMADA, with_file};

pub(crate) const ALL: &[Case] = &[
    ("the_password_of_the_next_mail_opens", |town| Box::pin(next_mail(town))),
    ("the_receiver_types_it", |town| Box::pin(typed(town))),
    ("a_known_password_opens_at_once", |town| Box::pin(standing(town))),
    ("what_nobody_opens_ends_visibly", |town| Box::pin(ends(town))),
    ("what_was_inside_is_treated_too", |town| Box::pin(inside(town))),
];

fn locked(password: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().with_aes_encryption(AesMode::Aes256, password);
    zip.start_file(name, options).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

fn mail(password: &str) -> String {
    let zip = locked(password, "memo.txt", "見積は百万円です".as_bytes());
    with_file(
        "見積書の送付",
        "見積書をお送りします。パスワードは別途お送りします。",
        "mitsumori.zip",
        &zip,
    )
}

async fn next_mail(town: Town) {
    town.bring(&mail("Kx7#mP2q")).await;
    town.round().await;
    let got = town.got();
    assert_eq!(got.len(), 1, "the text does not wait for the password");
    assert!(got[0].text.contains("見積書をお送りします"));
    assert!(got[0].text.contains("「mitsumori.zip」にはパスワード"), "{}", got[0].text);
    assert!(got[0].attachments.is_empty());
    town.in_state(State::Locked).await;
    town.in_state(State::Delivered).await;
    town.bring(&format!(
        "From: 取引先 <sender@company.example>\nTo: {YAMADA}\nSubject: パスワード\n\
         Content-Type: text/plain; charset=utf-8\n\n先ほどの件です。\nパスワード: Kx7#mP2q\n"
    ))
    .await;
    town.round().await;
    town.later(60).await;
    let got = town.got();
    assert_eq!(got.len(), 3, "both mails, and what was locked");
    let following = got.iter().find(|mail| !mail.attachments.is_empty()).unwrap();
    assert!(following.subject.contains("見積書の送付"));
    assert_eq!(following.in_reply_to.len(), 1, "it belongs to the mail");
    assert!(town.passages().await.iter().all(|(_, state)| *state == State::Delivered));
    // Nothing typed or found stands in any row.
    let mut work = town.bench.store.read(town.body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM mail_locks WHERE body = $1";
    let locks: i64 = work.row(sql, Vec::new()).await.unwrap().unwrap().take(0).unwrap();
    assert_eq!(locks, 0);
}

async fn typed(town: Town) {
    town.bring(&mail("correct-horse-9")).await;
    town.round().await;
    let id = town.in_state(State::Locked).await;
    let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.head).await);
    let store = &town.bench.store;
    let unlock = async |caller: &identity::Caller, word: &str| {
        town.service.unlock(store, caller, id, vec![word.to_owned()]).await
    };
    assert!(matches!(unlock(&head, "correct-horse-9").await, Err(MailError::NotThere)));
    for tries in 1..=5 {
        assert_eq!(unlock(&clerk, "wrong").await.unwrap(), Unlocked::Wrong { tries });
    }
    let waits = unlock(&clerk, "correct-horse-9").await;
    assert!(matches!(waits, Err(MailError::TooManyTries { .. })), "{waits:?}");
    town.bench.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(unlock(&clerk, "correct-horse-9").await.unwrap(), Unlocked::Delivered);
    assert!(unlock(&clerk, "correct-horse-9").await.is_err(), "once");
    town.round().await;
    assert_eq!(town.got().iter().filter(|mail| !mail.attachments.is_empty()).count(), 1);
    let mut work = store.read(town.body).await.unwrap();
    let sql = "SELECT details FROM records WHERE body = $1";
    for mut row in work.rows(sql, Vec::new()).await.unwrap() {
        let details: String = row.take(0).unwrap();
        assert!(!details.contains("correct-horse"), "{details}");
    }
}

async fn standing(town: Town) {
    let store = &town.bench.store;
    // Rows of the list are written by the service; the caller needs a duty that
    // this town gives nobody.
    let clerk = town.caller(town.clerk).await;
    let mut work = store.begin(town.body).await.unwrap();
    let refused = town.service.add_password(&mut work, &clerk, "取引先", "Daihyo-2026").await;
    assert!(refused.is_err(), "only who manages the system");
    drop(work);
    // The body of the mail itself tells it.
    let zip = locked("abc12345", "memo.txt", b"x");
    let text = "パスワードは「abc12345」です。";
    town.bring(&with_file("資料", text, "shiryo.zip", &zip)).await;
    town.round().await;
    let got = town.got();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].attachments.len(), 1, "{}", got[0].text);
}

async fn ends(town: Town) {
    town.bring(&mail("never-told-1")).await;
    town.round().await;
    town.later(8 * 24 * 3_600).await;
    town.later(700).await;
    town.in_state(State::Ended).await;
    let got = town.got();
    let last = got.iter().find(|mail| mail.subject.contains("添付の期限")).unwrap();
    assert!(last.text.contains("見積書の送付"));
}

async fn inside(town: Town) {
    let eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    let zip = locked("abc12345", "a.txt", eicar);
    town.bring(&with_file("資料", "パスワード: later", "a.zip", &zip)).await;
    town.round().await;
    let id = town.in_state(State::Locked).await;
    let clerk = town.caller(town.clerk).await;
    let done =
        town.service.unlock(&town.bench.store, &clerk, id, vec!["abc12345".to_owned()]).await;
    assert_eq!(done.unwrap(), Unlocked::Quarantined);
    town.round().await;
    assert!(town.got().iter().all(|mail| mail.attachments.is_empty()));
}
