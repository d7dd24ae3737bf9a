//! Colour profiles (ICC.1:2022) and Exif blocks (CIPA DC-008) that a picture
//! may carry: only numbers, no text of others, no gap and no tail.

use std::io::Read;

/// Says what a profile holds beside the numbers of a matrix or grey profile.
pub(crate) fn profile_fault(profile: &[u8]) -> Option<String> {
    fault(profile).err().map(str::to_owned)
}

fn fault(profile: &[u8]) -> Result<(), &'static str> {
    let word = |at: usize| {
        profile
            .get(at..at + 4)
            .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]) as usize)
    };
    if profile.len() > PROFILE_BYTES_MAX {
        return Err("a colour profile that is too large");
    }
    let header_fits =
        word(0) == Some(profile.len()) && profile.get(36..40) == Some(b"acsp".as_slice());
    if !header_fits {
        return Err("a colour profile of an odd form");
    }
    let count = word(128).unwrap_or(usize::MAX);
    if count > TAGS_MAX {
        return Err("a colour profile with too many tags");
    }
    let mut covered: Vec<(usize, usize)> = vec![(0, 132 + count * 12)];
    for index in 0..count {
        let at = 132 + index * 12;
        let (Some(name), Some(start), Some(size)) =
            (profile.get(at..at + 4), word(at + 4), word(at + 8))
        else {
            return Err("a colour profile that ends early");
        };
        let data = start
            .checked_add(size)
            .and_then(|end| profile.get(start..end))
            .ok_or("a colour profile tag beyond its end")?;
        tag(name, data)?;
        covered.push((start, start + size));
    }
    covered.sort_unstable();
    let mut end = 0;
    for (start, stop) in covered {
        // Tags are padded to four bytes (7.3).
        if start > end + 3 {
            return Err("a gap in a colour profile");
        }
        end = end.max(stop);
    }
    if profile.len() > end + 3 { Err("a tail behind a colour profile") } else { Ok(()) }
}

fn tag(name: &[u8], data: &[u8]) -> Result<(), &'static str> {
    let kind = data.get(..4).unwrap_or_default();
    let fits = match name {
        b"rXYZ" | b"gXYZ" | b"bXYZ" | b"wtpt" | b"bkpt" => kind == b"XYZ " && data.len() == 20,
        b"rTRC" | b"gTRC" | b"bTRC" | b"kTRC" => matches!(kind, b"curv" | b"para"),
        b"chad" => kind == b"sf32" && data.len() == 44,
        b"desc" | b"cprt" => {
            matches!(kind, b"desc" | b"mluc" | b"text") && data.len() <= TEXT_BYTES_MAX
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err("a colour profile with a foreign tag") }
}

/// Says what an Exif block holds beside the orientation.
pub(crate) fn orientation_fault(block: &[u8]) -> Option<String> {
    let fits = match block {
        // Header, one entry: tag 0x0112, SHORT, one value; then no next IFD.
        [
            b'M',
            b'M',
            0,
            0x2A,
            0,
            0,
            0,
            8,
            0,
            1,
            0x01,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            value,
            0,
            0,
            0,
            0,
            0,
            0,
        ] => (1..=8).contains(value),
        [
            b'I',
            b'I',
            0x2A,
            0,
            8,
            0,
            0,
            0,
            1,
            0,
            0x12,
            0x01,
            3,
            0,
            1,
            0,
            0,
            0,
            value,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ] => (1..=8).contains(value),
        _ => false,
    };
    (!fits).then(|| "Exif beyond the orientation".to_owned())
}

/// Unpacks a packed profile.
pub(super) fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(packed).take(PROFILE_BYTES_MAX as u64 + 1);
    decoder.read_to_end(&mut out).ok()?;
    let used = usize::try_from(decoder.into_inner().total_in()).ok()?;
    (used == packed.len()).then_some(out)
}

const PROFILE_BYTES_MAX: usize = 1 << 16;
const TAGS_MAX: usize = 16;
const TEXT_BYTES_MAX: usize = 256;
