//! Words of a text: whole words and pairs of neighbours where a script puts
//! spaces between them; runs of two and three letters where Japanese does not,
//! and whole words of katakana. The same text gives the same words whatever
//! width or composition its letters came in.

use unicode_normalization::UnicodeNormalization as _;

use crate::tokens::{Kind, Tokens};

/// Letters of a word; longer ones are codes, told by their length.
const WORD_CHARS_MAX: usize = 20;
/// Letters of a whole word of katakana or kanji.
const RUN_CHARS_MAX: usize = 12;

/// Reads a text of one place.
pub(crate) fn read(kind: Kind, text: &str, chars_max: usize, tokens: &mut Tokens) {
    read_seeded(kind, 0, text, chars_max, tokens);
}

/// Reads a text whose words count apart from those under other names.
pub(crate) fn read_within(
    kind: Kind,
    name: &str,
    text: &str,
    chars_max: usize,
    tokens: &mut Tokens,
) {
    read_seeded(kind, hash(name), text, chars_max, tokens);
}

fn read_seeded(kind: Kind, seed: u64, text: &str, chars_max: usize, tokens: &mut Tokens) {
    let mut reader = Reader { kind, seed, tokens, word: None, before: None, run: Run::default() };
    if text.is_ascii() {
        // Most Latin mail; its normal form is itself.
        text.chars().take(chars_max).for_each(|c| reader.take(c.to_ascii_lowercase()));
        reader.take('\n');
        return reader.take('\n');
    }
    let plain = text.chars().filter(|c| !mail_engine::names::is_unseen(*c)).take(chars_max);
    for c in plain.nfkc().flat_map(char::to_lowercase) {
        reader.take(c);
    }
    // Ends the last word, and keeps the next text apart.
    reader.take('\n');
    reader.take('\n');
}

/// A script, as far as words are told apart by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Script {
    /// Written with spaces between words.
    Spaced,
    Hiragana,
    Katakana,
    Kanji,
    /// No letter.
    #[default]
    Between,
}

fn script(c: char) -> Script {
    match c {
        // The dollar counts as a letter: amounts are words.
        'a'..='z' | '0'..='9' | '$' => Script::Spaced,
        '\0'..='\u{7F}' => Script::Between,
        'ぁ'..='ゖ' | 'ゝ'..='ゟ' => Script::Hiragana,
        'ァ'..='ヺ' | 'ー'..='ヿ' => Script::Katakana,
        '々'
        | '〆'
        | '〇'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Script::Kanji,
        _ if c.is_alphanumeric() => Script::Spaced,
        _ => Script::Between,
    }
}

/// Says whether a letter is of the Japanese scripts.
pub(crate) fn is_japanese(c: char) -> bool {
    matches!(script(c), Script::Hiragana | Script::Katakana | Script::Kanji)
}

/// Signs that may stand inside a word.
fn joins(c: char) -> bool {
    matches!(c, '\'' | '-' | '.' | ',' | '_')
}

#[derive(Clone, Copy)]
struct Word {
    hash: u64,
    from: usize,
    to: usize,
    chars: usize,
}

/// Japanese letters that follow each other, the newest last.
#[derive(Default)]
struct Run {
    letters: Vec<(char, Script, usize, usize)>,
    /// The letters of one script up to here.
    same: Option<(Script, Word)>,
    /// A line ended behind the newest letter; the word may go on behind it.
    is_line_end: bool,
}

struct Reader<'a> {
    kind: Kind,
    seed: u64,
    tokens: &'a mut Tokens,
    word: Option<Word>,
    /// The finished word before.
    before: Option<Word>,
    run: Run,
}

impl Reader<'_> {
    fn take(&mut self, c: char) {
        let from = self.tokens.page.len();
        self.tokens.page.push(if c.is_control() { '\n' } else { c });
        let to = self.tokens.page.len();
        match script(c) {
            Script::Spaced => {
                self.end_run();
                let sign = if c.is_ascii_digit() { '0' } else { c };
                let word = self.word.get_or_insert(Word { hash: EMPTY, from, to, chars: 0 });
                word.hash = step(word.hash, sign);
                (word.to, word.chars) = (to, word.chars + 1);
            }
            // Counts only where a letter follows it at once.
            Script::Between if joins(c) && self.word.is_some_and(|word| word.to == from) => {}
            Script::Between => {
                self.end_word();
                let is_within_lines = c == '\n' && !self.run.is_line_end;
                if is_within_lines && !self.run.letters.is_empty() {
                    self.run.is_line_end = true;
                } else if c != '\r' {
                    self.end_run();
                }
            }
            found @ (Script::Hiragana | Script::Katakana | Script::Kanji) => {
                self.end_word();
                self.before = None;
                self.letter(c, found, from, to);
            }
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if word.chars > WORD_CHARS_MAX {
            let length = mix(word.chars as u64 / 10);
            self.add(mix(length ^ LONG), word.from, word.to);
            self.before = None;
            return;
        }
        let is_amount = word.chars == 1 && self.tokens.page.get(word.from..word.to) == Some("$");
        if word.chars < 2 && !is_amount {
            return;
        }
        self.add(word.hash, word.from, word.to);
        if let Some(before) = self.before {
            let pair = mix(before.hash).wrapping_add(word.hash);
            self.add(mix(pair ^ PAIR), before.from, word.to);
        }
        self.before = Some(word);
    }

    fn letter(&mut self, c: char, found: Script, from: usize, to: usize) {
        self.run.is_line_end = false;
        match &mut self.run.same {
            Some((script, word)) if *script == found => {
                word.hash = step(word.hash, c);
                (word.to, word.chars) = (to, word.chars + 1);
            }
            _ => {
                self.end_same();
                let word = Word { hash: step(EMPTY, c), from, to, chars: 1 };
                self.run.same = Some((found, word));
            }
        }
        if self.run.letters.len() == 3 {
            self.run.letters.remove(0);
        }
        self.run.letters.push((c, found, from, to));
        let letters = self.run.letters.clone();
        for count in [2, 3] {
            let Some(start) = letters.len().checked_sub(count) else { continue };
            let gram = letters.get(start..).unwrap_or_default();
            // Two hiragana are grammar, and stand in every text.
            if count == 2 && gram.iter().all(|letter| letter.1 == Script::Hiragana) {
                continue;
            }
            let hash = gram.iter().fold(EMPTY, |hash, letter| step(hash, letter.0));
            let from = gram.first().map_or(from, |letter| letter.2);
            self.add(hash, from, to);
        }
    }

    /// Ends a stretch of one script: a word, where it is katakana or kanji.
    fn end_same(&mut self) {
        let Some((script, word)) = self.run.same.take() else { return };
        let is_word = matches!(script, Script::Katakana | Script::Kanji);
        if is_word && (4..=RUN_CHARS_MAX).contains(&word.chars) {
            self.add(word.hash, word.from, word.to);
        }
    }

    fn end_run(&mut self) {
        self.end_same();
        self.run.letters.clear();
        self.run.is_line_end = false;
    }

    fn add(&mut self, hash: u64, from: usize, to: usize) {
        self.tokens.add(self.kind, mix(hash) ^ self.seed, from, to);
    }
}

// FNV-1a over characters, finished with the mixer of SplitMix64.
const EMPTY: u64 = 0xCBF2_9CE4_8422_2325;
/// Keep pairs and lengths apart from words.
const PAIR: u64 = 0x9E37_79B9_7F4A_7C15;
const LONG: u64 = 0xD1B5_4A32_D192_ED03;

fn step(hash: u64, c: char) -> u64 {
    (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01B3)
}

/// Hashes a word.
pub(crate) fn hash(word: &str) -> u64 {
    mix(word.chars().fold(EMPTY, step))
}

/// Spreads a hash over all bits.
pub(crate) fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}
