//! The text that a Windows metafile draws, [MS-WMF] 2.3.3.5 and 2.3.3.20, read by
//! the character set of the font in force.

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1252};

use super::{Header, Records, record};
use crate::bytes::Reader;

/// Returns the strings of a metafile; a new height begins a new line.
pub(crate) fn text(bytes: &[u8]) -> String {
    let Some(header) = Header::read(bytes) else { return String::new() };
    let (mut all, mut line) = (String::new(), None);
    let mut fonts = Fonts::default();
    for (function, data) in Records::new(bytes, &header) {
        fonts.follow(function, data);
        let mut reader = Reader::little(data);
        let found = match function {
            0x0521 => plain(&mut reader),
            0x0A32 => extended(&mut reader),
            _ => None,
        };
        let Some((y, string)) = found else { continue };
        if line.is_some_and(|line| line != y) {
            all.push('\n');
        }
        line = Some(y);
        all.push_str(&fonts.encoding.unwrap_or(WINDOWS_1252).decode_without_bom_handling(string).0);
    }
    all
}

fn plain<'a>(reader: &mut Reader<'a>) -> Option<(i16, &'a [u8])> {
    let count = usize::from(reader.u16()?);
    let string = reader.take(count)?;
    reader.skip(count % 2)?;
    Some((reader.i16()?, string))
}

fn extended<'a>(reader: &mut Reader<'a>) -> Option<(i16, &'a [u8])> {
    let (y, _x) = (reader.i16()?, reader.i16()?);
    let (count, options) = (reader.u16()?, reader.u16()?);
    reader.skip(if options & 6 == 0 { 0 } else { 8 })?;
    Some((y, reader.take(usize::from(count))?))
}

/// Which font stands where, and the one in force.
#[derive(Default)]
struct Fonts {
    /// For each place: taken, and by a font of which encoding.
    places: Vec<Option<Option<&'static Encoding>>>,
    encoding: Option<&'static Encoding>,
}

impl Fonts {
    fn follow(&mut self, function: u16, data: &[u8]) {
        let index = Reader::little(data).u16().map_or(usize::MAX, usize::from);
        match function {
            0x012D => {
                if let Some(Some(Some(encoding))) = self.places.get(index) {
                    self.encoding = Some(encoding);
                }
            }
            0x01F0 => {
                if let Some(place) = self.places.get_mut(index) {
                    *place = None;
                }
            }
            _ if record::makes_object(function) => {
                let is_font = function == 0x02FB;
                let object = is_font.then(|| encoding_of(data.get(13).copied().unwrap_or(0)));
                match self.places.iter_mut().find(|place| place.is_none()) {
                    Some(place) => *place = Some(object),
                    None => self.places.push(Some(object)),
                }
            }
            _ => {}
        }
    }
}

/// CharacterSet, 2.1.1.5.
fn encoding_of(charset: u8) -> &'static Encoding {
    match charset {
        128 => SHIFT_JIS,
        129 => EUC_KR,
        134 => GBK,
        136 => BIG5,
        _ => WINDOWS_1252,
    }
}
