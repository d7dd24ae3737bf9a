//! Copies of copies: counts what `use` elements would unfold to, so that a small
//! file cannot keep a viewer busy for ever. Knows nothing of drawing.

use std::collections::BTreeMap;

/// Elements that copies may unfold to.
const UNFOLDED_MAX: u64 = 1_000_000;

/// Copies that are written out; each is noted for every name around it.
const COPIES_MAX: usize = 50_000;

/// Who stands inside of whom, and who copies whom.
#[derive(Default)]
pub(super) struct Reuse {
    /// The names of the open elements that have one.
    open: Vec<Option<String>>,
    nodes: BTreeMap<String, Node>,
    /// Copies in the whole picture.
    all: Vec<String>,
}

#[derive(Default)]
struct Node {
    /// Elements inside, itself among them.
    size: u64,
    copies: Vec<String>,
}

impl Reuse {
    /// Notes the start of an element.
    pub(super) fn enter(&mut self, element: &str, id: Option<&str>, reference: Option<&str>) {
        self.open.push(id.map(str::to_owned));
        if self.all.len() > COPIES_MAX {
            return;
        }
        let copied = reference.and_then(|r| r.strip_prefix('#')).filter(|_| element == "use");
        if let Some(copied) = copied {
            self.all.push(copied.to_owned());
        }
        for id in self.open.iter().flatten() {
            let node = self.nodes.entry(id.clone()).or_default();
            node.size += 1;
            node.copies.extend(copied.map(str::to_owned));
        }
    }

    /// Notes the end of an element.
    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    /// Says whether all copies end, within the limit.
    pub(super) fn is_finite(&self) -> bool {
        let mut known = BTreeMap::new();
        let mut total = 0u64;
        for copied in &self.all {
            match self.unfolded(copied, &mut known, DEPTH_MAX) {
                Some(size) => total = total.saturating_add(size),
                None => return false,
            }
        }
        total <= UNFOLDED_MAX && self.all.len() <= COPIES_MAX
    }

    fn unfolded<'n>(
        &'n self,
        id: &'n str,
        known: &mut BTreeMap<&'n str, u64>,
        depth: u32,
    ) -> Option<u64> {
        if let Some(&size) = known.get(id) {
            return Some(size);
        }
        let Some(node) = self.nodes.get(id) else { return Some(0) };
        let depth = depth.checked_sub(1)?;
        let mut size = node.size;
        for copied in &node.copies {
            size = size.saturating_add(self.unfolded(copied, known, depth)?);
        }
        known.insert(id, size);
        Some(size)
    }
}

/// Copies within copies; a circle reaches it too.
const DEPTH_MAX: u32 = 64;
