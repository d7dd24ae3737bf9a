//! The two languages, and which of them a reader wants.

/// A language that every text exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// 日本語, the source language.
    #[default]
    Japanese,
    /// English.
    English,
}

impl Language {
    /// Both, the source language first.
    pub const ALL: [Self; 2] = [Self::Japanese, Self::English];

    /// The BCP 47 tag, as in `<html lang>`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::English => "English",
        }
    }

    /// Reads a tag; `en-GB` is English.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The best language for an `Accept-Language` header (RFC 9110 §12.5.4);
    /// Japanese where nothing fits.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(RANGES_MAX) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let Some(language) = Self::parse(tag.trim()) else { continue };
            let quality = quality_thousandths(weight.trim());
            if quality > best.map_or(0, |(most, _)| most) {
                best = Some((quality, language));
            }
        }
        best.map_or(Self::Japanese, |(_, language)| language)
    }
}

/// Ranges of one header that are looked at.
const RANGES_MAX: usize = 16;

fn quality_thousandths(weight: &str) -> u16 {
    let Some(value) = weight.strip_prefix("q=") else { return 1_000 };
    let mut digits = value.bytes().filter(u8::is_ascii_digit).map(|digit| u16::from(digit - b'0'));
    let whole = digits.next().unwrap_or(0).min(1);
    let fraction =
        [100, 10, 1].iter().zip(digits).fold(0, |sum, (place, digit)| sum + place * digit);
    (whole * 1_000 + fraction).min(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins() {
        assert_eq!(Language::accepted("fr, en-GB;q=0.8, ja;q=0.9"), Language::Japanese);
        assert_eq!(Language::accepted("en-US,en;q=0.9,ja;q=0.8"), Language::English);
        assert_eq!(Language::accepted("ja;q=0, en;q=0.1"), Language::English);
    }

    #[test]
    fn japanese_where_nothing_fits() {
        for header in ["", "fr", "*;q=1", ";;;q=,,", "zz;q=99999999999"] {
            assert_eq!(Language::accepted(header), Language::Japanese, "{header}");
        }
    }
}
