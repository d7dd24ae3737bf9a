//! The package of a binary workbook, [MS-XLSB] 2.1.7: its record parts are
//! scrubbed record by record, its XML parts (drawings, theme) as in any other
//! workbook.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use sanitize_container::zip::{Level, Writer};
use sanitize_core::{Choice, Format, Job, Mark, Output, Stop, reasons};

use super::pictures::Pictures;
use super::{Builder, Planned, RelationsXml, Types};
use crate::codes;
use crate::package::{Package, Relation};
use crate::parts::{self, Family, PartKind, RelationAct, RelationKind};
use crate::scrub::Shared;
use crate::target::{self, is_harmless_address};
use crate::xlsb::book::Book;
use crate::xlsb::part::{self, Kind};
use crate::xlsb::text as cells;

macro_rules! binary_kinds {
    ($($name:ident = $path:literal, $type:literal;)*) => {
        $(static $name: PartKind = PartKind { path: $path, types: &[$type], root: ("", "") };)*
    };
}

binary_kinds! {
    WORKBOOK = "xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroEnabled.main";
    SHEET = "xl/worksheets/sheet#.bin", "application/vnd.ms-excel.worksheet";
    EMPTY_SHEET = "xl/worksheets/sheet#.bin", "application/vnd.ms-excel.worksheet";
    CHART_SHEET = "xl/chartsheets/sheet#.bin", "application/vnd.ms-excel.chartsheet";
    STRINGS = "xl/sharedStrings.bin", "application/vnd.ms-excel.sharedStrings";
    STYLES = "xl/styles.bin", "application/vnd.ms-excel.styles";
    COMMENTS = "xl/comments#.bin", "application/vnd.ms-excel.comments";
    TABLE = "xl/tables/table#.bin", "application/vnd.ms-excel.table";
}

const WORKSHEET_TYPE: &str =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
const MACRO_SHEETS: [&str; 3] = ["/xlMacrosheet", "/xlIntlMacrosheet", "/dialogsheet"];

/// Finds the record kind of a part that is written from records.
fn records_of(kind: &'static PartKind) -> Option<Kind> {
    let is = |other: &'static PartKind| std::ptr::eq(kind, other);
    let table = [
        (&WORKBOOK, Kind::Workbook),
        (&SHEET, Kind::Sheet),
        (&EMPTY_SHEET, Kind::Sheet),
        (&CHART_SHEET, Kind::Sheet),
        (&STRINGS, Kind::Strings),
        (&STYLES, Kind::Styles),
        (&COMMENTS, Kind::Comments),
        (&TABLE, Kind::Table),
    ];
    table.into_iter().find(|(known, _)| is(known)).map(|(_, kind)| kind)
}

/// Which kind a binary workbook has where an XML one has `kind`.
fn binary_of(kind: &'static PartKind) -> Option<&'static PartKind> {
    let table: [(&'static PartKind, &'static PartKind); 9] = [
        (&parts::WORKSHEET, &SHEET),
        (&parts::CHARTSHEET, &CHART_SHEET),
        (&parts::STRINGS, &STRINGS),
        (&parts::STYLES, &STYLES),
        (&parts::COMMENTS, &COMMENTS),
        (&parts::TABLE, &TABLE),
        (&parts::THEME, &parts::THEME),
        (&parts::SHEET_DRAWING, &parts::SHEET_DRAWING),
        (&parts::VML, &parts::VML),
    ];
    table.into_iter().find(|(known, _)| std::ptr::eq(*known, kind)).map(|(_, kind)| kind)
}

/// What becomes of a relationship.
enum Way {
    Part(&'static PartKind, String),
    Picture(String),
    Address,
    Gone,
}

/// Rebuilds a binary workbook.
///
/// # Errors
/// Stops without a workbook part, on broken parts and at the limits.
pub(crate) fn rebuild(package: &Package<'_>, job: &mut Job<'_>) -> Result<Output, Stop> {
    let root = package.relations("", job)?;
    let (main, part) = main_part(package, &root)?;
    let book = Book::read(&package.data(&part, job)?, job.policy.office.hyperlinks);
    let mut builder = Builder {
        package,
        family: Family::Sheet,
        shared: Shared::default(),
        writer: Writer::new(),
        types: Types::default(),
        queue: VecDeque::new(),
        planned: HashMap::new(),
        numbers: HashMap::new(),
        pictures: Pictures::default(),
        reached: HashSet::new(),
        explained: Vec::new(),
        safe_caches: HashMap::new(),
        bodies: Vec::new(),
    };
    let name = builder.plan(&part, &WORKBOOK);
    let mut relations = RelationsXml::new();
    relations.add(&main.id, &main.kind, &name, false);
    builder.properties(&root, &mut relations, job)?;
    while let Some(next) = builder.queue.pop_front() {
        match records_of(next.kind) {
            Some(kind) => builder.write_records(&next, kind, &book, job)?,
            None => builder.write_part(&next, job)?,
        }
    }
    builder.report_unreached(job)?;
    let bytes = builder
        .finish(relations.finish())
        .ok_or_else(|| Stop::blocked(&sanitize_core::limits::BYTES_OUT, ""))?;
    Ok(Output { format: Format::Xlsb, bytes })
}

fn main_part<'r>(
    package: &Package<'_>,
    root: &'r [Relation],
) -> Result<(&'r Relation, String), Stop> {
    root.iter()
        .filter(|relation| {
            RelationKind::of(&relation.kind).is_some_and(|kind| kind.is_office("officeDocument"))
        })
        .find_map(|relation| Some((relation, package.name_of(&relation.part("")?)?)))
        .ok_or_else(|| Stop::blocked(&reasons::UNSUPPORTED, "_rels/.rels"))
}

impl Builder<'_, '_> {
    fn write_records(
        &mut self,
        planned: &Planned,
        kind: Kind,
        book: &Book,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        self.types.add(&planned.name, planned.kind.types.first().copied().unwrap_or(""));
        if std::ptr::eq(planned.kind, &EMPTY_SHEET) {
            self.bodies.push((planned.name.clone(), part::empty_sheet(), Level::Deflated));
            self.flush();
            return Ok(());
        }
        let relations = self.package.relations(&planned.source, job)?;
        let mut ways = Vec::new();
        for relation in &relations {
            ways.push(self.way(planned, relation, job)?);
        }
        let is_open = |way: &Way| !matches!(way, Way::Gone);
        let kept: BTreeSet<String> = relations
            .iter()
            .zip(&ways)
            .filter(|(_, way)| is_open(way))
            .map(|(relation, _)| relation.id.clone())
            .collect();
        let data = self.package.data(&planned.source, job)?;
        let done = part::scrub(&data, kind, book, &kept, &planned.source, job)?;
        self.bodies.push((planned.name.clone(), done.bytes, Level::Deflated));
        let is_known = |id: &&String| relations.iter().any(|relation| relation.id == **id);
        let dangling = done.lost.iter().filter(|id| !is_known(id)).count();
        job.removed_times(&codes::DANGLING, &planned.source, dangling as u64);
        let mut xml = RelationsXml::new();
        for (relation, way) in relations.iter().zip(ways) {
            let is_used = done.used.contains(&relation.id);
            self.write_way(planned, relation, way, is_used, &mut xml, job)?;
        }
        if let Some(body) = xml.finish_if_any() {
            let (folder, file) = planned.name.rsplit_once('/').unwrap_or(("", &planned.name));
            self.bodies.push((format!("{folder}/_rels/{file}.rels"), body, Level::Deflated));
        }
        self.flush();
        Ok(())
    }

    /// Decides about one relationship and reports it when it goes.
    fn way(
        &mut self,
        planned: &Planned,
        relation: &Relation,
        job: &mut Job<'_>,
    ) -> Result<Way, Stop> {
        let part = self.part_of(relation, &planned.source).filter(|part| self.package.has(part));
        let is_macro = MACRO_SHEETS.iter().any(|tail| relation.kind.ends_with(tail));
        if let (true, Some(part)) = (is_macro, &part) {
            // Other sheets are counted by place, so that an empty one stays.
            job.removed(&codes::MACRO_SHEET, part);
            for inner in self.package.relations(part, job)? {
                self.explained.extend(self.part_of(&inner, part));
            }
            return Ok(Way::Part(&EMPTY_SHEET, part.clone()));
        }
        let act = RelationKind::of(&relation.kind).map(|kind| kind.act);
        let code = match (act, part.clone()) {
            (Some(RelationAct::Part(found)), Some(part)) => match binary_of(found) {
                Some(kind) if std::ptr::eq(kind, &COMMENTS) => {
                    if job.policy.office.comments == Choice::Keep {
                        return Ok(Way::Part(kind, part));
                    }
                    Some(&codes::COMMENT)
                }
                Some(kind) => return Ok(Way::Part(kind, part)),
                None if found.path.contains("pivot") => Some(&codes::PIVOT),
                None => Some(&codes::PART),
            },
            (Some(RelationAct::Picture), Some(part)) => return Ok(Way::Picture(part)),
            (Some(RelationAct::Hyperlink), _) => {
                let is_harmless = is_harmless_address(&relation.target);
                let is_wanted = job.policy.office.hyperlinks == sanitize_core::Hyperlinks::Keep;
                if relation.is_external && is_harmless && is_wanted {
                    return Ok(Way::Address);
                }
                let is_policy = is_harmless && !is_wanted;
                Some(if is_policy { &codes::HYPERLINK_POLICY } else { &codes::HYPERLINK })
            }
            (Some(RelationAct::Drop(code)), _) => Some(code),
            (Some(RelationAct::CustomXml), _) => Some(&codes::CUSTOM_XML),
            (Some(RelationAct::DropQuietly), _) => None,
            (Some(RelationAct::Package), _) => Some(&codes::EMBEDDED),
            (Some(RelationAct::Part(_) | RelationAct::Picture), None) => Some(&codes::DANGLING),
            (None, _) if relation.kind.ends_with("/xlBinaryIndex") => None,
            (None, _) => Some(&codes::PART),
        };
        if let Some(code) = code {
            job.removed(code, &planned.source);
        }
        self.explained.extend(part);
        Ok(Way::Gone)
    }

    fn write_way(
        &mut self,
        planned: &Planned,
        relation: &Relation,
        way: Way,
        is_used: bool,
        xml: &mut RelationsXml,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        let (kind, source) = match way {
            Way::Part(kind, part) => {
                let is_implied = [&STRINGS, &STYLES, &COMMENTS, &parts::THEME]
                    .into_iter()
                    .any(|implied| std::ptr::eq(implied, kind));
                if !is_used && !is_implied {
                    self.explained.push(part);
                    return Ok(());
                }
                let is_empty = std::ptr::eq(kind, &EMPTY_SHEET);
                let address = if is_empty { WORKSHEET_TYPE } else { relation.kind.as_str() };
                (address, self.plan(&part, kind))
            }
            Way::Picture(part) if is_used => (relation.kind.as_str(), self.picture(&part, job)?),
            Way::Address if is_used => {
                xml.add(&relation.id, &relation.kind, &relation.target, true);
                return Ok(());
            }
            Way::Picture(_) | Way::Address | Way::Gone => return Ok(()),
        };
        xml.add(&relation.id, kind, &target::relative(&planned.name, &source), false);
        Ok(())
    }
}

/// Extracts the text of a binary workbook.
///
/// # Errors
/// As [`rebuild`].
pub(crate) fn text(package: &Package<'_>, job: &mut Job<'_>) -> Result<String, Stop> {
    let root = package.relations("", job)?;
    let (_, main) = main_part(package, &root)?;
    let relations = package.relations(&main, job)?;
    let part_of = |relation: &Relation| package.name_of(&relation.part(&main)?);
    let strings = relations.iter().find(|relation| relation.kind.ends_with("/sharedStrings"));
    let strings = match strings.and_then(part_of) {
        Some(part) => cells::strings(&package.data(&part, job)?),
        None => Vec::new(),
    };
    let mut out = String::new();
    for (name, id) in cells::sheets(&package.data(&main, job)?, job.marks_places()) {
        let relation = relations.iter().find(|relation| relation.id == id);
        if let Some(part) = relation.and_then(part_of) {
            let data = package.data(&part, job)?;
            if job.marks_places() {
                job.mark(&mut out, &Mark::Sheet(&name));
                out.push_str(&cells::sheet_in_places(&data, &strings, job));
            } else {
                out.push_str(&cells::sheet(&data, &strings));
            }
        }
    }
    job.budget.take_bytes(out.len() as u64)?;
    Ok(out)
}
