//! The mails that leave the gate: a delivered one, what follows after a
//! password, and our own words about one. Each is written of what was read, the
//! same each time for the same names and moments.

use base::Timestamp;
use mail_engine::compose::{Draft, Enclosure, Letters, write};
use mail_engine::{Mailbox, Report, ReportedHint, ReportedMailbox, compose, deliver};
use passages::PassageId;

use crate::files::Treated;
use crate::report::Found;
use crate::rules;
use crate::service::GateSettings;
use crate::tables::letters::Letter;

/// What a delivered mail is made of.
pub(crate) struct Making<'a> {
    pub(crate) settings: &'a GateSettings,
    pub(crate) letter: &'a Letter,
    pub(crate) passage: PassageId,
    pub(crate) report: &'a Report,
    /// Hints for this receiver alone.
    pub(crate) hints: &'a [ReportedHint],
    pub(crate) verdicts: Option<&'a mail_engine::auth::Verdicts>,
    pub(crate) write: rules::Write,
}

/// Writes the mail for one receiver: its text and the files in these places.
pub(crate) fn delivered(
    making: &Making<'_>,
    files: &[Treated],
    places: &[usize],
    lines: &[String],
) -> Vec<u8> {
    let mut report = making.report.clone();
    report.hints.extend_from_slice(making.hints);
    let text = format!(
        "{}{}\n{}",
        deliver::heading(&report),
        report.text.trim_end(),
        deliver::changes(&report, lines)
    );
    finished(making, &report, (&report.subject, &text), &enclosures(files, places))
}

/// Writes the mail that follows once a password was found.
pub(crate) fn following(
    making: &Making<'_>,
    files: &[Treated],
    places: &[usize],
    lines: &[String],
) -> Vec<u8> {
    let mut report = making.report.clone();
    // It answers the mail that it belongs to, and has an id of its own.
    if let Some(id) = report.message_id.take() {
        report.references.push(id.clone());
        report.in_reply_to = vec![id];
    }
    report.message_id = Some(format!("{}@{}", making.passage, making.settings.hostname));
    let mut text = String::from(
        "先のメールの、パスワードがかかっていた添付です。開いて無害化しました。\n\
         These attachments were locked; they were opened and made harmless.\n",
    );
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let subject = format!("【添付】{}", report.subject);
    finished(making, &report, (&subject, &text), &enclosures(files, places))
}

fn enclosures<'f>(files: &'f [Treated], places: &[usize]) -> Vec<Enclosure<'f>> {
    let chosen = places.iter().filter_map(|place| files.get(*place)?.output.as_ref());
    chosen.map(|(name, bytes)| Enclosure { name, bytes }).collect()
}

fn finished(
    making: &Making<'_>,
    report: &Report,
    (subject, text): (&str, &str),
    files: &[Enclosure<'_>],
) -> Vec<u8> {
    let checks: Vec<String> =
        report.hints.iter().map(|hint| format!("{}; level={}", hint.code, hint.level)).collect();
    let mut from: Vec<Mailbox> = report.from.iter().map(mailbox).collect();
    from.extend(report.more_from.iter().map(mailbox));
    if from.is_empty() {
        from.push(Mailbox { display: "(差出人なし)".to_owned(), address: String::new() });
    }
    let all = |list: &[ReportedMailbox]| list.iter().map(mailbox).collect::<Vec<_>>();
    let (to, cc) = (all(&report.to), all(&report.cc));
    let (sender, reply_to) = (all(&report.sender), all(&report.reply_to));
    let results = making
        .verdicts
        .map(|verdicts| compose::authentication_results(&making.settings.hostname, verdicts));
    let id = making.passage.to_string();
    let date = date(making.letter.received_at);
    write(&Draft {
        id: &id,
        received_here: &received(making.settings, making.letter, &id),
        received: &report.received,
        authentication: results,
        checks: &checks,
        from: &from,
        sender: &sender,
        reply_to: &reply_to,
        to: &to,
        cc: &cc,
        subject,
        date: report.date.as_deref().unwrap_or(&date),
        message_id: report.message_id.as_deref(),
        in_reply_to: &report.in_reply_to,
        references: &report.references,
        is_automatic: false,
        text,
        files,
        letters: letters(making.write),
    })
}

/// A mail of our own to a mailbox.
pub(crate) fn own(
    settings: &GateSettings,
    (id, at): (&str, Timestamp),
    receiver: &str,
    (subject, text): (&str, &str),
    how: rules::Write,
) -> Vec<u8> {
    let from = [Mailbox {
        display: "関所 Sekisho".to_owned(),
        address: format!("sekisho@{}", settings.hostname),
    }];
    let to = [Mailbox { display: String::new(), address: receiver.to_owned() }];
    let message_id = format!("{id}@{}", settings.hostname);
    let date = date(at);
    write(&Draft {
        id,
        from: &from,
        to: &to,
        subject,
        date: &date,
        message_id: Some(&message_id),
        is_automatic: true,
        text,
        letters: letters(how),
        ..Draft::default()
    })
}

/// What we say about a mail that does not come, or not yet. `word` is `held`,
/// `refused`, `quarantined`, `unreadable`, `locked-ended` or `held-ended`.
pub(crate) fn word(
    settings: &GateSettings,
    letter: &Letter,
    found: &Found,
    passage: Option<PassageId>,
    word: &str,
) -> (String, String) {
    let (subject, ja, en) = match word {
        "held" => (
            "【関所】確認を待っているメールがあります",
            "次のメールは、方針により、あなたの確認を待っています。下のページで中身を確かめ、受け取るかどうかを選んでください。",
            "This mail waits for you: look at it on the page below, and choose.",
        ),
        "refused" => (
            "【関所】受け取らなかったメールがあります",
            "次のメールは、団体の方針により受け取りませんでした。必要なものなら、差出人に別の方法を頼むか、情報システム担当に相談してください。",
            "This mail was not taken, by your body's rules. If you need it, ask its sender for another way, or your IT office.",
        ),
        "quarantined" => (
            "【関所】有害なメールを隔離しました",
            "次のメールから有害なものが見つかったため、隔離しました。あなたがすることはありません。心当たりのある相手なら、電話などで知らせてください。",
            "Something harmful was found in this mail, and it was put away. You need do nothing; if you know the sender, tell them by telephone.",
        ),
        "unreadable" => (
            "【関所】読めないメールがありました",
            "次のメールは、壊れているか、暗号化されているため、安全に読めませんでした。差出人に、別の形で送るよう頼んでください。",
            "This mail is broken or encrypted and could not be read safely. Ask its sender for another form.",
        ),
        "locked-ended" => (
            "【関所】添付の期限が切れました",
            "次のメールの添付は、期限までにパスワードが入らなかったため、渡さずに終わりました。必要なら、差出人に送り直しを頼んでください。",
            "Nobody typed the password of this mail's attachments in time, and they are gone. If you need them, ask the sender to send them again.",
        ),
        _ => (
            "【関所】メールの期限が切れました",
            "次のメールは、期限までに確認されなかったため、渡さずに終わりました。必要なら、差出人に送り直しを頼んでください。",
            "Nobody looked at this mail in time, and it is gone. If you need it, ask the sender to send it again.",
        ),
    };
    let mut text = format!("{ja}\n{en}\n\n");
    let shown = letter.subject.as_deref().filter(|subject| !subject.is_empty());
    text.push_str(&format!("件名 Subject: {}\n", shown.unwrap_or("(件名なし / none)")));
    let display = letter.from_display.as_deref().unwrap_or_default();
    let address = letter.from_address.as_deref().unwrap_or(&letter.sender);
    text.push_str(&format!("差出人 From: {display} <{address}>\n"));
    text.push_str(&format!("受信 Received: {}\n", date(letter.received_at)));
    for hit in &found.hits {
        text.push_str(&format!("検査 Scanner: {hit}\n"));
    }
    if let Some(said) = &found.stopped {
        text.push_str(&format!("理由 Why: {} / {}\n", said.message, said.message_en));
    }
    if let Some(passage) = passage {
        text.push_str(&format!("\n{}/mail/{passage}\n", settings.origin));
    }
    (subject.to_owned(), text)
}

/// The line about files that wait for a password.
pub(crate) fn locked_line(
    settings: &GateSettings,
    passage: PassageId,
    names: &[&str],
    until: Timestamp,
) -> String {
    format!(
        "添付「{}」にはパスワードがかかっています。次のページでパスワードを入れると、無害化したものが届きます\
         (期限 {}): {}/mail/{passage}",
        names.join("」「"),
        day(until),
        settings.origin
    )
}

fn letters(how: rules::Write) -> Letters {
    if how.is_iso_2022_jp { Letters::Iso2022Jp } else { Letters::Utf8 }
}

fn mailbox(mailbox: &ReportedMailbox) -> Mailbox {
    Mailbox { display: mailbox.display.clone(), address: mailbox.address.clone() }
}

/// Our own `Received` (RFC 5321 4.4).
fn received(settings: &GateSettings, letter: &Letter, id: &str) -> String {
    let helo = letter.helo.as_deref().unwrap_or("unknown");
    let client = letter.client.as_deref().unwrap_or("unknown");
    format!(
        "from {helo} ([{client}]) by {} (Sekisho) with ESMTP id {id}; {}",
        settings.hostname,
        date(letter.received_at)
    )
}

/// A moment in the form of RFC 5322 3.3, in Japan's time.
pub(crate) fn date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let local = at.jst();
    let weekday = local.weekday().to_sunday_zero_offset();
    let weekday = usize::try_from(weekday).ok().and_then(|at| DAYS.get(at)).unwrap_or(&"Sun");
    let month = usize::try_from(local.month()).ok().and_then(|at| MONTHS.get(at.wrapping_sub(1)));
    format!(
        "{weekday}, {} {} {} {:02}:{:02}:{:02} +0900",
        local.day(),
        month.unwrap_or(&"Jan"),
        local.year(),
        local.hour(),
        local.minute(),
        local.second()
    )
}

/// A day as people write it.
pub(crate) fn day(at: Timestamp) -> String {
    let local = at.jst();
    format!("{}年{}月{}日", local.year(), local.month(), local.day())
}
