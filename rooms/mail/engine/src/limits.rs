//! What reading one mail may cost. Every loop over hostile counts has its
//! ceiling here.

/// The ceilings of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The whole message, in bytes.
    pub bytes_max: u64,
    /// Bytes that its parts may come to without their transfer encodings.
    pub bytes_out_max: u64,
    /// Parts in all.
    pub parts_max: u64,
    /// How deep parts may be nested.
    pub nesting_max: u32,
    /// Elements of all its pages.
    pub elements_max: u64,
    /// Links that are listed; more are still made harmless in the text.
    pub links_max: usize,
    /// Characters of the text; the rest is cut, and that is said.
    pub text_chars_max: usize,
    /// Pictures that are looked through for QR codes.
    pub pictures_max: usize,
    /// Pixels of one such picture; larger ones are passed over, and that is said.
    pub picture_pixels_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 100 << 20,
            bytes_out_max: 400 << 20,
            parts_max: 5_000,
            nesting_max: 64,
            elements_max: 400_000,
            links_max: 2_000,
            text_chars_max: 2_000_000,
            pictures_max: 20,
            picture_pixels_max: 16_000_000,
        }
    }
}

impl Limits {
    /// The same in the sanitiser's words, whose reader takes the message apart.
    pub(crate) fn of_job(&self) -> sanitize_core::Limits {
        sanitize_core::Limits {
            bytes_in_max: self.bytes_max,
            bytes_out_max: self.bytes_out_max,
            entries_max: self.parts_max,
            nesting_max: self.nesting_max,
            objects_max: self.elements_max,
            ..sanitize_core::Limits::default()
        }
    }
}
