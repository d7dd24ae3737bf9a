//! Which EMF records pass and how each is laid out, [MS-EMF] 2.3. Whatever has no
//! row here goes.

use sanitize_core::Job;

use super::State;
use super::bitmap::{self, Bitmap};
use super::{fields, text};
use crate::bytes::Reader;
use crate::codes;
use crate::metafile::{Fault, OrBroken, Outcome, words};

/// How the data of a record are laid out.
pub(super) enum Shape {
    /// So many 32-bit numbers.
    Words(usize),
    /// So many numbers, the first being one of 0 to a maximum.
    Choice(usize, u32),
    /// Bounds, a count, and points of two 32-bit numbers.
    Points,
    /// The same with 16-bit numbers.
    Points16,
    /// Bounds, two counts, counts of points, points of two 32-bit numbers.
    PolyPoints,
    /// The same with 16-bit numbers.
    PolyPoints16,
    /// Bounds, a count, points of the given bytes, and a byte for each.
    PolyDraw(usize),
    /// Bounds, a size, so many numbers, and a region.
    Region(usize),
    /// A size, a mode, and a region or none.
    ClipRegion,
    /// An object's place and so many numbers.
    Object(usize),
    Palette,
    Font,
    Pen,
    Select,
    Delete,
    Bitmap(Bitmap),
    Gradient,
    Text(text::Width),
    SmallText,
}

/// Finds the layout of a record that may pass.
fn shape(kind: u32) -> Option<Shape> {
    use Shape::{
        Choice, ClipRegion, Delete, Font, Gradient, Object, Palette, Pen, Points, Points16,
        PolyDraw, PolyPoints, PolyPoints16, Region, Select, SmallText, Text, Words,
    };
    Some(match kind {
        2..=6 => Points,
        7 | 8 => PolyPoints,
        // Window, viewport and brush origins, 2.3.11.
        9..=13 => Words(2),
        15 => Words(3),
        16 => Words(1),
        17 => Choice(1, 8),
        18 | 19 => Choice(1, 2),
        20 => Choice(1, 16),
        21 => Choice(1, 4),
        22 | 24 | 25 => Words(1),
        26 | 27 => Words(2),
        28 | 33 => Words(0),
        29 | 30 => Words(4),
        31 | 32 => Words(4),
        34 => Words(1),
        35 => Words(6),
        36 => Words(7),
        37 => Select,
        38 => Object(4),
        39 => Object(3),
        40 => Delete,
        41 => Words(5),
        42 | 43 => Words(4),
        44 => Words(6),
        45..=47 | 55 => Words(8),
        48 => Select,
        49 => Palette,
        52 => Words(0),
        53 => Words(4),
        54 => Words(2),
        56 => PolyDraw(8),
        57 => Choice(1, 2),
        58 => Words(1),
        59..=61 | 65 | 66 | 68 => Words(0),
        62..=64 => Words(4),
        67 => Choice(1, 5),
        71 => Region(1),
        72 => Region(3),
        73 | 74 => Region(0),
        75 => ClipRegion,
        76..=81 | 93 | 94 | 114 | 116 => Shape::Bitmap(bitmap::layout(kind)?),
        82 => Font,
        83 => Text(text::Width::Bytes),
        84 => Text(text::Width::Units),
        85..=89 => Points16,
        90 | 91 => PolyPoints16,
        92 => PolyDraw(4),
        95 => Pen,
        98 => Choice(1, 4),
        108 => SmallText,
        115 => Words(1),
        118 => Gradient,
        120 => Words(2),
        _ => return None,
    })
}

/// Says why a record that has no layout goes.
fn unwanted(kind: u32) -> &'static sanitize_core::Code {
    match kind {
        // DRAWESCAPE, EXTESCAPE, NAMEDESCAPE, 2.3.6.
        105 | 106 | 110 => &codes::METAFILE_ESCAPE,
        // Colour spaces and profiles, 2.3.1 and 2.3.8.
        99..=101 | 111..=113 | 121 | 122 => &codes::ICC_DROPPED,
        _ => &codes::METAFILE_UNKNOWN,
    }
}

/// EMR_GDICOMMENT, 2.3.3.
const COMMENT: u32 = 70;

/// Writes one record's data anew.
pub(super) fn rewrite(
    kind: u32,
    data: &[u8],
    state: &mut State,
    job: &mut Job<'_>,
) -> Result<Outcome, Fault> {
    if kind == COMMENT {
        return Ok(comment(data, state));
    }
    let Some(shape) = shape(kind) else { return Ok(Outcome::Drop(unwanted(kind))) };
    let mut reader = Reader::little(data);
    let mut out = Vec::with_capacity(data.len());
    match shape {
        Shape::Words(count) => words(&mut reader, count, &mut out).or_broken()?,
        Shape::Choice(count, max) => {
            let choice = reader.clone().u32().or_broken()?;
            if choice > max {
                return Err(Fault::Broken);
            }
            words(&mut reader, count, &mut out).or_broken()?;
        }
        Shape::Points => fields::points(&mut reader, 8, &mut out).or_broken()?,
        Shape::Points16 => fields::points(&mut reader, 4, &mut out).or_broken()?,
        Shape::PolyPoints => fields::poly_points(&mut reader, 8, &mut out).or_broken()?,
        Shape::PolyPoints16 => fields::poly_points(&mut reader, 4, &mut out).or_broken()?,
        Shape::PolyDraw(bytes) => fields::poly_draw(&mut reader, bytes, &mut out).or_broken()?,
        Shape::Region(count) => {
            fields::region_record(&mut reader, count, state, &mut out).or_broken()?;
        }
        Shape::ClipRegion => fields::clip_region(&mut reader, &mut out).or_broken()?,
        Shape::Gradient => fields::gradient(&mut reader, &mut out).or_broken()?,
        Shape::Object(count) => {
            let place = fields::place(&mut reader, &mut out).or_broken()?;
            words(&mut reader, count, &mut out).or_broken()?;
            state.objects.create(place);
        }
        Shape::Palette => {
            let place = fields::place(&mut reader, &mut out).or_broken()?;
            fields::palette(&mut reader, &mut out).or_broken()?;
            state.objects.create(place);
        }
        Shape::Font => {
            let place = fields::place(&mut reader, &mut out).or_broken()?;
            fields::font(&mut reader, &mut out).or_broken()?;
            state.objects.create(place);
        }
        Shape::Pen => bitmap::pen(data, state, &mut out, job)?,
        Shape::Select => return fields::select(&mut reader, state).or_broken(),
        Shape::Delete => {
            let place = reader.u32().or_broken()?;
            if !state.objects.has(place as usize) {
                return Ok(Outcome::Skip);
            }
            state.objects.delete(place as usize);
            out.extend(place.to_le_bytes());
        }
        Shape::Bitmap(layout) => bitmap::rewrite(&layout, data, state, &mut out, job)?,
        Shape::Text(width) => text::rewrite(width, data, &mut out).or_broken()?,
        Shape::SmallText => text::rewrite_small(&mut reader, &mut out).or_broken()?,
    }
    state.has_drawn |= draws(kind);
    Ok(Outcome::Keep(out))
}

/// Says whether a record puts something on the page, 2.3.5.
fn draws(kind: u32) -> bool {
    matches!(
        kind,
        2..=8 | 15 | 41..=47 | 53..=56 | 62..=64 | 71..=74 | 76..=81 | 83..=92 | 108 | 114 | 116 | 118
    )
}

/// Comments draw nothing by themselves; EMF+ is noted for the end.
fn comment(data: &[u8], state: &mut State) -> Outcome {
    let mut reader = Reader::little(data);
    let size = reader.u32().unwrap_or(0) as usize;
    let body = &reader.rest()[..reader.left().min(size)];
    let Some(body) = body.strip_prefix(b"EMF+") else {
        let says_something = body.iter().any(|&byte| byte != 0);
        return if says_something {
            Outcome::Drop(&codes::METAFILE_COMMENT)
        } else {
            Outcome::Skip
        };
    };
    state.has_plus = true;
    // [MS-EMFPLUS] 2.3.3.3: EmfPlusHeader comes first; its lowest flag means dual.
    if let [0x01, 0x40, flags, ..] = body {
        state.is_plus_only |= flags & 1 == 0;
    }
    Outcome::Skip
}
