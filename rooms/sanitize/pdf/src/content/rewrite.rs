//! Rewrites a content stream: only allowed operators with operands of the
//! right type, only resources that exist, under new names. Knows no picture,
//! font or colour format; the resource modules rebuild those.

use sanitize_core::Stop;

use super::marks::MarkKind;
use super::names::{Names, Scope};
use super::operators::{Meaning, Operands, meaning};
use super::token::{Lexer, Token};
use crate::codes;
use crate::model::{Num, spell_name, spell_string};
use crate::rebuild::Rebuilder;
use crate::resources::{self, Category};

/// A content stream as it was written.
pub struct Rewritten {
    /// Its operators.
    pub bytes: Vec<u8>,
    /// Whether there is room for a `q` around it.
    pub is_wrappable: bool,
}

/// Rewrites `input` with names from `scope`; adds what it uses to `names`.
///
/// # Errors
/// Stops at limits.
pub fn rewrite<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    input: &[u8],
    scope: &Scope<'a>,
    names: &mut Names,
) -> Result<Rewritten, Stop> {
    let mut rewriter = Rewriter {
        rebuilder,
        scope,
        names,
        out: Vec::with_capacity(input.len()),
        font: None,
        saved: Vec::new(),
        saved_most: 0,
        unsaved: 0,
        in_text: false,
        marks: Vec::new(),
        hidden: 0,
        operations: 0,
    };
    rewriter.run(input)?;
    Ok(Rewritten { bytes: rewriter.out, is_wrappable: rewriter.saved_most < SAVED_MAX })
}

pub(super) struct Rewriter<'r, 'a, 'j, 'p> {
    pub(super) rebuilder: &'r mut Rebuilder<'a, 'j, 'p>,
    pub(super) scope: &'r Scope<'a>,
    names: &'r mut Names,
    pub(super) out: Vec<u8>,
    /// The font in force, by its place among the new names.
    font: Option<usize>,
    /// The font in force at each open `q`.
    saved: Vec<Option<usize>>,
    /// The most `q` that were open at once.
    saved_most: usize,
    /// The `q` left out at the limit that are open still.
    unsaved: u64,
    in_text: bool,
    pub(super) marks: Vec<MarkKind>,
    pub(super) hidden: u32,
    operations: u64,
}

impl<'a> Rewriter<'_, 'a, '_, '_> {
    fn run(&mut self, input: &[u8]) -> Result<(), Stop> {
        let mut lexer = Lexer::new(input);
        let mut operands: Vec<Token> = Vec::new();
        while let Some(token) = lexer.next_token() {
            let Token::Word(range) = &token else {
                if operands.len() < OPERANDS_MAX {
                    operands.push(token);
                }
                continue;
            };
            let word = lexer.word(range);
            if matches!(word, b"true" | b"false" | b"null") {
                operands.push(token);
                continue;
            }
            self.operations += 1;
            if self.operations.is_multiple_of(BATCH) {
                self.rebuilder.job.budget.take_objects(BATCH)?;
            }
            match meaning(word) {
                Some(Meaning::Inline) => self.inline(&mut lexer)?,
                Some(meaning) => self.operator(meaning, word, &operands, &lexer)?,
                None => self.unknown(word),
            }
            operands.clear();
            lexer.scratch.clear();
        }
        self.close();
        self.rebuilder.job.budget.take_objects(self.operations % BATCH)
    }

    fn unknown(&mut self, word: &[u8]) {
        let postscript = word == b"PS";
        self.rebuilder.report(if postscript {
            &codes::POSTSCRIPT
        } else {
            &codes::CONTENT_UNKNOWN
        });
    }

    /// Ends what the source left open.
    fn close(&mut self) {
        while let Some(mark) = self.marks.pop() {
            if mark == MarkKind::Kept {
                self.out.extend_from_slice(b"EMC\n");
            }
        }
        if self.in_text {
            self.out.extend_from_slice(b"ET\n");
        }
        for _ in &self.saved {
            self.out.extend_from_slice(b"Q\n");
        }
    }

    fn operator(
        &mut self,
        meaning: Meaning,
        word: &[u8],
        operands: &[Token],
        lexer: &Lexer<'_>,
    ) -> Result<(), Stop> {
        match meaning {
            Meaning::State(kind) | Meaning::Path(kind) => {
                self.checked(kind, word, operands, lexer);
            }
            Meaning::Show(kind) => {
                if self.hidden == 0 {
                    self.checked(kind, word, operands, lexer);
                }
            }
            Meaning::Paint => self.word(if self.hidden > 0 { b"n" } else { word }),
            Meaning::Save => {
                if self.saved.len() < SAVED_MAX {
                    self.saved.push(self.font);
                    self.saved_most = self.saved_most.max(self.saved.len());
                    self.word(word);
                } else {
                    self.unsaved += 1;
                }
            }
            // It belongs to a `q` that was left out.
            Meaning::Restore if self.unsaved > 0 => self.unsaved -= 1,
            Meaning::Restore => {
                if let Some(font) = self.saved.pop() {
                    self.font = font;
                    self.word(word);
                }
            }
            Meaning::TextStart => {
                if !self.in_text {
                    self.in_text = true;
                    self.word(word);
                } else {
                    // A second BT resets the matrices just as ET BT does.
                    self.out.extend_from_slice(b"ET\nBT\n");
                }
            }
            Meaning::TextEnd => {
                if self.in_text {
                    self.in_text = false;
                    self.word(word);
                }
            }
            Meaning::Font => self.font(operands, lexer)?,
            Meaning::GraphicsState => self.named(Category::State, word, operands, lexer)?,
            Meaning::ColorSpace => self.color_space(word, operands, lexer)?,
            Meaning::Color => self.color(word, operands, lexer)?,
            Meaning::Shading if self.hidden > 0 => {}
            Meaning::Shading => self.named(Category::Shading, word, operands, lexer)?,
            Meaning::External if self.hidden > 0 => {}
            Meaning::External => self.named(Category::External, word, operands, lexer)?,
            Meaning::Mark => self.marks.push(MarkKind::Dropped),
            Meaning::MarkWithProperties => self.mark(operands, lexer),
            Meaning::MarkEnd => match self.marks.pop() {
                Some(MarkKind::Kept) => self.word(b"EMC"),
                Some(MarkKind::Hidden) => self.hidden -= 1,
                Some(MarkKind::Dropped) | None => {}
            },
            Meaning::Point => self.properties(operands, lexer),
            Meaning::Inline | Meaning::Nothing => {}
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) {
        self.out.extend_from_slice(word);
        self.out.push(b'\n');
    }

    fn checked(&mut self, kind: Operands, word: &[u8], operands: &[Token], lexer: &Lexer<'_>) {
        let start = self.out.len();
        if self.operands(kind, operands, lexer).is_some() {
            self.word(word);
        } else {
            self.out.truncate(start);
        }
    }

    fn operands(&mut self, kind: Operands, operands: &[Token], lexer: &Lexer<'_>) -> Option<()> {
        match kind {
            Operands::Numbers(count) => self.numbers(operands, count)?,
            Operands::Components => {
                let count = operands.iter().filter(|t| matches!(t, Token::Num(_))).count();
                self.numbers(operands, count.clamp(1, COMPONENTS_MAX))?;
            }
            Operands::Dash => {
                let (phase, array) = operands.split_last()?;
                self.out.push(b'[');
                for token in array {
                    if let Token::Num(number) = token {
                        self.number(*number);
                    }
                }
                self.out.extend_from_slice(b"] ");
                self.numbers(std::slice::from_ref(phase), 1)?;
            }
            Operands::Intent => {
                let name = last_name(operands, lexer)?;
                if !resources::INTENTS.contains(&name) {
                    return None;
                }
                spell_name(name, &mut self.out);
                self.out.push(b' ');
            }
            Operands::Text => self.string(operands.last()?, lexer)?,
            Operands::SpacedText => {
                let (text, numbers) = operands.split_last()?;
                self.numbers(numbers, 2)?;
                self.string(text, lexer)?;
            }
            Operands::TextArray => {
                self.out.push(b'[');
                let mut last_is_number = false;
                for token in operands {
                    match token {
                        Token::Num(number) => {
                            if last_is_number {
                                self.out.push(b' ');
                            }
                            number.spell(&mut self.out);
                            last_is_number = true;
                        }
                        Token::Str(_) => {
                            self.string(token, lexer)?;
                            last_is_number = false;
                        }
                        _ => {}
                    }
                }
                self.out.push(b']');
            }
        }
        Some(())
    }

    fn numbers(&mut self, operands: &[Token], count: usize) -> Option<()> {
        let last = operands.get(operands.len().checked_sub(count)?..)?;
        for token in last {
            let Token::Num(number) = token else { return None };
            self.number(*number);
        }
        Some(())
    }

    fn number(&mut self, number: Num) {
        number.spell(&mut self.out);
        self.out.push(b' ');
    }

    fn string(&mut self, token: &Token, lexer: &Lexer<'_>) -> Option<()> {
        let Token::Str(range) = token else { return None };
        spell_string(lexer.text(range), &mut self.out);
        Some(())
    }

    /// Writes `operands name operator` for a resource, if there is one.
    fn named(
        &mut self,
        category: Category,
        word: &[u8],
        operands: &[Token],
        lexer: &Lexer<'_>,
    ) -> Result<(), Stop> {
        let Some(name) = last_name(operands, lexer) else { return Ok(()) };
        if let Some(new) = self.resource(category, name)? {
            spell_name(&new, &mut self.out);
            self.out.push(b' ');
            self.word(word);
        }
        Ok(())
    }

    /// Returns the new name of a resource, rebuilding it at its first use.
    fn resource(&mut self, category: Category, name: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        let Some(index) = self.resource_index(category, name)? else { return Ok(None) };
        let object = self.names.categories[category as usize].get(index);
        if object.is_some_and(|object| !self.rebuilder.meshes.take(object)) {
            self.rebuilder.report(&codes::MESH_TOO_LARGE);
            return Ok(None);
        }
        Ok(Some(category.name(index)))
    }

    fn resource_index(&mut self, category: Category, name: &[u8]) -> Result<Option<usize>, Stop> {
        if let Some(known) = self.names.known[category as usize].get(name) {
            return Ok(*known);
        }
        let object = resources::rebuild(self.rebuilder, category, name, self.scope)?;
        let index = object.map(|object| {
            let entries = &mut self.names.categories[category as usize];
            entries.push(object);
            entries.len() - 1
        });
        self.names.known[category as usize].insert(name.to_vec(), index);
        Ok(index)
    }

    fn font(&mut self, operands: &[Token], lexer: &Lexer<'_>) -> Result<(), Stop> {
        let [.., Token::Name(range), Token::Num(size)] = operands else { return Ok(()) };
        // A font that cannot be used leaves the one before it in force and sets
        // only the size, as viewers do: they read the same letters as before.
        self.font = self.resource_index(Category::Font, lexer.text(range))?.or(self.font);
        if let Some(index) = self.font {
            spell_name(&Category::Font.name(index), &mut self.out);
            self.out.push(b' ');
            self.number(*size);
            self.word(b"Tf");
        }
        Ok(())
    }

    fn color_space(
        &mut self,
        word: &[u8],
        operands: &[Token],
        lexer: &Lexer<'_>,
    ) -> Result<(), Stop> {
        let Some(name) = last_name(operands, lexer) else { return Ok(()) };
        if crate::color::is_device(name) || name == b"Pattern" {
            spell_name(name, &mut self.out);
            self.out.push(b' ');
            self.word(word);
            return Ok(());
        }
        self.named(Category::Color, word, operands, lexer)
    }

    fn color(&mut self, word: &[u8], operands: &[Token], lexer: &Lexer<'_>) -> Result<(), Stop> {
        let Some(Token::Name(range)) = operands.last() else {
            self.checked(Operands::Components, word, operands, lexer);
            return Ok(());
        };
        let Some(new) = self.resource(Category::Pattern, lexer.text(range))? else {
            return Ok(());
        };
        for token in operands.iter().take(COMPONENTS_MAX) {
            if let Token::Num(number) = token {
                self.number(*number);
            }
        }
        spell_name(&new, &mut self.out);
        self.out.push(b' ');
        self.word(word);
        Ok(())
    }

    fn inline(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Stop> {
        let Some(picture) = super::inline::read(lexer, self.rebuilder, self.scope)? else {
            return Ok(());
        };
        if self.hidden > 0 {
            return Ok(());
        }
        if let Some(text) = picture.spell_inline() {
            self.out.extend_from_slice(&text);
            return Ok(());
        }
        let object = picture.put(self.rebuilder);
        let name = self.names.add(Category::External, object);
        spell_name(&name, &mut self.out);
        self.out.push(b' ');
        self.word(b"Do");
        Ok(())
    }
}

fn last_name<'l>(operands: &[Token], lexer: &'l Lexer<'_>) -> Option<&'l [u8]> {
    match operands.last()? {
        Token::Name(range) => Some(lexer.text(range)),
        _ => None,
    }
}

/// Operands that are held for one operator; long TJ arrays are real.
const OPERANDS_MAX: usize = 200_000;
/// Colour components (ISO 32000-2 annex C).
const COMPONENTS_MAX: usize = 32;
/// Nested `q`; viewers keep a state for each.
const SAVED_MAX: usize = 512;
/// Operators between two looks at the budget.
const BATCH: u64 = 4096;
