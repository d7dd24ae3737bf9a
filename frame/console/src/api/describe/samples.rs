//! Gives each call an example, composed from the examples of its fields.

use serde_json::{Map, Value};
use utoipa::openapi::content::Content;
use utoipa::openapi::path::ParameterBuilder;
use utoipa::openapi::{OpenApi as Document, RefOr, Schema};

use super::operations;

/// Shapes within shapes that an example follows.
const DEPTH_MAX: u8 = 12;

/// Adds an example to each parameter, body and answer that lacks one.
pub(super) fn add(document: &mut Document) {
    let components = document.components.as_ref().map(|all| &all.schemas);
    let shapes = serde_json::to_value(components).unwrap_or_default();
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            for parameter in operation.parameters.iter_mut().flatten() {
                let own = serde_json::to_value(&*parameter).unwrap_or_default();
                let of_shape = || parameter.schema.as_ref().and_then(|schema| of(schema, &shapes));
                let example = own.get("example").cloned().or_else(of_shape);
                *parameter = ParameterBuilder::from(parameter.clone()).example(example).build();
            }
            if let Some(body) = &mut operation.request_body {
                body.content.iter_mut().for_each(|(kind, content)| show(kind, content, &shapes));
            }
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    let all = response.content.iter_mut();
                    all.for_each(|(kind, content)| show(kind, content, &shapes));
                }
            }
        }
    }
    let refusals = document.components.iter_mut().flat_map(|all| all.responses.values_mut());
    for refusal in refusals {
        if let RefOr::T(response) = refusal {
            let all = response.content.iter_mut();
            all.for_each(|(kind, content)| show(kind, content, &shapes));
        }
    }
}

fn show(kind: &str, content: &mut Content, shapes: &Value) {
    if content.example.is_none() {
        let of_shape = || content.schema.as_ref().and_then(|schema| of(schema, shapes));
        content.example = file(kind).map(Value::from).or_else(of_shape);
    }
}

/// The beginning of a file of a type.
fn file(kind: &str) -> Option<&'static str> {
    match kind {
        "text/csv" => Some(
            "change,login,name,kana,section\r\njoin,midori.taro,緑 太郎,ミドリ タロウ,joho\r\n",
        ),
        "application/jsonl" => Some("{\"body\":\"01KQ3V6Z8M5C0D2E4F6G8H0J2K\"}\n"),
        "application/octet-stream"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some("(bytes)"),
        _ => None,
    }
}

fn of(schema: &RefOr<Schema>, shapes: &Value) -> Option<Value> {
    sample(&serde_json::to_value(schema).ok()?, shapes, DEPTH_MAX)
}

/// The example of a schema; none where a text in it has none.
fn sample(schema: &Value, shapes: &Value, depth: u8) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    if let Some(name) = schema["$ref"].as_str() {
        return sample(&shapes[name.rsplit('/').next()?], shapes, depth);
    }
    if let Some(shown) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return Some(shown.clone());
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.first().cloned();
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[choice].as_array() {
            let mut forms = all.iter().filter(|form| form["type"] != "null");
            return forms.find_map(|form| sample(form, shapes, depth));
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str())?;
    match kind {
        "object" => {
            let mut value = Map::new();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                value.insert(name.clone(), sample(property, shapes, depth)?);
            }
            Some(value.into())
        }
        "array" => Some(Value::Array(vec![sample(&schema["items"], shapes, depth)?])),
        "boolean" => Some(false.into()),
        "integer" | "number" => Some(1.into()),
        _ => None,
    }
}
