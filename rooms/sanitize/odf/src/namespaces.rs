//! The namespaces that a rebuilt document may use, each under one prefix.
//! Names in the schema lists stand under these prefixes.

const ODF: &str = "urn:oasis:names:tc:opendocument:xmlns:";

/// Prefix and name; a name without a scheme stands below the ODF stem.
pub(crate) const NAMESPACES: &[(&str, &str)] = &[
    ("anim", "animation:1.0"),
    ("calcext", "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"),
    ("chart", "chart:1.0"),
    ("chartooo", "http://openoffice.org/2010/chart"),
    ("config", "config:1.0"),
    ("css3t", "http://www.w3.org/TR/css3-text/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dr3d", "dr3d:1.0"),
    ("draw", "drawing:1.0"),
    ("drawooo", "http://openoffice.org/2010/draw"),
    ("field", "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"),
    ("fo", "xsl-fo-compatible:1.0"),
    ("form", "form:1.0"),
    ("formx", "urn:openoffice:names:experimental:ooxml-odf-interop:xmlns:form:1.0"),
    ("loext", "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"),
    ("math", "http://www.w3.org/1998/Math/MathML"),
    ("meta", "meta:1.0"),
    ("number", "datastyle:1.0"),
    ("of", "of:1.2"),
    ("office", "office:1.0"),
    ("officeooo", "http://openoffice.org/2009/office"),
    ("ooo", "http://openoffice.org/2004/office"),
    ("oooc", "http://openoffice.org/2004/calc"),
    ("ooow", "http://openoffice.org/2004/writer"),
    ("presentation", "presentation:1.0"),
    ("smil", "smil-compatible:1.0"),
    ("style", "style:1.0"),
    ("svg", "svg-compatible:1.0"),
    ("table", "table:1.0"),
    ("tableooo", "http://openoffice.org/2009/table"),
    ("text", "text:1.0"),
    ("xlink", "http://www.w3.org/1999/xlink"),
];

/// Namespaces that are known to act or to mean nothing here; a name in one of
/// them is known by its prefix, so that a report can say what was found.
const UNWANTED: &[(&str, &str)] = &[
    ("script", "script:1.0"),
    ("ooscript", "http://openoffice.org/2000/script"),
    ("dom", "http://www.w3.org/2001/xml-events"),
    ("xforms", "http://www.w3.org/2002/xforms"),
    ("xhtml", "http://www.w3.org/1999/xhtml"),
    ("db", "database:1.0"),
    ("manifest", "manifest:1.0"),
];

/// Returns the prefix of a namespace, where it is known.
pub(crate) fn prefix_of(uri: &str) -> Option<&'static str> {
    if uri == "http://www.w3.org/XML/1998/namespace" {
        return Some("xml");
    }
    let short = uri.strip_prefix(ODF);
    let is = |name: &str| short == Some(name) || uri == name;
    NAMESPACES.iter().chain(UNWANTED).find(|(_, name)| is(name)).map(|(prefix, _)| *prefix)
}

/// Writes the declarations of every namespace that may be used.
pub(crate) fn declare(out: &mut String) {
    for (prefix, name) in NAMESPACES {
        out.push_str(" xmlns:");
        out.push_str(prefix);
        out.push_str("=\"");
        if !name.contains("://") && !name.starts_with("urn:") {
            out.push_str(ODF);
        }
        out.push_str(name);
        out.push('"');
    }
}
