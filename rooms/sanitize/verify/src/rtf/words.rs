//! Control words by what they may be: known to be harmless, known to act.
//!
//! Source: Rich Text Format Specification 1.9.1, appendix B; the list beside
//! this file has its formatting words, and those that open parts of the text.

use std::collections::HashSet;
use std::sync::LazyLock;

static KNOWN: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("words.txt").split_ascii_whitespace().collect());

/// Says whether a word brings an object, a template, data or a macro along.
pub(super) fn is_object(word: &str) -> bool {
    word.starts_with("obj") || OBJECTS.contains(&word)
}

/// Says whether a word may stand in a delivered document.
pub(super) fn is_known(word: &str) -> bool {
    KNOWN.contains(word)
}

/// Says whether a shape's property names a file, a link, a script or a package
/// ([MS-ODRAW] 2.3 by their names in RTF).
pub(super) fn is_acting_property(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_file = lower.ends_with("blipname") || lower.ends_with("pibname") || lower == "metroblob";
    let is_script = ["wzscript", "scriptlang", "fisscript", "idscript"]
        .iter()
        .any(|start| lower.starts_with(start));
    is_file || lower.contains("pihl") || is_script || lower.contains("sigsetup")
}

const OBJECTS: &[&str] = &[
    "template",
    "mailmerge",
    "datastore",
    "themedata",
    "linkval",
    "datafield",
    "ddeauto",
    "result",
    "htmltag",
    "htmlrtf",
    "mhtmltag",
    "macpict",
    "pmmetafile",
    "dibitmap",
    "wbitmap",
    "passwordhash",
    "protusertbl",
    "xmlnstbl",
    "xform",
    "nextfile",
    "private",
    "svb",
    "svf",
    "oleclsid",
    "fontemb",
    "fontfile",
    "ffentrymcr",
    "ffexitmcr",
    "mmconnectstr",
    "mmdatasource",
    "mmheadersource",
    "mmodsosrc",
    "mmodsoudl",
    "mmodsoudldata",
    "mmodsotable",
    "mmquery",
    "mmaddfieldname",
    "filetbl",
    "file",
    "hl",
    "hlsrc",
    "hlloc",
    "hlfr",
    "subdocument",
    "docvar",
    "userprops",
    "bin",
];
