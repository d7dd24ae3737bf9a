//! Control words by what they may be: known to be harmless, known to act.

/// Says whether a word brings an object, a template, data or a macro along.
pub(super) fn is_object(word: &str) -> bool {
    word.starts_with("obj") || OBJECTS.contains(&word)
}

/// Says whether a word may stand in a delivered document.
pub(super) fn is_known(word: &str, is_starred: bool) -> bool {
    let is_group = GROUPS.contains(&word);
    if is_starred {
        return is_group;
    }
    is_group || WORDS.binary_search(&word).is_ok() || FAMILIES.iter().any(|start| word.starts_with(start))
}

const OBJECTS: &[&str] = &[
    "template", "mailmerge", "datastore", "themedata", "linkval", "datafield", "ddeauto", "result", "htmltag", "htmlrtf", "mhtmltag", "macpict", "pmmetafile", "dibitmap",
    "wbitmap", "passwordhash", "protusertbl", "xmlnstbl", "xform", "nextfile", "private", "svb", "svf", "oleclsid", "fontemb", "fontfile", "ffentrymcr", "ffexitmcr",
    "mmconnectstr", "mmdatasource", "mmheadersource", "mmodsosrc", "mmodsoudl", "mmodsoudldata", "mmodsotable", "mmquery", "mmaddfieldname", "filetbl", "file", "hl", "hlsrc", "hlloc",
    "hlfr", "subdocument", "docvar", "userprops", "bin",
];

/// Groups that hold text of the document or its formatting.
const GROUPS: &[&str] = &[
    "aftncn", "aftnsep", "aftnsepc", "annotation", "atnauthor", "atndate", "atnid", "atnparent", "atnref", "atntime", "atrfend", "atrfstart", "background", "bkmkend", "bkmkstart", "cs",
    "defchp", "defpap", "falt", "ffdeftext", "ffformat", "ffhelptext", "ffl", "ffname", "ffstattext", "fldinst", "fldrslt", "field", "fonttbl", "colortbl", "footer", "footerf", "footerl", "footerr", "footnote", "formfield",
    "ftncn", "ftnsep", "ftnsepc", "generator", "header", "headerf", "headerl", "headerr", "keycode", "latentstyles", "levelmarker", "levelnumbers", "leveltext", "list", "listlevel", "listname", "listoverride", "listoverridetable", "liststylename", "listtable",
    "nesttableprops", "nonesttables", "nonshppict", "panose", "pgptbl", "pict", "picprop", "pn", "pnseclvl", "pntext", "pntxta", "pntxtb", "revtbl", "rsidtbl", "shp", "shpgrp", "shpinst", "shppict", "shprslt", "shptxt",
    "sn", "sp", "stylesheet", "sv", "tc", "tcn", "ts", "tsrowd", "txe", "rxe", "wgrffmtfilter", "xe", "yxe", "info", "title", "subject", "author", "manager", "company", "operator", "category", "keywords", "comment", "doccomm",
    "creatim", "revtim", "printim", "buptim", "lfolevel",
];

/// Formatting words that come in families of many alike.
const FAMILIES: &[&str] = &[
    "brdr", "clbrdr", "clpad", "clsp", "clsh", "clcb", "clcf", "clv", "cltx", "clmg", "clmr", "clw", "clft", "clfit", "clno", "clhid", "clN", "trbrdr", "trpad", "trspd", "trq", "trw", "trft", "trauto", "trgaph", "trhdr",
    "trkeep", "trleft", "trrh", "trow", "tbl", "pg", "pn", "sect", "sbk", "shp", "rsid", "ls", "level", "list", "ftn", "aftn", "saftn", "sftn", "tx", "tq", "tl", "tb", "lin", "ulth", "uldash", "ul", "dp", "do", "pos", "abs", "dfrm", "dropcap",
    "ab", "ac", "ad", "af", "ae", "ai", "al", "ao", "as", "au", "rin", "sb", "sa", "sl", "lvl", "lang", "margl", "margr", "margt", "margb", "margmirror", "gutter", "header", "footer", "dghspace", "dgv", "dgh", "dgm", "dgs", "view", "lsd", "pic", "irow", "irowband",
    "brsp", "nest", "itap", "ltr", "rtl", "horz", "fmargin", "vert", "cb", "cf", "chcbpat", "chcfpat", "chshdng", "chb", "shading", "bg", "cbpat", "cfpat", "expnd", "kerning", "charscalex", "animtext", "cell", "row", "par", "sect", "stext", "loch", "hich", "dbch",
    "fchars", "lchars", "jcompress", "jexpand", "jsksu", "asian", "aspalpha", "aspnum", "fa", "nosnap", "adjust", "wrap", "phcol", "phmrg", "phpg", "pvmrg", "pvpara", "pvpg", "widow", "widctl", "no", "faauto", "cgrid", "dnt", "revised", "deleted", "revauth", "revdttm",
    "crauth", "crdate", "mv", "deff", "stsh", "fet", "hyph", "enforceprot", "formprot", "formdisp", "allprot", "form", "ff", "ql", "qr", "qj", "qc", "qd", "qk", "qt", "fi", "li", "cu", "ri", "cols", "col", "line", "vern", "nofchars", "nofwords", "nofpages", "edmins",
    "yr", "mo", "dy", "hr", "min", "sec", "version", "bliptag", "blipupi", "proptype", "sprs", "sprl", "spr", "u", "use", "truncate", "lytt", "lyte", "lytp", "lytc", "splyt", "htmauts", "trautofit", "snapt", "tsw", "tsd", "tsc", "tsv", "tsn", "tsb", "ts",
];

/// Further words, in order.
const WORDS: &[&str] = &[
    "additive", "ansi", "ansicpg", "b", "blue", "box", "bullet", "caps", "charset", "chatn", "chdate",
    "chdpa", "chdpl", "chftn", "chftnsep", "chftnsepc", "chpgn", "chtime", "column", "contextualspace", "cpg",
    "cs", "dn", "ds", "embo", "emdash", "emfblip", "emspace", "endash", "enspace", "f", "facingp", "fbias",
    "fbidi", "fcharset", "fdecor", "fftype", "fldalt", "flddirty", "fldedit", "fldlock", "fldpriv",
    "fldresult", "fmodern", "fnil", "fprq", "froman", "fromhtml", "fromtext", "fs", "fscript", "fswiss",
    "ftech", "gcs", "gcw", "green", "highlight", "hysection", "i", "impr", "insrsid", "intbl", "ixe",
    "jpegblip", "keep", "keepn", "landscape", "ldblquote", "lquote", "mac", "nowidctlpar", "outl",
    "outlinelevel", "page", "paperh", "paperw", "pard", "pc", "pca", "plain", "pngblip", "psz", "rdblquote",
    "red", "rquote", "rtf", "s", "sautoupd", "sbasedon", "scaps", "shad", "slink", "slocked", "snext",
    "softcol", "softline", "softpage", "spriority", "sqformat", "ssemihidden", "strike", "striked",
    "strikedl", "sub", "sunhideused", "super", "tab", "titlepg", "uc", "up", "v", "wbmbitspixel", "wbmplanes",
    "wbmwidthbytes", "webhidden", "wmetafile", "xef", "zwbo", "zwj", "zwnbo", "zwnj",
];
