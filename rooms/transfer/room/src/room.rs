//! The room as the frame knows it.

use std::borrow::Cow;
use std::sync::Arc;

use base::Task;
use console::parts::Notice;
use console::{Asset, BodyKind, Failure, Group, Place, Room, Routes, Verb, Visit};
use factors::Sealer;
use i18n::{Catalogue, key};
use identity::{Caller, Duty};
use permits::{Kind, Mechanism, Permits};
use sanitize_room::Workers;
use store::{Blobs, Migration, Store};
use tokio::sync::Notify;
use utoipa::OpenApi;

use crate::asked::Asker;
use crate::handlers::{ENDING, Ending, Treating};
use crate::kind::{LetThrough, TRANSFER};
use crate::links::{Gate, Guesses, UPLOAD_LINK, UploadLinks};
use crate::pages::LINK_WORDS;
use crate::pages::links::Doors;
use crate::preview::Previewing;
use crate::rounds::{DESTROYS, Destroying, REMINDS, Reminding};
use crate::scanners::Scanners;
use crate::service::{Service, Space};
use crate::{api, desk, links, pages, tables, uploads};
use passages::Vault;

/// The room of crossings in a running program.
pub struct TransferRoom {
    service: Service,
    /// What addresses of upload links begin with, and whether they lead here.
    links: (String, bool),
    guesses: Arc<Guesses>,
}

/// Bytes that one form may send, all its files together.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 100 << 20;
/// Bytes of a policy's form, escaped.
const POLICY_FORM_BYTES_MAX: usize = 1 << 20;

/// What the room's endpoints look like.
#[must_use]
pub fn interface() -> utoipa::openapi::OpenApi {
    let mut all = api::Description::openapi();
    all.merge(links::api::Description::openapi());
    all
}

impl TransferRoom {
    /// Prepares the room: files lie sealed with the blobs.
    #[must_use]
    pub fn new(workers: Workers, blobs: Blobs, sealer: Sealer) -> Self {
        let viewers = Workers::start_behind(&sanitize_core::Policy::default(), 1);
        let (vault, scanners) =
            (Vault::new(blobs, sealer, crate::service::PURPOSE), Scanners::default());
        let service = Service { workers, viewers, scanners, vault, space: Space::default() };
        Self { service, links: (String::new(), true), guesses: Arc::default() }
    }

    /// Has scanners look at every file beside the treatment.
    #[must_use]
    pub fn with_scanners(mut self, scanners: Scanners) -> Self {
        self.service.scanners = scanners;
        self
    }
}

impl TransferRoom {
    /// Says what addresses of upload links begin with. Where an outer half
    /// serves them, they do not lead here.
    #[must_use]
    pub fn with_links(mut self, base: String, lead_here: bool) -> Self {
        self.links = (base, lead_here);
        self
    }

    /// Where files come in whose sender waits for the answer.
    #[must_use]
    pub fn asker(&self, store: Store) -> Asker {
        Asker { service: self.service.clone(), store }
    }

    /// Where an outer half's files come in.
    #[must_use]
    pub fn gate(&self, store: Store, permits: Permits, bell: Arc<Notify>) -> Gate {
        Gate { service: self.service.clone(), store, permits, bell }
    }

    fn doors(&self) -> Doors {
        Doors {
            service: self.service.clone(),
            guesses: self.guesses.clone(),
            are_here: self.links.1,
        }
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
        vec![UPLOAD_LINK, TRANSFER]
    }

    fn mechanisms(&self) -> Vec<Arc<dyn Mechanism>> {
        let links = UploadLinks { base: self.links.0.clone() };
        vec![Arc::new(LetThrough), Arc::new(links)]
    }

    fn jobs(&self, permits: &Permits) -> Vec<Arc<dyn jobs::Handler>> {
        let service = || self.service.clone();
        vec![
            Arc::new(Treating { service: service(), permits: permits.clone() }),
            Arc::new(Ending { service: service() }),
            Arc::new(Previewing { service: service() }),
            Arc::new(Destroying { service: service() }),
            Arc::new(Reminding),
        ]
    }

    fn recurring(&self) -> Vec<jobs::Recurring> {
        vec![ENDING, DESTROYS, REMINDS]
    }

    fn news<'a>(
        &'a self,
        visit: &'a Visit,
        caller: &'a Caller,
    ) -> Task<'a, Result<Vec<Notice>, Failure>> {
        Box::pin(pages::news(visit, caller))
    }

    fn navigation(&self) -> Vec<Place> {
        let place =
            |href, label| Place { href, label, group: Group::Passages, duties: &[Duty::Apply] };
        vec![
            place("/transfer", key!("transfer-menu")),
            place("/transfer/sent", key!("transfer-outbox")),
            place("/transfer/links", key!("transfer-links")),
            Place {
                href: "/transfer/held",
                label: key!("transfer-held"),
                group: Group::Work,
                duties: &[Duty::ApproveExport],
            },
            Place {
                href: "/transfer/statistics",
                label: key!("transfer-stats"),
                group: Group::Oversight,
                duties: &[Duty::ReadLedger],
            },
        ]
    }

    fn routes(&self) -> Routes {
        let service = || self.service.clone();
        let upload = BodyKind::Upload { max_bytes: UPLOAD_BYTES_MAX };
        let (sending, fetching, unlocking) = (service(), service(), service());
        let (taking, giving) = (service(), service());
        let (showing, looking) = (service(), service());
        let (gathering, giving_all) = (service(), service());
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
            .person(Verb::Get, "/transfer/{id}", Duty::Apply, move |visit, caller| {
                pages::show(showing.clone(), visit, caller)
            })
            .person(Verb::Post, "/transfer/{id}/content", Duty::Apply, move |visit, caller| {
                pages::fetch(fetching.clone(), visit, caller)
            })
            .person(Verb::Post, "/transfer/{id}/all", Duty::Apply, move |visit, caller| {
                pages::fetch_all(gathering.clone(), visit, caller)
            })
            .person(Verb::Post, "/transfer/{id}/unlock", Duty::Apply, move |visit, caller| {
                pages::unlock(unlocking.clone(), visit, caller)
            })
            .person(Verb::Post, "/transfer/{id}/look", Duty::Apply, move |visit, caller| {
                pages::look(looking.clone(), visit, caller)
            })
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
            .token(Verb::Post, "/api/v1/passages/{id}/all", Duty::Apply, move |visit, caller| {
                api::fetch_all(giving_all.clone(), visit, caller)
            })
            .with(uploads::api::routes(&self.service))
            .with(desk::routes(&self.service))
            .with(self.doors().routes())
    }

    fn interface(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(interface())
    }

    fn assets(&self) -> &'static [Asset] {
        &[
            Asset { name: "send.js", bytes: Cow::Borrowed(include_bytes!("../assets/send.js")) },
            Asset {
                name: "passages.css",
                bytes: Cow::Borrowed(include_bytes!("../assets/passages.css")),
            },
            Asset { name: "send.css", bytes: Cow::Borrowed(include_bytes!("../assets/send.css")) },
        ]
    }

    fn catalogues(&self) -> &'static [Catalogue] {
        &[
            Catalogue {
                name: "transfer",
                ja: include_str!("../messages/transfer.ja.ftl"),
                en: include_str!("../messages/transfer.en.ftl"),
            },
            LINK_WORDS,
        ]
    }
}
