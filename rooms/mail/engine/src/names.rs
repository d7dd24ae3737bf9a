//! Names of hosts and domains: who owns one, what it resembles, and the lists
//! of free mail, shorteners and names that are often forged.

mod lists;
mod resemblance;

pub use resemblance::look_alike;

use lists::{FREE_MAIL, SHORTENERS};

/// Returns a host in lower case and ASCII, as it stands in the DNS. What is no
/// name stays as it is.
#[must_use]
pub fn to_ascii(host: &str) -> String {
    idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase())
}

/// Returns a host as people read it.
#[must_use]
pub fn to_unicode(host: &str) -> String {
    idna::domain_to_unicode(host).0
}

/// Returns the name under which somebody registered the host: `city.midori.lg.jp`
/// of `www.city.midori.lg.jp` (the Public Suffix List counts `lg.jp`'s second
/// level as registered).
#[must_use]
pub fn organisation(host: &str) -> String {
    let host = to_ascii(host.trim_end_matches('.'));
    psl::domain_str(&host).map_or(host.clone(), str::to_owned)
}

/// Says whether the name ends in a suffix that exists.
#[must_use]
pub(crate) fn has_known_end(host: &str) -> bool {
    let host = to_ascii(host);
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// Says whether `host` is `domain` or below it.
#[must_use]
pub fn is_within(host: &str, domain: &str) -> bool {
    host.len() >= domain.len()
        && host.get(host.len() - domain.len()..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
        && (host.len() == domain.len()
            || host.as_bytes().get(host.len() - domain.len() - 1) == Some(&b'.'))
}

/// Says whether anybody can have an address there for nothing.
#[must_use]
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.iter().any(|known| is_within(domain, known))
}

/// Says whether the host hides where its links lead.
#[must_use]
pub fn is_shortener(host: &str) -> bool {
    SHORTENERS.iter().any(|known| is_within(host, known))
}

/// Says whether a host is an address in figures, in any of the forms that
/// browsers take: dotted, one number, hexadecimal, in brackets.
#[must_use]
pub fn is_number(host: &str) -> bool {
    if host.starts_with('[') {
        return true;
    }
    let is_figure = |label: &str| {
        let digits = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
        match digits {
            Some(digits) => {
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            }
            None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
        }
    };
    !host.is_empty() && host.split('.').all(is_figure)
}

/// Says whether a name mixes scripts as no honest one does, or stands in a
/// script whose letters pass for Latin ones. Japanese names are not odd.
#[must_use]
pub fn is_odd_script(host: &str) -> bool {
    let shown = to_unicode(host);
    if shown.contains('\u{FFFD}') || (shown.contains("xn--") && !shown.is_ascii()) {
        return true;
    }
    shown.split('.').any(|label| {
        let is = |from: char, to: char| label.chars().any(|c| (from..=to).contains(&c));
        let has_latin = label.chars().any(|c| c.is_ascii_alphabetic());
        let is_like_latin =
            is('\u{370}', '\u{3FF}') || is('\u{400}', '\u{52F}') || is('\u{530}', '\u{58F}');
        let is_wide = is('\u{FF01}', '\u{FF5E}');
        is_wide
            || is_like_latin
            || (has_latin && is('\u{80}', '\u{24F}') && resemblance::is_dressed(label))
    })
}

/// Says whether a character takes no room or turns the reading order. Joiners
/// between emoji and selectors of kanji variants are not meant.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180E}' | '\u{200B}'..='\u{200C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_told_apart() {
        assert_eq!(organisation("mail.soumu.go.jp"), "soumu.go.jp");
        assert_eq!(organisation("www.example.co.jp"), "example.co.jp");
        assert_eq!(organisation("a.b.example.com"), "example.com");
        assert!(is_within("a.b.jp", "b.jp") && !is_within("ab.jp", "b.jp"));
        assert!(is_free_mail("mail.yahoo.co.jp") && !is_free_mail("yahoo.co.jp.evil.example"));
    }

    #[test]
    fn scripts_that_pass_for_latin_are_odd() {
        assert!(is_odd_script("аpple.com") && is_odd_script("xn--pple-43d.com"));
        assert!(
            !is_odd_script("日本.jp")
                && !is_odd_script("example.jp")
                && !is_odd_script("bücher.example")
        );
    }
}
