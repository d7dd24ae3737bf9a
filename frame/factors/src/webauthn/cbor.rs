//! Reads the CBOR that authenticators write (CTAP2's canonical form,
//! RFC 8949): definite lengths, shortest heads, no tags and no floats.

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A number, from −2⁶³ to 2⁶³ − 1.
    Number(i64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// An array.
    Array(Vec<Value<'a>>),
    /// A map, in the order it was written, each key once.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// True or false.
    Flag(bool),
    /// Null.
    Null,
}

/// Bytes that are not such CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CborError;

/// CTAP2 §8: at most four levels of nesting; one more for what wraps them.
const DEPTH_MAX: u8 = 5;

/// Members of one array or map, at most.
const MEMBERS_MAX: u64 = 64;

impl<'a> Value<'a> {
    /// Reads one value and gives back what follows it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), CborError> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value(DEPTH_MAX)?;
        Ok((value, reader.rest))
    }

    /// Reads one value with nothing after it.
    pub(super) fn read_whole(bytes: &'a [u8]) -> Result<Self, CborError> {
        match Self::read(bytes)? {
            (value, []) => Ok(value),
            _ => Err(CborError),
        }
    }

    /// The value under a key of text.
    pub(super) fn named(&self, name: &str) -> Option<&Self> {
        self.member(&Value::Text(name))
    }

    /// The value under a number.
    pub(super) fn numbered(&self, number: i64) -> Option<&Self> {
        self.member(&Value::Number(number))
    }

    fn member(&self, wanted: &Value<'_>) -> Option<&Self> {
        let Value::Map(members) = self else { return None };
        members.iter().find(|(key, _)| key == wanted).map(|(_, value)| value)
    }

    /// The bytes of a byte string.
    pub(super) const fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Some(*bytes),
            Value::Number(_)
            | Value::Text(_)
            | Value::Array(_)
            | Value::Map(_)
            | Value::Flag(_)
            | Value::Null => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: u8) -> Result<Value<'a>, CborError> {
        let depth = depth.checked_sub(1).ok_or(CborError)?;
        let (major, argument) = self.head()?;
        match major {
            0 => number(argument, false),
            1 => number(argument, true),
            2 => self.take(argument).map(Value::Bytes),
            3 => {
                let bytes = self.take(argument)?;
                std::str::from_utf8(bytes).map(Value::Text).map_err(|_| CborError)
            }
            4 => self.array(argument, depth),
            5 => self.map(argument, depth),
            7 => match argument {
                20 => Ok(Value::Flag(false)),
                21 => Ok(Value::Flag(true)),
                22 => Ok(Value::Null),
                _ => Err(CborError),
            },
            _ => Err(CborError),
        }
    }

    /// The major type and its argument, in the shortest form only.
    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (&first, rest) = self.rest.split_first().ok_or(CborError)?;
        self.rest = rest;
        let (major, short) = (first >> 5, first & 31);
        let length: u64 = match short {
            0..=23 => return Ok((major, u64::from(short))),
            24..=27 => 1 << (short - 24),
            _ => return Err(CborError),
        };
        let argument =
            self.take(length)?.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        let least = if length == 1 { 24 } else { 1_u64 << (length * 4) };
        // Major type 7 with more than one byte is a float or a longer simple value.
        if argument < least || major == 7 { Err(CborError) } else { Ok((major, argument)) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CborError)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array(&mut self, count: u64, depth: u8) -> Result<Value<'a>, CborError> {
        if count > MEMBERS_MAX {
            return Err(CborError);
        }
        (0..count).map(|_| self.value(depth)).collect::<Result<_, _>>().map(Value::Array)
    }

    fn map(&mut self, count: u64, depth: u8) -> Result<Value<'a>, CborError> {
        if count > MEMBERS_MAX {
            return Err(CborError);
        }
        let mut members: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        for _ in 0..count {
            let key = self.value(depth)?;
            if members.iter().any(|(earlier, _)| *earlier == key) {
                return Err(CborError);
            }
            members.push((key, self.value(depth)?));
        }
        Ok(Value::Map(members))
    }
}

fn number<'a>(argument: u64, is_negative: bool) -> Result<Value<'a>, CborError> {
    let number = i64::try_from(argument).map_err(|_| CborError)?;
    Ok(Value::Number(if is_negative { -1 - number } else { number }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_rfc_8949_appendix_a() {
        let rows: [(&[u8], Value<'_>); 9] = [
            (&[0x17], Value::Number(23)),
            (&[0x18, 0x18], Value::Number(24)),
            (&[0x19, 0x03, 0xe8], Value::Number(1_000)),
            (&[0x38, 0x63], Value::Number(-100)),
            (&[0x44, 1, 2, 3, 4], Value::Bytes(&[1, 2, 3, 4])),
            (&[0x62, 0xc3, 0xbc], Value::Text("ü")),
            (&[0x82, 0x01, 0xf5], Value::Array(vec![Value::Number(1), Value::Flag(true)])),
            (&[0xa1, 0x61, 0x61, 0xf6], Value::Map(vec![(Value::Text("a"), Value::Null)])),
            (&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0], Value::Number(1_000_000_000_000)),
        ];
        for (bytes, value) in rows {
            assert_eq!(Value::read_whole(bytes), Ok(value));
        }
    }

    #[test]
    fn what_ctap_forbids_is_refused() {
        let rows: [&[u8]; 13] = [
            &[],
            &[0x18, 0x17],
            &[0x19, 0x00, 0xff],
            &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x5f, 0x41, 0x00, 0xff],
            &[0xbf, 0xff],
            &[0xc0, 0x00],
            &[0xf9, 0x00, 0x00],
            &[0xf7],
            &[0x61, 0xff],
            &[0xa2, 0x01, 0x01, 0x01, 0x02],
            &[0x01, 0x01],
            &[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ];
        for bytes in rows {
            assert_eq!(Value::read_whole(bytes), Err(CborError), "{bytes:02x?}");
        }
    }

    #[test]
    fn depth_and_breadth_are_limited() {
        assert!(Value::read_whole(&[0x81, 0x81, 0x81, 0x81, 0x00]).is_ok());
        assert_eq!(Value::read_whole(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x00]), Err(CborError));
        assert_eq!(Value::read_whole(&[0x81; 100_000]), Err(CborError));
        assert_eq!(Value::read_whole(&[0x9a, 0xff, 0xff, 0xff, 0xff]), Err(CborError));
    }
}
