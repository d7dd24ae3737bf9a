//! The catalogue of the four models, the duties that each adds, and what must
//! hold: data that stands in `catalogue/`. Every entry names its source; what no
//! person has held against the guideline's text is never shown as official.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use toml::{Table, Value};

use crate::site::Model;

const SOURCES: &str = include_str!("../../../catalogue/sources.toml");
const MODELS: &str = include_str!("../../../catalogue/models.toml");
const INVARIANTS: &str = include_str!("../../../catalogue/invariants.toml");

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id, as entries name it.
    pub id: String,
    /// What it is.
    pub words: Words,
    /// True for a document of the state, or one that quotes it.
    pub is_official: bool,
}

/// How far a fact is to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The id of its source.
    pub source: String,
    /// True once it was held against the source itself.
    pub is_verified: bool,
}

/// How a body is placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The model.
    pub model: Model,
    /// Its name.
    pub name: Words,
    /// What stands where.
    pub place: Words,
    /// How far that is to be believed.
    pub ground: Ground,
}

/// Who carries a duty out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DutyKind {
    /// Machines.
    Technical,
    /// People.
    Organisational,
}

impl DutyKind {
    /// The name in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Organisational => "organisational",
        }
    }

    /// Reads [`DutyKind::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Technical, Self::Organisational].into_iter().find(|kind| kind.name() == name)
    }
}

/// What a model asks of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDuty {
    /// Its id: ours, never the guideline's number.
    pub id: String,
    /// The models that ask it.
    pub models: Vec<Model>,
    /// Who carries it out.
    pub kind: DutyKind,
    /// What it is.
    pub words: Words,
    /// The ids of the invariants that hold it.
    pub invariants: Vec<String>,
    /// How far it is to be believed.
    pub ground: Ground,
}

/// Who checks an invariant today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Checker {
    /// The reader of a site's file.
    Reader,
    /// The proof over the running kernel.
    Prover,
    /// The kernel itself.
    Kernel,
    /// Nobody yet.
    Nobody,
}

impl Checker {
    /// All.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Prover, Self::Kernel, Self::Nobody];

    /// The name in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Prover => "prover",
            Self::Kernel => "kernel",
            Self::Nobody => "nobody",
        }
    }

    /// Reads [`Checker::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|checker| checker.name() == name)
    }
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// `g1` to `g14`.
    pub id: String,
    /// What it is.
    pub words: Words,
    /// Who checks it today.
    pub checked_by: Vec<Checker>,
    /// How far it is to be believed.
    pub ground: Ground,
}

/// The whole catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// Where facts come from.
    pub sources: Vec<Source>,
    /// The models.
    pub models: Vec<Placed>,
    /// Their duties.
    pub duties: Vec<ModelDuty>,
    /// What must hold.
    pub invariants: Vec<Invariant>,
}

/// Why a catalogue was not read: it is put together wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueFault {
    /// Which entry.
    pub entry: String,
    /// What is wrong.
    pub why: String,
}

/// The catalogue of this program.
///
/// # Panics
/// Never: the tests read the same text.
pub fn catalogue() -> &'static Catalogue {
    static READ: OnceLock<Catalogue> = OnceLock::new();
    READ.get_or_init(|| {
        Catalogue::read(SOURCES, MODELS, INVARIANTS).expect("the tests read this very text")
    })
}

impl Catalogue {
    /// Reads a catalogue from its three files.
    ///
    /// # Errors
    /// At the first entry without a source, with an id that is taken, without
    /// words in both languages, or that names what there is not.
    pub fn read(sources: &str, models: &str, invariants: &str) -> Result<Self, CatalogueFault> {
        let sources = entries(sources, "source", |entry| {
            Ok(Source {
                id: entry.id()?,
                words: entry.words("ja", "en")?,
                is_official: entry.yes("is-official")?,
            })
        })?;
        let known: BTreeSet<&str> = sources.iter().map(|source| source.id.as_str()).collect();
        let invariants = entries(invariants, "invariant", |entry| {
            Ok(Invariant {
                id: entry.id()?,
                words: entry.words("ja", "en")?,
                checked_by: entry.all("checked-by", Checker::parse)?,
                ground: entry.ground(&known)?,
            })
        })?;
        let placed = entries(models, "model", |entry| {
            Ok(Placed {
                model: entry.one("id", Model::parse)?,
                name: entry.words("ja", "en")?,
                place: entry.words("place-ja", "place-en")?,
                ground: entry.ground(&known)?,
            })
        })?;
        let held: BTreeSet<&str> = invariants.iter().map(|one| one.id.as_str()).collect();
        let duties = entries(models, "duty", |entry| {
            let is_held = |name: &str| held.contains(name).then(|| name.to_owned());
            Ok(ModelDuty {
                id: entry.id()?,
                models: entry.all("models", Model::parse)?,
                kind: entry.one("kind", DutyKind::parse)?,
                words: entry.words("ja", "en")?,
                invariants: entry.list("invariants", is_held)?,
                ground: entry.ground(&known)?,
            })
        })?;
        Ok(Self { sources, models: placed, duties, invariants })
    }

    /// How a model places a body.
    #[must_use]
    pub fn placed(&self, model: Model) -> Option<&Placed> {
        self.models.iter().find(|placed| placed.model == model)
    }

    /// What a model asks, those that were verified first.
    #[must_use]
    pub fn duties_of(&self, model: Model) -> Vec<&ModelDuty> {
        let mut duties: Vec<&ModelDuty> =
            self.duties.iter().filter(|duty| duty.models.contains(&model)).collect();
        duties.sort_by_key(|duty| !duty.ground.is_verified);
        duties
    }

    /// The source of an id.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }
}

/// One entry under way.
struct Entry<'t> {
    kind: &'static str,
    table: &'t Table,
}

fn entries<E>(
    text: &str,
    kind: &'static str,
    read: impl Fn(&Entry<'_>) -> Result<E, CatalogueFault>,
) -> Result<Vec<E>, CatalogueFault> {
    let fault = |why: String| CatalogueFault { entry: kind.to_owned(), why };
    let table: Table = text.parse().map_err(|why: toml::de::Error| fault(why.to_string()))?;
    let list = table.get(kind).and_then(Value::as_array);
    let (mut all, mut ids) = (Vec::new(), BTreeSet::new());
    for value in list.ok_or_else(|| fault("no such list".to_owned()))? {
        let table = value.as_table().ok_or_else(|| fault("no table".to_owned()))?;
        let entry = Entry { kind, table };
        if !ids.insert(entry.id()?) {
            return Err(entry.fault("its id is taken"));
        }
        all.push(read(&entry)?);
    }
    Ok(all)
}

impl Entry<'_> {
    fn fault(&self, why: impl Into<String>) -> CatalogueFault {
        let id = self.table.get("id").and_then(Value::as_str).unwrap_or_default();
        CatalogueFault { entry: format!("{} {id}", self.kind), why: why.into() }
    }

    fn text(&self, key: &str) -> Result<&str, CatalogueFault> {
        let text = self.table.get(key).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).ok_or_else(|| self.fault(format!("no {key}")))
    }

    fn id(&self) -> Result<String, CatalogueFault> {
        let id = self.text("id")?;
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.bytes().all(is_plain) { Ok(id.to_owned()) } else { Err(self.fault("not a plain id")) }
    }

    fn words(&self, ja: &str, en: &str) -> Result<Words, CatalogueFault> {
        Ok(Words { ja: self.text(ja)?.to_owned(), en: self.text(en)?.to_owned() })
    }

    fn yes(&self, key: &str) -> Result<bool, CatalogueFault> {
        let yes = self.table.get(key).and_then(Value::as_bool);
        yes.ok_or_else(|| self.fault(format!("{key} is true or false")))
    }

    fn ground(&self, known: &BTreeSet<&str>) -> Result<Ground, CatalogueFault> {
        let (source, is_verified) = (self.text("source")?, self.yes("verified")?);
        if !known.contains(source) {
            return Err(self.fault(format!("no source {source}")));
        }
        Ok(Ground { source: source.to_owned(), is_verified })
    }

    fn one<W>(&self, key: &str, read: impl Fn(&str) -> Option<W>) -> Result<W, CatalogueFault> {
        let text = self.text(key)?;
        read(text).ok_or_else(|| self.fault(format!("{key}: no {text}")))
    }

    /// The words of a list, each once.
    fn list<W: PartialEq>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Option<W>,
    ) -> Result<Vec<W>, CatalogueFault> {
        let list = self.table.get(key).and_then(Value::as_array);
        let mut all = Vec::new();
        for value in list.ok_or_else(|| self.fault(format!("no list {key}")))? {
            let word = value.as_str().and_then(&read);
            let word = word.ok_or_else(|| self.fault(format!("{key}: no {value}")))?;
            if all.contains(&word) {
                return Err(self.fault(format!("{key}: {value} twice")));
            }
            all.push(word);
        }
        Ok(all)
    }

    /// As [`Entry::list`], of at least one.
    fn all<W: PartialEq>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Option<W>,
    ) -> Result<Vec<W>, CatalogueFault> {
        let all = self.list(key, read)?;
        if all.is_empty() { Err(self.fault(format!("{key} is empty"))) } else { Ok(all) }
    }
}
