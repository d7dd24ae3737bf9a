//! The rebuilder: walks the pages in order and writes each anew. Holds what
//! all parts share: source, new file, budget, what is done already.

use std::collections::HashMap;

use hayro_syntax::Pdf;
use hayro_syntax::object::ObjRef;
use sanitize_core::{Code, Job, Stop};

use crate::layers::Layers;
use crate::model;
use crate::write::Writer;

/// What the new file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To be handed over.
    Deliver,
    /// To be drawn or read here, within our memory.
    Draw,
}

/// What an object is used as; one source object may serve as several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// A form or image XObject.
    External,
    /// A function.
    Function,
    /// A shading.
    Shading,
    /// A pattern.
    Pattern,
    /// An extended graphics state.
    State,
    /// A font.
    Font,
    /// A font program.
    FontProgram,
    /// A character map.
    CharacterMap,
    /// A soft mask's or stencil mask's image.
    Mask,
}

/// How far the rebuild of an object is.
#[derive(Clone)]
pub enum Progress {
    /// Under way: meeting it again means a loop.
    Busy,
    /// Done: this stands for it, or nothing does.
    Done(Option<model::Obj>),
}

/// The state of one rebuild.
pub struct Rebuilder<'a, 'j, 'p> {
    /// The document that was read.
    pub pdf: &'a Pdf,
    /// What the new file is for.
    pub aim: Aim,
    /// Policy, budget and report.
    pub job: &'j mut Job<'p>,
    /// The file under construction.
    pub writer: Writer,
    /// Which layers are shown.
    pub layers: Layers,
    /// Where in the document the work is, for the report.
    pub place: String,
    /// How deep resources are nested right now.
    pub depth: u32,
    /// The font that stands in where a font is missing.
    pub fallback_font: Option<u32>,
    /// What is known of each colour space that was written.
    pub colors: HashMap<ObjRef, crate::color::Space>,
    /// What each mesh, or pattern with one, costs whenever it is read.
    pub meshes: Meshes,
    /// Colours of Type 3 glyph procedures and the like need their own names.
    done: HashMap<(Use, ObjRef), Progress>,
}

/// Counts how often meshes are used where we draw: the drawing library reads a
/// mesh anew at each use and may keep many at a time.
#[derive(Default)]
pub struct Meshes {
    bytes: HashMap<u32, u64>,
    used: u64,
}

impl Meshes {
    /// Notes what the mesh in an object takes, in bytes.
    pub fn note(&mut self, id: u32, bytes: u64) {
        self.bytes.insert(id, bytes);
    }

    /// Returns what the mesh in an object takes, if it holds one.
    #[must_use]
    pub fn bytes(&self, object: &model::Obj) -> Option<u64> {
        let model::Obj::Ref(id) = object else { return None };
        self.bytes.get(id).copied()
    }

    /// Counts one use of an object; false where it is one too many.
    pub fn take(&mut self, object: &model::Obj) -> bool {
        let Some(bytes) = self.bytes(object) else { return true };
        self.used = self.used.saturating_add(bytes);
        self.used <= USED_BYTES_MAX
    }
}

impl<'a, 'j, 'p> Rebuilder<'a, 'j, 'p> {
    /// Opens a rebuild.
    pub fn new(pdf: &'a Pdf, job: &'j mut Job<'p>, layers: Layers, aim: Aim) -> Self {
        Self {
            pdf,
            aim,
            job,
            writer: Writer::new(),
            layers,
            place: String::new(),
            depth: 0,
            fallback_font: None,
            colors: HashMap::new(),
            meshes: Meshes::default(),
            done: HashMap::new(),
        }
    }

    /// Notes a removal at the current place.
    pub fn report(&mut self, code: &'static Code) {
        let Self { job, place, .. } = self;
        job.removed(code, place);
    }

    /// Rebuilds an object once, however often it is referred to. An object
    /// that contains itself is dropped at the inner place.
    ///
    /// # Errors
    /// Stops at limits.
    pub fn once(
        &mut self,
        kind: Use,
        id: Option<ObjRef>,
        work: impl FnOnce(&mut Self) -> Result<Option<model::Obj>, Stop>,
    ) -> Result<Option<model::Obj>, Stop> {
        let Some(id) = id else { return self.deeper(work) };
        match self.done.get(&(kind, id)) {
            Some(Progress::Done(object)) => return Ok(object.clone()),
            Some(Progress::Busy) => {
                self.report(&crate::codes::RESOURCE_LOOP);
                return Ok(None);
            }
            None => {}
        }
        self.done.insert((kind, id), Progress::Busy);
        let object = self.deeper(work)?;
        self.done.insert((kind, id), Progress::Done(object.clone()));
        Ok(object)
    }

    /// Runs `work` one level deeper.
    ///
    /// # Errors
    /// Stops at the nesting limit, which here is held well under the stack's.
    pub fn deeper<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.job.budget.take_objects(1)?;
        self.depth += 1;
        // Each level of resources takes several frames; eight count as one.
        self.job.budget.check_nesting(self.depth.saturating_mul(LEVEL_COST))?;
        let result = work(self);
        self.depth -= 1;
        result
    }
}

const LEVEL_COST: u32 = 4;
/// Triangles of all meshes at all places together: a second's work to read.
const USED_BYTES_MAX: u64 = 512 << 20;
