//! Draws what has no appearance of its own: the usual marks as viewers draw
//! them, and the value of a text field.

use hayro_syntax::object::{Array, Dict, Object};

use super::{Field, Fields};
use crate::content::{Lexer, Names, Token};
use crate::font;
use crate::model::{self, Num, Obj, spell_name, spell_string};
use crate::rebuild::Rebuilder;
use crate::resources::Category;
use crate::source;

/// Draws a mark-up annotation; `None` for kinds that show nothing by themselves.
pub fn mark(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    kind: &[u8],
    dict: &Dict<'_>,
    names: &mut Names,
) -> Option<Vec<u8>> {
    let drawn = outline(kind, dict)?;
    let mut pen = Pen(b"q\n".to_vec());
    let opacity = source::real_of(dict, "CA").unwrap_or(1.0);
    let multiply = kind == b"Highlight";
    if multiply || opacity < 1.0 {
        let mut state = model::Dict::new();
        state.put("CA", Obj::real(opacity));
        state.put("ca", Obj::real(opacity));
        if multiply {
            state.put("BM", Obj::name("Multiply"));
        }
        let state = rebuilder.writer.put(Obj::Dict(state));
        pen.name(&names.add(Category::State, Obj::Ref(state)), "gs");
    }
    pen.0.extend_from_slice(&drawn.0);
    pen.word("Q");
    Some(pen.0)
}

/// Draws the mark itself.
fn outline(kind: &[u8], dict: &Dict<'_>) -> Option<Pen> {
    let mut pen = Pen(Vec::new());
    let color = source::reals_in(dict, "C", 4);
    match kind {
        b"Highlight" => {
            pen.color(&color.unwrap_or(vec![1.0, 1.0, 0.0]), false);
            for quad in quads(dict)? {
                pen.rect(quad);
                pen.word("f");
            }
        }
        b"Underline" | b"Squiggly" | b"StrikeOut" => {
            pen.color(&color.unwrap_or(vec![0.0]), true);
            for [x0, y0, x1, y1] in quads(dict)? {
                let y = if kind == b"StrikeOut" { (y0 + y1) / 2.0 } else { y0 + 1.0 };
                pen.numbers(&[x0, y], "m");
                pen.numbers(&[x1, y], "l");
                pen.word("S");
            }
        }
        b"Square" | b"Circle" => {
            let width = line_width(dict);
            let interior = source::reals_in(dict, "IC", 4).filter(|ic| !ic.is_empty());
            if let Some(interior) = &interior {
                pen.color(interior, false);
            }
            pen.color(&color.unwrap_or(vec![0.0]), true);
            pen.numbers(&[width], "w");
            let [x0, y0, x1, y1] = source::rect_in(dict, "Rect")?;
            let inset = width / 2.0;
            let rect = [x0 + inset, y0 + inset, x1 - inset, y1 - inset];
            if kind == b"Square" {
                pen.rect(rect)
            } else {
                pen.ellipse(rect)
            }
            pen.word(match (interior.is_some(), width > 0.0) {
                (true, true) => "B",
                (true, false) => "f",
                (false, true) => "S",
                (false, false) => "n",
            });
        }
        b"Ink" => {
            pen.color(&color.unwrap_or(vec![0.0]), true);
            pen.numbers(&[line_width(dict)], "w");
            for stroke in dict.get::<Array<'_>>("InkList")?.iter::<Object<'_>>().take(STROKES_MAX) {
                let Object::Array(points) = stroke else { continue };
                let points = source::reals(&points, POINTS_MAX);
                for (index, point) in points.chunks_exact(2).enumerate() {
                    pen.numbers(point, if index == 0 { "m" } else { "l" });
                }
                pen.word("S");
            }
        }
        _ => return None,
    }
    Some(pen)
}

fn quads(dict: &Dict<'_>) -> Option<Vec<[f64; 4]>> {
    let points = source::reals_in(dict, "QuadPoints", POINTS_MAX)?;
    let corner = |quad: &[f64], odd: usize, pick: fn(f64, f64) -> f64| {
        quad.iter().skip(odd).step_by(2).copied().reduce(pick).unwrap_or(0.0)
    };
    let rect = |quad: &[f64]| {
        [
            corner(quad, 0, f64::min),
            corner(quad, 1, f64::min),
            corner(quad, 0, f64::max),
            corner(quad, 1, f64::max),
        ]
    };
    Some(points.chunks_exact(8).map(rect).collect())
}

fn line_width(dict: &Dict<'_>) -> f64 {
    if let Some(style) = dict.get::<Dict<'_>>("BS") {
        return source::real_of(&style, "W").unwrap_or(1.0).max(0.0);
    }
    let border = source::reals_in(dict, "Border", 3).unwrap_or_default();
    border.get(2).copied().unwrap_or(1.0).max(0.0)
}

/// Draws the value of a text or choice field so that it is not lost.
pub fn field(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    dict: &Dict<'_>,
    field: &Field,
    fields: &Fields,
    names: &mut Names,
) -> Option<Vec<u8>> {
    if !matches!(field.kind.as_slice(), b"Tx" | b"Ch") || field.flags & FLAG_PASSWORD != 0 {
        return None;
    }
    let text = decode_text(field.value.as_deref()?);
    let [x0, y0, x1, y1] = source::rect_in(dict, "Rect")?;
    let (width, height) = (x1 - x0, y1 - y0);
    if text.trim().is_empty() || width <= 0.0 || height <= 0.0 {
        return None;
    }
    let lines: Vec<&str> = text.split(['\n', '\r']).take(LINES_MAX).collect();
    let appearance = field.appearance.as_deref().unwrap_or(&fields.default_appearance);
    let (size, color) = default_appearance(appearance);
    let size = if size > 0.0 { size } else { (height * 0.7 / lines.len() as f64).clamp(4.0, 12.0) };
    let mut pen = Pen(b"q\n".to_vec());
    pen.rect([x0, y0, x1, y1]);
    pen.word("W");
    pen.word("n");
    pen.color(&color, false);
    pen.word("BT");
    let multiline = field.flags & FLAG_MULTILINE != 0;
    let mut y = if multiline { y1 - size - 2.0 } else { y0 + (height - size) / 2.0 + size * 0.2 };
    for line in lines {
        let latin = line.chars().all(|c| (' '..='~').contains(&c));
        let wide = if latin { 0.5 } else { 1.0 };
        let length = line.chars().count() as f64 * size * wide;
        let x = match field.alignment {
            1 => x0 + (width - length) / 2.0,
            2 => x1 - length - 2.0,
            _ => x0 + 2.0,
        };
        let (font, coded) = if latin {
            (font::fallback(rebuilder).ok()?, line.as_bytes().to_vec())
        } else {
            let utf16 = line.encode_utf16().flat_map(u16::to_be_bytes).collect();
            (font::japanese(rebuilder), utf16)
        };
        let name = names.add(Category::Font, font);
        spell_name(&name, &mut pen.0);
        pen.0.push(b' ');
        pen.numbers(&[size], "Tf");
        pen.numbers(&[1.0, 0.0, 0.0, 1.0, x, y], "Tm");
        spell_string(&coded, &mut pen.0);
        pen.word("Tj");
        y -= size * 1.2;
    }
    pen.word("ET");
    pen.word("Q");
    Some(pen.0)
}

/// Reads size and colour of a default appearance string (§12.7.4.3).
fn default_appearance(text: &[u8]) -> (f64, Vec<f64>) {
    let mut lexer = Lexer::new(text);
    let mut numbers: Vec<f64> = Vec::new();
    let (mut size, mut color) = (0.0, vec![0.0]);
    while let Some(token) = lexer.next_token() {
        match token {
            Token::Num(number) => numbers.push(number.value()),
            Token::Word(range) => {
                match (lexer.word(&range), numbers.len()) {
                    (b"Tf", 1..) => size = numbers[numbers.len() - 1],
                    (b"g", 1) | (b"rg", 3) | (b"k", 4) => color.clone_from(&numbers),
                    _ => {}
                }
                numbers.clear();
            }
            _ => {}
        }
    }
    (size.clamp(0.0, 200.0), color)
}

/// Decodes a text string (§7.9.2.2): UTF-16, UTF-8 or a Latin encoding.
#[must_use]
pub fn decode_text(bytes: &[u8]) -> String {
    if let Some(utf16) = bytes.strip_prefix(b"\xFE\xFF") {
        let units: Vec<u16> =
            utf16.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    if let Some(utf8) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return String::from_utf8_lossy(utf8).into_owned();
    }
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

struct Pen(Vec<u8>);

impl Pen {
    fn word(&mut self, word: &str) {
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b'\n');
    }

    fn numbers(&mut self, numbers: &[f64], word: &str) {
        for number in numbers {
            Num::real(*number).spell(&mut self.0);
            self.0.push(b' ');
        }
        self.word(word);
    }

    fn name(&mut self, name: &[u8], word: &str) {
        spell_name(name, &mut self.0);
        self.0.push(b' ');
        self.word(word);
    }

    fn color(&mut self, color: &[f64], stroke: bool) {
        let word = match (color.len(), stroke) {
            (1, true) => "G",
            (1, false) => "g",
            (3, true) => "RG",
            (3, false) => "rg",
            (4, true) => "K",
            (4, false) => "k",
            _ => return,
        };
        self.numbers(color, word);
    }

    fn rect(&mut self, [x0, y0, x1, y1]: [f64; 4]) {
        self.numbers(&[x0, y0, x1 - x0, y1 - y0], "re");
    }

    fn ellipse(&mut self, [x0, y0, x1, y1]: [f64; 4]) {
        let (cx, cy) = ((x0 + x1) / 2.0, (y0 + y1) / 2.0);
        let (dx, dy) = ((x1 - x0) / 2.0 * CIRCLE, (y1 - y0) / 2.0 * CIRCLE);
        self.numbers(&[x1, cy], "m");
        self.numbers(&[x1, cy + dy, cx + dx, y1, cx, y1], "c");
        self.numbers(&[cx - dx, y1, x0, cy + dy, x0, cy], "c");
        self.numbers(&[x0, cy - dy, cx - dx, y0, cx, y0], "c");
        self.numbers(&[cx + dx, y0, x1, cy - dy, x1, cy], "c");
        self.word("h");
    }
}

/// How far a curve's handles reach to draw a quarter of a circle.
const CIRCLE: f64 = 0.552_285;
const STROKES_MAX: usize = 10_000;
const POINTS_MAX: usize = 100_000;
const LINES_MAX: usize = 1000;
/// §12.7.5.3.
const FLAG_MULTILINE: i64 = 1 << 12;
const FLAG_PASSWORD: i64 = 1 << 13;
