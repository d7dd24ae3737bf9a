//! Bodies as they come, and the text that people get.

use crate::{Limits, Message, read};

fn message(body: &str) -> Message {
    let mail = format!("From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}");
    read(mail.as_bytes(), &Limits::default()).unwrap()
}

fn text(body: &str) -> String {
    message(body).text
}

fn removed(body: &str) -> Vec<String> {
    let message = message(body);
    message
        .removed
        .iter()
        .map(|one| format!("{} {}", one.code.id, one.place).trim().to_owned())
        .collect()
}

#[test]
fn lists_quotes_and_paragraphs_keep_their_form() {
    assert_eq!(text("<p>一つ目</p><p>二つ目<br>続き</p>"), "一つ目\n\n二つ目\n続き");
    assert_eq!(text("<ul><li>a<li>b<ul><li>c</ul></ul>"), "・a\n・b\n  ・c");
    assert_eq!(text("<ol start=3><li>a<li>b</ol>"), "3. a\n4. b");
    assert_eq!(
        text("x<blockquote>a<br>b<blockquote>c</blockquote></blockquote>y"),
        "x\n\n> a\n> b\n>\n> > c\n\ny"
    );
    assert_eq!(text("<pre>a  b\n c</pre>"), "a  b\n c");
    assert_eq!(text("<ruby>関<rt>せき</rt></ruby>所<del>旧</del>"), "関(せき)所~~旧~~");
    assert_eq!(text("a<hr>b"), "a\n----\nb");
}

#[test]
fn tables_of_data_keep_their_rows_and_frames_of_pages_do_not() {
    assert_eq!(
        text("<table><tr><th>品名<th>数</tr><tr><td>机<td>2</tr></table>"),
        "| 品名 | 数 |\n| --- | --- |\n| 机 | 2 |"
    );
    assert_eq!(
        text(
            "<table><tr><td>頭</td></tr><tr><td><table><tr><td>a<td>b</tr><tr><td>c<td>d</tr></table></td></tr></table>"
        ),
        "頭\n| a | b |\n| c | d |"
    );
}

#[test]
fn links_show_where_they_lead() {
    assert_eq!(text("<a href='https://a.example/x'>こちら</a>"), "こちら <hxxps://a[.]example/x>");
    assert_eq!(text("<a href='https://a.example/'>https://a.example</a>"), "hxxps://a[.]example");
    let message = message("<a href='https://evil.example/'>https://www.jcb.co.jp/</a>");
    assert_eq!(message.text, "hxxps://www[.]jcb[.]co[.]jp/ <⚠ hxxps://evil[.]example/>");
    assert_eq!(message.links.len(), 1);
    assert_eq!(
        text("<base href='https://a.example/b/'><a href='c'>x</a>"),
        "x <hxxps://a[.]example/c>"
    );
    assert_eq!(text("<a href='mailto:a@b.example'>a@b.example</a>"), "a@b.example");
}

#[test]
fn addresses_in_pieces_are_not_clickable_either() {
    assert_eq!(text("http:<b>//a.example/x</b>"), "hxxp://a[.]example/x");
    assert_eq!(text("www<i>.a.example</i>"), "www[.]a[.]example");
    assert_eq!(text("ms-word:ofe|u|smb://a/x file://b"), "ms-word:ofe|u|smb[:]//a/x file[:]//b");
}

#[test]
fn what_nobody_sees_is_taken_out_and_named() {
    for hidden in [
        "<span style='display:none'>隠</span>",
        "<span style='color:#fff'>隠</span>",
        "<div style='background:#000'><font color=black>隠</font></div>",
        "<div bgcolor='#123456'><span style='color:rgb(18,52,86)'>隠</span></div>",
        "<span style='font-size:1px'>隠</span>",
        "<span style='font-size:0'>隠</span>",
        "<span style='visibility: hidden !important'>隠</span>",
        "<div style='max-height:0;overflow:hidden'>隠</div>",
        "<div style='position:absolute;left:-9999px'>隠</div>",
        "<div style='text-indent:-999em'>隠</div>",
        "<div style='mso-hide:all'>隠</div>",
        "<div hidden>隠</div>",
        "<div style='opacity:0'>隠</div>",
        "<style>.h{display:none}</style><div class='x h'>隠</div>",
        "<style>/* a */ p, #h { color: white }</style><div id=h>隠</div>",
        "<noscript>隠</noscript>",
    ] {
        let body = format!("<body>見<p>{hidden}</p></body>");
        assert_eq!(text(&body), "見", "{hidden}");
        assert!(
            removed(&body).contains(&"body-hidden-text 隠".to_owned()),
            "{hidden} {:?}",
            removed(&body)
        );
    }
    // What can be seen stays.
    for shown in [
        "<span style='color:#333'>文</span>",
        "<div style='background:#000'><span style='color:#fff'>文</span></div>",
        "<table><tr><td background='http://a.example/b.png'><span style='color:#fff'>文</span></table>",
        "<style>@media print{.p{display:none}}</style><span class=p>文</span>",
    ] {
        assert!(text(shown).contains('文'), "{shown}");
    }
}

#[test]
fn unseen_and_turning_characters_go() {
    let body = "<p>a\u{200B}b\u{202E}c\u{FEFF}d 👨\u{200D}👩\u{200D}👧 葛\u{E0100} \u{E000}</p>";
    assert_eq!(text(body), "abcd 👨\u{200D}👩\u{200D}👧 葛\u{E0100} 〓");
    let names = removed(body);
    assert_eq!(names, ["body-unseen-characters", "body-direction", "body-private-use"]);
}

#[test]
fn what_acts_or_calls_out_is_named() {
    let cases = [
        ("<script>x()</script>", "body-script"),
        ("<p onclick='x()'>a</p>", "body-handler"),
        (
            "<form action='https://e.example/x'><input name=p></form>",
            "body-form hxxps://e[.]example/x",
        ),
        ("<iframe src='https://e.example/'></iframe>", "body-frame hxxps://e[.]example/"),
        ("<svg onload=x()></svg>", "body-frame"),
        (
            "<meta http-equiv=refresh content='0; url=https://e.example/'>",
            "body-refresh hxxps://e[.]example/",
        ),
        ("<img src='https://e.example/t.gif?id=1' width=1 height=1>", "body-beacon e.example"),
        ("<img src='https://e.example/t.gif' style='display:none'>", "body-beacon e.example"),
        ("<img src='//e.example/a.png' alt='図'>", "body-remote-image e.example"),
        ("<link rel=stylesheet href='https://e.example/a.css'>", "body-remote-style e.example"),
        ("<style>@import 'https://e.example/a.css';</style>", "body-remote-style"),
        (
            "<div style=\"background:url('https://e.example/a.png')\">a</div>",
            "body-remote-image background",
        ),
    ];
    for (body, wanted) in cases {
        assert!(removed(body).iter().any(|one| one == wanted), "{body}: {:?}", removed(body));
    }
    assert_eq!(text("<img src=x alt='ロゴ'>a<script>b</script>"), "[画像: ロゴ]a");
}

#[test]
fn calendars_and_two_versions_are_text() {
    let mail = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
        --a\r\n\r\nplain words that have nothing at all to do with what the page is going to say to its readers\r\n\
        --a\r\nContent-Type: text/html\r\n\r\n<p>Quite another message with many other words: buy our brand-new fridges, cheap offers today!</p>\r\n--a--\r\n\
        --m\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:会議\r\nDTSTART:20260401T000000Z\r\nURL:https://x.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--m--\r\n";
    let message = read(mail.as_bytes(), &Limits::default()).unwrap();
    assert!(
        message.text.contains("brand-new fridges") && message.text.contains("nothing at all to do")
    );
    assert!(message.text.contains("【予定表 / calendar】\nSUMMARY: 会議"), "{}", message.text);
}

#[test]
fn deep_and_endless_pages_end() {
    let limits = Limits { text_chars_max: 1_000, ..Limits::default() };
    for body in [
        "<div>".repeat(100_000),
        "<blockquote>".repeat(5_000) + "x",
        "<table><tr><td>".repeat(3_000),
        "あ".repeat(10_000),
        "<ul><li>".repeat(2_000),
    ] {
        let mail =
            format!("From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}");
        let message = read(mail.as_bytes(), &limits);
        if let Ok(message) = message {
            assert!(message.text.chars().count() <= 1_100);
        }
    }
}
