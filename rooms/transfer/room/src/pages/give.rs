//! The answer that hands a kept file over.

use axum::response::Response;
use console::files;
use passages::Kept;

use crate::vault::Opened;

/// Gives a file out piece by piece. Each piece is proved before it goes; where
/// one cannot be, the answer breaks off.
pub(crate) fn handed_over(kept: &Kept, mut opened: Opened) -> Response {
    let (mut giver, response) = files::streamed_download(&kept.name, kept.bytes);
    tokio::spawn(async move {
        loop {
            match opened.next().await {
                Ok(Some(piece)) => {
                    let is_there = giver.give(piece).await;
                    if !is_there {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%error, "a file could not be given out whole");
                    giver.break_off(error);
                    break;
                }
            }
        }
    });
    response
}
