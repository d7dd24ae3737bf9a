//! The names of elements and attributes that may stand in a rebuilt document.
//! They come from the schema of ODF 1.3 and from what LibreOffice writes,
//! without whatever acts or leads outside.

use std::collections::HashSet;
use std::sync::LazyLock;

static ELEMENTS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../schema/elements.txt").lines().collect());

static ATTRIBUTES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../schema/attributes.txt").lines().collect());

/// Returns the listed name of an element, such as `text:p`.
pub(crate) fn element(name: &str) -> Option<&'static str> {
    ELEMENTS.get(name).copied()
}

/// Returns the listed name of an attribute, such as `text:style-name`.
pub(crate) fn attribute(name: &str) -> Option<&'static str> {
    ATTRIBUTES.get(name).copied()
}

/// Attributes without a namespace, which only formulas (MathML) have.
pub(crate) fn math_attribute(name: &str) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "accent",
        "accentunder",
        "align",
        "close",
        "columnalign",
        "columnlines",
        "columnspacing",
        "columnspan",
        "depth",
        "display",
        "displaystyle",
        "encoding",
        "fence",
        "form",
        "frame",
        "height",
        "largeop",
        "linebreak",
        "linethickness",
        "lspace",
        "mathcolor",
        "mathsize",
        "mathvariant",
        "maxsize",
        "minsize",
        "movablelimits",
        "notation",
        "open",
        "rowalign",
        "rowlines",
        "rowspacing",
        "rowspan",
        "rspace",
        "scriptlevel",
        "separator",
        "separators",
        "stretchy",
        "symmetric",
        "voffset",
        "width",
        "fontfamily",
        "fontsize",
        "fontstyle",
        "fontweight",
        "color",
    ];
    NAMES.iter().find(|known| **known == name).copied()
}
