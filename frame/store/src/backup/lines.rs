//! A row as a line: a JSON array of its values. Bytes are `{"hex": "…"}`.

use serde_json::Value as Json;

use crate::value::{Kind, Value};

/// Appends a row and a line end.
pub(super) fn write(row: &[Value], line: &mut Vec<u8>) {
    line.push(b'[');
    for (column, value) in row.iter().enumerate() {
        if column > 0 {
            line.push(b',');
        }
        let text = match value {
            Value::Null(_) => "null".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Text(text) => Json::from(text.as_str()).to_string(),
            Value::Bytes(bytes) => format!("{{\"hex\":\"{}\"}}", crate::hex::write(bytes)),
        };
        line.extend_from_slice(text.as_bytes());
    }
    line.extend_from_slice(b"]\n");
}

/// Reads a line whose columns are of these kinds; nothing if it is not one.
pub(super) fn read(line: &[u8], kinds: &[Kind]) -> Option<Vec<Value>> {
    let values: Vec<Json> = serde_json::from_slice(line).ok()?;
    if values.len() != kinds.len() {
        return None;
    }
    values.into_iter().zip(kinds).map(|(value, kind)| read_value(value, *kind)).collect()
}

fn read_value(value: Json, kind: Kind) -> Option<Value> {
    match (value, kind) {
        (Json::Null, kind) => Some(Value::Null(kind)),
        (Json::Number(number), Kind::Int) => number.as_i64().map(Value::Int),
        (Json::String(text), Kind::Text) => Some(Value::Text(text)),
        (Json::Object(object), Kind::Bytes) if object.len() == 1 => {
            crate::hex::read(object.get("hex")?.as_str()?).map(Value::Bytes)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_back() {
        let row = vec![
            Value::Text("𠮷\"\n\u{1}".into()),
            Value::Int(i64::MIN),
            Value::Bytes(vec![0, 255]),
            Value::Null(Kind::Bytes),
        ];
        let mut line = Vec::new();
        write(&row, &mut line);
        assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
        let kinds = [Kind::Text, Kind::Int, Kind::Bytes, Kind::Bytes];
        assert_eq!(read(&line, &kinds).unwrap(), row);
    }

    #[test]
    fn another_shape_is_refused() {
        assert_eq!(read(b"[1]", &[Kind::Text]), None);
        assert_eq!(read(b"[1,2]", &[Kind::Int]), None);
        assert_eq!(read(b"[1.5]", &[Kind::Int]), None);
        assert_eq!(read(b"[{\"hex\":\"0g\"}]", &[Kind::Bytes]), None);
    }
}
