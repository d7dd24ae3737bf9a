//! The types that are not let in, each with the reason that a person reads.

use sanitize_core::{Code, Format, Kind, Stop};

macro_rules! admissions {
    ($($name:ident = $kind:ident $id:literal, $ja:literal, $en:literal;)*) => {
        $(const $name: Code = Code::new($id, Kind::$kind, $ja, $en);)*
        /// Every reason that stands here.
        pub(crate) const CODES: &[&Code] = &[$(&$name),*];
    };
}

admissions! {
    EXECUTABLE = Refusal "type-executable",
        "プログラム(実行ファイル)のため受け取れません",
        "this is a program and is not let in";
    SCRIPT = Refusal "type-script",
        "スクリプト(命令を書いたファイル)のため受け取れません",
        "this is a script and is not let in";
    SHORTCUT = Refusal "type-shortcut",
        "ショートカットや設定ファイルのため受け取れません。参照先の文書そのものを依頼してください",
        "this is a shortcut or settings file and is not let in; ask for the document itself";
    DISK_IMAGE = Refusal "type-disk-image",
        "ディスクイメージのため受け取れません。中の文書を個別に依頼してください",
        "this is a disk image and is not let in; ask for the documents in it";
    ONENOTE = Refusal "type-onenote",
        "OneNoteのファイルは受け取れません。PDFでの送付を依頼してください",
        "OneNote files are not let in; ask for a PDF";
    CHM = Refusal "type-chm",
        "ヘルプファイル(CHM)のため受け取れません",
        "compiled help files are not let in";
    MSI = Refusal "type-msi",
        "インストーラーのため受け取れません",
        "this is an installer and is not let in";
    HTA = Refusal "type-hta",
        "HTMLアプリケーション(HTA)のため受け取れません",
        "HTML applications are not let in";
    APP_PACKAGE = Refusal "type-app-package",
        "アプリケーションのパッケージのため受け取れません",
        "this is an application package and is not let in";
    ADDIN = Refusal "type-addin",
        "Officeのアドインのため受け取れません",
        "this is an Office add-in and is not let in";
    FLASH = Refusal "type-flash",
        "Flashのファイルのため受け取れません",
        "Flash movies are not let in";
    UNKNOWN_OLE = Refusal "type-unknown-ole",
        "種類の分からない複合ファイル(OLE)のため受け取れません。PDFなどでの送付を依頼してください",
        "this compound file is of no known type; ask for a PDF or another known format";
    UNKNOWN_OPC = Refusal "type-unknown-opc",
        "対応していない種類の文書(XPS、Visioなど)のため受け取れません。PDFでの送付を依頼してください",
        "this kind of document (XPS, Visio and the like) is not known here; ask for a PDF";
    UNKNOWN = Refusal "type-unknown",
        "ファイルの種類が分からないため受け取れません。PDFやOffice形式での送付を依頼してください",
        "the file is of no known type; ask for a PDF or an Office format";
    EMPTY = Refusal "type-empty",
        "ファイルが空です。差出人に送り直しを依頼してください",
        "the file is empty; ask the sender to send it again";
    RAR = Hold "type-rar",
        "RAR形式は開けません。ZIP形式での送り直しを依頼してください。元のファイルはそのまま残っています",
        "RAR archives are not opened here; ask for a ZIP, the original is untouched";
    XDW = Hold "type-xdw",
        "DocuWorks文書は作り直せません。PDFでの送り直しを依頼するか、目視確認の手続きへ回してください。元のファイルはそのまま残っています",
        "DocuWorks documents cannot be rebuilt; ask for a PDF or use the visual check, the original is untouched";
}

/// Lets an open type pass; stops every other with its reason.
pub(crate) fn admit(format: Format, bytes: &[u8]) -> Result<(), Stop> {
    if bytes.is_empty() {
        return Err(Stop::blocked(&EMPTY, ""));
    }
    match format {
        Format::Rar => Err(Stop::held(&RAR, "")),
        Format::Xdw => Err(Stop::held(&XDW, "")),
        Format::Executable => Err(Stop::blocked(&EXECUTABLE, "")),
        Format::Script => Err(Stop::blocked(&SCRIPT, "")),
        Format::Shortcut => Err(Stop::blocked(&SHORTCUT, "")),
        Format::DiskImage => Err(Stop::blocked(&DISK_IMAGE, "")),
        Format::OneNote => Err(Stop::blocked(&ONENOTE, "")),
        Format::Chm => Err(Stop::blocked(&CHM, "")),
        Format::Msi => Err(Stop::blocked(&MSI, "")),
        Format::Hta => Err(Stop::blocked(&HTA, "")),
        Format::AppPackage => Err(Stop::blocked(&APP_PACKAGE, "")),
        Format::Addin => Err(Stop::blocked(&ADDIN, "")),
        Format::Flash => Err(Stop::blocked(&FLASH, "")),
        Format::UnknownOle => Err(Stop::blocked(&UNKNOWN_OLE, "")),
        Format::UnknownOpc => Err(Stop::blocked(&UNKNOWN_OPC, "")),
        Format::Unknown => Err(Stop::blocked(&UNKNOWN, "")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use sanitize_core::Admission;

    use super::*;

    #[test]
    fn admission_agrees_with_the_format_table() {
        for format in [Format::Rar, Format::Xdw, Format::Executable, Format::Msi, Format::Unknown] {
            let stop = admit(format, b"x").expect_err("not let in");
            let held = matches!(stop, Stop::Held(_));
            assert_eq!(held, format.admission() == Admission::Held, "{format:?}");
        }
        assert_eq!(admit(Format::Pdf, b"x"), Ok(()));
        assert!(admit(Format::Pdf, b"").is_err());
    }
}
