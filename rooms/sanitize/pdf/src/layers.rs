//! Optional content (ISO 32000-2 §8.11): which layers the default
//! configuration shows. The new file has no layers, only what was shown.

use std::collections::HashMap;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, ObjRef, Object};

use crate::source;

/// The state of the layers when the file is opened.
#[derive(Default)]
pub struct Layers {
    base_hidden: bool,
    states: HashMap<ObjRef, bool>,
}

impl Layers {
    /// Reads the default configuration from the catalogue.
    #[must_use]
    pub fn read(catalog: &Dict<'_>) -> Self {
        let Some(properties) = catalog.get::<Dict<'_>>("OCProperties") else {
            return Self::default();
        };
        let default = properties.get::<Dict<'_>>("D").unwrap_or_default();
        let mut layers = Self {
            base_hidden: source::name_in(&default, "BaseState") == b"OFF",
            states: HashMap::new(),
        };
        for (key, shown) in [("ON", true), ("OFF", false)] {
            for id in references(&default, key) {
                layers.states.insert(id, shown);
            }
        }
        layers
    }

    /// Says whether the content of a group or membership dictionary is shown.
    #[must_use]
    pub fn shows<'a>(&self, pdf: &'a Pdf, id: Option<ObjRef>, dict: &Dict<'a>) -> bool {
        if source::name_in(dict, "Type") != b"OCMD" {
            return id.is_none_or(|id| self.group(id));
        }
        if let Some(expression) = dict.get::<Array<'a>>("VE") {
            return self.expression(pdf, &expression, 0);
        }
        let groups = match dict.get_ref("OCGs") {
            Some(id) if !is_array(pdf, id) => vec![id],
            _ => references(dict, "OCGs"),
        };
        if groups.is_empty() {
            return true;
        }
        let mut states = groups.iter().map(|id| self.group(*id));
        match source::name_in(dict, "P").as_slice() {
            b"AllOn" => states.all(|shown| shown),
            b"AnyOff" => states.any(|shown| !shown),
            b"AllOff" => states.all(|shown| !shown),
            _ => states.any(|shown| shown),
        }
    }

    fn group(&self, id: ObjRef) -> bool {
        self.states.get(&id).copied().unwrap_or(!self.base_hidden)
    }

    /// §8.11.2.2, table 97.
    fn expression<'a>(&self, pdf: &'a Pdf, list: &Array<'a>, depth: u32) -> bool {
        if depth > EXPRESSION_DEPTH_MAX {
            return true;
        }
        let mut parts = list.raw_iter().take(EXPRESSION_PARTS_MAX);
        let Some(MaybeRef::NotRef(Object::Name(operator))) = parts.next() else { return true };
        let mut values = parts.map(|part| match part {
            MaybeRef::Ref(id) => match pdf.xref().get::<Object<'a>>(id.into()) {
                Some(Object::Array(inner)) => self.expression(pdf, &inner, depth + 1),
                _ => self.group(id),
            },
            MaybeRef::NotRef(Object::Array(inner)) => self.expression(pdf, &inner, depth + 1),
            MaybeRef::NotRef(_) => true,
        });
        match operator.as_ref() {
            b"Not" => !values.next().unwrap_or(false),
            b"Or" => values.any(|shown| shown),
            _ => values.all(|shown| shown),
        }
    }
}

fn is_array(pdf: &Pdf, id: ObjRef) -> bool {
    matches!(pdf.xref().get::<Object<'_>>(id.into()), Some(Object::Array(_)))
}

fn references(dict: &Dict<'_>, key: &str) -> Vec<ObjRef> {
    let Some(list) = dict.get::<Array<'_>>(key) else { return Vec::new() };
    list.raw_iter().take(GROUPS_MAX).filter_map(|item| item.as_obj_ref()).collect()
}

const EXPRESSION_DEPTH_MAX: u32 = 16;
const EXPRESSION_PARTS_MAX: usize = 256;
const GROUPS_MAX: usize = 20_000;
