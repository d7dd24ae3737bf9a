//! What a permit reaches: named values that its kind asks for. Knows their
//! shape, not their meaning.

use std::collections::BTreeMap;

/// The longest line of a scope, in characters.
pub const TEXT_CHARACTERS_MAX: usize = 2_000;
/// The most entries of a list.
pub const LIST_ENTRIES_MAX: usize = 100;

/// One thing that an application of a kind must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name: `a-z`, `0-9` and `-`. The screens look up
    /// `permit-field-KIND-NAME`.
    pub name: &'static str,
    /// What it takes.
    pub form: Form,
    /// An application without it is not taken.
    pub is_required: bool,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text from a person.
    Text {
        /// At most so many characters.
        characters_max: usize,
    },
    /// A whole number.
    Number {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// One of these; the screens look up `permit-choice-KIND-NAME-VALUE`.
    Choice(&'static [&'static str]),
    /// Names of things, one a line: letters, digits and `-_.:/`.
    Names {
        /// At most so many.
        count_max: usize,
    },
    /// The id of a person of the same body.
    Person,
}

/// A value of a scope.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum ScopeValue {
    /// A whole number.
    Number(i64),
    /// Text, a choice, or an id.
    Text(String),
    /// Names.
    List(Vec<String>),
}

/// What a permit reaches. Made by [`Scope::read`] or from a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Scope(BTreeMap<String, ScopeValue>);

/// Why a scope was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field {field}: {why}")]
pub struct ScopeError {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub why: ScopeFault,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeFault {
    /// It is required and empty.
    #[error("is missing")]
    Missing,
    /// The kind does not ask for it.
    #[error("is not asked for")]
    Unknown,
    /// Text that cannot be taken.
    #[error("{0}")]
    Text(#[from] base::TextError),
    /// Too long for this field.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// Not a whole number between the two.
    #[error("is not a whole number from {0} to {1}")]
    Number(i64, i64),
    /// Not one of the choices.
    #[error("is none of the choices")]
    Choice,
    /// A name with other characters, or too many names.
    #[error("is not a list of at most {0} names")]
    Names(usize),
    /// Not the id of a person.
    #[error("is not the id of a person")]
    Person,
}

impl Scope {
    /// Reads what a form or an interface sent: the value of each field as text,
    /// names one a line. Empty values count as missing.
    ///
    /// # Errors
    /// All that is wrong, in the order of the fields.
    pub fn read(
        fields: &[Field],
        given: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<ScopeError>> {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        for field in fields {
            let text = given.get(field.name).map_or("", |text| text.trim());
            if text.is_empty() {
                if field.is_required {
                    errors.push(ScopeError {
                        field: field.name.to_owned(),
                        why: ScopeFault::Missing,
                    });
                }
                continue;
            }
            match field.form.read(text) {
                Ok(value) => {
                    values.insert(field.name.to_owned(), value);
                }
                Err(why) => errors.push(ScopeError { field: field.name.to_owned(), why }),
            }
        }
        for name in given.keys().filter(|name| fields.iter().all(|field| field.name != **name)) {
            let field = name.chars().take(64).collect();
            errors.push(ScopeError { field, why: ScopeFault::Unknown });
        }
        if errors.is_empty() { Ok(Self(values)) } else { Err(errors) }
    }

    /// A value.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&ScopeValue> {
        self.0.get(field)
    }

    /// A value that is text, a choice or an id.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.0.get(field)? {
            ScopeValue::Text(text) => Some(text),
            ScopeValue::Number(_) | ScopeValue::List(_) => None,
        }
    }

    /// A value that is a number.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<i64> {
        match self.0.get(field)? {
            ScopeValue::Number(number) => Some(*number),
            ScopeValue::Text(_) | ScopeValue::List(_) => None,
        }
    }

    /// A value that is a list of names; empty if there is none.
    #[must_use]
    pub fn list(&self, field: &str) -> &[String] {
        match self.0.get(field) {
            Some(ScopeValue::List(names)) => names,
            Some(ScopeValue::Text(_) | ScopeValue::Number(_)) | None => &[],
        }
    }

    /// All values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ScopeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Holds these values as well, each equal to the text, number or one of the
    /// names asked for.
    #[must_use]
    pub fn covers(&self, asked: &[(&str, &str)]) -> bool {
        asked.iter().all(|(field, wanted)| match self.0.get(*field) {
            Some(ScopeValue::Text(text)) => text == wanted,
            Some(ScopeValue::Number(number)) => number.to_string() == *wanted,
            Some(ScopeValue::List(names)) => names.iter().any(|name| name == wanted),
            None => false,
        })
    }
}

impl Form {
    fn read(self, text: &str) -> Result<ScopeValue, ScopeFault> {
        match self {
            Self::Text { characters_max } => {
                let text = base::Text::<TEXT_CHARACTERS_MAX>::parse(text)?;
                if text.as_str().chars().count() > characters_max {
                    return Err(ScopeFault::TooLong(characters_max));
                }
                Ok(ScopeValue::Text(text.as_str().to_owned()))
            }
            Self::Number { min, max } => match text.parse() {
                Ok(number) if (min..=max).contains(&number) => Ok(ScopeValue::Number(number)),
                Ok(_) | Err(_) => Err(ScopeFault::Number(min, max)),
            },
            Self::Choice(choices) if choices.contains(&text) => {
                Ok(ScopeValue::Text(text.to_owned()))
            }
            Self::Choice(_) => Err(ScopeFault::Choice),
            Self::Names { count_max } => read_names(text, count_max.min(LIST_ENTRIES_MAX)),
            Self::Person => match base::BodyId::parse(text) {
                Ok(_) => Ok(ScopeValue::Text(text.to_owned())),
                Err(_) => Err(ScopeFault::Person),
            },
        }
    }
}

/// The longest name of a list, in bytes.
const NAME_BYTES_MAX: usize = 100;

fn read_names(text: &str, count_max: usize) -> Result<ScopeValue, ScopeFault> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split_whitespace() {
        let is_plain =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
        if !is_plain || name.len() > NAME_BYTES_MAX || names.len() == count_max {
            return Err(ScopeFault::Names(count_max));
        }
        names.push(name.to_owned());
    }
    names.sort();
    names.dedup();
    Ok(ScopeValue::List(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "to", form: Form::Text { characters_max: 4 }, is_required: true },
        Field { name: "count", form: Form::Number { min: 1, max: 9 }, is_required: false },
        Field { name: "by", form: Form::Choice(&["hand", "mail"]), is_required: false },
        Field { name: "scopes", form: Form::Names { count_max: 2 }, is_required: false },
    ];

    fn read(pairs: &[(&str, &str)]) -> Result<Scope, Vec<ScopeError>> {
        let given = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Scope::read(FIELDS, &given)
    }

    #[test]
    fn each_fault_is_named() {
        let errors =
            read(&[("to", " "), ("count", "10"), ("by", "fax"), ("scopes", "a b c"), ("x", "")]);
        let whys: Vec<ScopeFault> =
            errors.unwrap_err().into_iter().map(|error| error.why).collect();
        assert_eq!(
            whys,
            [
                ScopeFault::Missing,
                ScopeFault::Number(1, 9),
                ScopeFault::Choice,
                ScopeFault::Names(2),
                ScopeFault::Unknown
            ]
        );
        assert_eq!(read(&[("to", "緑ヶ丘市役所")]).unwrap_err()[0].why, ScopeFault::TooLong(4));
    }

    #[test]
    fn a_scope_reads_back_from_its_row() {
        let scope = read(&[("to", "緑市"), ("count", "3"), ("scopes", "b:x\na:x")]).unwrap();
        let text = serde_json::to_string(&scope).unwrap();
        assert_eq!(text, r#"{"count":3,"scopes":["a:x","b:x"],"to":"緑市"}"#);
        assert_eq!(serde_json::from_str::<Scope>(&text).unwrap(), scope);
        assert!(scope.covers(&[("to", "緑市"), ("scopes", "b:x"), ("count", "3")]));
        assert!(!scope.covers(&[("scopes", "c:x")]) && !scope.covers(&[("by", "hand")]));
    }
}
