//! Reads how a mesh's data is laid out (ISO 32000-2 §8.7.4.5.5 to §8.7.4.5.8)
//! and counts the triangles it is drawn with. Knows no colour and no page.

use hayro_syntax::object::Dict;

use crate::model::{self, Obj};
use crate::source;

/// The layout of a mesh whose every entry has an allowed value.
pub struct Layout {
    kind: i64,
    bits_per_coordinate: u64,
    bits_per_component: u64,
    bits_per_flag: u64,
    vertices_per_row: u64,
    /// Four limits of the coordinates, then two for each colour value.
    decode: Vec<f64>,
}

/// What a mesh is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Vertices, of triangle meshes.
    pub vertices: u64,
    /// Triangles, patches cut into theirs.
    pub triangles: u64,
}

impl Layout {
    /// Reads the layout of a mesh with `colors` values at each corner; nothing
    /// where an entry is missing or not allowed.
    #[must_use]
    pub fn read(dict: &Dict<'_>, kind: i64, colors: usize) -> Option<Self> {
        let bits = |key: &str, allowed: &[i64]| {
            let bits = source::int_of(dict, key).filter(|bits| allowed.contains(bits))?;
            u64::try_from(bits).ok()
        };
        let needed = 4 + 2 * colors;
        let decode = source::reals_in(dict, "Decode", needed)?;
        let is_fit = decode.len() == needed
            && decode.iter().all(|value| value.is_finite())
            && decode.iter().take(4).all(|value| value.abs() <= COORDINATE_MAX);
        if !is_fit || colors == 0 {
            return None;
        }
        let row = source::int_of(dict, "VerticesPerRow");
        let has_rows = kind == LATTICE;
        Some(Self {
            kind,
            bits_per_coordinate: bits("BitsPerCoordinate", &[1, 2, 4, 8, 12, 16, 24, 32])?,
            bits_per_component: bits("BitsPerComponent", &[1, 2, 4, 8, 12, 16])?,
            bits_per_flag: if has_rows { 0 } else { bits("BitsPerFlag", &[2, 4, 8])? },
            vertices_per_row: if has_rows { u64::try_from(row?).ok()? } else { ROW_MIN },
            decode,
        })
        .filter(|layout| layout.vertices_per_row >= ROW_MIN)
    }

    /// Writes the layout down.
    pub fn put(&self, new: &mut model::Dict) {
        let int = |value: u64| Obj::int(i64::try_from(value).unwrap_or(i64::MAX));
        new.put("Decode", Obj::reals(&self.decode));
        new.put("BitsPerCoordinate", int(self.bits_per_coordinate));
        new.put("BitsPerComponent", int(self.bits_per_component));
        if self.kind == LATTICE {
            new.put("VerticesPerRow", int(self.vertices_per_row));
        } else {
            new.put("BitsPerFlag", int(self.bits_per_flag));
        }
    }

    /// Colour values at each corner.
    #[must_use]
    pub fn colors(&self) -> u64 {
        (self.decode.len() as u64).saturating_sub(4) / 2
    }

    /// Counts what `data` holds.
    #[must_use]
    pub fn size(&self, data: &[u8]) -> Size {
        let point = 2 * self.bits_per_coordinate;
        let color = self.colors() * self.bits_per_component;
        let vertex_bytes = (self.bits_per_flag + point + color).div_ceil(8).max(1);
        let vertices = data.len() as u64 / vertex_bytes;
        let triangles = match self.kind {
            FREE_FORM => self.free_form(data, vertex_bytes as usize),
            LATTICE => {
                let rows = (vertices / self.vertices_per_row).saturating_sub(1);
                rows.saturating_mul(2 * (self.vertices_per_row - 1))
            }
            COONS => return Size { vertices: 0, triangles: self.patches(data, 12, point, color) },
            _ => return Size { vertices: 0, triangles: self.patches(data, 16, point, color) },
        };
        Size { vertices, triangles }
    }

    /// A vertex of flag zero starts a triangle of its own and two more follow.
    fn free_form(&self, data: &[u8], vertex_bytes: usize) -> u64 {
        let mut triangles = 0;
        let mut at = 0;
        while let Some(first) = data.get(at) {
            let starts = u64::from(*first) >> (8 - self.bits_per_flag) == 0;
            at += vertex_bytes * if starts { 3 } else { 1 };
            triangles += 1;
        }
        triangles
    }

    /// A patch of another flag shares one side and two colours with the last.
    fn patches(&self, data: &[u8], points: u64, point: u64, color: u64) -> u64 {
        let bits = data.len() as u64 * 8;
        let mut patches = 0_u64;
        let mut at = 0_u64;
        while at < bits {
            let byte = data.get((at / 8) as usize).copied().unwrap_or(0);
            let next = data.get((at / 8) as usize + 1).copied().unwrap_or(0);
            let window = u64::from(u16::from_be_bytes([byte, next]));
            let flag =
                (window >> (16 - at % 8 - self.bits_per_flag)) & ((1 << self.bits_per_flag) - 1);
            let (shared_points, colors) = if flag == 0 { (0, 4) } else { (4, 2) };
            at += self.bits_per_flag + (points - shared_points) * point + colors * color;
            patches += 1;
        }
        patches.saturating_mul(TRIANGLES_PER_PATCH)
    }
}

impl Size {
    /// Estimates the memory of all triangles at once, in bytes.
    #[must_use]
    pub fn bytes(self, colors: u64) -> u64 {
        // Up to four colour values stand in the vertex itself.
        let aside = if colors > 4 { 3 * (8 * colors + 16) } else { 0 };
        // The library's list doubles when it is full.
        let places = self.triangles.checked_next_power_of_two().unwrap_or(u64::MAX);
        let triangles = places.saturating_mul(TRIANGLE_BYTES + aside);
        triangles.saturating_add(self.vertices.saturating_mul(VERTEX_BYTES + aside / 3))
    }
}

const FREE_FORM: i64 = 4;
const LATTICE: i64 = 5;
const COONS: i64 = 6;
/// Vertices that a row has at least.
const ROW_MIN: u64 = 2;
/// Largest coordinate, in units of the shading's space: far beyond any page,
/// within what viewers that count in 32 bits can hold.
const COORDINATE_MAX: f64 = 1e9;
/// The drawing library cuts a patch into 19 by 19 cells of two.
const TRIANGLES_PER_PATCH: u64 = 722;
/// The drawing library's triangle: three vertices and what it derives.
const TRIANGLE_BYTES: u64 = 224;
const VERTEX_BYTES: u64 = 48;
