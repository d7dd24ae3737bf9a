//! Chooses how a drawn page is coded by what is on it: two colours, shades of
//! grey, few colours or a photograph.

use std::collections::HashMap;

use super::Drawn;
use crate::filter::Predictor;
use crate::model::{self, Obj};
use crate::picture::{Bilevel, encode_group4, encode_jpeg};
use crate::write::{Packing, Writer, deflate};

/// Codes a page and returns the picture's object.
pub fn picture(drawn: &Drawn, quality: u8, writer: &mut Writer) -> Obj {
    let mut dict = model::Dict::new();
    dict.put("Type", Obj::name("XObject"));
    dict.put("Subtype", Obj::name("Image"));
    dict.put("Width", Obj::int(drawn.width as i64));
    dict.put("Height", Obj::int(drawn.height as i64));
    let coded = match look(drawn) {
        Look::TwoColors => two_colors(drawn, &mut dict),
        Look::Grey => grey(drawn, &mut dict),
        Look::FewColors(palette) => few_colors(drawn, &palette, &mut dict),
        Look::Photograph { grey } => photograph(drawn, grey, quality, &mut dict),
    };
    Obj::Ref(writer.put_stream(dict, coded, Packing::Ready))
}

/// What is on a page.
enum Look {
    TwoColors,
    Grey,
    /// Colours of four bits a channel, with their numbers.
    FewColors(HashMap<u16, u8>),
    Photograph {
        grey: bool,
    },
}

fn look(drawn: &Drawn) -> Look {
    let mut is_grey = true;
    let mut plain = 0_usize;
    let mut shades = [0_u32; 16];
    let mut colors: HashMap<u16, u32> = HashMap::new();
    let mut last = [0_u8; 4];
    let mut same = 0_u32;
    let mut note = |pixel: [u8; 4], count: u32| {
        let [r, g, b, _] = pixel;
        is_grey &= r.abs_diff(g) < GREY_SPREAD && g.abs_diff(b) < GREY_SPREAD;
        plain += if matches!(g, 0 | 255) { count as usize } else { 0 };
        shades[usize::from(g >> 4)] += count;
        *colors.entry(key(pixel)).or_default() += count;
    };
    for pixel in drawn.rgba.chunks_exact(4) {
        let pixel = [pixel[0], pixel[1], pixel[2], 255];
        if pixel == last {
            same += 1;
            continue;
        }
        note(last, same);
        last = pixel;
        same = 1;
    }
    note(last, same);
    let total = (drawn.width * drawn.height).max(1);
    if is_grey {
        if plain == total {
            return Look::TwoColors;
        }
        let middle: u32 = shades[2..14].iter().sum();
        return if middle as usize * PHOTO_SHARE > total {
            Look::Photograph { grey: true }
        } else {
            Look::Grey
        };
    }
    let mut common: Vec<u32> = colors.values().copied().collect();
    common.sort_unstable_by(|a, b| b.cmp(a));
    let covered: u64 = common.iter().take(FLAT_COLORS).map(|n| u64::from(*n)).sum();
    if colors.len() <= 256 && covered * 10 >= total as u64 * 8 {
        let mut keys: Vec<u16> = colors.into_keys().collect();
        keys.sort_unstable();
        let palette = keys.into_iter().enumerate().map(|(index, key)| (key, index as u8));
        return Look::FewColors(palette.collect());
    }
    Look::Photograph { grey: false }
}

/// A colour in four bits a channel.
fn key([r, g, b, _]: [u8; 4]) -> u16 {
    let nibble = |value: u8| (u16::from(value) * 15 + 127) / 255;
    nibble(r) << 8 | nibble(g) << 4 | nibble(b)
}

fn two_colors(drawn: &Drawn, dict: &mut model::Dict) -> Vec<u8> {
    dict.put("BitsPerComponent", Obj::int(1));
    dict.put("ColorSpace", Obj::name("DeviceGray"));
    let mut rows = Vec::with_capacity(drawn.width.div_ceil(8) * drawn.height);
    for line in drawn.rgba.chunks_exact(drawn.width.max(1) * 4) {
        for eight in line.chunks(32) {
            let bits = eight.chunks_exact(4).enumerate();
            rows.push(bits.fold(0, |byte, (bit, px)| byte | ((px[1] >> 7) << (7 - bit))));
        }
    }
    let picture = Bilevel { width: drawn.width as u32, height: drawn.height as u32, rows };
    if let Some(coded) = encode_group4(&picture) {
        let mut params = model::Dict::new();
        params.put("K", Obj::int(-1));
        params.put("Columns", Obj::int(drawn.width as i64));
        dict.put("Filter", Obj::name("CCITTFaxDecode"));
        dict.put("DecodeParms", Obj::Dict(params));
        return coded;
    }
    dict.put("Filter", Obj::name("FlateDecode"));
    deflate(&picture.rows)
}

/// Sixteen shades are enough for the edges of letters.
fn grey(drawn: &Drawn, dict: &mut model::Dict) -> Vec<u8> {
    let nibble = |px: &[u8]| ((u16::from(px[1]) * 15 + 127) / 255) as u8;
    let mut means = Means::new(16);
    let mut note = |px: &[u8]| {
        let shade = nibble(px);
        means.add(shade, [px[1]; 3]);
        shade
    };
    let mut rows = Vec::with_capacity(drawn.width.div_ceil(2) * drawn.height);
    for line in drawn.rgba.chunks_exact(drawn.width.max(1) * 4) {
        for pair in line.chunks(8) {
            rows.push(note(&pair[..4]) << 4 | pair.get(4..8).map_or(0, &mut note));
        }
    }
    put_indexed(dict, 4, "DeviceGray", 16, means.table(1));
    deflate(&rows)
}

fn few_colors(drawn: &Drawn, palette: &HashMap<u16, u8>, dict: &mut model::Dict) -> Vec<u8> {
    let mut means = Means::new(palette.len());
    let mut last = ([0_u8; 4], None);
    let indices = drawn.rgba.chunks_exact(4).map(|px| {
        let pixel = [px[0], px[1], px[2], 255];
        if last.1.is_none() || last.0 != pixel {
            last = (pixel, palette.get(&key(pixel)).copied());
        }
        let index = last.1.unwrap_or(0);
        means.add(index, [px[0], px[1], px[2]]);
        index
    });
    let indices: Vec<u8> = indices.collect();
    put_indexed(dict, 8, "DeviceRGB", palette.len(), means.table(3));
    deflate(&indices)
}

fn put_indexed(
    dict: &mut model::Dict,
    bits: i64,
    base: &'static str,
    colors: usize,
    table: Vec<u8>,
) {
    dict.put("BitsPerComponent", Obj::int(bits));
    dict.put(
        "ColorSpace",
        Obj::Array(vec![
            Obj::name("Indexed"),
            Obj::name(base),
            Obj::int(colors as i64 - 1),
            Obj::Str(table),
        ]),
    );
    dict.put("Filter", Obj::name("FlateDecode"));
}

/// The mean of all pixels that share an index, so that large even areas keep
/// their very colour.
struct Means(Vec<([u64; 3], u64)>);

impl Means {
    fn new(colors: usize) -> Self {
        Self(vec![([0; 3], 0); colors])
    }

    fn add(&mut self, index: u8, pixel: [u8; 3]) {
        let Some((sums, count)) = self.0.get_mut(usize::from(index)) else { return };
        for (sum, channel) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(channel);
        }
        *count += 1;
    }

    /// The first `channels` of each mean, as a table for an indexed space.
    fn table(&self, channels: usize) -> Vec<u8> {
        let means = self.0.iter().flat_map(|(sums, count)| {
            let half = count / 2;
            sums.iter().take(channels).map(move |sum| ((sum + half) / (*count).max(1)) as u8)
        });
        means.collect()
    }
}

fn photograph(drawn: &Drawn, grey: bool, quality: u8, dict: &mut model::Dict) -> Vec<u8> {
    let channels = if grey { 1 } else { 3 };
    let samples = samples(drawn, grey);
    dict.put("BitsPerComponent", Obj::int(8));
    dict.put("ColorSpace", Obj::name(if grey { "DeviceGray" } else { "DeviceRGB" }));
    let size = (drawn.width as u32, drawn.height as u32);
    if let Some(coded) = encode_jpeg(&samples, size, channels, quality.min(QUALITY_MAX)) {
        dict.put("Filter", Obj::name("DCTDecode"));
        return coded;
    }
    let predictor = Predictor::png(channels, 8, drawn.width);
    dict.put("Filter", Obj::name("FlateDecode"));
    dict.put("DecodeParms", predictor.params());
    deflate(&predictor.apply(&samples))
}

fn samples(drawn: &Drawn, grey: bool) -> Vec<u8> {
    if grey {
        return drawn.rgba.chunks_exact(4).map(|px| px[1]).collect();
    }
    let mut out = Vec::with_capacity(drawn.rgba.len() / 4 * 3);
    for px in drawn.rgba.chunks_exact(4) {
        out.extend_from_slice(&px[..3]);
    }
    out
}

/// Difference of channels that still counts as grey.
const GREY_SPREAD: u8 = 6;
/// One pixel in so many of middle shades makes a photograph.
const PHOTO_SHARE: usize = 6;
/// Colours that must cover most of a page of flat graphics.
const FLAT_COLORS: usize = 16;
/// Pages at this resolution gain nothing from a better quality.
const QUALITY_MAX: u8 = 80;

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of odd width, each pixel made by `pixel`.
    fn page(pixel: impl Fn(usize) -> [u8; 4]) -> Drawn {
        let (width, height) = (33, 9);
        Drawn { width, height, rgba: (0..width * height).flat_map(pixel).collect() }
    }

    fn filter(drawn: &Drawn) -> String {
        let mut writer = Writer::new();
        let Obj::Ref(id) = picture(drawn, 80, &mut writer) else { return String::new() };
        let bytes = writer.finish(id, None);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.split("stream").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn each_look_has_its_coding() {
        let two = page(|at| if at % 3 == 0 { [0, 0, 0, 255] } else { [255, 255, 255, 255] });
        assert!(filter(&two).contains("CCITTFaxDecode"));
        let grey = page(|at| if at % 16 == 0 { [90, 90, 90, 255] } else { [255, 255, 255, 255] });
        assert!(filter(&grey).contains("/BitsPerComponent 4"));
        let flat = page(|at| if at % 3 == 0 { [200, 0, 0, 255] } else { [255, 255, 255, 255] });
        assert!(filter(&flat).contains("Indexed"));
        let photo = page(|at| [(at * 7) as u8, (at * 13) as u8, (at * 29) as u8, 255]);
        assert!(filter(&photo).contains("DCTDecode"));
    }
}
