//! Shows what a rebuilt SVG keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::testing::{run, settled, survives_cuts, survives_flips};

fn svg(inner: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{inner}</svg>"
    )
}

fn check(inner: &str, expected: &str, codes: &[&str]) {
    let (out, removed) = settled(svg(inner).as_bytes(), Format::Svg);
    assert_eq!(String::from_utf8(out).unwrap(), svg(expected), "{inner}");
    assert_eq!(removed, codes, "{inner}");
}

#[test]
fn drawing_stays() {
    let inner = "<g id=\"a\" style=\"fill:red;stroke:url(#b)\"><path d=\"M0 0\"/></g><use xlink:href=\"#a\"/>";
    check(inner, inner, &[]);
    let sheet = "<style>.a{fill:#fff}\n</style>";
    check(sheet, sheet, &[]);
}

#[test]
fn text_stays_and_is_read() {
    check(
        "<text>日本 &amp; 𠮷<tspan> x</tspan></text>",
        "<text>日本 &amp; 𠮷<tspan> x</tspan></text>",
        &[],
    );
    let source = svg("<text>一<tspan>二</tspan></text><text>三</text>");
    assert_eq!(crate::testing::text(source.as_bytes(), Format::Svg), "一二\n三\n");
}

#[test]
fn what_acts_goes() {
    check("<script>alert(1)</script>", "", &["image-svg-script"]);
    check("<rect onload=\"x()\"/>", "<rect/>", &["image-svg-event"]);
    check("<foreignObject><p>x</p></foreignObject>", "", &["image-svg-foreign"]);
    check("<rect><animate attributeName=\"x\"/></rect>", "<rect></rect>", &["image-svg-animation"]);
    check("<a href=\"javascript:x\"><rect/></a>", "<rect/>", &["image-svg-link"]);
    check(
        "<style>@import 'http://x/';.a{fill:red}</style>",
        "<style>.a{fill:red}\n</style>",
        &["image-svg-external"],
    );
    check("<rect style=\"fill:url(http://x/)\"/>", "<rect/>", &["image-svg-external"]);
    check("<rect fill=\"url( 'http://x/#a')\"/>", "<rect/>", &["image-svg-external"]);
    check("<rect fill=\"u\\72l(http://x)\"/>", "<rect/>", &["image-svg-external"]);
    check("<use href=\"http://x/#a\"/>", "<use/>", &["image-svg-external"]);
    check("<image href=\"file:///etc/passwd\"/>", "", &["image-svg-external"]);
    check("<image href=\"data:text/html;base64,PHg+\"/>", "", &["image-svg-image"]);
}

#[test]
fn entities_of_numbers_do_not_hide_a_reference() {
    check("<use href=\"&#104;ttp://x\"/>", "<use/>", &["image-svg-external"]);
}

#[test]
fn external_entities_go() {
    let source = format!(
        "<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
        svg("<text>&x;</text>")
    );
    let (out, removed) = settled(source.as_bytes(), Format::Svg);
    assert_eq!(removed, ["image-svg-entity"]);
    assert_eq!(String::from_utf8(out).unwrap(), svg("<text></text>"));
}

#[test]
fn copies_of_copies_are_refused() {
    let mut inner = "<g id=\"g0\"><rect/></g>".to_owned();
    for level in 1..12 {
        let copies = format!("<use href=\"#g{}\"/>", level - 1).repeat(10);
        inner.push_str(&format!("<g id=\"g{level}\">{copies}</g>"));
    }
    assert!(run(svg(&inner).as_bytes(), Format::Svg).0.is_err());
    assert!(run(svg("<g id=\"a\"><use href=\"#a\"/></g>").as_bytes(), Format::Svg).0.is_err());
}

#[test]
fn deep_nesting_stops() {
    let inner = "<g>".repeat(1000) + &"</g>".repeat(1000);
    assert!(run(svg(&inner).as_bytes(), Format::Svg).0.unwrap_err().is_limit());
}

#[test]
fn damage_is_survived() {
    let source = svg("<style>.a{b:c}</style><text x=\"1\">&amp;</text><use href=\"#a\"/>");
    survives_cuts(source.as_bytes(), Format::Svg);
    survives_flips(source.as_bytes(), Format::Svg);
}
