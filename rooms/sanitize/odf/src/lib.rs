//! sanitize-odf
