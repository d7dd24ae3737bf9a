//! The plain filters: ASCIIHex, ASCII85 and run length (ISO 32000-2 §7.4.2,
//! §7.4.3, §7.4.5). They keep what came before an error.

/// Decodes hexadecimal digits up to `>`.
#[must_use]
pub fn hex(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() / 2);
    let mut high: Option<u8> = None;
    for &byte in input {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'>' => break,
            _ => continue,
        };
        match high.take() {
            Some(first) => out.push(first << 4 | digit),
            None => high = Some(digit),
        }
    }
    if let Some(first) = high {
        out.push(first << 4);
    }
    out
}

/// Decodes base 85 up to `~>`.
#[must_use]
pub fn base85(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() / 5 * 4);
    let mut group = [0_u8; 5];
    let mut filled = 0;
    let mut rest = input;
    if let Some(stripped) = rest.strip_prefix(b"<~") {
        rest = stripped;
    }
    for &byte in rest {
        match byte {
            b'z' if filled == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group[filled] = byte - b'!';
                filled += 1;
                if filled == 5 {
                    out.extend_from_slice(&word(&group).to_be_bytes());
                    filled = 0;
                }
            }
            b'~' => break,
            _ => {}
        }
    }
    if filled > 1 {
        group[filled..].fill(84);
        out.extend_from_slice(&word(&group).to_be_bytes()[..filled - 1]);
    }
    out
}

fn word(group: &[u8; 5]) -> u32 {
    group.iter().fold(0_u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(u32::from(*digit)))
}

/// Decodes runs, giving at most `ceiling` + 1 bytes or so.
#[must_use]
pub fn run_length(input: &[u8], ceiling: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = input;
    while let Some((&length, tail)) = rest.split_first() {
        if length == 128 || out.len() as u64 > ceiling {
            break;
        }
        if length < 128 {
            let take = (usize::from(length) + 1).min(tail.len());
            out.extend_from_slice(&tail[..take]);
            rest = &tail[take..];
        } else {
            let Some((&byte, tail)) = tail.split_first() else { break };
            out.resize(out.len() + 257 - usize::from(length), byte);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_filters_decode() {
        assert_eq!(hex(b"41 4>"), b"A@");
        assert_eq!(base85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(run_length(&[1, b'a', b'b', 254, b'c', 128, 9], 100), b"abccc");
    }
}
