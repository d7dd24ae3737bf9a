//! What a file is called: by its disposition, else by its address and type.

use super::disposition::{Disposition, unpercent};
use super::media;

/// Longest name that is handed on, in bytes; the ending survives the cut.
const NAME_BYTES_MAX: usize = 255;

/// The name of a response's file, as a browser would save it.
pub(super) fn of_response(
    disposition: Option<&Disposition>,
    target: Option<&[u8]>,
    media_type: Option<&str>,
) -> Vec<u8> {
    if let Some(file) = disposition.and_then(|d| d.file.as_deref()).filter(|file| !file.is_empty())
    {
        return last_step(file);
    }
    let mut name = target.map(of_address).unwrap_or_default();
    if name.is_empty() {
        name = b"download".to_vec();
    }
    // Browsers name plain text by its type; `export.php` is none of a person's scripts.
    match media_type.and_then(media::text_extension) {
        Some(extension) => with_ending(&name, extension),
        None => name,
    }
}

/// A name without folders, for whatever system's slashes.
pub(super) fn last_step(name: &[u8]) -> Vec<u8> {
    let at = name.iter().rposition(|byte| matches!(byte, b'/' | b'\\')).map_or(0, |at| at + 1);
    cut(name.get(at..).unwrap_or_default())
}

/// Puts another ending on a name.
pub(super) fn with_ending(name: &[u8], extension: &str) -> Vec<u8> {
    let dot = name.iter().rposition(|&byte| byte == b'.').filter(|&at| at > 0);
    let mut out = name.get(..dot.unwrap_or(name.len())).unwrap_or_default().to_vec();
    out.push(b'.');
    out.extend_from_slice(extension.as_bytes());
    out
}

fn of_address(target: &[u8]) -> Vec<u8> {
    let path = target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    // `http://host` has no path; its host is no file name.
    let path = match memchr::memmem::find(path, b"://") {
        Some(at) => {
            let rest = path.get(at + 3..).unwrap_or_default();
            rest.iter().position(|&b| b == b'/').and_then(|at| rest.get(at..)).unwrap_or_default()
        }
        None => path,
    };
    let step = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    last_step(&unpercent(step))
}

fn cut(name: &[u8]) -> Vec<u8> {
    let from = name.len().saturating_sub(NAME_BYTES_MAX);
    name.get(from..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(disposition: Option<&str>, target: &str, media_type: &str) -> String {
        let disposition = disposition.map(|value| Disposition::parse(value.as_bytes()));
        let name = of_response(disposition.as_ref(), Some(target.as_bytes()), Some(media_type));
        String::from_utf8(name).unwrap()
    }

    #[test]
    fn a_name_comes_from_the_disposition_then_from_the_address() {
        let pdf = "application/pdf";
        assert_eq!(named(Some("attachment; filename=b.pdf"), "http://h/a.pdf", pdf), "b.pdf");
        assert_eq!(named(None, "http://h/x/%E8%A1%A8.pdf?y=/z", pdf), "表.pdf");
        assert_eq!(named(None, "http://h", pdf), "download");
        assert_eq!(named(None, "/a/..%2Fb%5Cc.pdf", pdf), "c.pdf");
    }

    #[test]
    fn plain_text_is_named_by_its_type() {
        assert_eq!(named(None, "http://h/export.php", "text/csv"), "export.csv");
        assert_eq!(named(None, "http://h/.profile", "text/plain"), ".profile.txt");
    }
}
