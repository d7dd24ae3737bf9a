//! sanitize-ooxml
