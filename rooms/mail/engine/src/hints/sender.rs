//! Who sent it, and what does not fit together about that.

use super::codes::{
    ARC_FAIL, ARC_FORWARDED, DKIM_FAIL, DMARC_FAIL, FIRST_FOR_BODY, FIRST_FOR_RECEIVER, FREE_MAIL,
    FREE_MAIL_OFFICIAL, LOOK_ALIKE, NAME_CLAIMS_BODY, NAME_HAS_ADDRESS, NEVER_WRITTEN_TO, NO_FROM,
    NOT_AUTHENTICATED, OWN_FROM_OUTSIDE, REPLY_ELSEWHERE, REPLY_FREE_MAIL, RETURN_ELSEWHERE,
    SEVERAL_FROM, SPF_FAIL,
};
use super::{Hints, Setting};
use crate::auth::{Outcome, Verdicts};
use crate::message::{Mailbox, Message};
use crate::names;

pub(super) fn look(message: &Message, verdicts: &Verdicts, setting: &Setting, hints: &mut Hints) {
    history(setting, hints);
    authentication(verdicts, hints);
    let Some(from) = message.from.iter().find(|from| !from.address.is_empty()) else {
        hints.add(&NO_FROM, message.from.first().map_or("", |from| &from.display));
        return;
    };
    let organisations: std::collections::BTreeSet<String> = message
        .from
        .iter()
        .map(Mailbox::domain)
        .map(|domain| names::organisation(&domain))
        .collect();
    if organisations.len() > 1 {
        let all: Vec<&str> = message.from.iter().map(|from| from.address.as_str()).collect();
        hints.add(&SEVERAL_FROM, &all.join(", "));
    }
    for from in message.from.iter().filter(|from| !from.address.is_empty()) {
        one(from, setting, hints);
    }
    if let Some(sender) = message.sender.iter().find(|sender| !sender.address.is_empty()) {
        resemblance(sender, setting, hints);
    }
    answers(message, from, setting, hints);
}

fn history(setting: &Setting, hints: &mut Hints) {
    let known = &setting.history;
    if known.is_first_for_body == Some(true) {
        hints.add(&FIRST_FOR_BODY, "");
    } else if known.is_first_for_receiver == Some(true) {
        hints.add(&FIRST_FOR_RECEIVER, "");
    }
    if known.was_never_written_to == Some(true) {
        hints.add(&NEVER_WRITTEN_TO, "");
    }
}

fn authentication(verdicts: &Verdicts, hints: &mut Hints) {
    if verdicts.dmarc.outcome == Outcome::Fail {
        hints.add(&DMARC_FAIL, &verdicts.dmarc.domain);
    }
    if matches!(verdicts.spf.outcome, Outcome::Fail | Outcome::SoftFail) {
        hints.add(&SPF_FAIL, &verdicts.spf.domain);
    }
    let signatures = &verdicts.dkim;
    let has_pass = signatures.iter().any(|one| one.outcome == Outcome::Pass);
    if let Some(failed) = signatures.iter().find(|one| one.outcome == Outcome::Fail)
        && !has_pass
    {
        hints.add(&DKIM_FAIL, &failed.domain);
    }
    match verdicts.arc.outcome {
        Outcome::Pass => hints.add(&ARC_FORWARDED, &verdicts.arc.domain),
        Outcome::Fail => hints.add(&ARC_FAIL, &verdicts.arc.domain),
        Outcome::None
        | Outcome::Neutral
        | Outcome::SoftFail
        | Outcome::TempError
        | Outcome::PermError
        | Outcome::Unchecked => {}
    }
    let says_nothing = |outcome| matches!(outcome, Outcome::None | Outcome::Neutral);
    if says_nothing(verdicts.spf.outcome)
        && says_nothing(verdicts.dmarc.outcome)
        && signatures.iter().all(|one| says_nothing(one.outcome))
    {
        hints.add(&NOT_AUTHENTICATED, "");
    }
}

fn one(from: &Mailbox, setting: &Setting, hints: &mut Hints) {
    let domain = from.domain();
    let is_own = setting.own_domains.iter().any(|own| names::is_within(&domain, own));
    if is_own && setting.is_from_outside {
        hints.add(&OWN_FROM_OUTSIDE, &from.address);
    }
    resemblance(from, setting, hints);
    let is_official = is_official_name(&from.display);
    if is_free(&domain, setting) {
        if is_official || is_company_name(&from.display) {
            hints.add(&FREE_MAIL_OFFICIAL, &format!("{} <{}>", from.display, from.address));
        } else {
            hints.add(&FREE_MAIL, &domain);
        }
    } else if is_official && !is_official_domain(&domain) && !is_own {
        hints.add(&NAME_CLAIMS_BODY, &format!("{} <{}>", from.display, from.address));
    }
    if let Some(shown) = address_in(&from.display)
        && names::organisation(shown.rsplit_once('@').map_or("", |(_, domain)| domain))
            != names::organisation(&domain)
    {
        hints.add(&NAME_HAS_ADDRESS, &format!("{shown} ⇒ {}", from.address));
    }
}

fn resemblance(mailbox: &Mailbox, setting: &Setting, hints: &mut Hints) {
    let more: Vec<String> =
        setting.own_domains.iter().chain(&setting.known_domains).cloned().collect();
    let domain = mailbox.domain();
    if let Some(known) = names::look_alike(&domain, &more) {
        hints.add(&LOOK_ALIKE, &format!("{domain} ≈ {known}"));
    } else if names::is_odd_script(&domain) {
        hints.add(&LOOK_ALIKE, &format!("{domain} = {}", names::to_unicode(&domain)));
    }
}

fn answers(message: &Message, from: &Mailbox, setting: &Setting, hints: &mut Hints) {
    let own = names::organisation(&from.domain());
    for reply in message.reply_to.iter().filter(|reply| !reply.address.is_empty()) {
        let domain = reply.domain();
        resemblance(reply, setting, hints);
        if names::organisation(&domain) == own {
            continue;
        }
        if is_free(&domain, setting) && !is_free(&from.domain(), setting) {
            hints.add(&REPLY_FREE_MAIL, &reply.address);
        } else {
            hints.add(&REPLY_ELSEWHERE, &reply.address);
        }
    }
    if let Some((_, domain)) = message.return_path.as_deref().and_then(|path| path.rsplit_once('@'))
        && names::organisation(domain) != own
    {
        hints.add(&RETURN_ELSEWHERE, domain);
    }
}

fn is_free(domain: &str, setting: &Setting) -> bool {
    names::is_free_mail(domain)
        || setting.free_mail.iter().any(|known| names::is_within(domain, known))
}

fn is_official_domain(domain: &str) -> bool {
    let in_pref = domain.split('.').rev().nth(1).is_some_and(|label| label.len() > 2);
    ["go.jp", "lg.jp", "ed.jp", "ac.jp", "or.jp"].iter().any(|known| names::is_within(domain, known))
        // `city.midori.aoba.jp`, `pref.aoba.jp`: the old names of towns.
        || (domain.ends_with(".jp")
            && in_pref
            && ["city.", "town.", "vill.", "pref.", "metro."].iter().any(|start| domain.contains(start)))
}

/// Says whether a name is one of a public body.
fn is_official_name(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "省",
        "庁",
        "市役所",
        "区役所",
        "町役場",
        "村役場",
        "県庁",
        "府庁",
        "都庁",
        "道庁",
        "税務署",
        "警察署",
        "年金事務所",
        "労働局",
        "法務局",
        "消防署",
        "保健所",
        "裁判所",
        "教育委員会",
    ];
    const PARTS: &[&str] = &[
        "総務省",
        "デジタル庁",
        "国税庁",
        "厚生労働省",
        "財務省",
        "文部科学省",
        "経済産業省",
        "国土交通省",
        "農林水産省",
        "環境省",
        "防衛省",
        "法務省",
        "外務省",
        "内閣府",
        "警察庁",
        "警視庁",
        "日本年金機構",
        "個人情報保護委員会",
        "マイナンバー",
        "マイナポータル",
        "e-Tax",
        "地方公共団体情報システム機構",
        "J-LIS",
        "LGWAN",
        "市役所",
        "区役所",
        "町役場",
        "村役場",
        "市長",
        "町長",
        "村長",
        "知事",
        "議会事務局",
        "会計検査院",
    ];
    let name = name.trim().trim_matches(['"', '「', '」', '【', '】', ' ']);
    PARTS.iter().any(|part| name.contains(part))
        || ENDS.iter().any(|end| name.ends_with(end) && name.chars().count() > end.chars().count())
}

fn is_company_name(name: &str) -> bool {
    [
        "株式会社",
        "有限会社",
        "(株)",
        "（株）",
        "㈱",
        "銀行",
        "信用金庫",
        "カスタマーセンター",
        "サポートセンター",
        "お客様センター",
        "Amazon",
        "楽天",
        "Apple",
        "Microsoft",
        "NTT",
        "ヤマト運輸",
        "佐川急便",
        "日本郵便",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Finds an address in a name.
fn address_in(name: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._+-@".contains(c);
    name.replace('＠', "@")
        .split(|c| !is_part(c))
        .find(|word| {
            word.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && domain.contains('.') && !domain.contains('@')
            })
        })
        .map(|word| word.trim_matches('.').to_lowercase())
}
