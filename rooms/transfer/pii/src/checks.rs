//! Check digits and issuers: the arithmetic of numbers. Knows no text.

/// Says whether twelve digits are a personal number by their check digit.
///
/// Numbers of one repeated digit fit by accident and are everybody's
/// placeholder; they do not count.
///
/// Sources: 番号法 (平成25年法律第27号) 第2条第5項 and 第8条第2項; 同法施行令
/// (平成26年政令第155号) 第8条; 平成26年総務省令第85号 第5条: with P(n) the n-th
/// digit from the right of the first eleven, Q(n) = n+1 for n ≤ 6 and n−5 for
/// n ≥ 7, the check digit is 11 − (ΣP(n)Q(n) mod 11), or 0 where the remainder
/// is 0 or 1.
pub(crate) fn is_personal_number(digits: &[u8]) -> bool {
    let [front @ .., check] = digits else { return false };
    if front.len() != 11 || front.iter().all(|digit| digit == check) {
        return false;
    }
    const WEIGHTS: [u32; 11] = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 =
        front.iter().zip(WEIGHTS).map(|(&digit, weight)| u32::from(digit) * weight).sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    u32::from(*check) == expected
}

/// Says whether twelve digits read as a date with hours and minutes.
pub(crate) fn is_date_time(digits: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        digits.get(from..to).map(|part| part.iter().fold(0, |sum, &d| sum * 10 + u32::from(d)))
    };
    let fits = |range: std::ops::RangeInclusive<u32>, from, to| {
        number(from, to).is_some_and(|value| range.contains(&value))
    };
    let by_year = fits(1900..=2099, 0, 4) && fits(1..=12, 4, 6) && fits(1..=31, 6, 8);
    let by_minute = fits(0..=24, 8, 10) && fits(0..=59, 10, 12);
    // Two-digit years with seconds.
    let short = fits(1..=12, 2, 4)
        && fits(1..=31, 4, 6)
        && fits(0..=23, 6, 8)
        && fits(0..=59, 8, 10)
        && fits(0..=59, 10, 12);
    (by_year && by_minute) || (short && fits(0..=49, 0, 2))
}

/// Says whether digits are a card number: an issuer's prefix, its length, and
/// the check digit of ISO/IEC 7812-1 annex B.
pub(crate) fn is_card(digits: &[u8]) -> bool {
    has_issuer(digits) && luhn(digits) && !digits.iter().all(|digit| *digit == digits[0])
}

/// Says whether digits have a prefix and a length that an issuer uses
/// (ISO/IEC 7812-1; issuers' published ranges).
pub(crate) fn has_issuer(digits: &[u8]) -> bool {
    let prefix = |count: usize| {
        digits.iter().take(count).fold(0_u32, |sum, &digit| sum * 10 + u32::from(digit))
    };
    let length = digits.len();
    if !(13..=19).contains(&length) {
        return false;
    }
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match digits[0] {
        // Visa.
        4 => matches!(length, 13 | 16 | 19),
        // Mastercard.
        5 => length == 16 && (51..=55).contains(&two),
        2 => length == 16 && (2221..=2720).contains(&four),
        3 => match two {
            // American Express.
            34 | 37 => length == 15,
            // JCB.
            35 => (3528..=3589).contains(&four) && length >= 16,
            // Diners Club.
            36 | 38 | 39 => length == 14 || length == 16,
            30 => length == 14 && ((300..=305).contains(&three) || three == 309),
            _ => false,
        },
        // Discover, UnionPay.
        6 => {
            let discover = four == 6011 || two == 65 || (644..=649).contains(&three);
            (discover && matches!(length, 16 | 19)) || (two == 62 && length >= 16)
        }
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| {
        let twice = u32::from(digit) * 2;
        if twice > 9 { twice - 9 } else { twice }
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| if at % 2 == 1 { doubled(digit) } else { u32::from(digit) })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn the_check_digit_of_the_ordinance() {
        // Worked by hand: 12345678901 → Σ = 212, 212 mod 11 = 3, 11 − 3 = 8.
        assert!(is_personal_number(&digits("123456789018")));
        for wrong in ["123456789010", "123456789017", "213456789018", "12345678901", "000000000000"]
        {
            assert!(!is_personal_number(&digits(wrong)), "{wrong}");
        }
        let passing = (0..10_000_u64)
            .filter(|n| is_personal_number(&digits(&format!("{:012}", 700_000_000_000 + n * 37))))
            .count();
        assert!((900..1100).contains(&passing), "one in ten passes by chance: {passing}");
    }

    #[test]
    fn cards_need_an_issuer_and_its_length() {
        for right in [
            "4111111111111111",
            "5555555555554444",
            "378282246310005",
            "3530111333300000",
            "30569309025904",
            "6011111111111117",
        ] {
            assert!(is_card(&digits(right)), "{right}");
        }
        for wrong in ["4111111111111112", "1234567890123452", "37828224631000", "4444444444444444"]
        {
            assert!(!is_card(&digits(wrong)), "{wrong}");
        }
    }

    #[test]
    fn moments_are_told_from_numbers() {
        assert!(is_date_time(&digits("202611221530")) && is_date_time(&digits("261122153059")));
        assert!(!is_date_time(&digits("123456789018")));
    }
}
