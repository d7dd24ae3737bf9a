//! Cases of RTF: what acts is gone and reported, text and looks stay.

use sanitize_core::{Format, Hyperlinks, Policy, TextPolicy};

use crate::testing::{check_real_files, codes_of, run, text_of};

fn rtf(body: &str) -> (String, Vec<&'static str>) {
    let (out, codes) =
        codes_of(format!("{{\\rtf1\\ansi {body}}}").as_bytes(), Format::Rtf, &Policy::default());
    (String::from_utf8(out).expect("RTF is ASCII"), codes)
}

#[test]
fn plain_text_and_formatting_stay() {
    let body = "{\\fonttbl{\\f0\\fcharset128 MS Mincho;}}\\pard\\b a\\b0  b\\par\n\\trowd\\cellx100 x\\cell\\row {\\i c}\\{\\~";
    let (out, codes) = rtf(body);
    assert_eq!(codes, Vec::<&str>::new());
    assert_eq!(
        out,
        "{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset128 MS Mincho;}}\\pard\\b a\\b0  b\\par\n\\trowd\\cellx100 x\\cell\\row{\\i c}\\{\\~}\n"
    );
}

#[test]
fn japanese_text_is_the_same_in_every_spelling() {
    let body = "\\ansicpg932{\\fonttbl{\\f0\\fcharset128 x;}{\\f1\\fcharset0 y;}}\\f0\\'93\\'fa\\'96\\'7b\\u-3913\\'81\\'40{\\uc2\\u26085\\'93\\'fa}\\'b1";
    let (out, codes) = rtf(body);
    assert_eq!(codes, Vec::<&str>::new());
    assert!(
        out.contains("\\'93\\'fa\\'96\\'7b\\u-3913\\'81\\'40{\\uc2\\u26085\\'93\\'fa}\\'b1"),
        "{out}"
    );
    let mut raw = b"{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0\\fcharset128 x;}}\\f0 ".to_vec();
    // Raw pairs whose second byte looks like a backslash or a brace.
    raw.extend_from_slice(b"\x95\x5C\x81\x7B\x83\x7D\xB1\\par}");
    assert_eq!(text_of(&raw, Format::Rtf), "表＋マｱ\n");
    let (out, _) = codes_of(&raw, Format::Rtf, &Policy::default());
    assert!(String::from_utf8(out).expect("ASCII").contains("\\'95\\'5c\\'81\\'7b\\'83\\'7d\\'b1"));
}

#[test]
fn every_vector_goes_with_its_line() {
    let vectors = [
        (
            "{\\object\\objemb{\\*\\objclass CANARY}{\\*\\objdata 0105CANARY}{\\result shown}}",
            "rtf-object",
        ),
        ("{\\object\\objautlink\\objupdate{\\*\\objdata CANARY}}", "rtf-object"),
        ("{\\object\\objocx{\\*\\objdata CANARY}}", "rtf-object"),
        ("{\\object\\objhtml{\\*\\objdata CANARY}}", "rtf-object"),
        ("{\\b\\object{\\*\\objdata CANARY}}", "rtf-object"),
        ("{\\*\\objdata CANARY}", "rtf-object"),
        ("{\\objdata CANARY}", "rtf-object"),
        ("{\\*\\template CANARY}", "rtf-external"),
        ("{\\template http://CANARY}", "rtf-external"),
        ("{\\*\\filetbl{\\file CANARY}}", "rtf-external"),
        ("{\\*\\mailmerge CANARY}", "rtf-merge"),
        ("{\\*\\datastore CANARY}", "rtf-data"),
        ("{\\*\\themedata CANARY}", "rtf-data"),
        ("{\\*\\docvar CANARY}", "rtf-data"),
        ("{\\*\\evil CANARY}", "rtf-unknown"),
        ("\\evil7 x", "rtf-word"),
        ("{\\field{\\*\\fldinst DDEAUTO cmd CANARY}{\\fldrslt shown}}", "rtf-field"),
        (
            "{\\field{\\*\\fldinst {\\b INCLUDE}PICTURE \"http://CANARY\"}{\\fldrslt shown}}",
            "rtf-field",
        ),
        ("{\\field{\\*\\fldinst INCLUDETEXT CANARY}{\\fldrslt shown}}", "rtf-field"),
        ("{\\field{\\*\\fldinst MACROBUTTON CANARY}{\\fldrslt shown}}", "rtf-field"),
        ("{\\field{\\*\\fldinst \\u68 DE CANARY}{\\fldrslt shown}}", "rtf-field"),
        ("{\\field{\\*\\fldinst \\'44DE CANARY}{\\fldrslt shown}}", "rtf-field"),
        (
            "{\\field{\\*\\fldinst PAGE {\\field{\\*\\fldinst DDE CANARY}}}{\\fldrslt shown}}",
            "rtf-field",
        ),
        ("{\\field{\\*\\fldinst HYPERLINK \"file://CANARY\"}{\\fldrslt shown}}", "rtf-link"),
        ("{\\field{\\*\\fldinst HYPERLINK \"\\\\\\\\CANARY\\\\x\"}{\\fldrslt shown}}", "rtf-link"),
        (
            "{\\field{\\*\\fldinst HYPERLINK \"http://x\" \"file:CANARY\"}{\\fldrslt shown}}",
            "rtf-link",
        ),
        ("{\\field{\\*\\fldinst HYPERLINK \\\\m \"http://CANARY\"}{\\fldrslt shown}}", "rtf-link"),
        (
            "{\\field{\\*\\fldinst FORMTEXT{\\*\\formfield{\\*\\ffentrymcr CANARY}}}{\\fldrslt shown}}",
            "",
        ),
        ("{\\*\\formfield{\\*\\ffexitmcr CANARY}}", "rtf-form"),
        ("{\\shp{\\*\\shpinst{\\sp{\\sn pibName}{\\sv http://CANARY}}}}", "rtf-data"),
        ("{\\shp{\\*\\shpinst{\\sp{\\sn pib}{\\sv CANARY{\\pict 00}}}}}", "rtf-data"),
        ("{\\shp{\\*\\shpinst{\\sp{\\sn pihlShape}{\\sv {\\*\\hl{\\hlsrc CANARY}}}}}}", "rtf-data"),
        ("{\\pict\\pngblip CANARY}", "rtf-picture"),
        ("{\\b\\pict\\wmetafile8 CANARY}", "rtf-picture"),
        ("{\\info{\\author CANARY}}", "rtf-metadata"),
        ("a\\bin6 CANARYb", "rtf-data"),
        ("{\\fonttbl{\\f0{\\*\\fontemb CANARY}x;}}", "rtf-font"),
        (
            "{\\field{\\*\\fldinst EMBED CANARY}{\\fldrslt {\\object{\\*\\objdata CANARY}{\\result shown}}}}",
            "rtf-object",
        ),
        ("{{\\*\\mhtmltag CANARY}}", "rtf-data"),
    ];
    for (vector, code) in vectors {
        let (out, codes) = rtf(vector);
        assert!(code.is_empty() || codes.contains(&code), "{vector} gave {codes:?}");
        assert!(!out.contains("CANARY"), "{vector} left {out}");
        assert!(
            !vector.contains("shown") || out.contains("shown"),
            "{vector} lost its text: {out}"
        );
    }
}

#[test]
fn headers_and_tails_are_set_right() {
    for bytes in [&b"{\\rt a}"[..], b"{\\rtf a}", b"{\\rtf99 a}", b"\r\n {\\rtf1 a}", b"{\\rtf1 a"]
    {
        let (out, codes) = codes_of(bytes, Format::Rtf, &Policy::default());
        assert_eq!((out.as_slice(), codes.len()), (&b"{\\rtf1 a}\n"[..], 0));
    }
    let (out, codes) = codes_of(b"{\\rtf1 a}{\\object CANARY}", Format::Rtf, &Policy::default());
    assert_eq!((out.as_slice(), codes.as_slice()), (&b"{\\rtf1 a}\n"[..], &["rtf-trailing"][..]));
    assert!(run(b"MZ", Format::Rtf, &Policy::default()).is_err());
}

#[test]
fn harmless_fields_and_links_stay() {
    let field = "{\\field{\\*\\fldinst HYPERLINK \"https://x.jp/?a=b\"}{\\fldrslt \\ul x}}{\\field{\\*\\fldinst PAGE}{\\fldrslt 1}}{\\field{\\*\\fldinst HYPERLINK \\\\l \"_Toc1\"}{\\fldrslt y}}";
    let (out, codes) = rtf(field);
    assert_eq!(codes, Vec::<&str>::new());
    assert!(
        out.contains("HYPERLINK \"https://x.jp/?a=b\"")
            && out.contains("PAGE")
            && out.contains("\\\\l \"_Toc1\""),
        "{out}"
    );
    let policy = Policy {
        text: TextPolicy { hyperlinks: Hyperlinks::Remove, ..TextPolicy::default() },
        ..Policy::default()
    };
    let (out, codes) = codes_of(format!("{{\\rtf1 {field}}}").as_bytes(), Format::Rtf, &policy);
    assert_eq!(codes, ["rtf-link"]);
    assert!(!String::from_utf8_lossy(&out).contains("x.jp"));
}

#[test]
fn pictures_are_rebuilt() {
    let (out, codes) = rtf(
        "{\\*\\shppict{\\pict{\\*\\picprop}\\picw10\\pngblip 89504E47 0d0a}}{\\pict\\jpegblip\\bin4 \u{1}\u{2}\u{3}\u{4}}",
    );
    assert_eq!(codes, ["rtf-picture"]);
    assert!(out.contains("{\\*\\shppict{\\pict\\picw10\\pngblip\n89504e470d0a}}"), "{out}");
    let (out, _) =
        rtf("{\\pict\\wmetafile8 D7CDC69A000000000000000000000000000000000000 01000900}");
    assert!(out.contains("\\wmetafile8\n01000900"), "{out}");
}

#[test]
fn hostile_nesting_stops_and_nothing_panics() {
    let deep = format!("{{\\rtf1{}", "{".repeat(100_000));
    let stop = run(deep.as_bytes(), Format::Rtf, &Policy::default()).expect_err("too deep");
    assert_eq!(stop.reason().code.id, "limit-nesting");
    let seeds = [
        "{\\rtf1{\\field{\\*\\fldinst PAGE}{\\fldrslt 1}}}",
        "{\\rtf1\\ansicpg932 \\'93\\'fa\\u26085?{\\pict\\pngblip 89504e47}}",
        "{\\rtf1{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}}}}",
        "{\\rtf1\\bin3 abc{\\object{\\result x}}\\-\\~\\*}",
    ];
    let mut state = 5_u32;
    for round in 0..4000_usize {
        let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = 5 + (state >> 8) as usize % (bytes.len() - 5);
            bytes[at] = b"{}\\*' -1a\x81\xFF\n"[(state >> 4) as usize % 12];
        }
        if let Ok((once, _)) = run(&bytes, Format::Rtf, &Policy::default()) {
            let (twice, again) = run(&once, Format::Rtf, &Policy::default()).expect("again");
            assert_eq!(
                (again.len(), String::from_utf8_lossy(&once)),
                (0, String::from_utf8_lossy(&twice)),
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn real_files_are_fix_points() {
    check_real_files("SEKISHO_RTF", "rtf", Format::Rtf);
}
