//! Header fields of ICAP and HTTP heads, in their order and spelling. Values
//! are bytes: real servers put file names there in many charsets.

use super::Refusal;

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As it was spelt.
    pub name: String,
    /// Without white space about it.
    pub value: Vec<u8>,
}

/// The header fields of one head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<Field>);

impl Fields {
    /// Reads lines that end in CR LF each; no empty line among them.
    ///
    /// # Errors
    /// Refuses what RFC 9112 §5 calls a reason for request smuggling: white
    /// space before the colon, folded lines, names that are no token.
    pub fn parse(lines: &[u8], fields_max: usize) -> Result<Self, Refusal> {
        let mut fields = Vec::new();
        let mut rest = lines;
        while !rest.is_empty() {
            let end = rest.iter().position(|&byte| byte == b'\n').ok_or(Refusal::BareLineEnd)?;
            let (line, behind) = rest.split_at(end + 1);
            rest = behind;
            let line = line.strip_suffix(b"\r\n").ok_or(Refusal::BareLineEnd)?;
            if fields.len() == fields_max {
                return Err(Refusal::TooManyFields);
            }
            fields.push(Field::parse(line)?);
        }
        Ok(Self(fields))
    }

    /// Iterates over the fields.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    /// Iterates over the values of one name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |f| f.name.eq_ignore_ascii_case(name)).map(|f| &*f.value)
    }

    /// Returns the value of a name; the first if there are more.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|f| f.name.eq_ignore_ascii_case(name)).map(|f| &*f.value)
    }

    /// Returns the value of a name that may stand only once.
    ///
    /// # Errors
    /// Refuses a second one.
    pub fn only(&self, name: &str) -> Result<Option<&[u8]>, Refusal> {
        if self.all(name).nth(1).is_some() {
            return Err(Refusal::Field);
        }
        Ok(self.first(name))
    }

    /// Says whether a name stands here.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// Returns the words of a comma-separated list in lower case, over all
    /// fields of that name. What is not UTF-8 is left out.
    #[must_use]
    pub fn words(&self, name: &str) -> Vec<String> {
        self.all(name)
            .filter_map(|value| std::str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(|word| word.trim().to_ascii_lowercase())
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// Takes every field of a name out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|field| !field.name.eq_ignore_ascii_case(name));
    }

    /// Adds a field behind the others. Line ends in a value become spaces: a
    /// value may hold a stranger's words.
    pub fn add(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        let mut value = value.into();
        for byte in &mut value {
            if matches!(byte, 0..=0x1f | 0x7f) {
                *byte = b' ';
            }
        }
        self.0.push(Field { name: name.to_owned(), value });
    }

    /// Puts one field in the place of all of its name.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.remove(name);
        self.add(name, value);
    }

    /// Writes the fields and the empty line behind them.
    pub fn write(&self, out: &mut Vec<u8>) {
        for field in &self.0 {
            out.extend_from_slice(field.name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(&field.value);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl Field {
    fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let colon = line.iter().position(|&byte| byte == b':').ok_or(Refusal::Field)?;
        let (name, value) = line.split_at(colon);
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            return Err(Refusal::Field);
        }
        let name = String::from_utf8(name.to_vec()).map_err(|_| Refusal::Field)?;
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if value.iter().any(|&byte| matches!(byte, 0..=8 | 0x0a..=0x1f | 0x7f)) {
            return Err(Refusal::Control);
        }
        Ok(Self { name, value: value.to_vec() })
    }
}

/// RFC 9110 §5.6.2.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
