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
}
