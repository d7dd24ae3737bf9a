//! Annotations (ISO 32000-2 §12.5): links to the web and within the document
//! are written anew, everything else becomes plain content of its page or goes.

mod appearance;
mod destination;
mod drawn;
mod link;

use hayro_syntax::object::{Array, Dict, Object};
use sanitize_core::{Choice, Stop};

use crate::content::Names;
use crate::document::Pages;
use crate::model::Obj;
use crate::rebuild::Rebuilder;
use crate::source::{self, Found};
use crate::{audit, codes};

pub use destination::Destinations;
pub use link::place_of as action_target_of;

/// What became of a page's annotations.
#[derive(Default)]
pub struct Notes {
    /// Content that goes after the page's own.
    pub content: Vec<u8>,
    /// Links that stay.
    pub links: Vec<Obj>,
}

/// What annotations need to know of the whole document.
pub struct Fields {
    /// Named places.
    pub destinations: Destinations,
    /// The form's default appearance string.
    default_appearance: Vec<u8>,
}

impl Fields {
    /// Reads the form's defaults and the named places.
    ///
    /// # Errors
    /// Stops at limits.
    pub fn read(rebuilder: &mut Rebuilder<'_, '_, '_>, catalog: &Dict<'_>) -> Result<Self, Stop> {
        let form = catalog.get::<Dict<'_>>("AcroForm").unwrap_or_default();
        Ok(Self {
            destinations: Destinations::read(rebuilder, catalog)?,
            default_appearance: source::string_in(&form, "DA").unwrap_or_default(),
        })
    }
}

/// Rebuilds the annotations of a page.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    page: &Dict<'a>,
    pages: &Pages,
    fields: &Fields,
    names: &mut Names,
) -> Result<Notes, Stop> {
    let mut notes = Notes::default();
    let Some(list) = page.get::<Array<'a>>("Annots") else { return Ok(notes) };
    for item in source::items(rebuilder.pdf, &list, ANNOTATIONS_MAX) {
        rebuilder.job.budget.take_objects(1)?;
        let Some(dict) = source::dict_of(&item.object) else { continue };
        one(rebuilder, &dict, pages, fields, names, &mut notes)?;
    }
    Ok(notes)
}

fn one<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    pages: &Pages,
    fields: &Fields,
    names: &mut Names,
    notes: &mut Notes,
) -> Result<(), Stop> {
    let kind = source::name_in(dict, "Subtype");
    audit::triggers(rebuilder, dict);
    if kind == b"Link" {
        if let Some(link) = link::rebuild(rebuilder, dict, pages, fields) {
            notes.links.push(link);
        }
    } else if let Some(action) = dict.get::<Dict<'a>>("A") {
        audit::chain(rebuilder, &action);
    }
    match kind.as_slice() {
        // A pop-up shows its parent's comment on demand; it is no content.
        b"Popup" => return Ok(()),
        b"FileAttachment" => rebuilder.report(&codes::FILE_EMBEDDED),
        b"Sound" | b"Movie" | b"Screen" => rebuilder.report(&codes::MEDIA),
        b"RichMedia" | b"3D" => rebuilder.report(&codes::RICH_MEDIA),
        _ => {}
    }
    if hidden(rebuilder, dict) {
        if kind != b"Link" {
            rebuilder.report(&codes::ANNOTATION_HIDDEN);
        }
        return Ok(());
    }
    let field = Field::read(dict);
    let choice = choice(rebuilder, &kind, &field);
    if choice == Choice::Remove {
        rebuilder.report(&codes::ANNOTATION_REMOVED);
        return Ok(());
    }
    if kind == b"Link" && !dict.contains_key("AP") {
        return Ok(());
    }
    let drawn = match appearance::of(rebuilder, dict, names)? {
        Some(content) => Some(content),
        None if kind == b"Widget" => {
            let text = drawn::field(rebuilder, dict, &field, fields, names);
            if text.is_some() {
                rebuilder.report(&codes::FORM_DRAWN);
            }
            text
        }
        None if dict.contains_key("AP") => None,
        None => drawn::mark(rebuilder, &kind, dict, names),
    };
    let code = match (kind.as_slice(), &drawn) {
        (b"Widget", _) if field.kind == b"Sig" => Some(&codes::SIGNATURE),
        // The whole form was reported once, with the catalogue.
        (b"Widget" | b"Link", _) => None,
        (_, Some(_)) => Some(&codes::ANNOTATION_FLATTENED),
        (_, None) => Some(&codes::ANNOTATION_REMOVED),
    };
    if let Some(code) = code {
        rebuilder.report(code);
    }
    notes.content.extend_from_slice(&drawn.unwrap_or_default());
    Ok(())
}

fn choice(rebuilder: &Rebuilder<'_, '_, '_>, kind: &[u8], field: &Field) -> Choice {
    let policy = &rebuilder.job.policy.pdf;
    match kind {
        b"Widget" if field.kind == b"Sig" => policy.signatures,
        b"Widget" => policy.form_fields,
        b"Link" => Choice::Flatten,
        _ => policy.comments,
    }
}

/// Flags of §12.5.3: hidden, or not for the screen; or on a hidden layer.
fn hidden<'a>(rebuilder: &Rebuilder<'a, '_, '_>, dict: &Dict<'a>) -> bool {
    let flags = source::int_of(dict, "F").unwrap_or(0);
    if flags & (FLAG_HIDDEN | FLAG_NO_VIEW) != 0 {
        return true;
    }
    let Some(Found { id, object }) = source::found(dict, "OC") else { return false };
    source::dict_of(&object).is_some_and(|layer| !rebuilder.layers.shows(rebuilder.pdf, id, &layer))
}

/// A form field's attributes, those of its parents included (§12.7.4).
pub struct Field {
    /// `Tx`, `Btn`, `Ch` or `Sig`; empty for what is no field.
    pub kind: Vec<u8>,
    /// Its value as text.
    pub value: Option<Vec<u8>>,
    /// Its default appearance.
    pub appearance: Option<Vec<u8>>,
    /// Where its text stands: left, centre, right.
    pub alignment: i64,
    /// Its flags.
    pub flags: i64,
}

impl Field {
    fn read(widget: &Dict<'_>) -> Self {
        let mut field =
            Self { kind: Vec::new(), value: None, appearance: None, alignment: 0, flags: 0 };
        let chain =
            std::iter::successors(Some(widget.clone()), |node| node.get::<Dict<'_>>("Parent"));
        for node in chain.take(PARENTS_MAX) {
            if field.kind.is_empty() {
                field.kind = source::name_in(&node, "FT");
            }
            if field.value.is_none() {
                field.value = match node.get::<Object<'_>>("V") {
                    Some(Object::String(text)) => Some(text.as_bytes().to_vec()),
                    Some(Object::Name(name)) => Some(name.as_ref().to_vec()),
                    _ => None,
                };
            }
            if field.appearance.is_none() {
                field.appearance = source::string_in(&node, "DA");
            }
            if field.alignment == 0 {
                field.alignment = source::int_of(&node, "Q").unwrap_or(0);
            }
            if field.flags == 0 {
                field.flags = source::int_of(&node, "Ff").unwrap_or(0);
            }
        }
        field
    }
}

const FLAG_HIDDEN: i64 = 1 << 1;
const FLAG_NO_VIEW: i64 = 1 << 5;
/// Annotations of one page.
const ANNOTATIONS_MAX: usize = 100_000;
/// Levels of a field's parents.
const PARENTS_MAX: usize = 32;
