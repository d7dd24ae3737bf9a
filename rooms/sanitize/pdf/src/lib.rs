//! sanitize-pdf
