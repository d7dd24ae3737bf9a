//! Orders to cut a zone off, and what becomes of them, on both databases: two
//! people or one in an emergency, the report, the end of a permit, notes from the
//! gateway, and restoring. The packet filter is that of a namespace where there
//! is one.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../../../frame/permits/tests/behaviour/town.rs"]
mod town;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base::Timestamp;
use console::Room;
use identity::{BodyCode, Caller, PersonId};
use permits::{Application, Kinds, Permit, PermitError};
use store::Migration;
use tempfile::TempDir;
use town::{DAY, HOUR, Town, application};
use wall_engine::{CUTOFF_TABLE, Picture};
use wall_room::cutoff::note::{Deed, Note, folder};
use wall_room::cutoff::service::{alarms, list, report, restore};
use wall_room::cutoff::{Alarm, Cutoff, Cutoffs, Ordered, zones_cut};
use wall_room::service::Asked;
use wall_room::{Gate, GateSettings, WallError, WallRoom};
use zones::Zone;

const SITE: &str = include_str!("../../engine/tests/kernel/site.toml");
/// The engine's site, with flows that nobody has to guard.
const MORE: &str = r#"
[[flow]]
name = "watch"
from = "renkei-01"
to = "jumin-gw"
protocol = "udp"
port = 5140
purpose = "死活監視"
owner = "情報政策課長"
ends = "2099-12-31"
[[flow]]
name = "reports"
from = "gate-lg"
to = "gate-in"
protocol = "tcp"
port = 6514
relay = "sanitiser"
purpose = "ログ"
owner = "情報政策課長"
ends = "2099-12-31"
"#;

struct Wall {
    town: Town,
    gate: Gate,
    cutoffs: Cutoffs,
    folder: TempDir,
    netns: Option<String>,
}

impl Drop for Wall {
    fn drop(&mut self) {
        if let Some(netns) = &self.netns {
            let _ = Command::new("ip").args(["netns", "del", netns]).output();
        }
    }
}

fn migrations() -> Vec<Migration> {
    town::migrations().into_iter().chain(wall_room::MIGRATIONS.iter().copied()).collect()
}

async fn walls(name: &str) -> Vec<Wall> {
    let mut all = Vec::new();
    for bench in testbed::benches(&migrations()).await {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site.toml");
        std::fs::write(&site, format!("{SITE}{MORE}")).unwrap();
        let netns = format!("cutoffs-{name}-{}-{}", std::process::id(), bench.kind);
        let made = Command::new("ip").args(["netns", "add", &netns]).output();
        let netns = made.is_ok_and(|made| made.status.success()).then_some(netns);
        let gate = Gate::open(GateSettings {
            site,
            body: BodyCode::parse("131016").unwrap(),
            netns: netns.clone(),
            apply: netns.is_some(),
        })
        .unwrap();
        let room = WallRoom::new(Some(gate.clone()));
        let kinds = Kinds::new(room.permit_kinds()).unwrap();
        let town = town::town(bench, kinds, room.mechanisms()).await;
        let wall = Wall { town, gate, cutoffs: Cutoffs::default(), folder, netns };
        wall.gate.settle(&wall.town.bench.store, &wall.town.permits).await.unwrap();
        all.push(wall);
    }
    all
}

impl Wall {
    /// What the keeper does each round.
    async fn round(&mut self) {
        let (store, permits) = (&self.town.bench.store, &self.town.permits);
        self.cutoffs.take_notes(&self.gate, store).await.unwrap();
        permits.settle_all(store).await.unwrap();
        self.gate.settle(store, permits).await.unwrap();
        let opened = self.gate.opened().borrow().clone();
        self.cutoffs.settle(&self.gate, store, permits, &opened).await.unwrap();
    }

    async fn wait(&mut self, span: Duration) {
        self.town.bench.clock.advance(span);
        self.round().await;
    }

    async fn open(&self, flow: &str, ends_at: Timestamp) {
        let (asks, decides) = (self.caller(self.town.clerk).await, self.chief().await);
        let mut work = self.town.work().await;
        let asked = Asked { purpose: "開通", ends_at };
        let permits = &self.town.permits;
        let permit =
            wall_room::service::apply(&mut work, &asks, &self.gate, permits, flow, &asked).await;
        let permit = permit.unwrap();
        permits.approve(&mut work, &decides, permit.id, permit.version, None).await.unwrap();
        work.commit().await.unwrap();
    }

    async fn caller(&self, person: PersonId) -> Caller {
        self.town.caller(person).await
    }

    async fn chief(&self) -> Caller {
        self.caller(self.town.chief).await
    }

    fn order(&self, zone: Zone, span: Duration) -> Application {
        application("cutoff", self.town.now().plus(span), &[("zone", zone.name())])
    }

    async fn at_once(&self, person: PersonId, zone: Zone) -> Result<Permit, PermitError> {
        let caller = self.caller(person).await;
        let mut work = self.town.work().await;
        let order = self.order(zone, 7 * DAY);
        let permit = self.town.permits.start_at_once(&mut work, &caller, &order).await?;
        work.commit().await.unwrap();
        Ok(permit)
    }

    async fn restore(&self, caller: &Caller, zone: Zone) -> Result<Cutoff, WallError> {
        let mut work = self.town.work().await;
        let permits = &self.town.permits;
        let done =
            restore(&mut work, caller, &self.gate, permits, zone, "感染はありませんでした").await?;
        work.commit().await.unwrap();
        Ok(done)
    }

    async fn cut(&self) -> Vec<Zone> {
        zones_cut(&mut self.town.read().await).await.unwrap()
    }

    async fn newest(&self) -> Cutoff {
        let caller = self.chief().await;
        let mut work = self.town.read().await;
        list(&mut work, &caller, &self.gate).await.unwrap().remove(0)
    }

    async fn alarm(&self) -> Vec<Alarm> {
        let found = alarms(&mut self.town.read().await, self.town.now()).await.unwrap();
        found.into_iter().map(|(alarm, _)| alarm).collect()
    }

    fn open_flows(&self) -> Vec<String> {
        let opened = self.gate.opened().borrow().clone();
        let names = opened.flows.iter().filter(|flow| {
            let crossing = opened.declared.site.flows[flow.flow].crossing;
            !opened.cut.contains(&crossing.from()) && !opened.cut.contains(&crossing.to())
        });
        names.map(|flow| flow.name.clone()).collect()
    }

    /// What the kernel holds; nothing where there is none of ours.
    fn kernel(&self) -> Option<Picture> {
        let ruleset = self.netns.as_ref().map(|_| self.gate.kernel().ruleset().unwrap());
        ruleset.map(|ruleset| Picture::read(&ruleset).unwrap())
    }

    /// True where kernel and program agree that something, or nothing, is cut off.
    fn kernel_cuts(&self) -> Option<bool> {
        self.kernel().map(|picture| !picture.of_table(CUTOFF_TABLE).canonical().is_empty())
    }

    async fn said(&self, action: &str) -> usize {
        self.town.ledger().await.iter().filter(|one| *one == action).count()
    }
}

#[tokio::test]
async fn two_people_cut_a_zone_off_and_it_stays_when_their_permit_ends() {
    for mut wall in walls("two").await {
        let far = wall.town.now().plus(200 * DAY);
        wall.open("watch", wall.town.now().plus(10 * DAY)).await;
        wall.open("reports", far).await;
        wall.round().await;
        assert_eq!(wall.open_flows(), ["watch", "reports"]);
        let order = wall.order(Zone::MyNumber, DAY);
        let permit = wall.town.granted(wall.town.clerk, &order, wall.town.chief).await;
        wall.round().await;
        assert_eq!(
            (wall.cut().await, wall.open_flows()),
            (vec![Zone::MyNumber], vec!["reports".to_owned()])
        );
        assert_ne!(wall.kernel_cuts(), Some(false));
        let held = wall.newest().await;
        assert_eq!((held.ordered, held.permit), (Ordered::Approved, Some(permit.id)));
        assert_eq!(wall.alarm().await, [Alarm::Quiet]);
        if wall.netns.is_some() {
            assert_eq!(held.cut_ms, Some(0), "the test's clock stands still");
            assert_eq!(wall.said("zone.cut-off-held").await, 1);
        }
        // The permit ends. Nothing opens, and everybody is told.
        wall.wait(DAY + HOUR).await;
        assert_eq!(wall.town.look(&permit).await.state, permits::State::Closed);
        assert_eq!(
            (wall.cut().await, wall.alarm().await),
            (vec![Zone::MyNumber], vec![Alarm::Lapsed])
        );
        assert_eq!(wall.open_flows(), ["reports"]);
        assert_ne!(wall.kernel_cuts(), Some(false));
        wall.wait(HOUR).await;
        assert_eq!(wall.said("zone.cut-off-lapsed").await, 1, "once");
        // Another permit stands behind the same cut-off.
        let order = wall.order(Zone::MyNumber, 20 * DAY);
        wall.town.granted(wall.town.clerk, &order, wall.town.chief).await;
        wall.round().await;
        assert_eq!((wall.cut().await.len(), wall.alarm().await), (1, vec![Alarm::Quiet]));
        // What ended meanwhile does not come back.
        wall.wait(10 * DAY).await;
        let chief = wall.chief().await;
        let restored = wall.restore(&chief, Zone::MyNumber).await.unwrap();
        assert_eq!(restored.restored_by, Some(wall.town.chief));
        wall.round().await;
        assert_eq!((wall.cut().await, wall.open_flows()), (Vec::new(), vec!["reports".to_owned()]));
        assert_ne!(wall.kernel_cuts(), Some(true));
        assert_eq!(wall.said("permit.revoked").await, 1, "the order ends with it");
        assert_eq!(wall.said("zone.cut-off-lapsed").await, 1, "and is not missed");
        println!("{}: {:?}", wall.town.kind(), wall.newest().await.restored_ms);
    }
}

#[tokio::test]
async fn one_alone_cuts_at_once_and_owes_a_report_and_nothing_opens_by_itself() {
    for mut wall in walls("one").await {
        wall.open("watch", wall.town.now().plus(100 * DAY)).await;
        wall.round().await;
        for nobody in [wall.town.clerk, wall.town.system_manager, wall.town.tax_head] {
            let refused = wall.at_once(nobody, Zone::Lgwan).await;
            assert!(matches!(refused, Err(PermitError::NotAllowed(_))), "{refused:?}");
        }
        let permit = wall.at_once(wall.town.chief, Zone::Lgwan).await.unwrap();
        wall.round().await;
        assert_eq!(
            (wall.cut().await, wall.open_flows()),
            (vec![Zone::Lgwan], Vec::<String>::new())
        );
        assert_eq!(wall.alarm().await, [Alarm::ReportDue]);
        // Nobody confirms it: the order is gone after a day, and the zone stays.
        wall.wait(25 * HOUR).await;
        assert_eq!(wall.town.look(&permit).await.outcome, Some(permits::Outcome::Unconfirmed));
        assert_eq!(
            (wall.cut().await, wall.alarm().await),
            (vec![Zone::Lgwan], vec![Alarm::Lapsed])
        );
        assert!(wall.open_flows().is_empty());
        assert_ne!(wall.kernel_cuts(), Some(false));
        assert_eq!(wall.said("zone.cut-off-lapsed").await, 1);
        assert_eq!(wall.said("zone.cut-off-report-late").await, 1);
        // Restored it is still owed.
        let chief = wall.chief().await;
        wall.restore(&chief, Zone::Lgwan).await.unwrap();
        wall.round().await;
        assert_eq!((wall.cut().await, wall.open_flows()), (Vec::new(), vec!["watch".to_owned()]));
        assert_eq!(wall.alarm().await, [Alarm::ReportLate]);
        let (id, mut work) = (wall.newest().await.id, wall.town.work().await);
        report(&mut work, &chief, &wall.gate, id, "端末1台を調べた").await.unwrap();
        let twice = report(&mut work, &chief, &wall.gate, id, "もう一度").await;
        assert!(matches!(twice, Err(WallError::Before)));
        work.commit().await.unwrap();
        assert!(wall.alarm().await.is_empty());
    }
}

#[tokio::test]
async fn only_a_person_with_the_duty_restores_and_says_why() {
    for mut wall in walls("who").await {
        wall.at_once(wall.town.ciso, Zone::Internet).await.unwrap();
        wall.round().await;
        let mut program = wall.chief().await;
        program.factors = 0;
        let refused = wall.restore(&program, Zone::Internet).await;
        assert!(matches!(refused, Err(WallError::Factors)), "{refused:?}");
        for nobody in [wall.town.clerk, wall.town.system_manager, wall.town.tax_head] {
            let caller = wall.caller(nobody).await;
            let refused = wall.restore(&caller, Zone::Internet).await;
            assert!(matches!(refused, Err(WallError::Identity(_))), "{refused:?}");
        }
        let chief = wall.chief().await;
        let mut work = wall.town.work().await;
        let permits = &wall.town.permits;
        let silent = restore(&mut work, &chief, &wall.gate, permits, Zone::Internet, " ").await;
        assert!(matches!(silent, Err(WallError::Text { .. })), "{silent:?}");
        drop(work);
        let other = wall.restore(&chief, Zone::Lgwan).await;
        assert!(matches!(other, Err(WallError::NotCut)), "{other:?}");
        assert_eq!(wall.cut().await, [Zone::Internet]);
        // Both at once: each by itself.
        wall.at_once(wall.town.ciso, Zone::MyNumber).await.unwrap();
        wall.restore(&chief, Zone::Internet).await.unwrap();
        wall.round().await;
        assert_eq!(wall.cut().await, [Zone::MyNumber]);
    }
}

/// The Board of Audit's findings B8 to B11, for this kind: an end within a
/// month, another person, and that one with the duty.
#[tokio::test]
async fn nobody_orders_without_an_end_or_decides_on_their_own() {
    for wall in walls("findings").await {
        let clerk = wall.caller(wall.town.clerk).await;
        let mut work = wall.town.work().await;
        let long = wall.order(Zone::Lgwan, 31 * DAY + HOUR);
        let refused = wall.town.permits.apply_now(&mut work, &clerk, &long).await;
        assert!(matches!(refused, Err(PermitError::TooLong { .. })), "{refused:?}");
        let mut wrong = wall.order(Zone::Lgwan, DAY);
        wrong.scope.insert("zone".to_owned(), "everything".to_owned());
        let refused = wall.town.permits.apply_now(&mut work, &clerk, &wrong).await;
        assert!(matches!(refused, Err(PermitError::Scope(_))), "{refused:?}");
        let chief = wall.chief().await;
        let order = wall.order(Zone::Lgwan, DAY);
        let own = wall.town.permits.apply_now(&mut work, &chief, &order).await.unwrap();
        let theirs = wall.town.permits.apply_now(&mut work, &clerk, &order).await.unwrap();
        work.commit().await.unwrap();
        let people = [wall.town.clerk, wall.town.colleague, wall.town.tax_head];
        let people = people.into_iter().chain([wall.town.ciso, wall.town.system_manager]);
        for (permit, person) in
            people.map(|person| (&theirs, person)).chain([(&own, wall.town.chief)])
        {
            let caller = wall.caller(person).await;
            let mut work = wall.town.work().await;
            let permits = &wall.town.permits;
            let refused =
                permits.approve(&mut work, &caller, permit.id, permit.version, None).await;
            assert!(refused.is_err(), "{refused:?}");
        }
        assert!(wall.cut().await.is_empty());
    }
}

fn note(wall: &Wall, deed: Deed, zone: Zone) -> Note {
    let (operator, reason) = ("yamada (root)".to_owned(), "夜間の当番".to_owned());
    Note { deed, zone, at: wall.town.now(), operator, reason, took_ms: Some(31) }
}

fn leave(wall: &Wall, note: &Note) -> std::path::PathBuf {
    note.write(&folder(&wall.gate.settings().site)).unwrap()
}

#[tokio::test]
async fn what_was_done_at_the_gateway_is_taken_into_the_ledger_once() {
    for mut wall in walls("notes").await {
        wall.open("watch", wall.town.now().plus(100 * DAY)).await;
        wall.round().await;
        leave(&wall, &note(&wall, Deed::Cut, Zone::MyNumber));
        wall.round().await;
        let held = wall.newest().await;
        assert_eq!((held.ordered, held.cut_ms), (Ordered::Local, Some(31)));
        assert_eq!(held.operator.as_deref(), Some("yamada (root)"));
        assert_eq!(
            (wall.cut().await, wall.alarm().await),
            (vec![Zone::MyNumber], vec![Alarm::ReportDue])
        );
        assert_ne!(wall.kernel_cuts(), Some(false));
        // Another process that begins anew takes it no second time.
        wall.cutoffs = Cutoffs::default();
        wall.round().await;
        assert_eq!(wall.said("zone.cut-off").await, 1);
        wall.town.bench.clock.advance(HOUR);
        leave(&wall, &note(&wall, Deed::Restore, Zone::MyNumber));
        wall.round().await;
        assert_eq!((wall.cut().await, wall.open_flows()), (Vec::new(), vec!["watch".to_owned()]));
        assert_eq!(wall.newest().await.restorer.as_deref(), Some("yamada (root)"));
        assert_eq!(wall.alarm().await, [Alarm::ReportDue], "what one did alone is reported");
        wall.wait(25 * HOUR).await;
        assert_eq!(wall.alarm().await, [Alarm::ReportLate]);
        refuse_strangers(&mut wall).await;
    }
}

/// What is no note, or could be anybody's, does nothing but stand in the ledger.
async fn refuse_strangers(wall: &mut Wall) {
    let file = leave(wall, &note(wall, Deed::Cut, Zone::Lgwan));
    open_to_all(&file);
    let here = folder(&wall.gate.settings().site);
    std::fs::write(here.join("9-x.note.json"), "{\"deed\":\"cut\"}").unwrap();
    std::fs::write(here.join("half"), "").unwrap();
    wall.round().await;
    assert!(wall.cut().await.is_empty());
    assert_eq!(wall.said("zone.note-refused").await, 2);
    assert!(wall.folder.path().exists());
}

fn open_to_all(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o666)).unwrap();
}

#[tokio::test]
async fn where_there_is_no_wall_nobody_believes_that_a_zone_is_cut_off() {
    for bench in testbed::benches(&migrations()).await {
        let room = WallRoom::new(None);
        let kinds = Kinds::new(room.permit_kinds()).unwrap();
        let town = town::town(bench, kinds, room.mechanisms()).await;
        let chief = town.caller(town.chief).await;
        let order = application("cutoff", town.now().plus(DAY), &[("zone", "lgwan")]);
        let mut work = town.work().await;
        let refused = town.permits.start_at_once(&mut work, &chief, &order).await;
        assert!(matches!(refused, Err(PermitError::Mechanism { .. })), "{refused:?}");
    }
}
