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
    MACRO = Active "odf-macro",
        "マクロ(Basicなどのプログラム)を取り除きました",
        "macros and scripts were removed";
    EVENT = Active "odf-event",
        "操作時に動作する設定(イベント)を取り除きました",
        "actions bound to events were removed";
    OBJECT = Active "odf-object",
        "埋め込みオブジェクトを取り除き、表示用の画像だけを残しました",
        "an embedded object was removed; the picture that stood for it stays";
    PLUGIN = Active "odf-plugin",
        "動画・音声・プラグイン・アプレット・埋め込みフレームを取り除きました",
        "media, plug-ins, applets and floating frames were removed";
    LINK = Active "odf-link",
        "リンクを取り除きました(文字は残しています)",
        "a link was removed; its text stays";
    EXTERNAL = Active "odf-external",
        "文書の外を参照する設定を取り除きました",
        "a reference to something outside the document was removed";
    DDE = Active "odf-dde",
        "他のプログラムと通信する設定(DDE)を取り除きました",
        "DDE links were removed; the values stay";
    QUERY = Active "odf-query",
        "データベースなど外部データの取得設定を取り除きました",
        "queries of outside data were removed; the values stay";
    FORMULA = Active "odf-formula",
        "外部を参照しうる数式を取り除き、計算済みの値を残しました",
        "a formula that could reach outside was removed; its value stays";
    CONDITION = Active "odf-condition",
        "外部を参照しうる条件式を取り除きました",
        "a condition that could reach outside was removed";
    FORM_ACTION = Active "odf-form-action",
        "フォームの送信先やデータ接続の設定を取り除きました",
        "submit targets and data sources of forms were removed";
    FORM = Lossy "odf-form",
        "フォームの部品を取り除きました",
        "form controls were removed";
    PICTURE = Lossy "odf-picture",
        "安全に作り直せない画像を空の画像に置き換えました",
        "a picture that could not be rebuilt safely was replaced by an empty one";
    PREVIEW = Hidden "odf-preview",
        "縮小版や表示用の控え画像を取り除きました",
        "thumbnails and previews were removed";
    FONT = Lossy "odf-font",
        "埋め込みフォントを取り除きました",
        "embedded fonts were removed";
    COMMENT = Lossy "odf-comment",
        "コメントを取り除きました",
        "comments were removed";
    CHANGES = Hidden "odf-changes",
        "変更履歴を取り除き、確定後の状態にしました",
        "tracked changes were removed; the accepted text stays";
    METADATA = Private "odf-metadata",
        "作成者や日時などの文書情報を取り除きました",
        "author, dates and other document properties were removed";
    PRINTER = Private "odf-printer",
        "プリンターの設定を取り除きました",
        "printer settings were removed";
    SETTING = Lossy "odf-setting",
        "未知の設定を取り除きました",
        "settings of unknown meaning were removed";
    CUSTOMISATION = Active "odf-customisation",
        "メニューやキー割り当ての変更を取り除きました",
        "changed menus and key bindings were removed";
    RDF = Hidden "odf-rdf",
        "付加情報(RDF)を取り除きました",
        "RDF data were removed";
    SIGNATURE = Lossy "odf-signature",
        "電子署名を取り除きました(作り直した文書では無効になるため)",
        "digital signatures were removed; they cannot survive a rebuild";
    PART = Hidden "odf-part",
        "文書から使われていない部品または未知の部品を取り除きました",
        "a part of unknown kind or without use was removed";
    ELEMENT = Hidden "odf-element",
        "未知の要素を取り除きました",
        "elements of unknown meaning were removed";
    ATTRIBUTE = Hidden "odf-attribute",
        "未知の属性を取り除きました",
        "attributes of unknown meaning were removed";
    ENTITY = Hidden "odf-xml",
        "XMLの注釈・宣言・実体定義を取り除きました",
        "XML comments, declarations and entities were removed";
    ENCRYPTION = Lossy "odf-encryption",
        "パスワードによる暗号化を解除しました",
        "the password protection was lifted";
}
