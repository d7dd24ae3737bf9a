//! Whether the program runs, whether it can serve, and its figures.

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;

use crate::failure::Failure;
use crate::routes::Answer;
use crate::visit::Visit;

/// Answers as long as the program runs.
pub(crate) async fn alive(_: Visit) -> Answer {
    Ok("ok\n".into_response())
}

/// Answers once the database does.
pub(crate) async fn ready(visit: Visit) -> Answer {
    crate::tables::ping(&visit.state.store).await?;
    Ok("ready\n".into_response())
}

/// The figures, for programs on this machine.
pub(crate) async fn metrics(visit: Visit) -> Answer {
    let is_near = visit.approach.address.is_some_and(|address| address.is_loopback());
    if !is_near {
        return Err(Failure::NotFound);
    }
    const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let kind = HeaderValue::from_static(KIND);
    Ok(([(header::CONTENT_TYPE, kind)], visit.state.metrics.text()).into_response())
}
