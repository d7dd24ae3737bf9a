//! Bookmarks (ISO 32000-2 §12.3.3) that lead to a page of the same document;
//! others keep their title and lead nowhere, so that the tree stays whole.

use std::collections::HashSet;

use hayro_syntax::object::{Dict, ObjRef, Object};
use sanitize_core::Stop;

use crate::annotation::{Destinations, action_target_of};
use crate::document::Pages;
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::{codes, source};

/// Rebuilds the outline; `None` where there is none.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    catalog: &Dict<'a>,
    pages: &Pages,
    destinations: &Destinations,
) -> Result<Option<Obj>, Stop> {
    let Some(root) = catalog.get::<Dict<'a>>("Outlines") else { return Ok(None) };
    let mut walk = Walk { seen: HashSet::new(), pages, destinations };
    let id = rebuilder.writer.promise();
    let Some(level) = walk.level(rebuilder, &root, id, 0)? else { return Ok(None) };
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Outlines"));
    new.put("First", Obj::Ref(level.first));
    new.put("Last", Obj::Ref(level.last));
    new.put("Count", Obj::int(level.open));
    rebuilder.writer.fill(id, Obj::Dict(new));
    Ok(Some(Obj::Ref(id)))
}

struct Walk<'w> {
    seen: HashSet<ObjRef>,
    pages: &'w Pages,
    destinations: &'w Destinations,
}

struct Level {
    first: u32,
    last: u32,
    /// Items that are visible when this level is open.
    open: i64,
}

impl Walk<'_> {
    fn level<'a>(
        &mut self,
        rebuilder: &mut Rebuilder<'a, '_, '_>,
        parent: &Dict<'a>,
        parent_id: u32,
        depth: u32,
    ) -> Result<Option<Level>, Stop> {
        rebuilder.job.budget.check_nesting(depth)?;
        let mut items: Vec<(u32, model::Dict)> = Vec::new();
        let mut open = 0;
        let mut next = source::found(parent, "First");
        while let Some(found) = next {
            rebuilder.job.budget.take_objects(1)?;
            if found.id.is_some_and(|id| !self.seen.insert(id)) {
                rebuilder.report(&codes::RESOURCE_LOOP);
                break;
            }
            let Object::Dict(item) = found.object else { break };
            let id = rebuilder.writer.promise();
            let mut new = model::Dict::new();
            new.put("Title", Obj::Str(source::string_in(&item, "Title").unwrap_or_default()));
            new.put("Parent", Obj::Ref(parent_id));
            open += 1;
            if let Some(level) = self.level(rebuilder, &item, id, depth + 1)? {
                new.put("First", Obj::Ref(level.first));
                new.put("Last", Obj::Ref(level.last));
                let shown = source::int_of(&item, "Count").unwrap_or(-1) > 0;
                new.put("Count", Obj::int(if shown { level.open } else { -level.open }));
                open += if shown { level.open } else { 0 };
            }
            new.put_some("Dest", self.target(rebuilder, &item));
            let color = source::numbers::<3>(&item, "C");
            new.put_some("C", color.map(|color| Obj::reals(&color)));
            let style = source::int_of(&item, "F").map(|flags| flags & 3).filter(|f| *f > 0);
            new.put_some("F", style.map(Obj::int));
            items.push((id, new));
            next = source::found(&item, "Next");
        }
        let ids: Vec<u32> = items.iter().map(|(id, _)| *id).collect();
        for (index, (id, mut new)) in items.into_iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| ids.get(before));
            new.put_some("Prev", before.map(|id| Obj::Ref(*id)));
            new.put_some("Next", ids.get(index + 1).map(|id| Obj::Ref(*id)));
            rebuilder.writer.fill(id, Obj::Dict(new));
        }
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(None) };
        Ok(Some(Level { first: *first, last: *last, open }))
    }

    fn target<'a>(&self, rebuilder: &mut Rebuilder<'a, '_, '_>, item: &Dict<'a>) -> Option<Obj> {
        if let Some(destination) = item.get::<Object<'a>>("Dest") {
            return self.destinations.resolve(&destination, self.pages);
        }
        let action = item.get::<Dict<'a>>("A")?;
        action_target_of(rebuilder, &action, self.pages, self.destinations)
    }
}
