//! Puts the console together: routes of the frame and of the rooms behind the
//! one gate.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::routing::{MethodFilter, on};
use i18n::{Catalogue, Messages};

use crate::access::Verb;
use crate::api::Interface;
use crate::assets::Assets;
use crate::failure::Failure;
use crate::guard::Origin;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::room::Asset;
use crate::routes::{BodyKind, Route, Routes};
use crate::state::{Parts, Shell, StartError, State};
use crate::uploads::Uploads;
use crate::watch::Watch;
use crate::{assets, catalogue, gate, health, pages};

/// The console, ready to serve.
pub struct Console {
    state: State,
    routes: Routes,
}

impl Console {
    /// Puts it together.
    ///
    /// # Errors
    /// If two parts do not fit.
    pub fn new(parts: Parts) -> Result<Self, StartError> {
        let Parts { store, settings, callers, means, rooms } = parts;
        let origin = Origin::parse(&settings.origin)
            .ok_or_else(|| StartError::Origin(settings.origin.clone()))?;
        let mut catalogues: Vec<Catalogue> = catalogue::CATALOGUES.to_vec();
        let mut files: Vec<Asset> = catalogue::assets();
        let mut routes = own_routes();
        let mut places = pages::navigation();
        let interface = Interface::new(rooms.iter().filter_map(|room| room.interface()))?;
        for room in &rooms {
            catalogues.extend(room.catalogues());
            files.extend(room.assets().iter().cloned());
            places.extend(room.navigation());
            routes = routes.with(room.routes());
        }
        if let Some((verb, path)) = routes.twice() {
            return Err(StartError::RouteTwice { verb: verb.name(), path });
        }
        let state = Arc::new(Shell {
            messages: Messages::load(&catalogues)?,
            assets: Assets::load(files)?,
            metrics: Metrics::default(),
            limiter: Limiter::default(),
            watch: Watch::default(),
            uploads: Uploads::default(),
            proving: tokio::sync::Semaphore::new(1),
            store,
            settings,
            callers,
            means,
            origin,
            places,
            rooms,
            interface,
        });
        Ok(Self { state, routes })
    }

    /// Every route with whom it lets in: for tests and documents.
    #[must_use]
    pub const fn routes(&self) -> &Routes {
        &self.routes
    }

    /// What every request can reach.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The service that answers requests. Whoever accepts connections adds
    /// [`crate::Peer`] to each request.
    pub fn router(&self) -> Router {
        let mut router = Router::new();
        let mut by_path: BTreeMap<&str, Vec<Arc<Route>>> = BTreeMap::new();
        for route in self.routes.list() {
            by_path.entry(route.path).or_default().push(Arc::new(route.clone()));
        }
        for (path, routes) in by_path {
            for route in routes {
                router = router.route(path, self.method(route));
            }
        }
        let (lost, wrong) = (self.state.clone(), self.state.clone());
        router
            .fallback(move |request: Request| gate::lost(lost.clone(), request, Failure::NotFound))
            .method_not_allowed_fallback(move |request: Request| {
                gate::lost(wrong.clone(), request, Failure::WrongMethod)
            })
    }

    fn method(&self, route: Arc<Route>) -> axum::routing::MethodRouter {
        let filter = match route.verb {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Put => MethodFilter::PUT,
            Verb::Patch => MethodFilter::PATCH,
            Verb::Delete => MethodFilter::DELETE,
            Verb::Options => MethodFilter::OPTIONS,
        };
        let limit = match route.body {
            BodyKind::Whole { max_bytes } => max_bytes,
            BodyKind::Upload { max_bytes } | BodyKind::Stream { max_bytes, .. } => {
                usize::try_from(max_bytes).unwrap_or(usize::MAX)
            }
        };
        let state = self.state.clone();
        on(filter, move |request: Request| gate::enter(state.clone(), Ok(route.clone()), request))
            .layer(DefaultBodyLimit::max(limit))
    }
}

/// The frame's own routes.
fn own_routes() -> Routes {
    const PROBE: &str = "says only whether the program runs";
    Routes::new()
        .public(Verb::Get, "/assets/{file}", "style sheets and pictures hold no data", assets::show)
        .public(Verb::Get, "/healthz", PROBE, health::alive)
        .public(Verb::Get, "/readyz", PROBE, health::ready)
        .public(
            Verb::Get,
            "/metrics",
            "sums without persons; to this machine only",
            health::metrics,
        )
        .with(pages::routes())
        .with(crate::api::routes())
}
