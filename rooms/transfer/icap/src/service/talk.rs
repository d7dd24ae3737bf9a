//! One client's requests, one after the other, until the connection ends.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::exchange::exchange;
use super::link::{Broken, Link};
use super::server::Shared;
use crate::protocol::{Method, OptionsAnswer, Parser, Request, Status, error};

/// Whether a connection may carry another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Keep,
    Close,
}

/// Serves one connection.
pub(super) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: IpAddr,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let settings = &shared.settings;
    let mut link = Link::new(stream, Parser::new(settings.limits), settings.times);
    loop {
        let request = match link.request(&mut stop).await {
            Ok(Some(request)) => request,
            Ok(None) => break,
            Err(broken) => {
                say_broken(&mut link, &shared, broken).await;
                break;
            }
        };
        let is_last = wants_close(&request) || *stop.borrow();
        match serve(&mut link, &shared, peer, &request, is_last).await {
            Ok(After::Keep) if !is_last => {}
            Ok(After::Keep | After::Close) => break,
            Err(broken) => {
                say_broken(&mut link, &shared, broken).await;
                break;
            }
        }
    }
    link.close().await;
}

/// Says to a client beyond the number of connections that it is too much.
pub(super) async fn turn_away<S: AsyncRead + AsyncWrite + Unpin>(stream: S, shared: &Shared) {
    let settings = &shared.settings;
    let mut link = Link::new(stream, Parser::new(settings.limits), settings.times);
    let _ = link.send(&error(Status::Overloaded, settings.tag.as_str(), true)).await;
    link.close().await;
}

fn wants_close(request: &Request) -> bool {
    request.fields.words("Connection").iter().any(|word| word == "close")
}

async fn say_broken<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    shared: &Shared,
    broken: Broken,
) {
    let status = match broken {
        Broken::Gone => return,
        Broken::Refused(refusal) => {
            tracing::info!(rule = ?refusal, "refused an ICAP request: {refusal}");
            refusal.status()
        }
        Broken::Late => Status::RequestTimeout,
        Broken::Disk(error) => {
            tracing::error!(%error, "a body could not be kept on its way");
            Status::ServerError
        }
    };
    let _ = link.send(&error(status, shared.settings.tag.as_str(), true)).await;
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    shared: &Shared,
    peer: IpAddr,
    request: &Request,
    is_last: bool,
) -> Result<After, Broken> {
    let tag = shared.settings.tag.as_str();
    let methods = match methods_of(&shared.settings.service, &request.service) {
        Some(methods) => methods,
        None => {
            link.send(&error(Status::NotFound, tag, true)).await?;
            return Ok(After::Close);
        }
    };
    match request.method {
        Method::Options => {
            link.skip_body().await?;
            link.send(&options(shared, methods).write(is_last)).await?;
            Ok(After::Keep)
        }
        method if !methods.contains(&method) => {
            link.send(&error(Status::MethodNotAllowed, tag, true)).await?;
            Ok(After::Close)
        }
        Method::Reqmod | Method::Respmod => exchange(link, shared, peer, request, is_last).await,
    }
}

/// The methods of the service at a path.
fn methods_of(service: &str, path: &str) -> Option<&'static [Method]> {
    let rest = path.strip_prefix(service)?;
    match rest {
        // RFC 3507 §6.4 wants one method a service; clients that follow it
        // have the two below, all others have one address for both.
        "" => Some(&[Method::Reqmod, Method::Respmod]),
        "/reqmod" => Some(&[Method::Reqmod]),
        "/respmod" => Some(&[Method::Respmod]),
        _ => None,
    }
}

fn options<'a>(shared: &'a Shared, methods: &'static [Method]) -> OptionsAnswer<'a> {
    let settings = &shared.settings;
    OptionsAnswer {
        methods,
        service: concat!("Sekisho ", env!("CARGO_PKG_VERSION")),
        service_id: "sekisho-disarm",
        tag: settings.tag.as_str(),
        ttl_seconds: u32::try_from(settings.options_ttl.as_secs()).unwrap_or(u32::MAX),
        connections_max: settings.connections_max,
        preview_bytes: settings.preview_bytes,
        transfers: &settings.transfers,
    }
}
