//! A passage in words: what became of it, and what was taken out.

use serde_json::Value;

use crate::words::Lang;

/// One line: the name and what became of it.
pub(crate) fn state(passage: &Value, lang: Lang) -> String {
    let decided = &passage["decided"];
    let (mark, words) = match text(&passage["state"]) {
        "delivered" => ("○", delivered(text(&decided["verdict"]), lang).to_owned()),
        "held" => ("△", waits(decided, lang)),
        "locked" => (
            "△",
            lang.pick(
                "パスワードがなければ開けません。画面で入力してください",
                "cannot be opened without its password: type it on the page",
            )
            .to_owned(),
        ),
        "refused" => ("×", lang.pick("渡しませんでした", "refused").to_owned()),
        "quarantined" => {
            ("×", lang.pick("有害と分かったため隔離しました", "quarantined").to_owned())
        }
        "received" => ("△", lang.pick("まだ処置の途中です", "not treated yet").to_owned()),
        "ended" => ("△", lang.pick("保管を終えました", "no longer kept").to_owned()),
        other => ("△", other.to_owned()),
    };
    let (name, out) = (text(&passage["name"]), text(&decided["name"]));
    let name = match out.is_empty() || out == name {
        true => name.to_owned(),
        false => format!("{name} → {out}"),
    };
    format!("{mark} {name}: {words}")
}

/// A line for each thing that was taken out, or why nothing was handed over.
pub(crate) fn removed(passage: &Value, lang: Lang) -> Vec<String> {
    let report = &passage["decided"]["report"];
    let said = lang.pick("message", "message_en");
    let list = |name: &str| report[name].as_array().into_iter().flatten();
    let mut lines: Vec<String> =
        list("reasons").map(|reason| text(&reason[said]).to_owned()).collect();
    lines.extend(report["why"].as_str().map(str::to_owned));
    lines.extend(list("removed").map(|item| {
        let (count, place) = (item["count"].as_u64().unwrap_or(1), text(&item["where"]));
        let place = if place.is_empty() { String::new() } else { format!(" [{place}]") };
        format!("− {} ×{count}{place}", text(&item[said]))
    }));
    lines
}

fn delivered(verdict: &str, lang: Lang) -> &'static str {
    match verdict {
        "clean" => lang
            .pick("渡しました(取り除くものはありませんでした)", "delivered, nothing to take out"),
        "disarmed" => lang.pick("取り除いて渡しました", "delivered without what is listed"),
        "inspected" => lang.pick("人が確かめたうえで渡しました", "delivered as it came, looked at"),
        _ => lang.pick("渡しました", "delivered"),
    }
}

fn waits(decided: &Value, lang: Lang) -> String {
    let approvals = decided["wants_approvals"].as_u64().unwrap_or(0);
    let mut all = Vec::new();
    if decided["wants_look"] == true {
        all.push(lang.pick("目視確認", "a visual check").to_owned());
    }
    if approvals > 0 {
        all.push(match lang {
            Lang::Ja => format!("承認(あと{approvals}人)"),
            Lang::En => format!("{approvals} more approval(s)"),
        });
    }
    match lang {
        Lang::Ja => format!("{}を待っています", all.join("と")),
        Lang::En => format!("waits for {}", all.join(" and ")),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_passage_is_told_in_both_languages() {
        let passage = json!({
            "state": "held", "name": "a.docm",
            "decided": {
                "verdict": "disarmed", "name": "a.docx", "wants_look": true, "wants_approvals": 2,
                "report": { "reasons": [], "removed": [
                    { "message": "マクロ", "message_en": "macros", "where": "word", "count": 3 },
                ] },
            },
        });
        assert_eq!(
            state(&passage, Lang::Ja),
            "△ a.docm → a.docx: 目視確認と承認(あと2人)を待っています"
        );
        let english = "△ a.docm → a.docx: waits for a visual check and 2 more approval(s)";
        assert_eq!(state(&passage, Lang::En), english);
        assert_eq!(removed(&passage, Lang::En), ["− macros ×3 [word]"]);
    }

    #[test]
    fn a_refusal_says_why() {
        let passage = json!({
            "state": "refused", "name": "a.exe",
            "decided": { "verdict": "refused", "name": null, "report": {
                "reasons": [{ "message": "プログラム", "message_en": "a program" }], "removed": [],
            } },
        });
        assert_eq!(state(&passage, Lang::Ja), "× a.exe: 渡しませんでした");
        assert_eq!(removed(&passage, Lang::Ja), ["プログラム"]);
    }
}
