//! Draws pages.
use sanitize_core::{Job, Output, Stop};
/// How pages are drawn.
#[derive(Default)]
pub struct ImageOptions {
    /// Dots per inch.
    pub dpi: f32,
}
/// Draws.
pub fn draw(_bytes: &[u8], _job: &mut Job<'_>, _options: &ImageOptions) -> Result<Output, Stop> {
    Err(Stop::blocked(&sanitize_core::reasons::METHOD_UNSUPPORTED, ""))
}
