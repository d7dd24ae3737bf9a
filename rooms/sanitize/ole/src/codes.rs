//! What the family can report. Knows the wording, not how a thing is found.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code of the family.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    MACROS = Active "ole-macros",
        "マクロ(VBA)を取り除きました",
        "macros (VBA) were removed";
    MACRO_SHEET = Active "ole-macro-sheet",
        "Excel 4.0 マクロシートを通常のシートに変え、値だけを残しました",
        "an Excel 4.0 macro sheet was turned into a plain sheet that holds values only";
    MACRO_NAME = Active "ole-macro-name",
        "自動実行またはマクロの名前定義を無効にしました",
        "a defined name that runs by itself or names a macro was disabled";
    MACRO_ASSIGNED = Active "ole-macro-assigned",
        "図形やボタンに割り当てられたマクロを外しました",
        "a macro assigned to a shape or a button was detached";
    FORMULA = Active "ole-formula",
        "外部や実行につながる数式を、保存されていた値に置き換えました",
        "a formula that reaches outside or could run something was replaced by its stored value";
    EXTERNAL_LINK = Active "ole-external-link",
        "外部ブックへのリンク、DDE または OLE リンクを取り除きました",
        "a link to another workbook, a DDE or an OLE link was removed";
    DATA_SOURCE = Active "ole-data-source",
        "外部データの取り込み(クエリー、差し込み印刷)を取り除きました",
        "an external data source (query, mail merge) was removed";
    PIVOT = Lossy "ole-pivot",
        "ピボットテーブルの定義とキャッシュを取り除き、表示されている値を残しました",
        "pivot definitions and caches were removed; the values shown stay";
    HYPERLINK = Active "ole-hyperlink",
        "許可されていない、または方針で残さないリンクを取り除きました(文字は残ります)",
        "a link that is not allowed, or not kept by policy, was removed; its text stays";
    OBJECT = Active "ole-object",
        "埋め込みオブジェクトを取り除きました(絵は残ります)",
        "an embedded object was removed; its picture stays";
    CONTROL = Active "ole-control",
        "ActiveX コントロールを取り除きました",
        "an ActiveX control was removed";
    MEDIA = Active "ole-media",
        "音声または動画を取り除きました",
        "a sound or a video was removed";
    ACTION = Active "ole-action",
        "図形や文字の動作設定を取り除きました",
        "an action attached to a shape or to text was removed";
    FIELD = Active "ole-field",
        "実行や外部参照につながるフィールドを無効にしました(表示は残ります)",
        "a field that could run something or reach outside was disabled; its result stays";
    TEMPLATE = Active "ole-template",
        "添付テンプレートへの参照を取り除きました",
        "the reference to an attached template was removed";
    COMMANDS = Active "ole-commands",
        "メニュー、キー割り当てなどの画面設定を取り除きました",
        "customised menus, keys and toolbars were removed";
    IMAGE = Lossy "ole-image",
        "安全に作り直せない画像を空白の画像に置き換えました",
        "a picture that cannot be rebuilt safely was replaced by a blank one";
    LINKED_IMAGE = Active "ole-linked-image",
        "外部の画像への参照を取り除きました",
        "a reference to a picture outside the file was removed";
    SHAPE_DATA = Hidden "ole-shape-data",
        "図形に付いた表示されないデータを取り除きました",
        "data attached to a shape but not shown was removed";
    DRAWING = Lossy "ole-drawing",
        "作り直せない古い形式の図形を取り除きました",
        "a drawing in an old form that cannot be rebuilt was removed";
    RECORD = Hidden "ole-record",
        "用途の分からない内部データを取り除きました",
        "internal data of unknown use was removed";
    STREAM = Hidden "ole-stream",
        "文書の表示に使われない内部ファイルを取り除きました",
        "an inner file that the document does not need was removed";
    RESIDUE = Hidden "ole-residue",
        "編集の残りかすなど、参照されないデータを取り除きました",
        "leftovers that nothing refers to, such as earlier versions, were removed";
    THEME = Lossy "ole-theme",
        "埋め込まれたテーマや拡張書式を取り除きました",
        "an embedded theme or extended formatting was removed";
    EXTENSION = Lossy "ole-extension",
        "新しい版のための拡張情報を取り除きました",
        "extra information for newer versions was removed";
    PRINTER = Private "ole-printer",
        "プリンターの設定を取り除きました",
        "printer settings were removed";
    METADATA = Private "ole-metadata",
        "作成者などの文書情報を取り除きました",
        "the author and other properties were removed";
    VARIABLES = Hidden "ole-variables",
        "文書変数など、表示されないデータを取り除きました",
        "document variables and other data not shown were removed";
    FONTS = Lossy "ole-fonts",
        "埋め込みフォントを取り除きました",
        "embedded fonts were removed";
    COMMENTS = Lossy "ole-comments",
        "コメントを方針により消去しました",
        "comments were blanked by policy";
    CHANGES = Lossy "ole-changes",
        "変更履歴を方針により確定しました(削除された文字は消去しました)",
        "tracked changes were accepted by policy; deleted text was blanked";
    ENCRYPTION = Lossy "ole-encryption",
        "パスワードによる暗号化を外しました",
        "the password encryption was taken off";
}
