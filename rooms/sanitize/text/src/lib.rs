//! sanitize-text
