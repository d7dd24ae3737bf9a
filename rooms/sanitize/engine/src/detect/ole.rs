//! Tells the kinds of compound files apart by their directory.

use sanitize_container::cfb::CompoundFile;
use sanitize_core::{Budget, Format, Limits};

/// Root class of a Windows installer package and of a patch.
const INSTALLER_CLASSES: [u8; 2] = [0x84, 0x86];

/// Streams and storages that only one kind has at its root, in the order in
/// which they are believed.
const MARKS: &[(&str, Format)] = &[
    ("EncryptedPackage", Format::OfficeEncrypted),
    ("__properties_version1.0", Format::Msg),
    ("WordDocument", Format::Doc),
    ("Workbook", Format::Xls),
    ("Book", Format::Xls),
    ("PowerPoint Document", Format::Ppt),
    ("PP97_DUALSTORAGE", Format::Ppt),
    ("DocumentText", Format::Jtd),
    ("JSRV_SegmentInformation", Format::Jtd),
];

/// Returns the kind of compound file that `bytes` are.
pub(super) fn kind(extension: &str, bytes: &[u8]) -> Format {
    let Ok(mut budget) = Budget::open(Limits::default(), bytes.len() as u64) else {
        return Format::UnknownOle;
    };
    let Ok(file) = CompoundFile::read(bytes, &mut budget) else { return Format::UnknownOle };
    let is_installer = file.entries().iter().any(|entry| {
        entry.path.is_empty()
            && INSTALLER_CLASSES.contains(&entry.clsid[0])
            && entry.clsid[1..4] == [0x10, 0x0c, 0]
    });
    if is_installer {
        return Format::Msi;
    }
    let known = MARKS.iter().find(|(mark, _)| file.entry(&[mark]).is_some());
    match known {
        Some((_, Format::Xls)) if extension == "xla" => Format::Addin,
        Some((_, Format::Ppt)) if extension == "ppa" => Format::Addin,
        Some(&(_, format)) => format,
        None => Format::UnknownOle,
    }
}
