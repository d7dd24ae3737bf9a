//! Passwords that are tried first. A short list of our own: words, keyboard
//! runs and the rule that numbers and signs around them change little.

/// Different characters that a password has, at least.
const DIFFERENT_MIN: usize = 5;

/// Letters left beside common words, at least.
const REST_MIN: usize = 6;

/// Says whether a folded password has few different characters, counts up or
/// down for the most part, walks over the keyboard, or repeats a piece.
pub(crate) fn is_simple(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    let mut different = characters.clone();
    different.sort_unstable();
    different.dedup();
    different.len() < DIFFERENT_MIN
        || is_run(&characters)
        || is_walk(&characters)
        || is_two_walks(&characters)
        || is_repetition(&characters)
}

/// Three of four neighbours are equal or follow each other.
fn is_run(characters: &[char]) -> bool {
    let neighbours = characters.windows(2).filter(|pair| match pair {
        [one, two] => u32::from(*one).abs_diff(u32::from(*two)) <= 1,
        _ => false,
    });
    neighbours.count() * 4 >= characters.len().saturating_sub(1) * 3
}

/// Seven of ten neighbours lie beside each other on the keyboard.
fn is_walk(characters: &[char]) -> bool {
    let neighbours = characters.windows(2).filter(|pair| match pair {
        [one, two] => one == two || key(*one).zip(key(*two)).is_some_and(is_beside),
        _ => false,
    });
    neighbours.count() * 10 >= characters.len().saturating_sub(1) * 7
}

/// Every other character walks, and those between walk too: `q1w2e3r4`.
fn is_two_walks(characters: &[char]) -> bool {
    let every_other =
        |from: usize| -> Vec<char> { characters.iter().skip(from).step_by(2).copied().collect() };
    [0, 1].into_iter().all(|from| is_walk(&every_other(from)))
}

/// The rows of keys, each with how far it begins to the right, in quarters.
const KEYS: [(&str, i32); 4] =
    [("1234567890-", 0), ("qwertyuiop", 2), ("asdfghjkl;", 3), ("zxcvbnm,./", 5)];

/// Where a character's key lies: its row, and quarters of a key from the left.
fn key(character: char) -> Option<(i32, i32)> {
    let rows = KEYS.iter().zip(0..);
    rows.into_iter().find_map(|((keys, offset), row)| {
        let place = i32::try_from(keys.find(character)?).ok()?;
        Some((row, place * 4 + offset))
    })
}

const fn is_beside(((row, place), (other_row, other)): ((i32, i32), (i32, i32))) -> bool {
    (row - other_row).abs() <= 1 && (place - other).abs() <= 4
}

/// A piece of at most half of the whole, over and over.
fn is_repetition(characters: &[char]) -> bool {
    (1..=characters.len() / 2).any(|period| {
        characters.iter().zip(characters.iter().skip(period)).all(|(one, two)| one == two)
    })
}

/// Says whether little is left of a folded password without common words.
pub(crate) fn is_common(password: &str) -> bool {
    let plain: String = password.chars().map(unmasked).collect();
    let mut rests = vec![password.to_owned(), plain];
    for rest in &mut rests {
        for word in WORDS {
            *rest = rest.replace(word, "");
        }
    }
    let whole = password.chars().count();
    rests.iter().any(|rest| {
        let left = rest.chars().count();
        let letters = rest.chars().filter(|character| character.is_alphabetic()).count();
        left < whole && letters < REST_MIN && left * 3 <= whole * 2
    })
}

/// The letter that a sign stands for in `p@ssw0rd`.
const fn unmasked(character: char) -> char {
    match character {
        '@' | '4' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// Longer words first: a piece of a word must not be taken out before it.
const WORDS: &[&str] = &[
    "1qaz2wsx3edc4rfv",
    "michaeljackson",
    "counterstrike",
    "whosyourdaddy",
    "needforspeed",
    "mortalkombat",
    "residentevil",
    "justinbieber",
    "sanfrancisco",
    "ticketmaster",
    "stratocaster",
    "leavemealone",
    "sonyericsson",
    "finalfantasy",
    "peanutbutter",
    "greenlantern",
    "nightcrawler",
    "websolutions",
    "sonnenschein",
    "playstation",
    "christopher",
    "devilmaycry",
    "minecraft",
    "jamesbond",
    "warhammer",
    "weihnacht",
    "jennifer",
    "michelle",
    "nintendo",
    "starwars",
    "jessica",
    "qwertyuiop",
    "1234567890",
    "asdfghjkl",
    "password",
    "passwort",
    "passcode",
    "zxcvbnm",
    "1q2w3e4r5t",
    "1q2w3e4r",
    "1qaz2wsx",
    "qazwsxedc",
    "qazwsx",
    "zaq12wsx",
    "q1w2e3r4",
    "asdfgh",
    "asdf",
    "zxcv",
    "qwerty",
    "qwer",
    "azerty",
    "123456789",
    "12345678",
    "1234567",
    "123456",
    "12345",
    "1234",
    "987654321",
    "abcdefgh",
    "abcdef",
    "abcd",
    "abc",
    "iloveyou",
    "loveyou",
    "welcome",
    "letmein",
    "changeme",
    "change",
    "default",
    "secret",
    "himitsu",
    "administrator",
    "admin",
    "root",
    "master",
    "guest",
    "login",
    "user",
    "test",
    "demo",
    "sample",
    "example",
    "system",
    "server",
    "office",
    "company",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "yakyu",
    "soccer",
    "princess",
    "sunshine",
    "shadow",
    "superman",
    "batman",
    "pokemon",
    "pikachu",
    "doraemon",
    "sekisho",
    "midori",
    "sakura",
    "yamato",
    "nippon",
    "nihon",
    "japan",
    "tokyo",
    "osaka",
    "kyoto",
    "nagoya",
    "sapporo",
    "fukuoka",
    "hokkaido",
    "okinawa",
    "shiyakusho",
    "yakuba",
    "kencho",
    "kenchou",
    "jichitai",
    "shicho",
    "shichou",
    "joho",
    "jouhou",
    "soumu",
    "zeimu",
    "kanri",
    "kanrisha",
    "reiwa",
    "heisei",
    "showa",
    "shouwa",
    "arigatou",
    "arigato",
    "ohayou",
    "konnichiwa",
    "konnitiha",
    "spring",
    "summer",
    "autumn",
    "winter",
    "january",
    "february",
    "october",
    "november",
    "december",
    "monday",
    "friday",
    "google",
    "microsoft",
    "windows",
    "internet",
    "computer",
    "pasuwado",
    "パスワード",
    "ひみつ",
    "秘密",
    "管理者",
    "市役所",
    "町役場",
    "県庁",
    "令和",
    "平成",
    "昭和",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_decoration_are_common() {
        for password in [
            "password1234",
            "p@ssw0rd!2026",
            "administrator",
            "qwertyuiop123",
            "reiwa8nen2026",
            "1qaz2wsx3edc",
            "sakura-sakura",
            "sekishoadmin1",
            "welcome2026!!",
            "パスワード2026年です",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn runs_and_repetitions_are_simple() {
        for password in [
            "aaaaaaaaaaaa",
            "abcdefghijklm",
            "987654321098",
            "kawakawakawa",
            "xyxyxyxyxyxy",
            "aabbccddeeff",
        ] {
            assert!(is_simple(password), "{password}");
        }
    }

    #[test]
    fn walks_over_the_keyboard_and_halves_are_simple() {
        for password in [
            "1qazxsw23edc",
            "qweasdzxc123",
            "q1w2e3r4t5y6u7",
            "zaq1xsw2cde3",
            "123qwe456rty",
            "kazenokazeno",
            "1a2s3d4f5g6h1a2s3d4f5g6h",
        ] {
            assert!(is_simple(password), "{password}");
        }
        for password in ["we were there, you know", "popping poppies look good"] {
            assert!(!is_simple(password), "{password}");
        }
    }

    #[test]
    fn sentences_and_random_strings_pass() {
        for password in [
            "kappa ga kawa wo wataru",
            "7kq-mzt-xw4-v9p",
            "correct horse battery",
            "雨の日は傘を二本持って歩く",
            "tanuki no tsuzumi 8",
            "vexing-quartz-3",
            "b6H!tR9@zPq2x",
        ] {
            assert!(!is_simple(&password.to_lowercase()), "{password}");
            assert!(!is_common(&password.to_lowercase()), "{password}");
        }
    }
}
