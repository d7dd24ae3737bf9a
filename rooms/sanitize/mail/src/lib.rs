//! sanitize-mail
