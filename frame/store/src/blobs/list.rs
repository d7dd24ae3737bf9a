//! Reads a bucket's listing and error answers: the few elements we ask for.

use quick_xml::Reader;
use quick_xml::events::Event;

/// One page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// Key and size of each object.
    pub(crate) objects: Vec<(String, u64)>,
    /// What stands before the delimiter.
    pub(crate) prefixes: Vec<String>,
    /// What to ask for the next page with.
    pub(crate) next: Option<String>,
}

/// Reads the answer to `ListObjectsV2`; nothing if it is none.
pub(crate) fn page(xml: &str) -> Option<Page> {
    let mut page = Page::default();
    let mut key = String::new();
    elements(xml, |parent, name, text| match (parent, name) {
        ("Contents", "Key") => key = text,
        ("Contents", "Size") => {
            page.objects.push((std::mem::take(&mut key), text.parse().unwrap_or(0)));
        }
        ("CommonPrefixes", "Prefix") => page.prefixes.push(text),
        (_, "NextContinuationToken") => page.next = Some(text),
        _ => {}
    })?;
    Some(page)
}

/// The service's word for what went wrong.
pub(crate) fn error_code(xml: &str) -> String {
    let mut code = String::new();
    let _ = elements(xml, |_, name, text| {
        if name == "Code" {
            code = text.chars().take(64).filter(char::is_ascii_alphanumeric).collect();
        }
    });
    code
}

/// Calls for each element that ends, with its parent's name and its own text.
fn elements(xml: &str, mut each: impl FnMut(&str, &str, String)) -> Option<()> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= DEPTH_MAX {
                    return None;
                }
                open.push(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().ok()?;
                let known = || match name.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                };
                text.push(character.or_else(known)?);
            }
            Event::End(_) => {
                let name = open.pop()?;
                each(open.last().map_or("", String::as_str), &name, std::mem::take(&mut text));
            }
            Event::Eof => return Some(()),
            _ => {}
        }
    }
}

const DEPTH_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_keys_sizes_and_the_next_token() {
        let xml = r#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3/"><Contents><Key>a/b&amp;c</Key>
            <LastModified>x</LastModified><Size>7</Size></Contents><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>
            <NextContinuationToken>t1=</NextContinuationToken></ListBucketResult>"#;
        let page = page(xml).unwrap();
        assert_eq!(page.objects, [("a/b&c".to_owned(), 7)]);
        assert_eq!(page.prefixes, ["p/"]);
        assert_eq!(page.next.as_deref(), Some("t1="));
    }

    #[test]
    fn an_error_gives_its_code() {
        assert_eq!(error_code("<Error><Code>AccessDenied</Code></Error>"), "AccessDenied");
        assert_eq!(error_code("<html>nothing"), "");
    }

    #[test]
    fn deep_or_broken_answers_are_no_page() {
        assert_eq!(page(&"<a>".repeat(100)), None);
        assert_eq!(page("<a></b>"), None);
    }
}
