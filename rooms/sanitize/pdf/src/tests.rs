//! Tests of the family as a whole: one hostile file for each vector, made here,
//! and the promise that a second rebuild finds and changes nothing.
#![allow(clippy::unwrap_used, clippy::panic)]

mod meshes;
mod passwords;

use sanitize_core::{
    Choice, Engines, Format, Hyperlinks, Job, Output, Passwords, Policy, Stop, reasons,
};

struct NoEngines;

impl Engines for NoEngines {
    fn rebuild(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, ""))
    }

    fn text(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, ""))
    }
}

/// What a rebuild gave.
struct Done {
    bytes: Vec<u8>,
    codes: Vec<&'static str>,
    /// All objects of the new file, unpacked and spelt one after the other.
    plain: String,
}

fn rebuild_with(bytes: &[u8], policy: &Policy) -> Result<Done, Stop> {
    let passwords = Passwords::default();
    let limits = policy.limits.clone();
    let mut job = Job::open(policy, &passwords, &NoEngines, limits, bytes.len() as u64).unwrap();
    let bytes = crate::rebuild(bytes, Format::Pdf, &mut job)?.bytes;
    let codes = job.removals().iter().map(|removal| removal.code.id).collect();
    let pdf = hayro_syntax::Pdf::new(bytes.clone()).unwrap();
    let mut plain = String::new();
    for object in pdf.objects() {
        plain.push_str(&object.to_string());
        if let hayro_syntax::object::Object::Stream(stream) = &object {
            plain.push_str(&stream.dict().to_string());
            if let Ok(data) = stream.decoded_data() {
                plain.push_str(&String::from_utf8_lossy(&data));
            }
        }
        plain.push('\n');
    }
    Ok(Done { bytes, codes, plain })
}

fn rebuild(bytes: &[u8]) -> Done {
    let done = rebuild_with(bytes, &Policy::default()).unwrap();
    let again = rebuild_with(&done.bytes, &Policy::default()).unwrap();
    assert_eq!(again.codes, [""; 0], "a second rebuild finds nothing");
    assert!(again.bytes == done.bytes, "a second rebuild changes nothing");
    done
}

/// A file without a cross-reference table: readers search for the objects.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let mut out = String::from("%PDF-1.7\n");
    for (index, object) in objects.iter().enumerate() {
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    out.push_str("trailer\n<</Root 1 0 R>>\n%%EOF\n");
    out.into_bytes()
}

/// One page with `content`; entries for catalogue and page, and objects from 5 on.
fn page(catalog: &str, page: &str, content: &str, more: &[&str]) -> Vec<u8> {
    let root = format!("<</Type/Catalog/Pages 2 0 R {catalog}>>");
    let leaf = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R\
         /Resources<</Font<</A 5 0 R>>/XObject<</B 6 0 R>>>> {page}>>"
    );
    let stream = format!("<</Length {}>>stream\n{content}\nendstream", content.len());
    let mut objects = vec![root.as_str(), "<</Type/Pages/Kids[3 0 R]/Count 1>>", &leaf, &stream];
    objects.extend_from_slice(more);
    pdf(&objects)
}

fn check(bytes: &[u8], code: &str, gone: &[&str]) -> Done {
    let done = rebuild(bytes);
    assert!(done.codes.contains(&code), "{code} is missing in {:?}", done.codes);
    for word in gone {
        assert!(!done.plain.contains(word), "{word} is still there: {}", done.plain);
    }
    done
}

const HELVETICA: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
const HELLO: &str = "BT /A 12 Tf 10 10 Td (Hello) Tj ET";

#[test]
fn actions_of_the_document_go() {
    let js = "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>";
    check(&page(js, "", HELLO, &[HELVETICA]), "pdf-javascript", &["JavaScript", "alert"]);
    let names = "/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>";
    check(&page(names, "", HELLO, &[HELVETICA]), "pdf-javascript", &["JavaScript"]);
    let launch = "/AA<</WC<</S/Launch/Win<</F(cmd.exe)>>>>>>";
    check(&page(launch, "", HELLO, &[HELVETICA]), "pdf-launch", &["Launch", "cmd"]);
    let chain = "/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next<</S/SubmitForm/F(http://x)>>>>";
    check(&page(chain, "", HELLO, &[HELVETICA]), "pdf-submit-form", &["SubmitForm", "http"]);
    check(&page("/URI<</Base(http://x)>>", "", HELLO, &[HELVETICA]), "pdf-uri-auto", &["http"]);
}

#[test]
fn actions_of_pages_go() {
    let open = "/AA<</O<</S/GoToR/F(\\\\\\\\host\\\\share)/D[0/Fit]>>>>";
    check(&page("", open, HELLO, &[HELVETICA]), "pdf-goto-remote", &["GoToR", "host"]);
}

#[test]
fn a_page_of_endless_saves_can_still_be_annotated() {
    let ink = "/Annots[<</Type/Annot/Subtype/Square/Rect[0 0 9 9]/C[1 0 0]>>]";
    let open = "q 0 w ".repeat(600);
    let done = rebuild(&page("", ink, &open, &[HELVETICA]));
    assert_eq!(done.plain.matches("0 w").count(), 600);
    // Those past the limit take their own ends with them.
    let nested = format!("{}{HELLO} {}", "q ".repeat(600), "Q ".repeat(600));
    let done = rebuild(&page("", ink, &nested, &[HELVETICA]));
    assert!(done.plain.contains("(Hello)"));
    assert_eq!(done.plain.matches("q\n").count(), done.plain.matches("Q\n").count());
}

#[test]
fn escaped_names_are_seen_through() {
    let js = "/Open#41ction<</#53/Java#53cript/J#53(evil)>>";
    check(&page(js, "", HELLO, &[HELVETICA]), "pdf-javascript", &["evil"]);
}

#[test]
fn what_nothing_leads_to_is_said() {
    let bytes = page("", "", HELLO, &[HELVETICA, "<</S/JavaScript/JS(evil)>>"]);
    check(&bytes, "pdf-unreachable", &["evil"]);
    let text = String::from_utf8(page("", "", HELLO, &[HELVETICA])).unwrap();
    let odd = text.replace("/Root 1 0 R", "/Root 1 0 R/Odd(evil)");
    check(odd.as_bytes(), "pdf-trailer-key", &["evil"]);
    let between = text.replace("trailer", "evil trailer");
    check(between.as_bytes(), "pdf-outside-data", &["evil"]);
    let plain = rebuild(text.as_bytes());
    assert!(plain.codes.is_empty(), "{:?}", plain.codes);
}

#[test]
fn private_content_is_said() {
    let content = format!("{HELLO} (evil) skop /Span<</X(evil)>>BDC EMC");
    let done = check(&page("", "", &content, &[HELVETICA]), "pdf-content-unknown", &["evil"]);
    assert!(done.codes.contains(&"pdf-content-data"));
    let tagged = format!("/Span<</MCID 0/Lang(ja)>>BDC {HELLO} EMC");
    assert!(rebuild(&page("", "", &tagged, &[HELVETICA])).codes.is_empty());
}

#[test]
fn pages_are_found_where_their_list_is_broken() {
    let file = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
        2 0 obj\n<</S/JavaScript/JS(evil)>>\nendobj\n\
        3 99999999999999999999 obj\n<</Type/Page/MediaBox[0 0 50 60]>>\nendobj\n\
        trailer\n<</Root 1 0 R>>\n%%EOF\n";
    let done = check(file, "pdf-pages-found", &["evil"]);
    assert!(done.plain.contains("50 60"), "{}", done.plain);
}

#[test]
fn files_inside_go() {
    let names = "/Names<</EmbeddedFiles<</Names[(a.exe) 6 0 R]>>>>";
    let file = "<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>>>>";
    let data = "<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream";
    let bytes = page(names, "", HELLO, &[HELVETICA, file, data]);
    check(&bytes, "pdf-embedded-file", &["Filespec", "EmbeddedFile", "MZ", "a.exe"]);
    let note = "/Annots[<</Subtype/FileAttachment/Rect[0 0 9 9]/FS 6 0 R>>]";
    let bytes = page("", note, HELLO, &[HELVETICA, file, data]);
    check(&bytes, "pdf-embedded-file", &["FileAttachment", "MZ"]);
}

#[test]
fn xfa_goes_and_fields_become_content() {
    let form = "/AcroForm<</XFA(<xdp/>)/Fields[6 0 R]/DA(/A 10 Tf 0 g)>>";
    let field = "<</Subtype/Widget/FT/Tx/T(n)/V(typed)/Rect[10 50 100 70]/AA<</K<</S/JavaScript/JS(k)>>>>>>";
    let done = check(
        &page(form, "/Annots[6 0 R]", HELLO, &[HELVETICA, field]),
        "pdf-xfa",
        &["xdp", "Widget", "JavaScript", "AcroForm"],
    );
    assert!(
        done.plain.contains("(typed) Tj") || done.plain.contains("(typed)Tj"),
        "{}",
        done.plain
    );
    assert!(done.codes.contains(&"pdf-form-drawn"));
}

#[test]
fn links_stay_only_to_web_mail_and_pages() {
    let link = |action: &str| {
        let note = format!("/Annots[<</Subtype/Link/Rect[0 0 9 9]/A {action}>>]");
        page("", &note, HELLO, &[HELVETICA])
    };
    assert!(rebuild(&link("<</S/URI/URI(https://example.jp/)>>")).plain.contains("example.jp"));
    assert!(rebuild(&link("<</S/GoTo/D[3 0 R/Fit]>>")).plain.contains("/Fit"));
    check(&link("<</S/URI/URI(javascript:x)>>"), "pdf-uri", &["javascript"]);
    check(&link("<</S/URI/URI(file:///etc)>>"), "pdf-uri", &["file:"]);
    check(&link("<</S/Launch/F(a.exe)>>"), "pdf-launch", &["a.exe"]);
    let mut policy = Policy::default();
    policy.pdf.hyperlinks = Hyperlinks::Remove;
    let done = rebuild_with(&link("<</S/URI/URI(https://example.jp/)>>"), &policy).unwrap();
    assert!(!done.plain.contains("example.jp") && done.codes.contains(&"pdf-link"));
}

#[test]
fn notes_are_drawn_or_removed_by_policy() {
    let form = "<</Subtype/Form/BBox[0 0 9 9]/Length 11>>stream\n0 0 5 5 re f\nendstream";
    let note = "/Annots[<</Subtype/Stamp/Rect[0 0 9 9]/AP<</N 6 0 R>>>>]";
    let bytes = page("", note, HELLO, &[HELVETICA, form]);
    let done = check(&bytes, "pdf-annotation-flattened", &["Stamp", "/Annots"]);
    assert!(done.plain.contains("0 0 5 5 re"));
    let mut policy = Policy::default();
    policy.pdf.comments = Choice::Remove;
    let done = rebuild_with(&bytes, &policy).unwrap();
    assert!(!done.plain.contains("0 0 5 5 re"));
    let hidden = note.replace("/Rect", "/F 2/Rect");
    check(&page("", &hidden, HELLO, &[HELVETICA, form]), "pdf-annotation-hidden", &["0 0 5 5 re"]);
}

#[test]
fn media_and_rich_content_go() {
    for (kind, code) in [
        ("RichMedia", "pdf-rich-media"),
        ("3D", "pdf-rich-media"),
        ("Movie", "pdf-media"),
        ("Sound", "pdf-media"),
    ] {
        let note = format!("/Annots[<</Subtype/{kind}/Rect[0 0 9 9]/Data 6 0 R>>]");
        let data = "<</Length 4>>stream\nFWS!\nendstream";
        check(&page("", &note, HELLO, &[HELVETICA, data]), code, &["FWS!", kind]);
    }
}

#[test]
fn content_keeps_only_known_operators() {
    let done =
        rebuild(&page("", "", "q 1 0 0 1 5 5 cm (x) exec 0 0 9 9 re f /Q zz Q Q", &[HELVETICA]));
    assert!(done.plain.contains("1 0 0 1 5 5 cm") && done.plain.contains("0 0 9 9 re"));
    assert!(!done.plain.contains("exec") && !done.plain.contains("zz"));
}

#[test]
fn hidden_layers_go() {
    let catalog = "/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>";
    let content = "/OC /L BDC BT /A 9 Tf (secret) Tj ET EMC (x) pop BT /A 9 Tf (shown) Tj ET";
    let mut bytes =
        String::from_utf8(page(catalog, "", content, &[HELVETICA, "<</Type/OCG/Name(n)>>"]))
            .unwrap();
    bytes = bytes.replace("/Resources<<", "/Resources<</Properties<</L 6 0 R>>");
    let done = check(bytes.as_bytes(), "pdf-layer-hidden", &["secret", "OCG"]);
    assert!(done.plain.contains("shown"));
}

#[test]
fn outside_streams_and_foreign_pages_go() {
    let image = "<</Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/F(\\\\\\\\host\\\\a)/Length 0>>stream\n\nendstream";
    check(&page("", "", "/B Do", &[HELVETICA, image]), "pdf-external-stream", &["host"]);
    let form = "<</Subtype/Form/BBox[0 0 1 1]/Ref<</F(other.pdf)>>/Length 0>>stream\n\nendstream";
    check(&page("", "", "/B Do", &[HELVETICA, form]), "pdf-reference-xobject", &["other"]);
    let ps = "<</Subtype/PS/Length 3>>stream\nrun\nendstream";
    check(&page("", "", "/B Do", &[HELVETICA, ps]), "pdf-postscript", &["run"]);
}

#[test]
fn loops_end() {
    let form = "<</Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</B 6 0 R>>>>/Length 5>>stream\n/B Do\nendstream";
    check(&page("", "", "/B Do", &[HELVETICA, form]), "pdf-resource-loop", &[]);
    let kids = pdf(&[
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]);
    assert!(rebuild(&kids).plain.contains("/Count 1"));
}

#[test]
fn metadata_and_private_data_go() {
    let meta = "<</Type/Metadata/Subtype/XML/Length 6>>stream\nauthor\nendstream";
    let bytes =
        page("/Metadata 6 0 R", "/PieceInfo<</X<</Private(secret)>>>>", HELLO, &[HELVETICA, meta]);
    let done = check(&bytes, "pdf-metadata", &["author", "secret"]);
    assert!(done.codes.contains(&"pdf-private-data"));
}

#[test]
fn data_around_the_document_goes() {
    let mut bytes = b"MZ polyglot\n".to_vec();
    bytes.extend_from_slice(&page("", "", HELLO, &[HELVETICA]));
    bytes.extend_from_slice(b"PK\x03\x04");
    let done = check(&bytes, "pdf-outside-data", &[]);
    assert!(done.bytes.starts_with(b"%PDF-1.7"));
}

#[test]
fn a_bomb_is_stopped() {
    let zeros = crate::write::deflate(&vec![0; 64 << 20]);
    let twice = crate::write::deflate(&zeros);
    let mut bytes = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj \
        3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj 4 0 obj<</Filter[/FlateDecode/FlateDecode]/Length "
        .to_vec();
    bytes.extend_from_slice(format!("{}>>stream\n", twice.len()).as_bytes());
    bytes.extend_from_slice(&twice);
    bytes.extend_from_slice(b"\nendstream endobj trailer<</Root 1 0 R>>");
    let stop = rebuild_with(&bytes, &Policy::default()).err().unwrap();
    assert!(stop.is_limit());
}

#[test]
fn a_huge_picture_is_stopped_before_it_is_decoded() {
    let image = "<</Subtype/Image/Width 900000/Height 900000/BitsPerComponent 8/ColorSpace/DeviceRGB/Length 1>>stream\nx\nendstream";
    let stop = rebuild_with(&page("", "", "/B Do", &[HELVETICA, image]), &Policy::default());
    assert!(stop.err().unwrap().is_limit());
}

#[test]
fn damaged_pictures_become_blank() {
    let image = "<</Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/Filter/JBIG2Decode/Length 4>>stream\nevil\nendstream";
    check(&page("", "", "/B Do", &[HELVETICA, image]), "pdf-image-broken", &["JBIG2", "evil"]);
}

#[test]
fn photographs_are_coded_anew_without_their_metadata() {
    let pixels: Vec<u8> = (0..64 * 64 * 3).map(|i: u32| (i * 7 % 251) as u8).collect();
    let jpeg = crate::picture::encode_jpeg(&pixels, (64, 64), 3, 80).unwrap();
    let mut marked = jpeg[..2].to_vec();
    marked.extend_from_slice(b"\xFF\xE1\x00\x08Exif\0\0");
    marked.extend_from_slice(&jpeg[2..]);
    marked.extend_from_slice(b"trailing");
    let mut bytes = page("", "", "/B Do", &[HELVETICA]);
    bytes.truncate(bytes.len() - b"trailer\n<</Root 1 0 R>>\n%%EOF\n".len());
    bytes.extend_from_slice(format!("6 0 obj<</Subtype/Image/Width 64/Height 64/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode/Length {}>>stream\n", marked.len()).as_bytes());
    bytes.extend_from_slice(&marked);
    bytes.extend_from_slice(b"\nendstream endobj\ntrailer<</Root 1 0 R>>");
    let done = rebuild(&bytes);
    assert!(done.codes.contains(&"pdf-metadata"));
    assert!(!done.bytes.windows(4).any(|w| w == b"Exif"));
    assert!(done.bytes.windows(jpeg.len()).any(|w| w == jpeg), "the picture itself is the same");
}

#[test]
fn text_is_extracted_in_lines() {
    let content = "BT /A 12 Tf 10 100 Td (Hello) Tj 40 0 Td (world) Tj 100 0 Td (cell) Tj -140 -20 Td (next) Tj ET";
    let bytes = page("", "", content, &[HELVETICA]);
    let policy = Policy::default();
    let passwords = Passwords::default();
    let mut job =
        Job::open(&policy, &passwords, &NoEngines, policy.limits.clone(), bytes.len() as u64)
            .unwrap();
    assert_eq!(crate::text(&bytes, Format::Pdf, &mut job).unwrap(), "Hello world\tcell\nnext\n");
}

#[test]
fn a_composite_font_without_its_glyphs_leaves_the_font_before_it() {
    let hollow =
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[null]>>";
    let content = "BT /A 12 Tf q /B 20 Tf <0083> Tj Q (Hello) Tj /B 7 Tf (x) Tj ET";
    let bytes = String::from_utf8(page("", "", content, &[HELVETICA, hollow])).unwrap();
    let bytes = bytes.replace("/Font<</A 5 0 R>>", "/Font<</A 5 0 R/B 6 0 R>>");
    let done = rebuild(bytes.as_bytes());
    for part in ["/F0 12 Tf\nq\n/F0 20 Tf\n", "Q\n(Hello)Tj\n/F0 7 Tf\n"] {
        assert!(done.plain.contains(part), "{part:?} is missing in {}", done.plain);
    }
    assert_eq!(done.plain.matches("/Subtype /Type1").count(), 1, "{}", done.plain);
    let alone = rebuild(bytes.replace("/A 12 Tf", "").as_bytes());
    assert!(!alone.plain.contains("Tf"), "there is no font to fall back on: {}", alone.plain);
}

#[test]
fn pages_are_drawn() {
    let bytes = page("", "", HELLO, &[HELVETICA]);
    let policy = Policy::default();
    let passwords = Passwords::default();
    let mut job =
        Job::open(&policy, &passwords, &NoEngines, policy.limits.clone(), bytes.len() as u64)
            .unwrap();
    let options = crate::ImageOptions { text_layer: true, ..crate::ImageOptions::default() };
    let drawn = crate::image(&bytes, &mut job, &options).unwrap().bytes;
    let mut job =
        Job::open(&policy, &passwords, &NoEngines, policy.limits.clone(), drawn.len() as u64)
            .unwrap();
    assert_eq!(crate::text(&drawn, Format::Pdf, &mut job).unwrap(), "Hello\n");
    assert!(job.removals().is_empty());
}

#[test]
fn every_code_has_its_own_name() {
    let codes: Vec<&str> = crate::CODES.iter().map(|code| code.id).collect();
    let mut unique = codes.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), codes.len());
}

#[test]
fn real_files_are_rebuilt_and_stay_as_they_are_then() {
    let root =
        std::env::var("SEKISHO_CORPUS").unwrap_or_else(|_| "../../../../shared/corpus".into());
    let mut waiting = vec![std::path::PathBuf::from(root).join("pdf")];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "pdf") {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS to the folder that holds pdf/");
        return;
    }
    files.sort();
    let mut rebuilt = 0;
    for path in files.iter().step_by(7) {
        let bytes = std::fs::read(path).unwrap();
        let Ok(done) = rebuild_with(&bytes, &Policy::default()) else { continue };
        let again = rebuild_with(&done.bytes, &Policy::default()).unwrap();
        assert!(again.codes.is_empty(), "{}: {:?}", path.display(), again.codes);
        assert!(again.bytes == done.bytes, "{} changes", path.display());
        rebuilt += 1;
    }
    assert!(rebuilt * 10 >= files.len() / 7 * 9, "{rebuilt} of every seventh file");
}
