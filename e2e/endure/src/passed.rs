//! Holds what crossed against what was sent: everything that was answered is
//! there, once; nothing was handed over without a verdict, and nothing as it
//! came; what lies in the folder lies there once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use town::{Client, Demo};

use crate::crossings::{CAREFUL, OWNER, SENDER, Sheet};
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::proof::patient;

/// Whoever looks, signed in before the first kill.
pub struct Passed {
    journal: Arc<Journal>,
    sheet: Arc<Sheet>,
    auditor: Client,
    operator: Client,
    people: BTreeMap<&'static str, Client>,
}

/// A job that was taken when the program was killed is taken again after its
/// lease of a minute; a later kill may have met it again.
const SETTLED_MAX: Duration = Duration::from_secs(240);
/// What happens to one passage once.
const ONCE: [&str; 6] = [
    "passage.received",
    "passage.held",
    "passage.delivered",
    "passage.refused",
    "passage.quarantined",
    "passage.ended",
];
/// The word that acts in every table of the load.
const ACTS: &str = "=HYPERLINK";

impl Passed {
    /// Signs in whoever looks.
    #[must_use]
    pub fn new(
        demo: &Demo,
        journal: &Arc<Journal>,
        sheet: &Arc<Sheet>,
        people: BTreeMap<&'static str, Client>,
    ) -> Self {
        let client = |login: &str| Client::sign_in(demo, demo.person(login));
        Self {
            journal: journal.clone(),
            sheet: sheet.clone(),
            auditor: client("yoshida.rei"),
            operator: client("yamamoto.akira"),
            people,
        }
    }

    /// The sessions of those who work.
    #[must_use]
    pub const fn people(&self) -> &BTreeMap<&'static str, Client> {
        &self.people
    }

    /// The whole look, without load: waits until everything is decided, then
    /// compares. Returns how many passages there are.
    ///
    /// # Panics
    /// If anything is not as it must be.
    pub fn whole(&self, put: &Path, out: &Path) -> usize {
        let all = self.settled(put, out);
        self.each_once(&all);
        self.folder(&all, out);
        let mut ledger = Ledger::default();
        ledger.read_on(&self.auditor);
        self.ledger(&all, &ledger);
        let system = patient(|| self.operator.get("/api/v1/system"));
        if system.json["failed_jobs"] != serde_json::json!([]) {
            self.journal.complain(format!("jobs failed: {}", system.json["failed_jobs"]));
        }
        let wrong = self.journal.pages().wrong.clone();
        assert!(wrong.is_empty(), "{} things are wrong: {wrong:#?}", wrong.len());
        all.values().map(Vec::len).sum()
    }

    /// Every passage of the load by its name, once nothing waits for the
    /// program any more.
    fn settled(&self, put: &Path, out: &Path) -> BTreeMap<String, Vec<Value>> {
        let start = Instant::now();
        loop {
            let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for login in [SENDER, CAREFUL, OWNER] {
                for passage in everything(&self.people[login], "outbox") {
                    all.entry(text(&passage["name"])).or_default().push(passage);
                }
            }
            let waits = all.values().flatten().filter(|one| one["state"] == "received").count();
            let lying = names(put).len() + names(&put.join(".sekisho")).len();
            let parts = names(&out.join(".sekisho")).len();
            let laid = self.laid(&all);
            let missing = laid.iter().filter(|name| !out.join(name).exists()).count();
            if waits + lying + parts + missing == 0 {
                return all;
            }
            if start.elapsed() > SETTLED_MAX {
                self.journal.complain(format!(
                    "after {SETTLED_MAX:?} {waits} wait, {lying} lie in the folder, {parts} on \
                     their way out, {missing} are not there"
                ));
                return all;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Names of what must lie in the folder out.
    fn laid(&self, all: &BTreeMap<String, Vec<Value>>) -> Vec<String> {
        let lines = self.sheet.lines();
        let theirs = |name: &&String| lines.get(*name).is_some_and(|line| line.login == OWNER);
        let delivered = |name: &&String| all[*name].iter().any(|one| one["state"] == "delivered");
        all.keys().filter(theirs).filter(delivered).cloned().collect()
    }

    fn each_once(&self, all: &BTreeMap<String, Vec<Value>>) {
        for (name, line) in self.sheet.lines().iter() {
            let there = all.get(name).map_or(&[][..], Vec::as_slice);
            let is_promised = line.id.is_some() || line.is_put;
            let is_right = match there {
                [] => !is_promised,
                [one] => line.id.as_ref().is_none_or(|id| one["id"] == id.as_str()),
                _ => false,
            };
            if !is_right {
                self.journal.complain(format!("{name}: {line:?}, there {there:?}"));
            }
            for one in there {
                self.verdict(name, one, line.is_approved);
            }
        }
    }

    /// What is delivered was decided, was changed, and waited for its people.
    fn verdict(&self, name: &str, passage: &Value, is_approved: bool) {
        let decided = &passage["decided"];
        let state = text(&passage["state"]);
        let is_right = match state.as_str() {
            "delivered" => {
                let is_open = decided["wants_look"] == false && decided["wants_approvals"] == 0;
                let is_ruled = !text(&decided["treat_rule"]).is_empty()
                    && !text(&decided["release_rule"]).is_empty();
                let is_changed = decided["sha256"] != passage["sha256"];
                is_open && is_ruled && is_changed && decided["verdict"] == "disarmed"
            }
            // Method ④ would hand over what came: no table and no document of the
            // load is of an unknown type, however its worker ended.
            "held" => {
                let waits = !is_approved && decided["wants_approvals"] == 1;
                waits && decided["verdict"] == "disarmed"
            }
            _ => false,
        };
        if !is_right {
            self.journal.complain(format!("{name} is {state}: {passage}"));
        }
    }

    fn folder(&self, all: &BTreeMap<String, Vec<Value>>, out: &Path) {
        let wanted: BTreeSet<String> = self.laid(all).into_iter().collect();
        let found: BTreeSet<String> = names(out).into_iter().collect();
        if wanted != found {
            let missing: Vec<_> = wanted.difference(&found).collect();
            let foreign: Vec<_> = found.difference(&wanted).collect();
            self.journal.complain(format!("missing {missing:?}, and nobody's {foreign:?}"));
        }
        for name in found {
            let content = std::fs::read_to_string(out.join(&name)).unwrap_or_default();
            if content.lines().any(|line| line.starts_with(ACTS)) {
                self.journal.complain(format!("{name} was laid down as it came: {content}"));
            }
        }
    }

    fn ledger(&self, all: &BTreeMap<String, Vec<Value>>, ledger: &Ledger) {
        let deeds = ledger.deeds();
        for ((action, id), count) in &deeds {
            if *count > 1 && ONCE.contains(&action.as_str()) {
                self.journal.complain(format!("{action} of {id} stands there {count}×"));
            }
        }
        let has = |action: &str, id: &str| deeds.contains_key(&(action.into(), id.into()));
        for passage in all.values().flatten() {
            let id = text(&passage["id"]);
            let is_delivered = passage["state"] == "delivered";
            if !has("passage.received", &id) || has("passage.delivered", &id) != is_delivered {
                self.journal.complain(format!("the ledger says otherwise of {passage}"));
            }
        }
        for complaint in ledger.out_of_turn() {
            self.journal.complain(complaint);
        }
    }

    /// What the page of the system's state warns of.
    #[must_use]
    pub fn alarms(&self) -> Vec<String> {
        let system = patient(|| self.operator.get("/api/v1/system"));
        system.json["alarms"].as_array().into_iter().flatten().map(text).collect()
    }
}

fn everything(client: &Client, which: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let path = format!("/api/v1/passages?box={which}");
    let mut page = path.clone();
    loop {
        let reply = patient(|| client.get(&page));
        assert_eq!(reply.status, 200, "{page}: {}", reply.text);
        all.extend(reply.json["items"].as_array().cloned().unwrap_or_default());
        match reply.json["next"].as_str() {
            Some(next) => page = format!("{path}&after={next}"),
            None => return all,
        }
    }
}

/// The files and claims in a folder, without what is hidden.
fn names(folder: &Path) -> Vec<String> {
    let ours = ["taken", "refused"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !ours.contains(&name.as_str()))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
