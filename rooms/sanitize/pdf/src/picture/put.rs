//! A picture that is ready to be written, as an object or inside content.

use crate::filter::Predictor;
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::write::{Packing, deflate};

/// How the new picture's data is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Plain samples, to be packed by Flate.
    Samples,
    /// Samples in rows that a PNG predictor suits.
    Predicted(Predictor),
    /// A JPEG file; the transform that the dictionary names goes with it.
    Jpeg(Option<i64>),
    /// Group 4 fax of that many columns.
    Group4(u32),
}

/// A picture of the new file.
pub struct NewPicture {
    /// Its dictionary without filter and length.
    pub dict: model::Dict,
    /// Its data.
    pub data: Vec<u8>,
    /// How the data is coded.
    pub coding: Coding,
}

impl NewPicture {
    /// Writes the picture as an object.
    pub fn put(self, rebuilder: &mut Rebuilder<'_, '_, '_>) -> Obj {
        let Self { mut dict, data, coding } = self;
        let writer = &mut rebuilder.writer;
        Obj::Ref(match coding {
            Coding::Samples => writer.put_stream(dict, data, Packing::Flate),
            Coding::Predicted(predictor) => {
                let packed = deflate(&predictor.apply(&data));
                dict.put("Filter", Obj::name("FlateDecode"));
                dict.put("DecodeParms", predictor.params());
                writer.put_stream(dict, packed, Packing::Ready)
            }
            Coding::Jpeg(transform) => {
                dict.put("Filter", Obj::name("DCTDecode"));
                if let Some(transform) = transform {
                    let mut params = model::Dict::new();
                    params.put("ColorTransform", Obj::int(transform));
                    dict.put("DecodeParms", Obj::Dict(params));
                }
                writer.put_stream(dict, data, Packing::Ready)
            }
            Coding::Group4(columns) => {
                let mut params = model::Dict::new();
                params.put("K", Obj::int(-1));
                params.put("Columns", Obj::int(i64::from(columns)));
                dict.put("Filter", Obj::name("CCITTFaxDecode"));
                dict.put("DecodeParms", Obj::Dict(params));
                writer.put_stream(dict, data, Packing::Ready)
            }
        })
    }

    /// Spells a small picture inside content, in hexadecimal so that nothing
    /// in it can be taken for its end; `None` where it must be an object.
    #[must_use]
    pub fn spell_inline(&self) -> Option<Vec<u8>> {
        let plain = matches!(self.coding, Coding::Samples) && self.data.len() <= INLINE_BYTES_MAX;
        let space = self.dict.value("ColorSpace");
        if !plain || matches!(space, Some(Obj::Ref(_) | Obj::Array(_))) {
            return None;
        }
        let mut out = b"BI".to_vec();
        for (key, short) in [
            ("Width", "/W "),
            ("Height", "/H "),
            ("BitsPerComponent", "/BPC "),
            ("ColorSpace", "/CS"),
            ("ImageMask", "/IM "),
            ("Decode", "/D"),
            ("Interpolate", "/I "),
        ] {
            let Some(value) = self.dict.value(key) else { continue };
            out.extend_from_slice(short.as_bytes());
            value.spell(&mut out);
        }
        let packed = deflate(&self.data);
        let data = if packed.len() < self.data.len() {
            out.extend_from_slice(b"/F[/AHx/Fl]\nID ");
            &packed
        } else {
            out.extend_from_slice(b"/F/AHx\nID ");
            &self.data
        };
        for byte in data {
            model::push_hex(*byte, &mut out);
        }
        out.extend_from_slice(b">\nEI\n");
        Some(out)
    }
}

/// Samples of a picture that may stay inside content (§8.9.7 advises 4 KB).
const INLINE_BYTES_MAX: usize = 4096;
