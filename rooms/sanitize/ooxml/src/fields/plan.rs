//! Reads ahead: puts the instructions of a part's complex fields together,
//! split and nested as they may be, and judges each.

use quick_xml::events::Event;

use crate::xml::attributes::value_by_local;
use crate::xml::escape::entity;
use crate::xml::{Malformed, split_name};

use super::{Allowed, NESTED, is_harmless};

/// The verdicts on a part's complex fields, in the order of their beginnings.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(super) verdicts: Vec<bool>,
}

impl Plan {
    /// Says whether the field that begins as number `at` stays.
    pub(crate) fn stays(&self, at: usize) -> bool {
        self.verdicts.get(at).copied().unwrap_or(false)
    }

    /// Says whether every field stays.
    pub(crate) fn all_stay(&self) -> bool {
        self.verdicts.iter().all(|stays| *stays)
    }

    /// Reads all complex fields of a part. Parts without any cost one search.
    pub(crate) fn read(text: &str, allowed: Allowed) -> Result<Self, Malformed> {
        if !text.contains("fldChar") {
            return Ok(Self::default());
        }
        let mut reader = quick_xml::Reader::from_str(text);
        let mut fields = Collector::default();
        loop {
            match reader.read_event()? {
                Event::Start(start) => {
                    fields.start(start.name().0, start.attributes_raw(), false)?
                }
                Event::Empty(start) => {
                    fields.start(start.name().0, start.attributes_raw(), true)?
                }
                Event::End(end) => fields.end(end.name().0),
                Event::Text(text) => fields.text(&text),
                Event::CData(text) => fields.text(&text),
                Event::GeneralRef(name) => fields.text(entity(&name)?.encode_utf8(&mut [0; 4])),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        Ok(fields.verdicts(allowed))
    }
}

/// Elements in which another story or another form of the same content stands.
const BARRIERS: &[&str] =
    &["AlternateContent", "Choice", "Fallback", "txbxContent", "drawing", "pict", "object"];
/// Fields open at once.
const OPEN_MAX: usize = 256;

struct Field {
    instruction: String,
    in_result: bool,
    /// Whether the first piece of the instruction was inserted, deleted.
    tracked: Option<(bool, bool)>,
    /// Whether readers could put its instruction together in several ways.
    is_ambiguous: bool,
    /// The field in whose instruction this one stands.
    parent: Option<usize>,
}

#[derive(Default)]
struct Collector {
    fields: Vec<Field>,
    open: Vec<usize>,
    in_instruction_text: bool,
    /// Open elements of inserted and of deleted content.
    inserted: usize,
    deleted: usize,
}

impl Collector {
    fn start(&mut self, name: &str, raw: &str, is_empty: bool) -> Result<(), Malformed> {
        match split_name(name).1 {
            "instrText" | "delInstrText" => self.in_instruction_text = !is_empty,
            "ins" | "moveTo" => self.inserted += usize::from(!is_empty),
            "del" | "moveFrom" => self.deleted += usize::from(!is_empty),
            local if BARRIERS.contains(&local) => self.mark_ambiguous(),
            "fldChar" => match value_by_local(raw, "fldCharType")?.as_deref() {
                Some("begin") => self.begin()?,
                Some("separate") => {
                    if let Some(field) = self.open.last().and_then(|at| self.fields.get_mut(*at)) {
                        field.in_result = true;
                    }
                }
                Some("end") => {
                    self.open.pop();
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Malformed> {
        if self.open.len() >= OPEN_MAX {
            return Err(Malformed);
        }
        let around = self.open.last().copied();
        let parent = around.filter(|at| self.fields.get(*at).is_some_and(|field| !field.in_result));
        if let Some(field) = parent.and_then(|at| self.fields.get_mut(at)) {
            field.instruction.push(NESTED);
        }
        self.open.push(self.fields.len());
        self.fields.push(Field {
            instruction: String::new(),
            in_result: false,
            tracked: None,
            is_ambiguous: false,
            parent,
        });
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match split_name(name).1 {
            "instrText" | "delInstrText" => self.in_instruction_text = false,
            "ins" | "moveTo" => self.inserted = self.inserted.saturating_sub(1),
            "del" | "moveFrom" => self.deleted = self.deleted.saturating_sub(1),
            local if BARRIERS.contains(&local) => self.mark_ambiguous(),
            _ => {}
        }
    }

    /// Readers differ on what stands in these, so no instruction may be
    /// spread over their borders.
    fn mark_ambiguous(&mut self) {
        for at in &self.open {
            if let Some(field) = self.fields.get_mut(*at)
                && !field.in_result
            {
                field.is_ambiguous = true;
            }
        }
    }

    fn text(&mut self, text: &str) {
        if !self.in_instruction_text {
            return;
        }
        let tracked = (self.inserted > 0, self.deleted > 0);
        if let Some(field) = self.open.last().and_then(|at| self.fields.get_mut(*at)) {
            field.instruction.push_str(text);
            // Accepting or rejecting a part of it would make another one.
            field.is_ambiguous |= *field.tracked.get_or_insert(tracked) != tracked;
        }
    }

    /// A field falls with any field that its instruction is built from.
    fn verdicts(&self, allowed: Allowed) -> Plan {
        let mut verdicts: Vec<bool> = self
            .fields
            .iter()
            .map(|field| !field.is_ambiguous && is_harmless(&field.instruction, allowed))
            .collect();
        for (at, field) in self.fields.iter().enumerate().rev() {
            if let Some(parent) = field.parent
                && !verdicts[at]
            {
                verdicts[parent] = false;
            }
        }
        Plan { verdicts }
    }
}
