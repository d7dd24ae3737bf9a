//! What a room brings into the house. The frame knows rooms by this trait
//! only; docs/guides/add-a-room.md leads through it.

use std::borrow::Cow;
use std::sync::Arc;

use base::Task;
use i18n::{Catalogue, Key};
use identity::{Caller, Duty};
use store::Migration;

use crate::failure::Failure;
use crate::parts::Notice;
use crate::routes::Routes;
use crate::visit::Visit;

/// One capability: its tables, kinds of permits, work in the background,
/// screens, endpoints and words. Every method but the name has an empty
/// answer, so that a room says only what it has.
pub trait Room: Send + Sync + 'static {
    /// The room's noun, in lower case: `sanitize`.
    fn name(&self) -> &'static str;

    /// Its tables, named `room-0001-what`; only ever added to.
    fn migrations(&self) -> &'static [Migration] {
        &[]
    }

    /// The kinds of permits that it adds.
    fn permit_kinds(&self) -> Vec<permits::Kind> {
        Vec::new()
    }

    /// What gives and takes the ability when one of its permits starts and
    /// ends.
    fn mechanisms(&self) -> Vec<Arc<dyn permits::Mechanism>> {
        Vec::new()
    }

    /// Its work in the background, which may ask for permits of its kinds.
    fn jobs(&self, permits: &permits::Permits) -> Vec<Arc<dyn jobs::Handler>> {
        let _ = permits;
        Vec::new()
    }

    /// Which of it comes again by itself.
    fn recurring(&self) -> Vec<jobs::Recurring> {
        Vec::new()
    }

    /// What the reader should know of it, at the top of their first page.
    fn news<'a>(
        &'a self,
        visit: &'a Visit,
        caller: &'a Caller,
    ) -> Task<'a, Result<Vec<Notice>, Failure>> {
        let _ = (visit, caller);
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Its entries in the menu.
    fn navigation(&self) -> Vec<Place> {
        Vec::new()
    }

    /// Its screens and endpoints.
    fn routes(&self) -> Routes {
        Routes::new()
    }

    /// What its endpoints look like; each stands in it.
    fn interface(&self) -> Option<utoipa::openapi::OpenApi> {
        None
    }

    /// Its words.
    fn catalogues(&self) -> &'static [Catalogue] {
        &[]
    }

    /// Its style sheets, scripts and pictures.
    fn assets(&self) -> &'static [Asset] {
        &[]
    }
}

/// An entry of the menu.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it leads.
    pub href: &'static str,
    /// What it is called.
    pub label: Key,
    /// Under which heading it stands.
    pub group: Group,
    /// Who sees it: whoever has one of the duties; everybody if none is named.
    pub duties: &'static [Duty],
}

/// The headings of the menu, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What waits for me, and what I ask for.
    Work,
    /// What crosses between the networks.
    Passages,
    /// Who and what there is.
    Registers,
    /// Records, audits, answers.
    Oversight,
    /// The system itself.
    System,
}

impl Group {
    /// All, in the menu's order.
    pub const ALL: [Self; 5] =
        [Self::Work, Self::Passages, Self::Registers, Self::Oversight, Self::System];

    /// Its heading.
    #[must_use]
    pub const fn label(self) -> Key {
        match self {
            Self::Work => i18n::key!("menu-work"),
            Self::Passages => i18n::key!("menu-passages"),
            Self::Registers => i18n::key!("menu-registers"),
            Self::Oversight => i18n::key!("menu-oversight"),
            Self::System => i18n::key!("menu-system"),
        }
    }
}

/// A file that pages load. It is served under a name that holds its hash, so
/// that a browser keeps it until it changes.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name: `console.css`. The ending says its type: css, js, svg, png,
    /// ico or woff2.
    pub name: &'static str,
    /// What it holds.
    pub bytes: Cow<'static, [u8]>,
}
