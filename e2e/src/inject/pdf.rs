//! PDF vectors: actions and their triggers, attachments, media, forms, hidden
//! streams, and every way to lay them out.

use crate::case::{Case, Make, canary};
use crate::make::pdf::{Layout, PAGE_TEXT, Pdf};
use crate::make::picture;

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for layout in Layout::ALL {
        let id = format!("pdf-twin{}", layout.suffix());
        cases.push(Case::twin(&id, "pdf", Pdf::page().write(layout), &[PAGE_TEXT]));
    }
    for (name, source) in ACTIONS {
        for (trigger, plant) in TRIGGERS {
            let plain = *trigger == "open" || *name == "javascript";
            for layout in Layout::ALL.iter().filter(|layout| plain || **layout == Layout::Plain) {
                cases.push(laid_out(&format!("pdf-{name}-{trigger}"), *layout, |pdf, canary| {
                    plant(pdf, &source.replace("{}", canary));
                }));
            }
        }
    }
    for (name, plant) in VECTORS {
        for layout in Layout::ALL {
            cases.push(laid_out(&format!("pdf-{name}"), layout, plant));
        }
    }
    for (name, make) in RAW {
        cases.push(Case::gone(&format!("pdf-{name}"), "pdf", make));
    }
    cases
}

fn laid_out(id: &str, layout: Layout, plant: impl FnOnce(&mut Pdf, &str)) -> Case {
    let canary = canary(id);
    let mut pdf = Pdf::page();
    plant(&mut pdf, &canary);
    let case = Case::gone(&format!("{id}{}", layout.suffix()), "pdf", |_| pdf.write(layout));
    Case { canary, is_veiled: layout.is_locked(), ..case }
}

/// Actions (ISO 32000-1 §12.6.4); `{}` is the canary.
const ACTIONS: &[(&str, &str)] = &[
    ("javascript", "<</Type/Action/S/JavaScript/JS(app.alert\\('{}'\\))>>"),
    ("launch", "<</S/Launch/F(cmd.exe)/Win<</F(cmd.exe)/P(/c {})>>>>"),
    ("launch-unix", "<</S/Launch/Unix({})/NewWindow true>>"),
    ("goto-remote", "<</S/GoToR/F(\\\\\\\\{}.example\\\\x.pdf)/D[0/Fit]>>"),
    ("goto-embedded", "<</S/GoToE/F({}.pdf)/T<</R/C/N({})>>/D[0/Fit]>>"),
    ("uri-script", "<</S/URI/URI(javascript:{})>>"),
    ("uri-file", "<</S/URI/URI(file://{}.example/x)>>"),
    ("submit", "<</S/SubmitForm/F<</FS/URL/F(http://{}.example/)>>/Flags 4>>"),
    ("import", "<</S/ImportData/F(\\\\\\\\{}.example\\\\x.fdf)>>"),
    ("reset", "<</S/ResetForm/Fields[({})]>>"),
    ("named", "<</S/Named/N/{}>>"),
    ("hide", "<</S/Hide/T({})/H true>>"),
    ("thread", "<</S/Thread/F({}.pdf)/D 0>>"),
    ("sound", "<</S/Sound/Sound 30 0 R/{} 1>>"),
    ("movie", "<</S/Movie/T({})/Operation/Play>>"),
    ("rendition", "<</S/Rendition/OP 0/JS({})/R<</S/MR/C<</S/MCD/D(http://{}.example/x.mp4)>>>>>>"),
    ("ocg", "<</S/SetOCGState/State[/ON 6 0 R]/{} 1>>"),
    ("trans", "<</S/Trans/Trans<</S/{}>>>>"),
    ("3d-view", "<</S/GoTo3DView/V({})>>"),
    ("richmedia", "<</S/RichMediaExecute/CMD<</C({})>>>>"),
    ("part", "<</S/GoToDp/Dp<</X({})>>>>"),
    ("unknown", "<</S/{}/X(x)>>"),
    ("next", "<</S/GoTo/D[3 0 R/Fit]/Next[<</S/JavaScript/JS({})>>]>>"),
];

type Trigger = fn(&mut Pdf, &str);

/// What sets an action off.
const TRIGGERS: &[(&str, Trigger)] = &[
    ("open", |pdf, action| {
        pdf.catalog(&format!("/OpenAction {action}"));
    }),
    ("catalog-close", |pdf, action| {
        pdf.catalog(&format!("/AA<</WC {action}/WP {action}>>"));
    }),
    ("page-open", |pdf, action| {
        pdf.on_page(&format!("/AA<</O {action}/C {action}>>"));
    }),
    ("link", |pdf, action| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/Link/Rect[60 700 260 720]/A {action}>>"));
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("link-preview", |pdf, action| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/Link/Rect[60 700 260 720]/PA {action}/AA<</E {action}/U {action}>>>>"));
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("field", |pdf, action| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(value)/Rect[60 600 260 620]/A {action}/AA<</K {action}/F {action}/V {action}/C {action}>>>>"));
        pdf.on_page("/Annots[20 0 R]").catalog("/AcroForm<</Fields[20 0 R]/CO[20 0 R]>>");
    }),
    ("outline", |pdf, action| {
        pdf.put(20, "<</Type/Outlines/First 21 0 R/Last 21 0 R/Count 1>>");
        pdf.put(21, &format!("<</Title(Chapter)/Parent 20 0 R/A {action}>>"));
        pdf.catalog("/Outlines 20 0 R");
    }),
    ("indirect", |pdf, action| {
        pdf.put(20, action).catalog("/OpenAction 20 0 R");
    }),
];

const VECTORS: &[(&str, Trigger)] = &[
    ("names-javascript", |pdf, c| {
        pdf.catalog(&format!("/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS({c})>>]>>>>"));
    }),
    ("javascript-stream", |pdf, c| {
        pdf.stream(20, "", format!("app.alert('{c}')").as_bytes());
        pdf.catalog("/OpenAction<</S/JavaScript/JS 20 0 R>>");
    }),
    ("javascript-packed", |pdf, c| {
        pdf.stream(
            20,
            "/Filter/FlateDecode",
            &picture::zlib(format!("app.alert('{c}')").as_bytes()),
        );
        pdf.catalog("/OpenAction<</S/JavaScript/JS 20 0 R>>");
    }),
    ("uri-base", |pdf, c| {
        pdf.catalog(&format!("/URI<</Base(http://{c}.example/)>>"));
    }),
    ("attachment", |pdf, c| {
        pdf.stream(20, "/Type/EmbeddedFile", c.as_bytes());
        pdf.put(21, "<</Type/Filespec/F(a.exe)/UF(a.exe)/EF<</F 20 0 R>>>>");
        pdf.catalog("/Names<</EmbeddedFiles<</Names[(a)21 0 R]>>>>");
    }),
    ("attachment-annotation", |pdf, c| {
        pdf.stream(20, "/Type/EmbeddedFile", c.as_bytes());
        pdf.put(21, "<</Type/Annot/Subtype/FileAttachment/Rect[60 600 80 620]/FS<</Type/Filespec/F(a.exe)/EF<</F 20 0 R>>>>>>");
        pdf.on_page("/Annots[21 0 R]");
    }),
    ("associated", |pdf, c| {
        pdf.stream(20, "/Type/EmbeddedFile", c.as_bytes());
        pdf.catalog("/AF[<</Type/Filespec/F(a)/EF<</F 20 0 R>>/AFRelationship/Data>>]");
    }),
    ("portfolio", |pdf, c| {
        pdf.catalog(&format!("/Collection<</View/C/D({c})/Schema<</X<</Subtype/S/N({c})>>>>>>"));
    }),
    ("xfa", |pdf, c| {
        pdf.stream(
            20,
            "",
            format!(
                "<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\"><script>{c}</script></xdp:xdp>"
            )
            .as_bytes(),
        );
        pdf.catalog("/AcroForm<</Fields[]/XFA 20 0 R>>");
    }),
    ("xfa-array", |pdf, c| {
        pdf.stream(20, "", format!("<template><script>{c}</script></template>").as_bytes());
        pdf.catalog("/AcroForm<</Fields[]/XFA[(template)20 0 R]>>");
    }),
    ("screen", |pdf, c| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/Screen/Rect[60 600 80 620]/MK<</CA({c})>>/A<</S/Rendition/R<</S/MR/C<</S/MCD/D(http://{c}.example/)>>>>>>>>"));
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("movie-annotation", |pdf, c| {
        pdf.put(
            20,
            &format!(
                "<</Type/Annot/Subtype/Movie/Rect[60 600 80 620]/Movie<</F({c}.mov)>>/A true>>"
            ),
        );
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("sound-annotation", |pdf, c| {
        pdf.stream(21, "/Type/Sound/R 8000", c.as_bytes());
        pdf.put(20, "<</Type/Annot/Subtype/Sound/Rect[60 600 80 620]/Sound 21 0 R>>");
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("3d-annotation", |pdf, c| {
        pdf.stream(21, "/Type/3D/Subtype/U3D", c.as_bytes());
        pdf.put(20, "<</Type/Annot/Subtype/3D/Rect[60 600 80 620]/3DD 21 0 R/3DA<</A/PO>>>>");
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("richmedia-annotation", |pdf, c| {
        pdf.stream(21, "/Type/EmbeddedFile", c.as_bytes());
        pdf.put(20, "<</Type/Annot/Subtype/RichMedia/Rect[60 600 80 620]/RichMediaContent<</Assets<</Names[(a.swf)<</F(a.swf)/EF<</F 21 0 R>>>>]>>>>>>");
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("external-stream", |pdf, c| {
        pdf.stream(20, &format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/F<</FS/URL/F(http://{c}.example/x)>>/FFilter/FlateDecode"), b"");
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"/X Do\n");
    }),
    ("reference-form", |pdf, c| {
        pdf.stream(
            20,
            &format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Ref<</F({c}.pdf)/Page 0>>"),
            b"0 0 9 9 re f",
        );
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"/X Do\n");
    }),
    ("postscript", |pdf, c| {
        pdf.stream(20, "/Type/XObject/Subtype/PS", format!("({c}) run").as_bytes());
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"/X Do\n");
    }),
    ("postscript-form", |pdf, c| {
        pdf.stream(
            20,
            &format!("/Type/XObject/Subtype/Form/Subtype2/PS/BBox[0 0 9 9]/PS({c})"),
            b"0 0 9 9 re f",
        );
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"/X Do\n");
    }),
    ("opi", |pdf, c| {
        pdf.stream(
            20,
            &format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/OPI<</2.0<</F({c})>>>>"),
            b"0 0 9 9 re f",
        );
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"/X Do\n");
    }),
    ("image-alternate", |pdf, c| {
        pdf.stream(
            21,
            "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8",
            b"\0",
        );
        pdf.stream(20, &format!("/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Alternates[<</Image 21 0 R/X({c})>>]/Metadata 22 0 R"), b"\0");
        pdf.stream(22, "/Type/Metadata/Subtype/XML", c.as_bytes());
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"q 20 0 0 20 60 500 cm /X Do Q\n");
    }),
    ("image-jpeg", |pdf, c| {
        pdf.stream(20, "/Type/XObject/Subtype/Image/Width 64/Height 48/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", &picture::jpeg_with(0xe1, &picture::exif(c)));
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"q 64 0 0 48 60 500 cm /X Do Q\n");
    }),
    ("image-tail", |pdf, c| {
        pdf.stream(
            20,
            "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8",
            &[b"\0", c.as_bytes()].concat(),
        );
        pdf.resources("/XObject<</X 20 0 R>>").draw(b"q 20 0 0 20 60 500 cm /X Do Q\n");
    }),
    ("font-matrix", |pdf, c| {
        pdf.put(20, &format!("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FontMatrix[1 0 0 1 0({c})]/FirstChar 0/LastChar 0/Widths[600]>>"));
        pdf.resources("/Font<</F2 20 0 R>>");
    }),
    ("font-file", |pdf, c| {
        pdf.stream(21, "", c.as_bytes());
        pdf.put(22, "<</Type/FontDescriptor/FontName/X/Flags 32/FontBBox[0 0 9 9]/ItalicAngle 0/Ascent 9/Descent 0/CapHeight 9/StemV 9/FontFile2 21 0 R>>");
        pdf.put(20, "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 65/LastChar 65/Widths[600]/FontDescriptor 22 0 R>>");
        pdf.put(6, "<</F2 20 0 R>>");
        pdf.resources("/ExtGState<</G<</Font[20 0 R 9]>>>>").draw(b"/G gs\n");
    }),
    ("glyph-procedure", |pdf, c| {
        pdf.stream(21, "", format!("600 0 d0 /{c} Do\n").as_bytes());
        pdf.put(20, "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 21 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[600]>>");
        pdf.put(6, "<</F2 20 0 R>>");
        pdf.resources("/ExtGState<</G<</Font[20 0 R 9]>>>>").draw(b"/G gs\n");
    }),
    ("metadata", |pdf, c| {
        pdf.stream(
            20,
            "/Type/Metadata/Subtype/XML",
            format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{c}</x:xmpmeta>").as_bytes(),
        );
        pdf.catalog("/Metadata 20 0 R");
    }),
    ("information", |pdf, c| {
        pdf.put(20, &format!("<</Author({c})/Title({c})/Creator({c})>>")).trailer("/Info 20 0 R");
    }),
    ("piece-info", |pdf, c| {
        pdf.catalog(&format!("/PieceInfo<</App<</Private({c})/LastModified(D:2026)>>>>"));
        pdf.on_page(&format!("/PieceInfo<</App<</Private({c})>>>>"));
    }),
    ("web-capture", |pdf, c| {
        pdf.catalog(&format!("/SpiderInfo<</V 1.0/C[<</URL(http://{c}.example/)>>]>>/Names<</URLS<</Names[(http://{c}.example/)<<>>]>>>>"));
    }),
    ("threads", |pdf, c| {
        pdf.catalog(&format!("/Threads[<</I<</Title({c})>>/F<</P 3 0 R/R[0 0 9 9]>>>>]"));
    }),
    ("requirements", |pdf, c| {
        pdf.catalog(&format!("/Requirements[<</S/EnableJavaScripts/RH[<</S/JS/Script({c})>>]>>]"));
    }),
    ("extensions", |pdf, c| {
        pdf.catalog(&format!("/Extensions<</{c}<</BaseVersion/1.7/ExtensionLevel 3>>>>"));
    }),
    ("permissions", |pdf, c| {
        pdf.catalog(&format!(
            "/Perms<</UR3<</Type/Sig/Filter/Adobe.PPKLite/Contents({c})>>>>/DSS<</Certs[({c})]>>"
        ));
    }),
    ("signature", |pdf, c| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/Rect[0 0 0 0]/V<</Type/Sig/Filter/Adobe.PPKLite/Reason({c})/Contents({c})/ByteRange[0 1 2 3]>>>>"));
        pdf.on_page("/Annots[20 0 R]").catalog("/AcroForm<</SigFlags 3/Fields[20 0 R]>>");
    }),
    ("unknown-catalog", |pdf, c| {
        pdf.catalog(&format!("/SKUnknown<</X({c})>>/{c} 1"));
    }),
    ("unknown-page", |pdf, c| {
        pdf.on_page(&format!("/SKUnknown({c})/PresSteps<</NA<</S/JavaScript/JS({c})>>>>"));
    }),
    ("unknown-resource", |pdf, c| {
        pdf.resources(&format!("/SKUnknown<</X({c})>>/Properties<</P<</X({c})>>>>"));
    }),
    ("unknown-trailer", |pdf, c| {
        pdf.trailer(&format!("/SKUnknown({c})"));
    }),
    ("unreachable", |pdf, c| {
        pdf.put(20, &format!("<</S/JavaScript/JS({c})>>"));
    }),
    ("content-unknown", |pdf, c| {
        pdf.draw(format!("BX ({c}) skop EX\n").as_bytes());
    }),
    ("content-comment", |pdf, c| {
        pdf.draw(format!("% {c}\n").as_bytes());
    }),
    ("content-property", |pdf, c| {
        pdf.draw(format!("/Span<</X({c})>>BDC 60 400 9 9 re f EMC\n/MP<</X({c})>>DP\n").as_bytes());
    }),
    ("page-thumbnail", |pdf, c| {
        pdf.stream(
            20,
            "/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8",
            &[b"\0", c.as_bytes()].concat(),
        );
        pdf.on_page("/Thumb 20 0 R");
    }),
    ("profile", |pdf, c| {
        pdf.stream(20, "/N 3", c.as_bytes());
        pdf.catalog("/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(x)/DestOutputProfile 20 0 R>>]");
    }),
    ("profile-used", |pdf, c| {
        pdf.stream(20, "/N 3", c.as_bytes());
        pdf.resources("/ColorSpace<</C[/ICCBased 20 0 R]>>")
            .draw(b"/C cs 0 1 0 sc 60 400 30 30 re f\n");
    }),
    ("structure", |pdf, c| {
        pdf.catalog(&format!("/StructTreeRoot<</Type/StructTreeRoot/K<</S/P/ActualText({c})/Alt({c})>>>>/MarkInfo<</Marked true>>"));
    }),
    ("halftone", |pdf, c| {
        pdf.put(20, &format!("<</Type/ExtGState/HTP({c})/TR/{c}/UseBlackPtComp/{c}>>"));
        pdf.resources("/ExtGState<</G 20 0 R>>").draw(b"/G gs\n");
    }),
    ("markup-rich-text", |pdf, c| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/FreeText/Rect[60 300 260 320]/Contents(memo)/RC(<body><script>{c}</script></body>)/NM({c})/T({c})/DS({c})>>"));
        pdf.on_page("/Annots[20 0 R]");
    }),
    ("field-hidden-value", |pdf, c| {
        pdf.put(20, &format!("<</Type/Annot/Subtype/Widget/FT/Tx/F 2/T(h)/TU({c})/TM({c})/DV({c})/Rect[60 600 260 620]>>"));
        pdf.on_page("/Annots[20 0 R]").catalog("/AcroForm<</Fields[20 0 R]>>");
    }),
];

const RAW: &[(&str, Make)] = &[
    ("before-header", |c| {
        [format!("{c}\n").as_bytes(), &Pdf::page().write(Layout::Plain)].concat()
    }),
    ("after-end", |c| [&Pdf::page().write(Layout::Plain), c.as_bytes()].concat()),
    ("polyglot-zip", |c| {
        let zip = crate::make::zip::Zip::of(&[("x.exe", c.as_bytes())]).write();
        [Pdf::page().write(Layout::Plain), zip].concat()
    }),
    ("polyglot-html", |c| {
        [format!("<html><script>{c}</script>\n").as_bytes(), &Pdf::page().write(Layout::Plain)]
            .concat()
    }),
    ("between-objects", |c| {
        let file = Pdf::page().write(Layout::Plain);
        let at = picture::find(&file, b"\nxref\n");
        // The table comes later than it says; readers fall back to searching.
        [&file[..at], format!("\n{c}\n").as_bytes(), &file[at..]].concat()
    }),
    ("duplicate-key", |c| {
        let mut pdf = Pdf::page();
        pdf.catalog(&format!("/OpenAction[3 0 R/Fit]/OpenAction<</S/JavaScript/JS({c})>>"));
        pdf.write(Layout::Plain)
    }),
    ("duplicate-object", |c| {
        let file = Pdf::page().write(Layout::Plain);
        let at = picture::find(&file, b"\nxref\n");
        let object = format!(
            "1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS({c})>>>>\nendobj\n"
        );
        [&file[..at], object.as_bytes(), b"trailer\n<</Root 1 0 R>>\n%%EOF\n"].concat()
    }),
];
