//! The function numbers of binary workbooks, for both of their formats: which
//! ones only compute. Knows no token and evaluates nothing.
//!
//! Source: [MS-XLS] 2.5.198.17 and [MS-XLSB] 2.5.97.10 (Ftab).

/// HYPERLINK, which makes a link of its first argument.
pub const HYPERLINK: u16 = 359;

/// Functions that make references out of strings: CELL, INDIRECT.
pub const ADDRESSING: [u16; 2] = [125, 148];

/// Says whether a function only computes, among those that every version knows.
/// Left out are the numbers of the macro language, CALL (150), REGISTER (149,
/// 267), EXEC (110), [`HYPERLINK`], RTD (379), cubes and functions of add-ins.
#[must_use]
pub fn computes(number: u16) -> bool {
    matches!(
        number,
        0..=52
            | 56..=78
            | 82
            | 83
            | 86
            | 97..=102
            | 105
            | 109
            | 111..=121
            | 124..=131
            | 140..=144
            | 148
            | 162..=165
            | 167..=169
            | 183
            | 184
            | 189
            | 190
            | 193..=199
            | 204..=216
            | 219..=222
            | 227..=235
            | 244
            | 247
            | 252
            | 261
            | 269..=303
            | 305..=332
            | 336
            | 337
            | 342..=347
            | 350..=354
            | 358
            | 360..=378
    )
}

/// As [`computes`], with the functions that came with the format of 2007.
#[must_use]
pub fn computes_since_2007(number: u16) -> bool {
    computes(number) || matches!(number, 384..=475 | 480..=484)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_does_not_compute() {
        for number in [110, 149, 150, 257, 267, HYPERLINK, 379, 380, 477, 479, 900, 0x8000 | 110] {
            assert!(!computes_since_2007(number), "{number}");
        }
    }

    #[test]
    fn everyday_functions_compute() {
        // COUNT, IF, SUM, VLOOKUP, SUMIF, CONCATENATE.
        for number in [0, 1, 4, 102, 345, 336] {
            assert!(computes(number), "{number}");
        }
        // IFERROR is newer.
        assert!(!computes(480) && computes_since_2007(480));
    }
}
