//! Which crate may know which: the frame knows no room, families know only the
//! core and the containers, the verifier shares no parser with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Our crates and the ones of ours that each may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("i18n", &[]),
    ("platform", &[]),
    ("store", &["base"]),
    ("written", &[]),
    ("zones", &["written"]),
    ("records", &["base", "store"]),
    ("jobs", &["base", "store"]),
    ("factors", &["base"]),
    ("identity", &["base", "factors", "records", "store"]),
    ("notices", &["base", "factors", "i18n", "jobs", "records", "store"]),
    ("permits", &["base", "factors", "identity", "jobs", "notices", "records", "store"]),
    ("passages", &["base", "factors", "identity", "permits", "records", "store", "zones"]),
    ("wall-engine", &["zones"]),
    ("wall-guard", &["zones"]),
    (
        "wall-room",
        &[
            "base",
            "console",
            "i18n",
            "identity",
            "jobs",
            "permits",
            "platform",
            "records",
            "store",
            "wall-engine",
            "wall-guard",
            "written",
            "zones",
        ],
    ),
    ("mail-engine", &["sanitize-core", "sanitize-mail", "sanitize-text"]),
    ("mail-spam", &["mail-engine"]),
    ("mail-relay", &["base", "mail-engine", "platform"]),
    (
        "mail-room",
        &[
            "base",
            "console",
            "factors",
            "i18n",
            "identity",
            "jobs",
            "mail-engine",
            "mail-spam",
            "notices",
            "passages",
            "permits",
            "platform",
            "records",
            "sanitize-core",
            "sanitize-engine",
            "sanitize-room",
            "store",
            "transfer-pii",
            "written",
            "zones",
        ],
    ),
    ("transfer-engine", &["sanitize-core", "written", "zones"]),
    ("transfer-halves", &["base"]),
    ("transfer-icap", &["base"]),
    (
        "console",
        &["base", "factors", "i18n", "identity", "jobs", "notices", "permits", "records", "store"],
    ),
    ("sanitize-core", &[]),
    ("sanitize-container", &["sanitize-core"]),
    ("sanitize-archive", FAMILY),
    ("sanitize-image", FAMILY),
    ("sanitize-mail", FAMILY),
    ("sanitize-odf", FAMILY),
    ("sanitize-ole", FAMILY),
    ("sanitize-ooxml", FAMILY),
    ("sanitize-pdf", FAMILY),
    ("sanitize-text", FAMILY),
    ("sanitize-verify", &["sanitize-core"]),
    (
        "sanitize-engine",
        &[
            "sanitize-core",
            "sanitize-container",
            "sanitize-archive",
            "sanitize-image",
            "sanitize-mail",
            "sanitize-odf",
            "sanitize-ole",
            "sanitize-ooxml",
            "sanitize-pdf",
            "sanitize-text",
            "sanitize-verify",
        ],
    ),
    (
        "sanitize-room",
        &[
            "base",
            "console",
            "i18n",
            "identity",
            "jobs",
            "permits",
            "platform",
            "records",
            "sanitize-core",
            "sanitize-engine",
            "store",
        ],
    ),
    ("transfer-pii", &["sanitize-core"]),
    (
        "transfer-room",
        &[
            "base",
            "console",
            "factors",
            "i18n",
            "identity",
            "jobs",
            "notices",
            "passages",
            "permits",
            "platform",
            "records",
            "sanitize-core",
            "sanitize-engine",
            "sanitize-room",
            "store",
            "transfer-engine",
            "transfer-pii",
            "written",
            "zones",
        ],
    ),
    (
        "sekisho",
        &[
            "base",
            "console",
            "factors",
            "i18n",
            "identity",
            "jobs",
            "mail-relay",
            "mail-room",
            "notices",
            "passages",
            "permits",
            "platform",
            "records",
            "sanitize-core",
            "sanitize-room",
            "store",
            "transfer-halves",
            "transfer-icap",
            "transfer-room",
            "wall-room",
        ],
    ),
];

const FAMILY: &[&str] = &["sanitize-core", "sanitize-container"];

/// Crates that only build, test or measure the others and may know them all.
const OUTSIDE: &[&str] =
    &["bench", "e2e", "endure", "findings", "fuzz", "testbed", "town", "xtask"];

/// Parsers that only one side of the second look may use.
const ONE_SIDE: &[(&str, &[&str])] = &[
    ("lopdf", &["sanitize-verify"]),
    ("roxmltree", &["sanitize-verify"]),
    ("cfb", &["sanitize-verify"]),
    ("hayro-syntax", &["sanitize-pdf"]),
    ("hayro", &["sanitize-pdf"]),
];

/// Lists every edge that is not allowed, and every undocumented crate.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let ours: BTreeMap<&str, BTreeSet<&str>> = packages.iter().map(normal_dependencies).collect();
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    let reasons = std::fs::read_to_string(root.join("docs/dependencies.md"))?;
    let mut complaints = Vec::new();
    for (name, dependencies) in &ours {
        if !architecture.contains(&format!("`{name}`")) {
            complaints.push(format!("ARCHITECTURE.md does not name the crate `{name}`"));
        }
        for dependency in dependencies {
            if ours.contains_key(dependency) {
                check_ours(name, dependency, &mut complaints);
            } else {
                check_theirs(name, dependency, &reasons, &mut complaints);
            }
        }
    }
    Ok(complaints)
}

fn normal_dependencies(package: &Value) -> (&str, BTreeSet<&str>) {
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = dependencies
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .filter_map(|dependency| dependency["name"].as_str());
    (package["name"].as_str().unwrap_or_default(), names.collect())
}

fn check_ours(name: &str, dependency: &str, complaints: &mut Vec<String>) {
    if OUTSIDE.contains(&name) {
        return;
    }
    let allowed = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name);
    if !allowed.is_some_and(|(_, allowed)| allowed.contains(&dependency)) {
        complaints.push(format!("`{name}` may not depend on `{dependency}`"));
    }
}

fn check_theirs(name: &str, dependency: &str, reasons: &str, complaints: &mut Vec<String>) {
    if !reasons.contains(&format!("`{dependency}`")) {
        complaints.push(format!("docs/dependencies.md does not say why `{dependency}` is used"));
    }
    let side = ONE_SIDE.iter().find(|(parser, _)| *parser == dependency);
    let is_outside = OUTSIDE.contains(&name);
    if side.is_some_and(|(_, users)| !is_outside && !users.contains(&name)) {
        complaints
            .push(format!("`{name}` may not use `{dependency}`: the second look must differ"));
    }
}
