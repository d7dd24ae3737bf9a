//! One form for each letter: width, hyphens, spaces and radicals that stand
//! for ideographs are folded, invisible letters go.

/// Kangxi radicals (U+2F00 to U+2FD5) as the ideographs they look like; PDF
/// makers mix them up.
const RADICALS: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// Folds one letter.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\0'..='\u{9F}' => c,
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => '-',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '│' | '┃' | '￤' => '|',
        '\u{2F00}'..='\u{2FD5}' => {
            let at = u32::from(c) - 0x2F00;
            RADICALS.chars().nth(at as usize).unwrap_or(c)
        }
        _ => c,
    }
}

/// Says whether a letter is seen by nobody.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}'
    )
}

/// The value of a folded decimal digit.
pub(crate) fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => u8::try_from(u32::from(c) - u32::from('0')).ok(),
        _ => None,
    }
}

/// The value of an ideograph that is a digit.
pub(crate) fn ideographic_digit(c: char) -> Option<u8> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' | '壱' => 1,
        '二' | '弐' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// Says whether a letter is an ideograph, or is used as one in names.
pub(crate) fn is_ideograph(c: char) -> bool {
    matches!(
        c,
        '々' | '〆' | 'ヶ' | 'ヵ' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
            | '\u{E000}'..='\u{F8FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}'
    )
}

/// Says whether a letter is hiragana or katakana of either width.
pub(crate) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309F}' | '\u{30A1}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}')
}

/// Mixes a text to a number that stands for it in memory; spaces do not count.
pub(crate) fn key(seed: u64, letters: &[char]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let start = seed ^ 0xCBF2_9CE4_8422_2325;
    let mixed = letters
        .iter()
        .filter(|c| **c != ' ')
        .fold(start, |sum, &c| (sum ^ u64::from(u32::from(c))).wrapping_mul(PRIME));
    // Zero means "none" to those who keep keys.
    (mixed ^ (mixed >> 29)).wrapping_mul(PRIME).max(1)
}

/// Folds a text into a buffer.
pub(crate) fn fold_into(text: &str, out: &mut Vec<char>) {
    out.clear();
    out.extend(text.chars().filter(|&c| !is_invisible(c)).map(fold));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_one_form() {
        assert_eq!(RADICALS.chars().count(), 0x2FD6 - 0x2F00);
        let folded: String = "１２－３　Ａ⼈⽒⽣⽇(：)".chars().map(fold).collect();
        assert_eq!(folded, "12-3 A人氏生日(:)");
        let mut out = Vec::new();
        fold_into("1\u{200B}2\u{FEFF}", &mut out);
        assert_eq!(out, ['1', '2']);
    }
}
