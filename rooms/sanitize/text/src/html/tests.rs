//! Cases of HTML: what acts is gone and reported, text and looks stay.

use encoding_rs::SHIFT_JIS;
use sanitize_core::{Format, Hyperlinks, Policy, TextPolicy};

use crate::testing::{check_real_files, codes_of, run, text_of};

fn page(body: &str) -> (String, Vec<&'static str>) {
    let (out, codes) =
        codes_of(format!("<!DOCTYPE html>{body}").as_bytes(), Format::Html, &Policy::default());
    (String::from_utf8(out).expect("UTF-8"), codes)
}

const HEAD: &str = "<!DOCTYPE html>\n<html><head><meta charset=\"UTF-8\">";

#[test]
fn a_plain_page_keeps_its_structure() {
    let (out, codes) = page(
        "<title>題</title><h1 class=a>見出し</h1><table border=1><tr><td style='color:red'>一<td>二</table><p>a&lt;b &amp; c",
    );
    assert_eq!(codes, Vec::<&str>::new());
    assert_eq!(
        out,
        format!(
            "{HEAD}<title>題</title></head><body><h1 class=\"a\">見出し</h1><table border=\"1\"><tbody><tr><td style=\"color:red\">一</td><td>二</td></tr></tbody></table><p>a&lt;b &amp; c</p></body></html>"
        )
    );
}

#[test]
fn every_vector_goes_with_its_line() {
    let vectors = [
        ("<script>CANARY</script>", "html-script"),
        ("<p onclick=CANARY>x", "html-event"),
        ("<img src=x onerror=CANARY alt=a>", "html-event"),
        ("<iframe src='http://CANARY' srcdoc='CANARY'></iframe>", "html-frame"),
        ("<object data=CANARY></object>", "html-media"),
        ("<embed src=CANARY>", "html-media"),
        ("<video src=CANARY></video>", "html-media"),
        ("<applet code=CANARY></applet>", "html-media"),
        ("<base href='http://CANARY'>", "html-external"),
        ("<link rel=stylesheet href='http://CANARY'>", "html-external"),
        ("<meta http-equiv=refresh content='0;url=http://CANARY'>", "html-refresh"),
        ("<form action='http://CANARY'><input type=submit formaction=CANARY></form>", "html-form"),
        ("<img src='http://CANARY' alt='絵'>", "html-external"),
        ("<img srcset='http://CANARY 2x' alt='絵'>", "html-external"),
        ("<body background='http://CANARY'>", "html-external"),
        ("<svg><script>CANARY</script></svg>", "html-foreign"),
        (
            "<math><mtext><table><mglyph><style><img src=x onerror=CANARY></table></math>",
            "html-foreign",
        ),
        ("<template><script>CANARY</script></template>", "html-foreign"),
        ("<a href='javascript:CANARY'>x</a>", "html-link"),
        ("<a href=' java\tscript:CANARY'>x</a>", "html-link"),
        ("<a href='data:text/html,CANARY' download>x</a>", "html-link"),
        ("<a href='file:///CANARY'>x</a>", "html-link"),
        ("<a href='//CANARY'>x</a>", "html-link"),
        ("<a href='search-ms:CANARY'>x</a>", "html-link"),
        ("<p style='background:url(http://CANARY)'>x", "html-css-active"),
        ("<style>@import 'http://CANARY';</style>", "html-css-active"),
        ("<style>p{background:url(http://CANARY)}</style>", "html-css-active"),
        ("<!-- CANARY -->", "html-comment"),
        ("<!--[if mso]><script>CANARY</script><![endif]-->", "html-comment"),
        ("<p CANARY=1>x", "html-attribute"),
        ("<input type=hidden value=CANARY>", "html-form"),
        (
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>CANARX</noscript>x<script>CANARY</script>",
            "html-script",
        ),
        ("<plaintext><script>x", "html-comment"),
    ];
    for (vector, code) in vectors {
        let vector =
            if code == "html-comment" { format!("{vector}<!-- x -->") } else { vector.to_owned() };
        if vector.starts_with("<plaintext") {
            assert!(page(&vector).0.contains("<pre>&lt;script&gt;x"));
            continue;
        }
        let (out, codes) = page(&vector);
        assert!(codes.contains(&code), "{vector} gave {codes:?}");
        assert!(!out.contains("CANARY"), "{vector} left {out}");
    }
}

#[test]
fn mutations_stay_text() {
    for vector in [
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
        "<noscript><style></noscript><img src=x onerror=alert(1)></style>",
        "<textarea></textarea><img src=x onerror=alert(1)></textarea>",
        "<style><!--</style><img src=x onerror=alert(1)>--></style>",
        "<title></title><script>alert(1)</script></title>",
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
        "<table><td><a><table><a></table></a><p>x</table>",
        "<a><p><a><div><a>x</a></div>",
        "<b><p>x</b>y</p><pre>\n\nz</pre>",
    ] {
        let (out, _) = page(vector);
        let lower = out.to_lowercase();
        assert!(
            !lower.contains("<script") && !lower.contains("<img") && !lower.contains(" onerror"),
            "{vector} left {out}"
        );
    }
}

#[test]
fn links_and_pictures_follow_policy() {
    let vector = "<a href='https://x.jp/?a=1&amp;b=2' target=_blank>x</a><a href='#注'>y</a><img src='data:image/png;base64,iVBORwAA'>";
    let (out, codes) = page(vector);
    assert_eq!(codes, Vec::<&str>::new());
    assert!(out.contains("<a href=\"https://x.jp/?a=1&amp;b=2\">x</a><a href=\"#注\">y</a><img src=\"data:image/png;base64,iVBORwAA\">"), "{out}");
    let policy = Policy {
        text: TextPolicy { hyperlinks: Hyperlinks::Remove, ..TextPolicy::default() },
        ..Policy::default()
    };
    let (out, codes) = codes_of(vector.as_bytes(), Format::Html, &policy);
    assert_eq!(codes, ["html-link"]);
    assert!(!String::from_utf8_lossy(&out).contains("x.jp"));
    let (out, codes) = page(
        "<img src='data:image/svg+xml;base64,PHN2Zz4=' alt='図'><img src='data:text/html;base64,PHN2Zz4='>",
    );
    assert_eq!(codes, ["html-picture", "html-external"]);
    assert!(out.contains("<img alt=\"図\">") && !out.contains("data:"), "{out}");
}

#[test]
fn japanese_pages_are_read_as_they_say() {
    let text = "<html><head><meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'><title>高﨑①</title></head><body>住民票～</body></html>";
    let (bytes, _, bad) = SHIFT_JIS.encode(text);
    assert!(!bad);
    let (out, codes) = codes_of(&bytes, Format::Html, &Policy::default());
    let out = String::from_utf8(out).expect("UTF-8");
    assert_eq!(codes, Vec::<&str>::new());
    // No document type: the page keeps its old manners.
    assert_eq!(
        out,
        "<html><head><meta charset=\"UTF-8\"><title>高﨑①</title></head><body>住民票～</body></html>"
    );
    assert_eq!(text_of(&bytes, Format::Html), "住民票～\n");
}

#[test]
fn hidden_text_shows() {
    let (out, codes) = page("<p style='display:none;color:red'>見えない</p><p hidden>x</p>");
    assert_eq!(codes, ["html-hidden"]);
    assert!(out.contains("<p style=\"color:red\">見えない</p><p>x</p>"), "{out}");
}

#[test]
fn text_has_lines_and_tabs() {
    let text = text_of(
        "<p>a  b<br>c</p><table><tr><td>1</td><td>2</td></tr></table><pre>x\n y</pre>".as_bytes(),
        Format::Html,
    );
    assert_eq!(text, "a b\nc\n1\t2\nx\n y\n");
}

#[test]
fn hostile_nesting_stops_and_nothing_panics() {
    let deep = "<div>".repeat(20_000);
    let stop = run(deep.as_bytes(), Format::Html, &Policy::default()).expect_err("too deep");
    assert_eq!(stop.reason().code.id, "limit-nesting");
    let seeds = [
        "<table><p><b><a href='x'><svg><p></table>",
        "<style>p{a:b}</style><!--",
        "<form><select><option><textarea>\n",
        "<math><mi><table>",
    ];
    let mut state = 9_u32;
    for round in 0..1500_usize {
        let mut bytes = seeds[round % seeds.len()].repeat(1 + round % 4).into_bytes();
        for _ in 0..4 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] = b"<>/ab ='\"!-&"[(state >> 4) as usize % 12];
        }
        if let Ok((once, _)) = run(&bytes, Format::Html, &Policy::default()) {
            let (twice, again) = run(&once, Format::Html, &Policy::default()).expect("again");
            assert_eq!((again.len(), &once), (0, &twice), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn real_files_are_fix_points() {
    check_real_files("SEKISHO_HTML", "html", Format::Html);
}
