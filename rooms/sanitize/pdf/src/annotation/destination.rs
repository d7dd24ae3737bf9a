//! Places within the document (ISO 32000-2 §12.3.2): named ones are looked up,
//! all are written as an explicit page and view.

use std::collections::{HashMap, HashSet};

use hayro_syntax::object::{Array, Dict, MaybeRef, ObjRef, Object};
use sanitize_core::Stop;

use crate::document::Pages;
use crate::model::Obj;
use crate::rebuild::Rebuilder;
use crate::source;

/// The named places of a document, as explicit ones.
#[derive(Default)]
pub struct Destinations(HashMap<Vec<u8>, Place>);

/// A page and how it is shown.
#[derive(Clone)]
struct Place {
    page: Target,
    fit: Vec<u8>,
    values: Vec<Option<f64>>,
}

#[derive(Clone, Copy)]
enum Target {
    Reference(ObjRef),
    Number(usize),
}

impl Destinations {
    /// Reads both the old dictionary and the name tree (§12.3.2.4).
    ///
    /// # Errors
    /// Stops at limits.
    pub fn read(rebuilder: &mut Rebuilder<'_, '_, '_>, catalog: &Dict<'_>) -> Result<Self, Stop> {
        let mut map = HashMap::new();
        if let Some(old) = catalog.get::<Dict<'_>>("Dests") {
            rebuilder.job.budget.take_objects(old.len() as u64)?;
            for key in old.keys() {
                if let Some(place) = old.get::<Object<'_>>(&key).and_then(|value| place(&value)) {
                    map.insert(key.as_ref().to_vec(), place);
                }
            }
        }
        let tree =
            catalog.get::<Dict<'_>>("Names").and_then(|names| names.get::<Dict<'_>>("Dests"));
        let mut waiting: Vec<Dict<'_>> = tree.into_iter().collect();
        let mut seen: HashSet<ObjRef> = HashSet::new();
        while let Some(node) = waiting.pop() {
            rebuilder.job.budget.take_objects(1)?;
            if let Some(pairs) = node.get::<Array<'_>>("Names") {
                let mut items = pairs.iter::<Object<'_>>();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    if let (Object::String(key), Some(place)) = (key, place(&value)) {
                        map.insert(key.as_bytes().to_vec(), place);
                    }
                }
            }
            let Some(kids) = node.get::<Array<'_>>("Kids") else { continue };
            for kid in kids.raw_iter() {
                if kid.as_obj_ref().is_some_and(|id| !seen.insert(id)) {
                    continue;
                }
                let kid = source::resolve(rebuilder.pdf, kid);
                waiting.extend(kid.and_then(|kid| source::dict_of(&kid.object)));
            }
        }
        Ok(Self(map))
    }

    /// Writes a destination explicitly; `None` where it leads nowhere.
    #[must_use]
    pub fn resolve(&self, destination: &Object<'_>, pages: &Pages) -> Option<Obj> {
        let found;
        let place = match destination {
            Object::Name(name) => self.0.get(name.as_ref())?,
            Object::String(name) => self.0.get(name.as_bytes())?,
            other => {
                found = place(other)?;
                &found
            }
        };
        let page = match place.page {
            Target::Reference(id) => pages.by_reference(id)?,
            Target::Number(index) => *pages.ids.get(index)?,
        };
        let mut array = vec![Obj::Ref(page), Obj::name_of(&place.fit)];
        array.extend(place.values.iter().map(|value| value.map_or(Obj::Null, Obj::real)));
        Some(Obj::Array(array))
    }
}

fn place(value: &Object<'_>) -> Option<Place> {
    let array = match value {
        Object::Array(array) => array.clone(),
        Object::Dict(dict) => dict.get::<Array<'_>>("D")?,
        _ => return None,
    };
    let mut items = array.raw_iter();
    let page = match items.next()? {
        MaybeRef::Ref(id) => Target::Reference(id),
        MaybeRef::NotRef(Object::Number(number)) => {
            Target::Number(usize::try_from(number.as_i64()).ok()?)
        }
        MaybeRef::NotRef(_) => return None,
    };
    let fit = match items.next() {
        Some(MaybeRef::NotRef(object)) => source::name_of(&object),
        _ => Vec::new(),
    };
    let count = match fit.as_slice() {
        b"XYZ" => 3,
        b"FitH" | b"FitV" | b"FitBH" | b"FitBV" => 1,
        b"FitR" => 4,
        b"Fit" | b"FitB" => 0,
        _ => return Some(Place { page, fit: b"Fit".to_vec(), values: Vec::new() }),
    };
    let mut values: Vec<Option<f64>> = items
        .take(count)
        .map(|item| match item {
            MaybeRef::NotRef(Object::Number(number)) => Some(number.as_f64()),
            _ => None,
        })
        .collect();
    values.resize(count, None);
    Some(Place { page, fit, values })
}
