//! Marked content: the text that it says is shown, layers that are hidden, and
//! what producers keep in property lists.

use super::rewrite::Rewriter;
use super::token::{Lexer, Token};
use crate::model::spell_string;
use crate::resources::Category;
use crate::{codes, source};

/// What became of a marked-content sequence that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    Dropped,
    Kept,
    Hidden,
}

impl Rewriter<'_, '_, '_, '_> {
    /// Marked content stays only where it says what text is shown (§14.9.4);
    /// layers become plain content or, where hidden, go (§8.11).
    pub(super) fn mark(&mut self, operands: &[Token], lexer: &Lexer<'_>) {
        let kind = self.mark_kind(operands, lexer).unwrap_or(MarkKind::Dropped);
        if kind == MarkKind::Hidden {
            self.hidden += 1;
            self.rebuilder.report(&codes::LAYER_HIDDEN);
        }
        self.marks.push(kind);
    }

    /// Reports strings that an inline property list holds for no one but its
    /// producer.
    pub(super) fn properties(&mut self, operands: &[Token], lexer: &Lexer<'_>) {
        let private = |pair: &[Token]| match pair {
            [Token::Name(key), Token::Str(_)] => !PROPERTIES.contains(&lexer.text(key)),
            _ => false,
        };
        if operands.windows(2).any(private) {
            self.rebuilder.report(&codes::CONTENT_DATA);
        }
    }

    fn mark_kind(&mut self, operands: &[Token], lexer: &Lexer<'_>) -> Option<MarkKind> {
        let Token::Name(tag) = operands.first()? else { return None };
        let text = match operands.get(1)? {
            Token::Name(range) => {
                let name = lexer.text(range);
                let properties = self.scope.find(Category::Properties, name)?;
                let dict = source::dict_of(&properties.object)?;
                if lexer.text(tag) == b"OC" {
                    let shown =
                        self.rebuilder.layers.shows(self.rebuilder.pdf, properties.id, &dict);
                    return (!shown).then_some(MarkKind::Hidden);
                }
                source::string_in(&dict, "ActualText")?
            }
            Token::DictStart => {
                self.properties(operands, lexer);
                inline_text(operands, lexer)?
            }
            _ => return None,
        };
        if self.marks.len() >= MARKS_MAX {
            return None;
        }
        self.out.extend_from_slice(b"/Span<</ActualText");
        spell_string(&text, &mut self.out);
        self.out.extend_from_slice(b">>BDC\n");
        Some(MarkKind::Kept)
    }
}

/// Returns the replacement text of an inline property list.
fn inline_text(operands: &[Token], lexer: &Lexer<'_>) -> Option<Vec<u8>> {
    operands.windows(2).find_map(|pair| match pair {
        [Token::Name(key), Token::Str(text)] if lexer.text(key) == b"ActualText" => {
            Some(lexer.text(text).to_vec())
        }
        _ => None,
    })
}

/// Strings of property lists that the standard knows (§14.9 and §14.8.2.2).
const PROPERTIES: &[&[u8]] = &[b"ActualText", b"Alt", b"E", b"Lang", b"Title", b"Contents"];
/// Nested marked content.
const MARKS_MAX: usize = 512;
