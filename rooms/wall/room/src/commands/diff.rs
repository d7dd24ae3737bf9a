//! `sekisho zones diff`: what the kernel has that the site does not, and the
//! other way.

use std::path::PathBuf;

use ::zones::Site;
use serde_json::{Value, json};
use wall_engine::{Change, Difference, Open, Picture, compile, differences};

use super::{AllOpen, Exit, Lang, complain};
use crate::kernel::{Kernel, KernelError};
use crate::scratch::read_back;

/// Whose filter is compared, and how it is told.
pub(super) struct Asked<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) saved: Option<&'a PathBuf>,
    pub(super) cut: &'a [::zones::Zone],
    pub(super) as_json: bool,
    pub(super) lang: Lang,
}

/// Compares and tells.
pub(super) fn run(site: &Site, asked: &Asked<'_>) -> Result<Exit, Exit> {
    let refused = |why: &KernelError| {
        let words = asked.lang.pick(
            "カーネルに聞けませんでした。何も変えていません。rootで実行してください",
            "the kernel could not be asked; nothing was changed; run it as root",
        );
        complain(asked.as_json, &format!("{words}: {why}"));
        Exit::Invalid
    };
    let unreadable = |why: wall_engine::RulesetError| {
        complain(asked.as_json, &why.to_string());
        Exit::Invalid
    };
    let have = match asked.saved {
        Some(file) => std::fs::read_to_string(file).map_err(|why| {
            complain(asked.as_json, &format!("{}: {why}", file.display()));
            Exit::Invalid
        })?,
        None => asked.kernel.ruleset().map_err(|why| refused(&why))?,
    };
    let all = AllOpen::of(site);
    let open = Open { cut: asked.cut, ..all.open() };
    let want = read_back(&compile(site, open)).map_err(|why| refused(&why))?;
    let have = Picture::read(&have).map_err(unreadable)?;
    let found = differences(&have, &Picture::read(&want).map_err(unreadable)?);
    if asked.as_json {
        println!("{}", as_json(&found));
    } else {
        for line in lines(&found, asked.lang) {
            println!("{line}");
        }
    }
    Ok(if found.is_empty() { Exit::Done } else { Exit::Violated })
}

fn as_json(found: &[Difference]) -> Value {
    let one = |one: &Difference| {
        json!({
            "change": one.change.name(), "what": one.what, "kernel": one.kernel, "site": one.site,
            "at": {
                "family": one.at.family, "table": one.at.table, "name": one.at.chain,
                "handle": one.at.handle, "comment": one.at.comment,
            },
        })
    };
    let count = |change: Change| found.iter().filter(|one| one.change == change).count();
    json!({
        "same": found.is_empty(),
        "counts": Change::ALL.map(|change| json!({ "change": change.name(), "count": count(change) })),
        "differences": found.iter().map(one).collect::<Vec<_>>(),
    })
}

fn lines(found: &[Difference], lang: Lang) -> Vec<String> {
    if found.is_empty() {
        let words = lang.pick("○ カーネルとサイトは同じです", "○ kernel and site are the same");
        return vec![words.to_owned()];
    }
    let mut lines = Vec::new();
    for one in found {
        let (mark, ja, en) = match one.change {
            Change::Added => ("+", "サイトにない", "not in the site"),
            Change::Missing => ("-", "カーネルにない", "not in the kernel"),
            Change::Changed => ("~", "違う", "differs"),
            Change::Moved => ("↕", "順番が違う", "in another order"),
        };
        let at = &one.at;
        let handle = at.handle.map(|handle| format!(" handle {handle}")).unwrap_or_default();
        let place = format!("{} {} {}{handle}", at.family, at.table, at.chain);
        lines.push(format!("{mark} {} {}: {}", lang.pick(ja, en), one.what, place.trim_end()));
        let (kernel, site) = (one.kernel.as_deref(), one.site.as_deref());
        match (kernel, site) {
            (Some(kernel), Some(site)) if kernel != site => {
                lines.push(format!("    {}: {kernel}", lang.pick("カーネル", "kernel")));
                lines.push(format!("    {}: {site}", lang.pick("サイト", "site")));
            }
            (Some(text), _) | (None, Some(text)) if !text.is_empty() => {
                lines.push(format!("    {text}"));
            }
            (Some(_), _) | (None, _) => {}
        }
    }
    let count = |change: Change| found.iter().filter(|one| one.change == change).count();
    let [added, missing, changed, moved] = Change::ALL.map(count);
    lines.push(match lang {
        Lang::Ja => format!(
            "× サイトにない {added}、カーネルにない {missing}、違う {changed}、順番 {moved}"
        ),
        Lang::En => format!("× added {added}, missing {missing}, changed {changed}, order {moved}"),
    });
    lines
}
