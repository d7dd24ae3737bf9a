//! An rspamd that is slow, gone, or says nonsense costs no mail its way.

use std::sync::atomic::{AtomicU32, Ordering};

use base::Task;

use super::*;

/// Answers in turn; nothing is an answer that never comes.
struct Wire {
    answers: Mutex<Vec<Option<std::io::Result<Vec<u8>>>>>,
    asked: AtomicU32,
    told: Mutex<Vec<(&'static str, String)>>,
}

impl SpamServer for Wire {
    fn check<'a>(
        &'a self,
        headers: Vec<(&'static str, String)>,
        _mail: &'a [u8],
    ) -> Task<'a, std::io::Result<Vec<u8>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        *self.told.lock().unwrap() = headers;
        let answer = self.answers.lock().unwrap().remove(0);
        Box::pin(async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}

const SPAM: &[u8] = br#"{"score": 16.0, "required_score": 15.0, "action": "reject"}"#;

fn rspamd(answers: Vec<Option<std::io::Result<Vec<u8>>>>) -> (Rspamd, Arc<Wire>) {
    let wire = Arc::new(Wire {
        answers: Mutex::new(answers),
        asked: AtomicU32::new(0),
        told: Mutex::new(Vec::new()),
    });
    (Rspamd::new("127.0.0.1:11333".to_owned(), wire.clone()), wire)
}

async fn ask(rspamd: &Rspamd, raw: &[u8], now: Instant) -> bool {
    let receivers = ["a@city.midori.lg.jp".to_owned()];
    let delivery = Delivery {
        ip: "192.0.2.7",
        helo: "mx.example.com",
        mail_from: "x@example.com",
        receivers: &receivers,
        queue_id: "4Qabc",
    };
    rspamd.ask_at(&delivery, raw, now).await.is_some()
}

#[tokio::test]
async fn one_that_is_away_is_left_alone_and_asked_again_by_one_mail() {
    let away = || Some(Err(std::io::Error::other("refused")));
    let (mut rspamd, wire) = rspamd(vec![away(), None, Some(Ok(SPAM.to_vec()))]);
    rspamd.ask_max = Duration::from_millis(20);
    let start = Instant::now();
    assert!(!ask(&rspamd, b"a", start).await);
    assert!(rspamd.alarm().is_some());
    for _ in 0..100 {
        assert!(!ask(&rspamd, b"a", start).await);
    }
    assert_eq!(wire.asked.load(Ordering::Relaxed), 1, "no mail waits for one that is away");
    // Slow: of two mails one waits its time, the other not at all.
    let after = start + REST;
    let (one, other) = tokio::join!(ask(&rspamd, b"a", after), ask(&rspamd, b"b", after));
    assert!(!one && !other);
    assert_eq!(wire.asked.load(Ordering::Relaxed), 2);
    assert!(ask(&rspamd, b"a", after + REST).await, "it is well again");
    assert!(rspamd.alarm().is_none());
}

#[tokio::test]
async fn it_is_told_of_the_envelope_and_spared_what_is_large() {
    let (rspamd, wire) = rspamd(vec![Some(Ok(SPAM.to_vec())), Some(Ok(b"<html>".to_vec()))]);
    let now = Instant::now();
    assert!(ask(&rspamd, b"a", now).await);
    let told = wire.told.lock().unwrap().clone();
    for (name, value) in [
        ("IP", "192.0.2.7"),
        ("Helo", "mx.example.com"),
        ("From", "x@example.com"),
        ("Queue-Id", "4Qabc"),
        ("Rcpt", "a@city.midori.lg.jp"),
    ] {
        assert!(told.contains(&(name, value.to_owned())), "{name}: {told:?}");
    }
    assert!(!ask(&rspamd, &vec![b'a'; SHOWN_BYTES_MAX + 1], now).await);
    assert!(rspamd.alarm().is_none(), "a large mail is no trouble");
    assert!(!ask(&rspamd, b"a", now).await);
    assert!(rspamd.alarm().is_some(), "nonsense is");
}
