//! Words of mails that may be the password of a locked file: what stands near
//! the word for it, and what looks like one. Pure.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

/// Candidates of one set of texts.
pub(crate) const CANDIDATES_MAX: usize = 60;
/// Words of one set of texts that are looked at.
const WORDS_MAX: usize = 20_000;
/// Characters of a password.
const CHARS_MIN: usize = 4;
const CHARS_MAX: usize = 64;
/// Lines behind the word for it that are read.
const LINES_NEAR: usize = 4;

/// How a text calls a password, in small letters and normalized.
const NAMES: [&str; 10] = [
    "パスワード",
    "解凍キー",
    "解凍pw",
    "暗証",
    "pass word",
    "password",
    "passwd",
    "passcode",
    "pass",
    "pw",
];

/// Candidates, the likeliest first.
pub(crate) fn candidates<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let (mut near, mut far) = (Words::default(), Words::default());
    for text in texts {
        let mut left = 0;
        for line in text.lines() {
            let plain: String = line.nfkc().collect();
            let small = plain.to_lowercase();
            let has_name = NAMES.iter().any(|name| small.contains(name));
            if has_name {
                left = LINES_NEAR;
            }
            let place = if left > 0 { &mut near } else { &mut far };
            left = left.saturating_sub(1);
            words(line, has_name, place);
            if plain != line {
                words(&plain, has_name, place);
            }
        }
    }
    let far = far.in_order.into_iter().filter(|word| is_telling(word));
    let mut found: Vec<String> = Vec::new();
    for word in near.in_order.into_iter().chain(far) {
        if found.len() >= CANDIDATES_MAX {
            break;
        }
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// Words in the order in which they were found, each once.
#[derive(Default)]
struct Words {
    in_order: Vec<String>,
    known: BTreeSet<String>,
}

impl Words {
    fn add(&mut self, word: &str) {
        if self.in_order.len() < WORDS_MAX && self.known.insert(word.to_owned()) {
            self.in_order.push(word.to_owned());
        }
    }
}

/// The words of a line, without quotes and brackets around them.
fn words(line: &str, has_name: bool, out: &mut Words) {
    // Behind a colon stands the whole, be it with blanks.
    if has_name && let Some((_, after)) = line.rsplit_once([':', ':', '=']) {
        add(after, out);
    }
    for word in line.split(|c: char| c.is_whitespace() || "::=、。,".contains(c)) {
        add(word, out);
        // 「パスワードはabc123です」: runs of ASCII in Japanese.
        let mut rest = word;
        while let Some(from) = rest.find(|c: char| c.is_ascii_graphic()) {
            let run = rest.get(from..).unwrap_or_default();
            let end = run.find(|c: char| !c.is_ascii_graphic()).unwrap_or(run.len());
            add(run.get(..end).unwrap_or_default(), out);
            rest = run.get(end..).unwrap_or_default();
        }
    }
}

fn add(word: &str, out: &mut Words) {
    const AROUND: &[char] = &[
        '「', '」', '『', '』', '【', '】', '(', ')', '(', ')', '<', '>', '[', ']', '"', '\'', '”',
        '“',
    ];
    let bare = word.trim().trim_matches(AROUND).trim();
    for word in [word.trim(), bare] {
        let characters = word.chars().count();
        if (CHARS_MIN..=CHARS_MAX).contains(&characters) && !word.contains(char::is_control) {
            out.add(word);
        }
    }
}

/// What stands anywhere is tried if it looks like a password: ASCII of at least
/// two sorts of letters, and no address.
fn is_telling(word: &str) -> bool {
    let sorts = [
        word.bytes().any(|byte| byte.is_ascii_digit()),
        word.bytes().any(|byte| byte.is_ascii_lowercase()),
        word.bytes().any(|byte| byte.is_ascii_uppercase()),
        word.bytes().any(|byte| byte.is_ascii_punctuation()),
    ];
    word.is_ascii()
        && (6..=32).contains(&word.len())
        && sorts.into_iter().filter(|sort| *sort).count() >= 2
        && !word.contains("://")
        && !word.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, wanted: &str) -> Option<usize> {
        candidates([text]).iter().position(|word| word == wanted)
    }

    #[test]
    fn passwords_are_found_as_towns_and_companies_write_them() {
        let cases = [
            ("パスワード:Kx7#mP2q", "Kx7#mP2q"),
            ("パスワードは「abc12345」です。", "abc12345"),
            ("添付ファイルのパスワードをお送りします。\n\n  9f3K-22aa\n\n以上", "9f3K-22aa"),
            ("解凍PW: 20260401", "20260401"),
            ("Password = correct horse", "correct horse"),
            ("【パスワード】\r\nmidori2026\r\n", "midori2026"),
            ("ﾊﾟｽﾜｰﾄﾞ abcd", "abcd"),
            ("PW:wxyz99", "wxyz99"),
            ("先ほどの件です。\nQ7!zz-81\nよろしくお願いします", "Q7!zz-81"),
        ];
        for (text, wanted) in cases {
            assert!(
                place(text, wanted).is_some_and(|at| at < 20),
                "{text}: {:?}",
                candidates([text])
            );
        }
    }

    #[test]
    fn a_long_text_gives_few_candidates_and_the_near_ones_first() {
        let mut text = String::from("a1b2c3d4 ");
        for count in 0..500 {
            text.push_str(&format!("word{count}X\n"));
        }
        text.push_str("パスワード: nearby99\n");
        let found = candidates([text.as_str()]);
        assert_eq!(found.len(), CANDIDATES_MAX);
        assert!(found.iter().take(6).any(|word| word == "nearby99"), "{found:?}");
        assert!(!found.iter().any(|word| word.contains('@')));
    }
}
