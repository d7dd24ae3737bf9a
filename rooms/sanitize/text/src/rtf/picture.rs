//! Pictures: hexadecimal or binary data in, a rebuilt picture out.

use sanitize_core::{Format, Job, Stop};

use super::token::Token;

/// A picture's description and its data.
#[derive(Debug, Default)]
pub(super) struct Picture<'b> {
    /// Measures and cuts.
    pub(super) measures: Vec<(&'b str, i32)>,
    kind: Option<(&'b str, i32)>,
    data: Vec<u8>,
}

/// A rebuilt picture in the words of RTF.
pub(super) struct Rebuilt {
    /// The word for its kind, such as `pngblip`.
    pub(super) kind: &'static str,
    /// Its bytes, without what RTF leaves out.
    pub(super) data: Vec<u8>,
}

/// Bytes before the records of a placeable metafile; RTF leaves them out.
const PLACEABLE_BYTES: usize = 22;
/// Bytes of a bitmap file's header; RTF leaves them out.
const BITMAP_FILE_BYTES: usize = 14;

impl<'b> Picture<'b> {
    /// Gathers a picture group; nested groups are not part of the data.
    pub(super) fn gather(tokens: &[Token<'b>]) -> Self {
        let mut picture = Self::default();
        let mut high: Option<u8> = None;
        let mut at = 0;
        while let Some(&token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Open(_) => at = skip(tokens, at),
                Token::Word(word, parameter) => match word {
                    "pngblip" | "jpegblip" | "emfblip" | "wmetafile" | "dibitmap" | "wbitmap"
                    | "macpict" | "pmmetafile" => {
                        picture.kind = Some((word, parameter.unwrap_or(0)))
                    }
                    "picw" | "pich" | "picwgoal" | "pichgoal" | "picscalex" | "picscaley"
                    | "piccropt" | "piccropb" | "piccropl" | "piccropr" => {
                        picture.measures.push((word, parameter.unwrap_or(0)));
                    }
                    _ => {}
                },
                Token::Text(bytes) => {
                    for &byte in bytes {
                        let Some(digit) = char::from(byte).to_digit(16) else { continue };
                        let digit = u8::try_from(digit).unwrap_or(0);
                        match high.take() {
                            Some(high) => picture.data.push(high << 4 | digit),
                            None => high = Some(digit),
                        }
                    }
                }
                Token::Binary(bytes) => picture.data.extend_from_slice(bytes),
                Token::Hex(byte) => picture.data.push(byte),
                Token::Close | Token::Symbol(_) | Token::Line => {}
            }
        }
        picture
    }

    /// Rebuilds the picture; `None` where that is not possible.
    pub(super) fn rebuild(mut self, job: &mut Job<'_>) -> Result<Option<Rebuilt>, Stop> {
        job.budget.take_bytes(self.data.len() as u64)?;
        if matches!(self.kind, Some(("dibitmap", _))) {
            self.data = with_file_header(&self.data);
        }
        let output = match job.rebuild_nested("pict", &self.data) {
            Ok(output) => output,
            Err(stop) if stop.is_limit() => return Err(stop),
            Err(_) => return Ok(None),
        };
        let data = output.bytes;
        Ok(match output.format {
            Format::Png => Some(Rebuilt { kind: "pngblip", data }),
            Format::Jpeg => Some(Rebuilt { kind: "jpegblip", data }),
            Format::Emf => Some(Rebuilt { kind: "emfblip", data }),
            Format::Wmf => {
                let is_placeable = data.starts_with(&[0xD7, 0xCD, 0xC6, 0x9A]);
                let start = if is_placeable { PLACEABLE_BYTES } else { 0 };
                let data = data.get(start..).unwrap_or_default().to_vec();
                Some(Rebuilt { kind: "wmetafile8", data })
            }
            Format::Bmp => {
                let data = data.get(BITMAP_FILE_BYTES..).unwrap_or_default().to_vec();
                Some(Rebuilt { kind: "dibitmap0", data })
            }
            _ => None,
        })
    }
}

/// Goes behind a nested group whose opening was just passed.
fn skip(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut open = 1_u32;
    while open > 0 {
        match tokens.get(at) {
            Some(Token::Open(_)) => open += 1,
            Some(Token::Close) => open -= 1,
            Some(_) => {}
            None => return at,
        }
        at += 1;
    }
    at
}

/// Puts the file header of a bitmap before a bare one ([MS-WMF] 2.2.2.9).
fn with_file_header(bitmap: &[u8]) -> Vec<u8> {
    let field = |at: usize| {
        let bytes = bitmap.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes)
    };
    let head = field(0);
    let depth = field(12) >> 16;
    let used = if head >= 40 { field(32) } else { 0 };
    let colours = match (used, depth) {
        (0, 1..=8) => 1_u32 << depth,
        (used, _) => used.min(256),
    };
    let masks = if head == 40 && field(16) == 3 { 12 } else { 0 };
    let size = u32::try_from(bitmap.len()).unwrap_or(u32::MAX).saturating_add(14);
    let start = head.saturating_add(colours * 4).saturating_add(masks).saturating_add(14);
    let mut out = b"BM".to_vec();
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(bitmap);
    out
}
