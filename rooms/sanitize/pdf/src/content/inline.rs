//! Inline images (ISO 32000-2 §8.9.7): finds where their data ends and hands
//! them on like any other picture.

use hayro_syntax::object::{Dict, FromBytes};
use sanitize_core::Stop;

use super::names::Scope;
use super::token::{Lexer, Token, is_space};
use crate::codes;
use crate::color::{self, Space};
use crate::filter::{self, Step};
use crate::model::{Num, spell_string};
use crate::picture::{self, NewPicture};
use crate::rebuild::Rebuilder;
use crate::resources::Category;
use crate::source::{self, Found};

/// Reads from after `BI` to after `EI`; `None` where there is no picture.
pub fn read<'a>(
    lexer: &mut Lexer<'_>,
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    scope: &Scope<'a>,
) -> Result<Option<NewPicture>, Stop> {
    let Some(entries) = entries(lexer) else { return Ok(None) };
    let data = take_data(lexer, &entries);
    let space = match entries.space(rebuilder, scope)? {
        Ok(space) => space,
        Err(()) => {
            rebuilder.report(&codes::CONTENT_BROKEN);
            return Ok(None);
        }
    };
    let info = picture::inline_info(
        (entries.number("W", "Width"), entries.number("H", "Height")),
        (entries.number("BPC", "BitsPerComponent"), entries.truth("IM", "ImageMask")),
        space,
        entries.numbers("D", "Decode"),
        entries.truth("I", "Interpolate"),
    );
    let Some(info) = info else { return Ok(None) };
    info.take_pixels(rebuilder)?;
    let parms = entries.params();
    let steps: Vec<Step<'_>> = entries
        .filters()
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let params =
                parms.get(index).and_then(|bytes| Dict::from_bytes(bytes)).unwrap_or_default();
            (name, params)
        })
        .collect();
    let unpacked = filter::unpack_steps(data, &steps, rebuilder.job)?;
    picture::rebuild_inline(rebuilder, info, unpacked).map(Some)
}

/// Keys with the tokens of their values.
struct Entries(Vec<(Vec<u8>, Vec<Value>)>);

/// A token on its own.
#[derive(Clone)]
enum Value {
    Num(Num),
    Name(Vec<u8>),
    Str(Vec<u8>),
    Word(Vec<u8>),
    Mark(&'static [u8]),
}

fn entries(lexer: &mut Lexer<'_>) -> Option<Entries> {
    let mut entries = Entries(Vec::new());
    let mut depth = 0_u32;
    let mut wants_key = true;
    while let Some(token) = lexer.next_token() {
        let value = match &token {
            Token::Word(range) if lexer.word(range) == b"ID" => return Some(entries),
            Token::Word(range) => Value::Word(lexer.word(range).to_vec()),
            Token::Name(range) => Value::Name(lexer.text(range).to_vec()),
            Token::Str(range) => Value::Str(lexer.text(range).to_vec()),
            Token::Num(number) => Value::Num(*number),
            Token::ArrayStart => Value::Mark(b"["),
            Token::ArrayEnd => Value::Mark(b"]"),
            Token::DictStart => Value::Mark(b"<<"),
            Token::DictEnd => Value::Mark(b">>"),
        };
        if wants_key && let Value::Name(name) = value {
            if entries.0.len() >= ENTRIES_MAX {
                return None;
            }
            entries.0.push((name, Vec::new()));
            wants_key = false;
            continue;
        }
        match &value {
            Value::Mark(b"[" | b"<<") => depth += 1,
            Value::Mark(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        wants_key = depth == 0;
        if let Some((_, values)) = entries.0.last_mut() {
            values.push(value);
        }
    }
    None
}

impl Entries {
    fn values(&self, short: &str, long: &str) -> &[Value] {
        let wanted = |key: &[u8]| key == short.as_bytes() || key == long.as_bytes();
        self.0.iter().find(|(key, _)| wanted(key)).map_or(&[], |(_, values)| values.as_slice())
    }

    fn number(&self, short: &str, long: &str) -> i64 {
        match self.values(short, long).first() {
            Some(Value::Num(number)) => number.value() as i64,
            _ => 8 * i64::from(short == "BPC"),
        }
    }

    fn truth(&self, short: &str, long: &str) -> bool {
        matches!(self.values(short, long).first(), Some(Value::Word(word)) if word == b"true")
    }

    fn numbers(&self, short: &str, long: &str) -> Option<Vec<f64>> {
        let values = self.values(short, long).iter().filter_map(|value| match value {
            Value::Num(number) => Some(number.value()),
            _ => None,
        });
        Some(values.take(64).collect::<Vec<_>>()).filter(|values| !values.is_empty())
    }

    fn filters(&self) -> Vec<Vec<u8>> {
        let names = self.values("F", "Filter").iter().filter_map(|value| match value {
            Value::Name(name) => Some(name.clone()),
            _ => None,
        });
        names.take(8).collect()
    }

    /// Spells each parameter dictionary, so that it can be read as one.
    fn params(&self) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        let mut current: Option<Vec<u8>> = None;
        for value in self.values("DP", "DecodeParms") {
            match (value, current.as_mut()) {
                (Value::Mark(b"<<"), _) => current = Some(b"<<".to_vec()),
                (Value::Mark(b">>"), Some(_)) => {
                    let mut bytes = current.take().unwrap_or_default();
                    bytes.extend_from_slice(b">>");
                    out.push(bytes);
                }
                (Value::Word(_), None) => out.push(b"<<>>".to_vec()),
                (other, Some(bytes)) => {
                    other.spell(bytes);
                    bytes.push(b' ');
                }
                _ => {}
            }
        }
        out
    }

    /// Resolves the colour space: a device space, one of the resources, or an
    /// indexed one written out. `Err` where it is none of them.
    fn space<'a>(
        &self,
        rebuilder: &mut Rebuilder<'a, '_, '_>,
        scope: &Scope<'a>,
    ) -> Result<Result<Option<Space>, ()>, Stop> {
        match self.values("CS", "ColorSpace") {
            [] => Ok(Ok(None)),
            [Value::Name(name)] => {
                let device = match name.as_slice() {
                    b"G" | b"DeviceGray" | b"CalGray" => color::device(1),
                    b"RGB" | b"DeviceRGB" | b"CalRGB" => color::device(3),
                    b"CMYK" | b"DeviceCMYK" => color::device(4),
                    _ => None,
                };
                if device.is_some() {
                    return Ok(Ok(device));
                }
                let Some(found) = scope.find(Category::Color, name) else { return Ok(Err(())) };
                let found: Found<'a> = found;
                Ok(color::rebuild(rebuilder, &found, Some(scope))?.map(Some).ok_or(()))
            }
            [
                Value::Mark(_),
                Value::Name(kind),
                Value::Name(base),
                Value::Num(top),
                Value::Str(table),
                ..,
            ] if matches!(kind.as_slice(), b"I" | b"Indexed") => {
                Ok(indexed(base, *top, table).map(Some).ok_or(()))
            }
            _ => Ok(Err(())),
        }
    }
}

fn indexed(base: &[u8], top: Num, table: &[u8]) -> Option<Space> {
    let base = match base {
        b"G" | b"DeviceGray" => color::device(1),
        b"RGB" | b"DeviceRGB" => color::device(3),
        b"CMYK" | b"DeviceCMYK" => color::device(4),
        _ => None,
    }?;
    Some(color::table(base, top.value() as i64, table.to_vec()))
}

impl Value {
    fn spell(&self, out: &mut Vec<u8>) {
        match self {
            Self::Num(number) => number.spell(out),
            Self::Name(name) => crate::model::spell_name(name, out),
            Self::Str(text) => spell_string(text, out),
            Self::Word(word) => out.extend_from_slice(word),
            Self::Mark(mark) => out.extend_from_slice(mark),
        }
    }
}

/// Takes the data after `ID` and leaves the lexer after `EI`.
fn take_data<'b>(lexer: &mut Lexer<'b>, entries: &Entries) -> &'b [u8] {
    let rest = lexer.rest();
    let rest = if rest.first().is_some_and(|b| is_space(*b)) { &rest[1..] } else { rest };
    let lead = lexer.rest().len() - rest.len();
    let mut from = 0;
    if entries.filters().is_empty() {
        // Unfiltered data has a known length: nothing in it can end it early.
        let components = match entries.values("CS", "ColorSpace") {
            [Value::Name(name)] if matches!(name.as_slice(), b"RGB" | b"DeviceRGB") => 3,
            [Value::Name(name)] if matches!(name.as_slice(), b"CMYK" | b"DeviceCMYK") => 4,
            _ => 1,
        };
        let bits = if entries.truth("IM", "ImageMask") {
            1
        } else {
            entries.number("BPC", "BitsPerComponent")
        };
        let size = |key, long| entries.number(key, long).clamp(0, 1 << 20) as usize;
        let row = (size("W", "Width") * components * bits.clamp(1, 16) as usize).div_ceil(8);
        from = row.saturating_mul(size("H", "Height")).min(rest.len());
    }
    let end = end_marker(rest, from).or_else(|| end_marker(rest, 0));
    let (data, after) = match end {
        Some(at) => (&rest[..at], at + 2),
        None => (rest, rest.len()),
    };
    lexer.skip(lead + after);
    data
}

/// Finds `EI` between white space with content after it that looks like text.
fn end_marker(data: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += source::find(data.get(at..)?, b"EI")?;
        let before = at == 0 || at == from || data.get(at - 1).is_some_and(|b| is_space(*b));
        let tail = &data[(at + 2).min(data.len())..];
        let after = tail.first().is_none_or(|b| is_space(*b));
        let text = tail
            .iter()
            .take(LOOK_AHEAD)
            .all(|b| is_space(*b) && *b != 0 || (b' '..=b'~').contains(b));
        if before && after && text {
            return Some(at);
        }
        at += 2;
    }
}

/// Entries of an inline image's dictionary.
const ENTRIES_MAX: usize = 64;
/// Bytes after `EI` that must look like content.
const LOOK_AHEAD: usize = 12;
