//! People of a demo town, each at a desk of their own, and what each kind of
//! permit is applied for with.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use base::Timestamp;
use serde_json::{Value, json};
use town::{Client, Clock, Reply, Town};

/// Signed-in people by login.
pub struct Cast<'a> {
    town: &'a Town,
    clients: BTreeMap<String, Client>,
}

/// A kind of permit as this suite knows it. A kind that is not here fails it.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// The longest that it may last.
    pub hours_max: u64,
    /// Who applies, in the small town of the demo.
    pub applicant: &'static str,
    /// Who decides there.
    pub approver: &'static str,
    /// Who else gains, where an application names somebody.
    pub beneficiary: Option<&'static str>,
}

/// Every kind that there is.
pub const KINDS: [Known; 6] = [
    Known { name: "export", hours_max: 24, applicant: CLERK, approver: MANAGER, beneficiary: None },
    Known {
        name: "lost-factor",
        hours_max: 8,
        applicant: CHIEF,
        approver: MANAGER,
        beneficiary: Some(CLERK),
    },
    Known {
        name: "api-token",
        hours_max: 366 * 24,
        applicant: CLERK,
        approver: CHIEF,
        beneficiary: None,
    },
    Known {
        name: "exception",
        hours_max: 7 * 24,
        applicant: CHIEF,
        approver: CISO,
        beneficiary: None,
    },
    Known {
        name: "deputy",
        hours_max: 30 * 24,
        applicant: MANAGER,
        approver: CISO,
        beneficiary: Some(CLERK),
    },
    Known {
        name: "upload-link",
        hours_max: 30 * 24,
        applicant: CLERK,
        approver: MANAGER,
        beneficiary: None,
    },
];

/// Kinds that only the program itself applies for, when a rule asks for it:
/// nobody applies for one by hand.
pub const PROGRAM_KINDS: [&str; 3] = ["transfer", "flow", "mail-release"];

/// Kinds that begin only where there is a wall to carry them out, which the demo
/// town has not: what they ask is tried in `rooms/wall/room/tests/cutoffs.rs`.
pub const WALL_KINDS: [&str; 1] = ["cutoff"];

/// Every kind that a town knows, sorted.
#[must_use]
pub fn kind_names() -> Vec<&'static str> {
    let mut all: Vec<&str> =
        KINDS.iter().map(|kind| kind.name).chain(PROGRAM_KINDS).chain(WALL_KINDS).collect();
    all.sort_unstable();
    all
}

/// 若葉町's clerk.
pub const CLERK: &str = "abe.nanami";
/// 若葉町's section manager (情報セキュリティ管理者).
pub const MANAGER: &str = "shimizu.go";
/// 若葉町's chief officer (統括情報セキュリティ責任者).
pub const CHIEF: &str = "kimura.toru";
/// 若葉町's CISO.
pub const CISO: &str = "saito.yoko";
/// All of 若葉町.
pub const SMALL_TOWN: [&str; 4] = [CLERK, MANAGER, CHIEF, CISO];

/// An hour.
pub const HOUR: Duration = Duration::from_secs(3_600);

impl<'a> Cast<'a> {
    /// Signs people in, each from an address of their own.
    ///
    /// # Panics
    /// If somebody is not let in.
    #[must_use]
    pub fn new(town: &'a Town, logins: &[&str]) -> Self {
        let mut cast = Self { town, clients: BTreeMap::new() };
        cast.sign_in(logins, None);
        cast
    }

    /// Signs people in at the moment that a clock shows.
    ///
    /// # Panics
    /// If somebody is not let in.
    #[must_use]
    pub fn at(town: &'a Town, logins: &[&str], clock: &Clock) -> Self {
        let mut cast = Self { town, clients: BTreeMap::new() };
        cast.sign_in(logins, Some(clock));
        cast
    }

    /// Signs people in anew at the moment that a clock shows.
    ///
    /// # Panics
    /// If somebody is not let in.
    pub fn sign_in(&mut self, logins: &[&str], clock: Option<&Clock>) {
        for login in logins {
            let account = self.town.demo.person(login);
            let code = clock.map_or_else(|| account.code(), |clock| account.code_at(clock.now()));
            let client = Client::nobody_at(&self.town.demo, self.desk(login));
            self.clients.insert((*login).to_owned(), client.signed_in(account, &code));
        }
    }

    /// Somebody's desk.
    #[must_use]
    pub fn desk(&self, login: &str) -> Ipv4Addr {
        let place = self.town.demo.accounts.iter().position(|account| account.person == login);
        let number = u8::try_from(place.unwrap_or_default()).unwrap_or_default();
        Ipv4Addr::new(127, 0, 7, number.saturating_add(10))
    }

    /// Somebody who has signed in.
    ///
    /// # Panics
    /// If they have not.
    #[must_use]
    pub fn of(&self, login: &str) -> &Client {
        self.clients.get(login).unwrap_or_else(|| unreachable!("{login} is not here"))
    }

    /// Everybody who has signed in.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.clients.iter().map(|(login, client)| (login.as_str(), client))
    }

    /// Somebody's id.
    #[must_use]
    pub fn id(&self, login: &str) -> String {
        text(&self.of(login).get("/api/v1/me").json["person"])
    }

    /// An application of a kind that is right in all but, perhaps, its end.
    #[must_use]
    pub fn application(&self, kind: &Known, ends: Value) -> Value {
        let scope = match kind.name {
            "export" => json!({
                "what": "住民票の統計 1件", "destination": "県統計課",
                "medium": "registered-medium", "personal-data": "none",
            }),
            "lost-factor" => json!({ "factor": "one-time-code", "identified-by": "職員証" }),
            "api-token" => json!({ "system": "監視", "scopes": ["read-permits"] }),
            "exception" => json!({
                "limit": ["export-hours"], "value": 168, "mitigation": "金庫で保管する",
            }),
            "deputy" => json!({ "holder": self.id(kind.applicant) }),
            "upload-link" => json!({
                "receiver": "jumin", "class": "2", "files": 3, "megabytes": 10,
            }),
            other => unreachable!("nobody has looked at permits of the kind {other}"),
        };
        let mut asked = json!({
            "kind": kind.name, "purpose": "監査の検証", "scope": scope, "ends_at": ends,
        });
        if let Some(login) = kind.beneficiary {
            asked["beneficiary"] = self.id(login).into();
        }
        asked
    }

    /// Applies for a permit of a kind as its usual applicant.
    #[must_use]
    pub fn apply(&self, kind: &Known, ends: Timestamp) -> Reply {
        let asked = self.application(kind, ends.to_string().into());
        self.of(kind.applicant).post("/api/v1/permits", &asked)
    }

    /// Approves as somebody.
    #[must_use]
    pub fn approve(&self, login: &str, permit: &Value) -> Reply {
        let body = json!({ "version": permit["version"] });
        self.of(login).post(&deed(permit, "approve"), &body)
    }

    /// A permit as somebody sees it now.
    #[must_use]
    pub fn look(&self, login: &str, permit: &Value) -> Value {
        self.of(login).get(&format!("/api/v1/permits/{}", text(&permit["id"]))).json
    }

    /// Entries of the ledger about a permit, and those of what was done on it.
    #[must_use]
    pub fn ledger_of(&self, reader: &str, permit: &Value) -> Vec<Value> {
        let id = text(&permit["id"]);
        let find = |field| items(&self.of(reader).get(&format!("/api/v1/ledger?{field}={id}")));
        let (mut about, on) = (find("subject"), find("permit"));
        about.extend(on);
        about
    }
}

/// The path of a deed on a permit.
#[must_use]
pub fn deed(permit: &Value, name: &str) -> String {
    format!("/api/v1/permits/{}/{name}", text(&permit["id"]))
}

/// A text of an answer.
#[must_use]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The lines of a list.
///
/// # Panics
/// If the answer is none.
#[must_use]
pub fn items(reply: &Reply) -> Vec<Value> {
    let Some(items) = reply.json["items"].as_array() else {
        unreachable!("no list: {} {}", reply.status, reply.text)
    };
    items.clone()
}

/// What the ledger calls what was done, of its entries.
#[must_use]
pub fn actions(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| text(&entry["action"])).collect()
}
