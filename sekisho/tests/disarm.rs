//! Runs the program as a person or a script would: exit codes, places of
//! results, the report's keys, and what happens when something is wrong.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of its own for each test, empty at the start.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn sekisho(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_result_stands_beside_its_input_and_the_report_says_what_went() {
    let folder = folder("beside");
    std::fs::write(folder.join("名簿.csv"), "氏名,備考\n𠮷田,=cmd|x\n").unwrap();
    let output = sekisho(&folder, &["disarm", "--json", "名簿.csv"]);
    assert_eq!(output.status.code(), Some(0));
    let [line] = lines(&output).try_into().unwrap();
    assert_eq!(line["verdict"], "disarmed");
    assert_eq!(line["type"], "csv");
    assert_eq!(line["method"], "rebuild");
    assert_eq!(line["output"], "名簿.disarmed.csv");
    assert_eq!(line["removed"][0]["code"], "csv-formula");
    assert_eq!(line["removed"][0]["where"], "B2");
    let delivered = std::fs::read_to_string(folder.join("名簿.disarmed.csv")).unwrap();
    assert_eq!(delivered, "氏名,備考\n𠮷田,'=cmd|x\n");
    for key in ["reasons", "sha256_in", "sha256_out", "bytes_in", "bytes_out", "elapsed_ms"] {
        assert!(!line[key].is_null(), "{key} is missing");
    }
}

#[test]
fn blocked_and_held_files_leave_nothing_and_exit_with_three() {
    let folder = folder("blocked");
    std::fs::write(folder.join("見積.docx"), b"MZ\x90\0program").unwrap();
    std::fs::write(folder.join("資料.rar"), b"Rar!\x1a\x07\x01\0").unwrap();
    std::fs::write(folder.join("よい.txt"), "よい\n").unwrap();
    let output = sekisho(&folder, &["disarm", "--report", "-", "."]);
    assert_eq!(output.status.code(), Some(3));
    let lines = lines(&output);
    let verdict = |name: &str| {
        let line = lines.iter().find(|line| line["input"].as_str().unwrap().contains(name));
        line.unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("見積"), "blocked");
    assert_eq!(verdict("資料"), "held");
    assert_eq!(verdict("よい"), "clean");
    assert!(!folder.join("見積.disarmed.docx").exists());
    let blocked = lines.iter().find(|line| line["verdict"] == "blocked").unwrap();
    assert!(blocked["output"].is_null() && blocked["sha256_out"].is_null());
    assert_eq!(blocked["reasons"][0]["code"], "type-executable");
}

#[test]
fn a_chosen_folder_keeps_the_tree_and_the_report_is_a_file() {
    let folder = folder("out");
    std::fs::create_dir_all(folder.join("受付/課")).unwrap();
    std::fs::write(folder.join("受付/課/a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("受付/b.txt"), "b\n").unwrap();
    let arguments = ["disarm", "--out", "済", "--report", "記録.jsonl", "--jobs", "2", "受付"];
    let output = sekisho(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(folder.join("済/受付/課/a.txt").exists());
    let report = std::fs::read_to_string(folder.join("記録.jsonl")).unwrap();
    assert_eq!(report.lines().count(), 2);
    assert!(String::from_utf8_lossy(&output.stdout).contains("合計 2 件"));
}

#[test]
fn a_second_run_over_a_folder_does_not_treat_results_again() {
    let folder = folder("twice");
    std::fs::write(folder.join("a.txt"), "a\n").unwrap();
    for _ in 0..2 {
        assert_eq!(sekisho(&folder, &["disarm", "."]).status.code(), Some(0));
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn wrong_use_exits_with_two_and_says_why() {
    let folder = folder("usage");
    std::fs::write(folder.join("a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("p.toml"), "[pdf]\nlinks = \"keep\"\n").unwrap();
    let cases: [&[&str]; 4] = [
        &["disarm"],
        &["disarm", "--method", "magic", "a.txt"],
        &["disarm", "missing.txt"],
        &["disarm", "--policy", "p.toml", "a.txt"],
    ];
    for arguments in cases {
        let output = sekisho(&folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} says nothing");
    }
    let output = sekisho(&folder, &["disarm", "--policy", "p.toml", "a.txt"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2"));
}

#[test]
fn a_text_only_policy_overrules_the_method() {
    let folder = folder("textonly");
    std::fs::write(folder.join("p.toml"), "preset = \"text-only\"\n").unwrap();
    std::fs::write(
        folder.join("a.html"),
        "<html><body><p>本文<script>x()</script></p></body></html>",
    )
    .unwrap();
    let output = sekisho(&folder, &["disarm", "--json", "--policy", "p.toml", "a.html"]);
    let [line] = lines(&output).try_into().unwrap();
    assert_eq!(line["method"], "text");
    assert_eq!(line["output"], "a.disarmed.txt");
    let text = std::fs::read_to_string(folder.join("a.disarmed.txt")).unwrap();
    assert!(text.contains("本文") && !text.contains("x()"), "{text}");
}

#[test]
fn inspect_changes_nothing() {
    let folder = folder("inspect");
    std::fs::write(folder.join("a.html"), "<html><body><script>x()</script></body></html>")
        .unwrap();
    let output = sekisho(&folder, &["inspect", "--json", "a.html"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let [line] = lines(&output).try_into().unwrap();
    assert_eq!(line["type"], "html");
    assert!(!line["findings"].as_array().unwrap().is_empty());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_file_over_its_limits_is_blocked_and_the_next_one_is_treated() {
    let folder = folder("limits");
    std::fs::write(folder.join("p.toml"), "[limits]\nbytes_in_max = 1000\n").unwrap();
    std::fs::write(folder.join("a.txt"), "a".repeat(2000)).unwrap();
    std::fs::write(folder.join("b.txt"), "b\n").unwrap();
    let arguments = ["disarm", "--json", "--jobs", "1", "--policy", "p.toml", "a.txt", "b.txt"];
    let output = sekisho(&folder, &arguments);
    assert_eq!(output.status.code(), Some(3));
    let lines = lines(&output);
    assert_eq!(lines[0]["reasons"][0]["code"], "limit-bytes-in");
    assert_eq!(lines[1]["verdict"], "clean");
}

/// The example files are part of the tree.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/files").join(name)
}

#[test]
fn a_macro_document_becomes_its_plain_kind() {
    let folder = folder("macro");
    std::fs::copy(example("住民票交付申請書.docm"), folder.join("申請書.docm")).unwrap();
    let output = sekisho(&folder, &["disarm", "--json", "申請書.docm"]);
    let [line] = lines(&output).try_into().unwrap();
    assert_eq!(line["verdict"], "disarmed", "{line}");
    assert_eq!(line["output"], "申請書.disarmed.docx");
}

#[test]
fn pages_of_a_document_become_pictures_without_network_or_files() {
    let doctor = sekisho(&folder("image"), &["doctor", "--json"]);
    let [doctor] = lines(&doctor).try_into().unwrap();
    if !doctor["checks"][3]["ok"].as_bool().unwrap() {
        println!("SKIPPED: LibreOffice is not installed, so no document can become pictures");
        return;
    }
    let folder = folder("image");
    std::fs::copy(example("住民票交付申請書.docm"), folder.join("申請書.docm")).unwrap();
    let output = sekisho(&folder, &["disarm", "--json", "--method", "image", "申請書.docm"]);
    let [line] = lines(&output).try_into().unwrap();
    assert_eq!(line["verdict"], "disarmed", "{line}");
    assert_eq!(line["output"], "申請書.disarmed.pdf");
    assert!(std::fs::read(folder.join("申請書.disarmed.pdf")).unwrap().starts_with(b"%PDF-"));
}

#[test]
fn doctor_says_what_there_is() {
    let folder = folder("doctor");
    let output = sekisho(&folder, &["doctor", "--json"]);
    let [line] = lines(&output).try_into().unwrap();
    let names: Vec<_> = line["checks"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    let wanted = [
        "landlock",
        "seccomp",
        "cage",
        "libreoffice",
        "japanese-font",
        "clock",
        "data-folder",
        "mail",
    ];
    assert_eq!(names, wanted);
    assert_eq!(output.status.code() == Some(0), line["ready"].as_bool().unwrap());
}
