//! What this family can report, in both languages.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub(crate) const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code that this family can report.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    CONTROL = Active "text-control",
        "端末を操作しうる制御文字を取り除きました",
        "control characters that could drive a terminal were removed";
    BIDI = Hidden "text-bidi",
        "文字の並び順を偽装できる制御文字を取り除きました",
        "characters that can disguise the order of text were removed";
    TAG = Hidden "text-tag",
        "目に見えないタグ文字を取り除きました",
        "invisible tag characters were removed";
    UNDECODABLE = Lossy "text-undecodable",
        "文字として読めないバイトを置き換えました",
        "bytes that stand for no character were replaced";
    BINARY = Refusal "text-binary",
        "テキストとされていますが、文字ではないデータのため渡せません",
        "the file is called text but holds binary data, so it is not delivered";
    FORMULA = Active "csv-formula",
        "表計算ソフトが数式として実行しうるセルを文字列にしました",
        "a cell that a spreadsheet would calculate was made plain text";
    FORMULA_REMOVED = Active "csv-formula-removed",
        "表計算ソフトが数式として実行しうるセルを空にしました",
        "a cell that a spreadsheet would calculate was emptied";
    SEPARATOR = Active "csv-separator-line",
        "区切り文字を変える先頭行(sep=)を取り除きました",
        "a first line that changes the separator (sep=) was removed";
    HTML_SCRIPT = Active "html-script",
        "スクリプトを取り除きました",
        "scripts were removed";
    HTML_EVENT = Active "html-event",
        "操作時に動作するスクリプト(イベント属性)を取り除きました",
        "event handlers were removed";
    HTML_FRAME = Active "html-frame",
        "埋め込みフレームを取り除きました",
        "frames were removed";
    HTML_MEDIA = Active "html-media",
        "動画・音声・プラグインを取り除きました",
        "media and plug-ins were removed";
    HTML_EXTERNAL = Active "html-external",
        "外部から読み込む指定(画像・スタイルなど)を取り除きました",
        "references to outside files (pictures, styles and so on) were removed";
    HTML_REFRESH = Active "html-refresh",
        "別のページへ自動的に移る指定を取り除きました",
        "an automatic move to another page was removed";
    HTML_FOREIGN = Active "html-foreign",
        "SVG・MathML・テンプレートを取り除きました",
        "SVG, MathML and templates were removed";
    HTML_FORM = Active "html-form",
        "フォームの送信機能を取り除きました",
        "form targets and submit buttons were disarmed";
    HTML_LINK = Active "html-link",
        "リンクを取り除きました(文字は残しています)",
        "a link was removed; its text stays";
    HTML_CSS_ACTIVE = Active "html-css-active",
        "外部読み込みや動作をしうるスタイル指定を取り除きました",
        "styles that could fetch or run something were removed";
    HTML_CSS = Lossy "html-css",
        "未知のスタイル指定を取り除きました",
        "unknown styles were removed";
    HTML_HIDDEN = Hidden "html-hidden",
        "文字を隠す指定を取り除き、見えるようにしました",
        "hiding was switched off, so that all text shows";
    HTML_PICTURE = Lossy "html-picture",
        "安全に作り直せない画像を取り除きました",
        "a picture that could not be rebuilt safely was removed";
    HTML_COMMENT = Hidden "html-comment",
        "HTMLの注釈(コメント)を取り除きました",
        "comments were removed";
    HTML_META = Hidden "html-meta",
        "ページの付加情報(meta)を取り除きました",
        "meta data of the page were removed";
    HTML_ELEMENT = Lossy "html-element",
        "未知の要素を取り除きました(文字は残しています)",
        "unknown elements were removed; their text stays";
    HTML_ATTRIBUTE = Lossy "html-attribute",
        "未知の属性を取り除きました",
        "unknown attributes were removed";
    RTF_OBJECT = Active "rtf-object",
        "埋め込みオブジェクト(OLE)を取り除きました(表示内容は残しています)",
        "embedded objects (OLE) were removed; what they showed stays";
    RTF_EXTERNAL = Active "rtf-external",
        "外部のテンプレートやファイルへの参照を取り除きました",
        "references to outside templates and files were removed";
    RTF_MERGE = Active "rtf-merge",
        "差し込み印刷のデータ接続を取り除きました",
        "mail merge sources were removed";
    RTF_FIELD = Active "rtf-field",
        "外部を参照しうるフィールドを取り除き、表示内容を残しました",
        "fields that could reach outside were removed; what they showed stays";
    RTF_LINK = Active "rtf-link",
        "リンクを取り除きました(文字は残しています)",
        "a link was removed; its text stays";
    RTF_FORM = Active "rtf-form",
        "フォームの設定(マクロ指定など)を取り除きました",
        "settings of form fields, macros among them, were removed";
    RTF_DATA = Hidden "rtf-data",
        "表示に関わらないデータを取り除きました",
        "data that do not show on the page were removed";
    RTF_UNKNOWN = Hidden "rtf-unknown",
        "未知の部分を取り除きました",
        "parts of unknown kind were removed";
    RTF_WORD = Lossy "rtf-word",
        "未知の書式指定を取り除きました",
        "unknown control words were removed";
    RTF_TRAILING = Hidden "rtf-trailing",
        "文書の終わりより後ろのデータを取り除きました",
        "data behind the end of the document were removed";
    RTF_FONT = Lossy "rtf-font",
        "埋め込みフォントを取り除きました",
        "embedded fonts were removed";
    RTF_METADATA = Private "rtf-metadata",
        "作成者や日時などの文書情報を取り除きました",
        "author, dates and other document properties were removed";
    RTF_PICTURE = Lossy "rtf-picture",
        "安全に作り直せない画像を取り除きました",
        "a picture that could not be rebuilt safely was removed";
}
