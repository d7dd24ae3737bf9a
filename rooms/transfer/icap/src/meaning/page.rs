//! The page that a person sees in the place of what was stopped: what
//! happened, what is safe, what to do next, in both languages. Everything that
//! came from outside is escaped.

use crate::disarmer::{Said, Way};

/// What the page tells.
#[derive(Clone, Copy, Debug)]
pub struct PageText<'a> {
    /// The record's id, by which the IT office finds it.
    pub passage: &'a str,
    /// The file's name, as far as there is one.
    pub name: &'a str,
    /// Which way it went.
    pub way: Way,
    /// Why.
    pub reasons: &'a [Said],
}

/// Writes the page.
#[must_use]
pub fn page(text: &PageText<'_>) -> Vec<u8> {
    let (happened, happened_en, safe, safe_en) = match text.way {
        Way::Download => (
            "ファイルを受け取る前に止めました。",
            "The file was stopped before it reached you.",
            "このパソコンには何も届いていません。ほかのページはそのまま使えます。",
            "Nothing has reached this computer. Other pages work as before.",
        ),
        Way::Upload => (
            "ファイルを送る前に止めました。",
            "The file was stopped before it was sent.",
            "相手には何も送られていません。元のファイルはそのまま残っています。",
            "Nothing was sent. Your file is untouched.",
        ),
    };
    let name = escape(text.name);
    let list = |pick: fn(&Said) -> &str| {
        let items = text.reasons.iter().take(REASONS_MAX);
        items.map(|said| format!("<li>{}</li>", escape(pick(said)))).collect::<String>()
    };
    let (ja, en) = (list(|said| &said.ja), list(|said| &said.en));
    let file = |word: &str| {
        if name.is_empty() { String::new() } else { format!("<p>{word}: <b>{name}</b></p>") }
    };
    let passage = escape(text.passage);
    let codes: Vec<_> =
        text.reasons.iter().take(REASONS_MAX).map(|said| escape(&said.code)).collect();
    let codes = codes.join(" ");
    format!(
        "<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\">\
<title>関所:{happened} / {happened_en}</title><style>{STYLE}</style></head><body><main>\
<section><h1>{happened}</h1>{file_ja}<h2>何が起きたか</h2><ul>{ja}</ul>\
<h2>安全か</h2><p>{safe}</p><h2>次にすること</h2>\
<p>上の案内に従ってください。業務で必要なときは、下の受付番号を添えて情報システム担当へ連絡してください。</p>\
</section><section lang=\"en\"><h1>{happened_en}</h1>{file_en}<h2>What happened</h2><ul>{en}</ul>\
<h2>What is safe</h2><p>{safe_en}</p><h2>What next</h2>\
<p>Do as said above. If you need it for your work, tell your IT office the number below.</p>\
</section><p>受付番号 / number: <code>{passage}</code></p><p class=\"r\">{codes}</p>\
</main></body></html>\n",
        file_ja = file("ファイル"),
        file_en = file("File"),
    )
    .into_bytes()
}

/// Reasons that a page shows.
const REASONS_MAX: usize = 8;

const STYLE: &str = "body{font-family:'Noto Sans JP',sans-serif;line-height:1.7;color:#1a1a1a;\
background:#fff;margin:0}main{max-width:44rem;margin:2rem auto;padding:0 1rem}\
section{border-top:4px solid #0017c1;padding-top:1rem;margin-bottom:2rem}h1{font-size:1.5rem}\
h2{font-size:1.1rem}b,li{overflow-wrap:anywhere}code{font-size:1.1rem}.r{color:#595959}";

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Marks that turn the direction of text would lie about the ending.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push('\u{fffd}');
            }
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_all_in_both_languages_and_runs_nothing() {
        let said = Said {
            code: "type-script".to_owned(),
            ja: "スクリプトです".to_owned(),
            en: "a script".to_owned(),
        };
        let text = PageText {
            passage: "01J",
            name: "<img src=x onerror=alert(1)>\u{202e}cod.js",
            way: Way::Download,
            reasons: &[said],
        };
        let html = String::from_utf8(page(&text)).unwrap();
        for part in ["スクリプトです", "a script", "01J", "type-script", "安全か", "What next"]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("<img"), "{html}");
        assert!(!html.contains('\u{202e}'));
    }
}
