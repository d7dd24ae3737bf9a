//! The rules by name, each with a sentence in both languages that says what is
//! wrong with a file that breaks it. Decides nothing.

macro_rules! rules {
    ($($name:ident = $id:literal, $acts:literal, $ja:literal, $en:literal;)*) => {
        $(pub(crate) const $name: &str = $id;)*
        /// Every rule: its stable name, what a breach means in Japanese and in
        /// English.
        pub const RULES: &[(&str, &str, &str)] = &[$(($id, $ja, $en)),*];
        const ACTING: &[(&str, bool)] = &[$(($id, $acts)),*];
    };
}

/// Says whether a breach of this rule means that something could run, call out
/// or load, rather than that something is hidden, private or oddly formed.
#[must_use]
pub fn could_act(rule: &str) -> bool {
    ACTING.iter().any(|&(id, acts)| id == rule && acts)
}

rules! {
    UNREADABLE = "unreadable", false, "検査器で読み取れない形式です", "the checker cannot read the file";
    TOO_MUCH = "too-much", false, "検査の上限を超えています", "the file goes beyond the checker's limits";
    POLICY = "policy", false, "方針で除去すべき内容が残っています", "content that policy removes is still there";
    REFUSED_TYPE = "refused-type", true, "受け入れない種類のファイルが含まれています", "a file of a refused type is inside";
    REFUSED_NAME = "refused-name", true, "名前だけで実行されうるファイルが含まれています", "a file that a system runs by its name is inside";
    TYPE_MISMATCH = "type-mismatch", false, "宣言された種類と実際の種類が異なります", "a part is not of the type that it claims";
    URL = "url", true, "危険な種類のリンク先が残っています", "an address of a dangerous kind is left";
    HYPERLINK = "hyperlink", false, "方針で除去すべきリンクが残っています", "a link that policy removes is left";
    METADATA = "metadata", false, "属性情報が残っています", "document properties are left";
    SCRIPT = "script", true, "スクリプトが残っています", "a script is left";
    MACRO = "macro", true, "マクロが残っています", "a macro is left";
    CONTROL = "control", true, "ActiveXなどのコントロールが残っています", "a control such as ActiveX is left";
    CUSTOM_UI = "custom-ui", true, "画面の部品を変える定義が残っています", "a definition that changes the user interface is left";
    WEB_EXTENSION = "web-extension", true, "Webアドインが残っています", "a web add-in is left";
    DATA_SOURCE = "data-source", true, "外部データへの接続が残っています", "a connection to outside data is left";
    ALT_CHUNK = "alt-chunk", true, "別文書の取り込み指定が残っています", "an import of another document is left";
    CUSTOM_XML = "custom-xml", false, "独自XMLデータが残っています", "custom XML data is left";
    MEDIA = "media", true, "音声・動画・3Dなどが残っています", "sound, video, 3D or the like is left";
    ACTION = "action", true, "クリックなどで起動する動作が残っています", "an action on a click or the like is left";
    FIELD = "field", true, "許可されていないフィールドが残っています", "a field that is not allowed is left";
    FORMULA = "formula", true, "外部に働きかける関数が残っています", "a function that calls out or runs something is left";
    FORMULA_DDE = "formula-dde", true, "DDEの数式が残っています", "a DDE formula is left";
    FORMULA_EXTERNAL = "formula-external", true, "別のファイルを参照する数式が残っています", "a formula that refers to another file is left";
    XML_DOCTYPE = "xml-doctype", true, "XMLの文書型宣言が残っています", "an XML document type is left";
    XML_INSTRUCTION = "xml-instruction", false, "XMLの処理命令が残っています", "an XML processing instruction is left";
    XML_COMMENT = "xml-comment", false, "XMLのコメントが残っています", "an XML comment is left";
    XML_CDATA = "xml-cdata", false, "XMLのCDATA節が残っています", "an XML CDATA section is left";
    XML_NAMESPACE = "xml-namespace", false, "知られていないXML名前空間が使われています", "an unknown XML namespace is used";
    XML_ENCODING = "xml-encoding", false, "XMLの文字コードがUTF-8ではありません", "XML that is not UTF-8";
    XML_BASE = "xml-base", true, "XMLの参照先を変える属性が残っています", "an attribute that moves XML references is left";
    ZIP_LAYOUT = "zip-layout", false, "ZIPの構造が単純な形ではありません", "the ZIP is not laid out plainly";
    ZIP_NAME = "zip-name", true, "ZIP内の名前が安全ではありません", "a name in the ZIP is not safe";
    ZIP_DUPLICATE = "zip-duplicate", false, "ZIP内に同じ名前が重複しています", "two members of the ZIP have one name";
    ZIP_LOCKED = "zip-locked", false, "暗号化されていて検査できません", "a locked member cannot be checked";
    OPC_TYPE = "opc-content-type", false, "許可されていない種類の部品があります", "a part of a content type that is not allowed";
    OPC_RELATION = "opc-relationship", false, "関係の定義が正しくありません", "a relationship is malformed";
    OPC_RELATION_TYPE = "opc-relationship-type", false, "許可されていない種類の関係があります", "a relationship of a type that is not allowed";
    OPC_EXTERNAL = "opc-external", true, "外部を参照する関係が残っています", "a reference to something outside is left";
    OPC_DANGLING = "opc-dangling", false, "存在しない部品への関係があります", "a relationship leads to a part that is not there";
    OPC_ORPHAN = "opc-orphan", false, "どこからも参照されない部品があります", "a part that nothing leads to";
    OPC_EMBEDDED = "opc-embedded", true, "埋め込みオブジェクトが残っています", "an embedded object is left";
    OPC_FONT = "opc-font", false, "埋め込みフォントが残っています", "an embedded font is left";
    OPC_HIDDEN = "opc-hidden", false, "印刷設定や署名などの隠れた部品が残っています", "printer settings, a signature or another hidden part is left";
    ODF_SCRIPT = "odf-script", true, "ODFのスクリプトやイベントが残っています", "an ODF script or event is left";
    ODF_EXTERNAL = "odf-external", true, "ODFの外部参照が残っています", "an ODF reference to something outside is left";
    ODF_OBJECT = "odf-object", true, "ODFの埋め込みオブジェクトが残っています", "an ODF object is left";
    ODF_FORM = "odf-form", true, "ODFのフォームが残っています", "an ODF form is left";
    ODF_MANIFEST = "odf-manifest", false, "ODFの目録と中身が一致しません", "the ODF manifest does not fit the parts";
    ODF_PART = "odf-part", false, "許可されていないODFの部品があります", "an ODF part that is not allowed";
    PDF_STRUCTURE = "pdf-structure", false, "PDFの構造が単純な形ではありません", "the PDF is not laid out plainly";
    PDF_REVISIONS = "pdf-revisions", false, "PDFに以前の版が残っています", "the PDF holds earlier revisions";
    PDF_UNREACHABLE = "pdf-unreachable", false, "どこからも使われないPDFオブジェクトがあります", "a PDF object that nothing uses";
    PDF_KEY = "pdf-key", false, "許可されていないPDFの項目があります", "a PDF entry that is not allowed";
    PDF_STREAM = "pdf-stream", false, "PDFのデータが正しくありません", "PDF data is malformed";
    PDF_CONTENT = "pdf-content", false, "PDFの描画内容に不明な命令があります", "an unknown operator in PDF page content";
    PDF_JAVASCRIPT = "pdf-javascript", true, "PDFにJavaScriptが残っています", "JavaScript is left in the PDF";
    PDF_TRIGGER = "pdf-trigger", true, "PDFに自動で起動する動作が残っています", "an action that starts by itself is left in the PDF";
    PDF_ACTION = "pdf-action", true, "PDFに許可されていない動作が残っています", "an action that is not allowed is left in the PDF";
    PDF_FORM = "pdf-form", true, "PDFにフォームが残っています", "a form is left in the PDF";
    PDF_ANNOTATION = "pdf-annotation", false, "PDFに許可されていない注釈が残っています", "an annotation that is not allowed is left in the PDF";
    PDF_EMBEDDED = "pdf-embedded", true, "PDFに埋め込みファイルが残っています", "an embedded file is left in the PDF";
    PDF_EXTERNAL = "pdf-external", true, "PDFに外部ファイルへの参照が残っています", "a reference to an outside file is left in the PDF";
    PDF_POSTSCRIPT = "pdf-postscript", true, "PDFにPostScriptが残っています", "PostScript is left in the PDF";
    PDF_HIDDEN = "pdf-hidden", false, "PDFに隠れたデータが残っています", "hidden data is left in the PDF";
    PDF_FILTER = "pdf-filter", true, "PDFに危険な圧縮形式のデータが残っています", "data in a dangerous packing is left in the PDF";
    PDF_FONT = "pdf-font", true, "PDFのフォントの値が正しくありません", "a value in a PDF font is malformed";
    IMAGE_STRUCTURE = "image-structure", false, "画像の構造に許可されていないものがあります", "a picture holds a structure that is not allowed";
    IMAGE_METADATA = "image-metadata", false, "画像に付加情報が残っています", "metadata is left in a picture";
    IMAGE_TRAILING = "image-trailing", false, "画像の後ろや隙間にデータがあります", "data stands behind or between a picture's parts";
    METAFILE = "metafile-record", true, "メタファイルに許可されていない命令があります", "a metafile holds a record that is not allowed";
    SVG_ELEMENT = "svg-element", false, "SVGに許可されていない要素があります", "an SVG element or attribute that is not allowed";
    HTML_ELEMENT = "html-element", false, "HTMLに許可されていない要素があります", "an HTML element or attribute that is not allowed";
    RTF_WORD = "rtf-word", false, "RTFに許可されていない制御語があります", "an RTF control word that is not allowed";
    RTF_OBJECT = "rtf-object", true, "RTFにオブジェクトが残っています", "an RTF object is left";
    TEXT_CELL = "text-cell", true, "表計算ソフトが数式として扱うセルがあります", "a cell that a spreadsheet would calculate";
    TEXT_CONTROL = "text-control", false, "表示を偽る制御文字が残っています", "control characters that falsify what is shown";
    MAIL_HEADER = "mail-header", false, "メールのヘッダーが正しくありません", "a mail header that is not allowed";
    MAIL_STRUCTURE = "mail-structure", false, "メールの部品の区切りが正しくありません", "the parts of a mail are not divided plainly";
    MAIL_PART = "mail-part", true, "メールに許可されていない部品があります", "a mail part that is not allowed";
    OLE_STREAM = "ole-stream", true, "OLEに許可されていないデータが残っています", "an OLE stream that is not allowed is left";
    OLE_LAYOUT = "ole-layout", false, "OLEの隙間や構造に問題があります", "slack or odd structure in an OLE file";
    XLS_RECORD = "xls-record", true, "Excelの許可されていないレコードがあります", "an Excel record that is not allowed";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut ids: Vec<&str> = RULES.iter().map(|(id, ..)| *id).collect();
        ids.sort_unstable();
        let before = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), before);
    }
}
