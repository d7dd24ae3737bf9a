//! What the learner promises: it says nothing before it was taught, gives its
//! reasons in words, unlearns exactly, and believes no bytes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use mail_engine::auth::Verdicts;
use mail_engine::hints::{Setting, look};
use mail_engine::{Limits, Report};
use mail_spam::{
    BytesError, Class, Context, FEATURES_MAX, Kind, LESSONS_MIN, Lesson, Model, Opinion, Silence,
    Tokens,
};

#[allow(dead_code, reason = "the bench uses the rest")]
mod made;

use made::{Charset, Made};

fn report(bytes: &[u8]) -> Report {
    let message = mail_engine::read(bytes, &Limits::default()).unwrap();
    let hints = look(&message, &Verdicts::default(), &Setting::default());
    Report::new(&message, &Verdicts::default(), &hints)
}

fn tokens(bytes: &[u8]) -> Tokens {
    Tokens::of(&report(bytes), &Context::default())
}

fn words(tokens: &Tokens, kind: Kind) -> Vec<String> {
    let of_kind = tokens.items().iter().filter(|item| item.kind == kind);
    of_kind.map(|item| tokens.words(item)).collect()
}

fn has(tokens: &Tokens, kind: Kind, word: &str) -> bool {
    words(tokens, kind).iter().any(|known| known == word)
}

fn lesson(made: &Made) -> Lesson {
    let class = if made.is_spam { Class::Spam } else { Class::Ham };
    Lesson::new(&tokens(&made.bytes(Charset::Utf8)), class)
}

fn taught() -> Model {
    let mut model = Model::default();
    made::all().iter().filter(|made| made.is_lesson).for_each(|made| model.learn(&lesson(made)));
    model
}

#[test]
fn the_same_mail_has_the_same_tokens_in_every_charset() {
    for made in made::all().iter().step_by(7) {
        let first = tokens(&made.bytes(Charset::Utf8));
        let keys = |tokens: &Tokens| tokens.items().iter().map(|i| i.key).collect::<Vec<_>>();
        for charset in Charset::ALL {
            let other = tokens(&made.bytes(charset));
            assert_eq!(keys(&first), keys(&other), "{charset:?}: {}", made.subject);
            let is_broken = |word: &String| word.contains('\u{FFFD}') || word.contains("縺");
            assert!(!words(&other, Kind::Text).iter().any(is_broken), "{charset:?}");
        }
    }
}

#[test]
fn widths_and_line_ends_make_no_other_words() {
    let plain = "Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n請求書データABC確認のお願い\r\n";
    let odd = "Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n請求書ﾃﾞｰﾀＡＢＣ確\r\n認のお願い\r\n";
    let (plain, odd) = (tokens(plain.as_bytes()), tokens(odd.as_bytes()));
    for word in ["請求書", "データ", "abc", "確認"] {
        assert!(has(&plain, Kind::Text, word), "{word}: {:?}", words(&plain, Kind::Text));
        assert!(has(&odd, Kind::Text, word), "{word}: {:?}", words(&odd, Kind::Text));
    }
    let keys = |tokens: &Tokens| {
        let text = tokens.items().iter().filter(|item| item.kind == Kind::Text);
        text.map(|item| item.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&plain), keys(&odd));
}

#[test]
fn latin_words_stand_alone_and_in_pairs() {
    let mail = "Subject: =?utf-8?Q?Free_money?=\r\nFrom: Shop <a@www.shop.example.com>\r\n\r\n\
                Click here now for $500 at https://www.cheap.example.net/a\r\n";
    let tokens = tokens(mail.as_bytes());
    for word in ["click", "click here", "$500", "for $500"] {
        assert!(has(&tokens, Kind::Text, word), "{word}: {:?}", words(&tokens, Kind::Text));
    }
    assert!(has(&tokens, Kind::Subject, "free money"));
    assert!(has(&tokens, Kind::Host, "www.cheap.example.net"));
    assert!(has(&tokens, Kind::Sender, "example.com"));
    assert!(has(&tokens, Kind::Trait, "links 1"));
}

#[test]
fn history_is_a_trait_where_it_is_known() {
    let report = report(b"Subject: a\r\n\r\na\r\n");
    let known = Context { delivered: Some(9), reported: Some(0), ..Context::default() };
    let tokens = Tokens::of(&report, &known);
    assert!(has(&tokens, Kind::Trait, "delivered before 8"));
    assert!(has(&tokens, Kind::Trait, "reported before 0"));
}

#[test]
fn an_untaught_model_says_nothing() {
    let spam: Vec<Made> = made::all().into_iter().filter(|made| made.is_spam).collect();
    let mut model = Model::default();
    let mail = tokens(&spam[0].bytes(Charset::Utf8));
    assert_eq!(model.score(&mail), Opinion::None(Silence::Untaught { ham: 0, spam: 0 }));
    spam.iter().take(40).for_each(|made| model.learn(&lesson(made)));
    // One side alone is no measure.
    assert_eq!(model.score(&mail), Opinion::None(Silence::Untaught { ham: 0, spam: 40 }));
    const { assert!(LESSONS_MIN <= 40) };
}

#[test]
fn a_taught_model_tells_spam_and_says_by_which_words() {
    let model = taught();
    let (mut right, mut all) = (0, 0);
    for made in made::all().iter().filter(|made| !made.is_lesson) {
        let Opinion::Score(score) = model.score(&tokens(&made.bytes(Charset::Iso2022Jp))) else {
            panic!("no opinion on {}", made.subject)
        };
        assert!(!score.for_spam.is_empty() || !score.for_ham.is_empty());
        right += usize::from((score.value >= mail_spam::SPAM_FROM) == made.is_spam);
        all += 1;
    }
    assert!(right * 100 >= all * 98, "{right} of {all}");
    let phishing = "Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                    アカウントの利用を制限しました。本人確認のため暗証番号をご入力ください。\r\n";
    let Opinion::Score(score) = model.score(&tokens(phishing.as_bytes())) else { panic!("silent") };
    let said: Vec<&str> = score.for_spam.iter().map(|reason| reason.words.as_str()).collect();
    assert!(said.iter().any(|word| "アカウント本人確認制限暗証番号".contains(word)), "{said:?}");
    assert!(score.for_spam.iter().all(|reason| reason.weight > 0.0 && reason.spam > 0));
}

#[test]
fn a_mail_of_unknown_words_is_not_judged() {
    let model = taught();
    let mut empty = Model::default();
    for index in 0..LESSONS_MIN {
        for class in [Class::Ham, Class::Spam] {
            let mail = format!("Subject: q{index}\r\n\r\nzz{index}\r\n");
            let keys = Lesson::new(&Tokens::default(), class);
            assert!(!mail.is_empty());
            empty.learn(&keys);
        }
    }
    let mail = tokens("Subject: a\r\n\r\nquux\r\n".as_bytes());
    assert_eq!(empty.score(&mail), Opinion::None(Silence::Unknown { known: 0 }));
    assert!(matches!(
        model.score(&mail),
        Opinion::Score(_) | Opinion::None(Silence::Unknown { .. })
    ));
}

#[test]
fn what_is_taken_back_was_never_learned() {
    let before = taught();
    let mut model = before.clone();
    let wrong: Vec<Lesson> = made::all()
        .iter()
        .filter(|made| !made.is_lesson)
        .map(|made| {
            let class = if made.is_spam { Class::Ham } else { Class::Spam };
            Lesson::new(&tokens(&made.bytes(Charset::Utf8)), class)
        })
        .collect();
    for lesson in &wrong {
        // Kept as bytes beside the report, as the room does.
        model.learn(&Lesson::from_bytes(&lesson.to_bytes()).unwrap());
    }
    assert_ne!(before.to_bytes(), model.to_bytes());
    wrong.iter().rev().for_each(|lesson| model.forget(lesson));
    assert_eq!(before.to_bytes(), model.to_bytes());
}

#[test]
fn the_order_of_teaching_does_not_matter() {
    let lessons: Vec<Lesson> = made::all().iter().map(lesson).collect();
    let (mut one, mut other) = (Model::default(), Model::default());
    lessons.iter().for_each(|lesson| one.learn(lesson));
    lessons.iter().rev().for_each(|lesson| other.learn(lesson));
    assert_eq!(one.to_bytes(), other.to_bytes());
}

#[test]
fn forgetting_what_was_never_taught_breaks_nothing() {
    let mut model = Model::default();
    made::all().iter().take(3).for_each(|made| model.forget(&lesson(made)));
    assert_eq!(model.to_bytes(), Model::default().to_bytes());
}

#[test]
fn bytes_carry_the_whole_model() {
    let model = taught();
    let bytes = model.to_bytes();
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.to_bytes(), bytes);
}

#[test]
fn hostile_bytes_are_an_error() {
    let bytes = taught().to_bytes();
    for end in (0..bytes.len()).step_by(97) {
        assert!(Model::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Model::from_bytes(&longer), Err(BytesError::Broken));
    let mut newer = bytes;
    newer[6] = 9;
    assert_eq!(Model::from_bytes(&newer), Err(BytesError::Version { found: 9 }));
    // Says that a hundred million tokens follow.
    let huge = [b"SKSPAM".as_slice(), &[1, 0, 0, 0, 0x80, 0xC2, 0xD7, 0x2F]].concat();
    assert_eq!(Model::from_bytes(&huge), Err(BytesError::Broken));
    // A number written longer than it must be, keys that stand still, no counts.
    for tail in [&[0x81, 0x00][..], &[2, 5, 1, 0, 0, 1, 0], &[1, 5, 0, 0]] {
        let bytes = [b"SKSPAM".as_slice(), &[1, 0, 0, 0], tail].concat();
        assert_eq!(Model::from_bytes(&bytes), Err(BytesError::Broken), "{tail:?}");
    }
    assert!(Lesson::from_bytes(&[1, 2, 0]).is_err());
    assert!(Lesson::from_bytes(&[]).is_err());
    assert!(Lesson::from_bytes(&[1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).is_err());
}

/// A lesson of many keys: the first counts up, so that lessons differ.
fn wide(first: u64, class: u8) -> Lesson {
    let mut bytes = vec![1, class, 0xE0, 0x5D];
    let mut number = first;
    while number >= 0x80 {
        bytes.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes.extend(std::iter::repeat_n(1, 12_000 - 1));
    Lesson::from_bytes(&bytes).unwrap()
}

#[test]
fn a_full_model_drops_what_was_seen_least() {
    let mut model = Model::default();
    let often = wide(1, 0);
    model.learn(&often);
    model.learn(&often);
    let mut first = 20_000;
    while first < 20_000 + 12_000 * 60 {
        model.learn(&wide(first, 1));
        first += 12_000;
        assert!(model.features() <= FEATURES_MAX);
    }
    assert!(model.features() > FEATURES_MAX / 2);
    let bytes = model.to_bytes();
    assert!(bytes.len() < mail_spam::MODEL_BYTES_MAX);
    // What was seen twice is still there: taking it back twice takes 12,000 away.
    let before = model.features();
    model.forget(&often);
    model.forget(&often);
    assert_eq!(before - model.features(), 12_000);
}

#[test]
fn a_long_mail_costs_no_more_than_its_limit() {
    let body = "安価な商品を今すぐ注文してください。".repeat(20_000);
    let mail = format!("Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n");
    let tokens = tokens(mail.as_bytes());
    assert!(tokens.items().len() <= mail_spam::ITEMS_MAX);
    assert!(has(&tokens, Kind::Trait, "links 0"), "traits come before a long text");
}
