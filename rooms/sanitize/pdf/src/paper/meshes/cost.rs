//! Adds up what drawing a page's meshes costs: goes wherever the drawing
//! library goes and counts the pixels that it would visit. Draws nothing.

use std::collections::HashMap;

use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::pattern::{Pattern, ShadingPattern, TilingPattern};
use hayro::hayro_interpret::shading::{ShadingType, Triangle};
use hayro::hayro_interpret::util::x_y_advances;
use hayro::hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint,
    SoftMask,
};
use hayro::kurbo::{Affine, BezPath, Point, Rect};

/// What a mesh costs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Pixels looked at, each once for every triangle whose box it lies in.
    pub visits: u64,
    /// Most memory at one time, in bytes.
    pub bytes: u64,
}

impl Cost {
    /// Says whether a page of this cost may be drawn.
    #[must_use]
    pub fn is_affordable(self) -> bool {
        self.visits <= VISITS_MAX && self.bytes <= BYTES_MAX
    }

    /// Adds the cost of what is drawn before or after.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self {
            visits: self.visits.saturating_add(other.visits),
            bytes: self.bytes.max(other.bytes),
        }
    }

    /// Returns the cost where everything has `factor` times the area.
    #[must_use]
    pub fn grown(self, factor: f64) -> Self {
        let grow = |value: u64| (value as f64 * factor) as u64;
        Self { visits: grow(self.visits), bytes: grow(self.bytes) }
    }
}

/// Counts while a page is interpreted.
#[derive(Default)]
pub struct Meter {
    /// What each mesh cost so far, by its key.
    pub costs: HashMap<u128, Cost>,
    /// How often each thing under way is drawn, where it is part of tiles.
    copies: Option<u64>,
    masks: HashMap<u128, ()>,
    triangles: Vec<Triangle>,
}

impl Meter {
    fn paint<'a>(&mut self, paint: &Paint<'a>) {
        let Paint::Pattern(pattern) = paint else { return };
        match &**pattern {
            Pattern::Shading(shading) => self.shading(shading),
            Pattern::Tiling(tiling) => self.tiling(tiling),
        }
    }

    fn tiling(&mut self, tiling: &TilingPattern<'_>) {
        let (across, down) = x_y_advances(&tiling.matrix);
        let axis = |step: f32, advance: f64, size: f64| {
            let step = f64::from(step.abs());
            // The library rounds a step to whole pixels, at least one.
            let scale = (step * advance).round().max(1.0) / step;
            (scale, (size.abs() / step) as u64 + 2)
        };
        let (x, columns) = axis(tiling.x_step, across.hypot(), tiling.bbox.width());
        let (y, rows) = axis(tiling.y_step, down.hypot(), tiling.bbox.height());
        let outer = self.copies;
        let copies = columns.saturating_mul(rows).saturating_mul(outer.unwrap_or(1));
        self.copies = Some(copies);
        tiling.interpret(self, Affine::scale_non_uniform(x, y), false);
        self.copies = outer;
    }

    fn shading(&mut self, pattern: &ShadingPattern) {
        let key = pattern.shading.cache_key();
        if self.costs.get(&key).is_some_and(|cost| cost.visits > HOPELESS_VISITS) {
            return;
        }
        let mut count = Count { matrix: pattern.matrix, ..Count::default() };
        count.anywhere = self.copies.is_some();
        let kept = &mut self.triangles;
        let mut each = |cut: &dyn Fn(&mut Vec<Triangle>)| {
            kept.clear();
            cut(kept);
            kept.iter().for_each(|triangle| count.add(triangle));
            kept.len()
        };
        let cut = match &*pattern.shading.shading_type {
            ShadingType::TriangleMesh { triangles, .. } => {
                triangles.iter().for_each(|triangle| count.add(triangle));
                triangles.len()
            }
            ShadingType::CoonsPatchMesh { patches, .. } => {
                patches.iter().map(|patch| each(&|out| patch.to_triangles(out))).sum()
            }
            ShadingType::TensorProductPatchMesh { patches, .. } => {
                patches.iter().map(|patch| each(&|out| patch.to_triangles(out))).sum()
            }
            ShadingType::FunctionBased { .. }
            | ShadingType::RadialAxial { .. }
            | ShadingType::Dummy => return,
        };
        let cost = Cost {
            visits: count.visits.saturating_mul(self.copies.unwrap_or(1)),
            bytes: count.bytes().saturating_add((cut as u64).next_power_of_two() * TRIANGLE_BYTES),
        };
        let known = self.costs.entry(key).or_default();
        *known = known.beside(cost);
    }

    fn mask<'a>(&mut self, mask: Option<&SoftMask<'a>>) {
        // The library keeps what it drew for a mask.
        if let Some(mask) = mask
            && self.masks.insert(mask.cache_key(), ()).is_none()
        {
            mask.interpret(self);
        }
    }
}

impl<'a> Device<'a> for Meter {
    fn draw_path(&mut self, _: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        self.mask(props.soft_mask.as_ref());
        self.paint(&props.paint);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.mask(props.soft_mask.as_ref());
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Outline(_) => self.paint(&props.paint),
                Glyph::Type3(inner) => {
                    inner.interpret(self, props.transform, glyph.transform(), &props.paint);
                }
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.mask(props.soft_mask.as_ref());
        if let Image::Stencil(stencil) = image {
            stencil.with_stencil(|_, paint| self.paint(paint), Some((1, 1)));
        }
    }

    fn push_transparency_group(&mut self, _: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        self.mask(mask.as_ref());
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// The pixels of one mesh, as the drawing library counts them: from zero to
/// the largest number of 16 bits, whatever the page's size.
#[derive(Default)]
struct Count {
    matrix: Affine,
    /// Whether the mesh may be moved: then only sizes count.
    anywhere: bool,
    visits: u64,
    bounds: Option<Rect>,
}

impl Count {
    fn add(&mut self, triangle: &Triangle) {
        let corner = |point: Point| self.matrix * point;
        let (a, b, c) =
            (corner(triangle.p0.point), corner(triangle.p1.point), corner(triangle.p2.point));
        let around = Rect::from_points(a, b).union_pt(c);
        self.visits = self.visits.saturating_add(self.area(around));
        self.bounds = Some(self.bounds.map_or(around, |bounds| bounds.union(around)));
    }

    fn area(&self, around: Rect) -> u64 {
        let side = |low: f64, high: f64| {
            let (low, high) = if self.anywhere { (0.0, high - low + 1.0) } else { (low, high) };
            u64::from((high.ceil() as u16).saturating_sub(low.floor() as u16))
        };
        side(around.x0, around.x1) * side(around.y0, around.y1)
    }

    /// The table of coloured pixels: it doubles when seven eighths are used,
    /// and then the old half is still there.
    fn bytes(&self) -> u64 {
        let pixels = self.bounds.map_or(0, |bounds| self.area(bounds)).min(self.visits);
        let places = (pixels + pixels / 7).next_power_of_two();
        places.saturating_mul(PIXEL_BYTES + PIXEL_BYTES / 2)
    }
}

/// Visits of one page: under half a second's work.
const VISITS_MAX: u64 = 24_000_000;
/// Beyond this no coarser scale helps, and counting ends.
const HOPELESS_VISITS: u64 = VISITS_MAX * 1000;
/// Memory that one mesh may take while it is drawn.
const BYTES_MAX: u64 = 240 << 20;
/// Coordinates, colour and the table's own byte.
const PIXEL_BYTES: u64 = 29;
const TRIANGLE_BYTES: u64 = 224;
