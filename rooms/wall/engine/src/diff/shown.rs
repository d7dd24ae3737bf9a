//! What nft writes as JSON in words that somebody who knows nft can read. What
//! is not known is written as the JSON that it is.

use serde_json::{Map, Value};

/// What counts, runs down, or is numbered by the kernel.
const PASSING: [&str; 6] = ["handle", "packets", "bytes", "used", "expires", "elem"];
/// What says where a thing stands.
const PLACE: [&str; 3] = ["family", "table", "name"];

/// A table, chain, set or object without what passes.
pub(super) fn thing(body: &Value) -> String {
    let all = body.as_object();
    let rest: Map<String, Value> = all
        .into_iter()
        .flatten()
        .filter(|(key, _)| !PASSING.contains(&key.as_str()) && !PLACE.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut words = Vec::new();
    for (key, value) in &rest {
        words.push(format!("{key} {}", operand(value)));
    }
    words.join(" ")
}

/// A rule's statements.
pub(super) fn rule(statements: Option<&Value>) -> String {
    let statements = statements.and_then(Value::as_array);
    statements.into_iter().flatten().map(statement).collect::<Vec<_>>().join(" ")
}

fn statement(value: &Value) -> String {
    let Some((word, body)) = value.as_object().and_then(|one| one.iter().next()) else {
        return value.to_string();
    };
    match word.as_str() {
        "match" => matched(body),
        "vmap" => {
            let key = body.get("key").map(operand).unwrap_or_default();
            format!("{key} vmap {}", body.get("data").map(operand).unwrap_or_default())
        }
        "counter" if body.get("packets").is_some() || body.is_null() => "counter".to_owned(),
        "limit" => {
            let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
            let rate = body.get("rate").map(operand).unwrap_or_default();
            let burst = body.get("burst").map(operand).unwrap_or_default();
            format!("limit rate {rate}/{} burst {burst}", word("per"))
        }
        "log" => match body.get("prefix").and_then(Value::as_str) {
            Some(prefix) => format!("log prefix \"{prefix}\""),
            None => format!("log {body}"),
        },
        _ => verdict(value),
    }
}

fn matched(body: &Value) -> String {
    let side = |key: &str| body.get(key).map(operand).unwrap_or_default();
    let op = match body.get("op").and_then(Value::as_str) {
        None | Some("==" | "in") => String::new(),
        Some(other) => format!("{other} "),
    };
    format!("{} {op}{}", side("left"), side("right"))
}

/// A verdict, or a statement that is only a word.
pub(super) fn verdict(value: &Value) -> String {
    let Some((word, body)) = value.as_object().and_then(|one| one.iter().next()) else {
        return operand(value);
    };
    match body.get("target").and_then(Value::as_str) {
        Some(target) => format!("{word} {target}"),
        None if body.is_null() => word.clone(),
        None => format!("{word} {body}"),
    }
}

/// The key of an element.
pub(super) fn element_key(value: &Value) -> String {
    operand(value)
}

/// One side of a match.
fn operand(value: &Value) -> String {
    let list = |list: &Value, between: &str| {
        let parts = list.as_array().into_iter().flatten().map(operand);
        parts.collect::<Vec<_>>().join(between)
    };
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(all) if is_entry(all) => {
            let side = |at: usize| all.get(at).cloned().unwrap_or_default();
            format!("{} : {}", operand(&side(0)), verdict(&side(1)))
        }
        Value::Array(_) => list(value, ","),
        Value::Object(object) => {
            let Some((word, body)) = object.iter().next() else { return value.to_string() };
            match word.as_str() {
                "concat" => list(body, " . "),
                "range" => list(body, "-"),
                // The kernel lists them in an order of its own.
                "set" => {
                    let mut parts: Vec<String> =
                        body.as_array().into_iter().flatten().map(operand).collect();
                    parts.sort();
                    format!("{{ {} }}", parts.join(", "))
                }
                "prefix" => format!(
                    "{}/{}",
                    body.get("addr").map(operand).unwrap_or_default(),
                    body.get("len").map(operand).unwrap_or_default()
                ),
                "elem" => body.get("val").map(operand).unwrap_or_default(),
                "payload" | "meta" | "ct" | "fib" | "socket" => said(word, body),
                _ => value.to_string(),
            }
        }
    }
}

/// An entry of a map that is written out: a key and a verdict.
fn is_entry(list: &[Value]) -> bool {
    const VERDICTS: [&str; 6] = ["accept", "drop", "jump", "goto", "return", "continue"];
    let [_, right] = list else { return false };
    let word = right.as_object().and_then(|one| one.keys().next());
    word.is_some_and(|word| VERDICTS.contains(&word.as_str()))
}

fn said(word: &str, body: &Value) -> String {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    match (word, text("protocol"), text("field"), text("key")) {
        ("payload", Some(protocol), Some(field), _) => format!("{protocol} {field}"),
        ("meta" | "ct", None, None, Some(key))
            if body.as_object().is_some_and(|all| all.len() == 1) =>
        {
            format!("{word} {key}")
        }
        _ => format!("{word} {body}"),
    }
}
