//! sanitize-ole
