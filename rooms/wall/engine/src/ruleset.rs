//! Reads what the kernel's packet filter holds: the JSON of `nft -j list
//! ruleset` (libnftables-json(5)), all tables, families and hooks. Tolerant: what
//! is not known is kept as it came, so that a proof can say that it did not
//! understand it.

use std::collections::BTreeMap;

use serde_json::Value;

/// The longest text that is read.
pub const RULESET_BYTES_MAX: usize = 256 << 20;

/// A rule's place in the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleAt {
    /// `inet`, `ip`, `ip6`, `bridge`, `netdev`, `arp`.
    pub family: String,
    /// The table's name.
    pub table: String,
    /// The chain's name.
    pub chain: String,
    /// The rule's handle; none for a chain's policy.
    pub handle: Option<u64>,
    /// What its author wrote beside it.
    pub comment: Option<String>,
}

/// A rule.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) at: RuleAt,
    pub(crate) statements: Vec<Value>,
}

/// Where a base chain hangs.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) accepts: bool,
}

/// A chain with its rules in order.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) at: RuleAt,
    pub(crate) hook: Option<Hook>,
    pub(crate) kind: String,
    pub(crate) rules: Vec<Rule>,
}

/// Everything that the packet filter holds.
#[derive(Clone, Debug, Default)]
pub struct Ruleset {
    pub(crate) chains: BTreeMap<(String, String, String), Chain>,
    /// Elements of sets and maps.
    pub(crate) sets: BTreeMap<(String, String, String), Vec<Value>>,
    /// Names of objects of kinds that are not followed, with where they are.
    pub(crate) others: Vec<(String, RuleAt)>,
}

/// Why a ruleset was not read.
#[derive(Debug, thiserror::Error)]
pub enum RulesetError {
    /// More than [`RULESET_BYTES_MAX`].
    #[error("the ruleset is too long")]
    TooLong,
    /// Not the JSON of `nft`.
    #[error("not what nft -j list ruleset writes: {0}")]
    Json(#[from] serde_json::Error),
    /// No list `nftables` in it.
    #[error("not what nft -j list ruleset writes: no list nftables")]
    Shape,
}

impl Ruleset {
    /// Reads the JSON of `nft -j list ruleset`.
    ///
    /// # Errors
    /// If it is none. Objects in it that are not known are no error: a proof
    /// over them is not complete and says so.
    pub fn read(json: &str) -> Result<Self, RulesetError> {
        if json.len() > RULESET_BYTES_MAX {
            return Err(RulesetError::TooLong);
        }
        let value: Value = serde_json::from_str(json)?;
        let list = value.get("nftables").and_then(Value::as_array).ok_or(RulesetError::Shape)?;
        let mut ruleset = Self::default();
        for object in list {
            for (kind, body) in object.as_object().into_iter().flatten() {
                ruleset.take(kind, body);
            }
        }
        Ok(ruleset)
    }

    /// True where a chain's table holds a rule that sends packets another way.
    pub(crate) fn steers(&self, chain: &Chain) -> bool {
        let same = self
            .chains
            .values()
            .filter(|one| (&one.at.family, &one.at.table) == (&chain.at.family, &chain.at.table));
        let mut statements = same.flat_map(|one| &one.rules).flat_map(|rule| &rule.statements);
        statements.any(|one| {
            let word = one.as_object().and_then(|one| one.keys().next());
            word.is_some_and(|word| ["tproxy", "redirect", "mangle"].contains(&word.as_str()))
        })
    }

    fn take(&mut self, kind: &str, body: &Value) {
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = RuleAt {
            family: text("family"),
            table: text("table"),
            chain: text("chain"),
            handle: body.get("handle").and_then(Value::as_u64),
            comment: body.get("comment").and_then(Value::as_str).map(str::to_owned),
        };
        let key = |name: String| (at.family.clone(), at.table.clone(), name);
        match kind {
            "metainfo" | "table" => {}
            "chain" => {
                let hook = body
                    .get("hook")
                    .map(|_| Hook { name: text("hook"), accepts: text("policy") != "drop" });
                let name = text("name");
                let at = RuleAt { chain: name.clone(), handle: None, ..at.clone() };
                let chain = Chain { at, hook, kind: text("type"), rules: Vec::new() };
                self.chains.insert(key(name), chain);
            }
            "rule" => {
                let statements =
                    body.get("expr").and_then(Value::as_array).cloned().unwrap_or_default();
                let rule = Rule { at: at.clone(), statements };
                match self.chains.get_mut(&key(text("chain"))) {
                    Some(chain) => chain.rules.push(rule),
                    None => self.others.push(("rule without chain".to_owned(), at)),
                }
            }
            "set" | "map" => {
                let elements =
                    body.get("elem").and_then(Value::as_array).cloned().unwrap_or_default();
                self.sets.insert(key(text("name")), elements);
            }
            // They count and limit; a rule that uses one is seen there.
            "counter" | "quota" | "limit" | "ct timeout" | "ct expectation" => {}
            other => self.others.push((other.to_owned(), at)),
        }
    }
}
