//! Says the same XML in other words: UTF-16, character references, CDATA,
//! other prefixes, the strict namespaces. Reads only what this crate wrote.

/// One way to say the same XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// As written: UTF-8, usual prefixes.
    Plain,
    /// UTF-16, little endian, with a byte order mark.
    Utf16Little,
    /// UTF-16, big endian, with a byte order mark.
    Utf16Big,
    /// Every letter of text and attributes as a character reference.
    References,
    /// Text in CDATA sections.
    Cdata,
    /// Every namespace prefix renamed.
    Prefixes,
    /// The strict namespaces of ISO/IEC 29500.
    Strict,
}

impl Wording {
    /// Short name for case ids; empty for plain.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Utf16Little => "+utf16le",
            Self::Utf16Big => "+utf16be",
            Self::References => "+references",
            Self::Cdata => "+cdata",
            Self::Prefixes => "+prefixes",
            Self::Strict => "+strict",
        }
    }
}

/// Rewords one XML part.
#[must_use]
pub fn reword(xml: &str, wording: Wording) -> Vec<u8> {
    match wording {
        Wording::Plain => xml.as_bytes().to_vec(),
        Wording::Utf16Little => wide(xml, u16::to_le_bytes),
        Wording::Utf16Big => wide(xml, u16::to_be_bytes),
        Wording::References => walk(xml, &|tag| quoted(tag, &references), &references).into_bytes(),
        Wording::Cdata => walk(xml, &str::to_owned, &cdata).into_bytes(),
        Wording::Prefixes => walk(xml, &renamed, &str::to_owned).into_bytes(),
        Wording::Strict => strict(xml).into_bytes(),
    }
}

/// Replaces the transitional namespaces and relationship types.
#[must_use]
pub fn strict(xml: &str) -> String {
    const STEM: &str = "http://schemas.openxmlformats.org/";
    let mut out = String::new();
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once(STEM) {
        out.push_str(before);
        rest = after;
        let end = after.find(['"', '/']).unwrap_or(after.len());
        let group = &after[..end];
        let year = after[end..].strip_prefix("/2006/");
        match year {
            Some(tail) if !matches!(group, "package" | "markup-compatibility") => {
                out.push_str(&format!("http://purl.oclc.org/ooxml/{group}/"));
                rest = tail;
            }
            _ => out.push_str(STEM),
        }
    }
    out + rest
}

/// Escapes text for XML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn wide(xml: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let xml = xml.replace("UTF-8", "UTF-16");
    std::iter::once(0xfeff).chain(xml.encode_utf16()).flat_map(bytes).collect()
}

/// Walks over tags and text; declarations, comments and CDATA stay as they are.
fn walk(xml: &str, on_tag: &dyn Fn(&str) -> String, on_text: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        out.push_str(&on_text(&rest[..start]));
        rest = &rest[start..];
        let end = tag_end(rest);
        let tag = &rest[..end];
        let is_element = !tag.starts_with("<?") && !tag.starts_with("<!");
        out.push_str(&if is_element { on_tag(tag) } else { tag.to_owned() });
        rest = &rest[end..];
    }
    out + &on_text(rest)
}

fn tag_end(text: &str) -> usize {
    for (open, close) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!DOCTYPE", "]>")] {
        if text.starts_with(open) {
            return text.find(close).map_or(text.len(), |at| at + close.len());
        }
    }
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None | Some(_), _) => {}
        }
    }
    text.len()
}

/// Applies `change` to every quoted value of a tag.
fn quoted(tag: &str, change: &dyn Fn(&str) -> String) -> String {
    let pieces = tag.split('"').enumerate();
    let changed =
        pieces.map(|(index, piece)| if index % 2 == 1 { change(piece) } else { piece.to_owned() });
    changed.collect::<Vec<_>>().join("\"")
}

/// Writes letters and digits as character references, hexadecimal and decimal
/// in turn; what is a reference already stays.
fn references(text: &str) -> String {
    let mut out = String::new();
    let mut in_reference = false;
    for (index, letter) in text.chars().enumerate() {
        in_reference = (in_reference || letter == '&') && letter != ';';
        if in_reference || !letter.is_ascii_alphanumeric() {
            out.push(letter);
        } else if index % 2 == 0 {
            out.push_str(&format!("&#x{:X};", u32::from(letter)));
        } else {
            out.push_str(&format!("&#{};", u32::from(letter)));
        }
    }
    out
}

fn cdata(text: &str) -> String {
    if text.trim().is_empty() || text.contains('&') {
        return text.to_owned();
    }
    format!("<![CDATA[{text}]]>")
}

/// Renames the prefixes of one tag, in names and in declarations.
fn renamed(tag: &str) -> String {
    let mut out = String::new();
    for (index, piece) in tag.split('"').enumerate() {
        if index > 0 {
            out.push('"');
        }
        if index % 2 == 1 {
            let is_list = out.ends_with("Ignorable=\"") || out.ends_with("Requires=\"");
            let words =
                piece.split(' ').map(|word| if is_list { rename(word) } else { word.to_owned() });
            out.push_str(&words.collect::<Vec<_>>().join(" "));
            continue;
        }
        for word in piece.split_inclusive([' ', '\n']) {
            let lead = word.len() - word.trim_start_matches(['<', '/']).len();
            let (mark, name) = word.split_at(lead);
            out.push_str(mark);
            match name.split_once(':') {
                Some(("xmlns", declared)) => out.push_str(&format!("xmlns:{}", rename(declared))),
                Some(("xml", _)) | None => out.push_str(name),
                Some((prefix, local)) => out.push_str(&format!("{}:{local}", rename(prefix))),
            }
        }
    }
    out
}

fn rename(prefix: &str) -> String {
    format!("q{prefix}")
}
