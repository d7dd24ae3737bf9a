//! The reasons that the service itself gives for stopping something, in both
//! languages. The sanitiser's own reasons come through the verdict.

/// A reason: a name for programs and a sentence for each language.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable name, lower case with hyphens.
    pub id: &'static str,
    /// In Japanese: what happened, and what to do next.
    pub ja: &'static str,
    /// In English.
    pub en: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub const $name: Code = Code { id: $id, ja: $ja, en: $en };)*
        /// Every reason that stands here.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    PARTIAL = "icap-partial",
        "ファイルの一部分だけの転送のため、中身を確かめられません。ダウンロードを取り消し、最初からやり直してください",
        "only a piece of the file was transferred, so it cannot be looked into; cancel the download and start it again from the beginning";
    PIECE = "icap-piece",
        "ファイルを分割して送る方式のため、中身を確かめられません。分割しない方法で送り直してください",
        "the file was sent in pieces, so it cannot be looked into; send it whole";
    CODING = "icap-coding",
        "対応していない圧縮方式(Content-Encoding)で送られてきたため、中身を確かめられません。情報システム担当へ連絡してください",
        "it came in a content coding that is not known here, so it cannot be looked into; tell your IT office";
    CODING_BROKEN = "icap-coding-broken",
        "圧縮が壊れているため、中身を確かめられません。もう一度試してください",
        "its content coding is broken, so it cannot be looked into; try again";
    TOO_LARGE = "icap-too-large",
        "ファイルが大きすぎるため処理しませんでした。分割したものを送ってもらうか、ファイル交換の画面を使ってください",
        "the file is larger than the limit; ask for it in parts or use the file exchange";
    RATIO = "icap-ratio",
        "展開後の大きさが上限を超えたため中止しました(圧縮爆弾の疑い)",
        "unpacking the content coding went over the limit and was stopped (it may be a bomb)";
    FORM = "icap-form",
        "送信フォームの形式が正しくないか紛らわしいため、中のファイルを確かめられません。別のブラウザーや方法で送り直してください",
        "the form is broken or can be read in two ways, so its files cannot be looked into; send it by other means";
    FORM_PARTS = "icap-form-parts",
        "送信フォームの項目が多すぎます。何回かに分けて送ってください",
        "the form has more parts than the limit; send it in several turns";
}
