//! The word that a wrong one may be meant for.

/// Longer words are not compared.
const CHARACTERS_MAX: usize = 60;

/// The nearest of several words, if it is near: at most a third of the longer
/// one differs. The first of equals.
#[must_use]
pub fn nearest<'w>(word: &str, of: impl Iterator<Item = &'w str>) -> Option<String> {
    let word: Vec<char> = word.to_lowercase().chars().take(CHARACTERS_MAX).collect();
    let near = |one: &'w str| {
        let other: Vec<char> = one.chars().take(CHARACTERS_MAX).collect();
        let distance = distance(&word, &other);
        (distance * 3 <= word.len().max(other.len())).then_some((distance, one))
    };
    of.filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, one)| one.to_owned())
}

/// How many characters are added, left out, changed, or swapped with the next.
fn distance(one: &[char], other: &[char]) -> usize {
    let width = other.len() + 1;
    let mut rows: Vec<Vec<usize>> = vec![(0..width).collect()];
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, its) in other.iter().enumerate() {
            let cell = |up: usize, left: usize| {
                let at = (i + 1).checked_sub(up).and_then(|row| rows.get(row));
                at.and_then(|row| row.get((j + 1).checked_sub(left)?)).copied()
            };
            let changed = cell(1, 1).map(|cost| cost + usize::from(letter != its));
            let left_out = cell(1, 0).map(|cost| cost + 1);
            let added = row.get(j).map(|cost| cost + 1);
            let is_swapped =
                i > 0 && j > 0 && one.get(i - 1) == Some(its) && other.get(j - 1) == Some(letter);
            let swapped = cell(2, 2).filter(|_| is_swapped).map(|cost| cost + 1);
            let least = [changed, left_out, added, swapped].into_iter().flatten().min();
            row.push(least.unwrap_or(usize::MAX));
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_its_word() {
        let zones = ["mynumber", "lgwan", "internet"];
        let of = |word| nearest(word, zones.into_iter());
        for (word, meant) in [
            ("lgwann", "lgwan"),
            ("LGWAN", "lgwan"),
            ("lgawn", "lgwan"),
            ("my-number", "mynumber"),
            ("interent", "internet"),
            ("internet", "internet"),
        ] {
            assert_eq!(of(word).as_deref(), Some(meant), "{word}");
        }
        for word in ["", "moon", "wan", "any", "マイナンバー"] {
            assert_eq!(of(word), None, "{word}");
        }
        assert_eq!(nearest("tpc", ["tcp", "udp"].into_iter()).as_deref(), Some("tcp"));
        assert_eq!(nearest("tls", std::iter::empty()), None);
    }
}
