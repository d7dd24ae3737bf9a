//! What a workbook decides for its sheets before they are written: which
//! sheets and names go, and which pivots rest on its own cells only.

use std::collections::HashSet;

use sanitize_core::{Job, Stop, reasons};

use crate::codes;
use crate::package::each_element;
use crate::parts::{self, PartKind, RelationAct, RelationKind};
use crate::scrub::{self, Fate, Part, Relations, Scrubbed};
use crate::xml::attributes::value_by_local;
use crate::xml::{Malformed, decode, value_of};

use super::links::Links;
use super::{Builder, Planned};

/// Names whose formulas lean on removed names fall in turn; this many rounds
/// end every honest chain.
const NAME_ROUNDS_MAX: usize = 8;

/// Says of each sheet whether what it leads to stays.
fn stays(text: &str, links: &dyn Relations) -> Result<Vec<bool>, Malformed> {
    let mut stays = Vec::new();
    each_element(text, |local, raw| {
        if local == "sheet" {
            let id = value_by_local(raw, "id")?.unwrap_or_default();
            stays.push(links.fate(&id).is_some_and(|(_, fate)| fate != Fate::Gone));
        }
        Ok(())
    })?;
    Ok(stays)
}

/// Refuses a workbook with sheets that lead nowhere: an `id` that is of another
/// namespace looks right and says nothing, and a sheet without one cannot be.
pub(super) fn check_sheets(text: &str, written: &Scrubbed, part: &Part<'_>) -> Result<(), Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, part.place);
    let kept = stays(text, part.relations).map_err(|_| broken())?;
    let kept = kept.into_iter().filter(|&stays| stays).count();
    let (mut all, mut leading) = (0, 0);
    let written = std::str::from_utf8(&written.bytes).map_err(|_| broken())?;
    each_element(written, |local, raw| {
        if local == "sheet" {
            all += 1;
            leading += usize::from(value_by_local(raw, "id")?.is_some());
        }
        Ok(())
    })
    .map_err(|_| broken())?;
    if all == kept && leading == kept { Ok(()) } else { Err(broken()) }
}

fn leads_to_cache(kind: &RelationKind) -> bool {
    matches!(kind.act, RelationAct::Part(found) if std::ptr::eq(found, &parts::PIVOT_CACHE))
}

impl Builder<'_, '_> {
    /// Fills what the workbook's parts share. The workbook itself is written
    /// afterwards, knowing all of it.
    pub(super) fn prepare_workbook(
        &mut self,
        planned: &Planned,
        text: &str,
        links: &mut Links,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        let broken = |_| Stop::blocked(&reasons::BROKEN, &planned.source);
        let stays = stays(text, links).map_err(broken)?;
        let mut kept = 0;
        let mut sheets = Vec::with_capacity(stays.len());
        for stays in stays {
            sheets.push(stays.then_some(kept));
            kept += u32::from(stays);
        }
        if kept == 0 {
            return Err(Stop::blocked(&reasons::UNSUPPORTED, &planned.source));
        }
        if sheets.iter().any(Option::is_none) {
            self.shared.sheets = sheets;
        }
        self.drop_rich_data(links);
        self.collect_removed_names(planned, text, links, job)
    }

    /// Without the rich values, the indices into them go too.
    fn drop_rich_data(&mut self, links: &mut Links) {
        let is_rich = |act: RelationAct| matches!(act, RelationAct::Drop(code) if code.id == codes::RICH_DATA.id);
        if !links.all().iter().any(|link| is_rich(link.kind.act)) {
            return;
        }
        self.shared.drops_cell_metadata = true;
        for link in links.all_mut() {
            if link.leads_to(&parts::SHEET_METADATA) {
                link.drop();
            }
        }
    }

    fn collect_removed_names(
        &mut self,
        planned: &Planned,
        text: &str,
        links: &Links,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        if !text.contains("definedName") {
            return Ok(());
        }
        for _ in 0..NAME_ROUNDS_MAX {
            let part = Part {
                place: &planned.source,
                root: planned.kind.root,
                relations: links,
                policy: &job.policy.office,
                shared: &self.shared,
                previews: &[],
            };
            let found = scrub::scrub(text, &part, &mut job.budget)?.removed_names;
            let before = self.shared.grounds.removed_names.len();
            self.shared.grounds.removed_names.extend(found);
            if self.shared.grounds.removed_names.len() == before {
                break;
            }
        }
        Ok(())
    }

    /// Says whether a pivot rests on cells of this workbook only.
    pub(super) fn is_safe_pivot(
        &mut self,
        kind: &'static PartKind,
        part: &str,
        job: &mut Job<'_>,
    ) -> Result<bool, Stop> {
        if std::ptr::eq(kind, &parts::PIVOT_CACHE) {
            return self.is_safe_cache(part, job);
        }
        // The same relationships count as when the pivot itself is written.
        let mut seen = HashSet::new();
        for relation in self.package.relations(part, job)? {
            let kind = RelationKind::of(&relation.kind).filter(leads_to_cache);
            let is_first = seen.insert(relation.id.clone());
            let Some(kind) = kind.filter(|_| is_first) else { continue };
            let cache = self.part_of(&relation, part);
            let (fate, _) = self.decide(&relation, kind, cache.as_deref(), job)?;
            if fate != Fate::Gone {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_safe_cache(&mut self, part: &str, job: &mut Job<'_>) -> Result<bool, Stop> {
        if let Some(known) = self.safe_caches.get(part) {
            return Ok(*known);
        }
        let bytes = self.package.data(part, job)?;
        let broken = |_| Stop::blocked(&reasons::BROKEN, part);
        let text = decode(&bytes).map_err(broken)?;
        let (mut is_own, mut leads_out) = (false, false);
        each_element(&text, |local, raw| {
            match local {
                "cacheSource" => {
                    is_own = value_of(raw, "type")?.as_deref() == Some("worksheet");
                    leads_out |= value_of(raw, "connectionId")?.is_some();
                }
                "worksheetSource" => leads_out |= value_by_local(raw, "id")?.is_some(),
                "consolidation" | "cacheHierarchies" | "kpis" => leads_out = true,
                _ => {}
            }
            Ok(())
        })
        .map_err(broken)?;
        self.safe_caches.insert(part.to_owned(), is_own && !leads_out);
        Ok(is_own && !leads_out)
    }
}
