//! What can be found in a picture, by name. Knows no format's layout.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(pub(crate) const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code that this crate can report.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    EXIF = Private "image-exif",
        "撮影情報(EXIF: 機種・日時など)を取り除きました",
        "camera data (EXIF: model, dates and so on) was removed";
    GPS = Private "image-gps",
        "撮影場所(GPSの位置情報)を取り除きました",
        "the GPS position of the picture was removed";
    MAKER_NOTE = Hidden "image-maker-note",
        "カメラ独自のデータ(MakerNote)を取り除きました",
        "the camera maker's own data (MakerNote) was removed";
    THUMBNAIL = Hidden "image-thumbnail",
        "内部の縮小画像を取り除きました",
        "a small picture inside the picture was removed";
    XMP = Private "image-xmp",
        "編集情報(XMP)を取り除きました",
        "editing data (XMP) was removed";
    IPTC = Private "image-iptc",
        "説明・権利などの付帯情報(IPTC)を取り除きました",
        "captions and rights data (IPTC) were removed";
    COMMENT = Private "image-comment",
        "画像に書き込まれたコメントや文字情報を取り除きました",
        "comments or text fields in the picture were removed";
    ICC = Hidden "image-icc",
        "埋め込みの色プロファイルを取り除き、必要な数値だけを書き直しました",
        "the embedded colour profile was removed; only the numbers it needs were written anew";
    ICC_DROPPED = Lossy "image-icc-dropped",
        "作り直せない色プロファイルを取り除きました。色がわずかに変わることがあります",
        "a colour profile that cannot be rebuilt was removed; colours may differ slightly";
    APP_DATA = Hidden "image-app-data",
        "用途の分からない付加データを取り除きました",
        "added data of unknown use was removed";
    TRAILING = Hidden "image-trailing",
        "画像の終わりより後ろに付けられたデータを取り除きました",
        "data behind the end of the picture was removed";
    LEADING = Hidden "image-leading",
        "画像の外側に置かれたデータを取り除きました",
        "data outside of the picture was removed";
    ANIMATION = Lossy "image-animation",
        "動く画像の2枚目以降を取り除き、最初の1枚だけを残しました",
        "only the first frame of the animation was kept";
    EXTRA_PICTURE = Hidden "image-extra-picture",
        "表示されない別の画像を取り除きました",
        "another picture that is not shown was removed";
    SVG_SCRIPT = Active "image-svg-script",
        "SVG内のスクリプトを取り除きました",
        "a script in the SVG was removed";
    SVG_EVENT = Active "image-svg-event",
        "SVG内の動作指定(on〜)を取り除きました",
        "an event handler in the SVG was removed";
    SVG_FOREIGN = Active "image-svg-foreign",
        "SVGに埋め込まれたHTMLなどの別形式を取り除きました",
        "foreign content such as HTML in the SVG was removed";
    SVG_ANIMATION = Active "image-svg-animation",
        "SVG内の動き(アニメーション)を取り除きました",
        "an animation in the SVG was removed";
    SVG_EXTERNAL = Active "image-svg-external",
        "SVGから外部を参照する指定を取り除きました",
        "a reference from the SVG to something outside was removed";
    SVG_LINK = Active "image-svg-link",
        "SVG内のリンクを外しました(見た目はそのままです)",
        "a link in the SVG was removed; its content stays";
    SVG_STYLE = Hidden "image-svg-style",
        "SVGの書式指定のうち許可されていないものを取り除きました",
        "style rules in the SVG that are not allowed were removed";
    SVG_ENTITY = Active "image-svg-entity",
        "SVG内の文書型宣言・実体参照を取り除きました",
        "a document type or entity declaration in the SVG was removed";
    SVG_UNKNOWN = Hidden "image-svg-unknown",
        "SVG内の許可されていない要素や属性を取り除きました",
        "elements or attributes of the SVG that are not allowed were removed";
    SVG_METADATA = Private "image-svg-metadata",
        "SVG内の付帯情報(作成ソフト・作者など)を取り除きました",
        "metadata in the SVG (editor, author and so on) was removed";
    SVG_IMAGE = Hidden "image-svg-image",
        "SVGに埋め込まれた画像のうち作り直せないものを取り除きました",
        "a picture inside the SVG could not be rebuilt and was removed";
    METAFILE_ESCAPE = Active "image-metafile-escape",
        "メタファイルからプリンターや装置を直接操作する命令を取り除きました",
        "commands that drive a printer or device directly were removed from the metafile";
    METAFILE_COMMENT = Hidden "image-metafile-comment",
        "メタファイルの描画に使われない埋め込みデータを取り除きました",
        "embedded data that the metafile does not draw with was removed";
    METAFILE_PLUS = Hidden "image-metafile-plus",
        "メタファイルの拡張描画(EMF+)を取り除き、標準の描画を残しました",
        "the extended drawing (EMF+) of the metafile was removed; the standard drawing stays";
    METAFILE_UNKNOWN = Hidden "image-metafile-unknown",
        "メタファイル内の許可されていない命令を取り除きました",
        "commands of the metafile that are not allowed were removed";
    METAFILE_BROKEN = Hidden "image-metafile-broken",
        "メタファイル内の壊れた命令を取り除きました",
        "damaged commands of the metafile were removed";
}
