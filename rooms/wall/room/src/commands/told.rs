//! Faults of a site and outcomes of a proof, in words and as JSON.

use std::path::Path;

use ::zones::{Complaint, Fault};
use serde_json::{Value, json};
use wall_engine::{Proof, RuleAt, Unproven, Used, Violation, Witness};
use written::Slip;

use super::Lang;

/// `file:line:column: what`.
pub(super) fn fault(path: &Path, one: &Complaint, lang: Lang) -> String {
    format!("{}:{}:{}: {}", path.display(), one.line, one.column, words(&one.fault, lang))
}

pub(super) fn fault_json(path: &Path, one: &Complaint) -> Value {
    json!({
        "file": path.display().to_string(), "line": one.line, "column": one.column,
        "message": words(&one.fault, Lang::Ja), "message_en": words(&one.fault, Lang::En),
    })
}

pub(super) fn words(fault: &Fault, lang: Lang) -> String {
    let (ja, en, what) = match fault {
        Fault::Slip(slip) => return slip_words(slip, lang),
        Fault::Unknown { word, nearest } => (
            "この名前のものがありません",
            "nothing has this name",
            meant(word, nearest.as_ref(), lang),
        ),
        Fault::Address(what) => ("アドレスとして読めません", "not an address", what.clone()),
        Fault::Elsewhere(what) => {
            ("アドレスが、書かれたネットワークの中にありません", "not in its network", what.clone())
        }
        Fault::Wide(what) => (
            "アドレスの幅が、この団体の上限より広すぎます",
            "wider than the site allows",
            what.clone(),
        ),
        Fault::Overlap(what) => {
            ("2つのネットワークが同じものを使っています", "two networks share it", what.clone())
        }
        Fault::TwoPlaces(what) => {
            ("同じ機器が2か所に書かれています", "one machine in two places", what.clone())
        }
        Fault::NoBoundary(what) => (
            "この領域のあいだに通信はできません",
            "nothing passes between these zones",
            what.clone(),
        ),
        Fault::NoRelay => (
            "LGWAN接続系とインターネット接続系のあいだの通信には、中継(relay)が要ります",
            "between LGWAN and the internet a relay is needed",
            String::new(),
        ),
        Fault::RelayElsewhere(what) => (
            "この中継は、通信のどちらの端でもありません",
            "the relay is neither end of the flow",
            what.clone(),
        ),
        Fault::NoScreen => (
            "画面転送の中継では、画面のプロトコル(rdp・vnc・ica)だけが使えます",
            "a screen transfer speaks rdp, vnc or ica only",
            String::new(),
        ),
        Fault::NotOverUdp => (
            "application を書く通信は tcp だけです(番人が最初のやり取りを確かめます)",
            "application is looked at over tcp only",
            String::new(),
        ),
        Fault::Day(what) => ("暦にない日です", "not a day of the calendar", what.clone()),
        Fault::NoOne => (
            "使う機器を1台以上書いてください",
            "list at least one host that may ask",
            String::new(),
        ),
        Fault::ManyZones => (
            "サービスは領域ごとに分けて書きます。使う機器が2つ以上の領域にあります",
            "one service for each zone: those who may ask stand in several",
            String::new(),
        ),
        Fault::SharedDoor(what) => (
            "インターネット接続系とほかの領域に、同じポートで答えることはできません",
            "the gateway cannot answer the internet and another zone at one port",
            what.clone(),
        ),
    };
    joined(lang.pick(ja, en), &what)
}

fn joined(text: &str, what: &str) -> String {
    if what.is_empty() { text.to_owned() } else { format!("{text}: {what}") }
}

fn slip_words(slip: &Slip, lang: Lang) -> String {
    let (ja, en, what) = match slip {
        Slip::TooLong => ("ファイルまたは一覧が長すぎます", "too long", String::new()),
        Slip::Syntax(what) => ("TOMLとして読めません", "not TOML", what.clone()),
        Slip::Key { word, nearest } => {
            ("この項目はありません", "there is no such key", meant(word, nearest.as_ref(), lang))
        }
        Slip::Missing(what) => ("必要な項目がありません", "missing", (*what).to_owned()),
        Slip::Shape(what) => {
            ("値の形が違います。必要な形", "needs another shape", (*what).to_owned())
        }
        Slip::Choice { key, word, allowed, nearest } => {
            return choice((key, allowed), (word, nearest.as_ref()), lang);
        }
        Slip::Word(what) => ("この言葉は使えません", "not a word of this field", what.clone()),
        Slip::Range { min, max } => ("範囲の外です", "out of range", format!("{min}–{max}")),
        Slip::Name(what) => (
            "名前が重なっているか、a-z 0-9 - . のほかの字があります",
            "taken, or not a-z 0-9 - .",
            what.clone(),
        ),
    };
    joined(lang.pick(ja, en), &what)
}

/// What is written, and what may be meant.
fn meant(word: &str, nearest: Option<&String>, lang: Lang) -> String {
    match (nearest, lang) {
        (None, _) => word.to_owned(),
        (Some(nearest), Lang::Ja) => format!("{word}({nearest} の書き間違いではありませんか)"),
        (Some(nearest), Lang::En) => format!("{word} (did you mean {nearest}?)"),
    }
}

/// All the words that a key may have, and the one that is written.
fn choice(
    (key, allowed): (&str, &[&str]),
    (word, nearest): (&str, Option<&String>),
    lang: Lang,
) -> String {
    let (word, all) = (meant(word, nearest, lang), allowed);
    match lang {
        Lang::Ja => format!("{key} は {} のどれかです: {word}", all.join("・")),
        Lang::En => format!("{key} is one of {}: {word}", all.join(", ")),
    }
}

/// The proof as scripts read it.
pub(super) fn proof_json(proof: &Proof, elapsed_ms: u128) -> Value {
    json!({
        "proven": proof.is_proven(),
        "violations": proof.violations.iter().map(violation_json).collect::<Vec<_>>(),
        "unproven": proof.unproven.iter().map(unproven_json).collect::<Vec<_>>(),
        "elapsed_ms": u64::try_from(elapsed_ms).unwrap_or(u64::MAX),
    })
}

fn violation_json(one: &Violation) -> Value {
    let (ja, en) = one.invariant.explain();
    json!({
        "invariant": one.invariant.id(),
        "witness": witness_json(&one.witness),
        "rule": one.rule.as_ref().map(rule_json),
        "explain": ja, "explain_en": en,
    })
}

fn witness_json(one: &Witness) -> Value {
    json!({
        "iif": one.iif, "oif": one.oif, "src": one.src, "dst": one.dst,
        "proto": one.proto, "sport": one.sport, "dport": one.dport,
        "state": format!("{:?}", one.state).to_lowercase(),
    })
}

fn rule_json(rule: &RuleAt) -> Value {
    json!({
        "family": rule.family, "table": rule.table, "chain": rule.chain,
        "handle": rule.handle, "comment": rule.comment,
    })
}

fn unproven_json(one: &Unproven) -> Value {
    json!({ "rule": rule_json(&one.rule), "what": one.what })
}

/// The proof in sentences.
pub(super) fn proof(proof: &Proof, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &proof.violations {
        let (ja, en) = one.invariant.explain();
        let w = &one.witness;
        let rule = one.rule.as_ref().map_or_else(
            || lang.pick("止める規則がありません", "no rule stands in the way").to_owned(),
            place,
        );
        let to = if w.oif.is_empty() { String::new() } else { format!(" → {}", w.oif) };
        lines.push(format!(
            "× {} {}\n    {}{to}  {} → {}  {} {} → {}\n    {rule}",
            one.invariant.id(),
            lang.pick(ja, en),
            w.iif,
            w.src,
            w.dst,
            protocol(w.proto),
            w.sport,
            w.dport,
        ));
    }
    for one in &proof.unproven {
        let words = lang.pick("この規則は検証できません", "this rule is not proved");
        lines.push(format!("? {words}: {} ({})", place(&one.rule), one.what));
    }
    if proof.is_proven() {
        let words = lang.pick(
            "○ 承認した通信だけが、すべて通ります",
            "○ what was approved passes, all of it and nothing else",
        );
        lines.push(words.to_owned());
    }
    lines
}

fn place(rule: &RuleAt) -> String {
    let text = format!("{} {} {}", rule.family, rule.table, rule.chain);
    let mut text = text.trim_end().to_owned();
    if let Some(handle) = rule.handle {
        text.push_str(&format!(" handle {handle}"));
    }
    if let Some(comment) = &rule.comment {
        text.push_str(&format!(" \"{}\"", comment.escape_debug()));
    }
    text
}

fn protocol(number: u8) -> String {
    match number {
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        other => format!("proto {other}"),
    }
}

/// What was counted of each flow; nothing of one that is closed.
pub(super) fn used_json<'f>(flows: impl Iterator<Item = (&'f str, Option<&'f Used>)>) -> Value {
    let one = |(name, used): (&str, Option<&Used>)| {
        let used = used.map(|used| {
            json!({
                "begun": used.begun, "packets_out": used.packets_out,
                "bytes_out": used.bytes_out, "packets_back": used.packets_back,
                "bytes_back": used.bytes_back,
            })
        });
        json!({ "name": name, "used": used })
    };
    json!({ "flows": flows.map(one).collect::<Vec<_>>() })
}

/// The same, a line a flow.
pub(super) fn used<'f>(
    flows: impl Iterator<Item = (&'f str, Option<&'f Used>)>,
    lang: Lang,
) -> Vec<String> {
    let one = |(name, used): (&str, Option<&Used>)| match used {
        None => format!("− {name}: {}", lang.pick("閉じています", "closed")),
        Some(used) if used.is_none() => {
            format!("○ {name}: {}", lang.pick("まだ使われていません", "not used yet"))
        }
        Some(used) => {
            let Used { begun, packets_out, bytes_out, packets_back, bytes_back } = used;
            match lang {
                Lang::Ja => format!(
                    "○ {name}: 始まり {begun}、行き {packets_out} パケット {bytes_out} バイト、帰り {packets_back} パケット {bytes_back} バイト"
                ),
                Lang::En => format!(
                    "○ {name}: {begun} begun, {packets_out} packets {bytes_out} bytes out, {packets_back} packets {bytes_back} bytes back"
                ),
            }
        }
    };
    flows.map(one).collect()
}
