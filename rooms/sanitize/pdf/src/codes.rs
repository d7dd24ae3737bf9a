//! What the PDF family can report, with its sentences.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code of this family.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    JAVASCRIPT = Active "pdf-javascript", "JavaScriptを除去しました", "JavaScript was removed";
    LAUNCH = Active "pdf-launch", "プログラムやファイルを起動する動作を除去しました", "an action that starts a program or opens a file was removed";
    GOTO_REMOTE = Active "pdf-goto-remote", "別のファイルへ移動する動作を除去しました", "an action that opens another file was removed";
    GOTO_EMBEDDED = Active "pdf-goto-embedded", "埋め込みファイルを開く動作を除去しました", "an action that opens an embedded file was removed";
    URI = Active "pdf-uri", "許可されていない種類のリンク先を除去しました", "a link to a scheme that is not allowed was removed";
    URI_AUTO = Active "pdf-uri-auto", "自動的に外部へ接続する動作を除去しました", "an action that would call out by itself was removed";
    LINK = Lossy "pdf-link", "方針によりリンクを除去しました", "a link was removed by policy";
    LINK_BROKEN = Lossy "pdf-link-broken", "行き先のないリンクを除去しました", "a link that leads nowhere was removed";
    SUBMIT = Active "pdf-submit-form", "フォームの内容を送信する動作を除去しました", "an action that sends form data was removed";
    IMPORT = Active "pdf-import-data", "外部データを取り込む動作を除去しました", "an action that imports data was removed";
    MEDIA = Active "pdf-media", "音声・動画・レンディションを除去しました", "sound, movie or rendition was removed";
    RICH_MEDIA = Active "pdf-rich-media", "リッチメディアや3D要素を除去しました", "rich media or 3D content was removed";
    ACTION = Active "pdf-action", "その他の動作を除去しました", "another kind of action was removed";
    OPEN_ACTION = Active "pdf-open-action", "開いたときに自動実行される動作を除去しました", "an action that runs when the file is opened was removed";
    TRIGGER = Active "pdf-trigger", "操作に反応して実行される動作(AA)を除去しました", "actions that run on events were removed";
    FILE_EMBEDDED = Active "pdf-embedded-file", "埋め込みファイルを除去しました", "an embedded file was removed";
    PORTFOLIO = Active "pdf-portfolio", "PDFポートフォリオの構成を除去しました", "a portfolio's structure was removed";
    FILE_EXTERNAL = Active "pdf-external-stream", "外部ファイルを参照するデータを除去しました", "data that stands in an outside file was removed";
    REFERENCE_FORM = Active "pdf-reference-xobject", "別のPDFへの参照を除去しました", "a reference to another PDF was removed";
    POSTSCRIPT = Active "pdf-postscript", "PostScriptの断片を除去しました", "a PostScript fragment was removed";
    XFA = Active "pdf-xfa", "XFAフォームを除去しました", "an XFA form was removed";
    FORM = Lossy "pdf-form", "フォームの入力欄を通常の表示に変えました", "form fields were turned into plain content";
    FORM_DRAWN = Lossy "pdf-form-drawn", "外観のない入力欄の値を文字として描きました", "a field's value without appearance was drawn as text";
    SIGNATURE = Lossy "pdf-signature", "電子署名を除去し、見た目だけを残しました", "a signature was removed; only its look stays";
    ANNOTATION_FLATTENED = Lossy "pdf-annotation-flattened", "注釈を通常の表示に変えました", "an annotation was turned into plain content";
    ANNOTATION_REMOVED = Lossy "pdf-annotation-removed", "注釈を除去しました", "an annotation was removed";
    ANNOTATION_HIDDEN = Hidden "pdf-annotation-hidden", "表示されない注釈を除去しました", "a hidden annotation was removed";
    LAYER_HIDDEN = Hidden "pdf-layer-hidden", "非表示のレイヤーの内容を除去しました", "the content of a hidden layer was removed";
    LAYERS = Lossy "pdf-layers", "レイヤーの切り替えを除去しました", "switchable layers were made plain content";
    METADATA = Private "pdf-metadata", "文書の属性情報(題名、作成者、日時など)を除去しました", "document properties (title, author, dates) were removed";
    PRIVATE_DATA = Hidden "pdf-private-data", "アプリケーション固有のデータを除去しました", "private application data was removed";
    STRUCTURE = Lossy "pdf-structure", "構造タグを除去しました", "structure tags were removed";
    PAGE_LABELS = Lossy "pdf-page-labels", "ページ番号の表記指定を除去しました", "page labels were removed";
    THREADS = Lossy "pdf-threads", "記事スレッドを除去しました", "article threads were removed";
    OUTLINE = Lossy "pdf-outline", "しおりの項目を除去しました", "bookmarks were removed";
    CATALOG_KEY = Hidden "pdf-catalog-key", "不明な文書項目を除去しました", "an unknown entry of the document was removed";
    PAGE_KEY = Hidden "pdf-page-key", "不明なページ項目を除去しました", "an unknown entry of a page was removed";
    THUMBNAIL = Hidden "pdf-thumbnail", "ページの縮小画像を除去しました", "a page's thumbnail was removed";
    TRANSITION = Lossy "pdf-transition", "ページの切り替え効果を除去しました", "a page transition was removed";
    ALTERNATE = Hidden "pdf-alternate-image", "代替画像を除去しました", "an alternate image was removed";
    WEB_CAPTURE = Private "pdf-web-capture", "Web取り込み情報を除去しました", "web capture data was removed";
    SECURITY_STORE = Lossy "pdf-security-store", "署名検証用データを除去しました", "data for checking signatures was removed";
    ENCRYPTION = Lossy "pdf-encryption", "暗号化と権限の設定を解除しました", "encryption and permissions were removed";
    REVISIONS = Hidden "pdf-revisions", "以前の版の内容を除去しました", "content of earlier revisions was removed";
    OUTSIDE_DATA = Hidden "pdf-outside-data", "PDFの前後に付いた余分なデータを除去しました", "data before or after the document was removed";
    FONT_BROKEN = Lossy "pdf-font-broken", "検証できない埋め込みフォントを除去しました", "an embedded font that could not be checked was removed";
    FONT_REMOVED = Lossy "pdf-font-removed", "方針により埋め込みフォントを除去しました", "an embedded font was removed by policy";
    FONT_MATRIX = Active "pdf-font-matrix", "フォントの不正な行列値を除去しました", "a font matrix that is not made of numbers was removed";
    IMAGE_BROKEN = Lossy "pdf-image-broken", "壊れた画像を空白に置き換えました", "a damaged image was replaced by a blank one";
    CONTENT_BROKEN = Lossy "pdf-content-broken", "読み取れない描画内容を除去しました", "page content that could not be read was removed";
    MESH_TOO_LARGE = Lossy "pdf-mesh-too-large", "描くには大きすぎるグラデーション(メッシュ)を除去しました", "a mesh gradient too large to draw was removed";
    PATTERN_TOO_LARGE = Lossy "pdf-pattern-too-large", "描くには負担が大きすぎる模様(パターン)を除去しました", "a pattern too costly to draw was removed";
    CONTENT_UNKNOWN = Hidden "pdf-content-unknown", "規格にない描画命令を除去しました", "operators that no specification knows were removed";
    CONTENT_DATA = Hidden "pdf-content-data", "描画内容に添えられた独自のデータを除去しました", "private data inside page content was removed";
    IMAGE_TAIL = Hidden "pdf-image-tail", "画像の後ろに付いた余分なデータを除去しました", "data behind the samples of an image was removed";
    OPI = Active "pdf-opi", "外部の画像に差し替える指定(OPI)を除去しました", "a pointer to an outside picture (OPI) was removed";
    PROFILE = Lossy "pdf-profile", "カラープロファイルを標準の色空間に置き換えました", "a colour profile was replaced by a standard colour space";
    REQUIREMENTS = Active "pdf-requirements", "閲覧ソフトに機能を求める指定を除去しました", "demands on the viewer were removed";
    RESOURCE_KEY = Hidden "pdf-resource-key", "不明なリソース項目を除去しました", "an unknown entry of the resources was removed";
    TRAILER_KEY = Hidden "pdf-trailer-key", "不明なトレーラー項目を除去しました", "an unknown entry of the trailer was removed";
    UNREACHABLE = Hidden "pdf-unreachable", "文書のどこからも使われない動作や埋め込みファイルを除去しました", "actions or embedded files that nothing in the document uses were removed";
    PAGES_FOUND = Lossy "pdf-pages-found", "壊れたページ一覧を作り直しました", "a broken list of pages was made anew";
    RESOURCE_LOOP = Active "pdf-resource-loop", "自分自身を参照する要素を除去しました", "an element that contains itself was removed";
}
