//! One case a vector: what is planted is gone and reported, the text stays.

use sanitize_core::{Choice, Embedded, Format, Hyperlinks, OfficePolicy, Policy};

use super::{SPACES, checked, content, document, names, package, part, run, text_of};

/// Rebuilds a text document with `body`; returns content and codes.
fn body(body: &str) -> (String, Vec<&'static str>) {
    let (out, codes) = checked(&document(body, &[]), Format::Odt, &Policy::default());
    (part(&out, "content.xml").unwrap(), codes)
}

#[test]
fn active_elements_go_with_a_line_each() {
    let vectors = [
        (
            "<office:scripts><office:script script:language='x'>CANARY</office:script></office:scripts>",
            "odf-macro",
        ),
        ("<text:p>a<text:script script:language='js'>CANARY</text:script></text:p>", "odf-macro"),
        (
            "<text:p><text:execute-macro text:name='CANARY'>a</text:execute-macro></text:p>",
            "odf-macro",
        ),
        (
            "<office:event-listeners><script:event-listener script:event-name='dom:load' xlink:href='vnd.sun.star.script:CANARY'/></office:event-listeners>",
            "odf-event",
        ),
        (
            "<draw:frame><presentation:event-listener presentation:action='execute' xlink:href='CANARY.exe'/></draw:frame>",
            "odf-event",
        ),
        ("<anim:command anim:command='CANARY'/>", "odf-event"),
        ("<draw:frame><draw:plugin xlink:href='http://CANARY'/></draw:frame>", "odf-plugin"),
        (
            "<draw:frame><draw:applet xlink:href='http://CANARY' draw:code='x'/></draw:frame>",
            "odf-plugin",
        ),
        (
            "<draw:frame><draw:floating-frame xlink:href='http://CANARY'/></draw:frame>",
            "odf-plugin",
        ),
        ("<presentation:sound xlink:href='http://CANARY'/>", "odf-plugin"),
        ("<draw:frame><draw:object-ole xlink:href='http://CANARY'/></draw:frame>", "odf-object"),
        ("<draw:frame><draw:object xlink:href='file:///CANARY'/></draw:frame>", "odf-object"),
        (
            "<text:section><text:section-source xlink:href='http://CANARY'/><text:p>x</text:p></text:section>",
            "odf-external",
        ),
        (
            "<table:table><table:table-source xlink:href='http://CANARY'/></table:table>",
            "odf-external",
        ),
        (
            "<text:section><office:dde-source office:dde-application='CANARY'/></text:section>",
            "odf-dde",
        ),
        (
            "<text:dde-connection-decls><text:dde-connection-decl office:dde-application='CANARY'/></text:dde-connection-decls>",
            "odf-dde",
        ),
        (
            "<text:p><text:dde-connection text:connection-name='CANARY'>v</text:dde-connection></text:p>",
            "odf-dde",
        ),
        ("<table:dde-links><table:dde-link/>CANARY</table:dde-links>", "odf-dde"),
        (
            "<table:database-ranges><table:database-range><table:database-source-sql table:sql-statement='CANARY'/></table:database-range></table:database-ranges>",
            "odf-query",
        ),
        ("<text:p><text:a xlink:href='javascript:CANARY'>a</text:a></text:p>", "odf-link"),
        ("<text:p><text:a xlink:href='file://CANARY/x'>a</text:a></text:p>", "odf-link"),
        ("<text:p><text:a xlink:href='vnd.sun.star.script:CANARY'>a</text:a></text:p>", "odf-link"),
        ("<text:p><text:a xlink:href='#file:///CANARY'>a</text:a></text:p>", "odf-link"),
        ("<draw:frame><draw:image xlink:href='http://CANARY/x.png'/></draw:frame>", "odf-external"),
        ("<draw:frame><draw:image xlink:href='../CANARY.png'/></draw:frame>", "odf-external"),
        (
            "<draw:frame><draw:image><office:binary-data>CANARY</office:binary-data></draw:image></draw:frame>",
            "odf-element",
        ),
        ("<office:forms><form:form xlink:href='http://CANARY'/></office:forms>", "odf-form-action"),
        ("<office:forms><form:form form:datasource='CANARY'/></office:forms>", "odf-form-action"),
        (
            "<office:forms><form:text form:control-implementation='ooo:CANARY'/></office:forms>",
            "odf-form-action",
        ),
        ("<office:forms><form:button form:button-type='url'/></office:forms>", "odf-form-action"),
        ("<xforms:model>CANARY</xforms:model>", "odf-form-action"),
        ("<text:p text:condition=\"of:=WEBSERVICE('CANARY')\"/>", "odf-condition"),
        ("<text:p evil:x='CANARY'>a</text:p>", "odf-attribute"),
        ("<evil:x>CANARY</evil:x>", "odf-element"),
        ("<text:p>a<!-- CANARY --></text:p>", "odf-xml"),
        ("<text:p>a<?CANARY x?></text:p>", "odf-xml"),
        ("<text:p>a&CANARY;</text:p>", "odf-xml"),
    ];
    for (vector, code) in vectors {
        let (out, codes) = body(vector);
        assert!(codes.contains(&code), "{vector} gave {codes:?}");
        assert!(!out.contains("CANARY"), "{vector} left {out}");
    }
}

#[test]
fn text_of_what_goes_stays() {
    let (out, _) = body(
        "<text:p>葛<text:execute-macro>飾</text:execute-macro><evil:x>区</evil:x><text:a xlink:href='x:y'>𠮷</text:a></text:p>",
    );
    assert!(out.contains("葛飾区𠮷"), "{out}");
}

#[test]
fn other_prefixes_and_entities_hide_nothing() {
    let text = "<o:document-content xmlns:o='urn:oasis:names:tc:opendocument:xmlns:office:1.0'><o:scripts>CANARY</o:scripts>\
        <o:body><o:text><p xmlns='urn:oasis:names:tc:opendocument:xmlns:text:1.0'>a<a xmlns:l='http://www.w3.org/1999/xlink' \
        l:href='java&#115;cript:CANARY'>b</a></p></o:text></o:body></o:document-content>";
    let file = package(&[("content.xml", text)]);
    let (out, codes) = checked(&file, Format::Odt, &Policy::default());
    assert_eq!(codes, ["odf-macro", "odf-link"]);
    let out = part(&out, "content.xml").unwrap();
    assert!(out.contains("<text:p>ab</text:p>") && !out.contains("CANARY"), "{out}");
}

#[test]
fn links_follow_policy() {
    let vector = "<text:p><text:a xlink:href='https://x.jp/?a&amp;b'>a</text:a><text:a xlink:href='#見出し'>b</text:a></text:p>";
    let (out, codes) = body(vector);
    assert_eq!(codes, Vec::<&str>::new());
    assert!(out.contains("https://x.jp/?a&amp;b") && out.contains("#見出し"), "{out}");
    let office = OfficePolicy { hyperlinks: Hyperlinks::Remove, ..OfficePolicy::default() };
    let policy = Policy { office, ..Policy::default() };
    let (out, codes) = checked(&document(vector, &[]), Format::Odt, &policy);
    let out = part(&out, "content.xml").unwrap();
    assert_eq!(codes, ["odf-link"]);
    assert!(!out.contains("https://x.jp") && out.contains("#見出し"), "{out}");
}

#[test]
fn comments_changes_and_forms_follow_policy() {
    let vector = "<text:tracked-changes><text:changed-region><text:deletion><text:p>GONE</text:p></text:deletion>\
        </text:changed-region></text:tracked-changes><text:p>a<office:annotation><dc:creator>WHO</dc:creator></office:annotation>\
        <text:change text:change-id='c'/>b</text:p><office:forms><form:form form:name='f'/></office:forms>";
    assert_eq!(body(vector).1, Vec::<&str>::new());
    let office = OfficePolicy {
        comments: Choice::Remove,
        tracked_changes: Choice::Flatten,
        form_fields: Choice::Remove,
        ..OfficePolicy::default()
    };
    let policy = Policy { office, ..Policy::default() };
    let (out, mut codes) = checked(&document(vector, &[]), Format::Odt, &policy);
    let out = part(&out, "content.xml").unwrap();
    codes.sort_unstable();
    assert_eq!(codes, ["odf-changes", "odf-comment", "odf-form"]);
    assert!(
        out.contains("<text:p>ab</text:p>") && !out.contains("GONE") && !out.contains("WHO"),
        "{out}"
    );
}

#[test]
fn formulas_lose_only_what_reaches_outside() {
    let cells = "<table:table><table:table-row><table:table-cell table:formula='of:=SUM([.A1:.A2])' office:value='3'/>\
        <table:table-cell table:formula='of:=WEBSERVICE(\"http://CANARY\")' office:value='4'><text:p>4</text:p></table:table-cell>\
        </table:table-row></table:table>";
    let (out, codes) = body(cells);
    assert_eq!(codes, ["odf-formula"]);
    assert!(
        out.contains("of:=SUM([.A1:.A2])")
            && out.contains("office:value=\"4\"")
            && !out.contains("CANARY"),
        "{out}"
    );
}

const PNG: &str = "\u{7F}PNG";

#[test]
fn parts_that_nothing_refers_to_go() {
    let others = [
        ("Basic/Standard/Module1.xml", "CANARY"),
        ("Scripts/python/x.py", "CANARY"),
        ("Configurations2/accelerator/current.xml", "CANARY"),
        ("manifest.rdf", "CANARY"),
        ("Thumbnails/thumbnail.png", "CANARY"),
        ("META-INF/documentsignatures.xml", "CANARY"),
        ("Pictures/unused.png", PNG),
        ("x.exe", "MZ"),
    ];
    let (out, mut codes) =
        checked(&document("<text:p>a</text:p>", &others), Format::Odt, &Policy::default());
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(
        codes,
        ["odf-customisation", "odf-macro", "odf-part", "odf-preview", "odf-rdf", "odf-signature"]
    );
    assert_eq!(names(&out), ["mimetype", "content.xml", "META-INF/manifest.xml"]);
    assert!(
        out.starts_with(b"PK\x03\x04")
            && out[30..].starts_with(b"mimetypeapplication/vnd.oasis.opendocument.text")
    );
}

fn with_picture(bytes: &[u8], path: &str, href: &str) -> Vec<u8> {
    let mut writer = sanitize_container::zip::Writer::new();
    let frame =
        format!("<text:p><draw:frame><draw:image xlink:href='{href}'/></draw:frame></text:p>");
    writer.add("content.xml", content(&frame).as_bytes(), sanitize_container::zip::Level::Deflated);
    writer.add(path, bytes, sanitize_container::zip::Level::Stored);
    writer.finish().unwrap()
}

#[test]
fn pictures_are_rebuilt_or_replaced() {
    let (out, codes) = checked(
        &with_picture(b"\x89PNG", "Pictures/a.png", "Pictures/a.png"),
        Format::Odt,
        &Policy::default(),
    );
    assert_eq!((names(&out)[1].as_str(), codes.len()), ("Pictures/a.png", 0));
    // A picture that is no picture is replaced; a wrong or odd name is set right.
    let (out, codes) = checked(
        &with_picture(b"MZ", "Pictures/a.png", "Pictures/a.png"),
        Format::Odt,
        &Policy::default(),
    );
    assert_eq!(
        (names(&out)[1].as_str(), codes.as_slice()),
        ("Pictures/empty.png", ["odf-picture"].as_slice())
    );
    let (out, _) = checked(
        &with_picture(b"\x89PNG", "evil/絵.exe", "evil/絵.exe"),
        Format::Odt,
        &Policy::default(),
    );
    assert_eq!(names(&out)[1], "Pictures/image.png");
    assert!(part(&out, "content.xml").unwrap().contains("Pictures/image.png"));
}

#[test]
fn charts_stay_and_other_objects_go_by_policy() {
    let chart = format!(
        "<office:document-content {SPACES}><office:scripts>CANARY</office:scripts><office:body><office:chart><chart:chart xlink:href='..'/></office:chart></office:body></office:document-content>"
    );
    let sheet = format!(
        "<office:document-content {SPACES}><office:body><office:spreadsheet/></office:body></office:document-content>"
    );
    let frames = "<draw:frame><draw:object xlink:href='./Object 1'/></draw:frame><draw:frame><draw:object xlink:href='./Object 2'/></draw:frame>";
    let file =
        document(frames, &[("Object 1/content.xml", &chart), ("Object 2/content.xml", &sheet)]);
    let (out, codes) = checked(&file, Format::Odt, &Policy::default());
    assert_eq!(codes, ["odf-object", "odf-macro"]);
    assert_eq!(
        names(&out),
        ["mimetype", "content.xml", "Object 1/content.xml", "META-INF/manifest.xml"]
    );
    let office = OfficePolicy { embedded_files: Embedded::Sanitize, ..OfficePolicy::default() };
    let (out, _) = checked(&file, Format::Odt, &Policy { office, ..Policy::default() });
    assert!(names(&out).contains(&"Object 2/content.xml".to_owned()));
}

#[test]
fn settings_keep_numbers_and_lose_printers_and_unknown_texts() {
    let settings = format!(
        "<office:document-settings {SPACES}><office:settings><config:config-item-set config:name='ooo:configuration-settings'>\
        <config:config-item config:name='PrinterName' config:type='string'>CANARY</config:config-item>\
        <config:config-item config:name='AddParaTableSpacing' config:type='boolean'>true</config:config-item>\
        <config:config-item config:name='Unknown' config:type='string'>CANARY</config:config-item>\
        <config:config-item config:name='CurrentDatabaseDataSource' config:type='string'>CANARY</config:config-item>\
        </config:config-item-set><config:config-item-set config:name='evil'>CANARY</config:config-item-set></office:settings></office:document-settings>"
    );
    let (out, codes) =
        checked(&document("", &[("settings.xml", &settings)]), Format::Odt, &Policy::default());
    assert_eq!(codes, ["odf-printer", "odf-setting", "odf-query"]);
    let out = part(&out, "settings.xml").unwrap();
    assert!(out.contains("AddParaTableSpacing") && !out.contains("CANARY"), "{out}");
}

#[test]
fn metadata_follow_policy() {
    let meta = format!(
        "<office:document-meta {SPACES} office:version='1.2'><office:meta><dc:creator>山田</dc:creator>\
        <meta:template xlink:href='http://CANARY'/></office:meta></office:document-meta>"
    );
    let file = document("", &[("meta.xml", &meta)]);
    let (out, codes) = checked(&file, Format::Odt, &Policy::default());
    assert_eq!(codes, ["odf-metadata"]);
    assert!(!part(&out, "meta.xml").unwrap().contains("山田"));
    let office = OfficePolicy { metadata: Choice::Keep, ..OfficePolicy::default() };
    let (out, _) = checked(&file, Format::Odt, &Policy { office, ..Policy::default() });
    let meta = part(&out, "meta.xml").unwrap();
    assert!(meta.contains("山田") && !meta.contains("CANARY"));
}

#[test]
fn text_is_lines_and_tabs() {
    let file = document(
        "<text:p>一<text:s text:c='2'/>二<text:tab/>三<text:line-break/>四</text:p><table:table><table:table-row>\
         <table:table-cell><text:p>a</text:p><text:p>b</text:p></table:table-cell><table:table-cell><text:p>c</text:p></table:table-cell>\
         </table:table-row></table:table>",
        &[],
    );
    assert_eq!(text_of(&file, Format::Odt), "一  二\t三\n四\na b\tc\n");
}

#[test]
fn hostile_packages_stop() {
    let deep = format!("{}x{}", "<text:span>".repeat(5000), "</text:span>".repeat(5000));
    let stop = run(&document(&deep, &[]), Format::Odt, &Policy::default()).unwrap_err();
    assert_eq!(stop.reason().code.id, "limit-nesting");
    for (name, file) in [
        ("no content", package(&[("mimetype", "x")])),
        ("two contents", package(&[("content.xml", &content("")), ("content.xml", &content("x"))])),
        ("cut", package(&[("content.xml", "<office:document-content")])),
        ("another root", package(&[("content.xml", "<x/>")])),
        (
            "not open to the end",
            package(&[("content.xml", &content("").replace("</office:body>", ""))]),
        ),
        ("no zip", b"PK\x03\x04".to_vec()),
    ] {
        let stop = run(&file, Format::Odt, &Policy::default()).unwrap_err();
        assert_eq!(stop.reason().code.id, "file-broken", "{name}");
    }
    let wide = format!("<!DOCTYPE x [<!ENTITY a 'CANARY'>]>{}", content("<text:p>&a;</text:p>"));
    let (out, codes) =
        checked(&package(&[("content.xml", &wide)]), Format::Odt, &Policy::default());
    assert!(codes.contains(&"odf-xml") && !part(&out, "content.xml").unwrap().contains("CANARY"));
}

#[test]
fn no_content_panics() {
    let seed = content(
        "<text:p text:style-name='a'>b&#x41;<text:a xlink:href='http://x/'>c</text:a><![CDATA[d]]></text:p>",
    );
    let mut state = 3_u32;
    for _ in 0..3000 {
        let mut bytes = seed.clone().into_bytes();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] = b" <>&\"'/=:!;x"[(state >> 4) as usize % 12];
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = package(&[("content.xml", &text)]);
        if let Ok((once, _)) = run(&file, Format::Odt, &Policy::default()) {
            let (twice, again) = run(&once, Format::Odt, &Policy::default()).unwrap();
            assert_eq!((again.len(), once == twice), (0, true), "{text}");
        }
    }
}
