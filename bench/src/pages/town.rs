//! Sections, people with their roles, and the municipalities beside the city.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use base::{BodyId, Id};
use identity::{BodyCode, PersonId, SectionId};
use store::{Store, Value, Work, args};

use super::fill::{City, Goal};
use super::plan::chance;
use super::rows;

/// Logins of the demo on whom the bench counts.
pub(super) const CISO: &str = "suzuki.keiko";
/// The busiest clerk; the section of this one is as busy.
const CLERK: &str = "yamada.hanako";
/// The bureau under which two of three sections stand.
const BUREAU: &str = "soumu";

/// People in a section, about.
const SECTION_SIZE: i64 = 33;
/// Bodies that the prefecture watches over.
const BODIES: u32 = 60;

const FAMILIES: [(&str, &str); 16] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
];
const GIVEN: [(&str, &str); 12] = [
    ("陽菜", "ヒナ"),
    ("蓮", "レン"),
    ("美咲", "ミサキ"),
    ("大輔", "ダイスケ"),
    ("直子", "ナオコ"),
    ("健一", "ケンイチ"),
    ("裕子", "ユウコ"),
    ("翔太", "ショウタ"),
    ("恵", "メグミ"),
    ("隆", "タカシ"),
    ("智子", "トモコ"),
    ("亮", "リョウ"),
];

/// Who acts in the story.
pub(super) struct People {
    /// The busiest first.
    pub(super) all: Vec<(PersonId, SectionId)>,
    managers: BTreeMap<SectionId, PersonId>,
    pub(super) ciso: PersonId,
}

impl People {
    /// Who decides for a section, never the applicant.
    pub(super) fn decider(&self, section: SectionId, applicant: PersonId) -> PersonId {
        let own = self.managers.get(&section).copied();
        let others = self.managers.values().copied();
        let mut all = own.into_iter().chain([self.ciso]).chain(others);
        all.find(|person| *person != applicant).unwrap_or(self.ciso)
    }
}

/// Adds sections, people and bodies up to a size, and reads them all.
pub(super) async fn fill(store: &Store, city: &City, goal: Goal) -> Result<People> {
    bodies(store, city).await?;
    let mut work = store.begin(city.body).await?;
    let sections = sections(&mut work, city, goal).await?;
    people(&mut work, city, goal, &sections).await?;
    let people = read(&mut work).await?;
    work.commit().await?;
    Ok(people)
}

async fn bodies(store: &Store, city: &City) -> Result<()> {
    let mut across = store.across("the bench adds bodies").await?;
    for number in 100..100 + BODIES {
        let parsed = (0..10).find_map(|digit| BodyCode::parse(&format!("19{number}{digit}")).ok());
        let code = parsed.context("a code")?.to_string();
        let id: BodyId = across.new_id();
        let sql = "INSERT INTO bodies (body, code, name, kana, above, founded_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (code) DO NOTHING";
        let (name, kana) = (format!("第{number}町"), format!("ダイ{number}チョウ"));
        let founded = city.years.start();
        across.run(sql, args![id, &code, &name, &kana, city.prefecture, founded]).await?;
    }
    Ok(across.commit().await?)
}

/// The bench's own sections, the new ones last.
async fn sections(work: &mut Work, city: &City, goal: Goal) -> Result<Vec<SectionId>> {
    let own = "SELECT id FROM sections WHERE body = $1 AND code LIKE 'k%' AND length(code) = 5
         ORDER BY code";
    let found = work.rows(own, args![]).await?;
    let mut all: Vec<SectionId> =
        found.into_iter().map(|mut row| row.take(0)).collect::<Result<_, _>>()?;
    let bureau = "SELECT id FROM sections WHERE body = $1 AND code = $2";
    let mut row = work.row(bureau, args![BUREAU]).await?.context("the bureau")?;
    let bureau: SectionId = row.take(0)?;
    let wanted = usize::try_from(goal.people / SECTION_SIZE)?.max(3);
    let mut new = Vec::new();
    for number in all.len()..wanted {
        let id: SectionId = Id::new(city.years.start(), work.random());
        let above = (number % 3 != 2).then_some(bureau);
        let (code, name) = (format!("k{number:04}"), format!("第{number}課"));
        new.push(args![id, &code, &name, above, 1_i64]);
        all.push(id);
    }
    rows::insert(work, "sections", &["id", "code", "name", "above", "version"], new).await?;
    Ok(all)
}

/// Adds people round the sections. The first in a section is its manager.
async fn people(work: &mut Work, city: &City, goal: Goal, sections: &[SectionId]) -> Result<()> {
    let count = "SELECT count(*) FROM people WHERE body = $1";
    let there: i64 = work.row(count, args![]).await?.context("a count")?.take(0)?;
    let managed = "SELECT section FROM assignments WHERE body = $1 AND role = 'section-manager'
         AND section IS NOT NULL";
    let mut managed: Vec<SectionId> = work
        .rows(managed, args![])
        .await?
        .into_iter()
        .map(|mut row| row.take(0))
        .collect::<Result<_, _>>()?;
    let (mut new, mut roles) = (Vec::new(), Vec::new());
    for number in there..goal.people {
        let id: PersonId = Id::new(city.years.start(), work.random());
        let section = sections[usize::try_from(number)? % sections.len()];
        let is_manager = !managed.contains(&section);
        if is_manager {
            managed.push(section);
            let assignment: Id<()> = Id::new(city.years.start(), work.random());
            roles.push(args![assignment, id, "section-manager", section, city.years.start()]);
        }
        new.push(person(id, number, section, is_manager, city));
    }
    let columns =
        ["id", "login", "name", "kana", "section", "state", "joined_at", "left_at", "version"];
    rows::insert(work, "people", &columns, new).await?;
    rows::insert(work, "assignments", &["id", "person", "role", "section", "from_at"], roles).await
}

fn person(
    id: PersonId,
    number: i64,
    section: SectionId,
    is_manager: bool,
    city: &City,
) -> Vec<Value> {
    let (family, family_kana) = FAMILIES[chance(number, 2, FAMILIES.len())];
    let (given, given_kana) = GIVEN[chance(number, 3, GIVEN.len())];
    let (name, kana) = (format!("{family} {given}"), format!("{family_kana} {given_kana}"));
    let state = match chance(number, 4, 100) {
        0..=2 if !is_manager => "left",
        3..=4 if !is_manager => "invited",
        _ => "active",
    };
    let left = (state == "left").then_some(city.now);
    let login = format!("p{number:05}");
    args![id, &login, &name, &kana, section, state, city.years.start(), left, 1_i64]
}

async fn read(work: &mut Work) -> Result<People> {
    let sql = "SELECT id, section, login FROM people WHERE body = $1 ORDER BY login <> $2, id";
    let (mut all, mut ciso) = (Vec::new(), None);
    for mut row in work.rows(sql, args![CLERK]).await? {
        let id = row.take(0)?;
        if row.take::<String>(2)? == CISO {
            ciso = Some(id);
        }
        all.push((id, row.take(1)?));
    }
    let sql = "SELECT section, person FROM assignments WHERE body = $1
         AND role = 'section-manager' AND section IS NOT NULL AND until_at IS NULL";
    let mut managers = BTreeMap::new();
    for mut row in work.rows(sql, args![]).await? {
        managers.insert(row.take(0)?, row.take(1)?);
    }
    Ok(People { all, managers, ciso: ciso.context("the CISO")? })
}
