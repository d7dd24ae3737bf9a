//! Writes plain TAR: ustar headers, a pax record before a name that does not fit,
//! one fixed time, no owners. The same members give the same bytes.
//!
//! Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block".

/// Bytes of a header and the unit that data is filled up to.
pub(crate) const BLOCK: usize = 512;
/// 1980-01-01 00:00 UTC, as in our ZIPs, in seconds.
const TIME: u64 = 315_532_800;
const NAME_BYTES_MAX: usize = 100;

/// A TAR archive in memory.
#[derive(Default)]
pub(crate) struct TarWriter {
    out: Vec<u8>,
}

impl TarWriter {
    /// Adds a file, or a directory where the name ends with a slash.
    pub(crate) fn add(&mut self, name: &str, data: &[u8]) {
        if name.len() > NAME_BYTES_MAX || !name.is_ascii() {
            let record = pax_record("path", name);
            self.put("pax-header", b'x', record.as_bytes());
        }
        let kind = if name.ends_with('/') { b'5' } else { b'0' };
        self.put(name, kind, data);
    }

    /// Returns the archive with its two closing blocks.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.out.resize(self.out.len() + 2 * BLOCK, 0);
        self.out
    }

    fn put(&mut self, name: &str, kind: u8, data: &[u8]) {
        let mut header = [0; BLOCK];
        let short = ascii_prefix(name);
        header[..short.len()].copy_from_slice(short.as_bytes());
        octal(&mut header[100..108], if kind == b'5' { 0o755 } else { 0o644 });
        octal(&mut header[108..116], 0);
        octal(&mut header[116..124], 0);
        octal(&mut header[124..136], data.len() as u64);
        octal(&mut header[136..148], TIME);
        header[156] = kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        octal(&mut header[329..337], 0);
        octal(&mut header[337..345], 0);
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        octal(&mut header[148..155], sum);
        self.out.extend_from_slice(&header);
        self.out.extend_from_slice(data);
        self.out.resize(self.out.len().next_multiple_of(BLOCK), 0);
    }
}

/// What stands in the old field: enough to recognise the file by.
fn ascii_prefix(name: &str) -> String {
    let is_directory = name.ends_with('/');
    let mut short: String =
        name.chars().map(|c| if c.is_ascii() { c } else { '_' }).take(NAME_BYTES_MAX).collect();
    if is_directory && !short.ends_with('/') {
        short.pop();
        short.push('/');
    }
    short
}

/// Writes an octal number with zeros before it and NUL behind.
fn octal(field: &mut [u8], value: u64) {
    let digits = format!("{value:0width$o}\0", width = field.len() - 1);
    // Sizes stay far below the 8 GiB that eleven digits can say.
    field.copy_from_slice(&digits.as_bytes()[digits.len() - field.len()..]);
}

/// A pax record says its own length, which counts its own digits.
fn pax_record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length != rest.len() + length.to_string().len() {
        length += 1;
    }
    format!("{length}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pax_record_counts_itself() {
        assert_eq!(pax_record("path", "a"), "9 path=a\n");
        assert_eq!(pax_record("path", &"b".repeat(90)).len(), 99);
        assert!(pax_record("path", &"b".repeat(91)).starts_with("101 "));
    }
}
