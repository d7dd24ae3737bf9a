//! Layout, components, sessions and error pages; the API shell; the trait of a
//! room. A request passes one gate that asks whom its route lets in; a handler
//! gets a [`Visit`], and a [`Caller`](identity::Caller) where somebody must be
//! known, and answers with a page of its [`View`].

mod access;
mod api;
mod assets;
mod callers;
mod catalogue;
mod console;
mod cookie;
mod failure;
pub mod files;
pub mod form;
mod gate;
mod guard;
mod headers;
mod health;
mod limit;
mod metrics;
mod pages;
pub mod parts;
mod receive;
mod refusal;
mod repeat;
mod room;
mod routes;
mod state;
mod stream;
mod tables;
mod uploads;
mod view;
mod visit;
mod watch;

pub use access::{Access, Verb};
pub use api::description as interface_description;
pub use api::text_schema;
pub use callers::{Approach, Callers, Found, Known, Peer, PeerCertificate};
pub use catalogue::{CATALOGUES, STYLE};
pub use console::Console;
pub use cookie::Cookie;
pub use failure::Failure;
pub use form::Fields;
pub use headers::{CONTENT_SECURITY_POLICY, secure};
pub use metrics::{Metrics, Refusals};
pub use pages::{
    Alarm, LedgerKeys, Machine, MachineMeans, MachineState, PROVIDER_BACK, StoreCallers,
};
pub use room::{Asset, Group, Place, Room};
pub use routes::{Answer, BODY_MAX_BYTES, BodyKind, Headers, Route, Routes};
pub use state::{Means, Parts, Settings, Shell, StartError, State};
pub use stream::{Giver, Stream, StreamError};
pub use tables::{MIGRATIONS, forget_answers};
pub use view::{Page, View};
pub use visit::{Visit, clear_cookie, form_token, local, set_cookie};
