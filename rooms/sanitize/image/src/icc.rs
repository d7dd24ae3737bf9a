//! Colour profiles, ICC.1:2022: reads the few numbers of a matrix or grey
//! profile and writes a new profile from them. Table-based profiles are not
//! understood. Knows no picture format.

use sanitize_core::Job;

use crate::bytes::Reader;
use crate::codes;

/// What a picture is to carry in place of the profile it came with.
///
/// Reports what was taken out; a profile that was written here is kept silently.
pub(crate) fn replace(profile: &[u8], job: &mut Job<'_>) -> Option<Vec<u8>> {
    let Some(model) = Profile::read(profile) else {
        job.removed(&codes::ICC_DROPPED, "");
        return None;
    };
    // Pictures without a profile are sRGB to every viewer.
    if model.is_srgb() {
        job.removed(&codes::ICC, "");
        return None;
    }
    let fresh = model.write();
    if fresh != profile {
        job.removed(&codes::ICC, "");
    }
    Some(fresh)
}

/// Profiles above this size are table-based anyway.
const PROFILE_BYTES_MAX: usize = 1 << 20;
const CURVE_POINTS_MAX: u32 = 4096;
const TAGS_MAX: u32 = 100;
const HEADER_BYTES: usize = 128;

type Triple = [i32; 3];

/// The numbers of a profile.
struct Profile {
    /// 2 or 4.
    major: u8,
    class: [u8; 4],
    intent: u32,
    white: Triple,
    adaptation: Option<Vec<i32>>,
    shape: Shape,
}

enum Shape {
    Grey(Curve),
    Rgb { colourants: [Triple; 3], curves: [Curve; 3] },
}

#[derive(Clone, PartialEq)]
enum Curve {
    /// 10.6: no point is identity, one is a gamma, more are samples.
    Points(Vec<u16>),
    /// 10.18: a function's number and its parameters.
    Formula(u16, Vec<i32>),
}

struct Tags<'a> {
    profile: &'a [u8],
    entries: Vec<([u8; 4], usize, usize)>,
}

impl<'a> Tags<'a> {
    fn read(profile: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::big(profile);
        reader.seek(HEADER_BYTES)?;
        let count = reader.u32()?;
        if count > TAGS_MAX {
            return None;
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            let name = reader.take(4)?.try_into().ok()?;
            entries.push((name, reader.u32()? as usize, reader.u32()? as usize));
        }
        Some(Self { profile, entries })
    }

    fn find(&self, name: &[u8; 4]) -> Option<Reader<'a>> {
        let &(_, at, size) = self.entries.iter().find(|(known, ..)| known == name)?;
        Some(Reader::big(self.profile.get(at..at.checked_add(size)?)?))
    }

    fn triple(&self, name: &[u8; 4]) -> Option<Triple> {
        let mut reader = self.find(name)?;
        if reader.take(4)? != b"XYZ " {
            return None;
        }
        reader.skip(4)?;
        Some([reader.i32()?, reader.i32()?, reader.i32()?])
    }

    fn curve(&self, name: &[u8; 4]) -> Option<Curve> {
        let mut reader = self.find(name)?;
        let kind = reader.take(4)?;
        reader.skip(4)?;
        match kind {
            b"curv" => {
                let count = reader.u32()?;
                if count > CURVE_POINTS_MAX {
                    return None;
                }
                (0..count).map(|_| reader.u16()).collect::<Option<_>>().map(Curve::Points)
            }
            b"para" => {
                let function = reader.u16()?;
                reader.skip(2)?;
                let count = *[1, 3, 4, 5, 7].get(usize::from(function))?;
                let values = (0..count).map(|_| reader.i32()).collect::<Option<_>>()?;
                Some(Curve::Formula(function, values))
            }
            _ => None,
        }
    }
}

impl Profile {
    fn read(profile: &[u8]) -> Option<Self> {
        let in_size = profile.len() <= PROFILE_BYTES_MAX;
        let header = profile.get(..HEADER_BYTES).filter(|_| in_size)?;
        let major = header[8];
        let class: [u8; 4] = header[12..16].try_into().ok()?;
        let known = matches!(major, 2 | 4)
            && [*b"mntr", *b"scnr", *b"spac"].contains(&class)
            && &header[20..24] == b"XYZ "
            && &header[36..40] == b"acsp";
        if !known {
            return None;
        }
        let tags = Tags::read(profile)?;
        // A look-up table outranks the matrix; such a profile is more than we read.
        if tags.find(b"A2B0").is_some() || tags.find(b"A2B1").is_some() {
            return None;
        }
        let shape = match &header[16..20] {
            b"GRAY" => Shape::Grey(tags.curve(b"kTRC")?),
            b"RGB " => Shape::Rgb {
                colourants: [tags.triple(b"rXYZ")?, tags.triple(b"gXYZ")?, tags.triple(b"bXYZ")?],
                curves: [tags.curve(b"rTRC")?, tags.curve(b"gTRC")?, tags.curve(b"bTRC")?],
            },
            _ => return None,
        };
        let adaptation = tags.find(b"chad").and_then(|mut reader| {
            reader.skip(8)?;
            (0..9).map(|_| reader.i32()).collect()
        });
        let intent = u32::from(header[67] & 3);
        let white = tags.triple(b"wtpt").unwrap_or(D50);
        Some(Self { major, class, intent, white, adaptation, shape })
    }

    fn is_srgb(&self) -> bool {
        let Shape::Rgb { colourants, curves } = &self.shape else { return false };
        let near = |a: i32, b: i32| a.abs_diff(b) <= COLOURANT_SLACK;
        let same_colours = colourants
            .iter()
            .flatten()
            .zip(SRGB_COLOURANTS.iter().flatten())
            .all(|(&a, &b)| near(a, b));
        same_colours && curves.iter().all(Curve::is_srgb)
    }

    fn write(&self) -> Vec<u8> {
        let mut tags: Vec<([u8; 4], Vec<u8>)> = vec![
            (*b"desc", self.text(b"desc")),
            (*b"cprt", self.text(b"cprt")),
            (*b"wtpt", triple_bytes(self.white)),
        ];
        if let Some(values) = &self.adaptation {
            let mut bytes = b"sf32\0\0\0\0".to_vec();
            values.iter().for_each(|value| bytes.extend(value.to_be_bytes()));
            tags.push((*b"chad", bytes));
        }
        match &self.shape {
            Shape::Grey(curve) => tags.push((*b"kTRC", curve.bytes())),
            Shape::Rgb { colourants, curves } => {
                for (name, value) in [*b"rXYZ", *b"gXYZ", *b"bXYZ"].into_iter().zip(colourants) {
                    tags.push((name, triple_bytes(*value)));
                }
                for (name, curve) in [*b"rTRC", *b"gTRC", *b"bTRC"].into_iter().zip(curves) {
                    tags.push((name, curve.bytes()));
                }
            }
        }
        self.assemble(&tags)
    }

    fn text(&self, tag: &[u8; 4]) -> Vec<u8> {
        const TEXT: &[u8] = b"rebuilt";
        if self.major == 2 && tag == b"cprt" {
            return [b"text\0\0\0\0", TEXT, b"\0"].concat();
        }
        if self.major == 2 {
            let count = (TEXT.len() as u32 + 1).to_be_bytes();
            return [b"desc\0\0\0\0", &count[..], TEXT, b"\0", &[0; 78]].concat();
        }
        let wide: Vec<u8> = TEXT.iter().flat_map(|&byte| [0, byte]).collect();
        let mut bytes = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0CenUS".to_vec();
        bytes.extend((wide.len() as u32).to_be_bytes());
        bytes.extend(28u32.to_be_bytes());
        bytes.extend(wide);
        bytes
    }

    fn assemble(&self, tags: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut table = (tags.len() as u32).to_be_bytes().to_vec();
        let mut data: Vec<u8> = Vec::new();
        let start = HEADER_BYTES + 4 + 12 * tags.len();
        for (index, (name, bytes)) in tags.iter().enumerate() {
            // Equal curves are stored once.
            let twin = tags[..index].iter().position(|(_, other)| other == bytes);
            let at = match twin {
                Some(twin) => {
                    let entry = 4 + 12 * twin + 4;
                    table[entry..entry + 4].to_vec()
                }
                None => {
                    let at = ((start + data.len()) as u32).to_be_bytes().to_vec();
                    data.extend(bytes);
                    data.resize(data.len().next_multiple_of(4), 0);
                    at
                }
            };
            table.extend(name);
            table.extend(at);
            table.extend((bytes.len() as u32).to_be_bytes());
        }
        let mut out = vec![0; HEADER_BYTES];
        let size = (start + data.len()) as u32;
        out[..4].copy_from_slice(&size.to_be_bytes());
        out[8..10].copy_from_slice(if self.major == 2 { &[2, 0x10] } else { &[4, 0x20] });
        out[12..16].copy_from_slice(&self.class);
        out[16..20].copy_from_slice(match self.shape {
            Shape::Grey(_) => b"GRAY",
            Shape::Rgb { .. } => b"RGB ",
        });
        out[20..24].copy_from_slice(b"XYZ ");
        // 7.2.8: a date must be there; a fixed one says nothing about anybody.
        out[24..30].copy_from_slice(&[7, 0xD0, 0, 1, 0, 1]);
        out[36..40].copy_from_slice(b"acsp");
        out[64..68].copy_from_slice(&self.intent.to_be_bytes());
        out[68..80].copy_from_slice(&triple_bytes(D50)[8..]);
        out.extend(table);
        out.extend(data);
        out
    }
}

impl Curve {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Points(points) => {
                let mut bytes = b"curv\0\0\0\0".to_vec();
                bytes.extend((points.len() as u32).to_be_bytes());
                points.iter().for_each(|point| bytes.extend(point.to_be_bytes()));
                bytes
            }
            Self::Formula(function, values) => {
                let mut bytes = b"para\0\0\0\0".to_vec();
                bytes.extend(function.to_be_bytes());
                bytes.extend([0, 0]);
                values.iter().for_each(|value| bytes.extend(value.to_be_bytes()));
                bytes
            }
        }
    }

    fn is_srgb(&self) -> bool {
        match self {
            Self::Points(points) if points.len() >= 256 => {
                [0.1f64, 0.25, 0.5, 0.75, 0.9].into_iter().all(|x| {
                    let index = (x * (points.len() - 1) as f64).round() as usize;
                    let x = index as f64 / (points.len() - 1) as f64;
                    let value = f64::from(points[index]) / 65535.0;
                    (value - ((x + 0.055) / 1.055).powf(2.4)).abs() < 0.004
                })
            }
            Self::Points(_) => false,
            // 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045 as s15Fixed16.
            Self::Formula(function, values) => {
                const SRGB: [i32; 5] = [157_286, 62_119, 3_417, 5_072, 2_651];
                *function == 3 && values.iter().zip(SRGB).all(|(&a, b)| a.abs_diff(b) < 40)
            }
        }
    }
}

fn triple_bytes(values: Triple) -> Vec<u8> {
    let mut bytes = b"XYZ \0\0\0\0".to_vec();
    values.iter().for_each(|value| bytes.extend(value.to_be_bytes()));
    bytes
}

const D50: Triple = [0xF6D6, 0x1_0000, 0xD32D];
const SRGB_COLOURANTS: [Triple; 3] =
    [[28_579, 14_581, 912], [25_241, 46_981, 6_362], [9_376, 3_973, 46_807]];
/// About 0.003 of full scale: profiles of sRGB differ in their last digits.
const COLOURANT_SLACK: u32 = 200;
