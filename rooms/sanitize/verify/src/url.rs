//! Addresses: which ones a delivered file may hold. Resolves nothing.

/// Why an address may not stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// Leads to a place inside the same file.
    Local,
    /// `http`, `https` or `mailto`.
    Plain,
    /// Has no scheme and leads to a file beside this one.
    Relative,
    /// A file, a share, a script or a handler of some program.
    Harmful,
}

/// Judges an address as it stands in the file after entities are resolved.
///
/// Viewers skip white space and control characters and undo percent signs
/// before they look for a scheme, so the same is done here.
pub(crate) fn judge(address: &str) -> Address {
    let bare = strip(address);
    if bare.is_empty() || bare.starts_with('#') {
        return Address::Local;
    }
    let decoded = percent_decoded(&bare);
    for form in [bare.as_str(), decoded.as_str()] {
        if is_share_or_drive(form) {
            return Address::Harmful;
        }
    }
    match scheme(&decoded) {
        Some("http" | "https" | "mailto") => match scheme(&bare) {
            Some(_) => plain(&decoded),
            None => Address::Harmful,
        },
        Some(_) => Address::Harmful,
        None => Address::Relative,
    }
}

/// Says whether a value that should be no address looks like one that acts.
pub(crate) fn looks_active(value: &str) -> bool {
    let trimmed = value.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    if !trimmed.is_char_boundary(trimmed.len().min(2)) {
        return false;
    }
    let may_be =
        trimmed.bytes().take(SCHEME_CHARS_MAX).any(|b| b == b':') || trimmed.starts_with("\\\\");
    may_be && {
        let bare = strip(trimmed).to_ascii_lowercase();
        bare.starts_with("\\\\") || matches!(scheme(&bare), Some(name) if is_active_scheme(name))
    }
}

fn is_active_scheme(name: &str) -> bool {
    name.starts_with("ms-")
        || matches!(
            name,
            "javascript"
                | "jscript"
                | "livescript"
                | "vbscript"
                | "vbs"
                | "file"
                | "mhtml"
                | "shell"
                | "search-ms"
                | "search"
                | "smb"
                | "ldap"
                | "mk"
                | "its"
                | "ms-its"
                | "res"
                | "about"
                | "wscript"
        )
}

/// `http` and `https` need a host: `http:///x` and `http:x` are repaired by
/// viewers in different ways.
fn plain(decoded: &str) -> Address {
    let lower = decoded.to_ascii_lowercase();
    let after = lower.strip_prefix("https:").or_else(|| lower.strip_prefix("http:"));
    match after {
        Some(rest) if !rest.starts_with("//") => Address::Harmful,
        Some(_) | None => Address::Plain,
    }
}

fn strip(address: &str) -> String {
    let is_skipped = |c: char| c.is_control() || (c.is_whitespace() && c != ' ') || is_invisible(c);
    address.trim().chars().take(ADDRESS_CHARS_MAX).filter(|&c| !is_skipped(c)).collect()
}

/// Zero-width and direction characters.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn is_share_or_drive(form: &str) -> bool {
    let bytes = form.as_bytes();
    let starts_as_share = matches!(bytes, [b'\\' | b'/', b'\\' | b'/', ..]);
    let starts_as_drive =
        matches!(bytes, [letter, b':' | b'|', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    starts_as_share || starts_as_drive || bytes.first() == Some(&b'\\')
}

/// Returns the scheme, `None` when there is none. The lower case form is
/// taken from a small list, because only known ones matter.
fn scheme(address: &str) -> Option<&str> {
    let end = address.find([':', '/', '?', '#'])?;
    if address.as_bytes().get(end) != Some(&b':') {
        return None;
    }
    let name = address.get(..end)?;
    if name.eq_ignore_ascii_case("http") {
        return Some("http");
    }
    if name.eq_ignore_ascii_case("https") {
        return Some("https");
    }
    if name.eq_ignore_ascii_case("mailto") {
        return Some("mailto");
    }
    Some(name)
}

fn percent_decoded(address: &str) -> String {
    let mut out = Vec::with_capacity(address.len());
    let mut bytes = address.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair =
            (byte == b'%').then(|| Some((hex(ahead.next()?)?, hex(ahead.next()?)?))).flatten();
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                bytes = ahead;
            }
            None => out.push(byte),
        }
    }
    let text = String::from_utf8_lossy(&out).into_owned();
    strip(&text)
}

/// Returns the value of one hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

const ADDRESS_CHARS_MAX: usize = 8_192;
const SCHEME_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_and_mail_are_plain() {
        for address in
            ["http://a.jp/x?y=1#z", "HTTPS://a.jp", "mailto:a@b.jp", " https://市.jp/%E3%81%82"]
        {
            assert_eq!(judge(address), Address::Plain, "{address}");
        }
    }

    #[test]
    fn everything_that_acts_is_harmful() {
        for address in [
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            " JaVaScRiPt:x",
            "file:///c:/x",
            "\\\\host\\share",
            "//host/share",
            "C:\\x.exe",
            "ms-msdt:/id",
            "search-ms:query",
            "%6aavascript:x",
            "http:x",
            "data:text/html,x",
            "%5c%5chost\\x",
        ] {
            assert_eq!(judge(address), Address::Harmful, "{address}");
        }
        assert_eq!(judge("other.docx"), Address::Relative);
        assert_eq!(judge("#top"), Address::Local);
    }
}
