//! What becomes of each control word and of what it opens.

use sanitize_core::Code;

use super::words;
use crate::codes;

/// What a control word does to the rest of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Shapes text, or opens a part of the document that may stay.
    Keep,
    /// Unknown: the word goes, its group stays.
    Unknown,
    /// The rest of the group goes.
    Drop(&'static Code),
    /// The rest of the group goes and is worth no line.
    Silent,
    Field,
    Picture,
    /// The name of the program: readers lay text out by it.
    Generator,
    Object,
    ShapeProperty,
}

/// Decides about a control word; `is_starred` says that `\*` stands before it:
/// readers that do not know it skip its group.
pub(super) fn role(word: &str, is_starred: bool) -> Role {
    match word {
        "field" => Role::Field,
        "pict" => Role::Picture,
        "object" => Role::Object,
        "sp" => Role::ShapeProperty,
        "objdata" | "objclass" | "objname" | "objtime" | "objalias" | "objsect" | "oleclsid"
        | "objattph" => Role::Drop(&codes::RTF_OBJECT),
        "template" | "nextfile" | "filetbl" | "file" | "subdocument" | "includetext" => {
            Role::Drop(&codes::RTF_EXTERNAL)
        }
        "mailmerge" | "mmodso" | "mmodsoudldata" | "mmconnectstr" | "mmquery" | "mmdatasource"
        | "mmheadersource" => Role::Drop(&codes::RTF_MERGE),
        "datastore" | "datafield" | "docvar" | "xmlnstbl" | "xmlopen" | "xmlclose" | "xmlattr"
        | "xmlattrname" | "xmlattrvalue" | "svb" | "htmltag" | "mhtmltag" | "themedata"
        | "private" => Role::Drop(&codes::RTF_DATA),
        "fldinst" | "fldtype" => Role::Drop(&codes::RTF_FIELD),
        "formfield" => Role::Drop(&codes::RTF_FORM),
        "hl" | "hlloc" | "hlsrc" | "hlfr" => Role::Drop(&codes::RTF_LINK),
        "fontemb" | "fontfile" => Role::Drop(&codes::RTF_FONT),
        "info" | "userprops" | "protusertbl" | "passwordhash" => Role::Drop(&codes::RTF_METADATA),
        // Editors' own records; they shape nothing.
        "generator" => Role::Generator,
        "pgdsctbl" | "updnprop" | "rsidtbl" | "latentstyles" | "colorschememapping"
        | "wgrffmtfilter" | "blipuid" | "mmathPr" | "xmlns" | "pgptbl" | "defchp" | "defpap"
        | "factoidname" | "staticval" | "linkval" | "propname" | "proptype" => Role::Silent,
        _ if words::is_known(word) => Role::Keep,
        _ if is_starred => Role::Drop(&codes::RTF_UNKNOWN),
        _ => Role::Unknown,
    }
}

/// Words that only say how an editor works or when it saved: they go without
/// a line.
pub(super) fn is_silent(word: &str) -> bool {
    word.starts_with("rsid")
        || word.ends_with("rsid")
        || matches!(
            word,
            "flddirty"
                | "fldedit"
                | "fldlock"
                | "fldpriv"
                | "linkstyles"
                | "noextrasprl"
                | "jclisttab"
                | "htmautsp"
                | "themelang"
                | "themelangfe"
                | "themelangcs"
                | "bliptag"
                | "blipupi"
                | "saveinvalidxml"
                | "showxmlerrors"
                | "validatexml"
                | "ignoremixedcontent"
                | "showplaceholdtext"
                | "donotembedsysfont"
                | "donotembedlingdata"
                | "grfdocevents"
                | "insrsid"
                | "charrsid"
                | "delrsid"
                | "tblrsid"
                | "sectrsid"
                | "pararsid"
                | "styrsid"
        )
}
