//! Who is who: gathers the fields of one person, and tells distinct people
//! apart by keys that stand for them in memory.

use std::collections::HashSet;

/// A field that was read.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) what: What,
    /// Stands for the value in memory.
    pub(crate) key: u64,
    /// Whether a label said what it is.
    pub(crate) is_labelled: bool,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Name,
    /// A name with a form of address, as over a letter.
    Addressee,
    Address,
    Birth,
    Business,
}

/// Fields of one person, as far as they were read.
#[derive(Clone, Default)]
pub(crate) struct Record {
    name: u64,
    address: u64,
    birth: u64,
    is_business: bool,
    has_bare: bool,
    /// The first and last line.
    pub(crate) lines: (u64, u64),
    /// Waiting numbers that stand with it.
    pub(crate) numbers: Vec<usize>,
}

/// A person that a record names.
pub(crate) struct Named {
    /// Keys of name with birth date and name with address; zero for none.
    pub(crate) keys: [u64; 2],
    pub(crate) is_business: bool,
    pub(crate) is_labelled: bool,
}

/// Numbers that one record holds on to.
const NUMBERS_MAX: usize = 8;

impl Record {
    /// Says whether nothing was read yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.name == 0 && self.address == 0 && self.birth == 0 && self.numbers.is_empty()
    }

    /// Says whether it holds anything of a person.
    pub(crate) fn has_person(&self) -> bool {
        self.name != 0 || self.birth != 0
    }

    /// Says whether a field belongs to the next person.
    pub(crate) fn is_taken(&self, field: Field) -> bool {
        let held = match field.what {
            What::Name | What::Addressee => self.name,
            What::Address => self.address,
            What::Birth => self.birth,
            What::Business => return false,
        };
        held != 0 && held != field.key
    }

    /// Adds a field that is not taken.
    pub(crate) fn add(&mut self, field: Field, line: u64) {
        if self.is_empty() {
            self.lines.0 = line;
        }
        self.lines.1 = line;
        self.has_bare |= !field.is_labelled;
        match field.what {
            What::Name | What::Addressee => self.name = field.key,
            What::Address => self.address = field.key,
            What::Birth => self.birth = field.key,
            What::Business => self.is_business = true,
        }
    }

    /// Adds a waiting number.
    pub(crate) fn add_number(&mut self, index: usize, line: u64) {
        if self.is_empty() {
            self.lines.0 = line;
        }
        self.lines.1 = line;
        if self.numbers.len() < NUMBERS_MAX {
            self.numbers.push(index);
        }
    }

    /// The person that it names, if its fields suffice.
    pub(crate) fn named(&self) -> Option<Named> {
        if self.name == 0 || (self.address == 0 && self.birth == 0) {
            return None;
        }
        let pair = |other: u64, salt: u64| {
            if other == 0 { 0 } else { mix(self.name ^ mix(other ^ salt)) }
        };
        Some(Named {
            keys: [pair(self.birth, 1), pair(self.address, 2)],
            is_business: self.is_business,
            is_labelled: !self.has_bare,
        })
    }
}

/// Spreads a key over all bits.
pub(crate) fn mix(key: u64) -> u64 {
    let mixed = (key ^ (key >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 27)).max(1)
}

/// Distinct people.
#[derive(Default)]
pub(crate) struct People {
    known: HashSet<u64>,
    pub(crate) count: u64,
    pub(crate) is_cut: bool,
}

impl People {
    /// Counts a person by any of its keys, and remembers all of them.
    pub(crate) fn meet(&mut self, keys: &[u64], persons_max: usize) {
        let keys = keys.iter().copied().filter(|key| *key != 0);
        if keys.clone().next().is_none() {
            return;
        }
        let is_known = keys.clone().any(|key| self.known.contains(&key));
        if !is_known {
            if self.known.len() >= persons_max.saturating_mul(KEYS_PER_PERSON) {
                self.is_cut = true;
                return;
            }
            self.count += 1;
        }
        self.known.extend(keys);
    }
}

/// A number, name with birth date, name with address.
const KEYS_PER_PERSON: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_known_by_any_key() {
        let mut people = People::default();
        people.meet(&[1, 2, 0], 9);
        people.meet(&[3, 2], 9);
        people.meet(&[3], 9);
        people.meet(&[4, 0], 9);
        assert_eq!(people.count, 2);
    }

    #[test]
    fn a_name_alone_is_nobody() {
        let field = |what, key| Field { what, key, is_labelled: true };
        let mut record = Record::default();
        record.add(field(What::Name, 5), 1);
        assert!(record.named().is_none());
        assert!(record.is_taken(field(What::Name, 6)) && !record.is_taken(field(What::Name, 5)));
        record.add(field(What::Birth, 7), 2);
        assert_eq!(record.named().map(|named| named.keys[1]), Some(0));
    }
}
