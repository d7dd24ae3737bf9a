//! The room as the frame knows it.

use std::borrow::Cow;
use std::sync::Arc;

use console::{Asset, Place, Room, Routes};
use i18n::Catalogue;
use permits::{Kind, Mechanism, Permits};
use store::Migration;

use crate::handing::HandingOver;
use crate::kind::{LetThrough, MAIL_RELEASE};
use crate::locks::Unlocking;
use crate::outward::{Leaves, Reading};
use crate::rounds::{DIGESTS, Digesting, ENDS, Ending};
use crate::service::Service;
use crate::treat::Treating;
use crate::{api, pages, tables};

/// The room of mail in a running program; without a gate it only keeps its
/// tables.
pub struct MailRoom {
    service: Option<Service>,
}

/// What the room's endpoints look like.
#[must_use]
pub fn interface() -> utoipa::openapi::OpenApi {
    crate::api::description()
}

impl MailRoom {
    /// Prepares the room; with a service where the operator wants the gate.
    #[must_use]
    pub fn new(service: Option<Service>) -> Self {
        Self { service }
    }
}

impl Room for MailRoom {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn migrations(&self) -> &'static [Migration] {
        tables::MIGRATIONS
    }

    fn permit_kinds(&self) -> Vec<Kind> {
        vec![MAIL_RELEASE]
    }

    fn mechanisms(&self) -> Vec<Arc<dyn Mechanism>> {
        vec![Arc::new(LetThrough)]
    }

    fn jobs(&self, _permits: &Permits) -> Vec<Arc<dyn jobs::Handler>> {
        let Some(service) = &self.service else { return Vec::new() };
        let service = || service.clone();
        vec![
            Arc::new(Treating { service: service() }),
            Arc::new(HandingOver::new(service())),
            Arc::new(Unlocking { service: service() }),
            Arc::new(Reading { service: service() }),
            Arc::new(Leaves { service: service() }),
            Arc::new(Ending { service: service() }),
            Arc::new(Digesting { service: service() }),
        ]
    }

    fn recurring(&self) -> Vec<jobs::Recurring> {
        if self.service.is_some() { vec![ENDS, DIGESTS] } else { Vec::new() }
    }

    fn catalogues(&self) -> &'static [Catalogue] {
        &[pages::WORDS]
    }

    fn navigation(&self) -> Vec<Place> {
        if self.service.is_some() { pages::places() } else { Vec::new() }
    }

    fn routes(&self) -> Routes {
        let own = api::routes(self.service.as_ref());
        match &self.service {
            Some(service) => pages::routes(service).with(own),
            None => own,
        }
    }

    fn interface(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(interface())
    }

    fn assets(&self) -> &'static [Asset] {
        &[Asset { name: "mails.css", bytes: Cow::Borrowed(include_bytes!("../assets/mails.css")) }]
    }
}
