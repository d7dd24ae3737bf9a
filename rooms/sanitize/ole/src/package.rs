//! The container around a document: which of its streams are the document, and
//! what else lies there. Knows nothing of what the document's streams say.

use sanitize_container::cfb::{CfbError, CompoundFile, Entry, Finding, Kind, Writer};
use sanitize_core::{Choice, Code, Job, Stop, reasons};

use crate::codes::{DATA_SOURCE, MACROS, METADATA, OBJECT, PIVOT, RESIDUE, STREAM};

/// An open container.
pub(crate) struct Package<'a> {
    file: CompoundFile<'a>,
    /// The storage that holds the document's streams; empty for the root.
    base: Vec<&'static str>,
}

/// Where PowerPoint 95 and 97 keep the newer of two copies.
const DUAL_STORAGE: &str = "PP97_DUALSTORAGE";

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8], job: &mut Job<'_>) -> Result<Self, Stop> {
        let file = CompoundFile::read(bytes, &mut job.budget).map_err(stop)?;
        let has_two = file.entry(&[DUAL_STORAGE]).is_some();
        let base = if has_two { vec![DUAL_STORAGE] } else { Vec::new() };
        Ok(Self { file, base })
    }

    /// Says whether a stream lies in the root.
    pub fn has(&self, name: &str) -> bool {
        self.file.entry(&[name]).is_some_and(|entry| entry.kind == Kind::Stream)
    }

    /// Reads a stream that lies directly in the root.
    pub fn stream(&self, name: &'static str, job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let mut path = self.base.clone();
        path.push(name);
        self.file.stream(&path, &mut job.budget).map_err(stop)
    }

    /// Returns the first of `names` that there is, with its stream.
    pub fn first(
        &self,
        names: &[&'static str],
        job: &mut Job<'_>,
    ) -> Result<Option<Vec<u8>>, Stop> {
        for name in names {
            if let Some(stream) = self.stream(name, job)? {
                return Ok(Some(stream));
            }
        }
        Ok(None)
    }

    /// Says whether a stream named like the document's class or link state
    /// begins otherwise ([MS-OLEDS] 2.3.3 and 2.3.8).
    fn is_odd_class(&self, entry: &Entry, job: &mut Job<'_>) -> bool {
        let start: &[u8] = match entry.name() {
            "\u{1}CompObj" => &[1, 0, 0xFE, 0xFF],
            "\u{1}Ole" => &[1, 0, 0, 2],
            _ => return false,
        };
        let data = self.file.data(entry, &mut job.budget);
        data.is_ok_and(|data| !data.is_empty() && !data.starts_with(start))
    }

    /// Reports everything in the container that is not one of `kept` streams.
    pub fn report_dropped(&self, kept: &[&'static str], job: &mut Job<'_>) {
        for entry in self.file.entries() {
            let is_kept = kept.iter().any(|name| {
                let mut path = self.base.clone();
                path.push(name);
                entry.is_at(&path)
            });
            if entry.kind != Kind::Stream || is_kept {
                continue;
            }
            let top = entry.path.first().map_or("", String::as_str);
            let code = dropped_code(top, entry.path.len(), entry.size);
            let code = code.or_else(|| self.is_odd_class(entry, job).then_some(&STREAM));
            let Some(code) = code else { continue };
            // Where properties are kept, those that are not are no loss.
            let is_kept_kind = code.id == METADATA.id && job.policy.office.metadata == Choice::Keep;
            if !is_kept_kind {
                job.removed(code, &printable(top));
            }
        }
        let mut residue = false;
        for finding in self.file.findings() {
            match finding {
                Finding::Orphan(_) | Finding::FreeData | Finding::Slack => residue = true,
            }
        }
        if residue {
            job.removed(&RESIDUE, "");
        }
    }
}

/// What a dropped stream is reported as; nothing for mere bookkeeping.
fn dropped_code(top: &str, depth: usize, size: u64) -> Option<&'static Code> {
    let lower = top.to_ascii_lowercase();
    Some(match lower.as_str() {
        "macros" | "_vba_project_cur" | "_vba_project" | "vba" | "project" | "projectwm" => &MACROS,
        "objectpool" | "ctls" => &OBJECT,
        "_sx_db_cur" | "_sx_db" => &PIVOT,
        "xcb" | "msodatastore" => &DATA_SOURCE,
        "\u{5}summaryinformation" | "\u{5}documentsummaryinformation" | "encryptedsummary" => {
            &METADATA
        }
        // The class and link state of the document itself.
        "\u{1}compobj" | "\u{1}ole" if depth == 1 => return None,
        "current user" | "0table" | "1table" | "data" | "pictures" if size == 0 => return None,
        name if name.starts_with("mbd") || name.starts_with("lnk") => &OBJECT,
        _ if size == 0 => return None,
        _ => &STREAM,
    })
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

/// Reads every stream of that name, wherever it lies, in the order of paths.
pub(crate) fn streams_named(
    bytes: &[u8],
    name: &str,
    job: &mut Job<'_>,
) -> Result<Vec<Vec<u8>>, Stop> {
    let file = CompoundFile::read(bytes, &mut job.budget).map_err(stop)?;
    let is_wanted = |entry: &&Entry| entry.kind == Kind::Stream && entry.name() == name;
    let mut found: Vec<&Entry> = file.entries().iter().filter(is_wanted).collect();
    found.sort_by(|a, b| (a.path.len(), &a.path).cmp(&(b.path.len(), &b.path)));
    found.into_iter().map(|entry| file.data(entry, &mut job.budget).map_err(stop)).collect()
}

/// Packs streams into a fresh container whose root has `clsid`.
pub(crate) fn pack(clsid: [u8; 16], streams: Vec<(&str, Vec<u8>)>) -> Result<Vec<u8>, Stop> {
    let mut writer = Writer::new();
    let too_large = |_| Stop::blocked(&reasons::UNSUPPORTED, "");
    writer.set_storage(&[], clsid).map_err(too_large)?;
    for (name, data) in streams {
        writer.add_stream(&[name], data).map_err(too_large)?;
    }
    writer.finish().map_err(too_large)
}

/// Returns the class identifier `{00data-0000-0000-C000-000000000046}`.
pub(crate) fn office_class(data: u32) -> [u8; 16] {
    let mut clsid = [0; 16];
    clsid[..4].copy_from_slice(&data.to_le_bytes());
    clsid[8] = 0xC0;
    clsid[15] = 0x46;
    clsid
}

pub(crate) fn stop(error: CfbError) -> Stop {
    match error {
        CfbError::Stop(stop) => stop,
        CfbError::NotCompound | CfbError::Damaged(_) => broken(""),
    }
}

pub(crate) fn broken(place: &str) -> Stop {
    Stop::blocked(&reasons::BROKEN, place)
}

pub(crate) fn unsupported(place: &str) -> Stop {
    Stop::blocked(&reasons::UNSUPPORTED, place)
}
