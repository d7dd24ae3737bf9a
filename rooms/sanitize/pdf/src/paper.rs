//! Draws every page and writes a PDF of pictures (method ②). What is drawn is
//! the rebuilt file: its parts are checked and within budget already.

mod encode;
mod meshes;
mod words;

use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::font::FontQuery;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_syntax::Pdf;
use hayro_syntax::page::Page;
use sanitize_core::{Format, Job, Output, Stop, reasons};

use crate::document;
use crate::model::{self, Num, Obj};
use crate::picture::encode_jpeg;
use crate::rebuild::Aim;
use crate::write::{Packing, Writer};

/// How pages are drawn.
#[derive(Clone)]
pub struct ImageOptions {
    /// Dots per inch; pages too large for the pixel limit get fewer.
    pub dpi: u32,
    /// Whether the text lies invisibly over the picture, so that it can be
    /// searched and copied.
    pub text_layer: bool,
    /// A font program (TTF or OTF) for East Asian text whose font is not in
    /// the file.
    pub east_asian_font: Option<Arc<Vec<u8>>>,
}

impl Default for ImageOptions {
    fn default() -> Self {
        Self { dpi: 150, text_layer: false, east_asian_font: None }
    }
}

/// Draws a document.
///
/// # Errors
/// Stops as a rebuild does, and at the pixel limit.
pub fn draw(bytes: &[u8], job: &mut Job<'_>, options: &ImageOptions) -> Result<Output, Stop> {
    let settings = settings(options);
    let (pdf, scales) = prepare(bytes, job, options, &settings)?;
    let cache = RenderCache::new();
    let mut writer = Writer::new();
    let tree = writer.promise();
    let mut kids = Vec::new();
    let mut words = words::Words::default();
    for (page, scale) in pdf.pages().iter().zip(scales) {
        let size = page.render_dimensions();
        let pixels = (size.0 * scale, size.1 * scale);
        job.budget.take_pixels(pixels.0 as u64, pixels.1 as u64)?;
        let drawn = render(page, &cache, &settings, scale);
        let quality = job.policy.image.jpeg_quality;
        let picture = encode::picture(&drawn, quality, &mut writer);
        let layer = if options.text_layer { words.layer(page, &settings) } else { Vec::new() };
        let font = if layer.is_empty() { None } else { Some(words.font(&mut writer)) };
        kids.push(put_page(&mut writer, tree, size, (picture, layer, font)));
    }
    let mut dict = model::Dict::new();
    dict.put("Type", Obj::name("Pages"));
    dict.put("Count", Obj::int(kids.len() as i64));
    dict.put("Kids", Obj::Array(kids));
    writer.fill(tree, Obj::Dict(dict));
    let mut root = model::Dict::new();
    root.put("Type", Obj::name("Catalog"));
    root.put("Pages", Obj::Ref(tree));
    let root = writer.put(Obj::Dict(root));
    Ok(Output { format: Format::Pdf, bytes: writer.finish(root, None) })
}

/// The first pages of a document, each drawn as a picture.
pub struct Leaves {
    /// How many pages the document has.
    pub pages: usize,
    /// The drawn ones, as JPEG.
    pub jpegs: Vec<Vec<u8>>,
}

/// Draws at most `leaves_max` pages, for somebody who looks at a document
/// without opening it.
///
/// # Errors
/// As [`draw`].
pub fn leaves(
    bytes: &[u8],
    job: &mut Job<'_>,
    options: &ImageOptions,
    leaves_max: usize,
) -> Result<Leaves, Stop> {
    let settings = settings(options);
    let (pdf, scales) = prepare(bytes, job, options, &settings)?;
    let cache = RenderCache::new();
    let mut jpegs = Vec::new();
    for (page, scale) in pdf.pages().iter().zip(scales).take(leaves_max) {
        let size = page.render_dimensions();
        job.budget.take_pixels((size.0 * scale) as u64, (size.1 * scale) as u64)?;
        let drawn = render(page, &cache, &settings, scale);
        let rgb: Vec<u8> =
            drawn.rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        let (Ok(width), Ok(height)) = (u32::try_from(drawn.width), u32::try_from(drawn.height))
        else {
            continue;
        };
        jpegs.extend(encode_jpeg(&rgb, (width, height), 3, job.policy.image.jpeg_quality));
    }
    Ok(Leaves { pages: pdf.pages().len(), jpegs })
}

/// Rebuilds a document for drawing and finds how many pixels a point each page
/// gets.
fn prepare(
    bytes: &[u8],
    job: &mut Job<'_>,
    options: &ImageOptions,
    settings: &InterpreterSettings,
) -> Result<(Pdf, Vec<f32>), Stop> {
    let mut pdf = open(document::rebuild(bytes, job, Aim::Draw)?)?;
    let sizes = pdf.pages().iter().map(Page::render_dimensions);
    let mut scales: Vec<f32> = sizes.map(|size| scale(size, options.dpi, job)).collect();
    if let Some(without) = meshes::afford(&pdf, &mut scales, settings, job) {
        pdf = open(without)?;
    }
    Ok((pdf, scales))
}

fn open(bytes: Vec<u8>) -> Result<Pdf, Stop> {
    Pdf::new(bytes).map_err(|_| Stop::blocked(&reasons::BROKEN, ""))
}

fn settings(options: &ImageOptions) -> InterpreterSettings {
    let mut settings = InterpreterSettings::default();
    let Some(font) = options.east_asian_font.clone() else { return settings };
    let usual = settings.font_resolver.clone();
    settings.font_resolver = Arc::new(move |query| match query {
        FontQuery::Fallback(wanted) if wanted.character_collection.is_some() => {
            Some((font.clone(), 0))
        }
        FontQuery::Fallback(_) | FontQuery::Standard(_) => usual(query),
    });
    settings
}

/// Pixels a point: as asked for, or fewer where a page would be too large.
fn scale((width, height): (f32, f32), dpi: u32, job: &Job<'_>) -> f32 {
    let wanted = dpi.clamp(DPI_MIN, DPI_MAX) as f32 / POINTS_PER_INCH;
    let side = SIDE_PIXELS_MAX / width.max(height).max(1.0);
    let pixels = (job.budget.limits().image_pixels_max.min(PAGE_PIXELS_MAX)) as f32;
    let area = (pixels / (width * height).max(1.0)).sqrt();
    wanted.min(side).min(area)
}

/// A drawn page: RGBA, opaque.
pub struct Drawn {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

fn render<'a>(
    page: &'a Page<'a>,
    cache: &RenderCache<'a>,
    settings: &InterpreterSettings,
    scale: f32,
) -> Drawn {
    let target = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let map = hayro::render(page, cache, settings, &RenderSettings::default(), &target);
    Drawn {
        width: usize::from(map.width()),
        height: usize::from(map.height()),
        rgba: map.data_as_u8_slice().to_vec(),
    }
}

fn put_page(
    writer: &mut Writer,
    tree: u32,
    (width, height): (f32, f32),
    (picture, layer, font): (Obj, Vec<u8>, Option<Obj>),
) -> Obj {
    let mut content = b"q\n".to_vec();
    for value in [width, 0.0, 0.0, height, 0.0, 0.0] {
        Num::real(f64::from(value)).spell(&mut content);
        content.push(b' ');
    }
    content.extend_from_slice(b"cm\n/X0 Do\nQ\n");
    content.extend_from_slice(&layer);
    let content = writer.put_stream(model::Dict::new(), content, Packing::Flate);
    let mut pictures = model::Dict::new();
    pictures.put("X0", picture);
    let mut resources = model::Dict::new();
    resources.put("XObject", Obj::Dict(pictures));
    if let Some(font) = font {
        let mut fonts = model::Dict::new();
        fonts.put("F0", font);
        resources.put("Font", Obj::Dict(fonts));
    }
    let mut page = model::Dict::new();
    page.put("Type", Obj::name("Page"));
    page.put("Parent", Obj::Ref(tree));
    page.put("MediaBox", Obj::reals(&[0.0, 0.0, f64::from(width), f64::from(height)]));
    page.put("Resources", Obj::Dict(resources));
    page.put("Contents", Obj::Ref(content));
    Obj::Ref(writer.put(Obj::Dict(page)))
}

const POINTS_PER_INCH: f32 = 72.0;
const DPI_MIN: u32 = 36;
const DPI_MAX: u32 = 600;
/// Pixels along one side: the drawing library counts in 16 bits.
const SIDE_PIXELS_MAX: f32 = 16_000.0;
/// Pixels of one page: keeps a page's memory near 100 MB.
const PAGE_PIXELS_MAX: u64 = 24_000_000;
