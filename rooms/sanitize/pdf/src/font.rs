//! Fonts.
use sanitize_core::Stop;
use crate::content::Scope;
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::source::Found;
/// Font.
pub fn rebuild<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, _found: &Found<'a>, _scope: &Scope<'a>) -> Result<Option<Obj>, Stop> { fallback(rebuilder).map(Some) }
/// The font that viewers take where none is found.
pub fn fallback(rebuilder: &mut Rebuilder<'_, '_, '_>) -> Result<Obj, Stop> {
    if let Some(id) = rebuilder.fallback_font { return Ok(Obj::Ref(id)); }
    let mut dict = model::Dict::new();
    dict.put("Type", Obj::name("Font"));
    dict.put("Subtype", Obj::name("Type1"));
    dict.put("BaseFont", Obj::name("Helvetica"));
    dict.put("Encoding", Obj::name("WinAnsiEncoding"));
    let id = rebuilder.writer.put(&Obj::Dict(dict));
    rebuilder.fallback_font = Some(id);
    Ok(Obj::Ref(id))
}
/// J
pub fn japanese(rebuilder: &mut Rebuilder<'_, '_, '_>) -> Obj { fallback(rebuilder).unwrap_or(Obj::Null) }
