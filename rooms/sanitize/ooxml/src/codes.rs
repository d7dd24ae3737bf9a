//! What this family can find and take out, each with its sentence in Japanese
//! and English. Decides nothing.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code that this crate can report.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    DOCTYPE = Refusal "ooxml-doctype",
        "XML に文書型宣言(DOCTYPE)があります。Office の文書にはあり得ないため処理しません",
        "an XML part declares a document type, which no Office file needs, so the file is refused";
    MACRO = Active "ooxml-macro", "マクロ(VBA)を取り除きました", "a macro project (VBA) was removed";
    MACRO_SHEET = Active "ooxml-macro-sheet",
        "マクロシートまたはダイアログシートを取り除きました", "a macro sheet or dialog sheet was removed";
    MACRO_NAME = Active "ooxml-macro-name",
        "自動実行またはマクロに結び付く名前の定義を取り除きました",
        "a defined name that runs by itself or belongs to a macro was removed";
    MACRO_CALL = Active "ooxml-macro-call",
        "図形やボタン、フォームからのマクロ呼び出しを取り除きました",
        "a call of a macro from a shape, button or form field was removed";
    ACTIVEX = Active "ooxml-activex", "ActiveX コントロールを取り除きました", "an ActiveX control was removed";
    OLE = Active "ooxml-ole",
        "埋め込みまたはリンクのオブジェクト(OLE)を取り除きました", "an embedded or linked object (OLE) was removed";
    EMBEDDED = Active "ooxml-embedded-file", "埋め込みファイルを取り除きました", "an embedded file was removed";
    FIELD = Active "ooxml-field",
        "外部を参照または動作しうるフィールドを取り除き、結果の文字だけを残しました",
        "a field that can act or call out was removed; its result stays as text";
    FIELD_DATA = Hidden "ooxml-field-data",
        "フィールドに付いた不可視のデータを取り除きました", "hidden data of a field was removed";
    FORMULA = Active "ooxml-formula",
        "外部参照または許可していない関数を含む数式を取り除き、計算結果を残しました",
        "a formula with an outside reference or a function not allowed was removed; its value stays";
    NAME = Active "ooxml-defined-name",
        "外部参照または許可していない関数を含む名前の定義を取り除きました",
        "a defined name with an outside reference or a function not allowed was removed";
    RULE = Active "ooxml-rule-formula",
        "入力規則・条件付き書式のうち、外部参照や許可していない関数を含むものを取り除きました",
        "a validation or formatting rule with an outside reference or a function not allowed was removed";
    ALT_CHUNK = Active "ooxml-alt-chunk",
        "読み込み時に取り込まれる別形式の文書(altChunk)を取り除きました",
        "a document of another format that is merged on opening (altChunk) was removed";
    SUB_DOCUMENT = Active "ooxml-sub-document",
        "サブ文書またはフレームの参照を取り除きました", "a reference to a sub-document or frame was removed";
    MAIL_MERGE = Active "ooxml-mail-merge", "差し込み印刷のデータ源を取り除きました", "a mail merge data source was removed";
    TEMPLATE = Active "ooxml-attached-template",
        "添付テンプレートの参照を取り除きました", "a reference to an attached template was removed";
    SCHEMA = Active "ooxml-attached-schema",
        "XML スキーマまたは変換(XSLT)の参照を取り除きました", "a reference to an XML schema or transform was removed";
    SETTING = Active "ooxml-setting",
        "開いたときに動作する設定を取り除きました", "a setting that acts on opening was removed";
    EXTERNAL = Active "ooxml-external-reference",
        "外部のファイルや場所への参照を取り除きました", "a reference to an outside file or place was removed";
    EXTERNAL_IMAGE = Active "ooxml-external-image",
        "外部から読み込まれる画像の参照を取り除きました", "a picture loaded from outside was removed";
    EXTERNAL_LINK = Active "ooxml-external-link",
        "他のブックへのリンク(DDE を含む)を取り除きました", "links to other workbooks (DDE among them) were removed";
    CONNECTION = Active "ooxml-connection",
        "データ接続またはクエリを取り除きました", "a data connection or query was removed";
    PIVOT = Active "ooxml-pivot-source",
        "外部データに基づくピボットを取り除き、セルの値を残しました",
        "a pivot over outside data was removed; the cell values stay";
    HYPERLINK = Active "ooxml-hyperlink-scheme",
        "許可していない種類のリンク先を取り除き、文字を残しました",
        "a link to a target of a kind not allowed was removed; its text stays";
    HYPERLINK_POLICY = Lossy "ooxml-hyperlink",
        "方針によりリンクを取り除き、文字を残しました", "a link was removed by policy; its text stays";
    ACTION = Active "ooxml-action",
        "クリックなどで動作する設定を取り除きました", "an action on a click or mouse-over was removed";
    MEDIA = Active "ooxml-media", "音声または動画を取り除きました", "audio or video was removed";
    TIMING = Lossy "ooxml-timing",
        "音声・動画・コマンドを伴うアニメーションを取り除きました", "animations with media or commands were removed";
    CUSTOM_UI = Active "ooxml-custom-ui",
        "リボンやツールバーの改変を取り除きました", "a change of the ribbon or toolbars was removed";
    ADD_IN = Active "ooxml-web-extension", "Office アドインの参照を取り除きました", "a reference to an Office add-in was removed";
    CUSTOM_XML = Hidden "ooxml-custom-xml",
        "カスタム XML データを取り除きました", "custom XML data was removed";
    DATA_MASHUP = Active "ooxml-data-mashup",
        "データ取得の手順(Power Query)を取り除きました", "a data query (Power Query) was removed";
    DATA_MODEL = Active "ooxml-data-model", "データモデルを取り除きました", "a data model was removed";
    DATA_BINDING = Hidden "ooxml-data-binding",
        "入力欄とデータの結び付けを取り除き、文字を残しました", "a binding of a content control was removed; its text stays";
    SLICER = Lossy "ooxml-slicer", "スライサーまたはタイムラインを取り除きました", "a slicer or timeline was removed";
    RICH_DATA = Active "ooxml-rich-data",
        "外部に問い合わせる種類のセルデータを取り除き、値を残しました",
        "cell data of a kind that calls out was removed; the value stays";
    FONT = Hidden "ooxml-font", "埋め込みフォントを取り除きました", "an embedded font was removed";
    PRINTER = Private "ooxml-printer-settings", "プリンターの設定を取り除きました", "printer settings were removed";
    THUMBNAIL = Hidden "ooxml-thumbnail", "縮小表示用の画像を取り除きました", "a thumbnail was removed";
    SIGNATURE = Lossy "ooxml-signature",
        "電子署名を取り除きました(作り直すと無効になるため)", "a digital signature, void after rebuilding, was removed";
    METADATA = Private "ooxml-metadata", "作成者などの文書情報を取り除きました", "document properties such as the author were removed";
    PROTECTION_HASH = Private "ooxml-protection-hash",
        "編集保護のパスワード情報を取り除きました(保護の設定は残ります)",
        "the password data of an edit protection was removed; the protection stays";
    COMMENT = Lossy "ooxml-comment", "コメントを取り除きました", "a comment was removed";
    CHANGES = Lossy "ooxml-tracked-change",
        "変更履歴を確定した文字に置き換えました", "tracked changes were turned into the accepted text";
    FORM = Lossy "ooxml-form-field",
        "入力欄を通常の文字に置き換えました", "a form field or content control was turned into plain text";
    GLOSSARY = Hidden "ooxml-glossary", "文書に隠れた定型文書を取り除きました", "a hidden glossary document was removed";
    INK = Lossy "ooxml-ink", "手書きインクのデータを取り除きました", "ink data was removed";
    MODEL = Lossy "ooxml-3d-model", "3D モデルを取り除き、画像を残しました", "a 3D model was removed; its picture stays";
    EFFECT = Hidden "ooxml-picture-effect",
        "画像効果の元データを取り除きました", "the source data of a picture effect was removed";
    SMART_TAG = Hidden "ooxml-smart-tag", "スマートタグを取り除き、文字を残しました", "a smart tag was removed; its text stays";
    REVISIONS = Hidden "ooxml-revision-log",
        "共有ブックの履歴または編集記録を取り除きました", "a revision log was removed";
    TAGS = Hidden "ooxml-tags", "プログラムが付けた不可視のタグを取り除きました", "hidden tags of a program were removed";
    SHAPE_DATA = Hidden "ooxml-shape-data",
        "図形に隠れたデータを取り除きました", "data hidden in a shape was removed";
    STYLE = Active "ooxml-style-address",
        "図形の書式に含まれる外部参照を取り除きました", "an address inside a shape's style was removed";
    LOCAL_PATH = Private "ooxml-local-path", "保存場所のパスを取り除きました", "the path where the file was kept was removed";
    PICTURE_REPLACED = Hidden "ooxml-picture-replaced",
        "安全に作り直せない画像を空の画像に置き換えました", "a picture that could not be rebuilt was replaced by an empty one";
    HIDDEN_TEXT = Hidden "ooxml-hidden-text",
        "要素の間に隠れた文字を取り除きました", "characters hidden between elements were removed";
    COMMENT_XML = Hidden "ooxml-xml-comment", "XML のコメントまたは処理命令を取り除きました", "an XML comment or instruction was removed";
    MARKUP = Hidden "ooxml-unknown-markup", "規格にない要素または属性を取り除きました", "an unknown element or attribute was removed";
    PART = Hidden "ooxml-unknown-part", "文書に使われない、または未知の部品を取り除きました", "an unused or unknown part was removed";
    DANGLING = Hidden "ooxml-dangling",
        "存在しない部品への参照を取り除きました", "a reference to a part that does not exist was removed";
    CONTAINER = Hidden "ooxml-container",
        "ZIP の構造の不整合または余分なデータを取り除きました", "an inconsistency or extra data of the ZIP was removed";
    DUPLICATE = Hidden "ooxml-duplicate-member",
        "同じ名前の部品が重複していたため、一つだけを使いました", "of parts with the same name only one was used";
    BROKEN_PART = Lossy "ooxml-broken-part",
        "壊れていて読み取れない部品を取り除きました", "a damaged part was removed";
}
