//! Japanese documents as offices make them: grid sheets, ruby, vertical text,
//! private-use and variant letters, seals, form controls, era dates, old
//! encodings, CID fonts. Every file comes with the sentences it must keep.

pub mod document;
mod mail;
mod packed;
pub mod pdf;
pub mod sheet;
mod slides;
mod text;

/// One Japanese file.
#[derive(Debug, Clone)]
pub struct Sample {
    /// File name, as an office would give it.
    pub file: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What it says and must say afterwards.
    pub sentences: Vec<String>,
}

impl Sample {
    fn new(file: &str, bytes: Vec<u8>, sentences: &[&str]) -> Self {
        let sentences = sentences.iter().map(|sentence| (*sentence).to_owned()).collect();
        Self { file: file.to_owned(), bytes, sentences }
    }
}

/// Every Japanese file, in a stable order.
#[must_use]
pub fn samples() -> Vec<Sample> {
    [
        document::samples(),
        sheet::samples(),
        slides::samples(),
        pdf::samples(),
        text::samples(),
        packed::samples(),
        mail::samples(),
    ]
    .concat()
}

/// Letters that break where encodings are guessed: beyond the BMP, variation
/// sequences, private use, compatibility ideographs, half-width, circled.
pub const LETTERS: &str = "𠮷野家の髙橋﨑様、葛\u{e0100}城市、外字\u{e000}\u{e757}、ﾊﾝｶｸ、①㈱Ⅲ㍻、～－∥￢￡￠、ゔヷ、叱𠮟";
