//! sanitize-archive
