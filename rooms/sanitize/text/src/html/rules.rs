//! Which elements and attributes of HTML may stand in a rebuilt page.

use sanitize_core::Code;

use crate::codes;

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Stays, under this name.
    Keep(&'static str),
    /// Goes, but what is in it stays.
    Unwrap(Option<&'static Code>),
    /// Goes with all that is in it.
    Drop(&'static Code),
}

/// Elements that stay.
const KEPT: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "b",
    "bdi",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "main",
    "map",
    "mark",
    "menu",
    "meter",
    "nav",
    "nobr",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "pre",
    "progress",
    "q",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "section",
    "select",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that are written without an end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "area" | "br" | "col" | "hr" | "img" | "input" | "meta" | "wbr")
}

/// Decides about an element of the HTML namespace.
pub(super) fn element(name: &str) -> Fate {
    if let Ok(at) = KEPT.binary_search(&name) {
        return Fate::Keep(KEPT[at]);
    }
    match name {
        "script" => Fate::Drop(&codes::HTML_SCRIPT),
        "iframe" | "frame" | "frameset" | "noframes" | "portal" | "fencedframe" => {
            Fate::Drop(&codes::HTML_FRAME)
        }
        "object" | "embed" | "applet" | "param" | "audio" | "video" | "source" | "track"
        | "bgsound" | "noembed" => Fate::Drop(&codes::HTML_MEDIA),
        "base" | "link" | "keygen" | "isindex" => Fate::Drop(&codes::HTML_EXTERNAL),
        "template" | "svg" | "math" => Fate::Drop(&codes::HTML_FOREIGN),
        "form" => Fate::Unwrap(Some(&codes::HTML_FORM)),
        // With scripts gone, what stood for their absence is what is shown.
        "noscript" | "picture" | "canvas" | "slot" => Fate::Unwrap(None),
        "listing" | "xmp" | "plaintext" => Fate::Keep("pre"),
        "bdo" => Fate::Unwrap(Some(&codes::BIDI)),
        _ => Fate::Unwrap(Some(&codes::HTML_ELEMENT)),
    }
}

/// What becomes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributeFate {
    Keep,
    /// An address that a person may follow.
    Link,
    /// The address of a picture.
    Picture,
    /// Declarations of style.
    Style,
    Drop(&'static Code),
    /// Goes without a line: it says nothing by itself.
    Silent,
}

/// Decides about an attribute by its name.
pub(super) fn attribute(element: &str, name: &str) -> AttributeFate {
    const GLOBAL: &[&str] = &[
        "abbr",
        "align",
        "alt",
        "bgcolor",
        "border",
        "bordercolor",
        "cellpadding",
        "cellspacing",
        "char",
        "charoff",
        "checked",
        "class",
        "clear",
        "color",
        "cols",
        "colspan",
        "compact",
        "coords",
        "datetime",
        "dir",
        "disabled",
        "face",
        "for",
        "frame",
        "headers",
        "height",
        "high",
        "hspace",
        "id",
        "label",
        "lang",
        "low",
        "max",
        "maxlength",
        "min",
        "multiple",
        "name",
        "noshade",
        "nowrap",
        "open",
        "optimum",
        "placeholder",
        "readonly",
        "reversed",
        "role",
        "rows",
        "rowspan",
        "rules",
        "scope",
        "selected",
        "shape",
        "size",
        "span",
        "start",
        "step",
        "summary",
        "text",
        "title",
        "translate",
        "type",
        "usemap",
        "valign",
        "value",
        "vspace",
        "width",
        "wrap",
    ];
    match name {
        "href" if matches!(element, "a" | "area") => AttributeFate::Link,
        "src" if element == "img" => AttributeFate::Picture,
        "style" => AttributeFate::Style,
        "hidden" => AttributeFate::Drop(&codes::HTML_HIDDEN),
        "link" | "vlink" | "alink" if element == "body" => AttributeFate::Keep,
        // Windows and relations mean nothing once links are plain.
        "target" | "rel" | "rev" | "hreflang" | "referrerpolicy" | "xmlns" | "loading"
        | "decoding" | "tabindex" | "accesskey" | "autocomplete" | "charset" | "media"
        | "content" | "http-equiv" => AttributeFate::Silent,
        _ if name.starts_with("on") => AttributeFate::Drop(&codes::HTML_EVENT),
        _ if name.starts_with("aria-") => AttributeFate::Keep,
        _ if name.starts_with("xmlns:") || name == "xml:lang" => AttributeFate::Silent,
        "action" | "formaction" | "method" | "enctype" | "formtarget" => {
            AttributeFate::Drop(&codes::HTML_FORM)
        }
        "src" | "srcset" | "lowsrc" | "dynsrc" | "longdesc" | "background" | "cite" | "poster"
        | "data" | "codebase" | "classid" | "archive" | "profile" | "manifest" | "ping"
        | "href" | "imagesrcset" | "xlink:href" => AttributeFate::Drop(&codes::HTML_EXTERNAL),
        _ if GLOBAL.binary_search(&name).is_ok() => AttributeFate::Keep,
        _ => AttributeFate::Drop(&codes::HTML_ATTRIBUTE),
    }
}

/// Says whether an address may be followed: `http`, `https`, `mailto`.
pub(crate) fn is_link_allowed(target: &str) -> bool {
    let is_plain = !target.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
    let Some((scheme, rest)) = target.split_once(':') else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let has_host =
        rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with('/'));
    let is_mail = scheme.eq_ignore_ascii_case("mailto") && !rest.is_empty();
    is_plain && (is_mail || (is_web && has_host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_elements_is_sorted() {
        assert!(KEPT.is_sorted());
        assert_eq!(element("script"), Fate::Drop(&codes::HTML_SCRIPT));
        assert_eq!(attribute("p", "onclick"), AttributeFate::Drop(&codes::HTML_EVENT));
        assert_eq!(attribute("td", "width"), AttributeFate::Keep);
    }
}
