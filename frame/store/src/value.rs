//! The values that both databases share, and rows of them.

use base::{Id, Timestamp};

use crate::StoreError;

/// One value of a row or of a statement's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value of this kind.
    Null(Kind),
    /// A whole number; truth is 0 or 1, a time milliseconds since 1970 in UTC.
    Int(i64),
    /// Text, ids among it.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What a value would be if there were one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Int`].
    Int,
    /// [`Value::Text`].
    Text,
    /// [`Value::Bytes`].
    Bytes,
}

impl Value {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Null(_) => "nothing",
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
        }
    }
}

/// A type that can be an argument of a statement.
pub trait IntoValue {
    /// What `None` of this type is.
    const KIND: Kind;
    /// The value.
    fn into_value(self) -> Value;
}

/// A type that can be read from a row.
pub trait FromValue: Sized {
    /// What an error calls the type.
    const WANTED: &'static str;
    /// Takes the value, or gives it back if it is of another kind.
    ///
    /// # Errors
    /// The value itself.
    fn from_value(value: Value) -> Result<Self, Value>;
}

/// One row of an answer, its columns in the statement's order.
#[derive(Clone, Debug)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Takes the value out of a column, counted from 0; each only once.
    ///
    /// # Errors
    /// If the column holds something else, or there is no such column.
    pub fn take<T: FromValue>(&mut self, column: usize) -> Result<T, StoreError> {
        let shape = |found| StoreError::Shape { column, wanted: T::WANTED, found };
        let place = self.0.get_mut(column).ok_or_else(|| shape("no column"))?;
        let value = std::mem::replace(place, Value::Null(Kind::Int));
        T::from_value(value).map_err(|value| shape(value.name()))
    }
}

macro_rules! plain {
    ($type:ty, $kind:ident, $wanted:literal, |$value:ident| $into:expr, |$inner:ident| $from:expr) => {
        impl IntoValue for $type {
            const KIND: Kind = Kind::$kind;
            fn into_value(self) -> Value {
                let $value = self;
                Value::$kind($into)
            }
        }
        impl FromValue for $type {
            const WANTED: &'static str = $wanted;
            fn from_value(value: Value) -> Result<Self, Value> {
                match value {
                    Value::$kind($inner) => $from,
                    other => Err(other),
                }
            }
        }
    };
}

plain!(i64, Int, "a number", |value| value, |inner| Ok(inner));
plain!(String, Text, "text", |value| value, |inner| Ok(inner));
plain!(Vec<u8>, Bytes, "bytes", |value| value, |inner| Ok(inner));
plain!(bool, Int, "0 or 1", |value| i64::from(value), |inner| match inner {
    0 => Ok(false),
    1 => Ok(true),
    other => Err(Value::Int(other)),
});
plain!(u32, Int, "a number below 2^32", |value| i64::from(value), |inner| {
    u32::try_from(inner).map_err(|_| Value::Int(inner))
});
plain!(Timestamp, Int, "a time", |value| value.millis(), |inner| { Ok(Self::from_millis(inner)) });

impl<T> IntoValue for Id<T> {
    const KIND: Kind = Kind::Text;
    fn into_value(self) -> Value {
        Value::Text(self.to_string())
    }
}

impl<T> FromValue for Id<T> {
    const WANTED: &'static str = "an id";
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Text(text) => Self::parse(&text).map_err(|_| Value::Text(text)),
            other => Err(other),
        }
    }
}

impl IntoValue for &str {
    const KIND: Kind = Kind::Text;
    fn into_value(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl IntoValue for &String {
    const KIND: Kind = Kind::Text;
    fn into_value(self) -> Value {
        Value::Text(self.clone())
    }
}

impl IntoValue for &[u8] {
    const KIND: Kind = Kind::Bytes;
    fn into_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<const LENGTH: usize> IntoValue for [u8; LENGTH] {
    const KIND: Kind = Kind::Bytes;
    fn into_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<const LENGTH: usize> FromValue for [u8; LENGTH] {
    const WANTED: &'static str = "bytes of a fixed length";
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Bytes(bytes) => bytes.try_into().map_err(Value::Bytes),
            other => Err(other),
        }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    const KIND: Kind = T::KIND;
    fn into_value(self) -> Value {
        self.map_or(Value::Null(T::KIND), T::into_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Null(_) => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// Writes the arguments of a statement: `args![id, now]`.
#[macro_export]
macro_rules! args {
    ($($argument:expr),* $(,)?) => {
        ::std::vec![$($crate::IntoValue::into_value($argument)),*]
    };
}
