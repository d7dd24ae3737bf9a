//! sanitize-room
