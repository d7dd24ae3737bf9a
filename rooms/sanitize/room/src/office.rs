//! Turns an Office document into PDF with LibreOffice, for method ②. Only ever
//! given documents that were rebuilt before; runs the suite in a cage without
//! network that can write one folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use platform::{Confinement, Tool, ToolError};
use sanitize_core::Format;

/// Where Debian and LibreOffice's own packages put the program.
const PROGRAMS: &[&str] =
    &["/usr/lib/libreoffice/program/soffice.bin", "/opt/libreoffice/program/soffice.bin"];

/// Japanese fonts as Debian installs them, the better ones first.
const JAPANESE_FONTS: &[&str] = &[
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/takao-gothic/TakaoGothic.ttf",
    "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
];

/// Memory of the suite, in bytes of address space.
const MEMORY_BYTES_MAX: u64 = 8 << 30;
/// Time for one conversion.
const DEADLINE: Duration = Duration::from_secs(120);
/// Size of a PDF that is taken back, in bytes.
const PDF_BYTES_MAX: u64 = 512 << 20;

/// With this exit code the suite asks to be started again, as it does once its
/// profile has been made.
const RESTART: i32 = 81;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfficeError {
    /// LibreOffice is not installed.
    #[error("LibreOffice is not installed")]
    Missing,
    /// The working folder could not be made or read.
    #[error("cannot use the working folder")]
    Folder(#[from] std::io::Error),
    /// The suite failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The suite ended well but left no PDF.
    #[error("LibreOffice made no PDF")]
    NoResult,
}

/// Finds LibreOffice.
pub(crate) fn find() -> Option<PathBuf> {
    PROGRAMS.iter().map(PathBuf::from).find(|program| program.is_file())
}

/// Finds a font with Japanese glyphs for pages that bring none.
pub(crate) fn japanese_font() -> Option<PathBuf> {
    JAPANESE_FONTS.iter().map(PathBuf::from).find(|font| font.is_file())
}

/// Says whether method ② needs LibreOffice for this format.
pub(crate) fn is_needed_for(format: Format) -> bool {
    matches!(
        format,
        Format::Docx
            | Format::Xlsx
            | Format::Pptx
            | Format::Xlsb
            | Format::Doc
            | Format::Xls
            | Format::Ppt
            | Format::Odt
            | Format::Ods
            | Format::Odp
            | Format::Rtf
            | Format::Html
            | Format::Csv
            | Format::Tsv
            | Format::Txt
    )
}

/// Says whether a format's bytes do not tell their charset. These are given as
/// what method ① makes of them: UTF-8, tables separated by tabs.
pub(crate) fn is_plain_text(format: Format) -> bool {
    matches!(format, Format::Csv | Format::Tsv | Format::Txt)
}

/// The import filter for formats that LibreOffice would guess at: field
/// separator (9 is a tab), quote, charset (76 is UTF-8), first line.
fn import_filter(format: Format) -> Option<&'static str> {
    match format {
        Format::Csv | Format::Tsv => Some("--infilter=CSV:9,34,76,1"),
        Format::Txt => Some("--infilter=Text (encoded):UTF8"),
        _ => None,
    }
}

/// Converts a rebuilt document to PDF; plain text as [`is_plain_text`] says.
pub(crate) fn to_pdf(bytes: &[u8], format: Format, weak: bool) -> Result<Vec<u8>, OfficeError> {
    let program = find().ok_or(OfficeError::Missing)?;
    let folder = Folder::make()?;
    let source = folder.0.join(format!("document.{}", format.extension()));
    std::fs::write(&source, bytes)?;
    let tool = tool(program, &folder.0, format, weak);
    match tool.run() {
        Err(ToolError::Failed { code: Some(RESTART), .. }) => tool.run()?,
        ended => ended?,
    }
    let result = folder.0.join("document.pdf");
    let size = std::fs::symlink_metadata(&result).map_err(|_| OfficeError::NoResult)?;
    if !size.is_file() || size.len() > PDF_BYTES_MAX {
        return Err(OfficeError::NoResult);
    }
    Ok(std::fs::read(result)?)
}

fn tool(program: PathBuf, folder: &Path, format: Format, weak: bool) -> Tool {
    const READABLE: &[&str] = &[
        "/usr",
        "/lib",
        "/lib64",
        "/opt/libreoffice",
        "/etc",
        "/proc",
        "/sys",
        "/var/cache/fontconfig",
    ];
    // The working folder is what the suite sees as /tmp.
    let source = format!("/tmp/document.{}", format.extension());
    let arguments = [
        "-env:UserInstallation=file:///tmp/profile",
        // The packages' cache of the whole machine cannot be written from here.
        "-env:UNO_SHARED_PACKAGES_CACHE=file:///tmp/shared",
        "--headless",
        "--norestore",
        "--nologo",
        "--convert-to",
        "pdf",
        "--outdir",
        "/tmp",
        &source,
    ];
    let environment = [
        ("HOME", "/tmp"),
        ("PATH", "/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("SAL_USE_VCLPLUGIN", "svp"),
    ];
    let arguments = import_filter(format).into_iter().chain(arguments);
    Tool {
        program,
        arguments: arguments.map(str::to_owned).collect(),
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        readable: READABLE.iter().map(PathBuf::from).collect(),
        private_tmp: folder.to_path_buf(),
        confinement: Confinement {
            memory_bytes_max: MEMORY_BYTES_MAX,
            cpu_seconds_max: DEADLINE.as_secs(),
            allow_missing_walls: weak,
        },
        deadline: DEADLINE,
    }
}

/// A folder of our own that goes when it is no longer needed.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sekisho-office-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
