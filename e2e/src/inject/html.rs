//! HTML and SVG vectors: scripts, handlers, addresses, frames, styles, and the
//! spellings that browsers accept.

use super::SENTENCE;
use crate::case::Case;

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::twin(
            "html-twin",
            "html",
            page("<p><a href=\"https://www.example.jp/town\">町のページ</a></p>"),
            &[SENTENCE, "町のページ"],
        ),
        Case::twin("html-twin+sjis", "html", shift_jis(), &["関所の検査用文書です。"]),
        Case::twin("svg-twin", "svg", drawing(""), &[]),
    ];
    // Parsed as HTML is, these two show the canary as text.
    for (name, marker, markup) in [
        ("script-nested", "<script", "<scr<script>ipt>{}</script>"),
        ("xml-island", "<xml", "<xml id=\"x\"><i>{}</i></xml>"),
    ] {
        let make = |canary: &str| page(&markup.replace("{}", canary));
        cases.push(Case::inert(&format!("html-{name}"), "html", &[marker], make));
    }
    for (name, markup) in HTML {
        cases.push(Case::gone(&format!("html-{name}"), "html", |canary| {
            page(&markup.replace("{}", canary))
        }));
    }
    for (name, markup) in HTML.iter().filter(|(_, markup)| markup.contains('{')) {
        cases.push(Case::gone(&format!("html-{name}+utf16"), "html", |canary| {
            let text = String::from_utf8_lossy(&page(&markup.replace("{}", canary)))
                .replace("utf-8", "utf-16");
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }));
    }
    for (name, markup) in SVG {
        cases.push(Case::gone(&format!("svg-{name}"), "svg", |canary| {
            drawing(&markup.replace("{}", canary))
        }));
        cases.push(Case::gone(&format!("svg-{name}+utf16"), "svg", |canary| {
            let text = String::from_utf8_lossy(&drawing(&markup.replace("{}", canary)))
                .replace("UTF-8", "UTF-16");
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }));
    }
    cases.push(Case::gone("svg-entity", "svg", |canary| {
        format!("<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///{canary}\">]><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><text>&x;</text></svg>").into_bytes()
    }));
    cases.push(Case::gone("svg-stylesheet", "svg", |canary| {
        format!("<?xml version=\"1.0\"?><?xml-stylesheet href=\"http://{canary}.example/x.xsl\"?><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>").into_bytes()
    }));
    cases.push(Case::gone("svg-msl", "svg", |canary| {
        format!("<image><read filename=\"{canary}\"/><write filename=\"{canary}\"/><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/></image>").into_bytes()
    }));
    cases
}

fn page(body: &str) -> Vec<u8> {
    format!("<!DOCTYPE html><html lang=\"ja\"><head><meta charset=\"utf-8\"><title>t</title></head><body><h1>お知らせ</h1><p>{SENTENCE}</p>{body}</body></html>").into_bytes()
}

fn shift_jis() -> Vec<u8> {
    let text = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\"></head><body><p>関所の検査用文書です。</p></body></html>";
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

fn drawing(inside: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"90\" height=\"60\"><rect x=\"5\" y=\"5\" width=\"80\" height=\"50\" fill=\"#c33\"/>{inside}</svg>").into_bytes()
}

const HTML: &[(&str, &str)] = &[
    ("script", "<script>{}</script>"),
    ("script-src", "<script src=\"http://{}.example/x.js\"></script>"),
    ("script-case", "<ScRiPt >{}</sCrIpT >"),
    ("script-slash", "<script/x>{}</script>"),
    ("script-unclosed", "<script>{}"),
    ("script-module", "<script type=\"module\">import '{}'</script>"),
    ("handler", "<img src=x onerror=\"{}\">"),
    ("handler-unquoted", "<img src=x onerror={}>"),
    ("handler-slash", "<svg/onload={}>"),
    ("handler-newline", "<body\nonload\n=\n'{}'>"),
    ("handler-focus", "<input autofocus onfocus=\"{}\">"),
    ("handler-toggle", "<details open ontoggle=\"{}\">x</details>"),
    ("link-script", "<a href=\"javascript:{}\">x</a>"),
    ("link-script-entity", "<a href=\"&#106;avascript&colon;{}\">x</a>"),
    ("link-script-tab", "<a href=\"java&Tab;script:{}\">x</a>"),
    ("link-script-space", "<a href=\" &#1; javascript:{}\">x</a>"),
    ("link-script-case", "<a href=\"JaVaScRiPt:{}\">x</a>"),
    ("link-vbscript", "<a href=\"vbscript:{}\">x</a>"),
    ("link-data", "<a href=\"data:text/html,{}\">x</a>"),
    (
        "link-data-base64",
        "<a href=\"data:text/html;base64,PHNjcmlwdD4=\" download=\"{}.html\">x</a>",
    ),
    ("link-file", "<a href=\"file://{}.example/x.exe\">x</a>"),
    ("link-ping", "<a href=\"https://www.example.jp/\" ping=\"http://{}.example/\">x</a>"),
    ("link-protocol", "<a href=\"ms-msdt:/id {}\">x</a>"),
    ("iframe", "<iframe src=\"http://{}.example/\"></iframe>"),
    ("iframe-document", "<iframe srcdoc=\"<script>{}</script>\"></iframe>"),
    ("frameset", "<frameset><frame src=\"http://{}.example/\"></frameset>"),
    ("object", "<object data=\"http://{}.example/x\" type=\"text/html\"></object>"),
    ("embed", "<embed src=\"http://{}.example/x.swf\">"),
    ("applet", "<applet code=\"{}.class\" archive=\"http://{}.example/x.jar\"></applet>"),
    ("base", "<base href=\"http://{}.example/\">"),
    ("refresh", "<meta http-equiv=\"refresh\" content=\"0;url=http://{}.example/\">"),
    ("link-sheet", "<link rel=\"stylesheet\" href=\"http://{}.example/x.css\">"),
    ("link-import", "<link rel=\"import\" href=\"http://{}.example/x.html\">"),
    ("link-preload", "<link rel=\"preload\" href=\"http://{}.example/\" as=\"image\">"),
    ("form", "<form action=\"http://{}.example/\"><input name=a><button>x</button></form>"),
    ("form-button", "<button formaction=\"javascript:{}\">x</button>"),
    ("image-outside", "<img src=\"http://{}.example/x.png\">"),
    ("image-set", "<img src=\"\" srcset=\"http://{}.example/x.png 2x\">"),
    ("picture", "<picture><source srcset=\"http://{}.example/x.png\"><img></picture>"),
    ("image-low", "<img lowsrc=\"http://{}.example/\" dynsrc=\"http://{}.example/\">"),
    ("background", "<table background=\"http://{}.example/x.png\"><tr><td>x</table>"),
    (
        "video",
        "<video src=\"http://{}.example/x.mp4\" poster=\"http://{}.example/x.png\" autoplay></video>",
    ),
    ("audio", "<audio><source src=\"http://{}.example/x.mp3\"></audio>"),
    ("style-import", "<style>@import url(http://{}.example/x.css);</style>"),
    ("style-url", "<p style=\"background:url(http://{}.example/x.png)\">x</p>"),
    ("style-expression", "<p style=\"width:expression({})\">x</p>"),
    ("style-binding", "<p style=\"-moz-binding:url(http://{}.example/x)\">x</p>"),
    ("style-escape", "<p style=\"background:u\\72l(http://{}.example/)\">x</p>"),
    ("style-font", "<style>@font-face{font-family:x;src:url(http://{}.example/x.woff)}</style>"),
    ("svg-inside", "<svg><script>{}</script></svg>"),
    ("svg-use", "<svg><use href=\"http://{}.example/x.svg#a\"/></svg>"),
    (
        "svg-animate",
        "<svg><a><animate attributeName=href values=\"javascript:{}\"/><text>x</text></a></svg>",
    ),
    ("math", "<math href=\"javascript:{}\">x</math>"),
    (
        "math-mutation",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror={}&gt;\">",
    ),
    ("noscript", "<noscript><p title=\"</noscript><img src=x onerror={}>\"></noscript>"),
    ("template", "<template><script>{}</script></template>"),
    ("comment", "<!-- {} -->"),
    ("comment-conditional", "<!--[if gte IE 4]><script>{}</script><![endif]-->"),
    (
        "smuggling",
        "<script>var b=new Blob(['{}']);var a=document.createElement('a');a.href=URL.createObjectURL(b);a.download='x.exe';a.click()</script>",
    ),
    ("data-attribute", "<p data-x=\"{}\" aria-description=\"y\">x</p>"),
    ("marquee", "<marquee onstart={}>x</marquee>"),
    ("isindex", "<isindex action=\"javascript:{}\">"),
    ("instruction", "<?xml-stylesheet href=\"javascript:{}\"?>"),
    ("hta", "<hta:application id=\"{}\">"),
    ("behaviour", "<p style=\"behavior:url(#default#time2)\" onbegin=\"{}\">x</p>"),
    (
        "plaintext-attribute",
        "<a href=\"https://www.example.jp/\" onclick=\"{}\" target=_blank>x</a>",
    ),
];

const SVG: &[(&str, &str)] = &[
    ("script", "<script>{}</script>"),
    ("script-href", "<script xlink:href=\"http://{}.example/x.js\"/>"),
    ("script-cdata", "<script><![CDATA[{}]]></script>"),
    ("handler", "<rect width=\"9\" height=\"9\" onclick=\"{}\" onload=\"{}\"/>"),
    (
        "foreign",
        "<foreignObject width=\"9\" height=\"9\"><p xmlns=\"http://www.w3.org/1999/xhtml\" onclick=\"{}\">{}</p></foreignObject>",
    ),
    ("link", "<a xlink:href=\"javascript:{}\"><rect width=\"9\" height=\"9\"/></a>"),
    (
        "link-references",
        "<a href=\"&#106;&#97;&#118;&#97;script:{}\"><rect width=\"9\" height=\"9\"/></a>",
    ),
    ("image", "<image xlink:href=\"http://{}.example/x.png\" width=\"9\" height=\"9\"/>"),
    ("image-file", "<image href=\"file:///{}\" width=\"9\" height=\"9\"/>"),
    (
        "image-data",
        "<image href=\"data:image/svg+xml,%3Csvg%3E%3Cscript%3E{}%3C/script%3E%3C/svg%3E\" width=\"9\" height=\"9\"/>",
    ),
    ("use", "<use xlink:href=\"http://{}.example/x.svg#a\"/>"),
    (
        "animate",
        "<a><animate attributeName=\"href\" to=\"javascript:{}\"/><rect width=\"9\" height=\"9\"/></a>",
    ),
    ("set", "<set attributeName=\"onmouseover\" to=\"{}\"/>"),
    ("handler-element", "<handler type=\"application/ecmascript\">{}</handler>"),
    ("style-import", "<style>@import url(http://{}.example/);</style>"),
    ("style-url", "<rect width=\"9\" height=\"9\" style=\"fill:url(http://{}.example/x#y)\"/>"),
    (
        "filter-image",
        "<filter id=\"f\"><feImage href=\"http://{}.example/x.png\"/></filter><rect filter=\"url(#f)\" width=\"9\" height=\"9\"/>",
    ),
    ("metadata", "<metadata>{}</metadata>"),
    ("comment", "<!-- {} -->"),
    ("font-face", "<style>@font-face{font-family:x;src:url(http://{}.example/x.woff)}</style>"),
    ("iframe", "<iframe xmlns=\"http://www.w3.org/1999/xhtml\" src=\"http://{}.example/\"/>"),
    ("unknown", "<x:y xmlns:x=\"urn:x\" x:z=\"{}\">{}</x:y>"),
    ("cursor", "<cursor xlink:href=\"http://{}.example/x.cur\"/>"),
];
