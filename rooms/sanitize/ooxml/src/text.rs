//! The text of a document in reading order, for delivery as text only. Reads
//! the source's parts and writes no package.

mod lines;
mod sheet;

use sanitize_core::{Choice, Job, Mark, Stop, reasons};

use crate::package::{Package, Relation};
use crate::parts::{Family, RelationKind};
use crate::rebuild::family_of;
use crate::xml::attributes::value_by_local;
use crate::xml::decode;

use lines::Lines;

/// Extracts the text of a package.
///
/// # Errors
/// Stops on packages without a main part, on broken parts and at the limits.
pub(crate) fn extract(package: &Package<'_>, job: &mut Job<'_>) -> Result<String, Stop> {
    let root = package.relations("", job)?;
    let main = root
        .iter()
        .filter(|relation| {
            RelationKind::of(&relation.kind).is_some_and(|kind| kind.is_office("officeDocument"))
        })
        .find_map(|relation| package.name_of(&relation.part("")?));
    let Some(main) = main else { return Err(Stop::blocked(&reasons::UNSUPPORTED, "_rels/.rels")) };
    let relations = package.relations(&main, job)?;
    let family = family_of(package, &main)?;
    let document = Document { package, main, relations };
    let mut text = match family {
        Family::Word => document.word(job)?,
        Family::Sheet => sheet::extract(&document, job)?,
        Family::Slides => document.slides(job)?,
    };
    if job.marks_places() {
        document.add_files(&mut text, job)?;
    }
    job.budget.take_bytes(text.len() as u64)?;
    Ok(text)
}

/// A package and its main part.
struct Document<'p, 'a> {
    package: &'p Package<'a>,
    main: String,
    relations: Vec<Relation>,
}

impl Document<'_, '_> {
    /// Names of the parts that relationships of one type lead to.
    fn parts(&self, source: &str, relations: &[Relation], tail: &str) -> Vec<String> {
        let is_wanted = |relation: &&Relation| {
            RelationKind::of(&relation.kind).is_some_and(|kind| kind.is_office(tail))
        };
        let part = |relation: &Relation| self.package.name_of(&relation.part(source)?);
        relations.iter().filter(is_wanted).filter_map(part).collect()
    }

    /// The part that a relationship of the main part leads to.
    fn part_by_id(&self, id: &str) -> Option<String> {
        let relation = self.relations.iter().find(|relation| relation.id == id)?;
        self.package.name_of(&relation.part(&self.main)?)
    }

    fn lines(&self, part: &str, job: &mut Job<'_>) -> Result<String, Stop> {
        let bytes = self.package.data(part, job)?;
        let broken = |_| Stop::blocked(&reasons::BROKEN, part);
        let text = decode(&bytes).map_err(broken)?;
        Lines::read(&text, job.budget.limits().nesting_max).map_err(broken)
    }

    /// The body first, then notes, headers and footers, then comments.
    fn word(&self, job: &mut Job<'_>) -> Result<String, Stop> {
        let mut text = self.lines(&self.main, job)?;
        let mut kinds = vec!["footnotes", "endnotes", "header", "footer"];
        if job.policy.office.comments == Choice::Keep {
            kinds.push("comments");
        }
        for kind in kinds {
            for part in self.parts(&self.main, &self.relations, kind) {
                job.mark(&mut text, &Mark::Part(&part));
                append(&mut text, &self.lines(&part, job)?);
            }
        }
        self.add_drawings(&self.main, &self.relations, &mut text, job)?;
        Ok(text)
    }

    /// Slides in the order of the show, each with its diagrams and notes.
    fn slides(&self, job: &mut Job<'_>) -> Result<String, Stop> {
        let mut text = String::new();
        for (number, id) in (1..).zip(self.ids_of("sldId", job)?) {
            let Some(slide) = self.part_by_id(&id) else { continue };
            job.mark(&mut text, &Mark::Slide(number));
            append(&mut text, &self.lines(&slide, job)?);
            let relations = self.package.relations(&slide, job)?;
            self.add_drawings(&slide, &relations, &mut text, job)?;
            for notes in self.parts(&slide, &relations, "notesSlide") {
                append(&mut text, &self.lines(&notes, job)?);
            }
            if job.marks_places() {
                for comments in self.parts(&slide, &relations, "comments") {
                    append(&mut text, &self.lines(&comments, job)?);
                }
            }
        }
        Ok(text)
    }

    fn add_drawings(
        &self,
        source: &str,
        relations: &[Relation],
        text: &mut String,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        for kind in ["diagramData", "chart"] {
            for part in self.parts(source, relations, kind) {
                append(text, &self.lines(&part, job)?);
            }
        }
        Ok(())
    }

    /// Files inside the document, and whether it is pictures and little else.
    fn add_files(&self, text: &mut String, job: &mut Job<'_>) -> Result<(), Stop> {
        let mut pictures = 0_u32;
        for name in self.package.names() {
            pictures += u32::from(name.contains("/media/"));
            if !name.contains("/embeddings/") {
                continue;
            }
            let bytes = self.package.data(&name, job)?;
            match job.text_nested(&name, &bytes) {
                Ok(inner) => {
                    job.mark(text, &Mark::File(&name));
                    text.push_str(&inner);
                    job.mark(text, &Mark::FileEnd);
                }
                Err(stop) if stop.is_limit() => return Err(stop),
                Err(stop) => job.removed(stop.reason().code, &name),
            }
        }
        let letters = text.chars().filter(|c| !c.is_whitespace()).take(LETTERS_MIN).count();
        if pictures > 0 && letters < LETTERS_MIN {
            job.mark(text, &Mark::Picture(&format!("{pictures} pictures")));
        }
        Ok(())
    }

    /// Relationship ids that the main part lists in elements of that name.
    fn ids_of(&self, element: &str, job: &mut Job<'_>) -> Result<Vec<String>, Stop> {
        let bytes = self.package.data(&self.main, job)?;
        let broken = |_| Stop::blocked(&reasons::BROKEN, &self.main);
        let text = decode(&bytes).map_err(broken)?;
        let mut ids = Vec::new();
        crate::package::each_element(&text, |local, raw| {
            if local == element {
                // `p:sldId` has an `id` of its own beside the relationship's.
                for attribute in crate::xml::Attributes::new(raw) {
                    let (name, value) = attribute?;
                    if name.ends_with(":id") {
                        ids.push(crate::xml::attributes::resolve(value)?.into_owned());
                    }
                }
            }
            Ok(())
        })
        .map_err(broken)?;
        Ok(ids)
    }
}

/// A document with pictures and fewer letters has its content in them.
const LETTERS_MIN: usize = 20;

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(more);
}

/// Returns a value's text, or nothing.
fn value_or_empty(raw: &str, local: &str) -> Result<String, crate::xml::Malformed> {
    Ok(value_by_local(raw, local)?.unwrap_or_default().into_owned())
}
