//! The allow-list of content operators (ISO 32000-2 annex A) with the operands
//! each takes and what it means for the rewriter.

/// What the operands of an operator must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    /// That many numbers; the last ones count where there are more.
    Numbers(usize),
    /// One to 32 numbers: colour components.
    Components,
    /// An array of numbers, then a number: a dash pattern.
    Dash,
    /// A name of a rendering intent.
    Intent,
    /// A string.
    Text,
    /// Two numbers and a string.
    SpacedText,
    /// An array of strings and numbers.
    TextArray,
}

/// What an operator does, as far as rewriting is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Written as it is.
    State(Operands),
    /// Builds a path; written as it is.
    Path(Operands),
    /// Paints a path; ends it without painting in hidden content.
    Paint,
    /// Shows text; dropped in hidden content.
    Show(Operands),
    /// `q`.
    Save,
    /// `Q`.
    Restore,
    /// `BT`.
    TextStart,
    /// `ET`.
    TextEnd,
    /// `Tf`.
    Font,
    /// `gs`.
    GraphicsState,
    /// `CS` and `cs`.
    ColorSpace,
    /// `SCN` and `scn`.
    Color,
    /// `sh`.
    Shading,
    /// `Do`.
    External,
    /// `BMC`.
    Mark,
    /// `BDC`.
    MarkWithProperties,
    /// `EMC`.
    MarkEnd,
    /// `BI`.
    Inline,
    /// `MP` and `DP`: marks a point and shows nothing.
    Point,
    /// Harmless and without effect; dropped silently.
    Nothing,
}

/// Looks an operator up; `None` where it is not allowed.
#[must_use]
pub fn meaning(word: &[u8]) -> Option<Meaning> {
    use Meaning::{Paint, Path, Show, State};
    use Operands::{Components, Dash, Intent, Numbers, SpacedText, Text, TextArray};
    Some(match word {
        b"w" | b"i" | b"M" | b"J" | b"j" => State(Numbers(1)),
        b"d" => State(Dash),
        b"ri" => State(Intent),
        b"cm" => State(Numbers(6)),
        b"m" | b"l" => Path(Numbers(2)),
        b"c" => Path(Numbers(6)),
        b"v" | b"y" | b"re" => Path(Numbers(4)),
        b"h" | b"W" | b"W*" => Path(Numbers(0)),
        b"b" | b"B" | b"b*" | b"B*" | b"f" | b"F" | b"f*" | b"n" | b"S" | b"s" => Paint,
        b"Tc" | b"Tw" | b"Tz" | b"TL" | b"Ts" | b"Tr" => State(Numbers(1)),
        b"Td" | b"TD" => State(Numbers(2)),
        b"Tm" => State(Numbers(6)),
        b"T*" => State(Numbers(0)),
        b"Tj" | b"'" => Show(Text),
        b"\"" => Show(SpacedText),
        b"TJ" => Show(TextArray),
        b"g" | b"G" => State(Numbers(1)),
        b"rg" | b"RG" => State(Numbers(3)),
        b"k" | b"K" => State(Numbers(4)),
        b"sc" | b"SC" => State(Components),
        b"d0" => State(Numbers(2)),
        b"d1" => State(Numbers(6)),
        b"q" => Meaning::Save,
        b"Q" => Meaning::Restore,
        b"BT" => Meaning::TextStart,
        b"ET" => Meaning::TextEnd,
        b"Tf" => Meaning::Font,
        b"gs" => Meaning::GraphicsState,
        b"cs" | b"CS" => Meaning::ColorSpace,
        b"scn" | b"SCN" => Meaning::Color,
        b"sh" => Meaning::Shading,
        b"Do" => Meaning::External,
        b"BMC" => Meaning::Mark,
        b"BDC" => Meaning::MarkWithProperties,
        b"EMC" => Meaning::MarkEnd,
        b"BI" => Meaning::Inline,
        b"MP" | b"DP" => Meaning::Point,
        b"BX" | b"EX" => Meaning::Nothing,
        _ => return None,
    })
}
