//! Flows as permits, on both databases: what opens one, what closes it, and who
//! may do what. The kernel is left alone here; e2e/town tries real packets.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Clock, Timestamp};
use identity::{BodyCode, Caller, Duty, PersonId, SectionId};
use permits::{Kinds, Permit, PermitError, Permits};
use records::Origin;
use store::{Migration, Work, args};
use testbed::Bench;
use wall_room::flows::{Declared, FLOW, FlowGate, Standing, items};
use wall_room::service::{self, Asked};
use wall_room::{Gate, GateSettings, WallError};

const SITE: &str = include_str!("../../../../examples/midori-city/site.toml");
const HOUR: Duration = Duration::from_secs(3_600);
/// A flow from LGWAN to personal numbers, and one out of them.
const IN: &str = "jumin-renkei";

struct Town {
    bench: Bench,
    permits: Permits,
    gate: Gate,
    body: BodyId,
    clerk: PersonId,
    chief: PersonId,
    manager: PersonId,
}

fn migrations() -> Vec<Migration> {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
        wall_room::MIGRATIONS,
    ];
    all.into_iter().flatten().copied().collect()
}

async fn person(work: &mut Work, section: SectionId, role: &str) -> PersonId {
    let id: PersonId = work.new_id();
    let sql = "INSERT INTO people (body, id, login, name, kana, section, state, joined_at, version)
         VALUES ($1, $2, $3, $4, $4, $5, 'active', 0, 1)";
    let login = id.to_string().to_lowercase();
    work.run(sql, args![id, &login, "山田", section]).await.unwrap();
    let sql = "INSERT INTO assignments (body, id, person, role, section, from_at)
         VALUES ($1, $2, $3, $4, NULL, 0)";
    let assignment: base::Id<()> = work.new_id();
    work.run(sql, args![assignment, id, role]).await.unwrap();
    id
}

async fn towns() -> Vec<Town> {
    let mut all = Vec::new();
    for bench in testbed::benches(&migrations()).await {
        let body = bench.body();
        let mut across = bench.store.across("make a town").await.unwrap();
        let sql =
            "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
        across.run(sql, args![body, "198013", "みどり市"]).await.unwrap();
        let mut work = across.within(body).await.unwrap();
        let section: SectionId = work.new_id();
        let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
        work.run(sql, args![section, "joho"]).await.unwrap();
        let clerk = person(&mut work, section, "staff").await;
        let chief = person(&mut work, section, "chief-officer").await;
        let manager = person(&mut work, section, "system-manager").await;
        work.commit().await.unwrap();
        let site = bench.folder().join("site.toml");
        std::fs::write(&site, SITE).unwrap();
        let code = BodyCode::parse("198013").unwrap();
        let settings = GateSettings { site, body: code, netns: None, apply: false };
        let gate = Gate::open(settings).unwrap();
        gate.body(&bench.store).await.unwrap();
        let mechanism = Arc::new(FlowGate::new(gate.bell()));
        let kinds = Kinds::new([FLOW]).unwrap();
        let permits = Permits::new(kinds, [mechanism as _], bench.clock.clone()).unwrap();
        all.push(Town { bench, permits, gate, body, clerk, chief, manager });
    }
    all
}

impl Town {
    async fn work(&self) -> Work {
        self.bench.store.begin(self.body).await.unwrap()
    }

    async fn caller(&self, person: PersonId) -> Caller {
        let mut work = self.work().await;
        let origin = Origin::Address([10, 1, 1, 9].into());
        let mut caller = Caller::by_token(&mut work, person, "", Duty::ALL, origin).await.unwrap();
        caller.permit = None;
        caller.factors = 2;
        caller.duties = identity::roles::duties(&mut work, person).await.unwrap();
        caller
    }

    fn now(&self) -> Timestamp {
        self.bench.clock.now()
    }

    async fn apply(&self, flow: &str, span: Duration) -> Result<Permit, WallError> {
        let caller = self.caller(self.clerk).await;
        let mut work = self.work().await;
        let asked = Asked { purpose: "連携を始める", ends_at: self.now().plus(span) };
        let permit =
            service::apply(&mut work, &caller, &self.gate, &self.permits, flow, &asked).await?;
        work.commit().await.unwrap();
        Ok(permit)
    }

    async fn open(&self, flow: &str, span: Duration) -> Permit {
        let permit = self.apply(flow, span).await.unwrap();
        let chief = self.caller(self.chief).await;
        let mut work = self.work().await;
        let granted =
            self.permits.approve(&mut work, &chief, permit.id, permit.version, None).await;
        work.commit().await.unwrap();
        granted.unwrap()
    }

    async fn standing(&self, flow: &str) -> Standing {
        let caller = self.caller(self.manager).await;
        let mut work = self.work().await;
        let all = service::flows(&mut work, &caller, &self.gate, &self.permits).await.unwrap();
        let place = self.gate.declared().place(flow).unwrap();
        all[place].standing
    }

    async fn open_flows(&self) -> Vec<String> {
        self.gate.settle(&self.bench.store, &self.permits).await.unwrap();
        let opened = self.gate.opened().borrow().clone();
        opened.flows.iter().map(|flow| flow.name.clone()).collect()
    }

    async fn check(&self, flow: &str, item: &str) -> Result<(), WallError> {
        let manager = self.caller(self.manager).await;
        let mut work = self.work().await;
        service::check(&mut work, &manager, &self.gate, flow, item, "設定を見た").await?;
        work.commit().await.unwrap();
        Ok(())
    }

    /// A flow that needs a list.
    fn out(&self) -> String {
        let declared = self.gate.declared();
        let place = (0..).find(|place| declared.needs_checks(*place)).unwrap();
        declared.site.flows[place].name.clone()
    }

    fn write(&self, site: &str) {
        std::fs::write(&self.gate.settings().site, site).unwrap();
    }
}

#[tokio::test]
async fn a_flow_is_open_from_its_approval_to_its_end() {
    for town in towns().await {
        assert_eq!(town.standing(IN).await, Standing::Closed, "{}", town.bench.kind);
        let permit = town.apply(IN, HOUR).await.unwrap();
        assert_eq!(town.standing(IN).await, Standing::Asked);
        assert!(town.open_flows().await.is_empty());
        assert!(matches!(town.apply(IN, HOUR).await, Err(WallError::AskedBefore)));
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let own = town.permits.approve(&mut work, &clerk, permit.id, permit.version, None).await;
        assert!(matches!(own, Err(PermitError::Approver(_))));
        drop(work);
        let chief = town.caller(town.chief).await;
        let mut work = town.work().await;
        town.permits.approve(&mut work, &chief, permit.id, permit.version, None).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(town.open_flows().await, [IN]);
        assert!(matches!(town.apply(IN, HOUR).await, Err(WallError::AskedBefore)));
        // Late by a sweep, and closed all the same.
        town.bench.clock.advance(HOUR);
        assert!(town.open_flows().await.is_empty());
        assert_eq!(town.standing(IN).await, Standing::Closed);
    }
}

#[tokio::test]
async fn a_clock_set_back_lengthens_nothing_and_one_ahead_ends_what_it_ends() {
    for town in towns().await {
        town.open(IN, HOUR).await;
        assert_eq!(town.open_flows().await, [IN]);
        let until = |town: &Town| town.gate.opened().borrow().flows[0].until;
        let (before, now) = (until(&town), town.now());
        town.bench.clock.jump(now.minus(HOUR * 24));
        assert_eq!(town.open_flows().await, [IN]);
        assert_eq!(until(&town), before);
        town.bench.clock.advance(HOUR);
        assert!(town.open_flows().await.is_empty(), "an hour went by, whatever the clock says");
        town.bench.clock.jump(now.plus(HOUR));
        town.open(IN, HOUR).await;
        town.bench.clock.jump(now.plus(HOUR * 3));
        assert!(town.open_flows().await.is_empty());
        town.bench.clock.jump(now);
        assert!(town.open_flows().await.is_empty(), "and nothing revives");
    }
}

#[tokio::test]
async fn a_permit_is_for_what_was_declared() {
    for town in towns().await {
        town.open(IN, HOUR).await;
        assert_eq!(town.open_flows().await, [IN]);
        town.write(&SITE.replace("port = 8443", "port = 8444"));
        assert!(town.gate.read_again().unwrap());
        assert_eq!(town.standing(IN).await, Standing::Changed);
        assert!(town.open_flows().await.is_empty());
        // A further permit for the new declaration may be asked for at once.
        town.open(IN, HOUR).await;
        assert_eq!(town.open_flows().await, [IN]);
        // A file that is wrong changes nothing.
        town.write("[site]\nbody = 1\n");
        assert!(town.gate.read_again().is_err());
        assert_eq!(town.open_flows().await, [IN]);
    }
}

#[tokio::test]
async fn a_flow_out_of_personal_numbers_needs_its_whole_list() {
    for town in towns().await {
        let out = town.out();
        town.open(&out, HOUR).await;
        assert_eq!(town.standing(&out).await, Standing::Incomplete);
        for item in items() {
            assert!(town.open_flows().await.is_empty(), "without {item}");
            town.check(&out, item).await.unwrap();
            assert!(matches!(town.check(&out, item).await, Err(WallError::Before)));
        }
        assert_eq!(town.open_flows().await, std::slice::from_ref(&out));
        assert!(matches!(town.check(&out, "colour").await, Err(WallError::NoItem)));
        assert!(matches!(town.check(IN, "mac").await, Err(WallError::NoItem)));
        let manager = town.caller(town.manager).await;
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let stands = service::flows(&mut work, &manager, &town.gate, &town.permits).await.unwrap();
        let mac = stands
            .iter()
            .flat_map(|stand| &stand.checks)
            .find(|check| check.item == "mac")
            .unwrap()
            .id;
        let by_clerk = service::withdraw_check(&mut work, &clerk, &town.gate, mac, "誤り").await;
        assert!(matches!(by_clerk, Err(WallError::Identity(_))), "not by anybody");
        service::withdraw_check(&mut work, &manager, &town.gate, mac, "機器を取り替えた")
            .await
            .unwrap();
        work.commit().await.unwrap();
        assert!(town.open_flows().await.is_empty());
        town.check(&out, "mac").await.unwrap();
        assert_eq!(town.open_flows().await, [out]);
    }
}

#[tokio::test]
async fn no_application_goes_beyond_the_last_day_or_a_year() {
    for town in towns().await {
        let declared = town.gate.declared();
        let place = declared.place(IN).unwrap();
        let last = declared.ends_at(place);
        let now = town.now();
        let beyond = last.since(now) + Duration::from_secs(1);
        assert!(matches!(town.apply(IN, beyond).await, Err(WallError::TooLate)));
        town.write(&SITE.replace("ends = 2027-03-31", "ends = 2099-03-31"));
        town.gate.read_again().unwrap();
        let year = Duration::from_secs(367 * 24 * 3_600);
        let long = town.apply(IN, year).await;
        assert!(matches!(long, Err(WallError::Permit(PermitError::TooLong { .. }))), "{long:?}");
        assert!(matches!(town.apply("no-such", HOUR).await, Err(WallError::NoFlow)));
    }
}

#[tokio::test]
async fn nobody_writes_an_application_by_hand() {
    for town in towns().await {
        let caller = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let application = permits::Application {
            kind: "flow".to_owned(),
            beneficiary: None,
            purpose: "急ぎ".to_owned(),
            scope: [("flow".to_owned(), IN.to_owned())].into(),
            starts_at: None,
            ends_at: town.now().plus(HOUR),
        };
        let made = town.permits.apply_now(&mut work, &caller, &application).await;
        assert!(matches!(made, Err(PermitError::Kind)), "{made:?}");
    }
}

/// Everything that an approver judges changes the fingerprint; what is recorded
/// in the program does not.
#[test]
fn the_fingerprint_is_of_all_that_is_judged() {
    let read = |text: &str| Declared::read(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let flow = "[site]\nbody = \"緑市\"\nmodel = \"alpha\"\n\
        [[network]]\nname = \"mn\"\nzone = \"mynumber\"\ninterface = \"mn0\"\nipv4 = \"10.1.0.0/24\"\n\
        [[network]]\nname = \"lg\"\nzone = \"lgwan\"\ninterface = \"lg0\"\nipv4 = \"10.2.0.0/24\"\n\
        [[host]]\nname = \"a\"\nnetwork = \"mn\"\nipv4 = \"10.1.0.10\"\nmac = \"02:00:5e:00:53:01\"\nowner = \"市民課\"\n\
        [[host]]\nname = \"b\"\nnetwork = \"lg\"\nipv4 = \"10.2.0.10\"\nowner = \"情報政策課\"\n\
        [[flow]]\nname = \"f\"\nfrom = \"a\"\nto = \"b\"\nprotocol = \"tcp\"\nport = 8443\n\
        purpose = \"連携\"\nowner = \"税務課\"\nends = 2027-03-31\n";
    let first = read(flow).declaration(0).to_owned();
    assert_eq!(first.len(), 64);
    for (old, new) in [
        ("10.1.0.10\"", "10.1.0.11\""),
        ("02:00:5e:00:53:01", "02:00:5e:00:53:09"),
        ("8443", "8444"),
        ("\"tcp\"", "\"udp\""),
        ("連携", "通知"),
        ("税務課", "福祉課"),
        ("2027-03-31", "2027-04-01"),
        ("mn0", "mn9"),
        ("\"b\"", "\"c\""),
        ("port = 8443", "port = 8443\napplication = \"ssh\""),
    ] {
        let text = flow.replace(old, new);
        assert_ne!(text, flow, "{old}");
        assert_ne!(read(&text).declaration(0), first, "{old} → {new}");
    }
    let checked = flow.to_owned() + "risk-analysis = \"文書1\"\nchecked = [\"mac\"]\n";
    assert_eq!(read(&checked).declaration(0), first);
    assert_ne!(read(&checked).sha256, read(flow).sha256);
}
