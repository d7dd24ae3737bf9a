//! sanitize-verify
