//! Type 1 and TrueType fonts (ISO 32000-2 §9.6).

use hayro_syntax::object::Dict;
use sanitize_core::Stop;

use super::dict;
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::source;

/// Rebuilds a font of single-byte codes.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
) -> Result<model::Dict, Stop> {
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Font"));
    let kind = source::name_in(font, "Subtype");
    new.put(
        "Subtype",
        match kind.as_slice() {
            b"TrueType" => Obj::name("TrueType"),
            b"MMType1" => Obj::name("MMType1"),
            _ => Obj::name("Type1"),
        },
    );
    let name = source::name_in(font, "BaseFont");
    if !name.is_empty() {
        new.put("BaseFont", Obj::name_of(&name));
    }
    dict::widths(font, &mut new);
    new.put_some("Encoding", dict::encoding(font));
    new.put_some("FontDescriptor", dict::descriptor(rebuilder, font)?);
    new.put_some("ToUnicode", dict::to_unicode(rebuilder, font)?);
    Ok(new)
}
