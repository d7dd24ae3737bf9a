//! The test suite of RFC 7208, against our SPF behind a resolver that reads its
//! zones. Fetched into the target folder; skipped loudly where that fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;

use mail_engine::auth::{Answer, Answers, Envelope, Question, RecordKind, Verdict, spf};
use serde_json::Value;

#[test]
fn the_suite_of_rfc_7208_passes() {
    let Some(suite) = suite() else {
        eprintln!("SKIPPED: the suite of RFC 7208 could not be fetched (tests/fetch-spf-suite.sh)");
        return;
    };
    let (mut count, mut wrong) = (0, Vec::new());
    for scenario in suite.as_array().unwrap() {
        let zone = Zone::read(&scenario["zone"]);
        for (name, test) in scenario["tests"].as_object().unwrap() {
            count += 1;
            let verdict = zone.check(test);
            let result = verdict.outcome.name();
            let wanted: Vec<&str> = match &test["result"] {
                Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            let told = test["explanation"].as_str().filter(|told| *told != "DEFAULT");
            let is_told = told.is_none_or(|told| verdict.reason == told);
            if !wanted.contains(&result) || !is_told {
                wrong.push(format!(
                    "{name}: is {result} {:?}, not {wanted:?} {told:?} ({})",
                    verdict.reason, scenario["description"]
                ));
            }
        }
    }
    println!("{} of {count} tests of RFC 7208", count - wrong.len());
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(count, 203);
}

fn suite() -> Option<Value> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rfc7208-tests.json");
    if !path.exists() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fetch-spf-suite.sh");
        let status = Command::new("sh").arg(script).arg(&path).status().ok()?;
        if !status.success() {
            let _ = std::fs::remove_file(&path);
            return None;
        }
    }
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The names of one scenario.
struct Zone {
    names: BTreeMap<String, Vec<(String, Value)>>,
}

impl Zone {
    fn read(zone: &Value) -> Self {
        let mut names = BTreeMap::new();
        for (name, records) in zone.as_object().unwrap() {
            let records = records.as_array().unwrap().iter();
            let records: Vec<(String, Value)> =
                records.map(|one| (one[0].as_str().unwrap().to_owned(), one[1].clone())).collect();
            names.insert(name.to_lowercase().trim_end_matches('.').to_owned(), records);
        }
        Self { names }
    }

    fn check(&self, test: &Value) -> Verdict {
        let text = |key: &str| test[key].as_str().unwrap_or_default();
        let envelope = Envelope {
            ip: text("host").parse::<IpAddr>().unwrap(),
            helo: text("helo"),
            mail_from: text("mailfrom"),
            receiver: if text("receiver").is_empty() { "receiver" } else { text("receiver") },
        };
        let mut answers = Answers::default();
        loop {
            match spf(&envelope, &answers, 1_000_000_000) {
                Ok(verdict) => return verdict,
                Err(questions) => {
                    for question in questions {
                        let answer = self.answer(&question, 0);
                        answers.put(question, answer);
                    }
                }
            }
        }
    }

    fn answer(&self, question: &Question, depth: u32) -> Answer {
        let Some(records) = self.names.get(&question.name) else { return Answer::Nothing };
        let alias = records.iter().find(|(kind, _)| kind == "CNAME");
        if let Some((_, target)) = alias
            && depth < 8
        {
            let target = Question::new(question.kind, target.as_str().unwrap());
            return self.answer(&target, depth + 1);
        }
        let name = match question.kind {
            RecordKind::Txt => "TXT",
            RecordKind::A => "A",
            RecordKind::Aaaa => "AAAA",
            RecordKind::Mx => "MX",
            RecordKind::Ptr => "PTR",
        };
        let of = |wanted: &str| {
            let found = records.iter().filter(|(kind, _)| kind == wanted);
            found.map(|(_, value)| value.clone()).collect::<Vec<Value>>()
        };
        let mut found = of(name);
        // The suite's own rule: texts of the old type count where none of the new
        // type are given.
        if question.kind == RecordKind::Txt && found.is_empty() {
            found = of("SPF");
        }
        found.retain(|value| value.as_str() != Some("NONE"));
        if found.is_empty() || found.iter().any(|value| value.as_str() == Some("TIMEOUT")) {
            let is_silent = records.iter().any(|(kind, _)| kind == "TIMEOUT")
                || found.iter().any(|value| value.as_str() == Some("TIMEOUT"));
            return if is_silent { Answer::Failed } else { Answer::Nothing };
        }
        let texts = found.iter().filter_map(Value::as_str);
        match question.kind {
            RecordKind::Txt => Answer::Txt(texts.map(bytes).collect()),
            RecordKind::A => Answer::A(texts.map(|text| text.parse().unwrap()).collect()),
            RecordKind::Aaaa => Answer::Aaaa(texts.map(|text| text.parse().unwrap()).collect()),
            RecordKind::Ptr => Answer::Ptr(texts.map(str::to_owned).collect()),
            RecordKind::Mx => Answer::Mx(
                found
                    .iter()
                    .map(|value| {
                        let preference = u16::try_from(value[0].as_u64().unwrap()).unwrap();
                        (preference, value[1].as_str().unwrap().to_owned())
                    })
                    .collect(),
            ),
        }
    }
}

/// The suite writes bytes beyond ASCII as the characters of those numbers.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().flat_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
