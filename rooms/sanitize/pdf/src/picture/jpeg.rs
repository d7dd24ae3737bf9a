//! JPEG without loss of quality: the frame is decoded to its quantised
//! coefficients and every one is coded anew with fresh tables and headers. No
//! byte of the source passes, and doing it twice changes nothing.

mod read;
mod tables;
mod write;

/// A decoded frame.
pub struct Frame {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Components with their coefficients.
    pub components: Vec<Component>,
    /// Quantisation tables, in natural zigzag order.
    pub quantization: [Option<[u16; 64]>; 4],
    /// The colour transform that an Adobe marker names.
    pub adobe_transform: Option<u8>,
    /// Whether there is metadata (EXIF, XMP, comments) that will not be kept.
    pub has_metadata: bool,
    /// Whether it calls itself JFIF, which says that three components are
    /// luminance and colour differences.
    pub is_jfif: bool,
}

/// One colour component.
pub struct Component {
    /// Its name in the frame.
    pub id: u8,
    /// Horizontal and vertical sampling factor.
    pub sampling: (usize, usize),
    /// Which quantisation table it uses.
    pub table: usize,
    /// Blocks across and down, filled up to whole units of the scan.
    pub blocks: (usize, usize),
    /// Blocks across and down that hold pixels.
    pub blocks_used: (usize, usize),
    /// 64 coefficients a block, in zigzag order.
    pub coefficients: Vec<i16>,
}

/// Reads the size and component count without decoding.
#[must_use]
pub fn dimensions(data: &[u8]) -> Option<(u16, u16, u8)> {
    read::dimensions(data)
}

/// Decodes a frame to coefficients; keeps what came before an error.
/// `height` serves where the frame does not tell its own.
#[must_use]
pub fn decode(data: &[u8], height: u16) -> Option<Frame> {
    read::decode(data, height)
}

/// Codes a frame anew as one baseline scan.
#[must_use]
pub fn encode(frame: &Frame) -> Option<Vec<u8>> {
    write::encode(frame)
}
