//! Which pages are asked by whom, and how long each took.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use anyhow::{Context, Result, ensure};
use base::{BodyId, Timestamp};
use identity::{PersonId, SectionId};
use permits::PermitId;
use store::{Store, Work, args};
use tokio::runtime::Runtime;

use super::desk::Desk;
use super::fill::{self, City};
use super::house::House;
use super::{crowd, peers, takings};

/// Rounds over all pages that are not counted, and that are.
const WARM_UP: usize = 2;
const ROUNDS: usize = 40;

const CISO: &str = "suzuki.keiko";
const CHIEF: &str = "tanaka.hiroshi";
const BUREAU: &str = "takahashi.osamu";
const MANAGER: &str = "ito.sachiko";
const CLERK: &str = "yamada.hanako";
const AUDITOR: &str = "kato.masako";
const OPERATOR: &str = "nakamura.yui";
const PREFECTURE: &str = "kuroda.makoto";

/// A page that somebody looks at.
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) who: &'static str,
    pub(super) path: String,
    /// The least that any program would have to ask for it.
    bare: Bare,
}

/// What a bare program asks: the page's rows along their key, or one row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bare {
    Permits,
    Permit,
    People,
    Person,
    Records,
    Record,
    Sections,
    Bodies,
}

/// How long one page took, in milliseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

/// A page and its figures.
pub(super) struct Seen {
    pub(super) name: &'static str,
    pub(super) who: &'static str,
    pub(super) figures: Figures,
    waits: Vec<f64>,
    pub(super) bytes: usize,
    pub(super) bare_ms: f64,
    pub(super) file_ms: f64,
}

/// All pages, and what else was measured.
pub(super) struct Walked {
    pub(super) pages: Vec<Seen>,
    pub(super) further: String,
}

impl Walked {
    /// Over all pages together.
    pub(super) fn all(&self) -> Figures {
        Figures::of(self.pages.iter().flat_map(|page| page.waits.iter().copied()).collect())
    }
}

impl Figures {
    /// Of waits in milliseconds.
    pub(super) fn of(mut waits: Vec<f64>) -> Self {
        waits.sort_by(f64::total_cmp);
        let at = |share: usize| {
            let place = (waits.len() * share).div_ceil(100).saturating_sub(1);
            waits.get(place).copied().unwrap_or(0.0)
        };
        Self { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

/// Asks every page; at the largest size also a crowd, files and the peers.
pub(super) fn walk(
    runtime: &Runtime,
    house: &mut House,
    word: &str,
    is_whole: bool,
) -> Result<Walked> {
    house.stop()?;
    let places = runtime.block_on(places(house))?;
    let mut pages = pages(&places);
    pages.retain(|page| page.name.contains(word));
    let port = house.start(runtime)?;
    let mut desks = desks(runtime, house, port)?;
    let mut seen = Vec::new();
    for page in &pages {
        let answer = ask(&mut desks, page)?;
        let (name, who, bytes) = (page.name, page.who, answer.len());
        let (figures, waits) = (Figures::default(), Vec::with_capacity(ROUNDS));
        seen.push((Seen { name, who, figures, waits, bytes, bare_ms: 0.0, file_ms: 0.0 }, answer));
    }
    for round in 1..WARM_UP + ROUNDS {
        for (page, (seen, _)) in pages.iter().zip(&mut seen) {
            let desk = desks.get_mut(page.who).context("a desk")?;
            let took = desk.get(&page.path)?.took.as_secs_f64() * 1_000.0;
            if round >= WARM_UP {
                seen.waits.push(took);
            }
        }
    }
    let mut further = String::new();
    if is_whole {
        let _ = write!(further, "{}", crowd::crowd(&mut desks, &pages)?);
        let _ = write!(further, "{}", takings::take(runtime, house, &mut desks)?);
    }
    drop(desks);
    house.stop()?;
    let kinds: Vec<Bare> = pages.iter().map(|page| page.bare).collect();
    let bare = bare(house, &places, &kinds)?;
    let (mut seen, answers): (Vec<Seen>, Vec<Vec<u8>>) = seen.into_iter().unzip();
    let files = peers::files(runtime, &answers)?;
    for (place, page) in seen.iter_mut().enumerate() {
        page.figures = Figures::of(page.waits.clone());
        page.bare_ms = bare.get(&kinds[place]).copied().unwrap_or(0.0);
        page.file_ms = files[place];
    }
    Ok(Walked { pages: seen, further })
}

fn ask(desks: &mut BTreeMap<&'static str, Desk>, page: &Asked) -> Result<Vec<u8>> {
    let answer = desks.get_mut(page.who).context("a desk")?.get(&page.path)?;
    let text = String::from_utf8_lossy(&answer.bytes);
    ensure!(answer.status == 200, "{} {}: {}\n{text}", page.who, page.path, answer.status);
    Ok(answer.bytes)
}

/// Everybody signs in, each at a desk of their own.
fn desks(runtime: &Runtime, house: &House, port: u16) -> Result<BTreeMap<&'static str, Desk>> {
    let (demo, authority) = (house.demo(), house.data().join("tls/ca.pem"));
    let all = [CISO, CHIEF, BUREAU, MANAGER, CLERK, AUDITOR, OPERATOR, PREFECTURE];
    let mut desks = BTreeMap::new();
    for (login, number) in all.into_iter().zip(10_u8..) {
        let mut desk = Desk::at(runtime, &authority, port, Ipv4Addr::new(127, 0, 1, number))?;
        desk.sign_in(demo.person(login))?;
        desks.insert(login, desk);
    }
    Ok(desks)
}

/// What the pages point at.
struct Places {
    body: BodyId,
    permit: PermitId,
    applied: PermitId,
    number: i64,
    made: Timestamp,
    fetched: PermitId,
    person: PersonId,
    kana: String,
    login: String,
    section: SectionId,
    entry: i64,
    at: Timestamp,
}

/// Looks for rows in the middle of everything.
async fn places(house: &House) -> Result<Places> {
    let (store, _) = house.store().await?;
    let city: City = fill::find(&store).await?;
    takings::allow(&store, &city, &[CHIEF, AUDITOR]).await?;
    let mut work = store.read(city.body).await?;
    let number =
        one::<i64>(&mut work, "SELECT number / 2 FROM permit_heads WHERE body = $1").await?;
    let entry = records::head(&mut work).await?.sequence.number() / 2;
    let sql = "SELECT id, made_at FROM permits WHERE body = $1 AND number = $2";
    let mut row = work.row(sql, args![number]).await?.context("a permit")?;
    let (permit, made) = (row.take(0)?, row.take(1)?);
    let sql = "SELECT id, kana, login FROM people WHERE body = $1 AND login >= 'p'
         AND state = 'active' ORDER BY kana, id LIMIT 1 OFFSET $2";
    let people: i64 = one(&mut work, "SELECT count(*) / 3 FROM people WHERE body = $1").await?;
    let mut row = work.row(sql, args![people]).await?.context("a person")?;
    let (person, kana, login) = (row.take(0)?, row.take(1)?, row.take(2)?);
    let applied = "SELECT id FROM permits WHERE body = $1 AND state = 'applied' AND kind = 'export'
         ORDER BY id DESC LIMIT 1";
    let section = "SELECT id FROM sections WHERE body = $1 ORDER BY code DESC LIMIT 1";
    let (applied, section) = (one(&mut work, applied).await?, one(&mut work, section).await?);
    let sql = "SELECT permit, at FROM records WHERE body = $1 AND sequence >= $2
         AND permit IS NOT NULL ORDER BY sequence LIMIT 1";
    let mut row = work.row(sql, args![entry]).await?.context("an entry on a permit")?;
    let (fetched, at) = (row.take(0)?, row.take(1)?);
    drop(work);
    close(store).await;
    let body = city.body;
    Ok(Places {
        body,
        permit,
        applied,
        number,
        made,
        fetched,
        person,
        kana,
        login,
        section,
        entry,
        at,
    })
}

async fn one<T: store::FromValue>(work: &mut Work, sql: &str) -> Result<T> {
    let mut row = work.row(sql, args![]).await?.with_context(|| sql.to_owned())?;
    Ok(row.take(0)?)
}

async fn close(store: Store) {
    store.close().await;
}

fn day(at: Timestamp) -> String {
    at.jst().to_string().chars().take(10).collect()
}

/// Every list and detail page of the frame: its first page, a deep one, each
/// filter, and what is found rarely or never.
fn pages(places: &Places) -> Vec<Asked> {
    let mut all = Vec::new();
    let mut add = |who, name, path: &str, bare| {
        all.push(Asked { name, who, path: path.to_owned(), bare });
    };
    for (who, name) in [
        (CISO, "home, CISO"),
        (CHIEF, "home, chief officer"),
        (BUREAU, "home, bureau of 200 sections"),
        (MANAGER, "home, section manager"),
        (CLERK, "home, busiest clerk"),
        (AUDITOR, "home, audit lead"),
        (OPERATOR, "home, operator"),
        (PREFECTURE, "home, prefecture"),
    ] {
        add(who, name, "/", Bare::Permits);
    }
    of_permits(places, &mut add);
    of_people(places, &mut add);
    of_ledger(places, &mut add);
    add(OPERATOR, "system", "/system", Bare::Person);
    add(CLERK, "my account", "/me", Bare::Person);
    add(CLERK, "files made harmless", "/sanitize", Bare::Person);
    add(PREFECTURE, "bodies of a prefecture", "/bodies", Bare::Bodies);
    all
}

fn of_permits(places: &Places, add: &mut impl FnMut(&'static str, &'static str, &str, Bare)) {
    let deep = format!("/permits?after={}", places.permit);
    let number = format!("/permits?number={}", places.number);
    let day = day(places.made);
    let span = format!("/permits?since={day}&before={day}");
    let rare = format!("/permits?since={day}&kind=api-token&state=active");
    let lists: [(&str, &str, &str); 24] = [
        (CISO, "permits: all", "/permits"),
        (CISO, "permits: deep page", &deep),
        (CISO, "permits: kind", "/permits?kind=exception"),
        (CISO, "permits: state", "/permits?state=active"),
        (CISO, "permits: kind and state", "/permits?kind=lost-factor&state=applied"),
        (CISO, "permits: kind and state, none", "/permits?kind=api-token&state=revoked"),
        (CISO, "permits: mine", "/permits?whose=mine"),
        (CISO, "permits: decided by me", "/permits?whose=decided"),
        (
            CISO,
            "permits: decided by me, kind, none",
            "/permits?whose=decided&kind=api-token&state=ended",
        ),
        (CISO, "permits: number", &number),
        (CISO, "permits: one day", &span),
        (CISO, "permits: since, kind and state", &rare),
        (MANAGER, "permits of a section", "/permits"),
        (MANAGER, "permits of a section: deep", &deep),
        (MANAGER, "permits of a section: state", "/permits?state=applied"),
        (
            MANAGER,
            "permits of a section: decided, none",
            "/permits?whose=decided&kind=deputy&state=revoked",
        ),
        (BUREAU, "permits of 200 sections", "/permits"),
        (BUREAU, "permits of 200 sections: deep", &deep),
        (BUREAU, "permits of 200 sections: kind and state", "/permits?kind=export&state=active"),
        (BUREAU, "permits of 200 sections: one day", &span),
        (CLERK, "own permits", "/permits"),
        (CLERK, "own permits: deep", &deep),
        (CLERK, "own permits: state, none", "/permits?whose=mine&state=revoked"),
        (CLERK, "own permits: kind and state", "/permits?kind=deputy&state=active"),
    ];
    for (who, name, path) in lists {
        add(who, name, path, Bare::Permits);
    }
    for (who, name) in [
        (CISO, "waiting, CISO"),
        (CHIEF, "waiting, chief officer"),
        (MANAGER, "waiting, section manager"),
        (BUREAU, "waiting, bureau of 200 sections"),
    ] {
        add(who, name, "/permits/waiting", Bare::Permits);
    }
    add(CISO, "permit, closed", &format!("/permits/{}", places.permit), Bare::Permit);
    add(CISO, "permit, waiting", &format!("/permits/{}", places.applied), Bare::Permit);
    add(CLERK, "permit: choose a kind", "/permits/new", Bare::Person);
    add(CLERK, "permit: apply for a deputy", "/permits/new/deputy", Bare::Person);
    add(CISO, "API: permits", "/api/v1/permits", Bare::Permits);
    add(CISO, "API: approvals", "/api/v1/approvals", Bare::Permits);
}

fn of_people(places: &Places, add: &mut impl FnMut(&'static str, &'static str, &str, Bare)) {
    let text = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let deep = format!("/people?after={}.{}", places.person, text(&places.kana));
    let common = format!("/people?text={}", text("山田"));
    let rare = format!("/people?text={}", places.login);
    let none = format!("/people?text={}", text("居ない"));
    let section = format!("/people?section={}", places.section);
    let all = format!("/people?section={}&state=left&text={}", places.section, text("子"));
    for (name, path) in [
        ("people: all", "/people"),
        ("people: deep page", &deep),
        ("people: by a common name", &common),
        ("people: by login", &rare),
        ("people: by a name nobody has", &none),
        ("people: section", &section),
        ("people: state", "/people?state=left"),
        ("people: section, state and name", &all),
        ("API: people", "/api/v1/people"),
    ] {
        add(CHIEF, name, path, Bare::People);
    }
    let person = format!("/people/{}", places.person);
    add(CHIEF, "person", &person, Bare::Person);
    add(CHIEF, "person: change", &format!("{person}/edit"), Bare::Person);
    add(CHIEF, "person: see off", &format!("{person}/leave"), Bare::Person);
    add(CHIEF, "person: invite", "/people/new", Bare::Sections);
    add(CHIEF, "people: from a file", "/people/file", Bare::Person);
    add(CHIEF, "sections", "/sections", Bare::Sections);
    add(CHIEF, "section", &format!("/sections/{}", places.section), Bare::Sections);
    add(CHIEF, "API: sections", "/api/v1/sections", Bare::Sections);
}

fn of_ledger(places: &Places, add: &mut impl FnMut(&'static str, &'static str, &str, Bare)) {
    let day = day(places.at);
    let deep = format!("/ledger?after={}-{}", places.at.millis(), places.entry);
    let span = format!("/ledger?since={day}&before={day}");
    let since = format!("/ledger?since={day}&area=permit.");
    let who = format!("/ledger?who={}", places.login);
    let who_since = format!("/ledger?who={CLERK}&since={day}&before={day}");
    let permit = format!("/ledger?permit={}", places.fetched);
    let permit_area = format!("/ledger?permit={}&area=alert.", places.fetched);
    let subject = format!("/api/v1/ledger?subject_kind=permit&subject={}", places.permit);
    let clerk = format!("/ledger?who={CLERK}");
    let clerk_area = format!("/ledger?who={CLERK}&area=permit.");
    let clerk_rare = format!("/ledger?who={CLERK}&area=alert.");
    let manager_rare = format!("/ledger?who={MANAGER}&area=section.");
    let lists: [(&str, &str); 22] = [
        ("ledger: all", "/ledger"),
        ("ledger: deep page", &deep),
        ("ledger: one day", &span),
        ("ledger: an area", "/ledger?area=permit."),
        ("ledger: an area since a day", &since),
        ("ledger: a rare area", "/ledger?area=alert."),
        ("ledger: an area without entries", "/ledger?area=concurrent-post."),
        ("ledger: an action", "/ledger?action=permit.approved"),
        ("ledger: busiest person", &clerk),
        ("ledger: a person", &who),
        ("ledger: busiest person, area", &clerk_area),
        ("ledger: busiest person, rare area", &clerk_rare),
        ("ledger: busiest manager, rare area", &manager_rare),
        ("ledger: busiest person, one day", &who_since),
        ("ledger: a permit", &permit),
        ("ledger: a permit, area, none", &permit_area),
        ("API: ledger", "/api/v1/ledger"),
        ("API: ledger, a subject", &subject),
        ("API: ledger, a kind of subject", "/api/v1/ledger?subject_kind=permit"),
        ("API: ledger, a rare kind of subject", "/api/v1/ledger?subject_kind=section"),
        ("API: ledger, kind of subject, none", "/api/v1/ledger?subject_kind=medium"),
        (
            "API: ledger, kind of subject and action",
            "/api/v1/ledger?subject_kind=session&action=permit.",
        ),
    ];
    for (name, path) in lists {
        add(AUDITOR, name, path, Bare::Records);
    }
    let entry = places.entry;
    add(AUDITOR, "ledger: an entry", &format!("/ledger/{entry}"), Bare::Record);
    add(AUDITOR, "ledger: prove, before", "/ledger/verify", Bare::Record);
    add(AUDITOR, "ledger: write out, before", "/ledger/export", Bare::Record);
}

/// The bare questions, each measured once.
fn bare(house: &House, places: &Places, kinds: &[Bare]) -> Result<BTreeMap<Bare, f64>> {
    let body = places.body;
    let mut all = BTreeMap::new();
    for kind in kinds {
        if all.contains_key(kind) {
            continue;
        }
        let sql = match kind {
            Bare::Permits => {
                format!("SELECT * FROM permits WHERE body = '{body}' ORDER BY id DESC LIMIT 51")
            }
            Bare::Permit => {
                format!("SELECT * FROM permits WHERE body = '{body}' AND id = '{}'", places.permit)
            }
            Bare::People => {
                format!("SELECT * FROM people WHERE body = '{body}' ORDER BY kana, id LIMIT 51")
            }
            Bare::Person => {
                format!("SELECT * FROM people WHERE body = '{body}' AND id = '{}'", places.person)
            }
            Bare::Records => format!(
                "SELECT * FROM records WHERE body = '{body}' ORDER BY sequence DESC LIMIT 51"
            ),
            Bare::Record => format!(
                "SELECT * FROM records WHERE body = '{body}' AND sequence = {}",
                places.entry
            ),
            Bare::Sections => format!("SELECT * FROM sections WHERE body = '{body}' ORDER BY code"),
            Bare::Bodies => "SELECT * FROM bodies ORDER BY code".to_owned(),
        };
        all.insert(*kind, peers::bare(house, &sql)?);
    }
    Ok(all)
}
