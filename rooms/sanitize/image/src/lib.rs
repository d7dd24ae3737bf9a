//! sanitize-image
