//! What a client may cost before a verdict stands.

/// The ceilings of one connection's requests. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The ICAP head, its first line included.
    pub head_bytes_max: usize,
    /// The HTTP heads in it, together.
    pub sections_bytes_max: usize,
    /// Header fields of one head.
    pub fields_max: usize,
    /// The line before one chunk, extensions included.
    pub chunk_line_bytes_max: usize,
    /// Chunk extensions of one body in all.
    pub extension_bytes_max: u64,
    /// Header fields behind a body.
    pub trailer_bytes_max: usize,
    /// A body without its chunking.
    pub body_bytes_max: u64,
    /// What a client may send ahead (RFC 3507 §4.5).
    pub preview_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes_max: 16 << 10,
            sections_bytes_max: 128 << 10,
            fields_max: 200,
            chunk_line_bytes_max: 1 << 10,
            extension_bytes_max: 16 << 10,
            trailer_bytes_max: 8 << 10,
            body_bytes_max: 512 << 20,
            preview_bytes_max: 64 << 10,
        }
    }
}
