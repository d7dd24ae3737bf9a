//! Every hint: its name, its weight and its reason. Sentences only.

/// How much a hint weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing; ordinary mail has it too.
    Note,
    /// Worth a second look.
    Caution,
    /// Hardly ever in honest mail.
    Warning,
}

impl Level {
    /// Returns the level's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Caution => "caution",
            Self::Warning => "warning",
        }
    }
}

/// A kind of hint.
#[derive(Debug, PartialEq, Eq)]
pub struct HintCode {
    /// Stable name, lower case with hyphens.
    pub id: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// The reason in Japanese.
    pub ja: &'static str,
    /// The reason in English.
    pub en: &'static str,
}

macro_rules! hints {
    ($($name:ident = $level:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub(crate) const $name: HintCode =
            HintCode { id: $id, level: Level::$level, ja: $ja, en: $en };)*
        /// Every kind of hint.
        pub const HINTS: &[&HintCode] = &[$(&$name),*];
    };
}

hints! {
    FIRST_FOR_BODY = Caution "sender-first-for-body",
        "この差出人から当団体に届いたのは初めてです",
        "the first mail from this sender to anybody here";
    FIRST_FOR_RECEIVER = Note "sender-first-for-receiver",
        "この差出人からあなたに届いたのは初めてです",
        "the first mail from this sender to you";
    NEVER_WRITTEN_TO = Note "sender-never-written-to",
        "こちらからこの相手に送ったことはありません",
        "nobody here ever wrote to this sender";
    FREE_MAIL = Note "sender-free-mail",
        "誰でも取得できるフリーメールから送られています",
        "sent from free mail, which anybody can have";
    FREE_MAIL_OFFICIAL = Warning "sender-free-mail-official-name",
        "役所や企業を名乗っていますが、フリーメールから送られています",
        "the name is that of a public body or company, the address is free mail";
    LOOK_ALIKE = Warning "sender-look-alike",
        "実在の組織に似せたアドレスです",
        "the address resembles a known one without being it";
    NAME_HAS_ADDRESS = Warning "sender-name-shows-other-address",
        "表示名に、実際とは別のアドレスが書かれています",
        "the shown name holds another address than the real one";
    NAME_CLAIMS_BODY = Caution "sender-name-claims-public-body",
        "公的機関を名乗っていますが、公的機関のアドレスではありません",
        "the name is that of a public body, the address is not";
    NO_FROM = Warning "sender-missing",
        "差出人が書かれていないか、読み取れません",
        "there is no sender, or it cannot be read";
    SEVERAL_FROM = Warning "sender-several",
        "差出人が複数書かれています",
        "several senders are named";
    OWN_FROM_OUTSIDE = Warning "sender-own-domain-from-outside",
        "当団体のアドレスを名乗っていますが、外部から届きました",
        "claims to be one of us, but came from outside";
    SPF_FAIL = Caution "spf-fail",
        "送信元のサーバーは、この差出人のドメインから許可されていません(SPF不合格)",
        "the sending server is not permitted by the sender's domain (SPF fail)";
    DKIM_FAIL = Caution "dkim-fail",
        "電子署名が合いません。途中で書き換えられた可能性があります(DKIM不合格)",
        "the signature does not fit; the mail may have been changed (DKIM fail)";
    DMARC_FAIL = Warning "dmarc-fail",
        "差出人のドメインの方針に反しています。なりすましの可能性が高いです(DMARC不合格)",
        "fails the policy of the sender's domain; probably forged (DMARC fail)";
    NOT_AUTHENTICATED = Note "sender-not-authenticated",
        "差出人を確かめる手がかり(SPF・DKIM・DMARC)がありません",
        "nothing tells whether the sender is real (no SPF, DKIM or DMARC)";
    ARC_FORWARDED = Note "arc-forwarded",
        "別のサーバーを経由して転送されています(ARC)",
        "was forwarded by another server (ARC)";
    ARC_FAIL = Caution "arc-fail",
        "転送の記録(ARC)が合いません",
        "the record of forwarding (ARC) does not fit";
    REPLY_ELSEWHERE = Caution "reply-to-other-organisation",
        "返信すると、差出人とは別の組織に届きます",
        "an answer goes to another organisation than the sender's";
    REPLY_FREE_MAIL = Warning "reply-to-free-mail",
        "組織からのメールですが、返信先がフリーメールです",
        "sent by an organisation, but answers go to free mail";
    RETURN_ELSEWHERE = Note "return-path-other-organisation",
        "送信元の組織が差出人と異なります(配信サービスなど)",
        "sent through another organisation than the sender's, such as a mailing service";
    REPEATED_HEADER = Warning "header-repeated",
        "一つしかないはずの見出しが重複しています。見るソフトによって表示が変わります",
        "a header stands twice that may stand once; programs show different ones";
    NO_SUBJECT = Note "subject-empty",
        "件名がありません",
        "there is no subject";
    URGENT = Note "wording-urgent",
        "急がせる言葉があります",
        "the wording presses for time";
    URGENT_LINK = Caution "wording-urgent-with-link",
        "急がせる言葉とリンクや添付が一緒にあります",
        "presses for time and offers a link or a file";
    MONEY = Note "wording-payment",
        "支払い・請求・振込に関する言葉があります",
        "speaks of payment or invoices";
    SECRET = Caution "wording-credentials",
        "パスワードや本人確認情報の入力を求める言葉があります",
        "asks for passwords or personal identification";
    BANK_CHANGE = Warning "wording-account-changed",
        "振込先の変更を求めています。必ず電話などで確かめてください",
        "says that the bank account has changed; check by another way";
    BLACKMAIL = Warning "wording-blackmail",
        "脅して金銭や暗号資産を求める文面です",
        "threatens and asks for money";
    TRANSLATED = Caution "wording-translated",
        "機械翻訳のような不自然な日本語があります",
        "the Japanese reads as if translated by a machine";
    CHINESE_LETTERS = Caution "wording-chinese-letters",
        "日本語の文に中国の簡体字が混じっています",
        "simplified Chinese letters stand in Japanese text";
    MIXED_KANA = Note "wording-mixed-kana",
        "全角と半角のカナが一つの言葉に混じっています",
        "full and half width kana stand in one word";
    MIXED_MARKS = Note "wording-mixed-punctuation",
        "「、」と「，」が混じっています",
        "two kinds of commas are mixed";
    CHINESE_FONTS = Caution "wording-chinese-fonts",
        "日本語のメールですが、中国語のフォントが指定されています",
        "a Japanese mail that asks for Chinese fonts";
    OTHER_LANGUAGE = Caution "wording-other-language",
        "この差出人がいつも使う言葉と違います",
        "not the language that this sender uses";
    FILE_PROGRAM = Warning "file-program",
        "実行すると動くプログラムが添付されています",
        "a program is attached";
    FILE_SCRIPT = Warning "file-script",
        "開くと動くスクリプトやショートカットが添付されています",
        "a script or shortcut is attached, which acts when opened";
    FILE_DISK = Warning "file-disk-image",
        "ディスクイメージが添付されています。業務ではまず使いません",
        "an image of a disk is attached";
    FILE_PAGE = Caution "file-page",
        "HTMLファイルが添付されています。偽の入力画面によく使われます",
        "a page is attached; false log-ins often come so";
    FILE_NOTES = Caution "file-notes",
        "OneNoteファイルが添付されています",
        "a OneNote section is attached";
    FILE_MACROS = Caution "file-macros",
        "マクロを含む文書が添付されています",
        "a document with macros is attached";
    FILE_LOCKED = Caution "file-locked",
        "パスワード付きのファイルが添付されています。中身は検査されていません",
        "a locked file is attached; its inside was not examined";
    FILE_DOUBLE = Warning "file-double-extension",
        "拡張子が二重です。別の種類に見せかけています",
        "the name has two extensions and pretends to be something else";
    FILE_MISMATCH = Warning "file-type-mismatch",
        "拡張子と中身が合いません",
        "the extension does not fit the content";
    FILE_TURNED = Warning "file-name-turned",
        "ファイル名に文字の並びを逆にする制御文字が入っています",
        "the name holds a character that turns the reading order";
    FILE_SPACES = Warning "file-name-spaces",
        "ファイル名に長い空白を入れて拡張子を隠しています",
        "many spaces in the name hide its extension";
    LINK_MISMATCH = Warning "link-mismatch",
        "表示されているアドレスと実際のリンク先が違います",
        "a link leads elsewhere than its text shows";
    LINK_LOOK_ALIKE = Warning "link-look-alike",
        "実在の組織に似せたリンク先です",
        "a link's host resembles a known one without being it";
    LINK_HOMOGRAPH = Warning "link-homograph",
        "見た目の似た別の文字を使ったリンク先です",
        "a link's host uses letters that pass for others";
    LINK_SHORTENER = Caution "link-shortener",
        "短縮URLのため、リンク先が分かりません",
        "a shortened link hides where it leads";
    LINK_NUMBER = Warning "link-ip-address",
        "リンク先が数字のアドレスです",
        "a link leads to a number instead of a name";
    LINK_USER_INFO = Warning "link-user-info",
        "リンク先の@より前は見せかけです",
        "what stands before the @ of a link is a pretence";
    LINK_PORT = Note "link-port",
        "リンク先が通常と異なるポートです",
        "a link uses an unusual port";
    LINK_REDIRECT = Note "link-redirect",
        "リンク先から別のサイトへ転送されます",
        "a link leads on to another site";
    LINK_PROGRAM = Caution "link-download",
        "リンク先がプログラムや圧縮ファイルです",
        "a link fetches a program or an archive";
    LINK_SCHEME = Caution "link-scheme",
        "通常のページを開く以外の動きをするリンクです",
        "a link does something else than opening a page";
    LINK_IN_PICTURE = Caution "link-in-picture",
        "画像のQRコードにリンクがあります",
        "a picture's QR code holds a link";
    FORM = Warning "page-form",
        "本文に入力欄がありました。取り除いています",
        "the body had a form, which was removed";
    SCRIPT = Caution "page-script",
        "本文にプログラムがありました。取り除いています",
        "the body had a program, which was removed";
    REFRESH = Warning "page-refresh",
        "開くと別のページへ移る仕掛けがありました。取り除いています",
        "the body led to another page by itself; this was removed";
    BEACON = Note "page-beacon",
        "開封を相手に知らせる仕掛けがありました。取り除いています",
        "the body told the sender about its opening; this was removed";
    HIDDEN_TEXT = Note "page-hidden-text",
        "見えない文字がありました。取り除いています",
        "the body had unseen text, which was removed";
    DIRECTION = Caution "page-direction",
        "文字の並びを変える制御文字がありました。取り除いています",
        "characters that turn the reading order were removed";
}
