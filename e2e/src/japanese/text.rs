//! Plain text and tables in every encoding that Japanese offices still use.

use super::{LETTERS, Sample};

/// What CP932 can say; the wave dash and its kin are where converters fail.
pub const OLD_LETTERS: &str = "髙橋﨑様、①㈱Ⅲ㍻№℡、～－∥￢￡￠、ﾊﾝｶｸ、ソ表十予";
/// What every encoding here can say.
const PLAIN: &str = "申請者一覧、①～⑨、ソ表十予";

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    let table = |letters: &str| {
        format!(
            "番号,氏名,金額,電話\r\n1,{letters},-1200,03-1234-5678\r\n2,\"山田,太郎\",+500,(090)1111-2222\r\n"
        )
    };
    let cp932 = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let wide = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
    };
    vec![
        Sample::new(
            "名簿_cp932.csv",
            cp932(&table(OLD_LETTERS)),
            &[OLD_LETTERS, "-1200", "(090)1111-2222"],
        ),
        Sample::new("名簿_utf8.csv", table(LETTERS).into_bytes(), &[LETTERS]),
        Sample::new(
            "名簿_utf8bom.csv",
            format!("\u{feff}{}", table(LETTERS)).into_bytes(),
            &[LETTERS],
        ),
        Sample::new(
            "名簿_utf16.tsv",
            wide(&table(LETTERS).replace(',', "\t"), u16::to_le_bytes),
            &[LETTERS],
        ),
        Sample::new("連絡_cp932.txt", cp932(&format!("{OLD_LETTERS}\r\n以上\r\n")), &[OLD_LETTERS]),
        Sample::new(
            "連絡_eucjp.txt",
            encoding_rs::EUC_JP
                .encode(&format!("{PLAIN}\n以上、よろしくお願いします。\n"))
                .0
                .into_owned(),
            &[PLAIN],
        ),
        Sample::new(
            "連絡_jis.txt",
            encoding_rs::ISO_2022_JP.encode(&format!("{PLAIN}\r\n以上\r\n")).0.into_owned(),
            &[PLAIN],
        ),
        Sample::new(
            "連絡_utf16be.txt",
            wide(&format!("{LETTERS}\r\n"), u16::to_be_bytes),
            &[LETTERS],
        ),
        Sample::new("連絡_utf8.txt", format!("{LETTERS}\n").into_bytes(), &[LETTERS]),
        Sample::new(
            "外字_cp932.txt",
            [&cp932("外字は")[..], &[0xf0, 0x40, 0xf0, 0x41], &cp932("です\r\n")].concat(),
            &["外字は\u{e000}\u{e001}です"],
        ),
    ]
}
