//! Where a relationship leads: inside the package, to a web page or mail
//! address, or somewhere it must not. Follows nothing.

/// Longest address that stays, in bytes; Word and Excel stop at about 2 KiB.
const ADDRESS_BYTES_MAX: usize = 8 << 10;

/// Says whether a click may open this address: `http`, `https` and `mailto`,
/// or a place in the same document. The scheme is looked for after everything
/// that could hide it is taken away.
pub(crate) fn is_harmless_address(address: &str) -> bool {
    if address.len() > ADDRESS_BYTES_MAX || address.contains(['\\', '"', '<', '>']) {
        return false;
    }
    if address.chars().any(|letter| letter.is_control() || is_invisible(letter)) {
        return false;
    }
    if let Some(place) = address.strip_prefix('#') {
        return !place.is_empty();
    }
    // The scheme must stand there plainly, and be the same once unhidden.
    let open = address.trim().to_lowercase();
    let plain = unhidden(address);
    if !["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| open.starts_with(scheme) && plain.starts_with(scheme))
    {
        return false;
    }
    match plain.split_once("//") {
        Some((_, rest)) if !open.starts_with("mailto:") => {
            rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '[')
        }
        // RFC 6068 has no attachments; some mail programs do, and add local
        // files.
        _ => !plain.contains("attach"),
    }
}

/// Says whether a cell's link leads to a place in the same workbook.
pub(crate) fn is_harmless_place(place: &str) -> bool {
    let is_plain = !place.contains(['\\', '|', '[']) && !place.contains("://");
    let place = place.trim_start_matches('#');
    is_plain && !place.is_empty() && !has_scheme(place)
}

/// Says whether a colon follows a word that is no column: those have at most
/// three letters.
fn has_scheme(place: &str) -> bool {
    const COLUMN_LETTERS_MAX: usize = 3;
    let Some((head, _)) = place.split_once(':') else { return false };
    let head = head.trim();
    head.len() > COLUMN_LETTERS_MAX
        && head.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Decodes percent signs and drops white space, in lower case.
fn unhidden(address: &str) -> String {
    let bytes = address.trim().as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let decoded = hex.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (byte, decoded) {
            (b'%', Some(value)) => {
                plain.push(value);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain.retain(|byte| !byte.is_ascii_whitespace() && !byte.is_ascii_control());
    String::from_utf8_lossy(&plain).to_lowercase()
}

/// Marks that change how an address reads without being seen.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}')
}

/// Resolves a part's internal target to a part name without a leading slash,
/// as ECMA-376 Part 2, 8.3 and Annex A say. `None` when it climbs out of the
/// package or names no part.
pub(crate) fn resolve(source: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or("").replace('\\', "/");
    if target.is_empty() || target.contains(':') || target.contains('\0') {
        return None;
    }
    let mut steps: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => source
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .split('/')
            .filter(|step| !step.is_empty())
            .collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            _ => steps.push(step),
        }
    }
    if steps.is_empty() { None } else { Some(percent_decoded(&steps.join("/"))) }
}

fn percent_decoded(name: &str) -> String {
    if !name.contains('%') {
        return name.to_owned();
    }
    let mut out = Vec::with_capacity(name.len());
    let bytes = name.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if byte == b'%' && !matches!(value, b'/' | b'\\' | 0) => {
                out.push(value);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| name.to_owned())
}

/// Returns the path from one part to another.
pub(crate) fn relative(source: &str, target: &str) -> String {
    let from: Vec<&str> = source.split('/').collect();
    let to: Vec<&str> = target.split('/').collect();
    let folders = from.len().saturating_sub(1);
    let shared = from.iter().take(folders).zip(&to).take_while(|(a, b)| a == b).count();
    let mut path = "../".repeat(folders - shared);
    path.push_str(&to.get(shared..).unwrap_or_default().join("/"));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_and_mail_addresses_stay() {
        for address in [
            "http://example.jp/a b",
            "HTTPS://example.jp",
            "mailto:a@example.jp",
            "#Sheet1!A1",
            " http://例え.jp",
        ] {
            assert!(is_harmless_address(address), "{address}");
        }
    }

    #[test]
    fn everything_else_goes() {
        let hostile = [
            "javascript:alert(1)",
            "java\tscript:x",
            "jAvA%73cript:x",
            "file:///c:/x.exe",
            "\\\\host\\share",
            "//host/share",
            "ms-msdt:/id",
            "search-ms:query",
            "mhtml:http://x",
            "http:\\\\host",
            "http%3a//host",
            "x.docx",
            "",
            "#",
            "http://",
            "data:text/html,x",
            "vbscript:x",
            "mailto:a@b?attach=c:/x",
            "http://a\u{202E}b",
            "ht tp://",
        ];
        for address in hostile {
            assert!(!is_harmless_address(address), "{address}");
        }
    }

    #[test]
    fn targets_resolve_inside_the_package_only() {
        assert_eq!(
            resolve("word/document.xml", "media/a.png").as_deref(),
            Some("word/media/a.png")
        );
        assert_eq!(resolve("word/document.xml", "/xl/a.xml").as_deref(), Some("xl/a.xml"));
        assert_eq!(
            resolve("ppt/slides/s.xml", "../slideLayouts/l.xml").as_deref(),
            Some("ppt/slideLayouts/l.xml")
        );
        assert_eq!(resolve("word/document.xml", "../../etc/passwd"), None);
        assert_eq!(resolve("word/document.xml", "file:///x"), None);
    }

    #[test]
    fn paths_between_parts_are_relative() {
        assert_eq!(
            relative("ppt/slides/slide1.xml", "ppt/slideLayouts/l.xml"),
            "../slideLayouts/l.xml"
        );
        assert_eq!(relative("word/document.xml", "word/media/a.png"), "media/a.png");
        assert_eq!(relative("", "word/document.xml"), "word/document.xml");
    }
}
