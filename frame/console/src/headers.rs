//! Headers of every answer: what a browser may load, keep and tell others.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};

/// Nothing from elsewhere, nothing inline, no frames.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; object-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// `same-origin` and not `no-referrer`: with the latter, browsers send
/// `Origin: null` with our own forms (Fetch, "append a request Origin header").
const ALWAYS: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), \
         publickey-credentials-get=(self), publickey-credentials-create=(self)",
    ),
];

/// Sets them. A handler's own `Cache-Control` stays; pages are not kept.
pub fn secure(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let is_set = headers.contains_key(header::CACHE_CONTROL);
    if !is_set {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
