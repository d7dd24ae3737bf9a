//! Which element and attribute names exist: the tables of `schema/names.txt`
//! with what each name means to us. Knows no document and no policy.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::rules::{self, Act, AttributeAct, Missing};

/// A namespace that the tables know, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Space(pub(crate) u8);

impl Space {
    /// No namespace at all.
    pub(crate) const NONE: Self = Self(0);
}

/// What is known of one element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) space: Space,
    pub(crate) local: &'static str,
    /// Whether characters may stand directly in it.
    pub(crate) holds_text: bool,
    pub(crate) act: Act,
    /// What becomes of it when the part it refers to is gone.
    pub(crate) missing: Missing,
    pub(crate) attributes: Vec<Attribute>,
}

/// What is known of one attribute of an element.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) space: Space,
    pub(crate) local: &'static str,
    pub(crate) act: AttributeAct,
}

/// All names.
pub(crate) struct Names {
    spaces: HashMap<&'static str, Space>,
    prefixes: Vec<&'static str>,
    elements: Vec<Element>,
    index: Vec<u16>,
    pub(crate) markup: Space,
    pub(crate) relations: Space,
    pub(crate) xml: Space,
    pub(crate) schema_instance: Space,
}

impl Names {
    /// The names, read once for the whole process.
    pub(crate) fn table() -> &'static Self {
        static TABLE: OnceLock<Names> = OnceLock::new();
        TABLE.get_or_init(|| Self::read(include_str!("../schema/names.txt")))
    }

    /// Finds a namespace by its address, transitional or strict.
    pub(crate) fn space(&self, uri: &str) -> Option<Space> {
        self.spaces.get(uri).copied()
    }

    /// Finds an element.
    pub(crate) fn element(&self, space: Space, local: &str) -> Option<&Element> {
        let mut slot = slot(space, local);
        loop {
            let at = *self.index.get(slot)?;
            if at == EMPTY {
                return None;
            }
            let element = self.elements.get(usize::from(at))?;
            if element.space == space && element.local == local {
                return Some(element);
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }

    /// Finds a namespace by the short name that the tables give it.
    pub(crate) fn by_prefix(&self, prefix: &str) -> Option<Space> {
        let at = self.prefixes.iter().position(|known| *known == prefix)?;
        u8::try_from(at).ok().map(Space)
    }

    /// The short name that the tables give a namespace.
    pub(crate) fn prefix(&self, space: Space) -> &'static str {
        self.prefixes.get(usize::from(space.0)).copied().unwrap_or("")
    }

    fn read(text: &'static str) -> Self {
        let mut names = Self {
            spaces: HashMap::new(),
            prefixes: Vec::new(),
            elements: Vec::with_capacity(4096),
            index: vec![EMPTY; SLOTS],
            markup: Space::NONE,
            relations: Space::NONE,
            xml: Space::NONE,
            schema_instance: Space::NONE,
        };
        let mut section = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(line) = line.strip_prefix("@ ") {
                names.add_space(line);
            } else if let Some(prefix) = line.strip_prefix('[') {
                section = prefix.trim_end_matches(']').trim_start_matches('-');
            } else {
                names.add_element(section, line);
            }
        }
        for (prefix, local, _) in rules::ELEMENTS {
            // Elements that no rebuilt file carries stand in the rules only.
            let space = names.by_prefix(prefix);
            if space.is_some_and(|space| names.element(space, local).is_none()) {
                names.add_element(prefix, local);
            }
        }
        names.markup = names.by_prefix("mc").unwrap_or(Space::NONE);
        names.relations = names.by_prefix("r").unwrap_or(Space::NONE);
        names.xml = names.by_prefix("xml").unwrap_or(Space::NONE);
        names.schema_instance = names.by_prefix("xsi").unwrap_or(Space::NONE);
        names
    }

    fn add_space(&mut self, line: &'static str) {
        let mut words = line.split(' ').map(|word| if word == "-" { "" } else { word });
        let prefix = words.next().unwrap_or("");
        let space = Space(u8::try_from(self.prefixes.len()).unwrap_or(u8::MAX));
        self.prefixes.push(prefix);
        for uri in words {
            self.spaces.insert(uri, space);
        }
    }

    fn add_element(&mut self, prefix: &'static str, line: &'static str) {
        let Some(space) = self.by_prefix(prefix) else { return };
        let mut words = line.split(' ');
        let Some(name) = words.next() else { return };
        let local = name.trim_end_matches('*');
        let mut attributes = Vec::new();
        for word in words {
            let Some((attribute_prefix, attribute)) = word.split_once(':') else { continue };
            let Some(attribute_space) = self.by_prefix(attribute_prefix) else { continue };
            attributes.push(Attribute {
                space: attribute_space,
                local: attribute,
                act: rules::attribute(prefix, local, attribute_prefix, attribute),
            });
        }
        let mut slot = slot(space, local);
        while self.index[slot] != EMPTY {
            slot = (slot + 1) & (SLOTS - 1);
        }
        self.index[slot] = u16::try_from(self.elements.len()).unwrap_or(EMPTY);
        self.elements.push(Element {
            space,
            local,
            holds_text: name.ends_with('*'),
            act: rules::element(prefix, local),
            missing: rules::missing(prefix, local),
            attributes,
        });
    }
}

/// Index slots; a power of two, well over the number of elements.
const SLOTS: usize = 1 << 14;
/// A slot that names no element.
const EMPTY: u16 = u16::MAX;

/// A short multiplicative hash. The table is fixed, so hostile names cannot
/// crowd it.
fn slot(space: Space, local: &str) -> usize {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = u64::from(space.0);
    for chunk in local.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    usize::try_from(hash >> 50).unwrap_or(0) & (SLOTS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_and_transitional_are_one_namespace() {
        let names = Names::table();
        let strict = names.space("http://purl.oclc.org/ooxml/wordprocessingml/main");
        assert!(strict.is_some());
        assert_eq!(strict, names.by_prefix("w"));
    }

    #[test]
    fn known_names_are_found_and_others_are_not() {
        let names = Names::table();
        let word = names.by_prefix("w").unwrap_or(Space::NONE);
        assert!(names.element(word, "t").is_some_and(|element| element.holds_text));
        assert!(names.element(word, "p").is_some_and(|element| !element.holds_text));
        assert!(names.element(word, "no-such-name").is_none());
    }
}
