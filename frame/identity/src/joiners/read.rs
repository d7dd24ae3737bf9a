//! Reads a file of joiners, movers and leavers against what is there. Pure.
//!
//! The first line names the columns, in Japanese or English and in any order:
//! 異動区分 (`change`: 採用 `join`, 異動 `move`, 退職 `leave`), ログイン名
//! (`login`), 氏名 (`name`), フリガナ (`kana`), 所属コード (`section`).

use std::collections::{BTreeMap, BTreeSet};

use base::Text;
use csv::{ReaderBuilder, StringRecord};
use sha2::{Digest, Sha256};

use super::{Change, FILE_BYTES_MAX, LINES_MAX, Mistake, MistakeKind, Plan, Present};
use crate::body::NAME_MAX;
use crate::person::{Login, Person, PersonState, SectionId};

/// The columns, by both names.
const COLUMNS: [[&str; 2]; 5] = [
    ["異動区分", "change"],
    ["ログイン名", "login"],
    ["氏名", "name"],
    ["フリガナ", "kana"],
    ["所属コード", "section"],
];
const JOIN: [&str; 2] = ["採用", "join"];
const MOVE: [&str; 2] = ["異動", "move"];
const LEAVE: [&str; 2] = ["退職", "leave"];

/// Mistakes that are listed; a file with more is wrong as a whole.
const MISTAKES_MAX: usize = 1_000;

struct Reader<'a> {
    people: BTreeMap<&'a str, &'a Person>,
    sections: BTreeMap<&'a str, SectionId>,
    present: &'a Present,
    seen: BTreeSet<String>,
    plan: Plan,
}

pub(super) fn plan(file: &[u8], present: &Present) -> Plan {
    let plan =
        Plan { changes: Vec::new(), unchanged: 0, mistakes: Vec::new(), digest: String::new() };
    let open = present.sections.iter().filter(|section| section.closed_at.is_none());
    let mut reader = Reader {
        people: present.people.iter().map(|person| (person.login.as_str(), person)).collect(),
        sections: open.map(|section| (section.code.as_str(), section.id)).collect(),
        present,
        seen: BTreeSet::new(),
        plan,
    };
    if let Err(mistake) = reader.read(file) {
        reader.plan.mistakes.push(mistake);
    }
    reader.plan.digest = digest(file, &reader.plan);
    reader.plan
}

impl Reader<'_> {
    fn read(&mut self, file: &[u8]) -> Result<(), Mistake> {
        let whole = |kind| Mistake { line: 0, kind };
        if file.len() > FILE_BYTES_MAX {
            return Err(whole(MistakeKind::TooLarge));
        }
        let text = std::str::from_utf8(file).map_err(|error| {
            let valid = file.get(..error.valid_up_to()).unwrap_or_default();
            let line = valid.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            Mistake { line, kind: MistakeKind::Encoding }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut csv =
            ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = csv.records();
        let header = records.next().and_then(Result::ok);
        let header = header.ok_or_else(|| whole(MistakeKind::Header))?;
        let places = places(&header).ok_or(Mistake { line: 1, kind: MistakeKind::Header })?;
        for (count, record) in records.enumerate() {
            if count >= LINES_MAX || self.plan.mistakes.len() >= MISTAKES_MAX {
                return Err(whole(MistakeKind::TooLarge));
            }
            let record = record.map_err(|_| whole(MistakeKind::Encoding))?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let is_whole = record.len() == header.len();
            let fields = places.map(|place| record.get(place).unwrap_or_default().trim());
            let read = if is_whole { self.line(line, fields) } else { Err(MistakeKind::Fields) };
            match read {
                Ok(Some(change)) => self.plan.changes.push(change),
                Ok(None) => self.plan.unchanged += 1,
                Err(kind) => self.plan.mistakes.push(Mistake { line, kind }),
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        line: u64,
        [change, login, name, kana, section]: [&str; 5],
    ) -> Result<Option<Change>, MistakeKind> {
        let login = Login::parse(login).map_err(|_| MistakeKind::Login)?;
        if !self.seen.insert(login.to_string()) {
            return Err(MistakeKind::Twice);
        }
        let known = self.people.get(login.as_str()).copied();
        let here = known.filter(|person| person.state != PersonState::Left);
        if is_one_of(change, LEAVE) {
            let before = here.ok_or(MistakeKind::NoPerson)?.clone();
            if before.id == self.present.caller {
                return Err(MistakeKind::Oneself);
            }
            return Ok(Some(Change::Leave { line, before: Box::new(before) }));
        }
        let name: Text<NAME_MAX> = Text::parse(name).map_err(|_| MistakeKind::Name)?;
        let kana: Text<NAME_MAX> = Text::parse(kana).map_err(|_| MistakeKind::Kana)?;
        let section = *self.sections.get(section).ok_or(MistakeKind::Section)?;
        if is_one_of(change, JOIN) {
            return match known {
                Some(_) => Err(MistakeKind::LoginTaken),
                None => Ok(Some(Change::Join { line, login, name, kana, section })),
            };
        }
        if !is_one_of(change, MOVE) {
            return Err(MistakeKind::Change);
        }
        let before = here.ok_or(MistakeKind::NoPerson)?;
        if before.name == name && before.kana == kana && before.section == section {
            return Ok(None);
        }
        Ok(Some(Change::Move { line, before: Box::new(before.clone()), name, kana, section }))
    }
}

fn is_one_of(field: &str, words: [&str; 2]) -> bool {
    words.iter().any(|word| field.eq_ignore_ascii_case(word))
}

fn places(header: &StringRecord) -> Option<[usize; 5]> {
    let place = |names: [&str; 2]| header.iter().position(|field| is_one_of(field.trim(), names));
    let mut places = [0; 5];
    for (at, names) in places.iter_mut().zip(COLUMNS) {
        *at = place(names)?;
    }
    Some(places)
}

/// Stands for the file and for what it would change as things are now.
fn digest(file: &[u8], plan: &Plan) -> String {
    let mut hasher = Sha256::new();
    hasher.update(Sha256::digest(file));
    for change in &plan.changes {
        let line = match change {
            Change::Join { line, login, section, .. } => format!("join {line} {login} {section}\n"),
            Change::Move { line, before, section, .. } => {
                format!("move {line} {} {} {section}\n", before.id, before.version)
            }
            Change::Leave { line, before } => {
                format!("leave {line} {} {}\n", before.id, before.version)
            }
        };
        hasher.update(line);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
