//! Tells kinds of text apart: markup and messages by their first words, the
//! rest by name. Also holds the names that are refused whatever is in them.

use sanitize_core::Format;

/// How much of a text is looked at.
const HEAD_BYTES: usize = 16 << 10;

const SCRIPTS: &[&str] = &[
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "psd1",
    "ps1xml",
    "js",
    "jse",
    "mjs",
    "vbs",
    "vbe",
    "vb",
    "ws",
    "wsf",
    "wsc",
    "wsh",
    "sct",
    "sh",
    "bash",
    "csh",
    "py",
    "pyw",
    "pl",
    "rb",
    "php",
    "asp",
    "aspx",
    "jsp",
    "reg",
    "inf",
    "applescript",
    "command",
    "mst",
    "msh",
    "msh1",
    "msh2",
    "gadget",
    "xsl",
    "xslt",
    "sql",
    "tcl",
    "lua",
    "au3",
    "ahk",
    "hlp",
    "job",
    "osd",
    "ins",
    "isp",
];

const PROGRAMS: &[&str] =
    &["exe", "dll", "scr", "com", "pif", "cpl", "sys", "drv", "ocx", "msc", "msp", "jar", "class"];

const ADDINS: &[&str] = &["xll", "wll", "ppa", "ppam", "xla", "xlam"];

const SHORTCUTS: &[&str] = &[
    "lnk",
    "url",
    "scf",
    "desktop",
    "webloc",
    "website",
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    "searchconnector-ms",
    "appref-ms",
    "application",
    "iqy",
    "oqy",
    "dqy",
    "rqy",
    "slk",
    "dif",
    "rdp",
    "theme",
    "themepack",
    "deskthemepack",
    "diagcab",
    "xnk",
    "mad",
    "maf",
    "mag",
    "mam",
    "maq",
    "mar",
    "mas",
    "mat",
    "mau",
    "mav",
    "maw",
    "ics-link",
    "jnlp",
    "contact",
    "group",
    "wbk",
    "odc",
    "udl",
    "crd",
    "vcs",
];

/// Returns the type that refuses a file of this name, whatever is in it.
pub(super) fn refused_extension(extension: &str) -> Option<Format> {
    let kinds = [
        (SCRIPTS, Format::Script),
        (PROGRAMS, Format::Executable),
        (ADDINS, Format::Addin),
        (SHORTCUTS, Format::Shortcut),
    ];
    if extension == "hta" {
        return Some(Format::Hta);
    }
    kinds.into_iter().find(|(names, _)| names.contains(&extension)).map(|(_, format)| format)
}

/// Returns the kind of text that `bytes` are; [`Format::Unknown`] when they
/// are no text at all.
pub(super) fn kind(extension: &str, bytes: &[u8]) -> Format {
    if has_disk_footer(bytes) {
        return Format::DiskImage;
    }
    let head = head(bytes);
    let is_text = is_text(bytes);
    if !is_text {
        return Format::Unknown;
    }
    let start = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with("id;p") {
        // SYLK: a sheet that calculates.
        return Format::Shortcut;
    }
    if start.contains("[internetshortcut]") {
        return Format::Shortcut;
    }
    match extension {
        "csv" => return Format::Csv,
        "tsv" | "tab" => return Format::Tsv,
        "txt" | "text" | "log" | "md" => return Format::Txt,
        "eml" | "mht" | "mhtml" => return Format::Eml,
        _ => {}
    }
    if let Some(format) = markup(start, extension) {
        return format;
    }
    if is_message(start) {
        return Format::Eml;
    }
    Format::Txt
}

fn markup(start: &str, extension: &str) -> Option<Format> {
    if start.contains("<hta:application") {
        return Some(Format::Hta);
    }
    let root = root_element(start);
    match root {
        Some("svg" | "svg:svg") => return Some(Format::Svg),
        Some("html" | "head" | "body" | "script" | "xhtml:html") => return Some(Format::Html),
        _ => {}
    }
    if start.starts_with("<!doctype html") || matches!(extension, "html" | "htm" | "xhtml") {
        return Some(Format::Html);
    }
    if extension == "svg" {
        return Some(Format::Svg);
    }
    if start.starts_with("<?xml") || start.starts_with("<?mso") {
        // XML of unknown vocabulary can be a document that some program runs.
        return Some(Format::Unknown);
    }
    const HTML_WORDS: &[&str] = &["<html", "<script", "<body", "<iframe", "<table", "<!--[if"];
    (start.starts_with('<') && HTML_WORDS.iter().any(|word| start.contains(word)))
        .then_some(Format::Html)
}

/// The first element's name, behind declarations, comments and a DOCTYPE.
fn root_element(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix("<!--") {
            text = rest.split_once("-->")?.1;
        } else if let Some(rest) = text.strip_prefix("<?") {
            text = rest.split_once("?>")?.1;
        } else if let Some(rest) = text.strip_prefix("<!doctype") {
            text = after_doctype(rest)?;
        } else {
            let name = text.strip_prefix('<')?;
            let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            return Some(&name[..end]);
        }
    }
}

/// Steps over a DOCTYPE, with its internal subset if there is one.
fn after_doctype(text: &str) -> Option<&str> {
    let end = text.find('>')?;
    match text.find('[') {
        Some(subset) if subset < end => Some(text.split_once("]")?.1.split_once('>')?.1),
        _ => Some(&text[end + 1..]),
    }
}

/// Says whether a text starts as a mail does: RFC 5322 header fields, two of
/// which only mails have.
fn is_message(start: &str) -> bool {
    const FIELDS: &[&str] = &[
        "from:",
        "to:",
        "cc:",
        "subject:",
        "date:",
        "received:",
        "return-path:",
        "message-id:",
        "mime-version:",
        "content-type:",
        "delivered-to:",
        "reply-to:",
        "x-mailer:",
        "sender:",
        "dkim-signature:",
        "in-reply-to:",
        "references:",
        "bcc:",
        "resent-from:",
        "content-transfer-encoding:",
    ];
    let mut known = 0;
    // mbox files begin with an envelope line.
    let start = match start.strip_prefix("from ") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => start,
    };
    for line in start.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let is_field = line.split_once(':').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic())
        });
        if !is_field {
            break;
        }
        if FIELDS.iter().any(|field| line.starts_with(field)) {
            known += 1;
        }
    }
    known >= 2
}

/// Virtual disks whose signature stands at the end: VHD and DMG.
fn has_disk_footer(bytes: &[u8]) -> bool {
    let footer = bytes.len().checked_sub(512).and_then(|at| bytes.get(at..));
    footer.is_some_and(|footer| footer.starts_with(b"conectix") || footer.starts_with(b"koly"))
}

/// The first part of a text in lower case, read loosely: only ASCII matters.
fn head(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let is_wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if is_wide {
        let narrow: Vec<u8> = head[2..].iter().copied().filter(|&b| b != 0).collect();
        return String::from_utf8_lossy(&narrow).to_lowercase();
    }
    String::from_utf8_lossy(head).to_lowercase()
}

/// Says whether bytes can be text: no NUL outside UTF-16, few control
/// characters. ESC is counted as text for ISO-2022-JP.
fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return true;
    }
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let count = |wanted: fn(u8) -> bool| head.iter().filter(|&&byte| wanted(byte)).count();
    let zeros = count(|byte| byte == 0);
    let controls = count(|b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x1a));
    if zeros > 0 {
        // UTF-16 without a mark: nearly every second byte of ASCII text is 0.
        let is_wide = zeros * 3 > head.len() && zeros * 2 <= head.len() + 2;
        return is_wide && controls - zeros <= head.len() / 50;
    }
    controls <= head.len() / 50
}
