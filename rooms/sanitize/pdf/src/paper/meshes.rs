//! Keeps mesh shadings (ISO 32000-2 §8.7.4.5.5 to §8.7.4.5.8) affordable: the
//! drawing library colours every pixel of every triangle in a table without a
//! ceiling, also far outside the page. Works out beforehand what that costs,
//! draws a page more coarsely where that helps and else leaves meshes out.

mod cost;

use std::collections::{HashMap, HashSet};

use hayro::hayro_interpret::{
    CacheKey, Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page,
};
use hayro::kurbo::{Affine, Rect};
use hayro_syntax::Pdf;
use hayro_syntax::object::Object;
use hayro_syntax::page::Page;
use sanitize_core::Job;

use self::cost::{Cost, Meter};
use crate::{codes, source};

/// Goes through the pages of a rebuilt file; `scales` holds pixels a point for
/// each and is lowered where that makes a page affordable. Returns a file
/// without the meshes that stay too costly, which are reported, if any do.
pub fn afford(
    pdf: &Pdf,
    scales: &mut [f32],
    settings: &InterpreterSettings,
    job: &mut Job<'_>,
) -> Option<Vec<u8>> {
    let file: &[u8] = pdf.data().as_ref();
    if !MESHES.iter().any(|mesh| source::find(file, mesh).is_some()) {
        return None;
    }
    let mut excluded = HashSet::new();
    for (index, (page, scale)) in pdf.pages().iter().zip(scales).enumerate() {
        let (new_scale, too_costly) = afford_page(page, *scale, settings);
        *scale = new_scale;
        for _ in &too_costly {
            job.removed(&codes::MESH_TOO_LARGE, &format!("page {}", index + 1));
        }
        excluded.extend(too_costly);
    }
    if excluded.is_empty() {
        return None;
    }
    let mut file = file.to_vec();
    for object in pdf.objects() {
        let Object::Stream(stream) = object else { continue };
        if let Some(id) = stream.dict().obj_id()
            && excluded.contains(&stream.cache_key())
        {
            exclude(&mut file, id.obj_number);
        }
    }
    Some(file)
}

/// Returns the scale at which a page is drawn, and the keys of the meshes that
/// are too costly even at the coarsest.
fn afford_page<'a>(
    page: &'a Page<'a>,
    wanted: f32,
    settings: &InterpreterSettings,
) -> (f32, Vec<u128>) {
    let coarsest = wanted.min(SCALE_MIN);
    let mut scale = wanted;
    loop {
        let costs = costs(page, scale, settings);
        let total = costs.values().fold(Cost::default(), |total, cost| total.beside(*cost));
        if total.is_affordable() {
            return (scale, Vec::new());
        }
        if scale <= coarsest {
            return without_the_costliest(costs, scale, wanted);
        }
        scale = (scale * SCALE_STEP).max(coarsest);
    }
}

/// Leaves out as few meshes as possible. What remains had no part in the cost
/// where one mesh alone was to blame, and then the page keeps its scale.
fn without_the_costliest(costs: HashMap<u128, Cost>, scale: f32, wanted: f32) -> (f32, Vec<u128>) {
    let mut meshes: Vec<(u128, Cost)> = costs.into_iter().collect();
    meshes.sort_unstable_by_key(|(key, cost)| (cost.visits, cost.bytes, *key));
    let mut total = Cost::default();
    let mut excluded = Vec::new();
    for (key, cost) in meshes {
        let more = total.beside(cost);
        if more.is_affordable() {
            total = more;
        } else {
            excluded.push(key);
        }
    }
    let growth = f64::from(wanted / scale).powi(2);
    let scale = if total.grown(growth).is_affordable() { wanted } else { scale };
    (scale, excluded)
}

/// What each mesh of a page costs when the page is drawn.
fn costs<'a>(
    page: &'a Page<'a>,
    scale: f32,
    settings: &InterpreterSettings,
) -> HashMap<u128, Cost> {
    let (width, height) = page.render_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width * scale), f64::from(height * scale));
    let cache = InterpreterCache::new();
    let transform = Affine::scale(f64::from(scale)) * page.initial_transform(true).to_kurbo();
    let mut context = Context::new(transform, bounds, &cache, page.xref(), settings.clone());
    let mut meter = Meter::default();
    interpret_page(page, &mut context, &mut meter);
    meter.costs
}

/// Gives a mesh a type that no reader knows, so that it is not drawn. The file
/// keeps its length and with it its cross-reference table.
fn exclude(file: &mut [u8], number: u32) {
    for mesh in MESHES {
        let start = format!("\n{number} 0 obj<<{}", String::from_utf8_lossy(mesh));
        let mut from = 0;
        while let Some(at) = file.get(from..).and_then(|rest| source::find(rest, start.as_bytes()))
        {
            from += at + start.len();
            if let Some(kind) = file.get_mut(from - 1) {
                *kind = b'0';
            }
        }
    }
}

/// How our own writer spells the start of a mesh's dictionary.
const MESHES: [&[u8]; 4] =
    [b"/ShadingType 4", b"/ShadingType 5", b"/ShadingType 6", b"/ShadingType 7"];
/// Pixels a point below which no page is made coarser: 36 dots per inch.
const SCALE_MIN: f32 = 0.5;
/// How much coarser each attempt is: half the pixels.
const SCALE_STEP: f32 = 0.7;
