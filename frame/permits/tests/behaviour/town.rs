//! A small town for tests: two sections, people of every part, and the permits
//! of the frame.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Clock, Timestamp};
use identity::{Caller, Duty, PersonId, SectionId};
use permits::{Application, Kinds, Mechanism, Permit, Permits};
use records::Origin;
use store::{Migration, Work, args};
use testbed::Bench;

pub const HOUR: Duration = Duration::from_secs(3_600);
pub const DAY: Duration = Duration::from_secs(24 * 3_600);

pub fn migrations() -> Vec<Migration> {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
    ];
    all.into_iter().flatten().copied().collect()
}

/// A body with people. Their names say what they are.
pub struct Town {
    pub bench: Bench,
    pub permits: Permits,
    pub body: BodyId,
    pub tax: SectionId,
    pub welfare: SectionId,
    pub clerk: PersonId,
    pub colleague: PersonId,
    pub tax_head: PersonId,
    pub welfare_head: PersonId,
    pub ciso: PersonId,
    pub chief: PersonId,
    pub system_manager: PersonId,
    pub welfare_clerk: PersonId,
}

/// A town on each kind of database.
pub async fn towns() -> Vec<Town> {
    let mut all = Vec::new();
    for bench in testbed::benches(&migrations()).await {
        all.push(town(bench, Kinds::new([]).unwrap(), Vec::new()).await);
    }
    all
}

pub async fn town(bench: Bench, kinds: Kinds, mechanisms: Vec<Arc<dyn Mechanism>>) -> Town {
    let permits = Permits::new(kinds, mechanisms, bench.clock.clone()).unwrap();
    let body = bench.body();
    let mut across = bench.store.across("make a town").await.unwrap();
    let found =
        "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
    across.run(found, args![body, "131016", "緑市"]).await.unwrap();
    let mut work = across.within(body).await.unwrap();
    let tax = section(&mut work, "tax").await;
    let welfare = section(&mut work, "welfare").await;
    let town = Town {
        clerk: person(&mut work, tax, None, None).await,
        colleague: person(&mut work, tax, None, None).await,
        tax_head: person(&mut work, tax, Some("section-manager"), Some(tax)).await,
        welfare_head: person(&mut work, welfare, Some("section-manager"), Some(welfare)).await,
        ciso: person(&mut work, tax, Some("ciso"), None).await,
        chief: person(&mut work, tax, Some("chief-officer"), None).await,
        system_manager: person(&mut work, welfare, Some("system-manager"), None).await,
        welfare_clerk: person(&mut work, welfare, None, None).await,
        bench,
        permits,
        body,
        tax,
        welfare,
    };
    work.commit().await.unwrap();
    town
}

async fn section(work: &mut Work, code: &str) -> SectionId {
    let id = work.new_id();
    let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
    work.run(sql, args![id, code]).await.unwrap();
    id
}

pub async fn person(
    work: &mut Work,
    section: SectionId,
    role: Option<&str>,
    role_section: Option<SectionId>,
) -> PersonId {
    let id: PersonId = work.new_id();
    let sql = "INSERT INTO people (body, id, login, name, kana, section, state, joined_at, version)
         VALUES ($1, $2, $3, $4, $4, $5, 'active', 0, 1)";
    let login = id.to_string().to_lowercase();
    work.run(sql, args![id, &login, "山田", section]).await.unwrap();
    if let Some(role) = role {
        let sql = "INSERT INTO assignments (body, id, person, role, section, from_at)
             VALUES ($1, $2, $3, $4, $5, 0)";
        let assignment: base::Id<()> = work.new_id();
        work.run(sql, args![assignment, id, role, role_section]).await.unwrap();
    }
    id
}

impl Town {
    pub fn kind(&self) -> &'static str {
        self.bench.kind
    }

    pub fn now(&self) -> Timestamp {
        self.bench.clock.now()
    }

    pub async fn work(&self) -> Work {
        self.bench.store.begin(self.body).await.unwrap()
    }

    pub async fn read(&self) -> Work {
        self.bench.store.read(self.body).await.unwrap()
    }

    /// A person at work, with two factors.
    pub async fn caller(&self, person: PersonId) -> Caller {
        let mut work = self.read().await;
        let origin = Origin::Address([10, 1, 1, 9].into());
        let mut caller = Caller::by_token(&mut work, person, "", Duty::ALL, origin).await.unwrap();
        caller.permit = None;
        caller.factors = 2;
        caller.proved_at = Some(self.now());
        // Their own, also those that no token has.
        caller.duties = identity::roles::duties(&mut work, person).await.unwrap();
        caller
    }

    /// Applies for an export from now on.
    pub fn export(&self, span: Duration) -> Application {
        application(
            "export",
            self.now().plus(span),
            &[
                ("what", "課税台帳の写し"),
                ("destination", "県税事務所"),
                ("medium", "registered-medium"),
                ("personal-data", "my-number"),
            ],
        )
    }

    pub fn exception(&self, limit: &str, value: i64, span: Duration) -> Application {
        let value = value.to_string();
        let fields =
            [("limit", limit), ("value", value.as_str()), ("mitigation", "課長が立ち会う")];
        application("exception", self.now().plus(span), &fields)
    }

    pub fn lost_factor(&self, person: PersonId, span: Duration) -> Application {
        let fields = [("factor", "one-time-code"), ("identified-by", "職員証と対面で確認")];
        let application = application("lost-factor", self.now().plus(span), &fields);
        Application { beneficiary: Some(person), ..application }
    }

    pub fn token(&self, span: Duration) -> Application {
        let fields = [("system", "人事給与"), ("scopes", "apply\nread-permits")];
        application("api-token", self.now().plus(span), &fields)
    }

    pub fn deputy(&self, deputy: PersonId, holder: PersonId, span: Duration) -> Application {
        let holder = holder.to_string();
        let application = application("deputy", self.now().plus(span), &[("holder", &holder)]);
        Application { beneficiary: Some(deputy), ..application }
    }

    /// Applies as one person, approves as another, and commits.
    pub async fn granted(
        &self,
        by: PersonId,
        application: &Application,
        and_by: PersonId,
    ) -> Permit {
        let (applicant, approver) = (self.caller(by).await, self.caller(and_by).await);
        let mut work = self.work().await;
        let applied = self.permits.apply_now(&mut work, &applicant, application).await.unwrap();
        let granted = self
            .permits
            .approve(&mut work, &approver, applied.id, applied.version, None)
            .await
            .unwrap();
        work.commit().await.unwrap();
        granted
    }

    /// A permit as its applicant sees it.
    pub async fn look(&self, permit: &Permit) -> Permit {
        let caller = self.caller(permit.applicant).await;
        let mut work = self.read().await;
        self.permits.find(&mut work, &caller, permit.id).await.unwrap()
    }

    /// True where a permit of a kind is in force for a person.
    pub async fn can(&self, kind: &str, person: PersonId) -> bool {
        let mut work = self.read().await;
        let ask = permits::Ask { kind, person: Some(person), key: None, covers: &[] };
        self.permits.in_force(&mut work, &ask).await.unwrap().is_some()
    }

    /// What the ledger says, oldest first.
    pub async fn ledger(&self) -> Vec<String> {
        let mut work = self.read().await;
        let sql = "SELECT action FROM records WHERE body = $1 ORDER BY sequence";
        let rows = work.rows(sql, args![]).await.unwrap();
        rows.into_iter().map(|mut row| row.take(0).unwrap()).collect()
    }

    /// What the ledger says about one permit, oldest first.
    pub async fn ledger_of(&self, permit: &Permit) -> Vec<String> {
        let mut work = self.read().await;
        let sql = "SELECT action FROM records WHERE body = $1 AND subject_kind = 'permit'
             AND subject = $2 ORDER BY sequence";
        let rows = work.rows(sql, args![permit.id]).await.unwrap();
        rows.into_iter().map(|mut row| row.take(0).unwrap()).collect()
    }
}

pub fn application(kind: &str, ends_at: Timestamp, fields: &[(&str, &str)]) -> Application {
    let scope: BTreeMap<String, String> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Application {
        kind: kind.to_owned(),
        beneficiary: None,
        purpose: "年度末の引継ぎ".to_owned(),
        scope,
        starts_at: None,
        ends_at,
    }
}
