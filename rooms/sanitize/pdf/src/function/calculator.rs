//! The PostScript calculator's programs (ISO 32000-2 §7.10.5): nested braces,
//! numbers and 42 operators, nothing else.

use crate::content::{Lexer, Token};

/// Parses a program and spells it anew; `None` where it holds anything else.
#[must_use]
pub fn respell(program: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut open = 0_u32;
    let mut closed = false;
    for piece in pieces(program) {
        if closed {
            return None;
        }
        match piece {
            b"{" => {
                open += 1;
                if open > DEPTH_MAX {
                    return None;
                }
                out.extend_from_slice(b"{ ");
            }
            b"}" => {
                open = open.checked_sub(1)?;
                closed = open == 0;
                out.extend_from_slice(b"} ");
            }
            word if open > 0 && OPERATORS.contains(&word) => {
                out.extend_from_slice(word);
                out.push(b' ');
            }
            word if open > 0 => {
                let mut lexer = Lexer::new(word);
                let Some(Token::Num(number)) = lexer.next_token() else { return None };
                number.spell(&mut out);
                out.push(b' ');
            }
            _ => return None,
        }
    }
    out.pop();
    closed.then_some(out)
}

/// Cuts a program into braces and words, leaving comments out.
fn pieces(program: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    for line in program.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let line = line.split(|byte| *byte == b'%').next().unwrap_or_default();
        for word in line.split(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            let mut rest = word;
            while let Some(&first) = rest.first() {
                let length = match first {
                    b'{' | b'}' => 1,
                    _ => rest.iter().position(|b| matches!(b, b'{' | b'}')).unwrap_or(rest.len()),
                };
                pieces.push(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    pieces
}

const DEPTH_MAX: u32 = 32;

const OPERATORS: &[&[u8]] = &[
    b"abs",
    b"add",
    b"atan",
    b"ceiling",
    b"cos",
    b"cvi",
    b"cvr",
    b"div",
    b"exp",
    b"floor",
    b"idiv",
    b"ln",
    b"log",
    b"mod",
    b"mul",
    b"neg",
    b"round",
    b"sin",
    b"sqrt",
    b"sub",
    b"truncate",
    b"and",
    b"bitshift",
    b"eq",
    b"false",
    b"ge",
    b"gt",
    b"le",
    b"lt",
    b"ne",
    b"not",
    b"or",
    b"true",
    b"xor",
    b"if",
    b"ifelse",
    b"copy",
    b"dup",
    b"exch",
    b"index",
    b"pop",
    b"roll",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_spelt_anew() {
        assert_eq!(
            respell(b"{1 0.50 sub % note\n{dup}if}"),
            Some(b"{ 1 .5 sub { dup } if }".to_vec())
        );
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(respell(b"{ (file) run }"), None);
        assert_eq!(respell(b"{ dup } exec"), None);
        assert_eq!(respell(b"{ dup"), None);
    }
}
