//! The invisible text over a drawn page: every glyph's text at its place, in a
//! font without glyphs whose codes are Unicode.

use hayro::hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page,
};
use hayro::kurbo::Rect;
use hayro_syntax::page::Page;

use crate::model::{self, Num, Obj, push_hex};
use crate::text::{Lines, Placed};
use crate::write::{Packing, Writer};

/// The text layers of one document.
#[derive(Default)]
pub struct Words {
    font: Option<u32>,
}

impl Words {
    /// Returns content that shows the page's text invisibly.
    pub fn layer<'a>(&mut self, page: &'a Page<'a>, settings: &InterpreterSettings) -> Vec<u8> {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let cache = InterpreterCache::new();
        let transform = page.initial_transform(true).to_kurbo();
        let mut context = Context::new(transform, bounds, &cache, page.xref(), settings.clone());
        let mut lines = Lines::default();
        interpret_page(page, &mut context, &mut lines);
        if lines.glyphs.is_empty() {
            return Vec::new();
        }
        let mut out = b"BT\n3 Tr\n/F0 1 Tf\n".to_vec();
        for glyph in &lines.glyphs {
            show(glyph, f64::from(height), &mut out);
        }
        out.extend_from_slice(b"ET\n");
        out
    }

    /// Returns the font of all layers.
    pub fn font(&mut self, writer: &mut Writer) -> Obj {
        Obj::Ref(*self.font.get_or_insert_with(|| font(writer)))
    }
}

fn show(glyph: &Placed, height: f64, out: &mut Vec<u8>) {
    if glyph.text.is_empty() || glyph.em.hypot() < 0.1 {
        return;
    }
    let (a, b) = (glyph.em.x, -glyph.em.y);
    for value in [a, b, -b, a, glyph.origin.x, height - glyph.origin.y] {
        Num::real((value * 100.0).round() / 100.0).spell(out);
        out.push(b' ');
    }
    out.extend_from_slice(b"Tm <");
    for unit in glyph.text.encode_utf16() {
        unit.to_be_bytes().into_iter().for_each(|byte| push_hex(byte, out));
    }
    out.extend_from_slice(b"> Tj\n");
}

fn font(writer: &mut Writer) -> u32 {
    let map = b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
        /CMapName /Custom def\n/CMapType 2 def\n1 begincodespacerange\n<0000><FFFF>\n\
        endcodespacerange\n1 beginbfrange\n<0000><FFFF><0000>\nendbfrange\nendcmap\n\
        CMapName currentdict /CMap defineresource pop\nend\nend\n";
    let map = writer.put_stream(model::Dict::new(), map.to_vec(), Packing::Flate);
    let mut info = model::Dict::new();
    info.put("Registry", Obj::Str(b"Adobe".to_vec()));
    info.put("Ordering", Obj::Str(b"Identity".to_vec()));
    info.put("Supplement", Obj::int(0));
    let mut descriptor = model::Dict::new();
    descriptor.put("Type", Obj::name("FontDescriptor"));
    descriptor.put("FontName", Obj::name("Words"));
    descriptor.put("Flags", Obj::int(4));
    descriptor.put("FontBBox", Obj::reals(&[0.0, -200.0, 1000.0, 800.0]));
    for (key, value) in
        [("ItalicAngle", 0), ("Ascent", 800), ("Descent", -200), ("CapHeight", 700), ("StemV", 80)]
    {
        descriptor.put(key, Obj::int(value));
    }
    let descriptor = writer.put(Obj::Dict(descriptor));
    let mut inner = model::Dict::new();
    inner.put("Type", Obj::name("Font"));
    inner.put("Subtype", Obj::name("CIDFontType2"));
    inner.put("BaseFont", Obj::name("Words"));
    inner.put("CIDSystemInfo", Obj::Dict(info));
    inner.put("DW", Obj::int(560));
    inner.put("FontDescriptor", Obj::Ref(descriptor));
    let inner = writer.put(Obj::Dict(inner));
    let mut font = model::Dict::new();
    font.put("Type", Obj::name("Font"));
    font.put("Subtype", Obj::name("Type0"));
    font.put("BaseFont", Obj::name("Words"));
    font.put("Encoding", Obj::name("Identity-H"));
    font.put("DescendantFonts", Obj::Array(vec![Obj::Ref(inner)]));
    font.put("ToUnicode", Obj::Ref(map));
    writer.put(Obj::Dict(font))
}
