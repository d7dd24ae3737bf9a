//! Length-prefixed messages over a pipe. Bounds every message; knows nothing
//! of what is in one.

use std::io::{self, Read, Write};

/// Writes one message: its length as 64 bits, little end first, then its bytes.
pub(crate) fn write(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
    to.write_all(&(message.len() as u64).to_le_bytes())?;
    to.write_all(message)?;
    to.flush()
}

/// Reads one message of at most `max` bytes; `None` at the end of the pipe.
///
/// Memory is taken as the bytes arrive, so a claimed length costs nothing.
pub(crate) fn read(from: &mut impl Read, max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    let mut have = 0;
    while have < length.len() {
        match from.read(&mut length[have..]) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => have += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u64::from_le_bytes(length);
    if length > max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "message over its limit"));
    }
    let mut message = Vec::new();
    from.take(length).read_to_end(&mut message)?;
    if message.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"abc").expect("memory");
        assert_eq!(read(&mut pipe.as_slice(), 3).expect("whole"), Some(b"abc".to_vec()));
    }

    #[test]
    fn a_message_over_its_limit_is_refused() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"abcd").expect("memory");
        assert!(read(&mut pipe.as_slice(), 3).is_err());
    }

    #[test]
    fn a_cut_message_is_an_error_and_an_empty_pipe_is_not() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"abc").expect("memory");
        assert!(read(&mut &pipe[..9], 3).is_err());
        assert_eq!(read(&mut &pipe[..0], 3).expect("empty"), None);
    }
}
