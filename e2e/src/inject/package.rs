//! Vectors of the layers below the markup: the ZIP itself, content types,
//! document types and entities, parts that nothing leads to.

use super::docx;
use super::office::Plant;
use crate::case::Case;
use crate::make::package::XML;
use crate::make::xml::Wording;
use crate::make::zip::{Member, UTF8};

const DOC: &str = "word/document.xml";

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = VECTORS
        .iter()
        .map(|(name, plant)| {
            Case::gone(&format!("opc-{name}"), "docx", |canary| {
                let mut package = docx::base();
                plant(&mut package, canary);
                package.write(Wording::Plain)
            })
        })
        .collect();
    for (name, plant) in ENTITIES {
        cases.push(Case::gone(&format!("opc-{name}"), "docx", |canary| {
            let mut package = docx::base();
            package.replace(DOC, XML, &format!("{XML}{}", plant.replace("{}", canary)));
            package.before(DOC, "<w:sectPr>", "<w:p><w:r><w:t>&x;</w:t></w:r></w:p>");
            package.write(Wording::Plain)
        }));
    }
    cases
}

/// Document types; the body uses `&x;`.
const ENTITIES: &[(&str, &str)] = &[
    ("entity-inside", "<!DOCTYPE d [<!ENTITY x \"{}\">]>"),
    ("entity-outside", "<!DOCTYPE d [<!ENTITY x SYSTEM \"http://{}.example/\">]>"),
    ("entity-file", "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/{}\">]>"),
    (
        "entity-parameter",
        "<!DOCTYPE d [<!ENTITY % y SYSTEM \"http://{}.example/\"> %y; <!ENTITY x \"1\">]>",
    ),
    (
        "entity-laughs",
        "<!DOCTYPE d [<!ENTITY a \"{}{}{}{}{}{}{}{}\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY x \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>",
    ),
    ("doctype-outside", "<!DOCTYPE d SYSTEM \"http://{}.example/x.dtd\" [<!ENTITY x \"1\">]>"),
];

const VECTORS: &[(&str, Plant)] = &[
    ("zip-before", |p, canary| p.around.before = format!("MZ{canary}").into_bytes()),
    ("zip-between", |p, canary| p.around.between = canary.into()),
    ("zip-after", |p, canary| p.around.after = canary.into()),
    ("zip-comment", |p, canary| p.around.comment = canary.into()),
    ("zip-member-comment", |p, canary| {
        p.loose.push(Member { comment: canary.into(), ..Member::new("word/x.xml", "<x/>") });
    }),
    ("zip-extra", |p, canary| {
        let mut extra = vec![0x53, 0x4b];
        extra.extend(u16::try_from(canary.len()).expect("short").to_le_bytes());
        extra.extend(canary.as_bytes());
        p.loose.push(Member { extra, ..Member::new("word/x.xml", "<x/>") });
    }),
    ("zip-local-name", |p, canary| {
        p.loose.push(Member {
            local_name: Some(format!("{canary}.exe").into_bytes()),
            ..Member::new("word/x.xml", "<x/>")
        });
    }),
    ("zip-unlisted", |p, canary| {
        p.loose.push(Member {
            is_unlisted: true,
            is_stored: true,
            ..Member::new("word/vbaProject.bin", canary)
        });
    }),
    ("zip-duplicate", |p, canary| {
        p.loose.push(Member::new("word/styles.xml", format!("{XML}<x>{canary}</x>")));
    }),
    ("zip-duplicate-case", |p, canary| {
        p.loose.push(Member::new("WORD/STYLES.XML", format!("{XML}<x>{canary}</x>")));
    }),
    ("zip-climb", |p, canary| p.loose.push(Member::new("../../x.exe", canary))),
    ("zip-climb-back", |p, canary| p.loose.push(Member::new("..\\..\\x.exe", canary))),
    ("zip-absolute", |p, canary| p.loose.push(Member::new("/etc/x", canary))),
    ("zip-drive", |p, canary| p.loose.push(Member::new("C:\\x.exe", canary))),
    ("zip-nul", |p, canary| p.loose.push(Member::new("word/x.xml\0.exe", canary))),
    ("zip-stream-name", |p, canary| p.loose.push(Member::new("word/x.xml:ads", canary))),
    ("zip-name", |p, canary| p.loose.push(Member::new(format!("word/{canary}.xml"), "<x/>"))),
    ("zip-symlink", |p, canary| {
        p.loose.push(Member {
            attributes: 0xa1ff_0000,
            ..Member::new("word/link", format!("/etc/{canary}"))
        });
    }),
    ("zip-utf8-name", |p, canary| {
        p.loose.push(Member { flags: UTF8, ..Member::new("word/\u{202e}slx.exe", canary) });
    }),
    ("part-unknown-type", |p, canary| {
        p.part("word/x.dat", "application/x-unknown", canary);
        p.relate(DOC, "rIdX", "unknown", "x.dat");
    }),
    ("part-no-relation", |p, canary| {
        p.part("word/orphan.xml", "application/xml", format!("{XML}<x>{canary}</x>"));
    }),
    ("part-ui", |p, canary| {
        p.part("customUI/customUI.xml", "application/xml", format!("{XML}<customUI xmlns=\"http://schemas.microsoft.com/office/2006/01/customui\" onLoad=\"{canary}\"/>"));
        p.relate(
            "",
            "rIdX",
            "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
            "customUI/customUI.xml",
        );
    }),
    ("part-ui14", |p, canary| {
        p.part("customUI/customUI14.xml", "application/xml", format!("{XML}<customUI xmlns=\"http://schemas.microsoft.com/office/2009/07/customui\" onLoad=\"{canary}\"/>"));
        p.relate(
            "",
            "rIdX",
            "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
            "customUI/customUI14.xml",
        );
    }),
    ("part-user-ui", |p, canary| {
        p.part(
            "userCustomization/customUI.xml",
            "application/xml",
            format!("{XML}<x>{canary}</x>"),
        );
        p.relate(
            "",
            "rIdX",
            "http://schemas.microsoft.com/office/2006/relationships/ui/userCustomization",
            "userCustomization/customUI.xml",
        );
    }),
    ("part-taskpane", |p, canary| {
        p.part("word/webextensions/taskpanes.xml", "application/vnd.ms-office.webextensiontaskpanes+xml", format!("{XML}<wetp:taskpanes xmlns:wetp=\"http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11\"><wetp:taskpane visibility=\"1\"><wetp:webextensionref xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" r:id=\"rId1\"/></wetp:taskpane></wetp:taskpanes>"));
        p.part("word/webextensions/webextension1.xml", "application/vnd.ms-office.webextension+xml", format!("{XML}<we:webextension xmlns:we=\"http://schemas.microsoft.com/office/webextensions/webextension/2010/11\" id=\"x\"><we:reference id=\"{canary}\" store=\"\\\\{canary}.example\" storeType=\"Filesystem\"/></we:webextension>"));
        p.relate(
            "",
            "rIdX",
            "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes",
            "word/webextensions/taskpanes.xml",
        );
        p.relate(
            "word/webextensions/taskpanes.xml",
            "rId1",
            "http://schemas.microsoft.com/office/2011/relationships/webextension",
            "webextension1.xml",
        );
    }),
    ("relation-unknown", |p, canary| {
        p.relate("", "rIdX", &format!("http://schemas.example.com/{canary}"), "word/document.xml");
    }),
    ("relation-id", |p, canary| {
        p.relate(DOC, canary, "image", "media/image1.png");
    }),
];
