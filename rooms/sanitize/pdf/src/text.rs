//! Extracts text (method ①): lets the drawing interpreter place every glyph
//! and joins them to words, cells and lines by where they stand. Works on the
//! rebuilt file, so that hidden layers and active parts are gone already.

use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, TransformExt, interpret_page,
};
use hayro::kurbo::{Affine, BezPath, Point, Rect, Vec2};
use hayro_syntax::Pdf;
use sanitize_core::{Job, Mark, Stop, reasons};

use crate::document;
use crate::rebuild::Aim;

/// Extracts the text of all pages; pages are parted by an empty line.
///
/// # Errors
/// Stops as a rebuild does.
pub fn extract(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let rebuilt = document::rebuild(bytes, job, Aim::Draw)?;
    let pdf = Pdf::new(rebuilt).map_err(|_| Stop::blocked(&reasons::BROKEN, ""))?;
    let cache = InterpreterCache::new();
    let mut text = String::new();
    for (number, page) in (1..).zip(pdf.pages().iter()) {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let transform = page.initial_transform(true).to_kurbo();
        let settings = InterpreterSettings::default();
        let mut context = Context::new(transform, bounds, &cache, page.xref(), settings);
        let mut lines = Lines::default();
        interpret_page(page, &mut context, &mut lines);
        let page_text = lines.finish();
        job.mark(&mut text, &Mark::Page(number));
        if lines.has_picture && lines.glyphs.len() < PICTURE_GLYPHS_MAX {
            job.mark(&mut text, &Mark::Picture(&format!("page {number}")));
        }
        // A mark parts pages already, and lines are counted from it.
        if !text.is_empty() && !page_text.is_empty() && !job.marks_places() {
            text.push('\n');
        }
        text.push_str(&page_text);
    }
    job.budget.take_bytes(text.len() as u64)?;
    Ok(text)
}

/// A glyph with its place on the page.
#[derive(Clone)]
pub struct Placed {
    /// What it says.
    pub text: String,
    /// Where it starts, in points from the upper left corner.
    pub origin: Point,
    /// One em along the line.
    pub em: Vec2,
    /// How far the next glyph is expected, in ems.
    pub advance: f64,
    /// Whether the line runs from top to bottom.
    pub vertical: bool,
}

/// Collects glyphs in the order in which they are drawn.
#[derive(Default)]
pub struct Lines {
    /// What was drawn so far.
    pub glyphs: Vec<Placed>,
    /// Whether a picture was drawn.
    pub has_picture: bool,
}

impl Lines {
    /// Joins the glyphs to lines.
    #[must_use]
    pub fn finish(&self) -> String {
        let mut out = String::new();
        let mut last: Option<&Placed> = None;
        for glyph in &self.glyphs {
            if let Some(last) = last {
                out.push_str(between(last, glyph, &out));
            }
            out.push_str(&glyph.text);
            last = Some(glyph);
        }
        let mut tidy = String::with_capacity(out.len());
        for line in out.lines() {
            tidy.push_str(line.trim_end());
            tidy.push('\n');
        }
        tidy
    }
}

/// Decides what stands between two glyphs: nothing, a space, a cell's border
/// or the end of a line.
fn between(last: &Placed, next: &Placed, so_far: &str) -> &'static str {
    let size = last.em.hypot().max(next.em.hypot()).max(0.1);
    let along = if last.vertical {
        Vec2::new(0.0, 1.0)
    } else if last.em.hypot() > 0.0 {
        last.em.normalize()
    } else {
        Vec2::new(1.0, 0.0)
    };
    let step = next.origin - last.origin;
    let forward = step.dot(along) / size;
    let aside = step.cross(along).abs() / size;
    if aside > ASIDE_MAX || forward < BACK_MAX {
        return "\n";
    }
    let gap = forward - last.advance * last.em.hypot() / size;
    if so_far.ends_with(char::is_whitespace) || next.text.starts_with(char::is_whitespace) {
        return if gap > CELL_GAP { "\t" } else { "" };
    }
    if gap > CELL_GAP {
        "\t"
    } else if gap > WORD_GAP {
        " "
    } else {
        ""
    }
}

impl<'a> Device<'a> for Lines {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        let vertical = matches!(run.writing_mode(), WritingMode::Vertical);
        for glyph in run.glyphs() {
            if self.glyphs.len() >= GLYPHS_MAX {
                return;
            }
            let text = match glyph.as_unicode() {
                Some(BfString::Char(letter)) => letter.to_string(),
                Some(BfString::String(text)) => text,
                None => continue,
            };
            let advance = match &**glyph {
                Glyph::Outline(glyph) => glyph.advance_width(),
                Glyph::Type3(glyph) => glyph.advance_width(),
            };
            // A vertical line advances by one em whatever the glyph's width.
            let advance =
                if vertical { None } else { advance.map(|units| f64::from(units) / UNITS) };
            let advance = advance.unwrap_or(if vertical { 1.0 } else { 0.5 });
            let place: Affine = props.transform * glyph.transform();
            let [a, b, _, _, x, y] = place.as_coeffs();
            let em = Vec2::new(a, b) * UNITS;
            let text = text.chars().filter(|c| !c.is_control()).collect();
            self.glyphs.push(Placed { text, origin: Point::new(x, y), em, advance, vertical });
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.has_picture = true;
    }
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// Glyph space units of one em.
const UNITS: f64 = 1000.0;
/// Glyphs of one page.
const GLYPHS_MAX: usize = 5_000_000;
/// A page with a picture and fewer glyphs is a scanned one whose text nobody
/// has read.
const PICTURE_GLYPHS_MAX: usize = 20;
/// How far aside, in ems, a glyph may stand and be on the same line.
const ASIDE_MAX: f64 = 0.6;
/// How far back, in ems, a glyph may stand: kerning and accents.
const BACK_MAX: f64 = -0.5;
/// From this gap on there are two words.
const WORD_GAP: f64 = 0.18;
/// From this gap on there are two cells.
const CELL_GAP: f64 = 1.8;
