//! The room as the frame knows it.

use std::sync::Arc;

use console::{BodyKind, Group, Place, Room, Routes, Verb};
use i18n::{Catalogue, key};
use identity::Duty;
use sanitize_core::Policy;
use store::{Blobs, Migration};
use utoipa::OpenApi;

use crate::service::{EndHandler, Service};
use crate::workers::Workers;
use crate::{api, pages, tables};

/// The sanitising room of a running program.
pub struct SanitizeRoom {
    service: Arc<Service>,
}

/// Bytes that one form may send, all its files together.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 100 << 20;

impl SanitizeRoom {
    /// Prepares the room: its results lie with the blobs.
    #[must_use]
    pub fn new(policy: Policy, workers: Workers, blobs: Blobs) -> Self {
        Self { service: Arc::new(Service { workers, blobs, policy }) }
    }
}

/// What the room's endpoints look like.
#[must_use]
pub fn interface() -> utoipa::openapi::OpenApi {
    api::Description::openapi()
}

impl Room for SanitizeRoom {
    fn name(&self) -> &'static str {
        "sanitize"
    }

    fn migrations(&self) -> &'static [Migration] {
        tables::MIGRATIONS
    }

    fn jobs(&self, _permits: &permits::Permits) -> Vec<Arc<dyn jobs::Handler>> {
        vec![Arc::new(EndHandler { blobs: self.service.blobs.clone() })]
    }

    fn navigation(&self) -> Vec<Place> {
        vec![Place {
            href: "/sanitize",
            label: key!("sanitize-menu"),
            group: Group::Passages,
            duties: &[Duty::Apply],
        }]
    }

    fn routes(&self) -> Routes {
        let service = || self.service.clone();
        let (sending, fetching) = (service(), service());
        let (treating, giving) = (service(), service());
        let upload = BodyKind::Upload { max_bytes: UPLOAD_BYTES_MAX };
        let whole = BodyKind::Whole { max_bytes: UPLOAD_BYTES_MAX as usize };
        Routes::new()
            .person(Verb::Get, "/sanitize", Duty::Apply, pages::list)
            .person(Verb::Post, "/sanitize", Duty::Apply, move |visit, caller| {
                pages::send(sending.clone(), visit, caller)
            })
            .body(upload)
            .person(Verb::Get, "/sanitize/{id}", Duty::Apply, pages::show)
            .person(Verb::Post, "/sanitize/{id}/file", Duty::Apply, move |visit, caller| {
                pages::fetch(fetching.clone(), visit, caller)
            })
            .token(Verb::Get, "/api/v1/files", Duty::Apply, api::list)
            .token(Verb::Post, "/api/v1/files", Duty::Apply, move |visit, caller| {
                api::treat(treating.clone(), visit, caller)
            })
            .body(whole)
            .token(Verb::Get, "/api/v1/files/{id}", Duty::Apply, api::show)
            .token(Verb::Post, "/api/v1/files/{id}/content", Duty::Apply, move |visit, caller| {
                api::fetch(giving.clone(), visit, caller)
            })
    }

    fn interface(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(interface())
    }

    fn catalogues(&self) -> &'static [Catalogue] {
        &[Catalogue {
            name: "sanitize",
            ja: include_str!("../messages/sanitize.ja.ftl"),
            en: include_str!("../messages/sanitize.en.ftl"),
        }]
    }
}
