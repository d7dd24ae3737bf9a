//! Postfix's files for one instance: the same setting is always the same bytes.
//! Every value goes through one writer that lets nothing be more than a value.

mod main_cf;
mod maps;
mod master_cf;
mod write;

use std::collections::BTreeMap;

use crate::setting::{Body, Next, Setting};

/// The files of an instance's configuration, by name.
#[must_use]
pub fn files(setting: &Setting) -> BTreeMap<String, String> {
    let mut files = maps::all(setting);
    files.insert("main.cf".to_owned(), main_cf::text(setting));
    files.insert("master.cf".to_owned(), master_cf::text(setting));
    files
}

/// The folder in which the running configuration's files are found.
pub(crate) const CURRENT: &str = "config";

/// A file of the running configuration as Postfix is told of it.
fn table(setting: &Setting, kind: &str, name: &str) -> String {
    format!("{kind}:{}/{CURRENT}/{name}", setting.home)
}

/// The bodies in the order in which rules are written.
fn bodies(setting: &Setting) -> Vec<&Body> {
    let mut bodies: Vec<&Body> = setting.bodies.iter().collect();
    bodies.sort_by(|one, other| one.label.cmp(&other.label));
    bodies
}

fn is_maildir(body: &Body) -> bool {
    match body.next {
        Next::Maildir { .. } => true,
        Next::Server { .. } => false,
    }
}
