//! The room as the frame knows it.

use std::sync::Arc;

use base::{BodyId, Task};
use console::parts::Notice;
use console::{Asset, Failure, Place, Room, Routes, Verb, Visit};
use i18n::Catalogue;
use identity::{Caller, Duty};
use permits::{Kind, Mechanism};
use store::Migration;
use tokio::sync::Notify;
use utoipa::OpenApi;

use crate::cutoff::{CUTOFF, CutoffGate};
use crate::error::WallError;
use crate::flows::{FLOW, FlowGate};
use crate::gate::Gate;
use crate::{api, pages, tables};

/// The room of the wall in a running program.
pub struct WallRoom {
    gate: Option<Gate>,
}

/// The gate as handlers get it: there is none where the configuration has no
/// `[wall]`.
#[derive(Clone)]
pub(crate) struct Behind(Option<Gate>);

impl Behind {
    /// The gate of a body.
    ///
    /// # Errors
    /// [`WallError::NoWall`] where there is none, or it is another body's.
    pub(crate) fn gate(&self, body: BodyId) -> Result<&Gate, WallError> {
        self.0.as_ref().filter(|gate| gate.is_of(body)).ok_or(WallError::NoWall)
    }
}

/// What the room's endpoints look like.
#[must_use]
pub fn interface() -> utoipa::openapi::OpenApi {
    let mut all = api::Description::openapi();
    all.merge(crate::cutoff::api::Description::openapi());
    all.merge(crate::review::api::Description::openapi());
    all
}

/// The room's words.
pub const WORDS: Catalogue = Catalogue {
    name: "wall",
    ja: include_str!("../messages/wall.ja.ftl"),
    en: include_str!("../messages/wall.en.ftl"),
};

impl WallRoom {
    /// Prepares the room; without a gate it shows how to switch one on.
    #[must_use]
    pub const fn new(gate: Option<Gate>) -> Self {
        Self { gate }
    }

    /// The gate, to be kept with [`Gate::run`].
    #[must_use]
    pub const fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    fn behind(&self) -> Behind {
        Behind(self.gate.clone())
    }

    fn cutoff_routes(&self) -> Routes {
        use crate::cutoff::api::{list, report, restore};
        let behind = || self.behind();
        let (listing, restoring, reporting) = (behind(), behind(), behind());
        Routes::new()
            .token(Verb::Get, "/api/v1/wall/cutoffs", Duty::Apply, move |visit, caller| {
                list(listing.clone(), visit, caller)
            })
            .token(
                Verb::Post,
                "/api/v1/wall/zones/{zone}/restore",
                Duty::Apply,
                move |visit, caller| restore(restoring.clone(), visit, caller),
            )
            .token(
                Verb::Post,
                "/api/v1/wall/cutoffs/{cutoff}/report",
                Duty::Apply,
                move |visit, caller| report(reporting.clone(), visit, caller),
            )
    }

    fn review_routes(&self) -> Routes {
        use crate::review::api::{model, review};
        let (showing, finishing) = (self.behind(), self.behind());
        Routes::new()
            .token(Verb::Get, "/api/v1/wall/model", Duty::Apply, move |visit, caller| {
                model(showing.clone(), visit, caller)
            })
            .token(
                Verb::Post,
                "/api/v1/wall/reviews/{review}/finish",
                Duty::Apply,
                move |visit, caller| review(finishing.clone(), visit, caller),
            )
    }
}

impl Room for WallRoom {
    fn name(&self) -> &'static str {
        "wall"
    }

    fn migrations(&self) -> &'static [Migration] {
        tables::MIGRATIONS
    }

    fn permit_kinds(&self) -> Vec<Kind> {
        vec![FLOW, CUTOFF]
    }

    fn mechanisms(&self) -> Vec<Arc<dyn Mechanism>> {
        let bell = self.gate.as_ref().map_or_else(|| Arc::new(Notify::new()), Gate::bell);
        vec![Arc::new(FlowGate::new(bell)), Arc::new(CutoffGate { gate: self.gate.clone() })]
    }

    fn news<'a>(
        &'a self,
        visit: &'a Visit,
        caller: &'a Caller,
    ) -> Task<'a, Result<Vec<Notice>, Failure>> {
        let behind = self.behind();
        Box::pin(async move { pages::news(&behind, visit, caller).await })
    }

    fn navigation(&self) -> Vec<Place> {
        pages::places()
    }

    fn assets(&self) -> &'static [Asset] {
        pages::ASSETS
    }

    fn routes(&self) -> Routes {
        let behind = || self.behind();
        let (listing, proving, standing) = (behind(), behind(), behind());
        let (applying, checking, withdrawing) = (behind(), behind(), behind());
        Routes::new()
            .token(Verb::Get, "/api/v1/wall", Duty::Apply, move |visit, caller| {
                api::state(standing.clone(), visit, caller)
            })
            .token(Verb::Get, "/api/v1/wall/flows", Duty::Apply, move |visit, caller| {
                api::flows(listing.clone(), visit, caller)
            })
            .token(
                Verb::Post,
                "/api/v1/wall/flows/{flow}/apply",
                Duty::Apply,
                move |visit, caller| api::apply(applying.clone(), visit, caller),
            )
            .token(
                Verb::Post,
                "/api/v1/wall/flows/{flow}/checks",
                Duty::Apply,
                move |visit, caller| api::check(checking.clone(), visit, caller),
            )
            .token(
                Verb::Post,
                "/api/v1/wall/checks/{check}/withdraw",
                Duty::Apply,
                move |visit, caller| api::withdraw(withdrawing.clone(), visit, caller),
            )
            .token(Verb::Get, "/api/v1/wall/proof", Duty::Apply, move |visit, caller| {
                api::proof(proving.clone(), visit, caller)
            })
            .with(self.cutoff_routes())
            .with(self.review_routes())
            .with(pages::routes(&self.behind()))
    }

    fn interface(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(interface())
    }

    fn catalogues(&self) -> &'static [Catalogue] {
        &[WORDS]
    }
}
