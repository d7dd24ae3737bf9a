//! What this family can report. Sentences only; no decisions.

use sanitize_core::{Code, Kind};

macro_rules! codes {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub(crate) const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every code of the mail family.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    HEADERS = Private "mail-headers",
        "経路や作成ソフトなど、表示に不要なヘッダーを取り除きました",
        "headers about the route, the software and the like were removed";
    RECEIPT = Active "mail-receipt-request",
        "開封確認の要求を取り除きました",
        "a request to tell the sender about the reading was removed";
    BCC = Private "mail-bcc",
        "Bccの宛先を取り除きました",
        "blind copy addresses were removed";
    HEADER_DUPLICATE = Hidden "mail-header-duplicate",
        "重複して表示を変えうるヘッダーを一つにしました",
        "a header that stood there twice and could show differently was made one";
    HEADER_BROKEN = Lossy "mail-header-broken",
        "読み取れないヘッダーを取り除きました",
        "a header that cannot be read was removed";
    HIDDEN_TEXT = Hidden "mail-hidden-text",
        "どの部分にも属さないデータを取り除きました",
        "data that belongs to no part was removed";
    CONTROLS = Hidden "mail-control-characters",
        "表示の順序や端末の動作を変える文字を本文から取り除きました",
        "characters that turn the order of text or drive a terminal were removed";
    HTML_REMOVED = Lossy "mail-html-removed",
        "HTML本文を取り除き、テキストで渡します",
        "the HTML body was removed; the text is delivered";
    ALTERNATIVE = Active "mail-alternative-removed",
        "動く本文(AMP)など、表示できない別形式の本文を取り除きました",
        "a body in another form, such as AMP, was removed";
    ATTACHMENT_REMOVED = Active "mail-attachment-removed",
        "安全に渡せない添付ファイルを取り除き、代わりに説明を付けました(理由は次の行)",
        "an attachment that cannot be delivered safely was replaced by a note; the next line says why";
    NAME_CHANGED = Active "mail-name-changed",
        "添付ファイルの名前を安全な名前に直しました",
        "an attachment's name was made safe";
    EXTENSION_CORRECTED = Lossy "mail-extension-corrected",
        "中身の形式に合わせて添付ファイルの拡張子を直しました",
        "an attachment's extension was corrected to fit the content";
    SIGNATURE = Lossy "mail-signature",
        "作り直すと無効になる電子署名を取り除きました",
        "a signature, which a rebuild makes invalid, was removed";
    EXTERNAL_BODY = Active "mail-external-body",
        "外部から本文を取り寄せる指定を取り除きました",
        "a part that is fetched from elsewhere was removed";
    CALENDAR = Active "mail-calendar",
        "予定表データをテキストに変えました",
        "calendar data was turned into text";
    TNEF = Hidden "mail-tnef",
        "Outlook形式の添付(winmail.dat)を通常の添付に直しました",
        "an attachment that only Outlook reads was turned into plain ones";
    OUTLOOK = Lossy "mail-msg-to-eml",
        "Outlook形式のメールを一般的なメール形式に変えました",
        "the Outlook message was turned into an Internet message";
    OUTLOOK_PROPERTIES = Private "mail-msg-properties",
        "本文や宛先以外のOutlookの内部情報を取り除きました",
        "Outlook's inner properties were removed";
    REMINDER = Active "mail-reminder-file",
        "外部のファイルを呼び出しうる通知音の指定を取り除きました",
        "a reminder sound that could call out was removed";
    OLE_ATTACHMENT = Active "mail-ole-attachment",
        "埋め込みオブジェクトの添付を取り除きました",
        "an embedded object was removed";
    LINKED_ATTACHMENT = Active "mail-linked-attachment",
        "外部のファイルを指す添付を取り除きました",
        "an attachment that points elsewhere was removed";
    PARTIAL = Refusal "mail-partial",
        "分割されたメールの一部です。結合したものを受け取ってください",
        "this is one part of a divided message; ask for it in one piece";
}
