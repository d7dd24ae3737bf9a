//! The room as the frame knows it.

use std::sync::Arc;

use console::{BodyKind, Group, Place, Room, Routes, Verb};
use factors::Sealer;
use i18n::{Catalogue, key};
use identity::Duty;
use permits::{Kind, Mechanism, Permits};
use sanitize_room::Workers;
use store::{Blobs, Migration};
use utoipa::OpenApi;

use crate::handlers::{ENDING, Ending, Treating};
use crate::kind::{LetThrough, TRANSFER};
use crate::service::Service;
use crate::vault::Vault;
use crate::{api, pages, tables};

/// The room of crossings in a running program.
pub struct TransferRoom {
    service: Service,
}

/// Bytes that one form may send, all its files together.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 100 << 20;
/// Bytes of a policy's form, escaped.
const POLICY_FORM_BYTES_MAX: usize = 1 << 20;

/// What the room's endpoints look like.
#[must_use]
pub fn interface() -> utoipa::openapi::OpenApi {
    api::Description::openapi()
}

impl TransferRoom {
    /// Prepares the room: files lie sealed with the blobs.
    #[must_use]
    pub fn new(workers: Workers, blobs: Blobs, sealer: Sealer) -> Self {
        Self { service: Service { workers, vault: Vault { blobs, sealer } } }
    }
}

impl Room for TransferRoom {
    fn name(&self) -> &'static str {
        "transfer"
    }

    fn migrations(&self) -> &'static [Migration] {
        tables::MIGRATIONS
    }

    fn permit_kinds(&self) -> Vec<Kind> {
        vec![TRANSFER]
    }

    fn mechanisms(&self) -> Vec<Arc<dyn Mechanism>> {
        vec![Arc::new(LetThrough)]
    }

    fn jobs(&self, permits: &Permits) -> Vec<Arc<dyn jobs::Handler>> {
        let service = || self.service.clone();
        vec![
            Arc::new(Treating { service: service(), permits: permits.clone() }),
            Arc::new(Ending { service: service() }),
        ]
    }

    fn recurring(&self) -> Vec<jobs::Recurring> {
        vec![ENDING]
    }

    fn navigation(&self) -> Vec<Place> {
        let place =
            |href, label| Place { href, label, group: Group::Passages, duties: &[Duty::Apply] };
        vec![
            place("/transfer", key!("transfer-menu")),
            place("/transfer/sent", key!("transfer-outbox")),
        ]
    }

    fn routes(&self) -> Routes {
        let service = || self.service.clone();
        let upload = BodyKind::Upload { max_bytes: UPLOAD_BYTES_MAX };
        let (sending, fetching, unlocking) = (service(), service(), service());
        let (taking, giving) = (service(), service());
        Routes::new()
            .person(Verb::Get, "/transfer", Duty::Apply, pages::inbox)
            .person(Verb::Get, "/transfer/sent", Duty::Apply, pages::outbox)
            .person(Verb::Get, "/transfer/send", Duty::Apply, pages::form)
            .person(Verb::Post, "/transfer/send", Duty::Apply, move |visit, caller| {
                pages::send(sending.clone(), visit, caller)
            })
            .body(upload)
            .person(Verb::Get, "/transfer/policy", Duty::Apply, pages::policies)
            .person(Verb::Post, "/transfer/policy", Duty::ManageSystem, pages::adopt)
            .body(BodyKind::Whole { max_bytes: POLICY_FORM_BYTES_MAX })
            .person(Verb::Get, "/transfer/{id}", Duty::Apply, pages::show)
            .person(Verb::Post, "/transfer/{id}/content", Duty::Apply, move |visit, caller| {
                pages::fetch(fetching.clone(), visit, caller)
            })
            .person(Verb::Post, "/transfer/{id}/unlock", Duty::Apply, move |visit, caller| {
                pages::unlock(unlocking.clone(), visit, caller)
            })
            .person(Verb::Post, "/transfer/{id}/look", Duty::Apply, pages::look)
            .token(Verb::Get, "/api/v1/passages", Duty::Apply, api::list)
            .token(Verb::Post, "/api/v1/passages", Duty::Apply, move |visit, caller| {
                api::send(taking.clone(), visit, caller)
            })
            .body(upload)
            .token(Verb::Get, "/api/v1/passages/{id}", Duty::Apply, api::show)
            .token(
                Verb::Post,
                "/api/v1/passages/{id}/content",
                Duty::Apply,
                move |visit, caller| api::fetch(giving.clone(), visit, caller),
            )
    }

    fn interface(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(interface())
    }

    fn catalogues(&self) -> &'static [Catalogue] {
        &[Catalogue {
            name: "transfer",
            ja: include_str!("../messages/transfer.ja.ftl"),
            en: include_str!("../messages/transfer.en.ftl"),
        }]
    }
}
