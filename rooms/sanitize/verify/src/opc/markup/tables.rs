//! The names that the markup checks look for: elements that act, call out or
//! hide, elements whose text is read, and attributes that are judged.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::rules;

/// Why an element is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    /// May not stand at all; breaks this rule.
    Denied(&'static str),
    /// A tracked change, by policy.
    Change,
    /// Marks a field or is one.
    Field,
    /// Text that can be a field's code.
    Instruction,
    /// Text that is a formula.
    Formula,
    /// A defined name; its text is a formula.
    Name,
    /// Text that says something about people.
    Personal,
}

/// How an attribute is judged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    Address,
    Source,
    Link,
    Action,
    Macro,
    Formula,
    Base,
    Connection,
    Style,
    Kind,
    Value,
    RelationId,
}

/// FNV-1a: names are short, fixed and ours, so speed is all that matters.
#[derive(Default)]
pub(super) struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}

/// A table by local name.
pub(super) type Table<T> = HashMap<&'static str, T, BuildHasherDefault<Fnv>>;

/// Elements by local name, each with the namespaces it is meant in.
pub(super) static ELEMENTS: LazyLock<Table<Vec<(&'static str, Mark)>>> = LazyLock::new(|| {
    let mut table: Table<Vec<(&'static str, Mark)>> = HashMap::default();
    for &(rule, names) in DENIED {
        for &(ns, local) in names {
            table.entry(local).or_default().push((ns, Mark::Denied(rule)));
        }
    }
    for &(mark, names) in WATCHED {
        for &(ns, local) in names {
            table.entry(local).or_default().push((ns, mark));
        }
    }
    table
});

/// Attributes by local name.
pub(super) static ATTRIBUTES: LazyLock<Table<Test>> =
    LazyLock::new(|| TESTED.iter().copied().collect());

const DENIED: &[(&str, &[(&str, &str)])] = &[
    (rules::ALT_CHUNK, &[("w", "altChunk"), ("w", "subDoc")]),
    (
        rules::OPC_EMBEDDED,
        &[
            ("*", "OLEObject"),
            ("*", "oleObj"),
            ("x", "oleObject"),
            ("x", "oleObjects"),
            ("w", "object"),
            ("w", "objectEmbed"),
            ("w", "objectLink"),
            ("c", "externalData"),
            ("cx", "externalData"),
            ("p", "embed"),
            ("xm", "oleObject"),
        ],
    ),
    (
        rules::CONTROL,
        &[
            ("w", "control"),
            ("p", "control"),
            ("p", "controls"),
            ("x", "control"),
            ("x", "controls"),
            ("xvml", "ScriptText"),
            ("xvml", "ScriptExtended"),
            ("xvml", "ScriptLanguage"),
            ("xvml", "ScriptLocation"),
        ],
    ),
    (
        rules::MACRO,
        &[
            ("w", "entryMacro"),
            ("w", "exitMacro"),
            ("xvml", "FmlaMacro"),
            ("wne", "macro"),
            ("wne", "mcds"),
            ("wne", "toolbars"),
            ("wne", "keymaps"),
            ("wne", "acds"),
            ("p", "cmd"),
            ("w", "activeRecord"),
            ("x", "functionGroups"),
        ],
    ),
    (
        rules::DATA_SOURCE,
        &[
            ("w", "mailMerge"),
            ("w", "dataSource"),
            ("w", "headerSource"),
            ("w", "odso"),
            ("w", "recipientData"),
            ("w", "connectString"),
            ("w", "linkToQuery"),
            ("x", "connection"),
            ("x", "connections"),
            ("x", "queryTable"),
            ("x", "ddeLink"),
            ("x", "oleLink"),
            ("x", "externalBook"),
            ("x", "externalLink"),
            ("x", "externalReference"),
            ("x", "externalReferences"),
            ("x", "volType"),
            ("x", "dbPr"),
            ("x", "olapPr"),
            ("x", "textPr"),
            ("x", "webPr"),
            ("x15", "connection"),
            ("x15", "dataModel"),
            ("x15", "queryTable"),
            ("x15", "oledbPr"),
            ("x15", "textPr"),
            ("x15", "dataFeedPr"),
            ("x15", "modelTextPr"),
            ("x15", "rangePr"),
            ("x14", "connection"),
            ("x14", "sourceConnection"),
            ("x", "MapInfo"),
            ("x", "xmlColumnPr"),
            ("x", "xmlCellPr"),
            ("x", "webPublishItem"),
            ("x", "webPublishing"),
            ("x", "webPublishObject"),
            ("x", "smartTagPr"),
            ("x", "customPr"),
            ("p", "htmlPubPr"),
            ("p", "webPr"),
        ],
    ),
    (
        rules::OPC_EXTERNAL,
        &[
            ("w", "attachedTemplate"),
            ("w", "attachedSchema"),
            ("w", "saveThroughXslt"),
            ("w", "frameset"),
            ("w", "sourceFileName"),
            ("w", "src"),
            ("o", "relationtable"),
        ],
    ),
    (
        rules::CUSTOM_XML,
        &[
            ("w", "dataBinding"),
            ("w15", "dataBinding"),
            ("p", "custData"),
            ("p", "custDataLst"),
            ("p", "tags"),
            ("p", "smartTags"),
            ("w", "docVars"),
            ("w", "docVar"),
        ],
    ),
    (
        rules::MEDIA,
        &[
            ("a", "audioCd"),
            ("a", "wavAudioFile"),
            ("a", "audioFile"),
            ("a", "videoFile"),
            ("a", "quickTimeFile"),
            ("a", "snd"),
            ("p", "audio"),
            ("p", "video"),
            ("p", "snd"),
            ("p", "stSnd"),
            ("p", "sndAc"),
            ("p", "sndTgt"),
            ("p14", "media"),
            ("wp15", "webVideoPr"),
            ("p15", "webVideoPr"),
            ("*", "webVideoPr"),
            ("*", "model3d"),
            ("*", "contentPart"),
        ],
    ),
    (rules::WEB_EXTENSION, &[("*", "webextension"), ("*", "taskpanes"), ("*", "webextensionref")]),
    (rules::SCRIPT, &[("*", "script"), ("*", "iframe"), ("*", "foreignObject")]),
    (rules::OPC_FONT, &[]),
];

const WATCHED: &[(Mark, &[(&str, &str)])] = &[
    (Mark::Field, &[("w", "fldChar"), ("w", "fldSimple")]),
    (Mark::Instruction, &[("w", "instrText"), ("w", "delInstrText"), ("w", "t")]),
    (
        Mark::Formula,
        &[
            ("x", "f"),
            ("x", "formula"),
            ("x", "formula1"),
            ("x", "formula2"),
            ("xm", "f"),
            ("c", "f"),
            ("cx", "f"),
            ("cx", "nf"),
            ("x", "calculatedColumnFormula"),
            ("x", "totalsRowFormula"),
            ("x", "oldFormula"),
            ("x14", "formula"),
            ("x14", "formula1"),
            ("x14", "formula2"),
            ("xvml", "FmlaLink"),
            ("xvml", "FmlaRange"),
            ("xvml", "FmlaGroup"),
            ("xvml", "FmlaPict"),
            ("xvml", "FmlaTxbx"),
            ("c15", "f"),
            ("c15", "formulaRef"),
            ("c15", "sqref"),
        ],
    ),
    (Mark::Name, &[("x", "definedName"), ("x14", "definedName")]),
    (
        Mark::Change,
        &[
            ("w", "ins"),
            ("w", "del"),
            ("w", "moveFrom"),
            ("w", "moveTo"),
            ("w", "rPrChange"),
            ("w", "pPrChange"),
            ("w", "sectPrChange"),
            ("w", "tblPrChange"),
            ("w", "delText"),
        ],
    ),
    (
        Mark::Personal,
        &[
            ("dc", "creator"),
            ("cp", "lastModifiedBy"),
            ("ep", "Company"),
            ("ep", "Manager"),
            ("dc", "title"),
            ("dc", "subject"),
            ("dc", "description"),
            ("cp", "keywords"),
            ("cp", "category"),
            ("ep", "HyperlinkBase"),
            ("ep", "Template"),
        ],
    ),
];

const TESTED: &[(&str, Test)] = &[
    ("href", Test::Address),
    ("althref", Test::Source),
    ("src", Test::Source),
    ("invalidUrl", Test::Address),
    ("location", Test::Address),
    ("url", Test::Address),
    ("Url", Test::Address),
    ("link", Test::Link),
    ("action", Test::Action),
    ("macro", Test::Macro),
    ("textlink", Test::Formula),
    ("formula", Test::Formula),
    ("base", Test::Base),
    ("schemaLocation", Test::Base),
    ("noNamespaceSchemaLocation", Test::Base),
    ("connectionId", Test::Connection),
    ("style", Test::Style),
    ("type", Test::Kind),
    ("ObjectType", Test::Kind),
    ("tableType", Test::Kind),
    ("val", Test::Value),
    ("id", Test::RelationId),
];
