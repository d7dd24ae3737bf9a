//! A prefecture and a town with a few people, made through the services only.

use std::net::IpAddr;
use std::time::Duration;

use base::{BodyId, Secret, Text, Timestamp};
use factors::webauthn::RelyingParty;
use factors::{Cost, Sealer, TotpSecret};
use identity::bodies::FirstOfficer;
use identity::roles::NewAssignment;
use identity::sessions::{self, Resumed};
use identity::sign_in::{First, Second, SignedIn};
use identity::{
    BodyCode, Caller, Gate, GateSettings, Login, NewBody, NewPerson, NewSection, PersonId, Role,
    SectionId, SignInError, Visitor, bodies, enrol, people, proof, roles, sections, set_up,
    sign_in,
};
use store::Migration;
use testbed::Bench;

pub const PASSWORD: &str = "korekara mo yoroshiku 7";
pub const HOST: &str = "sekisho.example.jp";
pub const DESK: &str = "10.1.0.5";

pub struct Town {
    pub bench: Bench,
    pub gate: Gate,
    pub prefecture: Member,
    pub officer: Member,
    pub section: SectionId,
}

/// A person with what they know and have.
pub struct Member {
    pub person: PersonId,
    pub body: BodyId,
    pub login: String,
    pub secret: TotpSecret,
}

pub fn migrations() -> Vec<Migration> {
    [records::MIGRATIONS, identity::MIGRATIONS].concat()
}

/// A town on each kind of database.
pub async fn towns() -> Vec<Town> {
    let mut towns = Vec::new();
    for bench in testbed::benches(&migrations()).await {
        towns.push(Town::build(bench).await);
    }
    towns
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::parse(text).unwrap()
}

pub fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub fn at(address: &str) -> Visitor {
    Visitor::at(address.parse::<IpAddr>().unwrap())
}

pub fn body(code: &str, name: &str) -> NewBody {
    NewBody { code: BodyCode::parse(code).unwrap(), name: text(name), kana: text("ミドリ") }
}

pub fn first_officer(login: &str) -> FirstOfficer {
    FirstOfficer {
        login: Login::parse(login).unwrap(),
        name: text("統括 太郎"),
        kana: text("トウカツ タロウ"),
        section: NewSection { code: text("100"), name: text("情報政策課"), above: None },
    }
}

pub fn gate(bench: &Bench) -> Gate {
    let key = Sealer::new_key_line(&*bench.random);
    let origin = format!("https://{HOST}:8443");
    Gate::new(GateSettings {
        sealer: Sealer::parse(key.reveal()).unwrap(),
        cost: Cost::default(),
        party: Some(RelyingParty::new(HOST, "関所", &[&origin]).unwrap()),
        issuer: "Sekisho".to_owned(),
    })
}

impl Town {
    pub async fn build(bench: Bench) -> Self {
        let gate = gate(&bench);
        let store = &bench.store;
        let code = set_up::begin(store).await.unwrap();
        let founded = set_up::finish(
            store,
            &at(DESK),
            code.show().reveal(),
            &body("110001", "みどり県"),
            &first_officer("ken.taro"),
        )
        .await
        .unwrap();
        let prefecture =
            member(&bench, &gate, founded.body.id, "ken.taro", founded.code.show().reveal()).await;
        let caller = sign_in(&bench, &gate, &prefecture, DESK).await;
        let founded =
            bodies::found(store, &caller, &body("112089", "緑市"), &first_officer("shi.taro"))
                .await
                .unwrap();
        let officer =
            member(&bench, &gate, founded.body.id, "shi.taro", founded.code.show().reveal()).await;
        let section = founded.officer.section;
        Self { bench, gate, prefecture, officer, section }
    }

    pub fn kind(&self) -> &'static str {
        self.bench.kind
    }

    pub fn body(&self) -> BodyId {
        self.officer.body
    }

    pub fn now(&self) -> Timestamp {
        base::Clock::now(&*self.bench.clock)
    }

    pub fn wait(&self, seconds: u64) {
        self.bench.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn caller(&self, member: &Member) -> Caller {
        sign_in(&self.bench, &self.gate, member, DESK).await
    }

    /// The first officer, signed in.
    pub async fn chief(&self) -> Caller {
        self.caller(&self.officer).await
    }

    pub async fn invite(&self, chief: &Caller, login: &str) -> people::Invited {
        self.invite_into(chief, login, self.section).await
    }

    pub async fn invite_into(
        &self,
        chief: &Caller,
        login: &str,
        section: SectionId,
    ) -> people::Invited {
        let mut work = self.bench.store.begin(self.body()).await.unwrap();
        let new = NewPerson {
            login: Login::parse(login).unwrap(),
            name: text("山田 花子"),
            kana: text("ヤマダ ハナコ"),
            section,
        };
        let invited = people::invite(&mut work, chief, &new).await.unwrap();
        work.commit().await.unwrap();
        invited
    }

    /// Invites and enrols.
    pub async fn join(&self, chief: &Caller, login: &str) -> Member {
        let invited = self.invite(chief, login).await;
        member(&self.bench, &self.gate, self.body(), login, invited.code.show().reveal()).await
    }

    pub async fn assign(&self, chief: &Caller, person: PersonId, role: Role) {
        let mut work = self.bench.store.begin(self.body()).await.unwrap();
        let new = NewAssignment { person, role, section: None, from: None, until: None };
        roles::assign(&mut work, chief, &new).await.unwrap();
        work.commit().await.unwrap();
    }

    pub async fn open_section(&self, chief: &Caller, code: &str) -> SectionId {
        let mut work = self.bench.store.begin(self.body()).await.unwrap();
        let new = NewSection { code: text(code), name: text("税務課"), above: None };
        let section = sections::open(&mut work, chief, &new).await.unwrap();
        work.commit().await.unwrap();
        section.id
    }

    /// Signs in with password and app from a place.
    pub async fn enter(&self, member: &Member, visitor: &Visitor) -> Result<SignedIn, SignInError> {
        self.wait(30);
        enter(&self.bench, &self.gate, member, visitor).await
    }

    pub async fn first(
        &self,
        visitor: &Visitor,
        login: &str,
        password: &str,
    ) -> Result<sign_in::Halfway, SignInError> {
        let shown = First::Password { login: login.to_owned(), password: secret(password) };
        sign_in::first(&self.bench.store, &self.gate, visitor, &shown).await
    }

    pub async fn second(
        &self,
        visitor: &Visitor,
        halfway: &str,
        shown: &Second,
    ) -> Result<SignedIn, SignInError> {
        sign_in::second(&self.bench.store, &self.gate, visitor, halfway, shown).await
    }

    pub async fn resume(&self, signed_in: &SignedIn, address: &str) -> Resumed {
        let token = signed_in.token.show();
        sessions::resume(&self.bench.store, token.reveal(), address.parse().unwrap()).await.unwrap()
    }

    /// The same caller after showing the code of the app again.
    pub async fn proved(&self, member: &Member, caller: &Caller) -> Caller {
        let (store, gate) = (&self.bench.store, &self.gate);
        proof::show(store, gate, caller, &at(DESK), &self.totp(member)).await.unwrap();
        let mut caller = caller.clone();
        caller.proved_at = Some(self.now());
        caller
    }

    /// How often an action stands in the town's ledger.
    pub async fn recorded(&self, action: &str) -> i64 {
        let mut work = self.bench.store.read(self.body()).await.unwrap();
        let row = work
            .row(
                "SELECT COUNT(*) FROM records WHERE body = $1 AND action = $2",
                store::args![action],
            )
            .await
            .unwrap();
        row.unwrap().take(0).unwrap()
    }

    pub fn totp(&self, member: &Member) -> Second {
        Second::Totp(member.secret.code_at(self.now()))
    }
}

pub async fn member(bench: &Bench, gate: &Gate, body: BodyId, login: &str, code: &str) -> Member {
    let (person, totp) =
        enrol::at_once(&bench.store, gate, &at(DESK), code, &secret(PASSWORD)).await.unwrap();
    Member { person, body, login: login.to_owned(), secret: totp }
}

pub async fn enter(
    bench: &Bench,
    gate: &Gate,
    member: &Member,
    visitor: &Visitor,
) -> Result<SignedIn, SignInError> {
    let shown = First::Password { login: member.login.clone(), password: secret(PASSWORD) };
    let halfway = sign_in::first(&bench.store, gate, visitor, &shown).await?;
    let typed = Second::Totp(member.secret.code_at(base::Clock::now(&*bench.clock)));
    let token = halfway.token.show();
    sign_in::second(&bench.store, gate, visitor, token.reveal(), &typed).await
}

pub async fn sign_in(bench: &Bench, gate: &Gate, member: &Member, address: &str) -> Caller {
    bench.clock.advance(Duration::from_secs(30));
    let signed_in = enter(bench, gate, member, &at(address)).await.unwrap();
    let token = signed_in.token.show();
    match sessions::resume(&bench.store, token.reveal(), address.parse().unwrap()).await.unwrap() {
        Resumed::Live(caller) => caller,
        other => panic!("{other:?}"),
    }
}
