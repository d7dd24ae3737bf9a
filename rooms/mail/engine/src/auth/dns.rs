//! Questions to the DNS and what was answered. Asks nobody itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordKind {
    /// Text.
    Txt,
    /// Addresses of version 4.
    A,
    /// Addresses of version 6.
    Aaaa,
    /// Servers for mail.
    Mx,
    /// The name of an address; asked by its name below `arpa`.
    Ptr,
}

/// One question: a kind and a name in lower case without the final dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Question {
    /// What is asked for.
    pub kind: RecordKind,
    /// Of whom.
    pub name: String,
}

impl Question {
    /// Makes a question; letter case and a final dot make no other one.
    #[must_use]
    pub fn new(kind: RecordKind, name: &str) -> Self {
        Self { kind, name: name.trim_end_matches('.').to_ascii_lowercase() }
    }
}

/// What the DNS said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Texts, each record's strings joined.
    Txt(Vec<Vec<u8>>),
    /// Addresses of version 4.
    A(Vec<Ipv4Addr>),
    /// Addresses of version 6.
    Aaaa(Vec<Ipv6Addr>),
    /// Servers for mail with their preference.
    Mx(Vec<(u16, String)>),
    /// Names.
    Ptr(Vec<String>),
    /// The name does not exist, or has nothing of that kind.
    Nothing,
    /// No answer, or a failure.
    Failed,
}

/// All that was answered so far.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    known: BTreeMap<Question, Answer>,
}

impl Answers {
    /// Takes an answer; a later one to the same question counts.
    pub fn put(&mut self, question: Question, answer: Answer) {
        self.known.insert(question, answer);
    }

    /// Iterates over what was answered.
    pub fn iter(&self) -> impl Iterator<Item = (&Question, &Answer)> {
        self.known.iter()
    }

    /// How many questions are answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Says whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Why there are no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// There are none.
    Nothing,
    /// Nobody knows, now.
    Failed,
}

/// Answers while a check runs; what is not known is noted, and stands for a
/// failure until it is.
pub(crate) struct Asking<'a> {
    answers: &'a Answers,
    open: RefCell<BTreeSet<Question>>,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(answers: &'a Answers) -> Self {
        Self { answers, open: RefCell::new(BTreeSet::new()) }
    }

    pub(crate) fn open(&self) -> Vec<Question> {
        self.open.borrow().iter().cloned().collect()
    }

    fn ask(&self, kind: RecordKind, name: &str) -> Result<&'a Answer, Missing> {
        if !is_askable(name) {
            return Err(Missing::Nothing);
        }
        let question = Question::new(kind, name);
        match self.answers.known.get(&question) {
            Some(Answer::Failed) => Err(Missing::Failed),
            Some(Answer::Nothing) => Err(Missing::Nothing),
            Some(answer) => Ok(answer),
            None => {
                self.open.borrow_mut().insert(question);
                Err(Missing::Failed)
            }
        }
    }

    pub(crate) fn txt(&self, name: &str) -> Result<&'a [Vec<u8>], Missing> {
        match self.ask(RecordKind::Txt, name)? {
            Answer::Txt(texts) => Ok(texts),
            _ => Err(Missing::Nothing),
        }
    }

    /// Addresses of the same version as `like`.
    pub(crate) fn addresses(&self, name: &str, like: IpAddr) -> Result<Vec<IpAddr>, Missing> {
        let kind = if like.is_ipv4() { RecordKind::A } else { RecordKind::Aaaa };
        match self.ask(kind, name)? {
            Answer::A(all) => Ok(all.iter().copied().map(IpAddr::from).collect()),
            Answer::Aaaa(all) => Ok(all.iter().copied().map(IpAddr::from).collect()),
            _ => Err(Missing::Nothing),
        }
    }

    pub(crate) fn mx(&self, name: &str) -> Result<Vec<String>, Missing> {
        match self.ask(RecordKind::Mx, name)? {
            Answer::Mx(all) => {
                let mut all = all.clone();
                all.sort();
                Ok(all.into_iter().map(|(_, name)| name).collect())
            }
            _ => Err(Missing::Nothing),
        }
    }

    pub(crate) fn ptr(&self, ip: IpAddr) -> Result<&'a [String], Missing> {
        match self.ask(RecordKind::Ptr, &reverse(ip))? {
            Answer::Ptr(names) => Ok(names),
            _ => Err(Missing::Nothing),
        }
    }
}

/// RFC 1035 2.3.4: labels of 63 octets, names of 255 with their lengths.
fn is_askable(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}

/// The name of an address below `arpa`.
pub(crate) fn reverse(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let digits = ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            let labels: Vec<String> = digits.map(|digit| format!("{digit:x}")).collect();
            format!("{}.ip6.arpa", labels.join("."))
        }
    }
}
