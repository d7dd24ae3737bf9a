//! Runs `sekisho pii scan` as a script would: counts and places, exit codes,
//! what was not looked at, and never what was found.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn scan(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["pii", "scan"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

const REGISTER: &str = "番号,氏名,個人番号,生年月日\n1,山田太郎,123456789018,S50.1.2\n2,蓮見陽葵,9876-5432-1093,昭和51年1月2日\n";

#[test]
fn people_are_counted_with_their_places() {
    let folder = folder("pii-found");
    std::fs::write(folder.join("台帳.csv"), REGISTER).unwrap();
    let output = scan(&folder, &["--json", "台帳.csv"]);
    assert_eq!(output.status.code(), Some(3));
    let line: Value = serde_json::from_str(said(&output).trim()).unwrap();
    assert_eq!((&line["verdict"], &line["persons"]), (&"found".into(), &2.into()));
    assert_eq!(line["counts"][0]["kind"], "personal-number");
    assert_eq!(line["counts"][0]["certain"], 2);
    let numbers = line["findings"].as_array().unwrap();
    let number = numbers.iter().find(|found| found["kind"] == "personal-number").unwrap();
    assert_eq!(number["where"]["column"], 3);
    assert_eq!(number["where"]["lines"], serde_json::json!([2, 3]));
    let sentences = said(&scan(&folder, &["台帳.csv"]));
    assert!(sentences.contains("2人分"), "{sentences}");
    for text in [said(&output), sentences] {
        assert!(
            !text.contains("5678") && !text.contains("山田") && !text.contains("S50"),
            "{text}"
        );
    }
}

#[test]
fn an_ordinary_file_is_free() {
    let folder = folder("pii-free");
    std::fs::write(folder.join("回覧.txt"), "受付番号 202611221530\n会議は10時からです。\n")
        .unwrap();
    let output = scan(&folder, &["--json", "回覧.txt"]);
    assert_eq!(output.status.code(), Some(0));
    let line: Value = serde_json::from_str(said(&output).trim()).unwrap();
    assert_eq!((&line["verdict"], &line["persons"]), (&"none".into(), &0.into()));
}

#[test]
fn what_cannot_be_read_is_not_called_free() {
    let folder = folder("pii-unread");
    std::fs::write(folder.join("a.zip"), b"PK\x03\x04 this is cut").unwrap();
    std::fs::write(folder.join("b.exe"), b"MZ\x90\0").unwrap();
    let output = scan(&folder, &["--json", "."]);
    assert_eq!(output.status.code(), Some(3));
    let text = said(&output);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["verdict"], "unknown", "{line}");
        assert!(line["not_looked_at"][0]["reason"].is_string(), "{line}");
    }
}

#[test]
fn a_missing_file_is_a_wrong_use() {
    let folder = folder("pii-missing");
    assert_eq!(scan(&folder, &["nowhere.csv"]).status.code(), Some(2));
}
