//! Names of resources: where a stream's old ones are looked up and which new ones
//! it gets. Rebuilds nothing.

use std::collections::HashMap;

use hayro_syntax::object::Dict;

use crate::model::{self, Obj};
use crate::resources::Category;
use crate::source;

/// The resources of a new stream, by category, named in the order of use.
#[derive(Default)]
pub struct Names {
    pub(super) categories: [Vec<Obj>; Category::COUNT],
    /// Source name to new name; `None` where the source has nothing usable.
    pub(super) known: [HashMap<Vec<u8>, Option<usize>>; Category::COUNT],
}

impl Names {
    /// Spells the resource dictionary.
    #[must_use]
    pub fn dict(&self) -> model::Dict {
        let mut dict = model::Dict::new();
        for category in Category::ALL {
            let entries = &self.categories[category as usize];
            if entries.is_empty() {
                continue;
            }
            let mut names = model::Dict::new();
            for (index, entry) in entries.iter().enumerate() {
                names.put_named(category.name(index), entry.clone());
            }
            dict.put(category.key(), Obj::Dict(names));
        }
        dict
    }

    /// Adds a resource that the source does not name and returns its new name.
    pub fn add(&mut self, category: Category, object: Obj) -> Vec<u8> {
        let entries = &mut self.categories[category as usize];
        entries.push(object);
        category.name(entries.len() - 1)
    }
}

/// Where a stream's names are looked up: its own resources, then those around.
#[derive(Clone)]
pub struct Scope<'a> {
    /// Resource dictionaries, innermost first.
    pub resources: Vec<Dict<'a>>,
}

impl<'a> Scope<'a> {
    /// Finds a named resource.
    #[must_use]
    pub fn find(&self, category: Category, name: &[u8]) -> Option<source::Found<'a>> {
        self.resources
            .iter()
            .find_map(|dict| source::found(&dict.get::<Dict<'a>>(category.key())?, name))
    }
}
