//! Every word of the room exists in both languages and is used.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use i18n::Catalogue;

const OWN: &[Catalogue] = &[
    Catalogue {
        name: "transfer",
        ja: include_str!("../messages/transfer.ja.ftl"),
        en: include_str!("../messages/transfer.en.ftl"),
    },
    transfer_room::LINK_WORDS,
];

/// Words whose names are put together while the program runs.
const PUT_TOGETHER: [&str; 4] = [
    "`transfer-fault-",
    "`transfer-preview-on-",
    "`transfer-inbox-none`",
    "`transfer-outbox-none`",
];

#[test]
fn every_word_exists_in_both_languages_and_is_used() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The frame shows states, and kinds of permits with their fields, by their names.
    let folders: Vec<PathBuf> = [".", "../../../frame/console"]
        .iter()
        .flat_map(|root| ["src", "templates"].map(|folder| here.join(root).join(folder)))
        .collect();
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let mut complaints = i18n::check::complaints(OWN, console::CATALOGUES, &folders).unwrap();
    complaints.retain(|complaint| !PUT_TOGETHER.iter().any(|part| complaint.contains(part)));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
