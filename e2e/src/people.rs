//! Documents with people in them, and their twins without: registers, forms,
//! letters, squared paper, in every format that can be made here. People are
//! made up from lists of their own; whoever looks for them must bring another
//! list, and must work the check digits out another way.

mod clauses;
mod content;
mod layouts;
mod person;
mod render;
mod twins;

pub use person::{Person, Random};

/// How often things were planted in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planted {
    /// Personal numbers.
    pub numbers: u64,
    /// Names with an address or a birth date.
    pub named: u64,
    /// Credit cards.
    pub cards: u64,
    /// Distinct people.
    pub persons: u64,
}

/// One made document.
#[derive(Clone)]
pub struct Document {
    /// Unique name: number, layout, format.
    pub id: String,
    /// Name to hand it in under.
    pub file: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// The format and how it carries the content.
    pub format: &'static str,
    /// How the people stand in it, or what misses them by a hair.
    pub layout: &'static str,
    /// What was planted; nothing in twins.
    pub planted: Planted,
}

/// Makes documents one by one: each second one is a twin without people.
/// The same seed makes the same documents.
pub fn documents(count: usize, seed: u64) -> impl Iterator<Item = Document> {
    let mut random = Random::new(seed);
    (0..count).map(move |index| {
        let round = index / 2;
        let format = render::FORMATS[round % render::FORMATS.len()];
        // Layouts and formats meet in every pair, whatever the number of either.
        let turn = round / render::FORMATS.len() + round;
        let (layout, content, planted) = if index.is_multiple_of(2) {
            let (layout, make) = layouts::LAYOUTS[turn % layouts::LAYOUTS.len()];
            let (content, planted) = make(&mut random);
            (layout, content, planted)
        } else {
            let (layout, make) = twins::TWINS[turn % twins::TWINS.len()];
            (layout, make(&mut random), Planted::default())
        };
        let (extension, bytes) = render::render(format, &content, &mut random);
        let id = format!("{index:05}-{layout}-{format}");
        Document { file: format!("document.{extension}"), id, bytes, format, layout, planted }
    })
}
