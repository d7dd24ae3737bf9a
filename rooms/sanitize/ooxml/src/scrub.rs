//! Writes one XML part anew: reads it as a stream, keeps what the rules name
//! and allow, and notes what goes. Builds no tree and opens no other part.

mod attributes;
mod sheet;
mod slide;
mod special;
mod word;
mod write;

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use sanitize_core::{Budget, Choice, Code, OfficePolicy, Stop, reasons};

use crate::codes;
use crate::fields::{self, Plan};
use crate::formula::Grounds;
use crate::names::{Element, Names, Space};
use crate::rules::{Act, Special};
use crate::xml::attributes::{is_name, resolve};
use crate::xml::escape::{entity, put_text, put_text_char};
use crate::xml::{Attributes, Malformed, Scope, split_name};

/// What becomes of a relationship that the XML refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays and leads to a part.
    Part,
    /// It stays and leads to a slide of this presentation.
    Slide,
    /// It stays and leads to an address.
    Address,
    /// It goes, and so do its referrers.
    Gone,
}

/// The relationships of a part, as its XML sees them.
pub(crate) trait Relations {
    /// Returns the number and fate of a relationship.
    fn fate(&self, id: &str) -> Option<(u32, Fate)>;
}

/// What the whole document decides about each of its parts.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// What formulas may lean on.
    pub(crate) grounds: Grounds,
    /// Where each sheet of the workbook went; empty when none was removed.
    pub(crate) sheets: Vec<Option<u32>>,
    /// Whether cells lose their references to rich values.
    pub(crate) drops_cell_metadata: bool,
}

/// One part to be written.
pub(crate) struct Part<'a> {
    /// Its name in reports.
    pub(crate) place: &'a str,
    /// The root element that it must have, by table prefix and local name.
    pub(crate) root: (&'static str, &'static str),
    pub(crate) relations: &'a dyn Relations,
    pub(crate) policy: &'a OfficePolicy,
    pub(crate) shared: &'a Shared,
    /// Pictures that stand for objects: shape id and relationship id.
    pub(crate) previews: &'a [(String, String)],
}

/// A part as it is written.
#[derive(Debug, Default)]
pub(crate) struct Scrubbed {
    pub(crate) bytes: Vec<u8>,
    /// Numbers of the relationships that are still referred to, sorted.
    pub(crate) used: Vec<u32>,
    /// What was removed, and how often.
    pub(crate) removed: Vec<(&'static Code, u64)>,
    /// Names of the definitions that were removed, in upper case.
    pub(crate) removed_names: Vec<String>,
}

/// Writes a part anew.
///
/// # Errors
/// Stops on XML that is not well-formed or declares a document type, on a
/// wrong root element, and at the limits.
pub(crate) fn scrub(text: &str, part: &Part<'_>, budget: &mut Budget) -> Result<Scrubbed, Stop> {
    let mut scrubbed = scrub_once(text, part, budget)?;
    // Fields were judged by what the source says, dropped elements included;
    // what was written must stand the same judgement.
    for _ in 0..FIELD_ROUNDS_MAX {
        let written = std::str::from_utf8(&scrubbed.bytes).unwrap_or("");
        let broken = |_| Stop::blocked(&reasons::BROKEN, part.place);
        if Plan::read(written, allowed_fields(part.policy)).map_err(broken)?.all_stay() {
            return Ok(scrubbed);
        }
        let mut again = scrub_once(written, part, budget)?;
        for (code, count) in scrubbed.removed {
            add(&mut again.removed, code, count);
        }
        again.removed_names.extend(scrubbed.removed_names);
        scrubbed = again;
    }
    Err(Stop::blocked(&reasons::UNSUPPORTED, part.place))
}

/// Rounds in which removed fields could bring others to light.
const FIELD_ROUNDS_MAX: usize = 4;

fn allowed_fields(policy: &OfficePolicy) -> fields::Allowed {
    fields::Allowed { links: policy.hyperlinks, forms: policy.form_fields == Choice::Keep }
}

fn scrub_once(text: &str, part: &Part<'_>, budget: &mut Budget) -> Result<Scrubbed, Stop> {
    let mut lost = Vec::new();
    // A shared formula may stand before its master; then the part is written
    // once more, knowing which masters go.
    loop {
        let mut scrubber = Scrubber::new(text, part, budget.limits().nesting_max, lost)?;
        let outcome = scrubber.run(text);
        budget.take_objects(scrubber.elements)?;
        budget.check_nesting(scrubber.deepest)?;
        outcome.map_err(|failure| failure.stop(part.place))?;
        match scrubber.shared_formulas.orphans() {
            Some(found) => lost = found,
            None => return Ok(scrubber.finish()),
        }
    }
}

fn add(removed: &mut Vec<(&'static Code, u64)>, code: &'static Code, count: u64) {
    match removed.iter_mut().find(|(known, _)| known.id == code.id) {
        Some((_, known)) => *known = known.saturating_add(count),
        None => removed.push((code, count)),
    }
}

/// Why a part could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Malformed,
    DocumentType,
    TooDeep,
}

impl Failure {
    fn stop(self, place: &str) -> Stop {
        match self {
            Self::Malformed => Stop::blocked(&reasons::BROKEN, place),
            Self::DocumentType => Stop::blocked(&codes::DOCTYPE, place),
            Self::TooDeep => Stop::blocked(&sanitize_core::limits::NESTING, place),
        }
    }
}

impl From<Malformed> for Failure {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<quick_xml::Error> for Failure {
    fn from(_: quick_xml::Error) -> Self {
        Self::Malformed
    }
}

/// Whether a start tag may declare namespaces or `mc:Ignorable`; wrong hints
/// only cost a search.
struct Hints {
    declares: bool,
    ignores: bool,
}

impl Hints {
    /// Looks at pairs of letters without a branch for each: every start tag
    /// comes through here, and hardly any says either.
    fn of(raw: &str) -> Self {
        let bytes = raw.as_bytes();
        let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
        let (declares, ignores) = pairs.fold((false, false), |(declares, ignores), (one, two)| {
            (
                declares | ((*one == b'x') & (*two == b'm')),
                ignores | ((*one == b'g') & (*two == b'n')),
            )
        });
        Self { declares, ignores }
    }
}

/// How an open element is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Written,
    Unwrapped,
}

/// One open element.
#[derive(Debug)]
struct Frame {
    element: Option<&'static Element>,
    mode: Mode,
    /// Where its start tag begins in the output.
    start: usize,
    /// Where its content begins in the output.
    body: usize,
    /// Length of the name in the output's start tag.
    name_bytes: usize,
    scope_mark: usize,
    is_elided_when_empty: bool,
    poison: Option<&'static Code>,
}

impl Frame {
    fn is(&self, special: Special) -> bool {
        matches!(self.element.map(|element| element.act), Some(Act::Special(found)) if found == special)
    }

    fn local(&self) -> &'static str {
        self.element.map_or("", |element| element.local)
    }
}

/// What a start tag comes to.
enum Opening {
    Written,
    Unwrapped,
    Dropped,
}

struct Scrubber<'a> {
    names: &'static Names,
    part: &'a Part<'a>,
    out: Vec<u8>,
    /// Where the declarations of the start tag at hand end in the output.
    declarations_end: usize,
    scope: Scope,
    frames: Vec<Frame>,
    /// Elements open inside a dropped one, itself included.
    skipped: usize,
    nesting_max: usize,
    deepest: u32,
    elements: u64,
    is_root_closed: bool,
    removed: Vec<(&'static Code, u64)>,
    /// Uses of relationships, by place in the output.
    uses: Vec<(usize, u32)>,
    plan: Plan,
    fields: fields::Cursor,
    shared_formulas: sheet::SharedFormulas,
    objects: Vec<slide::SlideObject>,
    removed_names: Vec<String>,
    drops_comments: bool,
    flattens_changes: bool,
    flattens_forms: bool,
}

impl<'a> Scrubber<'a> {
    fn new(text: &str, part: &'a Part<'a>, nesting_max: u32, lost: Vec<u32>) -> Result<Self, Stop> {
        let plan = Plan::read(text, allowed_fields(part.policy))
            .map_err(|_| Stop::blocked(&reasons::BROKEN, part.place))?;
        Ok(Self {
            names: Names::table(),
            part,
            out: Vec::with_capacity(text.len() + 64),
            declarations_end: 0,
            scope: Scope::default(),
            frames: Vec::with_capacity(32),
            skipped: 0,
            nesting_max: usize::try_from(nesting_max).unwrap_or(usize::MAX),
            deepest: 0,
            elements: 0,
            is_root_closed: false,
            removed: Vec::new(),
            uses: Vec::new(),
            plan,
            fields: fields::Cursor::default(),
            shared_formulas: sheet::SharedFormulas::new(lost),
            objects: Vec::new(),
            removed_names: Vec::new(),
            drops_comments: part.policy.comments != Choice::Keep,
            flattens_changes: part.policy.tracked_changes != Choice::Keep,
            flattens_forms: part.policy.form_fields != Choice::Keep,
        })
    }

    fn run(&mut self, text: &str) -> Result<(), Failure> {
        self.out.extend_from_slice(DECLARATION);
        let mut reader = quick_xml::Reader::from_str(text);
        loop {
            match reader.read_event()? {
                Event::Start(start) => self.start(&start, false)?,
                Event::Empty(start) => self.start(&start, true)?,
                Event::End(_) => self.end()?,
                Event::Text(text) => self.text(&text),
                Event::CData(text) => self.text(&text),
                Event::GeneralRef(name) => self.reference(&name)?,
                Event::Comment(_) => self.note(&codes::COMMENT_XML),
                Event::PI(_) => self.note(&codes::COMMENT_XML),
                Event::DocType(_) => return Err(Failure::DocumentType),
                Event::Decl(_) => {}
                Event::Eof => break,
            }
        }
        let is_whole = self.is_root_closed && self.frames.is_empty() && self.skipped == 0;
        if is_whole { Ok(()) } else { Err(Failure::Malformed) }
    }

    fn finish(mut self) -> Scrubbed {
        let mut used: Vec<u32> = self.uses.drain(..).map(|(_, number)| number).collect();
        used.sort_unstable();
        used.dedup();
        Scrubbed { bytes: self.out, used, removed: self.removed, removed_names: self.removed_names }
    }

    fn note(&mut self, code: &'static Code) {
        add(&mut self.removed, code, 1);
    }

    /// Returns the value of an attribute of that namespace.
    fn value<'r>(
        &self,
        raw: &'r str,
        space: Space,
        local: &str,
    ) -> Result<Option<Cow<'r, str>>, Failure> {
        for attribute in Attributes::new(raw) {
            let (name, value) = attribute?;
            let (prefix, found) = split_name(name);
            if found == local && self.attribute_space(prefix).ok().flatten() == Some(space) {
                return Ok(Some(resolve(value)?));
            }
        }
        Ok(None)
    }

    /// Returns the value of an attribute of the element's own namespace.
    fn own_value<'r>(
        &self,
        element: &Element,
        raw: &'r str,
        local: &str,
    ) -> Result<Option<Cow<'r, str>>, Failure> {
        self.value(raw, element.space, local)
    }

    fn start(&mut self, tag: &BytesStart<'_>, is_empty: bool) -> Result<(), Failure> {
        self.elements += 1;
        if self.frames.len() + self.skipped >= self.nesting_max {
            return Err(Failure::TooDeep);
        }
        if self.skipped > 0 {
            self.follow_hidden_field(tag)?;
            self.skipped += usize::from(!is_empty);
            return Ok(());
        }
        let name = tag.name().0;
        let raw = tag.attributes_raw();
        let scope_mark = self.scope.mark();
        let hints = Hints::of(raw);
        if hints.declares && raw.contains("xmlns") {
            self.declare(raw)?;
        }
        let (prefix, local) = split_name(name);
        let binding = self.scope.find(prefix);
        let space = match binding.and_then(|at| self.scope.get(at)) {
            Some(binding) => binding.space,
            None if prefix.is_empty() => Some(Space::NONE),
            None => return Err(Failure::Malformed),
        };
        if hints.ignores && raw.contains("gnorable") {
            self.mark_ignorable(raw)?;
        }
        let element = space.and_then(|space| self.names.element(space, local));
        if self.frames.is_empty() {
            self.check_root(element)?;
        }
        let frame = Frame {
            element,
            mode: Mode::Written,
            start: self.out.len(),
            body: 0,
            name_bytes: 0,
            scope_mark,
            is_elided_when_empty: false,
            poison: None,
        };
        let opening = match element {
            Some(element) => self.open_known(element, name, raw, frame)?,
            None => self.open_unknown(space, binding, frame),
        };
        match opening {
            Opening::Dropped => {
                self.scope.close(scope_mark);
                if is_empty {
                    self.after_root();
                } else {
                    self.skipped = 1;
                }
            }
            Opening::Written | Opening::Unwrapped => {
                self.deepest =
                    self.deepest.max(u32::try_from(self.frames.len()).unwrap_or(u32::MAX));
                if is_empty {
                    self.close()?;
                }
            }
        }
        Ok(())
    }

    /// A part has exactly one root, and it is the one its kind demands.
    fn check_root(&mut self, element: Option<&'static Element>) -> Result<(), Failure> {
        let (prefix, local) = self.part.root;
        let fits = element.is_some_and(|element| {
            element.local == local && self.names.prefix(element.space) == prefix
        });
        if fits && !self.is_root_closed { Ok(()) } else { Err(Failure::Malformed) }
    }

    fn after_root(&mut self) {
        self.is_root_closed |= self.frames.is_empty();
    }

    /// Opens the namespaces that a start tag declares.
    fn declare(&mut self, raw: &str) -> Result<(), Failure> {
        let mark = self.scope.mark();
        for attribute in Attributes::new(raw) {
            let (name, value) = attribute?;
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) if is_name(prefix) && !prefix.contains(':') => prefix,
                    _ => continue,
                },
                None => continue,
            };
            if matches!(prefix, "xml" | "xmlns") {
                return Err(Failure::Malformed);
            }
            if self.scope.find(prefix).is_some_and(|at| at >= mark) {
                return Err(Failure::Malformed);
            }
            let uri = resolve(value)?;
            self.scope.open(prefix, uri.trim(), self.names)?;
        }
        Ok(())
    }

    /// Reads `mc:Ignorable` for the prefixes that the tables do not know.
    fn mark_ignorable(&mut self, raw: &str) -> Result<(), Failure> {
        for attribute in Attributes::new(raw) {
            let (name, value) = attribute?;
            if split_name(name).1 != "Ignorable" {
                continue;
            }
            for prefix in resolve(value)?.split_ascii_whitespace() {
                if let Some(at) = self.scope.find(prefix)
                    && let Some(binding) = self.scope.since(at).first_mut()
                {
                    binding.is_ignorable = true;
                }
            }
        }
        Ok(())
    }

    fn open_unknown(
        &mut self,
        space: Option<Space>,
        binding: Option<usize>,
        frame: Frame,
    ) -> Opening {
        self.note(&codes::MARKUP);
        let is_ignorable =
            binding.and_then(|at| self.scope.get(at)).is_some_and(|binding| binding.is_ignorable);
        let is_extension = self.frames.last().is_some_and(|parent| parent.local() == "ext");
        // Readers pass over ignorable elements with all that they hold; in a
        // known vocabulary only Word's, where text may stand, is unwrapped.
        let holds_document_text = match space {
            None => !is_ignorable && !is_extension,
            Some(space) => matches!(self.names.prefix(space), "w" | "a" | "m"),
        };
        if holds_document_text && !self.frames.is_empty() {
            self.push(Frame { mode: Mode::Unwrapped, ..frame })
        } else {
            Opening::Dropped
        }
    }

    fn open_known(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        if !self.frames.is_empty()
            && self.fields.is_hidden()
            && !word::may_stand_in_instruction(element)
        {
            self.follow_if_field(element, raw)?;
            return Ok(Opening::Dropped);
        }
        match element.act {
            Act::Keep => self.write(element, name, raw, frame),
            Act::Elide => {
                // `a:ext` is an extension inside a list, and a size elsewhere.
                let is_list = element.local != "ext";
                let is_listed = self.frames.last().is_some_and(|parent| parent.local() == "extLst");
                let frame = Frame { is_elided_when_empty: is_list || is_listed, ..frame };
                self.write(element, name, raw, frame)
            }
            Act::Drop(code) => {
                self.note(code);
                Ok(Opening::Dropped)
            }
            Act::DropQuietly => Ok(Opening::Dropped),
            Act::Unwrap(code) => {
                self.note(code);
                Ok(self.push(Frame { mode: Mode::Unwrapped, ..frame }))
            }
            Act::Poison(ancestor, code) => {
                self.poison(ancestor, code);
                Ok(Opening::Dropped)
            }
            Act::Special(special) => self.open_special(special, element, name, raw, frame),
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0 {
                self.after_root();
            }
            return Ok(());
        }
        self.close()
    }

    fn text(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        let holds_text = self.frames.last().is_some_and(|frame| {
            frame.mode == Mode::Written && frame.element.is_some_and(|element| element.holds_text)
        });
        if holds_text {
            put_text(&mut self.out, text);
        } else if !text.trim_matches(|letter: char| letter.is_ascii_whitespace()).is_empty() {
            self.note(&codes::HIDDEN_TEXT);
        }
    }

    fn reference(&mut self, name: &str) -> Result<(), Failure> {
        let letter = entity(name)?;
        if self.skipped > 0 {
            return Ok(());
        }
        let holds_text = self.frames.last().is_some_and(|frame| {
            frame.mode == Mode::Written && frame.element.is_some_and(|element| element.holds_text)
        });
        if holds_text {
            put_text_char(&mut self.out, letter);
        } else if !letter.is_ascii_whitespace() {
            self.note(&codes::HIDDEN_TEXT);
        }
        Ok(())
    }
}

/// Every part is written in UTF-8 under this declaration.
const DECLARATION: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
