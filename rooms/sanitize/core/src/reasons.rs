//! Reasons to stop that every family can meet. Reasons of one format only stand
//! in its family.

use crate::code::{Code, Kind};

macro_rules! reasons {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every reason that stands here.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

reasons! {
    PASSWORD_NEEDED = Hold "password-needed",
        "パスワードで保護されています。パスワードを付けてもう一度お試しください。元のファイルはそのまま残っています",
        "the file is locked with a password; give it and try again, the original is untouched";
    PASSWORD_WRONG = Hold "password-wrong",
        "どのパスワードでも開けませんでした。差出人に確認してください。元のファイルはそのまま残っています",
        "none of the given passwords opens the file; ask the sender, the original is untouched";
    PROTECTION_UNKNOWN = Hold "protection-unknown",
        "対応していない方式で暗号化されています。差出人に暗号化を外したものを依頼してください",
        "the file is encrypted in a way that cannot be opened here; ask the sender for one without";
    BROKEN = Refusal "file-broken",
        "ファイルが壊れているため読み取れませんでした。差出人に送り直しを依頼してください",
        "the file is damaged and could not be read; ask the sender to send it again";
    UNSUPPORTED = Refusal "content-unsupported",
        "安全に作り直せない内容が含まれているため渡せません。テキスト(--method text)での受け取りを試すか、差出人にPDFや新しい形式での送付を依頼してください",
        "part of the content cannot be rebuilt safely; try --method text, or ask the sender for a PDF or a newer format";
    METHOD_UNSUPPORTED = Refusal "method-unsupported",
        "この形式には、指定された処置方式を使えません。別の方式を選んでください",
        "this format cannot be treated by the chosen method; choose another one";
    RESIDUE = Refusal "verify-residue",
        "作り直したファイルの検査で、動作しうる内容が残っていたため渡しません",
        "the second check found something that could act in the rebuilt file, so it is not delivered";
}
