//! Suspicious mails with the hint that they must give, and ordinary ones that
//! must not carry a heavy one.

use super::*;
use crate::auth::{Outcome, Verdict};
use crate::{Limits, read};

fn setting() -> Setting {
    Setting {
        own_domains: vec!["city.midori.lg.jp".into()],
        known_domains: vec!["pref.aoba.lg.jp".into(), "aoba-gas.co.jp".into()],
        is_from_outside: true,
        ..Setting::default()
    }
}

fn hints(mail: &str) -> Vec<Hint> {
    let message = read(mail.replace('\n', "\r\n").as_bytes(), &Limits::default()).unwrap();
    look(&message, &Verdicts::default(), &setting())
}

fn names(mail: &str) -> Vec<&'static str> {
    hints(mail).iter().map(|hint| hint.code.id).collect()
}

const TEXT: &str = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n";

#[test]
fn suspicious_mails_carry_their_hint() {
    let cases: &[(&str, &str, &str)] = &[
        ("sender-free-mail-official-name", "From: 総務省 <x@gmail.com>\nSubject: s", "本文"),
        ("sender-free-mail", "From: x@yahoo.co.jp\nSubject: s", "本文"),
        ("sender-look-alike", "From: 緑野市 <a@city.midorl.lg.jp>\nSubject: s", "本文"),
        ("sender-look-alike", "From: a@xn--pple-43d.com\nSubject: s", "本文"),
        ("sender-look-alike", "From: a@aoba-gaz.co.jp\nSubject: s", "本文"),
        ("sender-name-claims-public-body", "From: 国税庁 <a@nta-info.example>\nSubject: s", "本文"),
        (
            "sender-name-shows-other-address",
            "From: \"info@soumu.go.jp\" <a@b.example>\nSubject: s",
            "本文",
        ),
        ("sender-missing", "Subject: s", "本文"),
        ("sender-missing", "From: 総務課\nSubject: s", "本文"),
        ("sender-several", "From: a@b.example, c@d.example\nSubject: s", "本文"),
        ("header-repeated", "From: a@b.example\nFrom: c@d.example\nSubject: s", "本文"),
        ("header-repeated", "From: a@b.example\nSubject: s\nSubject: t", "本文"),
        (
            "sender-own-domain-from-outside",
            "From: 市長 <mayor@city.midori.lg.jp>\nSubject: s",
            "本文",
        ),
        (
            "reply-to-other-organisation",
            "From: a@b.example\nReply-To: a@c.example\nSubject: s",
            "本文",
        ),
        ("reply-to-free-mail", "From: a@b.example\nReply-To: a@gmail.com\nSubject: s", "本文"),
        (
            "return-path-other-organisation",
            "Return-Path: <b@bulk.example>\nFrom: a@b.example\nSubject: s",
            "本文",
        ),
        ("subject-empty", "From: a@b.example\nSubject:", "本文"),
        (
            "wording-urgent-with-link",
            "From: a@b.example\nSubject: 【至急】確認",
            "https://c.example/x",
        ),
        ("wording-urgent", "From: a@b.example\nSubject: 至急", "本文"),
        ("wording-payment", "From: a@b.example\nSubject: 請求書の送付", "本文"),
        ("wording-credentials", "From: a@b.example\nSubject: s", "パスワードを\n更新してください"),
        (
            "wording-account-changed",
            "From: a@b.example\nSubject: s",
            "このたび振込先を変更いたしました",
        ),
        (
            "wording-blackmail",
            "From: a@b.example\nSubject: s",
            "ハッキングしました。カメラで録画した動画があります。ビットコインで払え",
        ),
        (
            "wording-translated",
            "From: a@b.example\nSubject: s",
            "親愛なるお客様、あなたのアカウントは危険です",
        ),
        (
            "wording-chinese-letters",
            "From: a@b.example\nSubject: s",
            "こちらの门から进んで确認してください。よろしくお願いします。",
        ),
        (
            "wording-mixed-kana",
            "From: a@b.example\nSubject: s",
            "ｱカウントとﾛグインを確認してください。おねがいします",
        ),
        (
            "wording-mixed-punctuation",
            "From: a@b.example\nSubject: s",
            "本日は，ご確認，よろしく。これは、あれは、どうぞ。",
        ),
        (
            "link-mismatch",
            "From: a@b.example\nSubject: s\nContent-Type: text/html",
            "<a href='https://e.example'>https://www.nta.go.jp/</a>",
        ),
        ("link-look-alike", "From: a@b.example\nSubject: s", "https://www.arnazon.co.jp/"),
        ("link-shortener", "From: a@b.example\nSubject: s", "https://bit.ly/x"),
        ("link-ip-address", "From: a@b.example\nSubject: s", "http://192.0.2.1/x"),
        ("link-user-info", "From: a@b.example\nSubject: s", "https://www.jcb.co.jp@e.example/"),
        ("link-download", "From: a@b.example\nSubject: s", "https://e.example/a.exe"),
        (
            "page-form",
            "From: a@b.example\nSubject: s\nContent-Type: text/html",
            "<form><input type=password></form>",
        ),
        (
            "page-script",
            "From: a@b.example\nSubject: s\nContent-Type: text/html",
            "<script>x</script>",
        ),
        (
            "page-refresh",
            "From: a@b.example\nSubject: s\nContent-Type: text/html",
            "<meta http-equiv=refresh content='0;url=https://e.example'>",
        ),
        (
            "page-hidden-text",
            "From: a@b.example\nSubject: s\nContent-Type: text/html",
            "<p style='display:none'>x</p>",
        ),
    ];
    for (wanted, head, body) in cases {
        let html = head.contains("text/html");
        let kind = if html { "" } else { TEXT };
        let mail = format!("{head}\n{kind}\n{body}\n");
        assert!(names(&mail).contains(wanted), "{wanted}: {:?} in {mail}", names(&mail));
    }
}

#[test]
fn suspicious_files_carry_their_hint() {
    let zip_locked = "UEsDBBQACQAIAAAAIQAAAAAAAAAAAAAAAAABAAAAYQ==";
    let cases: &[(&str, &str, &str)] = &[
        ("file-program", "setup.bin", "TVqQAAMAAAA="),
        ("file-program", "photo.scr", "AAAA"),
        ("file-double-extension", "請求書.pdf.exe", "TVqQAAMAAAA="),
        ("file-double-extension", "請求書.pdf          .exe", "TVqQAAMAAAA="),
        ("file-name-spaces", "請求書.pdf          .exe", "TVqQAAMAAAA="),
        ("file-name-turned", "invoice\u{202E}fdp.exe", "TVqQAAMAAAA="),
        ("file-type-mismatch", "a.pdf", "TVqQAAMAAAA="),
        ("file-type-mismatch", "a.docx", "JVBERi0xLjQ="),
        ("file-script", "a.js", "dmFyIGE7"),
        ("file-script", "a.lnk", "TAAAAAEUAgAAAAAA"),
        ("file-disk-image", "a.iso", "AAAA"),
        ("file-page", "a.html", "PGh0bWw+"),
        ("file-notes", "a.one", "5FJce4zYp00="),
        ("file-locked", "a.zip", zip_locked),
    ];
    for (wanted, name, data) in cases {
        let mail = format!(
            "From: a@b.example\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nx\n--m\n\
             Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"{name}\"\n\
             Content-Transfer-Encoding: base64\n\n{data}\n--m--\n"
        );
        assert!(names(&mail).contains(wanted), "{wanted}: {:?} of {name}", names(&mail));
    }
}

#[test]
fn ordinary_mails_carry_no_heavy_hint() {
    let ordinary = [
        "From: 総務課 <soumu@pref.aoba.lg.jp>\nSubject: 会議の開催について\n{T}\n下記のとおり開催します。\nhttps://www.pref.aoba.lg.jp/kaigi/\n",
        "From: 総務省 <info@soumu.go.jp>\nSubject: 通知\n{T}\n標記について、別添のとおり通知します。\n",
        "From: 山田 <yamada@gmail.com>\nSubject: 問い合わせ\n{T}\n窓口は何時までですか。\n",
        "From: \"緑野商店\" <info@midori-shoten.co.jp>\nSubject: お見積り\n{T}\nいつもお世話になっております。見積書をお送りします。\n",
        "Return-Path: <bounce@mail.example.net>\nFrom: News <news@example.com>\nSubject: Weekly news\nContent-Type: text/html\n\n<p>Hello <a href='https://example.com/a'>read more</a></p><img src='https://example.com/a.gif' width=1 height=1>\n",
        "From: 楽天 <info@mail.rakuten.co.jp>\nSubject: お買い物\n{T}\nhttps://www.rakuten.co.jp/\n",
        "From: 水道局 <suido@city.aoba.aoba.jp>\nSubject: 断水のお知らせ\n{T}\n断水します。\n",
    ];
    for mail in ordinary {
        let mail = mail.replace("{T}", TEXT);
        let heavy: Vec<_> =
            hints(&mail).into_iter().filter(|hint| hint.code.level == Level::Warning).collect();
        assert!(heavy.is_empty(), "{heavy:?} in {mail}");
    }
}

#[test]
fn checks_of_the_sender_become_hints() {
    let verdict = |outcome| Verdict { outcome, domain: "b.example".into(), reason: String::new() };
    let message =
        read(b"From: a@b.example\r\nSubject: s\r\n\r\nx\r\n", &Limits::default()).unwrap();
    let look = |verdicts: &Verdicts| {
        look(&message, verdicts, &setting()).iter().map(|hint| hint.code.id).collect::<Vec<_>>()
    };
    let mut verdicts = Verdicts {
        spf: verdict(Outcome::Fail),
        dkim: vec![verdict(Outcome::Fail)],
        dmarc: verdict(Outcome::Fail),
        arc: verdict(Outcome::Pass),
        policy: "reject".into(),
    };
    assert_eq!(look(&verdicts), ["dmarc-fail", "spf-fail", "dkim-fail", "arc-forwarded"]);
    verdicts.dkim.push(verdict(Outcome::Pass));
    assert!(!look(&verdicts).contains(&"dkim-fail"));
    let nothing = verdict(Outcome::None);
    let verdicts = Verdicts {
        spf: nothing.clone(),
        dkim: vec![nothing.clone()],
        dmarc: nothing.clone(),
        arc: nothing,
        ..Verdicts::default()
    };
    assert_eq!(look(&verdicts), ["sender-not-authenticated"]);
}

#[test]
fn history_is_told_where_it_is_known() {
    let message = read(b"From: a@b.example\r\nSubject: s\r\n\r\nPlease find the weekly report below, thank you.\r\n", &Limits::default()).unwrap();
    let mut setting = setting();
    setting.history = History {
        is_first_for_body: Some(true),
        is_first_for_receiver: Some(true),
        was_never_written_to: Some(true),
        usual_language: Some(Language::Japanese),
    };
    let hints = look(&message, &Verdicts::default(), &setting);
    let names: Vec<_> = hints.iter().map(|hint| hint.code.id).collect();
    assert_eq!(
        names,
        ["sender-first-for-body", "wording-other-language", "sender-never-written-to"]
    );
}

#[test]
fn hints_have_names_of_their_own_and_both_languages() {
    let mut ids: Vec<_> = HINTS.iter().map(|code| code.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), HINTS.len());
    assert!(HINTS.iter().all(|code| !code.ja.is_ascii() && code.en.is_ascii()));
    let hint = Hint { code: HINTS[0], detail: "a@b.example".into() };
    assert_eq!(hint.header_value(), "sender-first-for-body; level=caution");
    assert!(hint.message_ja().ends_with("（a@b.example）"));
}
