//! A body's ledger as its auditor reads it, page by page.

use std::collections::BTreeMap;

use serde_json::Value;
use town::Client;

/// The entries by their place.
#[derive(Default)]
pub struct Ledger(BTreeMap<i64, Value>);

impl Ledger {
    /// Reads what is new.
    ///
    /// # Panics
    /// If a page cannot be read, or a place is empty.
    pub fn read_on(&mut self, auditor: &Client) {
        let newest = self.0.keys().next_back().copied().unwrap_or(0);
        let mut path = "/api/v1/ledger".to_owned();
        loop {
            let reply = crate::proof::patient(|| auditor.get(&path));
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            let items = reply.json["items"].as_array().cloned().unwrap_or_default();
            let mut is_known = false;
            for entry in items {
                let place = entry["sequence"].as_i64().unwrap_or(0);
                is_known |= place <= newest;
                self.0.insert(place, entry);
            }
            match reply.json["next"].as_str() {
                Some(next) if !is_known => path = format!("/api/v1/ledger?after={next}"),
                Some(_) | None => break,
            }
        }
        let last = self.0.keys().next_back().copied().unwrap_or(0);
        assert_eq!(self.0.len() as i64, last, "a place of the ledger is empty");
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True before the first reading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How often each action was done to each subject.
    #[must_use]
    pub fn deeds(&self) -> BTreeMap<(String, String), u64> {
        self.count(|entry| Some((text(&entry["action"]), text(&entry["subject"]))))
    }

    /// How often each file was treated, by the hash of what was sent.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, u64> {
        self.count(|entry| {
            let is_file = entry["action"] == "file.treated";
            is_file.then(|| text(&entry["details"]["sha256-in"]))
        })
    }

    /// Passages of which something stands there before what it rests on: handed
    /// over before it was delivered, delivered without a verdict, without rules
    /// or before the approvals that it waited for.
    #[must_use]
    pub fn out_of_turn(&self) -> Vec<String> {
        let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut wrong = Vec::new();
        for entry in self.0.values() {
            let (action, id) = (text(&entry["action"]), text(&entry["subject"]));
            let before = seen.entry(id.clone()).or_default();
            let has = |action: &str| before.iter().any(|one| one == action);
            let details = &entry["details"];
            let is_ruled = ["verdict", "treat-rule", "release-rule"]
                .iter()
                .all(|key| !text(&details[*key]).is_empty());
            let is_right = match action.as_str() {
                "passage.held" => has("passage.received") && is_ruled,
                "passage.delivered" => {
                    let is_free = !has("passage.held") || has("passage.approved");
                    has("passage.received") && is_ruled && is_free
                }
                "passage.fetched" => has("passage.delivered"),
                "passage.approved" => has("passage.held"),
                _ => true,
            };
            if !is_right {
                wrong.push(format!("{action} of {id} stands after {before:?} only: {entry}"));
            }
            before.push(action);
        }
        wrong
    }

    /// How often each person did something.
    #[must_use]
    pub fn by_actor(&self, action: &str) -> BTreeMap<String, u64> {
        self.count(|entry| (entry["action"] == action).then(|| text(&entry["actor"])))
    }

    fn count<K: Ord>(&self, key: impl Fn(&Value) -> Option<K>) -> BTreeMap<K, u64> {
        let mut counts = BTreeMap::new();
        for entry in self.0.values() {
            if let Some(key) = key(entry) {
                *counts.entry(key).or_default() += 1;
            }
        }
        counts
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
