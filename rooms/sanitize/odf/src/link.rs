//! Which addresses a person may still follow, and which lead into the package.
//! Resolves names only as text; opens nothing.

/// Says whether an address may stay as a link: `http`, `https` and `mailto`.
pub(crate) fn is_allowed(target: &str) -> bool {
    let is_plain = !target.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
    let scheme = target.split(':').next().unwrap_or_default();
    is_plain
        && ((scheme.eq_ignore_ascii_case("mailto") && target.len() > scheme.len() + 1)
            || web_host(target).is_some_and(|host| !host.is_empty()))
}

fn web_host(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_web.then(|| rest.split(['/', '?', '#']).next().unwrap_or_default())
}

/// Says whether a quoted name is that of a file or an address.
pub(crate) fn names_a_file(quoted: &str) -> bool {
    let lower = quoted.to_ascii_lowercase();
    lower.contains("://") || lower.contains("file:") || lower.contains("\\\\")
}

/// Resolves a reference against a folder of the package (part 2, 3.7);
/// `None` where it leads outside.
pub(crate) fn in_package(folder: &str, href: &str) -> Option<String> {
    let decoded = percent_decoded(href)?;
    if decoded.starts_with('/') || decoded.contains([':', '\\', '\0', '?']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn percent_decoded(href: &str) -> Option<String> {
    if !href.contains('%') {
        return Some(href.to_owned());
    }
    let mut out = Vec::with_capacity(href.len());
    let mut bytes = href.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_mail_addresses_are_links() {
        for good in ["http://x.jp/", "HTTPS://例.jp/?a=b", "mailto:a@b.jp"] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "file:///c:/x",
            "//host/x",
            "\\\\host\\x",
            "ms-msdt:/x",
            "http:x",
            "java\tscript:x",
            "vnd.sun.star.script:x",
            "x.exe",
            "",
            "mailto:",
            "https://",
            "data:text/html,x",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn references_stay_in_the_package() {
        assert_eq!(in_package("", "./Object 1").as_deref(), Some("Object 1"));
        assert_eq!(
            in_package("Object 1", "Pictures/a%20b.png").as_deref(),
            Some("Object 1/Pictures/a b.png")
        );
        assert_eq!(
            in_package("Object 1", "../ObjectReplacements/x").as_deref(),
            Some("ObjectReplacements/x")
        );
        for bad in ["../x", "/etc/passwd", "file:///x", "http://h/x", "..\\x", ""] {
            assert_eq!(in_package("", bad), None, "{bad}");
        }
    }
}
