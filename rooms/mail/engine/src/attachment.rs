//! What came beside a body: its name as people would see it, what it says it
//! is, and what its first bytes say. Makes nothing harmless; the sanitiser does.

use sanitize_core::filename::safe_file_name;

/// What a file's bytes are, as far as judging a mail needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A program for Windows or another system.
    Program,
    /// A shortcut of Windows.
    Shortcut,
    /// An image of a disk.
    Disk,
    /// A script that a system runs by itself.
    Script,
    /// A page.
    Page,
    /// An Office document that holds macros.
    Macros,
    /// An Office document or another compound file.
    Office,
    /// A OneNote section.
    Notes,
    /// PDF.
    Pdf,
    /// An archive.
    Archive,
    /// An archive whose members are locked.
    LockedArchive,
    /// An Office document that is locked.
    LockedOffice,
    /// A picture.
    Picture,
    /// A message.
    Message,
    /// Text.
    Text,
    /// None of these.
    Other,
}

impl Kind {
    /// Returns the kind's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Shortcut => "shortcut",
            Self::Disk => "disk-image",
            Self::Script => "script",
            Self::Page => "page",
            Self::Macros => "office-macros",
            Self::Office => "office",
            Self::Notes => "notes",
            Self::Pdf => "pdf",
            Self::Archive => "archive",
            Self::LockedArchive => "archive-locked",
            Self::LockedOffice => "office-locked",
            Self::Picture => "picture",
            Self::Message => "message",
            Self::Text => "text",
            Self::Other => "other",
        }
    }
}

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// As the mail names it, signs that turn the reading order included; may be
    /// empty.
    pub raw_name: String,
    /// Safe to show and to write.
    pub name: String,
    /// The media type that the mail claims, in lower case; may be empty.
    pub declared: String,
    /// What the bytes are.
    pub kind: Kind,
    /// Without transfer encoding.
    pub bytes: Vec<u8>,
}

impl Attachment {
    /// Takes a file as a mail brought it; `index` names one without a name.
    #[must_use]
    pub fn new(index: usize, raw_name: String, declared: String, bytes: Vec<u8>) -> Self {
        let name = if raw_name.trim().is_empty() {
            format!("attachment-{}", index + 1)
        } else {
            safe_file_name(&raw_name).name
        };
        let kind = kind(&name, &declared, &bytes);
        Self { raw_name, name, declared, kind, bytes }
    }

    /// Returns the last extension in lower case, empty where there is none.
    #[must_use]
    pub fn extension(&self) -> String {
        extensions(&self.name).pop().unwrap_or_default()
    }
}

/// The extensions of a name, in lower case.
pub(crate) fn extensions(name: &str) -> Vec<String> {
    let parts = name.split('.').skip(1).map(|part| part.trim().to_lowercase());
    parts.filter(|part| !part.is_empty() && part.chars().count() <= 8).collect()
}

fn kind(name: &str, declared: &str, bytes: &[u8]) -> Kind {
    /// Where an ISO 9660 volume says what it is: sector 16, byte 1.
    const ISO_AT: usize = 32_769;
    match bytes {
        [b'M', b'Z', ..] | [0x7F, b'E', b'L', b'F', ..] | [0xCA, 0xFE, 0xBA, 0xBE, ..] => {
            Kind::Program
        }
        [0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0, ..] => Kind::Shortcut,
        [b'P', b'K', 3, 4, ..] => zip(bytes),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => compound(name, bytes),
        [b'%', b'P', b'D', b'F', ..] => Kind::Pdf,
        [b'R', b'a', b'r', b'!', ..] => rar(bytes),
        [b'7', b'z', 0xBC, 0xAF, ..]
        | [0x1F, 0x8B, ..]
        | [b'B', b'Z', b'h', ..]
        | [b'M', b'S', b'C', b'F', ..] => Kind::Archive,
        [_, _, b'-', b'l', b'h' | b'z', _, b'-', ..] => Kind::Archive,
        [0xE4, 0x52, 0x5C, 0x7B, ..] => Kind::Notes,
        [b'c', b'o', b'n', b'e', b'c', b't', b'i', b'x', ..]
        | [b'v', b'h', b'd', b'x', b'f', b'i', b'l', b'e', ..] => Kind::Disk,
        _ if bytes.get(ISO_AT..ISO_AT + 5) == Some(b"CD001") => Kind::Disk,
        _ if crate::picture::is_one(bytes) => Kind::Picture,
        _ if declared == "message/rfc822" || declared == "message/global" => Kind::Message,
        _ => by_text(name, bytes),
    }
}

fn by_text(name: &str, bytes: &[u8]) -> Kind {
    const LOOK_BYTES: usize = 1_024;
    let head = bytes.get(..bytes.len().min(LOOK_BYTES)).unwrap_or_default();
    let lower = head.to_ascii_lowercase();
    let has = |wanted: &[u8]| lower.windows(wanted.len()).any(|window| window == wanted);
    let extension = extensions(name).pop().unwrap_or_default();
    if SCRIPTS.contains(&extension.as_str()) || head.starts_with(b"#!") {
        return Kind::Script;
    }
    if DISKS.contains(&extension.as_str()) {
        return Kind::Disk;
    }
    if has(b"<html")
        || has(b"<!doctype html")
        || has(b"<script")
        || matches!(
            extension.as_str(),
            "html" | "htm" | "shtml" | "xhtml" | "mht" | "mhtml" | "svg"
        )
    {
        return Kind::Page;
    }
    if extension == "eml" {
        return Kind::Message;
    }
    let is_blank = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'\t' | 0x1B);
    let controls = head.iter().filter(|byte| byte.is_ascii_control() && !is_blank(byte)).count();
    let is_text = !head.contains(&0) && controls * 20 <= head.len();
    if is_text { Kind::Text } else { Kind::Other }
}

/// What systems run when it is opened.
pub(crate) const SCRIPTS: &[&str] = &[
    "js",
    "jse",
    "vbs",
    "vbe",
    "wsf",
    "wsh",
    "wsc",
    "ps1",
    "psm1",
    "bat",
    "cmd",
    "hta",
    "sh",
    "py",
    "pl",
    "rb",
    "jar",
    "scf",
    "url",
    "library-ms",
    "settingcontent-ms",
    "reg",
    "sct",
    "chm",
    "iqy",
    "slk",
    "rdp",
    "application",
    "appref-ms",
    "desktop",
    "command",
    "scpt",
];

/// What systems start.
pub(crate) const PROGRAMS: &[&str] = &[
    "exe", "scr", "com", "pif", "cpl", "msi", "msix", "dll", "xll", "gadget", "msc", "apk", "lnk",
];

/// What systems open as a disk.
pub(crate) const DISKS: &[&str] = &["iso", "img", "vhd", "vhdx", "udf", "dmg", "wim"];

/// Reads as much of a ZIP file as it takes: locked members, macros. Counts on
/// nothing but the members' own headers, of which the first ones suffice.
fn zip(bytes: &[u8]) -> Kind {
    const MEMBERS_MAX: usize = 5_000;
    /// Bit 0 of the general purpose flags (APPNOTE 4.4.4).
    const LOCKED: u8 = 1;
    let mut is_office = false;
    let mut has_macros = false;
    let mut is_locked = false;
    // The central directory's headers: signature, then flags at 8, name length at
    // 28, name at 46.
    let mut at = 0;
    for _ in 0..MEMBERS_MAX {
        let Some(found) = find(bytes, at, b"PK\x01\x02") else { break };
        let header = bytes.get(found..).unwrap_or_default();
        is_locked |= header.get(8).is_some_and(|flags| flags & LOCKED != 0);
        let length =
            header.get(28..30).map_or(0, |two| usize::from(two[0]) | usize::from(two[1]) << 8);
        let name = header.get(46..46 + length).unwrap_or_default().to_ascii_lowercase();
        is_office |= name == b"[content_types].xml";
        has_macros |= name.ends_with(b"vbaproject.bin") || name.starts_with(b"xl/macrosheets/");
        at = found + 4;
    }
    // A ZIP without a directory still has its members' own flags.
    is_locked |= at == 0 && bytes.get(6).is_some_and(|flags| flags & LOCKED != 0);
    match (is_locked, is_office, has_macros) {
        (true, _, _) => Kind::LockedArchive,
        (false, true, true) => Kind::Macros,
        (false, true, false) => Kind::Office,
        (false, false, _) => Kind::Archive,
    }
}

/// Compound files name their streams in UTF-16.
fn compound(name: &str, bytes: &[u8]) -> Kind {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let has = |text: &str| find(bytes, 0, &wide(text)).is_some();
    if has("EncryptedPackage") {
        Kind::LockedOffice
    } else if has("_VBA_PROJECT") {
        Kind::Macros
    } else if name.to_lowercase().ends_with(".msg") {
        Kind::Message
    } else {
        Kind::Office
    }
}

/// RAR 5: an encryption header right behind the mark; RAR 4: a flag of the main
/// header.
fn rar(bytes: &[u8]) -> Kind {
    /// Block headers encrypted (RAR 4, main header, bit 7).
    const LOCKED: u8 = 0x80;
    let is_locked = match bytes.get(6) {
        Some(1) => bytes.get(13) == Some(&4),
        Some(_) => bytes.get(10).is_some_and(|flags| flags & LOCKED != 0),
        None => false,
    };
    if is_locked { Kind::LockedArchive } else { Kind::Archive }
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}
