//! The document as a whole: pages in order, a new catalogue, and a report of
//! what the old one held beside its pages.

use std::collections::HashMap;

use hayro_syntax::object::{Dict, ObjRef, Object, Stream};
use hayro_syntax::page::{Page, Rotation};
use sanitize_core::{Choice, Job, Stop};

use crate::content::{Names, Rewritten, Scope, rewrite};
use crate::layers::Layers;
use crate::model::{self, Obj};
use crate::rebuild::{Aim, Rebuilder};
use crate::source;
use crate::write::Packing;
use crate::{annotation, audit, codes, filter, form, outline};

/// Where the pages of the source stand in the new file.
#[derive(Default)]
pub struct Pages {
    /// New object numbers, in page order.
    pub ids: Vec<u32>,
    by_reference: HashMap<ObjRef, usize>,
}

impl Pages {
    /// Returns the new number of a page by its reference.
    #[must_use]
    pub fn by_reference(&self, id: ObjRef) -> Option<u32> {
        self.by_reference.get(&id).and_then(|index| self.ids.get(*index)).copied()
    }
}

/// Rebuilds a whole document for `aim`.
///
/// # Errors
/// Stops as [`crate::rebuild`] does.
pub fn rebuild(bytes: &[u8], job: &mut Job<'_>, aim: Aim) -> Result<Vec<u8>, Stop> {
    let (pdf, is_marked) = source::open(bytes, job)?;
    let pages = pdf.pages();
    job.budget.check_pages(pages.len() as u64)?;
    if pages.is_empty() {
        return Err(Stop::blocked(&sanitize_core::reasons::BROKEN, ""));
    }
    let xref = pdf.xref();
    let catalog = xref.get::<Object<'_>>(xref.root_id()).and_then(Object::into_dict);
    let catalog = catalog.unwrap_or_default();
    let layers = Layers::read(&catalog);
    let mut rebuilder = Rebuilder::new(&pdf, job, layers, aim);
    audit::file(&mut rebuilder, bytes);
    audit::catalog(&mut rebuilder, &catalog);
    let mut new_pages = Pages::default();
    for (index, page) in pages.iter().enumerate() {
        let id = rebuilder.writer.promise();
        new_pages.ids.push(id);
        if let Some(source_id) = page.raw().obj_id() {
            new_pages.by_reference.insert(source_id.into(), index);
        }
    }
    let tree = rebuilder.writer.promise();
    let fields = annotation::Fields::read(&mut rebuilder, &catalog)?;
    for (index, page) in pages.iter().enumerate() {
        rebuilder.place = format!("page {}", index + 1);
        let id = new_pages.ids[index];
        let dict = self::page(&mut rebuilder, page, tree, &new_pages, &fields)?;
        rebuilder.writer.fill(id, Obj::Dict(dict));
    }
    rebuilder.place.clear();
    let mut root = model::Dict::new();
    root.put("Type", Obj::name("Catalog"));
    root.put("Pages", Obj::Ref(tree));
    if rebuilder.job.policy.pdf.outlines == Choice::Keep {
        let outlines =
            outline::rebuild(&mut rebuilder, &catalog, &new_pages, &fields.destinations)?;
        if let Some(outlines) = outlines {
            root.put("Outlines", outlines);
            if source::name_in(&catalog, "PageMode") == b"UseOutlines" {
                root.put("PageMode", Obj::name("UseOutlines"));
            }
        }
    } else if catalog.contains_key("Outlines") {
        rebuilder.report(&codes::OUTLINE);
    }
    view(&catalog, &mut root);
    put_tree(&mut rebuilder, tree, &new_pages);
    let info = metadata(&mut rebuilder);
    if is_marked {
        audit::unreachable(&mut rebuilder);
    }
    let root = rebuilder.writer.put(Obj::Dict(root));
    Ok(rebuilder.writer.finish(root, info))
}

/// One flat node for all pages; viewers read pages by number anyway.
fn put_tree(rebuilder: &mut Rebuilder<'_, '_, '_>, tree: u32, pages: &Pages) {
    let mut dict = model::Dict::new();
    dict.put("Type", Obj::name("Pages"));
    dict.put("Kids", Obj::Array(pages.ids.iter().map(|id| Obj::Ref(*id)).collect()));
    dict.put("Count", Obj::int(pages.ids.len() as i64));
    rebuilder.writer.fill(tree, Obj::Dict(dict));
}

/// How the document is first shown: layout, reading direction, language.
fn view(catalog: &Dict<'_>, root: &mut model::Dict) {
    let layout = source::name_in(catalog, "PageLayout");
    if LAYOUTS.contains(&layout.as_slice()) {
        root.put("PageLayout", Obj::name_of(&layout));
    }
    let preferences = catalog.get::<Dict<'_>>("ViewerPreferences").unwrap_or_default();
    if source::name_in(&preferences, "Direction") == b"R2L" {
        let mut new = model::Dict::new();
        new.put("Direction", Obj::name("R2L"));
        root.put("ViewerPreferences", Obj::Dict(new));
    }
    let language = source::string_in(catalog, "Lang").unwrap_or_default();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    if (1..=LANGUAGE_BYTES_MAX).contains(&language.len()) && language.iter().all(plain) {
        root.put("Lang", Obj::Str(language));
    }
}

/// Title, author, subject and keywords, where policy lets them stay.
fn metadata(rebuilder: &mut Rebuilder<'_, '_, '_>) -> Option<u32> {
    let source = rebuilder.pdf.metadata();
    let keep = rebuilder.job.policy.pdf.metadata == Choice::Keep;
    let fields = [
        ("Title", &source.title),
        ("Author", &source.author),
        ("Subject", &source.subject),
        ("Keywords", &source.keywords),
    ];
    let mut dict = model::Dict::new();
    for (key, value) in fields {
        dict.put_some(key, value.as_ref().map(|text| Obj::Str(text.to_vec())));
    }
    let others = source.creator.is_some()
        || source.producer.is_some()
        || source.creation_date.is_some()
        || source.modification_date.is_some();
    if others || (!keep && !dict.is_empty()) {
        rebuilder.report(&codes::METADATA);
    }
    (keep && !dict.is_empty()).then(|| rebuilder.writer.put(Obj::Dict(dict)))
}

fn page<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    page: &Page<'a>,
    tree: u32,
    pages: &Pages,
    fields: &annotation::Fields,
) -> Result<model::Dict, Stop> {
    let raw = page.raw();
    audit::page(rebuilder, raw);
    let media = inherited(raw, "MediaBox").filter(has_area).unwrap_or(LETTER);
    let crop = inherited(raw, "CropBox");
    let own = resources(raw);
    if let Some(own) = &own {
        audit::resources(rebuilder, own);
    }
    let scope = Scope { resources: own.into_iter().collect() };
    let mut names = Names::default();
    let source_content = content(rebuilder, raw)?;
    let Rewritten { bytes: mut content, is_wrappable } =
        rewrite(rebuilder, &source_content, &scope, &mut names)?;
    let group = form::group(rebuilder, raw, &scope)?;
    let notes = annotation::rebuild(rebuilder, raw, pages, fields, &mut names)?;
    // Content as deep as can be says itself what state it leaves.
    if !notes.content.is_empty() && is_wrappable {
        content.splice(0..0, *b"q\n");
        content.extend_from_slice(b"Q\n");
    }
    content.extend_from_slice(&notes.content);
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Page"));
    new.put("Parent", Obj::Ref(tree));
    new.put("MediaBox", Obj::reals(&media));
    new.put_some("CropBox", crop.map(|crop| Obj::reals(&crop)));
    match page.rotation() {
        Rotation::None => {}
        Rotation::Horizontal => new.put("Rotate", Obj::int(90)),
        Rotation::Flipped => new.put("Rotate", Obj::int(180)),
        Rotation::FlippedHorizontal => new.put("Rotate", Obj::int(270)),
    }
    if let Some(unit) = source::real_of(raw, "UserUnit").filter(|u| *u > 0.0 && *u != 1.0) {
        new.put("UserUnit", Obj::real(unit));
    }
    new.put("Resources", Obj::Dict(names.dict()));
    new.put_some("Group", group);
    if !content.is_empty() {
        let id = rebuilder.writer.put_stream(model::Dict::new(), content, Packing::Flate);
        new.put("Contents", Obj::Ref(id));
    }
    if !notes.links.is_empty() {
        new.put("Annots", Obj::Array(notes.links));
    }
    Ok(new)
}

/// Joins the page's content streams; a stream that breaks off gives its start.
fn content(rebuilder: &mut Rebuilder<'_, '_, '_>, page: &Dict<'_>) -> Result<Vec<u8>, Stop> {
    let streams: Vec<Stream<'_>> = match page.get::<Object<'_>>("Contents") {
        Some(Object::Stream(stream)) => vec![stream],
        Some(Object::Array(list)) => {
            list.iter::<Object<'_>>().take(STREAMS_MAX).filter_map(Object::into_stream).collect()
        }
        _ => Vec::new(),
    };
    let mut joined = Vec::new();
    for stream in streams {
        if source::is_external(&stream) {
            rebuilder.report(&codes::FILE_EXTERNAL);
            continue;
        }
        let unpacked = filter::unpack(&stream, rebuilder.job)?;
        if unpacked.picture.is_some() {
            rebuilder.report(&codes::CONTENT_BROKEN);
            continue;
        }
        if joined.is_empty() {
            joined = unpacked.bytes;
        } else {
            joined.extend_from_slice(&unpacked.bytes);
        }
        joined.push(b'\n');
    }
    Ok(joined)
}

/// Looks an entry up in the page and the nodes above it (§7.7.3.4).
fn inherited(page: &Dict<'_>, key: &str) -> Option<[f64; 4]> {
    ancestors(page).find_map(|node| source::rect_in(&node, key))
}

fn resources<'a>(page: &Dict<'a>) -> Option<Dict<'a>> {
    ancestors(page).find_map(|node| node.get::<Dict<'a>>("Resources"))
}

fn ancestors<'a>(page: &Dict<'a>) -> impl Iterator<Item = Dict<'a>> {
    std::iter::successors(Some(page.clone()), |node| node.get::<Dict<'a>>("Parent"))
        .take(ANCESTORS_MAX)
}

fn has_area(rect: &[f64; 4]) -> bool {
    rect[2] - rect[0] > 0.0 && rect[3] - rect[1] > 0.0
}

/// What viewers take for a page without a size.
const LETTER: [f64; 4] = [0.0, 0.0, 612.0, 792.0];
const LAYOUTS: &[&[u8]] = &[
    b"SinglePage",
    b"OneColumn",
    b"TwoColumnLeft",
    b"TwoColumnRight",
    b"TwoPageLeft",
    b"TwoPageRight",
];
const LANGUAGE_BYTES_MAX: usize = 35;
/// Content streams of one page.
const STREAMS_MAX: usize = 10_000;
/// Levels of the page tree that are looked through.
const ANCESTORS_MAX: usize = 64;
