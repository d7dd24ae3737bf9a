//! File names that came from outside: makes them safe to unpack on Windows,
//! macOS and Linux, and gives them the extension of what they now are. Knows
//! nothing of file systems; the same name in gives the same name out.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfc;

use crate::format::Format;

/// Longest component, in UTF-16 units: Windows allows 255, and a suffix for a
/// duplicate must still fit.
const COMPONENT_UNITS_MAX: usize = 200;
/// Most components of one path.
const COMPONENTS_MAX: usize = 32;
/// Stands in for a name of which nothing is left.
const NAMELESS: &str = "noname";

/// A name made safe, and whether anything but its normal form had to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeName {
    /// Components joined by `/`, without a leading or trailing one.
    pub name: String,
    /// Whether the given name could have led somewhere else, looked like
    /// something else or could not exist on Windows.
    pub is_changed: bool,
}

/// Makes a path of an archive member safe. Both slashes separate; empty
/// components and `.` are dropped silently, `..`, drives and roots are not.
#[must_use]
pub fn safe_path(raw: &str) -> SafeName {
    let mut is_changed = raw.starts_with(['/', '\\']) || raw.contains('\\');
    let mut components = Vec::new();
    for part in raw.split(['/', '\\']) {
        if part.is_empty() || part == "." {
            continue;
        }
        if part == ".." || is_drive(part) {
            is_changed = true;
            continue;
        }
        let safe = safe_component(part);
        is_changed |= safe.is_changed;
        components.push(safe.name);
    }
    if components.len() > COMPONENTS_MAX {
        is_changed = true;
        components.drain(..components.len() - COMPONENTS_MAX);
    }
    if components.is_empty() {
        is_changed = true;
        components.push(NAMELESS.to_owned());
    }
    SafeName { name: components.join("/"), is_changed }
}

/// Makes a lone file name safe: of a path, only the last component counts.
#[must_use]
pub fn safe_file_name(raw: &str) -> SafeName {
    let path = safe_path(raw);
    match path.name.rsplit_once('/') {
        Some((_, last)) => SafeName { name: last.to_owned(), is_changed: true },
        None => path,
    }
}

/// Returns `name` with an extension that fits `format`, or `None` where it
/// fits already. A known extension of another kind is replaced; anything else
/// stays, and the right extension is put behind it.
#[must_use]
pub fn with_extension_of(name: &str, format: Format) -> Option<String> {
    let right = format.extension();
    let (folder, leaf) = name.rsplit_once('/').map_or(("", name), |(folder, leaf)| (folder, leaf));
    let (stem, extension) = split_extension(leaf);
    let lower = extension.to_ascii_lowercase();
    let fits = lower == right
        || aliases(format).contains(&lower.as_str())
        || (format == Format::Txt && extension.is_empty());
    if fits || right.is_empty() {
        return None;
    }
    let kept = if is_known(&lower) { stem } else { leaf };
    let mut leaf = format!("{kept}.{right}");
    shorten(&mut leaf);
    Some(if folder.is_empty() { leaf } else { format!("{folder}/{leaf}") })
}

/// Puts ` (number)` before the extension of the last component.
#[must_use]
pub fn with_number(name: &str, number: u32) -> String {
    let leaf_start = name.rfind('/').map_or(0, |at| at + 1);
    let (folder, leaf) = name.split_at(leaf_start);
    let (stem, extension) = split_extension(leaf);
    let (stem, tail) = if extension.is_empty() {
        (leaf, format!(" ({number})"))
    } else {
        (stem, format!(" ({number}).{extension}"))
    };
    format!("{folder}{}{tail}", cut(stem, COMPONENT_UNITS_MAX.saturating_sub(units(&tail))))
}

/// Splits at the last dot; a leading dot starts no extension.
fn split_extension(leaf: &str) -> (&str, &str) {
    match leaf.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (leaf, ""),
    }
}

fn is_drive(part: &str) -> bool {
    let mut chars = part.chars();
    let letter = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    letter && chars.next() == Some(':') && chars.next().is_none()
}

fn safe_component(part: &str) -> SafeName {
    let normal: String = if is_nfc(part) { part.to_owned() } else { part.nfc().collect() };
    let mut name = String::with_capacity(normal.len());
    for c in normal.chars() {
        match c {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' | '/' | '\\' => name.push('_'),
            c if is_unseen(c) => {}
            c => name.push(c),
        }
    }
    // What stood between two letters may have kept them from being one.
    if !is_nfc(&name) {
        name = name.nfc().collect();
    }
    trim_end(&mut name);
    shorten(&mut name);
    if is_reserved(&name) {
        name.insert(0, '_');
        shorten(&mut name);
    }
    if name.is_empty() {
        name.push_str(NAMELESS);
    }
    SafeName { is_changed: name != normal, name }
}

/// Characters that show nothing or turn the direction of what follows: with
/// them a program's name can read as if it ended in `exe.pdf`.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{3164}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Windows drops trailing dots and spaces, so that two names become one.
fn trim_end(name: &mut String) {
    let kept = name.trim_end_matches(['.', ' ', '\u{3000}', '\u{A0}']).len();
    name.truncate(kept);
}

/// Cuts a long stem and keeps the extension where it is a short one.
fn shorten(name: &mut String) {
    const EXTENSION_UNITS_MAX: usize = 16;
    if units(name) <= COMPONENT_UNITS_MAX {
        return;
    }
    let (stem, extension) = split_extension(name);
    let (stem, tail) = if !extension.is_empty() && units(extension) <= EXTENSION_UNITS_MAX {
        (stem, format!(".{extension}"))
    } else {
        (name.as_str(), String::new())
    };
    let mut short = cut(stem, COMPONENT_UNITS_MAX - units(&tail));
    trim_end(&mut short);
    short.push_str(&tail);
    trim_end(&mut short);
    *name = short;
}

/// The start of a text, in at most `room` UTF-16 units.
fn cut(text: &str, room: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.len_utf16();
        used <= room
    };
    text.chars().take_while(fits).collect()
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Says whether Windows takes the name for a device.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let upper = stem.to_uppercase();
    if matches!(upper.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let number = upper.strip_prefix("COM").or_else(|| upper.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut chars = number.chars();
        let digit =
            chars.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'));
        digit && chars.next().is_none()
    })
}

/// Extensions beside the usual one that fit a format.
fn aliases(format: Format) -> &'static [&'static str] {
    match format {
        Format::Html => &["htm"],
        Format::Jpeg => &["jpeg", "jpe", "jfif"],
        Format::Tiff => &["tif"],
        Format::Bmp => &["dib"],
        Format::Gzip => &["tgz"],
        Format::Txt => TEXTS,
        Format::Csv | Format::Tsv => &["txt"],
        _ => &[],
    }
}

/// Plain text by other names, none of which a system runs when it is opened.
const TEXTS: &[&str] = &[
    "text", "log", "md", "csv", "tsv", "json", "geojson", "ini", "conf", "cfg", "yaml", "yml",
    "toml", "tex", "dat", "asc", "prn", "dxf", "sfc", "p21", "p2z", "stp", "srt", "diff", "patch",
];

/// Says whether an extension names a kind of file, so that a wrong one is
/// replaced rather than kept as part of the name.
fn is_known(extension: &str) -> bool {
    const KNOWN: &[&str] = &[
        "docx", "docm", "dotx", "dotm", "doc", "dot", "xlsx", "xlsm", "xltx", "xltm", "xlsb",
        "xls", "xlt", "pptx", "pptm", "potx", "potm", "ppsx", "ppsm", "ppt", "pot", "pps", "odt",
        "ott", "ods", "ots", "odp", "otp", "pdf", "rtf", "jtd", "jtt", "jtdc", "jttc", "html",
        "htm", "xhtml", "mht", "mhtml", "svg", "svgz", "png", "jpg", "jpeg", "jpe", "jfif", "gif",
        "bmp", "dib", "tiff", "tif", "webp", "ico", "cur", "emf", "wmf", "txt", "csv", "tsv",
        "eml", "msg", "zip", "7z", "lzh", "lha", "tar", "gz", "tgz", "cab", "rar",
    ];
    KNOWN.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(raw: &str, name: &str) {
        let safe = safe_path(raw);
        assert_eq!((safe.name.as_str(), safe.is_changed), (name, true), "{raw:?}");
        let again = safe_path(name);
        assert_eq!((again.name.as_str(), again.is_changed), (name, false), "{raw:?} again");
    }

    #[test]
    fn paths_cannot_climb_or_start_elsewhere() {
        changed("../../etc/passwd", "etc/passwd");
        changed("/etc/passwd", "etc/passwd");
        changed("C:\\Windows\\a.txt", "Windows/a.txt");
        changed("\\\\host\\share\\a.txt", "host/share/a.txt");
        changed("..", "noname");
    }

    #[test]
    fn streams_devices_and_trailing_dots_are_renamed() {
        changed("a.txt:hidden.exe", "a.txt_hidden.exe");
        changed("C:a.txt", "C_a.txt");
        changed("nul.txt", "_nul.txt");
        changed("COM¹", "_COM¹");
        changed("a.txt. .", "a.txt");
        changed("dir ./b", "dir/b");
        changed("a\0.txt", "a.txt");
    }

    #[test]
    fn unseen_characters_cannot_turn_a_name_round() {
        changed("invoice\u{202E}fdp.exe", "invoicefdp.exe");
        changed("a\u{200B}.txt", "a.txt");
    }

    #[test]
    fn letters_that_meet_once_an_unseen_one_is_gone_are_composed() {
        changed("か\u{200B}\u{3099}.txt", "が.txt");
        changed("\u{1100}\u{1160}\u{1161}", "가");
    }

    #[test]
    fn a_long_name_of_a_device_is_still_short_enough() {
        let long = format!("nul.{}", "x".repeat(COMPONENT_UNITS_MAX - 4));
        changed(&long, &format!("_{}", &long[..COMPONENT_UNITS_MAX - 1]));
    }

    #[test]
    fn long_names_keep_their_extension() {
        let safe = safe_path(&format!("{}.docx", "申".repeat(300)));
        assert!(safe.is_changed && safe.name.ends_with("申.docx"));
        assert_eq!(units(&safe.name), COMPONENT_UNITS_MAX);
    }

    #[test]
    fn a_new_extension_or_number_leaves_the_name_short_enough() {
        let long = "申".repeat(COMPONENT_UNITS_MAX);
        let named = with_extension_of(&format!("a/{long}"), Format::Pdf).unwrap_or_default();
        let numbered = with_number(&format!("{long}.pdf"), 12);
        assert!(named.ends_with("申.pdf") && !safe_path(&named).is_changed);
        assert!(numbered.ends_with("申 (12).pdf") && !safe_path(&numbered).is_changed);
    }

    #[test]
    fn decomposed_names_are_composed_without_remark() {
        let safe = safe_path("か\u{3099}いよう.txt");
        assert_eq!((safe.name.as_str(), safe.is_changed), ("がいよう.txt", false));
        assert!(!safe_path("葛\u{E0100}城市/𠮷田.txt").is_changed);
    }

    #[test]
    fn the_extension_follows_the_format() {
        let fit = |name, format| with_extension_of(name, format).unwrap_or_default();
        assert_eq!(fit("a/b.docm", Format::Docx), "a/b.docx");
        assert_eq!(fit("b.DOCX", Format::Docx), "");
        assert_eq!(fit("photo.jpg", Format::Png), "photo.png");
        assert_eq!(fit("v1.2", Format::Pdf), "v1.2.pdf");
        assert_eq!(fit("README", Format::Txt), "");
        assert_eq!(fit("run.bat", Format::Txt), "run.bat.txt");
        assert_eq!(fit("a.lzh", Format::Zip), "a.zip");
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(with_number("d.x/a.txt", 2), "d.x/a (2).txt");
        assert_eq!(with_number("d.x/a", 3), "d.x/a (3)");
    }
}
