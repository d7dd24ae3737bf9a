//! sanitize-engine
