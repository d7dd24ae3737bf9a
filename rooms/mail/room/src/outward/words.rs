//! Our own words about mail that leaves: to its sender, who waits for it, and to
//! whom its attachments' links are for.

use mail_engine::Report;

use crate::letter::date;
use crate::report::Found;
use crate::rules::Outward;
use crate::service::GateSettings;
use crate::tables::letters::Letter;

/// An attachment with the address behind which it lies.
pub(crate) struct Linked {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) address: String,
}

/// What stands in the mail in the place of its attachments.
pub(crate) fn links(all: &[Linked], rules: &Outward) -> String {
    let mut text = format!(
        "----\n添付ファイルは、次のページを開き、ボタンを押すと受け取れます(送信から{days}日間、それぞれ{fetches}回まで)。\n\
         Open a page below and press its button to get the attachment (for {days} days, {fetches} times each).\n",
        days = rules.link_days,
        fetches = rules.link_fetches,
    );
    for one in all {
        text.push_str(&format!("\n{} ({})\n{}\n", one.name, i18n::bytes(one.bytes), one.address));
    }
    text
}

/// What we say to the sender of a mail that does not leave, or not yet. `word` is
/// `out-confirm`, `out-ask`, `out-denied`, `out-sender`, `out-scanner`,
/// `out-unreadable`, `out-never` or `out-ended`.
pub(crate) fn word(
    settings: &GateSettings,
    letter: &Letter,
    found: &Found,
    word: &str,
) -> (String, String) {
    let (subject, ja, en) = said(word);
    let mut text = format!("{ja}\n{en}\n\n");
    let shown = letter.subject.as_deref().filter(|subject| !subject.is_empty());
    text.push_str(&format!("件名 Subject: {}\n", shown.unwrap_or("(件名なし / none)")));
    text.push_str(&format!("送信 Sent: {}\n", date(letter.received_at)));
    let to: Vec<&str> = found.report.iter().flat_map(receivers).take(RECEIVERS_SHOWN).collect();
    if !to.is_empty() {
        text.push_str(&format!("宛先 To: {}\n", to.join(", ")));
    }
    for hit in &found.hits {
        text.push_str(&format!("検査 Scanner: {hit}\n"));
    }
    if let Some(said) = &found.stopped {
        text.push_str(&format!("理由 Why: {} / {}\n", said.message, said.message_en));
    }
    text.push_str(&format!("\n{}/mail/outbox/{}\n", settings.origin, letter.id));
    (subject.to_owned(), text)
}

/// Receivers that a word names.
const RECEIVERS_SHOWN: usize = 10;

fn receivers(report: &Report) -> impl Iterator<Item = &str> {
    report.to.iter().chain(&report.cc).map(|one| one.address.as_str())
}

fn said(word: &str) -> (&'static str, &'static str, &'static str) {
    match word {
        "out-confirm" => (
            "【関所】宛先の確認を待っているメールがあります",
            "次のメールは、宛先やCCに多くの相手が見える形で入っているため、まだ送っていません。下のページで、BCCにするか、このまま送るか、取り消すかを選んでください。",
            "This mail shows many addresses to everybody, and was not sent yet. Choose on the page below: as Bcc, as it is, or not at all.",
        ),
        "out-ask" => (
            "【関所】承認が必要なメールがあります",
            "次のメールは、個人番号などが含まれるか、中身を確かめられないため、まだ送っていません。下のページで理由を確かめ、別の人に承認を頼むか、取り消してください。",
            "This mail holds personal numbers or something that cannot be looked into, and was not sent yet. See why on the page below, and ask another person to approve, or cancel it.",
        ),
        "out-denied" => (
            "【関所】送信が承認されませんでした",
            "次のメールは承認されなかったため、送らずに終わりました。",
            "This mail was not approved, and was not sent.",
        ),
        "out-sender" => (
            "【関所】差出人が異なるため送りませんでした",
            "次のメールの差出人(From)は、あなたや課のメールアドレスではないため、送っていません。差出人を直して送り直してください。",
            "The sender that this mail names is no mailbox of yours, and it was not sent. Send it again from your own address.",
        ),
        "out-scanner" => (
            "【関所】有害なものが見つかったため送りませんでした",
            "次のメールから有害なものが見つかったため、送らずに隔離しました。この端末が感染しているおそれがあります。情報システム担当に連絡してください。",
            "Something harmful was found in this mail, and it was not sent. Your computer may be infected: call your IT office.",
        ),
        "out-unreadable" => (
            "【関所】読めないため送らなかったメールがあります",
            "次のメールは、壊れているか、暗号化されているため、安全に書き直せず、送っていません。別の形で送り直してください。",
            "This mail is broken or encrypted, could not be written anew, and was not sent. Send it again in another form.",
        ),
        "out-never" => (
            "【関所】送れなかったメールがあります",
            "次のメールは、外側のメールサーバーが受け取らなかったため、送れませんでした。情報システム担当に相談してください。",
            "The server outside did not take this mail, and it was not sent. Ask your IT office.",
        ),
        _ => (
            "【関所】送信の期限が切れました",
            "次のメールは、期限までに確認または承認されなかったため、送らずに終わりました。必要なら送り直してください。",
            "Nobody confirmed or approved this mail in time, and it was not sent. Send it again if it is needed.",
        ),
    }
}
