//! Rewrites a content stream: only allowed operators with operands of the
//! right type, only resources that exist, under new names. Knows no picture,
//! font or colour format; the resource modules rebuild those.

use std::collections::HashMap;

use hayro_syntax::object::Dict;
use sanitize_core::Stop;

use super::operators::{Meaning, Operands, meaning};
use super::token::{Lexer, Token};
use crate::model::{self, Num, Obj, spell_name, spell_string};
use crate::rebuild::Rebuilder;
use crate::resources::{self, Category};
use crate::{codes, source};

/// The resources of a new stream, by category, named in the order of use.
#[derive(Default)]
pub struct Names {
    categories: [Vec<Obj>; Category::COUNT],
    /// Source name to new name; `None` where the source has nothing usable.
    known: [HashMap<Vec<u8>, Option<usize>>; Category::COUNT],
}

impl Names {
    /// Spells the resource dictionary.
    #[must_use]
    pub fn dict(&self) -> model::Dict {
        let mut dict = model::Dict::new();
        for category in Category::ALL {
            let entries = &self.categories[category as usize];
            if entries.is_empty() {
                continue;
            }
            let mut names = model::Dict::new();
            for (index, entry) in entries.iter().enumerate() {
                names.put_named(category.name(index), entry.clone());
            }
            dict.put(category.key(), Obj::Dict(names));
        }
        dict
    }

    /// Adds a resource that the source does not name and returns its new name.
    pub fn add(&mut self, category: Category, object: Obj) -> Vec<u8> {
        let entries = &mut self.categories[category as usize];
        entries.push(object);
        category.name(entries.len() - 1)
    }
}

/// Where a stream's names are looked up: its own resources, then those around.
#[derive(Clone)]
pub struct Scope<'a> {
    /// Resource dictionaries, innermost first.
    pub resources: Vec<Dict<'a>>,
}

impl<'a> Scope<'a> {
    /// Finds a named resource.
    #[must_use]
    pub fn find(&self, category: Category, name: &[u8]) -> Option<source::Found<'a>> {
        self.resources
            .iter()
            .find_map(|dict| source::found(&dict.get::<Dict<'a>>(category.key())?, name))
    }
}

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

struct Rewriter<'r, 'a, 'j, 'p> {
    rebuilder: &'r mut Rebuilder<'a, 'j, 'p>,
    scope: &'r Scope<'a>,
    names: &'r mut Names,
    out: Vec<u8>,
    /// The font in force, by its place among the new names.
    font: Option<usize>,
    /// The font in force at each open `q`.
    saved: Vec<Option<usize>>,
    /// The most `q` that were open at once.
    saved_most: usize,
    /// The `q` left out at the limit that are open still.
    unsaved: u64,
    in_text: bool,
    marks: Vec<MarkKind>,
    hidden: u32,
    operations: u64,
}

/// What became of a marked-content sequence that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MarkKind {
    Dropped,
    Kept,
    Hidden,
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

    /// Marked content stays only where it says what text is shown (§14.9.4);
    /// layers become plain content or, where hidden, go (§8.11).
    fn mark(&mut self, operands: &[Token], lexer: &Lexer<'_>) {
        let kind = self.mark_kind(operands, lexer).unwrap_or(MarkKind::Dropped);
        if kind == MarkKind::Hidden {
            self.hidden += 1;
            self.rebuilder.report(&codes::LAYER_HIDDEN);
        }
        self.marks.push(kind);
    }

    /// Reports strings that an inline property list holds for no one but its
    /// producer.
    fn properties(&mut self, operands: &[Token], lexer: &Lexer<'_>) {
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

/// Returns the replacement text of an inline property list.
fn inline_text(operands: &[Token], lexer: &Lexer<'_>) -> Option<Vec<u8>> {
    operands.windows(2).find_map(|pair| match pair {
        [Token::Name(key), Token::Str(text)] if lexer.text(key) == b"ActualText" => {
            Some(lexer.text(text).to_vec())
        }
        _ => None,
    })
}

/// Operands that are held for one operator; long TJ arrays are real.
const OPERANDS_MAX: usize = 200_000;
/// Colour components (ISO 32000-2 annex C).
const COMPONENTS_MAX: usize = 32;
/// Strings of property lists that the standard knows (§14.9 and §14.8.2.2).
const PROPERTIES: &[&[u8]] = &[b"ActualText", b"Alt", b"E", b"Lang", b"Title", b"Contents"];
/// Nested `q`; viewers keep a state for each.
const SAVED_MAX: usize = 512;
/// Nested marked content.
const MARKS_MAX: usize = 512;
/// Operators between two looks at the budget.
const BATCH: u64 = 4096;
