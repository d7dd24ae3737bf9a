//! What this family can report. Sentences only; no decisions.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub(crate) const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code of the archive family.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    MEMBER_REMOVED = Active "archive-member-removed",
        "安全に渡せないファイルを書庫から取り除きました(理由は次の行)",
        "a file that cannot be delivered safely was taken out of the archive; the next line says why";
    LINK_REMOVED = Active "archive-link-removed",
        "リンクや特殊ファイルを取り除きました",
        "a link or device was removed";
    NAME_CHANGED = Active "archive-name-changed",
        "展開先や見た目を偽りうる名前を安全な名前に直しました",
        "a name that could lead elsewhere or look like something else was made safe";
    NAME_DUPLICATE = Hidden "archive-name-duplicate",
        "同じ名前が重なっていたため番号を付けました",
        "a name that occurred twice was given a number";
    EXTENSION_CORRECTED = Lossy "archive-extension-corrected",
        "中身の形式に合わせて拡張子を直しました",
        "a file name extension was corrected to fit the content";
    SYSTEM_FILE = Active "archive-system-file",
        "フォルダーの動作を変えるシステムファイルを取り除きました",
        "a system file that changes how a folder behaves was removed";
    HELPER_FILE = Private "archive-helper-file",
        "OSが作った補助ファイル(縮小画像・付加情報など)を取り除きました",
        "a helper file that an operating system had left was removed";
    HIDDEN_DATA = Hidden "archive-hidden-data",
        "どのファイルにも属さないデータを取り除きました",
        "data that belongs to no file was removed";
    COMMENT = Hidden "archive-comment",
        "書庫のコメントを取り除きました",
        "a comment was removed";
    HEADERS_DIFFER = Hidden "archive-headers-differ",
        "展開ソフトによって内容が違って見える見出しを一つに揃えました",
        "headers that different programs read in different ways were made one";
    ENCRYPTION_REMOVED = Lossy "archive-encryption-removed",
        "パスワードを外して渡します",
        "the new archive has no password";
    REPACKED = Lossy "archive-repacked-as-zip",
        "書庫をZIPに詰め直しました",
        "the archive was packed anew as a ZIP";
    METHOD_UNKNOWN = Refusal "archive-method-unknown",
        "対応していない圧縮方式のため展開できません。別の方式で圧縮したものを依頼してください",
        "the packing method is not known here; ask for another one";
    NOTHING_LEFT = Refusal "archive-nothing-left",
        "書庫の中に安全に渡せるファイルが一つもありませんでした",
        "no file in the archive can be delivered safely";
    VOLUMES = Refusal "archive-volumes",
        "分割された書庫の一部です。結合したものを一つのファイルで受け取ってください",
        "this is one part of a divided archive; ask for it in one piece";
    OVERLAP = Refusal "archive-overlap",
        "データを重ねた不正な書庫です(圧縮爆弾の疑い)",
        "members share their data, as only a bomb does";
}
