//! As much of style as it takes to say what nobody sees: sizes, colours and the
//! ways to hide. No layout.

use std::collections::BTreeMap;

/// Rules of one page.
const RULES_MAX: usize = 2_000;
/// Letters smaller than this, in pixels, are not read by anybody.
const PIXELS_MIN: f32 = 2.5;
/// Colours nearer than this in every part are one to the eye.
const CONTRAST_MIN: u8 = 10;

/// A colour of three parts.
pub(super) type Colour = [u8; 3];

/// What is declared for one element.
#[derive(Debug, Default, Clone)]
pub(super) struct Style {
    declared: BTreeMap<String, String>,
}

impl Style {
    fn add(&mut self, declarations: &str) {
        for declaration in declarations.split(';') {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let value = value.replace("!important", "");
            let property = property.trim().to_ascii_lowercase();
            self.declared.insert(property, value.trim().to_ascii_lowercase());
        }
    }

    fn value(&self, property: &str) -> Option<&str> {
        self.declared.get(property).map(String::as_str)
    }

    /// The text's colour.
    pub(super) fn colour(&self) -> Option<Colour> {
        self.value("color").and_then(colour)
    }

    /// The colour behind the text.
    pub(super) fn background(&self) -> Option<Colour> {
        let value = self.value("background-color").or_else(|| self.value("background"))?;
        value.split_whitespace().find_map(colour).or_else(|| colour(value))
    }

    /// The fonts asked for.
    pub(super) fn fonts(&self) -> Option<&str> {
        self.value("font-family")
    }

    /// Addresses that would be fetched.
    pub(super) fn fetches(&self) -> bool {
        self.declared.values().any(|value| value.contains("url(") && value.contains("//"))
    }

    /// Says whether the element and all in it is hidden by itself.
    pub(super) fn hides(&self) -> bool {
        let is = |property: &str, wanted: &str| self.value(property) == Some(wanted);
        let pixels = |property: &str| self.value(property).and_then(pixels);
        let is_zero = |property: &str| pixels(property).is_some_and(|size| size <= 1.0);
        let clips = self.value("overflow").is_some_and(|value| value.starts_with("hidden"));
        let is_far = |property: &str| pixels(property).is_some_and(|size| size <= -500.0);
        is("display", "none")
            || matches!(self.value("visibility"), Some("hidden" | "collapse"))
            || is("mso-hide", "all")
            || self
                .value("opacity")
                .and_then(|value| value.parse().ok())
                .is_some_and(|value: f32| value < 0.1)
            || pixels("font-size").is_some_and(|size| size < PIXELS_MIN)
            || (clips
                && ["max-height", "height", "max-width", "width"].iter().any(|one| is_zero(one)))
            || ["text-indent", "left", "top", "margin-left", "margin-top"]
                .iter()
                .any(|one| is_far(one))
            || self
                .value("clip")
                .is_some_and(|value| value.replace([' ', ','], "").contains("rect(000"))
            || matches!(self.value("color"), Some("transparent"))
    }

    /// Says whether it is too small to be a picture.
    pub(super) fn is_dot(&self) -> bool {
        let pixels = |property: &str| self.value(property).and_then(pixels);
        pixels("width").is_some_and(|size| size <= 3.0)
            && pixels("height").is_some_and(|size| size <= 3.0)
    }
}

/// Says whether text in `colour` can be seen on `background`.
pub(super) fn is_seen(colour: Colour, background: Colour) -> bool {
    colour.iter().zip(background).any(|(part, behind)| part.abs_diff(behind) >= CONTRAST_MIN)
}

/// Rules with simple selectors: an element, a class, a name, or two of them.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rules: Vec<(Selector, String)>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Selector {
    element: String,
    class: String,
    id: String,
}

impl Sheet {
    /// Reads a style sheet. What stands in `@` blocks depends on the screen and
    /// is passed over.
    pub(super) fn read(&mut self, text: &str) {
        let text = without_comments(text);
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            let (prelude, body) = rest.split_at(open);
            let prelude = prelude.rsplit([';', '}']).next().unwrap_or_default().trim();
            let end = block_end(body);
            let inside = body.get(1..end).unwrap_or_default();
            if !prelude.starts_with('@') {
                for selector in prelude.split(',').filter_map(selector) {
                    if self.rules.len() < RULES_MAX {
                        self.rules.push((selector, inside.to_owned()));
                    }
                }
            }
            rest = body.get(end + 1..).unwrap_or_default();
        }
    }

    /// Puts together what is declared for an element.
    pub(super) fn style(&self, name: &str, class: &str, id: &str, inline: &str) -> Style {
        let mut style = Style::default();
        for (selector, declarations) in &self.rules {
            let fits = (selector.element.is_empty() || selector.element == name)
                && (selector.class.is_empty()
                    || class.split_ascii_whitespace().any(|one| one == selector.class))
                && (selector.id.is_empty() || selector.id == id);
            if fits {
                style.add(declarations);
            }
        }
        style.add(inline);
        style
    }
}

fn selector(text: &str) -> Option<Selector> {
    let text = text.trim();
    let is_simple = |c: char| c.is_alphanumeric() || ".#-_".contains(c);
    if text.is_empty() || !text.chars().all(is_simple) {
        return None;
    }
    let mut selector = Selector::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().skip(1).find(|(_, c)| matches!(c, '.' | '#'));
        let (part, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        match part.split_at_checked(1) {
            Some((".", class)) if selector.class.is_empty() => {
                class.clone_into(&mut selector.class)
            }
            Some(("#", id)) => id.clone_into(&mut selector.id),
            Some((".", _)) | None => return None,
            Some(_) => selector.element = part.to_ascii_lowercase(),
        }
        rest = after;
    }
    Some(selector)
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// Finds the brace that closes the block at the start, or the end.
fn block_end(text: &str) -> usize {
    let mut open = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Reads a length in pixels; other units as they are commonly shown.
fn pixels(value: &str) -> Option<f32> {
    let value = value.trim();
    let end =
        value.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let number: f32 = number.parse().ok()?;
    Some(match unit.trim() {
        "px" | "" => number,
        "pt" => number * 1.33,
        "em" | "rem" => number * 16.0,
        "%" => number * 0.16,
        "mm" => number * 3.8,
        "cm" | "in" => number * 38.0,
        _ => return None,
    })
}

/// Reads a colour as pages write it.
pub(super) fn colour(value: &str) -> Option<Colour> {
    let value = value.trim().to_ascii_lowercase();
    let hex = value.strip_prefix('#').unwrap_or(&value);
    if hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (value.starts_with('#') || hex.len() == 6)
    {
        let digit = |at: usize| hex.get(at..=at).and_then(|one| u8::from_str_radix(one, 16).ok());
        let pair = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        return match hex.len() {
            3 | 4 => Some([digit(0)? * 17, digit(1)? * 17, digit(2)? * 17]),
            6 | 8 => Some([pair(0)?, pair(2)?, pair(4)?]),
            _ => None,
        };
    }
    if let Some(parts) = value.strip_prefix("rgb(").or_else(|| value.strip_prefix("rgba(")) {
        let mut parts =
            parts.trim_end_matches(')').split([',', ' ', '/']).filter(|one| !one.is_empty());
        let mut part = || parts.next().and_then(|one| one.trim().parse::<u8>().ok());
        return Some([part()?, part()?, part()?]);
    }
    Some(match value.as_str() {
        "white" => [255, 255, 255],
        "black" => [0, 0, 0],
        "red" => [255, 0, 0],
        "blue" => [0, 0, 255],
        "green" => [0, 128, 0],
        "yellow" => [255, 255, 0],
        "gray" | "grey" => [128, 128, 128],
        "silver" => [192, 192, 192],
        "snow" => [255, 250, 250],
        "ivory" => [255, 255, 240],
        "whitesmoke" => [245, 245, 245],
        "ghostwhite" => [248, 248, 255],
        "navy" => [0, 0, 128],
        "orange" => [255, 165, 0],
        _ => return None,
    })
}
