//! Excel's own elements: formulas, names and the links of cells.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::codes;
use crate::formula;
use crate::names::{Element, Space};
use crate::target::is_harmless_place;

use super::{Failure, Fate, Frame, Opening, Scrubber};

/// Shared formulas of one sheet: a master and the cells that follow it.
#[derive(Debug, Default)]
pub(super) struct SharedFormulas {
    lost: HashSet<u32>,
    masters: HashSet<u32>,
    followers: HashSet<u32>,
    current: Option<(u32, bool)>,
}

impl SharedFormulas {
    pub(super) fn new(lost: Vec<u32>) -> Self {
        Self { lost: lost.into_iter().collect(), ..Self::default() }
    }

    /// Returns all lost masters when a follower was kept without its master.
    pub(super) fn orphans(&self) -> Option<Vec<u32>> {
        let mut orphans: Vec<u32> = self.followers.difference(&self.masters).copied().collect();
        if orphans.is_empty() {
            return None;
        }
        orphans.extend(&self.lost);
        orphans.sort_unstable();
        orphans.dedup();
        Some(orphans)
    }
}

impl Scrubber<'_> {
    pub(super) fn open_formula(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        self.shared_formulas.current = None;
        if raw.contains("shared") && self.value(raw, Space::NONE, "t")?.as_deref() == Some("shared")
        {
            let number = self.value(raw, Space::NONE, "si")?.and_then(|number| number.parse().ok());
            let Some(number) = number else {
                return Ok(self.noted(&codes::FORMULA, |_| Opening::Dropped));
            };
            let is_master = self.value(raw, Space::NONE, "ref")?.is_some();
            if self.shared_formulas.lost.contains(&number) {
                return Ok(self.noted(&codes::FORMULA, |_| Opening::Dropped));
            }
            self.shared_formulas.current = Some((number, is_master));
        }
        self.write(element, name, raw, frame)
    }

    pub(super) fn keep_formula(&mut self) {
        let shared = &mut self.shared_formulas;
        match shared.current.take() {
            Some((number, true)) => {
                shared.masters.insert(number);
            }
            Some((number, false)) => {
                shared.followers.insert(number);
            }
            None => {}
        }
    }

    pub(super) fn lose_formula(&mut self) {
        self.note(&codes::FORMULA);
        if let Some((number, true)) = self.shared_formulas.current.take() {
            self.shared_formulas.lost.insert(number);
        }
    }

    /// Notes the name as removed until its formula has proved harmless.
    pub(super) fn open_name(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let defined =
            self.value(raw, Space::NONE, "name")?.unwrap_or(Cow::Borrowed("")).to_uppercase();
        let is_automatic = formula::is_automatic(&defined);
        self.removed_names.push(defined);
        let mut is_macro = is_automatic;
        for flag in ["function", "vbProcedure", "xlm"] {
            is_macro |= self
                .value(raw, Space::NONE, flag)?
                .is_some_and(|value| matches!(&*value, "1" | "true" | "on"));
        }
        if is_macro {
            self.note(&codes::MACRO_NAME);
            return Ok(Opening::Dropped);
        }
        let opening = self.write(element, name, raw, frame)?;
        if matches!(opening, Opening::Dropped) {
            // It belonged to a removed sheet.
            self.removed_names.pop();
        }
        Ok(opening)
    }

    /// A cell's link stays when it still leads somewhere.
    pub(super) fn open_sheet_link(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let id = self.value(raw, self.names.relations, "id")?.unwrap_or(Cow::Borrowed(""));
        let has_address = matches!(self.part.relations.fate(&id), Some((_, Fate::Address)));
        let place = self.value(raw, Space::NONE, "location")?;
        let has_place = place.is_some_and(|place| is_harmless_place(&place));
        if has_address || has_place {
            return self.write(element, name, raw, frame);
        }
        if id.is_empty() {
            self.note(&codes::HYPERLINK);
        }
        Ok(Opening::Dropped)
    }
}
