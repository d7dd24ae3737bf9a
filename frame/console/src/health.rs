//! Whether the program runs, whether it can serve, and its figures.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use store::Trouble;

use crate::failure::Failure;
use crate::pages::means;
use crate::routes::Answer;
use crate::visit::Visit;

/// Answers as long as the program runs.
pub(crate) async fn alive(_: Visit) -> Answer {
    Ok("ok\n".into_response())
}

/// Answers once changes can be kept, or says in a word why not.
pub(crate) async fn ready(visit: Visit) -> Answer {
    match trouble(&visit).await {
        None => Ok("ready\n".into_response()),
        Some(why) => {
            tracing::warn!(why, "not ready");
            Ok((StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")).into_response())
        }
    }
}

/// Whoever asks is told within this time.
const READY_MAX: Duration = Duration::from_secs(3);
/// With less on the disk, changes are about to fail.
const DISK_FREE_MIN_BYTES: u64 = 16 << 20;

async fn trouble(visit: &Visit) -> Option<&'static str> {
    let store = &visit.state.store;
    let read = tokio::time::timeout(READY_MAX, crate::tables::ping(store)).await;
    let of_reading = match read {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.trouble().map_or("database-refuses", Trouble::word)),
        Err(_) => Some(Trouble::Busy.word()),
    };
    let of_changing = || store.trouble().map(Trouble::word);
    let of_disk = || {
        let free = means::machine(&visit.state).and_then(|machine| machine.disk_free_bytes);
        free.filter(|free| *free < DISK_FREE_MIN_BYTES).map(|_| "disk-full")
    };
    of_reading.or_else(of_changing).or_else(of_disk)
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
