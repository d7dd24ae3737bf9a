//! What is taken out of a body when it becomes text. Sentences only; what the
//! reading of parts leaves out is named by the sanitiser's codes.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub(crate) const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Everything that making text of a body can report.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    SCRIPT = Active "body-script",
        "本文のスクリプトを取り除きました",
        "a script in the body was removed";
    HANDLER = Active "body-handler",
        "本文の操作で動くプログラム(on…属性)を取り除きました",
        "a program that runs on a click or on opening was removed";
    FORM = Active "body-form",
        "本文の入力欄(フォーム)を取り除きました",
        "a form in the body was removed";
    FRAME = Active "body-frame",
        "本文に埋め込まれた別のページや部品を取り除きました",
        "another page or an object inside the body was removed";
    REFRESH = Active "body-refresh",
        "開くと別のページへ移る指定を取り除きました",
        "an instruction that leads to another page was removed";
    BEACON = Active "body-beacon",
        "開封を知らせる見えない画像(ビーコン)を取り除きました",
        "an unseen picture that tells about the opening was removed";
    REMOTE_IMAGE = Active "body-remote-image",
        "外部から読み込む画像を取り除きました",
        "a picture that is fetched from elsewhere was removed";
    REMOTE_STYLE = Active "body-remote-style",
        "外部から読み込む書式を取り除きました",
        "a style that is fetched from elsewhere was removed";
    HIDDEN_TEXT = Hidden "body-hidden-text",
        "画面に見えない文字を取り除きました",
        "text that nobody would see was removed";
    UNSEEN = Hidden "body-unseen-characters",
        "幅のない文字など、見えない文字を取り除きました",
        "characters without width were removed";
    DIRECTION = Hidden "body-direction",
        "文字の並び順を変える制御文字を取り除きました",
        "characters that turn the reading order were removed";
    CONTROL = Hidden "body-control",
        "端末の動作を変える制御文字を取り除きました",
        "control characters were removed";
    PRIVATE_USE = Lossy "body-private-use",
        "外字や携帯電話の絵文字など、表示できない文字を〓にしました",
        "characters that only some machines know are shown as 〓";
    CUT = Lossy "body-cut",
        "本文が長すぎるため、途中までを示しました",
        "the body is too long and was cut";
    PICTURE_SKIPPED = Lossy "picture-not-looked-at",
        "大きすぎる、または多すぎる画像のQRコードは調べていません",
        "QR codes in very large or very many pictures were not looked for";
    PAGE_BROKEN = Lossy "body-page-unreadable",
        "HTML本文が複雑すぎるため、書式を除いた文字だけを示しました",
        "the page is too deeply nested; only its bare text is shown";
}
