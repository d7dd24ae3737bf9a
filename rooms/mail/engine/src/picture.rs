//! QR codes in pictures. Decodes hostile pixels: its caller works in a cage.

use image::{GrayImage, ImageReader, Limits as PictureLimits};

use crate::limits::Limits;

/// The longer side to which a picture is brought before it is looked through.
const SIDE_MAX: u32 = 2_000;
/// Codes of one picture.
const CODES_MAX: usize = 20;
/// Bytes that decoding one picture may take.
const DECODER_BYTES_MAX: u64 = 256 << 20;

/// Says whether the bytes begin as a picture that can be looked through.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x89, b'P', b'N', b'G', ..]
            | [0xFF, 0xD8, 0xFF, ..]
            | [b'G', b'I', b'F', b'8', ..]
            | [b'B', b'M', ..]
            | [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..]
            | [b'I', b'I', 42, 0, ..]
            | [b'M', b'M', 0, 42, ..]
    )
}

/// Returns what the codes of a picture say; `None` where it is over a limit or
/// cannot be read.
pub(crate) fn codes(bytes: &[u8], limits: &Limits) -> Option<Vec<String>> {
    let open = || ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok();
    let (width, height) = open()?.into_dimensions().ok()?;
    if u64::from(width) * u64::from(height) > limits.picture_pixels_max {
        return None;
    }
    let mut reader = open()?;
    let mut ceiling = PictureLimits::default();
    ceiling.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(ceiling);
    let picture = reader.decode().ok()?;
    let picture =
        if width.max(height) > SIDE_MAX { picture.thumbnail(SIDE_MAX, SIDE_MAX) } else { picture };
    // Transparent pixels are seen as the white behind them.
    let mut on_white = picture.to_luma_alpha8();
    for pixel in on_white.pixels_mut() {
        let [light, cover] = pixel.0.map(u32::from);
        let seen = (light * cover + 255 * (255 - cover)) / 255;
        pixel.0 = [u8::try_from(seen).unwrap_or(255), 255];
    }
    let mut grey = GrayImage::from_fn(on_white.width(), on_white.height(), |x, y| {
        image::Luma([on_white.get_pixel(x, y).0[0]])
    });
    let found = found(&grey);
    if !found.is_empty() {
        return Some(found);
    }
    image::imageops::invert(&mut grey);
    Some(self::found(&grey))
}

fn found(grey: &GrayImage) -> Vec<String> {
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let light = |x: usize, y: usize| grey.as_raw().get(y * width + x).copied().unwrap_or(255);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, light);
    let grids = prepared.detect_grids();
    grids
        .iter()
        .take(CODES_MAX)
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, says)| says)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Luma};

    fn picture(says: &str, dark: u8, light: u8) -> Vec<u8> {
        const SCALE: u32 = 4;
        const EDGE: u32 = 16;
        let code = qrcode::QrCode::new(says).unwrap();
        let width = code.width() as u32;
        let colours = code.to_colors();
        let grey =
            GrayImage::from_fn(width * SCALE + 2 * EDGE, width * SCALE + 2 * EDGE, |x, y| {
                let inside =
                    |at: u32| at.checked_sub(EDGE).map(|at| at / SCALE).filter(|at| *at < width);
                let is_dark = inside(x)
                    .zip(inside(y))
                    .is_some_and(|(x, y)| colours[(y * width + x) as usize] == qrcode::Color::Dark);
                Luma([if is_dark { dark } else { light }])
            });
        let mut bytes = std::io::Cursor::new(Vec::new());
        grey.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn codes_are_read_dark_or_light() {
        let limits = Limits::default();
        let says = "https://example.jp/申請?id=1";
        assert_eq!(codes(&picture(says, 0, 255), &limits), Some(vec![says.to_owned()]));
        assert_eq!(codes(&picture(says, 255, 0), &limits), Some(vec![says.to_owned()]));
        assert_eq!(codes(b"\x89PNG broken", &limits), None);
        let small = Limits { picture_pixels_max: 100, ..Limits::default() };
        assert_eq!(codes(&picture(says, 0, 255), &small), None);
    }

    #[test]
    fn a_code_in_a_mail_is_text_and_a_link() {
        let picture = picture("https://bit.ly/x", 0, 255);
        let data = picture.iter().map(|byte| format!("={byte:02X}")).collect::<String>();
        let mail = format!(
            "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nx\r\n--m\r\n\
             Content-Type: image/png\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{data}\r\n--m--\r\n"
        );
        let message = crate::read(mail.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(message.codes_in_pictures, ["https://bit.ly/x"]);
        assert!(
            message.text.contains("【QRコード / QR code】\nhxxps://bit[.]ly/x"),
            "{}",
            message.text
        );
        assert!(message.links[0].flags.contains(&crate::Flag::Shortener));
    }
}
