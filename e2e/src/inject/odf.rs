//! OpenDocument vectors: scripts, events, objects, links, forms, hidden data.

use super::SENTENCE;
use crate::case::{Case, canary};
use crate::make::package::XML;
use crate::make::xml::{Wording, reword};
use crate::make::zip::{Member, Zip};
use crate::make::{ole, picture};

const NAMESPACES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
    xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
    xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" \
    xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
    xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" xmlns:script=\"urn:oasis:names:tc:opendocument:xmlns:script:1.0\" \
    xmlns:form=\"urn:oasis:names:tc:opendocument:xmlns:form:1.0\" xmlns:presentation=\"urn:oasis:names:tc:opendocument:xmlns:presentation:1.0\" \
    xmlns:anim=\"urn:oasis:names:tc:opendocument:xmlns:animation:1.0\" xmlns:smil=\"urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0\" \
    xmlns:of=\"urn:oasis:names:tc:opendocument:xmlns:of:1.2\" xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" \
    xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:config=\"urn:oasis:names:tc:opendocument:xmlns:config:1.0\" \
    xmlns:ooo=\"http://openoffice.org/2004/office\" xmlns:dom=\"http://www.w3.org/2001/xml-events\" xmlns:xforms=\"http://www.w3.org/2002/xforms\"";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Sheet,
    Deck,
}

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "odt",
            Self::Sheet => "ods",
            Self::Deck => "odp",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Text => "application/vnd.oasis.opendocument.text",
            Self::Sheet => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Deck => "application/vnd.oasis.opendocument.presentation",
        }
    }

    fn element(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Sheet => "spreadsheet",
            Self::Deck => "presentation",
        }
    }

    fn body(self, before: &str, inside: &str) -> String {
        let frame = "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:image xlink:href=\"Pictures/seal.png\" xlink:type=\"simple\"/></draw:frame>";
        match self {
            Self::Text => format!(
                "{before}<text:p>{SENTENCE}</text:p><text:p>{frame}<text:a xlink:href=\"https://www.example.jp/town\">町のページ</text:a></text:p>{inside}"
            ),
            Self::Sheet => format!(
                "{before}<table:table table:name=\"申請\">{}<table:table-row><table:table-cell office:value-type=\"string\"><text:p>{SENTENCE}</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell office:value-type=\"float\" office:value=\"12345\" table:formula=\"of:=SUM(12344;1)\"><text:p>12345</text:p></table:table-cell></table:table-row></table:table>",
                inside
            ),
            Self::Deck => format!(
                "{before}<draw:page draw:name=\"p1\" draw:master-page-name=\"M\"><draw:frame svg:x=\"2cm\" svg:y=\"2cm\" svg:width=\"20cm\" svg:height=\"3cm\"><draw:text-box><text:p>{SENTENCE}</text:p></draw:text-box></draw:frame>{inside}</draw:page>"
            ),
        }
    }
}

#[derive(Default)]
struct Document {
    scripts: String,
    fonts: String,
    styles: String,
    before: String,
    inside: String,
    meta: String,
    settings: String,
    /// Members beside the usual ones, with their media types.
    members: Vec<(String, String, Vec<u8>)>,
}

impl Document {
    fn write(&self, kind: Kind, wording: Wording) -> Vec<u8> {
        let element = kind.element();
        let said = |text: String| reword(&text, wording);
        let content = format!(
            "{XML}<office:document-content {NAMESPACES} office:version=\"1.2\">{}<office:font-face-decls>{}</office:font-face-decls><office:automatic-styles>{}</office:automatic-styles><office:body><office:{element}>{}</office:{element}></office:body></office:document-content>",
            self.scripts,
            self.fonts,
            self.styles,
            kind.body(&self.before, &self.inside)
        );
        let styles = format!(
            "{XML}<office:document-styles {NAMESPACES} office:version=\"1.2\"><office:styles/><office:automatic-styles><style:page-layout style:name=\"L\"><style:page-layout-properties fo:page-width=\"28cm\" fo:page-height=\"21cm\"/></style:page-layout></office:automatic-styles><office:master-styles><style:master-page style:name=\"M\" style:page-layout-name=\"L\"/></office:master-styles></office:document-styles>"
        );
        let meta = format!(
            "{XML}<office:document-meta {NAMESPACES} office:version=\"1.2\"><office:meta>{}</office:meta></office:document-meta>",
            self.meta
        );
        let settings = format!(
            "{XML}<office:document-settings {NAMESPACES} office:version=\"1.2\"><office:settings>{}</office:settings></office:document-settings>",
            self.settings
        );
        let mut zip = Zip::default();
        zip.members.push(Member { is_stored: true, ..Member::new("mimetype", kind.media_type()) });
        let mut manifest = format!(
            "<manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{}\"/>",
            kind.media_type()
        );
        let mut parts: Vec<(&str, &str, Vec<u8>)> = vec![
            ("content.xml", "text/xml", said(content)),
            ("styles.xml", "text/xml", said(styles)),
            ("meta.xml", "text/xml", said(meta)),
            ("settings.xml", "text/xml", said(settings)),
            ("Pictures/seal.png", "image/png", picture::seal()),
        ];
        parts.extend(
            self.members
                .iter()
                .map(|(name, media, data)| (name.as_str(), media.as_str(), data.clone())),
        );
        for (name, media, data) in parts {
            manifest.push_str(&format!("<manifest:file-entry manifest:full-path=\"{name}\" manifest:media-type=\"{media}\"/>"));
            zip.members.push(Member::new(name, data));
        }
        let manifest = format!(
            "{XML}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">{manifest}</manifest:manifest>"
        );
        zip.members.push(Member::new("META-INF/manifest.xml", said(manifest)));
        zip.write()
    }

    fn member(&mut self, name: &str, media: &str, data: impl Into<Vec<u8>>) {
        self.members.push((name.to_owned(), media.to_owned(), data.into()));
    }
}

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in [Kind::Text, Kind::Sheet, Kind::Deck] {
        for wording in
            [Wording::Plain, Wording::References, Wording::Prefixes, Wording::Utf16Little]
        {
            let id = format!("{}-twin{}", kind.extension(), wording.suffix());
            cases.push(Case::twin(
                &id,
                kind.extension(),
                Document::default().write(kind, wording),
                &[SENTENCE],
            ));
        }
        for (name, plant) in VECTORS {
            let id = format!("{}-{name}", kind.extension());
            for wording in [
                Wording::Plain,
                Wording::References,
                Wording::Prefixes,
                Wording::Cdata,
                Wording::Utf16Little,
            ] {
                let canary = canary(&id);
                let mut document = Document::default();
                plant(&mut document, &canary);
                let bytes = document.write(kind, wording);
                let case =
                    Case::gone(&format!("{id}{}", wording.suffix()), kind.extension(), |_| bytes);
                cases.push(Case { canary, ..case });
            }
        }
    }
    for (name, formula) in super::xlsx::FORMULAS {
        cases.push(Case::gone(&format!("ods-formula-{name}"), "ods", |canary| {
            let formula = crate::make::xml::escape(&formula.replace("{}", canary).replace(',', ";"));
            let document = Document {
                inside: format!("<table:table-row><table:table-cell table:formula=\"of:={formula}\" office:value-type=\"float\" office:value=\"7\"><text:p>7</text:p></table:table-cell></table:table-row>"),
                ..Document::default()
            };
            document.write(Kind::Sheet, Wording::Plain)
        }));
    }
    cases.push(Case::gone("ods-formula-dde-call", "ods", |canary| {
        let inside = format!("<table:table-row><table:table-cell table:formula=\"of:=DDE(&quot;soffice&quot;;&quot;{canary}&quot;;&quot;A1&quot;)\" office:value-type=\"float\" office:value=\"7\"><text:p>7</text:p></table:table-cell></table:table-row>");
        Document { inside, ..Document::default() }.write(Kind::Sheet, Wording::Plain)
    }));
    cases
}

type Plant = fn(&mut Document, &str);

const VECTORS: &[(&str, Plant)] = &[
    ("basic", |d, canary| {
        d.member("Basic/Standard/Module1.xml", "text/xml", format!("{XML}<script:module xmlns:script=\"http://openoffice.org/2000/script\" script:name=\"Module1\" script:language=\"StarBasic\">Sub Main\nShell(\"{canary}\")\nEnd Sub</script:module>"));
        d.member("Basic/Standard/script-lb.xml", "text/xml", format!("{XML}<library:library xmlns:library=\"http://openoffice.org/2000/library\" library:name=\"Standard\" library:readonly=\"false\" library:passwordprotected=\"false\"><library:element library:name=\"Module1\"/></library:library>"));
        d.member("Basic/script-lc.xml", "text/xml", format!("{XML}<library:libraries xmlns:library=\"http://openoffice.org/2000/library\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><library:library library:name=\"Standard\" library:link=\"false\"/></library:libraries>"));
    }),
    ("python", |d, canary| {
        d.member(
            "Scripts/python/x.py",
            "application/binary",
            format!("import os\nos.system('{canary}')"),
        )
    }),
    ("javascript", |d, canary| d.member("Scripts/javascript/x/x.js", "application/binary", canary)),
    ("event", |d, canary| {
        d.scripts = format!(
            "<office:scripts><office:event-listeners><script:event-listener script:language=\"ooo:script\" script:event-name=\"dom:load\" xlink:href=\"vnd.sun.star.script:Standard.{canary}.Main?language=Basic&amp;location=document\" xlink:type=\"simple\"/></office:event-listeners></office:scripts>"
        )
    }),
    ("script-element", |d, canary| {
        d.scripts = format!(
            "<office:scripts><office:script script:language=\"ooo:Basic\">{canary}</office:script></office:scripts>"
        )
    }),
    ("object", |d, canary| {
        d.inside = wrap(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:object xlink:href=\"./Object 1\" xlink:type=\"simple\"/></draw:frame>",
        );
        d.member("Object 1/content.xml", "text/xml", format!("{XML}<office:document-content {NAMESPACES}><office:scripts>{canary}</office:scripts></office:document-content>"));
        d.member("Object 1/", "application/vnd.oasis.opendocument.text", "");
    }),
    ("object-ole", |d, canary| {
        d.inside = wrap(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:object-ole xlink:href=\"./Object 1\" xlink:type=\"simple\"/></draw:frame>",
        );
        d.member(
            "Object 1",
            "application/vnd.sun.star.oleobject",
            ole::packaged("a.exe", canary.as_bytes()),
        );
    }),
    ("object-outside", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:object xlink:href=\"http://{canary}.example/x.ods\" xlink:type=\"simple\" xlink:actuate=\"onLoad\"/></draw:frame>"
        ))
    }),
    ("image-outside", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:image xlink:href=\"http://{canary}.example/x.png\" xlink:type=\"simple\" xlink:actuate=\"onLoad\"/></draw:frame>"
        ))
    }),
    ("image-climb", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:image xlink:href=\"../../{canary}.png\" xlink:type=\"simple\"/></draw:frame>"
        ))
    }),
    ("plugin", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:plugin xlink:href=\"http://{canary}.example/x.mp4\" draw:mime-type=\"application/vnd.sun.star.media\"/></draw:frame>"
        ))
    }),
    ("applet", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:applet xlink:href=\"http://{canary}.example/\" draw:code=\"{canary}.class\"/></draw:frame>"
        ))
    }),
    ("floating-frame", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:floating-frame xlink:href=\"http://{canary}.example/\"/></draw:frame>"
        ))
    }),
    ("link-script", |d, canary| {
        d.inside = wrap(&format!("<text:a xlink:href=\"javascript:{canary}\">押す</text:a>"))
    }),
    ("link-macro", |d, canary| {
        d.inside = wrap(&format!(
            "<text:a xlink:href=\"vnd.sun.star.script:{canary}?language=Basic&amp;location=document\">押す</text:a>"
        ))
    }),
    ("link-service", |d, canary| {
        d.inside = wrap(&format!("<text:a xlink:href=\"service:{canary}\">押す</text:a>"))
    }),
    ("link-command", |d, canary| {
        d.inside = wrap(&format!("<text:a xlink:href=\".uno:{canary}\">押す</text:a>"))
    }),
    ("link-file", |d, canary| {
        d.inside =
            wrap(&format!("<text:a xlink:href=\"file://{canary}.example/x.exe\">押す</text:a>"))
    }),
    ("link-event", |d, canary| {
        d.inside = wrap(&format!(
            "<text:a xlink:href=\"https://www.example.jp/\"><office:event-listeners><script:event-listener script:language=\"ooo:script\" script:event-name=\"dom:mouseover\" xlink:href=\"vnd.sun.star.script:{canary}\"/></office:event-listeners>押す</text:a>"
        ))
    }),
    ("section-outside", |d, canary| {
        d.inside = format!(
            "<text:section text:name=\"s\"><text:section-source xlink:href=\"http://{canary}.example/x.odt\"/><text:p>節</text:p></text:section>"
        )
    }),
    ("dde-connection", |d, canary| {
        d.before = format!(
            "<text:dde-connection-decls><text:dde-connection-decl office:name=\"c\" office:dde-application=\"cmd\" office:dde-topic=\"{canary}\" office:dde-item=\"x\" office:automatic-update=\"true\"/></text:dde-connection-decls>"
        )
    }),
    ("dde-table", |d, canary| {
        d.before = format!(
            "<table:dde-links><table:dde-link><office:dde-source office:dde-application=\"cmd\" office:dde-topic=\"{canary}\" office:dde-item=\"A1\" office:automatic-update=\"true\"/><table:table/></table:dde-link></table:dde-links>"
        )
    }),
    ("table-source", |d, canary| {
        d.before = format!(
            "<table:table table:name=\"外部\"><table:table-source xlink:href=\"http://{canary}.example/x.ods\" table:refresh-delay=\"PT1S\"/><table:table-column/><table:table-row><table:table-cell/></table:table-row></table:table>"
        )
    }),
    ("validation-macro", |d, canary| {
        d.before = format!(
            "<table:content-validations><table:content-validation table:name=\"v\"><table:error-macro table:execute=\"true\"/><office:event-listeners><script:event-listener script:language=\"ooo:script\" script:event-name=\"x\" xlink:href=\"vnd.sun.star.script:{canary}\"/></office:event-listeners></table:content-validation></table:content-validations>"
        )
    }),
    ("database-range", |d, canary| {
        d.before = format!(
            "<table:database-ranges><table:database-range table:target-range-address=\"申請.A1:申請.B2\"><table:database-source-sql table:database-name=\"{canary}\" table:sql-statement=\"SELECT 1\"/></table:database-range></table:database-ranges>"
        )
    }),
    ("form-submit", |d, canary| {
        d.before = format!(
            "<office:forms><form:form form:name=\"f\" xlink:href=\"http://{canary}.example/\" form:command=\"SELECT\" form:datasource=\"{canary}\"><form:button form:name=\"b\" form:button-type=\"submit\" form:label=\"送る\"/></form:form></office:forms>"
        )
    }),
    ("form-event", |d, canary| {
        d.before = format!(
            "<office:forms><form:form form:name=\"f\"><form:button form:name=\"b\" form:label=\"押す\"><office:event-listeners><script:event-listener script:language=\"ooo:script\" script:event-name=\"form:performaction\" xlink:href=\"vnd.sun.star.script:{canary}\"/></office:event-listeners></form:button></form:form></office:forms>"
        )
    }),
    ("xforms", |d, canary| {
        d.before = format!(
            "<office:forms><xforms:model><xforms:instance src=\"http://{canary}.example/\"/><xforms:submission action=\"http://{canary}.example/\" method=\"post\"/></xforms:model></office:forms>"
        )
    }),
    ("presentation-event", |d, canary| {
        d.inside = wrap(&format!(
            "<draw:custom-shape svg:width=\"2cm\" svg:height=\"2cm\"><office:event-listeners><presentation:event-listener script:event-name=\"dom:click\" presentation:action=\"execute\" xlink:href=\"file:///{canary}.exe\"/></office:event-listeners></draw:custom-shape>"
        ))
    }),
    ("animation-command", |d, canary| {
        d.inside = wrap(&format!(
            "<anim:par><anim:command anim:command=\"custom\"><anim:param anim:name=\"x\" anim:value=\"{canary}\"/></anim:command><anim:audio xlink:href=\"http://{canary}.example/x.wav\"/></anim:par>"
        ))
    }),
    ("text-script", |d, canary| {
        d.inside =
            wrap(&format!("<text:script script:language=\"JavaScript\">{canary}</text:script>"))
    }),
    ("text-macro", |d, canary| {
        d.inside =
            wrap(&format!("<text:execute-macro text:name=\"{canary}\">押す</text:execute-macro>"))
    }),
    ("background-outside", |d, canary| {
        d.styles = format!(
            "<style:style style:name=\"P9\" style:family=\"paragraph\"><style:paragraph-properties><style:background-image xlink:href=\"http://{canary}.example/x.png\"/></style:paragraph-properties></style:style>"
        )
    }),
    ("font-outside", |d, canary| {
        d.fonts = format!(
            "<style:font-face style:name=\"X\" svg:font-family=\"X\"><svg:font-face-src><svg:font-face-uri xlink:href=\"http://{canary}.example/x.ttf\"/></svg:font-face-src></style:font-face>"
        )
    }),
    ("template", |d, canary| {
        d.meta = format!(
            "<meta:template xlink:href=\"http://{canary}.example/x.ott\" xlink:type=\"simple\"/>"
        )
    }),
    ("reload", |d, canary| {
        d.meta = format!(
            "<meta:auto-reload xlink:href=\"http://{canary}.example/\" meta:delay=\"PT1S\"/>"
        )
    }),
    ("author", |d, canary| {
        d.meta = format!(
            "<meta:initial-creator>{canary}</meta:initial-creator><dc:creator>{canary}</dc:creator><meta:user-defined meta:name=\"x\">{canary}</meta:user-defined>"
        )
    }),
    ("printer", |d, canary| {
        d.settings = format!(
            "<config:config-item-set config:name=\"ooo:configuration-settings\"><config:config-item config:name=\"PrinterSetup\" config:type=\"base64Binary\">{canary}</config:config-item><config:config-item config:name=\"PrinterName\" config:type=\"string\">{canary}</config:config-item></config:config-item-set>"
        )
    }),
    ("configurations", |d, canary| {
        d.member("Configurations2/accelerator/current.xml", "", format!("{XML}<accel:acceleratorlist xmlns:accel=\"http://openoffice.org/2001/accel\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><accel:item accel:code=\"KEY_A\" xlink:href=\"{canary}\"/></accel:acceleratorlist>"))
    }),
    ("toolbar", |d, canary| {
        d.member("Configurations2/toolbar/x.xml", "", format!("{XML}<x>{canary}</x>"))
    }),
    ("signature", |d, canary| {
        d.member(
            "META-INF/documentsignatures.xml",
            "",
            format!("{XML}<document-signatures>{canary}</document-signatures>"),
        )
    }),
    ("macro-signature", |d, canary| {
        d.member(
            "META-INF/macrosignatures.xml",
            "",
            format!("{XML}<document-signatures>{canary}</document-signatures>"),
        )
    }),
    ("rdf", |d, canary| {
        d.member("manifest.rdf", "application/rdf+xml", format!("{XML}<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{canary}</rdf:RDF>"))
    }),
    ("thumbnail", |d, canary| {
        d.member(
            "Thumbnails/thumbnail.png",
            "image/png",
            picture::png_with(b"tEXt", format!("Comment\0{canary}").as_bytes(), b"IDAT"),
        )
    }),
    ("unknown-member", |d, canary| {
        d.member("extra/x.exe", "application/octet-stream", ole::program(canary))
    }),
    ("versions", |d, canary| {
        d.member("Versions/Version1", "application/vnd.oasis.opendocument.text", canary)
    }),
    ("embedded-font", |d, canary| d.member("Fonts/x.ttf", "application/x-font-ttf", canary)),
    ("doctype", |d, canary| d.before = format!("<!-- {canary} -->")),
    ("svg", |d, canary| {
        d.inside = wrap(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:image xlink:href=\"Pictures/x.svg\" xlink:type=\"simple\"/></draw:frame>",
        );
        d.member("Pictures/x.svg", "image/svg+xml", format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><script>{canary}</script><rect width=\"9\" height=\"9\"/></svg>"));
    }),
    ("picture-tail", |d, canary| {
        d.inside = wrap(
            "<draw:frame svg:width=\"2cm\" svg:height=\"2cm\"><draw:image xlink:href=\"Pictures/x.png\" xlink:type=\"simple\"/></draw:frame>",
        );
        d.member(
            "Pictures/x.png",
            "image/png",
            [picture::seal(), canary.as_bytes().to_vec()].concat(),
        );
    }),
    ("unknown-element", |d, canary| {
        d.inside = wrap(&format!("<z:x xmlns:z=\"urn:z\" z:y=\"{canary}\">札</z:x>"))
    }),
];

/// A place where paragraphs and frames may stand in each kind: a row's cell in
/// sheets is stood in for by a shape paragraph, which readers skip or show.
fn wrap(inside: &str) -> String {
    format!("<text:p>{inside}</text:p>")
}
