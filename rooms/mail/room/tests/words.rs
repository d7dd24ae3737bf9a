//! Every word of the room exists in both languages and is used.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

#[test]
fn every_word_exists_in_both_languages_and_is_used() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The frame shows kinds of permits with their fields by their names.
    let folders: Vec<PathBuf> = [".", "../../../frame/console"]
        .iter()
        .flat_map(|root| ["src", "templates"].map(|folder| here.join(root).join(folder)))
        .collect();
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let own = [mail_room::WORDS];
    let complaints = i18n::check::complaints(&own, console::CATALOGUES, &folders).unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
