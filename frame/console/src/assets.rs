//! Style sheets, scripts and pictures, served under names that hold their
//! hash.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::room::Asset;
use crate::routes::Answer;
use crate::state::StartError;
use crate::visit::Visit;

/// All files, by the name under which they are served.
#[derive(Default)]
pub(crate) struct Assets {
    files: BTreeMap<String, (&'static str, Asset)>,
    addresses: BTreeMap<&'static str, String>,
}

impl Assets {
    pub(crate) fn load(all: Vec<Asset>) -> Result<Self, StartError> {
        let mut assets = Self::default();
        for asset in all {
            let fault = StartError::Asset(asset.name);
            let Some((stem, ending)) = asset.name.rsplit_once('.') else { return Err(fault) };
            let Some(kind) = media_type(ending) else { return Err(fault) };
            let hash = Sha256::digest(&asset.bytes);
            let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            let served = format!("{stem}-{hash}.{ending}");
            if assets.addresses.insert(asset.name, format!("/assets/{served}")).is_some() {
                return Err(fault);
            }
            assets.files.insert(served, (kind, asset));
        }
        Ok(assets)
    }

    /// The address of a file; empty if there is none.
    pub(crate) fn address(&self, name: &str) -> &str {
        self.addresses.get(name).map_or("", String::as_str)
    }
}

/// Serves one file.
pub(crate) async fn show(visit: Visit) -> Answer {
    let found = visit.state.assets.files.get(visit.path("file"));
    let (kind, asset) = found.ok_or(Failure::NotFound)?;
    let mut response: Response = asset.bytes.clone().into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, forever);
    Ok(response)
}

fn media_type(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => return None,
    })
}
