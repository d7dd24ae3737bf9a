//! Mail in ISO-2022-JP with names in every way that senders write them.

use super::Sample;
use crate::inject::base64;

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    let jis = |text: &str| encoding_rs::ISO_2022_JP.encode(text).0.into_owned();
    let word = |text: &str| format!("=?ISO-2022-JP?B?{}?=", base64(&jis(text)));
    let attached = base64(&encoding_rs::SHIFT_JIS.encode("添付の中身①\r\n").0);
    let head = format!(
        "From: {} <yamada@example.jp>\r\nTo: clerk@example.jp\r\nSubject: {}\r\nDate: Mon, 2 Mar 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
        word("山田太郎"),
        word("工事の件")
    );
    let tail = format!(
        "\r\n--b\r\nContent-Type: text/plain; name=\"{}\"\r\nContent-Disposition: attachment; filename*=ISO-2022-JP''{}\r\nContent-Transfer-Encoding: base64\r\n\r\n{attached}\r\n--b--\r\n",
        word("見積書.txt"),
        jis("見積書.txt").iter().map(|byte| format!("%{byte:02X}")).collect::<String>()
    );
    let bytes = [
        head.as_bytes(),
        &jis("お世話になっております。\r\n工事は三月二日からです。\r\n"),
        tail.as_bytes(),
    ]
    .concat();
    vec![Sample::new(
        "工事の件.eml",
        bytes,
        &["お世話になっております。", "工事は三月二日からです。"],
    )]
}
