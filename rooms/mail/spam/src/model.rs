//! What a body's people taught: in how many wanted and unwanted mails each token
//! stood. Counts only, so that a lesson can be taken back exactly; no words, so
//! that whoever finds the model reads no mail in it.

use std::collections::HashMap;

use crate::bytes::{BytesError, Reader, write};
use crate::lesson::{Class, Lesson};
use crate::tokens::{KEY_BITS, Kind, Tokens};

/// Tokens that one model knows: some 5 MB of bytes, some 20 MB in memory.
pub const FEATURES_MAX: usize = 600_000;
/// To how many tokens a full model is cut.
const FEATURES_KEPT: usize = FEATURES_MAX / 4 * 3;
/// Bytes of one model: a key's distance and two counts take 11 at most where the
/// model is full, and more only where it is small.
pub const MODEL_BYTES_MAX: usize = 64 + FEATURES_MAX * 16;
/// Mails of each class before the model says anything.
pub const LESSONS_MIN: u32 = 30;
/// Known tokens that a mail must have to be judged.
pub const KNOWN_MIN: usize = 8;
/// Reasons that are given for each side.
pub const REASONS_MAX: usize = 12;
/// From this value on a mail is called spam: ten parts of the corpus' half A,
/// nine teaching and one judged in turn, held 0.4 to 0.5 % of its ham from here.
pub const SPAM_FROM: f64 = -0.5;
/// From this value on a mail is called suspect.
pub const SUSPECT_FROM: f64 = -2.0;

/// How little one mail proves: so much of a mail is added to each side.
const PRIOR: f64 = 0.01;
/// How much less the evidence of many tokens counts than their sum: they are
/// not independent.
const DAMPING: f64 = 0.65;
/// What model bytes begin with.
const MARK: &[u8] = b"SKSPAM";
/// The form in which models are written.
const VERSION: u64 = 1;

/// In how many mails of each class a token stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    ham: u32,
    spam: u32,
}

impl Counts {
    fn side(&mut self, class: Class) -> &mut u32 {
        match class {
            Class::Ham => &mut self.ham,
            Class::Spam => &mut self.spam,
        }
    }

    fn is_empty(self) -> bool {
        self.ham == 0 && self.spam == 0
    }
}

/// What a body taught.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    lessons: Counts,
    /// Iterated only where the order is made afterwards.
    features: HashMap<u64, Counts>,
    /// How often tokens were dropped because the model was full.
    cuts: u32,
}

/// What the model says of a mail.
#[derive(Debug, Clone, PartialEq)]
pub enum Opinion {
    /// Nothing, and why.
    None(Silence),
    /// How much it resembles what was called spam.
    Score(Score),
}

/// Why a model says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Too few mails of one class or of both were learned.
    Untaught {
        /// Wanted mails that were learned.
        ham: u32,
        /// Unwanted ones.
        spam: u32,
    },
    /// The mail has too little in it that was ever seen.
    Unknown {
        /// Tokens of the mail that are known.
        known: usize,
    },
}

/// A judged mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Above 0 where the mail resembles spam more than ham. [`SPAM_FROM`] and
    /// [`SUSPECT_FROM`] say what follows.
    pub value: f64,
    /// Tokens of the mail that are known.
    pub known: usize,
    /// What spoke for spam, heaviest first.
    pub for_spam: Vec<Reason>,
    /// What spoke against it, heaviest first.
    pub for_ham: Vec<Reason>,
}

/// A token that spoke.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Where it stands.
    pub kind: Kind,
    /// Its words in this mail.
    pub words: String,
    /// Above 0 for spam; each 0.69 doubles the odds.
    pub weight: f64,
    /// In how many unwanted mails it stood.
    pub spam: u32,
    /// In how many wanted ones.
    pub ham: u32,
}

impl Model {
    /// How many wanted and unwanted mails were learned.
    #[must_use]
    pub fn lessons(&self) -> (u32, u32) {
        (self.lessons.ham, self.lessons.spam)
    }

    /// How many tokens are known.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Learns a mail. Whoever teaches keeps the lesson, and teaches it once.
    pub fn learn(&mut self, lesson: &Lesson) {
        let class = lesson.class();
        let lessons = self.lessons.side(class);
        *lessons = lessons.saturating_add(1);
        for key in lesson.keys() {
            let count = self.features.entry(*key).or_default().side(class);
            *count = count.saturating_add(1);
        }
        if self.features.len() > FEATURES_MAX {
            self.cut(FEATURES_KEPT);
        }
    }

    /// Takes a lesson back: the model is then as if it had never been taught. Only
    /// tokens that were dropped since then, because the model was full, do not
    /// come back.
    pub fn forget(&mut self, lesson: &Lesson) {
        let class = lesson.class();
        let lessons = self.lessons.side(class);
        *lessons = lessons.saturating_sub(1);
        for key in lesson.keys() {
            let Some(counts) = self.features.get_mut(key) else { continue };
            let count = counts.side(class);
            *count = count.saturating_sub(1);
            if counts.is_empty() {
                self.features.remove(key);
            }
        }
    }

    /// Judges a mail.
    #[must_use]
    pub fn score(&self, tokens: &Tokens) -> Opinion {
        let Counts { ham, spam } = self.lessons;
        if ham < LESSONS_MIN || spam < LESSONS_MIN {
            return Opinion::None(Silence::Untaught { ham, spam });
        }
        let mut spoken: Vec<(f64, usize)> = Vec::new();
        for (index, item) in tokens.items().iter().enumerate() {
            if let Some(counts) = self.features.get(&item.key) {
                spoken.push((self.weight(*counts), index));
            }
        }
        let known = spoken.len();
        if known < KNOWN_MIN {
            return Opinion::None(Silence::Unknown { known });
        }
        // In the order of keys, so that the same sum comes out every time.
        let sum: f64 = spoken.iter().map(|(weight, _)| weight).sum();
        let value = sum / (known as f64 + 1.0).powf(DAMPING);
        spoken.sort_by(|(a, at_a), (b, at_b)| b.total_cmp(a).then(at_a.cmp(at_b)));
        let reasons = |spoken: &mut dyn Iterator<Item = &(f64, usize)>| {
            let said = spoken.filter_map(|(weight, at)| self.reason(tokens, *weight, *at));
            said.take(REASONS_MAX).collect::<Vec<_>>()
        };
        let for_spam = reasons(&mut spoken.iter().take_while(|(weight, _)| *weight > 0.0));
        let for_ham = reasons(&mut spoken.iter().rev().take_while(|(weight, _)| *weight < 0.0));
        Opinion::Score(Score { value, known, for_spam, for_ham })
    }

    /// The logarithm of the odds that a mail with such a token is spam, were both
    /// classes equally frequent (Robinson's smoothing).
    fn weight(&self, counts: Counts) -> f64 {
        let spam = f64::from(counts.spam) / f64::from(self.lessons.spam.max(1));
        let ham = f64::from(counts.ham) / f64::from(self.lessons.ham.max(1));
        let share = spam / (spam + ham);
        let seen = f64::from(counts.spam) + f64::from(counts.ham);
        let smoothed = (PRIOR * 0.5 + seen * share) / (PRIOR + seen);
        (smoothed / (1.0 - smoothed)).ln()
    }

    fn reason(&self, tokens: &Tokens, weight: f64, at: usize) -> Option<Reason> {
        let item = tokens.items().get(at)?;
        let counts = self.features.get(&item.key)?;
        let words = tokens.words(item);
        Some(Reason { kind: item.kind, words, weight, spam: counts.spam, ham: counts.ham })
    }

    /// Drops what was seen least, down to `kept`. Among equals the key decides,
    /// which is as good as chance and the same every time.
    fn cut(&mut self, kept: usize) {
        let mut all: Vec<(u64, u64)> = self
            .features
            .iter()
            .map(|(key, counts)| (u64::from(counts.ham) + u64::from(counts.spam), *key))
            .collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        for (_, key) in all.iter().skip(kept) {
            self.features.remove(key);
        }
        self.cuts = self.cuts.saturating_add(1);
    }

    /// Writes the model; the same model gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MARK.to_vec();
        for number in [
            VERSION,
            self.lessons.ham.into(),
            self.lessons.spam.into(),
            self.cuts.into(),
            self.features.len() as u64,
        ] {
            write(&mut out, number);
        }
        let mut all: Vec<(&u64, &Counts)> = self.features.iter().collect();
        all.sort_unstable_by_key(|(key, _)| **key);
        let mut before = 0;
        for (key, counts) in all {
            write(&mut out, key - before);
            write(&mut out, counts.ham.into());
            write(&mut out, counts.spam.into());
            before = *key;
        }
        out
    }

    /// Reads a model.
    ///
    /// # Errors
    /// Of another version, over [`MODEL_BYTES_MAX`], or not as it is written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BytesError> {
        if bytes.len() > MODEL_BYTES_MAX {
            return Err(BytesError::TooLarge { max: MODEL_BYTES_MAX });
        }
        let mut reader = Reader::new(bytes);
        reader.expect(MARK)?;
        let version = reader.number()?;
        if version != VERSION {
            return Err(BytesError::Version { found: version });
        }
        let lessons = Counts { ham: reader.small()?, spam: reader.small()? };
        let cuts = reader.small()?;
        let count = reader.count(FEATURES_MAX)?;
        let mut features = HashMap::with_capacity(count);
        let mut before = None;
        for _ in 0..count {
            let key = reader.key(before, KEY_BITS)?;
            let counts = Counts { ham: reader.small()?, spam: reader.small()? };
            if counts.is_empty() {
                return Err(BytesError::Broken);
            }
            features.insert(key, counts);
            before = Some(key);
        }
        reader.end()?;
        Ok(Self { lessons, features, cuts })
    }
}
