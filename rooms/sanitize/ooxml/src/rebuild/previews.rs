//! Old slides keep an object's picture in a drawing of their own (VML). The
//! drawing goes; this finds the pictures in it.

use sanitize_core::{Job, Stop};

use crate::package::each_element;
use crate::parts::{self, Family, RelationAct, RelationKind};
use crate::xml::attributes::value_by_local;
use crate::xml::{decode, value_of};

use super::Builder;
use super::links::Links;

impl Builder<'_, '_> {
    /// Returns shape ids and new relationship ids of the pictures that stand
    /// for objects of a slide. A drawing that cannot be read has none.
    pub(super) fn previews(
        &self,
        text: &str,
        links: &mut Links,
        job: &mut Job<'_>,
    ) -> Result<Vec<(String, String)>, Stop> {
        let mut previews = Vec::new();
        if self.family != Family::Slides || !text.contains("oleObj") {
            return Ok(previews);
        }
        let drawings: Vec<(RelationKind, String)> = links
            .all()
            .iter()
            .filter(|link| link.leads_to(&parts::VML))
            .filter_map(|link| Some((link.kind.picture_beside()?, link.part.clone()?)))
            .filter(|(_, part)| self.package.has(part))
            .collect();
        for (kind, drawing) in drawings {
            for (shape, picture) in self.pictures_in(&drawing, job)? {
                if let Some(id) = links.add_picture(kind, picture) {
                    previews.push((shape, id));
                }
            }
        }
        Ok(previews)
    }

    fn pictures_in(&self, drawing: &str, job: &mut Job<'_>) -> Result<Vec<(String, String)>, Stop> {
        let relations = self.package.relations(drawing, job)?;
        let bytes = self.package.data(drawing, job)?;
        let Ok(text) = decode(&bytes) else { return Ok(Vec::new()) };
        let mut shape = String::new();
        let mut found = Vec::new();
        let outcome = each_element(&text, |local, raw| {
            match local {
                "shape" => shape = value_of(raw, "id")?.unwrap_or_default().into_owned(),
                "imagedata" => {
                    let id = value_by_local(raw, "relid")?.unwrap_or_default();
                    let relation = relations.iter().find(|relation| relation.id == id);
                    let is_picture = relation.and_then(|relation| RelationKind::of(&relation.kind));
                    let is_picture =
                        is_picture.is_some_and(|kind| matches!(kind.act, RelationAct::Picture));
                    let part = relation.and_then(|relation| self.part_of(relation, drawing));
                    if let Some(part) = part.filter(|part| is_picture && self.package.has(part)) {
                        found.push((shape.clone(), part));
                    }
                }
                _ => {}
            }
            Ok(())
        });
        Ok(if outcome.is_ok() { found } else { Vec::new() })
    }
}
