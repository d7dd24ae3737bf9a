//! What is called with hostile bytes. Each format's target runs its family and
//! the second look; some run one parser alone.

use sanitize_container::{cfb::CompoundFile, zip::Archive};
use sanitize_core::{Budget, Format, Limits, Method, Passwords, Policy};
use sanitize_engine::{Request, Verdict};

/// A parser under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name: the corpus `corpora/NAME.zip` belongs to it.
    pub name: &'static str,
    /// The name that inputs are given; decides between plain-text kinds.
    pub file_name: &'static str,
    run: fn(&Target, &[u8]),
}

impl Target {
    /// Runs one input.
    ///
    /// # Panics
    /// When the code under test does, or breaks a promise.
    pub fn run(&self, bytes: &[u8]) {
        (self.run)(self, bytes);
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    whole("docx"),
    whole("xlsx"),
    whole("pptx"),
    whole("xlsb"),
    whole("odt"),
    whole("ods"),
    whole("odp"),
    whole("pdf"),
    whole("doc"),
    whole("xls"),
    whole("ppt"),
    whole("rtf"),
    whole("html"),
    whole("svg"),
    whole("png"),
    whole("jpg"),
    whole("gif"),
    whole("bmp"),
    whole("tiff"),
    whole("webp"),
    whole("ico"),
    whole("emf"),
    whole("wmf"),
    whole("csv"),
    whole("tsv"),
    whole("txt"),
    whole("eml"),
    whole("msg"),
    whole("zip"),
    whole("7z"),
    whole("lzh"),
    whole("tar"),
    whole("gz"),
    whole("cab"),
    Target { name: "container-zip", file_name: "a.zip", run: read_zip },
    Target { name: "container-cfb", file_name: "a.doc", run: read_cfb },
    Target { name: "pictures", file_name: "a.pdf", run: pictures },
    Target { name: "verify", file_name: "a.bin", run: verify },
    Target { name: "pii", file_name: "a.txt", run: crate::pii::scan },
    Target { name: "icap", file_name: "a.icap", run: |_, bytes| crate::icap::run(bytes) },
    Target { name: "guard", file_name: "a.bin", run: |_, bytes| crate::guard::run(bytes) },
    Target { name: "halves", file_name: "a.bin", run: |_, bytes| crate::halves::run(bytes) },
    Target { name: "relay", file_name: "a.bin", run: |_, bytes| crate::relay::run(bytes) },
    Target { name: "spam", file_name: "a.bin", run: |_, bytes| crate::spam::run(bytes) },
];

/// A target that takes a file the whole way: ③, ① and, for what was
/// delivered, ③ again.
const fn whole(name: &'static str) -> Target {
    Target { name, file_name: name, run: disarm }
}

fn limits() -> Limits {
    Limits {
        bytes_out_max: 64 << 20,
        image_pixels_max: 4 << 20,
        pixels_max: 16 << 20,
        objects_max: 2_000_000,
        entries_max: 2_000,
        ..Limits::default()
    }
}

fn disarm(target: &Target, bytes: &[u8]) {
    let policy = Policy { limits: limits(), ..Policy::default() };
    let passwords = Passwords::new(vec!["password".to_owned()]);
    let name = format!("a.{}", target.file_name);
    let request = |bytes, method| {
        sanitize_engine::disarm(&Request {
            name: &name,
            bytes,
            method,
            policy: &policy,
            passwords: &passwords,
        })
    };
    _ = request(bytes, Method::Text);
    _ = sanitize_engine::read(&name, bytes, &limits(), &passwords);
    let outcome = request(bytes, Method::Rebuild);
    let is_delivered = matches!(outcome.verdict, Verdict::Clean | Verdict::Disarmed);
    assert_eq!(is_delivered, outcome.output.is_some(), "a verdict must agree with its file");
    assert_ne!(is_delivered, !outcome.reasons.is_empty(), "a refusal must have a reason");
    let Some(output) = outcome.output else { return };
    let second = request(&output.bytes, Method::Rebuild);
    let reasons: Vec<_> = second.reasons.iter().map(|reason| reason.code.id).collect();
    let removed: Vec<_> = second.removals.iter().map(|removal| removal.code.id).collect();
    let again = second.output.map(|output| output.bytes);
    assert!(
        again.as_ref() == Some(&output.bytes),
        "treating a result again must change nothing: {reasons:?} {removed:?}"
    );
}

fn pictures(_: &Target, bytes: &[u8]) {
    let policy = Policy { limits: limits(), ..Policy::default() };
    let passwords = Passwords::default();
    let name = "a.pdf";
    let method = Method::Image;
    _ = sanitize_engine::disarm(&Request {
        name,
        bytes,
        method,
        policy: &policy,
        passwords: &passwords,
    });
}

fn read_zip(_: &Target, bytes: &[u8]) {
    let Ok(mut budget) = Budget::open(limits(), bytes.len() as u64) else { return };
    let Ok(archive) = Archive::read(bytes, &mut budget) else { return };
    for entry in archive.entries() {
        _ = archive.data(entry, &mut budget);
    }
}

fn read_cfb(_: &Target, bytes: &[u8]) {
    let Ok(mut budget) = Budget::open(limits(), bytes.len() as u64) else { return };
    let Ok(file) = CompoundFile::read(bytes, &mut budget) else { return };
    for entry in file.entries() {
        _ = file.data(entry, &mut budget);
    }
}

/// The verifier meets only our own output, but must stand anything.
fn verify(_: &Target, bytes: &[u8]) {
    let format = sanitize_engine::detect("a.bin", bytes);
    _ = sanitize_verify::verify(bytes, format, &Policy::default());
    _ = sanitize_verify::inspect(bytes, format);
    if format == Format::Unknown {
        _ = sanitize_verify::verify(bytes, Format::Pdf, &Policy::default());
    }
}
