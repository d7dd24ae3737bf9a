//! Numbers and sizes as both languages write them.

/// A whole number in groups of three digits.
#[must_use]
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('-');
    }
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in bytes, rounded down to at most one decimal: `1.5 MB`. Units are
/// powers of 1,000, as storage is sold.
#[must_use]
pub fn bytes(size_bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size_bytes < 1_000 {
        return format!("{size_bytes} B");
    }
    let mut tenths = size_bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if tenths >= 100 || tenths.is_multiple_of(10) {
        format!("{} {name}", number(i64::try_from(tenths / 10).unwrap_or(i64::MAX)))
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(-1_000), "-1,000");
        assert_eq!(number(i64::MIN), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn sizes_keep_two_digits() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1 kB");
        assert_eq!(bytes(1_550), "1.5 kB");
        assert_eq!(bytes(999_999), "999 kB");
        assert_eq!(bytes(25_000_000), "25 MB");
        assert_eq!(bytes(u64::MAX), "18,446 PB");
    }
}
