//! A town to test in: a prefecture, two municipalities under it, and people of
//! several roles with two factors each.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Random, Secret, Text};
use console::{Console, LedgerKeys, Means, Parts, Settings, StoreCallers};
use factors::webauthn::RelyingParty;
use factors::{Cost, Sealer, TotpSecret};
use identity::bodies::{self, FirstOfficer};
use identity::roles::{self, NewAssignment};
use identity::sessions::{self, Resumed};
use identity::sign_in::{self, First, Second};
use identity::{
    BodyCode, Caller, Gate, GateSettings, Login, NewBody, NewPerson, NewSection, PersonId, Role,
    SectionId, Visitor, enrol, people, sections, set_up,
};
use permits::{Kinds, Permits};
use testbed::Bench;

pub(crate) const ORIGIN: &str = "https://sekisho.midori.example:8443";
pub(crate) const PASSWORD: &str = "kappa ga kawa wo wataru";

/// Somebody who can sign in.
#[derive(Clone)]
pub(crate) struct Resident {
    pub(crate) login: String,
    pub(crate) person: PersonId,
    pub(crate) body: BodyId,
    pub(crate) section: SectionId,
    pub(crate) totp: Arc<TotpSecret>,
}

pub(crate) struct Town {
    pub(crate) bench: Bench,
    pub(crate) console: Console,
    pub(crate) permits: Permits,
    /// The identity provider.
    pub(crate) op: Arc<crate::op::Op>,
    /// 統括情報セキュリティ責任者 of the prefecture.
    pub(crate) prefect: Resident,
    /// 統括情報セキュリティ責任者 of the city.
    pub(crate) chief: Resident,
    /// 情報セキュリティ管理者 of the chief's section.
    pub(crate) manager: Resident,
    /// 職員 of the chief's section.
    pub(crate) clerk: Resident,
    /// 統括情報セキュリティ責任者 of the other city.
    pub(crate) stranger: Resident,
}

/// A town on each database.
pub(crate) async fn towns() -> Vec<Town> {
    let mut towns = Vec::new();
    for house in houses().await {
        towns.push(Town::build(house).await);
    }
    towns
}

/// A console without a body yet, on each database.
pub(crate) async fn houses() -> Vec<House> {
    let migrations: Vec<_> = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        ::permits::MIGRATIONS,
        console::MIGRATIONS,
    ]
    .concat();
    testbed::benches(&migrations).await.into_iter().map(House::build).collect()
}

fn text<const MAX: usize>(words: &str) -> Text<MAX> {
    Text::parse(words).unwrap()
}

fn officer(login: &str, name: &str) -> FirstOfficer {
    FirstOfficer {
        login: Login::parse(login).unwrap(),
        name: text(name),
        kana: text("ミドリ タロウ"),
        section: NewSection { code: text("joho"), name: text("情報政策課"), above: None },
    }
}

fn body(code: &str, name: &str) -> NewBody {
    NewBody { code: BodyCode::parse(code).unwrap(), name: text(name), kana: text("ミドリ") }
}

pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// A console without a body yet.
pub(crate) struct House {
    pub(crate) bench: Bench,
    pub(crate) console: Console,
    gate: Gate,
    permits: Permits,
    op: Arc<crate::op::Op>,
}

impl House {
    fn build(bench: Bench) -> Self {
        let store = bench.store.clone();
        let random: &dyn Random = &*bench.random;
        let sealer = Sealer::parse(Sealer::new_key_line(random).reveal()).unwrap();
        let gate = Gate::new(GateSettings {
            sealer: sealer.clone(),
            cost: Cost::default(),
            party: RelyingParty::new("sekisho.midori.example", "関所", &[ORIGIN]).ok(),
            issuer: "Sekisho".to_owned(),
        });
        let permits =
            Permits::new(Kinds::new([]).unwrap(), [], bench.store.clock().clone()).unwrap();
        let key = records::Key::generate(random);
        let keys = LedgerKeys { trusted: vec![key.public()], signing: key };
        let means =
            Means::default().with(permits.clone()).with(gate.clone()).with(keys).with(sealer);
        let (op, provider) = crate::op::Op::at(bench.clock.clone());
        let means = means.with(provider);
        let console = Console::new(Parts {
            store,
            settings: Settings::new(ORIGIN, "0.0.0"),
            callers: Arc::new(StoreCallers),
            means,
            rooms: Vec::new(),
        })
        .unwrap();
        Self { bench, console, gate, permits, op }
    }
}

impl Town {
    async fn build(house: House) -> Self {
        let House { bench, console, gate, permits, op } = house;
        let store = bench.store.clone();
        let visitor = Visitor::at(HERE);
        let code = set_up::begin(&store).await.unwrap();
        let new = body("130001", "見本県");
        let founded = set_up::finish(
            &store,
            &visitor,
            code.show().reveal(),
            &new,
            &officer("prefect", "県 統子"),
        )
        .await
        .unwrap();
        let prefect = settle(&bench, &gate, founded).await;
        let ruler = caller(&bench, &gate, &prefect).await;
        let city = body("131016", "緑市");
        let founded =
            bodies::found(&store, &ruler, &city, &officer("chief", "緑 太郎")).await.unwrap();
        let chief = settle(&bench, &gate, founded).await;
        let other = body("131024", "青市");
        let founded =
            bodies::found(&store, &ruler, &other, &officer("stranger", "青 次郎")).await.unwrap();
        let stranger = settle(&bench, &gate, founded).await;
        let boss = caller(&bench, &gate, &chief).await;
        let manager = join(&bench, &gate, &boss, &chief, "manager-san", Role::SectionManager).await;
        let clerk = join(&bench, &gate, &boss, &chief, "clerk", Role::Staff).await;
        Self { bench, console, permits, op, prefect, chief, manager, clerk, stranger }
    }

    /// The clock goes on, so that the next one-time code is a new one.
    pub(crate) fn pass(&self, seconds: u64) {
        self.bench.clock.advance(Duration::from_secs(seconds));
    }
}

async fn settle(bench: &Bench, gate: &Gate, founded: bodies::Founded) -> Resident {
    let (person, totp) = enrol_with(bench, gate, &founded.code).await;
    Resident {
        login: founded.officer.login.to_string(),
        person,
        body: founded.body.id,
        section: founded.officer.section,
        totp: Arc::new(totp),
    }
}

async fn enrol_with(bench: &Bench, gate: &Gate, code: &factors::Code) -> (PersonId, TotpSecret) {
    let password = Secret::new(PASSWORD.to_owned());
    let shown = code.show();
    enrol::at_once(&bench.store, gate, &Visitor::at(HERE), shown.reveal(), &password).await.unwrap()
}

/// Invites somebody with a role in the inviter's section.
async fn join(
    bench: &Bench,
    gate: &Gate,
    boss: &Caller,
    near: &Resident,
    login: &str,
    role: Role,
) -> Resident {
    let mut work = bench.store.begin(near.body).await.unwrap();
    let new = NewPerson {
        login: Login::parse(login).unwrap(),
        name: text("山田 花子"),
        kana: text("ヤマダ ハナコ"),
        section: near.section,
    };
    let invited = people::invite(&mut work, boss, &new).await.unwrap();
    let person = invited.person.id;
    let section = Some(near.section);
    let new = NewAssignment { person, role, section, from: None, until: None };
    roles::assign(&mut work, boss, &new).await.unwrap();
    work.commit().await.unwrap();
    let (person, totp) = enrol_with(bench, gate, &invited.code).await;
    Resident {
        login: login.to_owned(),
        person,
        body: near.body,
        section: near.section,
        totp: Arc::new(totp),
    }
}

async fn caller(bench: &Bench, gate: &Gate, resident: &Resident) -> Caller {
    bench.clock.advance(Duration::from_secs(31));
    let visitor = Visitor::at(HERE);
    let password = Secret::new(PASSWORD.to_owned());
    let shown = First::Password { login: resident.login.clone(), password };
    let halfway = sign_in::first(&bench.store, gate, &visitor, &shown).await.unwrap();
    let code = resident.totp.code_at(base::Clock::now(&*bench.clock));
    let token = halfway.token.show();
    let opened = sign_in::second(&bench.store, gate, &visitor, token.reveal(), &Second::Totp(code))
        .await
        .unwrap();
    match sessions::resume(&bench.store, opened.token.show().reveal(), HERE).await.unwrap() {
        Resumed::Live(caller) => caller,
        other @ (Resumed::Ended(_) | Resumed::Unknown) => panic!("{other:?}"),
    }
}

/// The sections of a resident's body.
pub(crate) async fn section_code(town: &Town, resident: &Resident) -> String {
    let mut work = town.bench.store.read(resident.body).await.unwrap();
    sections::find(&mut work, resident.section).await.unwrap().code.to_string()
}
