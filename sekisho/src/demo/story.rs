//! What happened in the example town until now: founding, joining, three weeks
//! of permits, and what waits today.

mod flows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base::{BodyId, Clock, ManualClock, Text, Timestamp};
use factors::Code;
use identity::bodies::{self, FirstOfficer, Founded};
use identity::roles::{self, NewAssignment};
use identity::{
    BodyCode, Login, NewBody, NewPerson, NewSection, Visitor, people, sections, set_up,
};
use permits::{Application, Permit};
use store::{Settings, Store};
use wall_room::{Gate, WallRoom};

use super::Account;
use super::cast::Cast;
use super::town::{CITY, Member, PREFECTURE, Reach, TOWN, Town};
use crate::config::Config;
use crate::house::{House, Keys};
use crate::{place, wiring};

/// The story begins so many days ago, at nine in the morning in Japan.
const DAYS: u64 = 21;
const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

/// Tells the whole story and returns the accounts: the city's first.
pub(super) async fn tell(
    house: &House,
    config: &Config,
    keys: &Keys,
    origin: &str,
) -> Result<Vec<Account>> {
    let now = house.clock.now();
    let start = now.minus(DAY * u32::try_from(DAYS)?).day_start_jst().plus(HOUR * 9);
    let clock = Arc::new(ManualClock::at(start));
    let address = place::database(config, &house.folder)?;
    let settings = Settings { address, clock: clock.clone(), random: house.random.clone() };
    let store = Store::open(settings).await?;
    // Flows of the example site, where the demo shows that site.
    let shown = match &config.wall {
        Some(_) => None,
        None => Some(super::wall(&house.folder, now)?),
    };
    let wall = wiring::wall(shown.as_ref())?;
    let rooms: [Arc<dyn console::Room>; 1] = [Arc::new(WallRoom::new(wall.clone()))];
    let permits = wiring::permits(&rooms, clock.clone())?;
    let gate = wiring::gate(house.keys()?.sealer, &config.name, origin)?;
    let cast = Cast::new(store.clone(), gate, permits, clock);
    let mut story = Story { cast, house, start, now, wall };
    story.found().await?;
    story.flows().await?;
    story.past().await?;
    story.today().await?;
    story.flows_today().await?;
    story.sign(keys).await?;
    let mut accounts = story.cast.accounts();
    store.close().await;
    let order = [CITY, PREFECTURE, TOWN];
    let logins = order.iter().flat_map(|town| town.people).map(|member| member.login);
    Ok(logins.filter_map(|login| accounts.remove(login)).collect())
}

struct Story<'a> {
    cast: Cast,
    house: &'a House,
    start: Timestamp,
    now: Timestamp,
    /// The wall of the city, where it is shown.
    wall: Option<Gate>,
}

/// An application in few words.
struct Wish<'a> {
    kind: &'a str,
    purpose: &'a str,
    scope: Vec<(&'a str, &'a str)>,
    lasts: Duration,
}

impl Story<'_> {
    async fn day(&self, day: u32, hour: u32) -> Result<()> {
        self.cast.wait_until(self.start.plus(DAY * day + HOUR * hour)).await
    }

    async fn found(&mut self) -> Result<()> {
        let (new, officer) = founding(&PREFECTURE)?;
        let code = set_up::begin(&self.cast.store).await?;
        let visitor = Visitor::at([10, 19, 1, 1].into());
        let text = code.show();
        let founded =
            set_up::finish(&self.cast.store, &visitor, text.reveal(), &new, &officer).await?;
        self.settle_in(&PREFECTURE, founded).await?;
        for town in [&CITY, &TOWN] {
            let caller = self.cast.caller(PREFECTURE.people[0].login).await?;
            let (new, officer) = founding(town)?;
            let founded = bodies::found(&self.cast.store, &caller, &new, &officer).await?;
            self.settle_in(town, founded).await?;
        }
        Ok(())
    }

    /// The first officer enrols, opens the sections, invites everybody and gives
    /// them their roles; then they enrol.
    async fn settle_in(&mut self, town: &Town, founded: Founded) -> Result<()> {
        let body = founded.body.id;
        let Some(officer) = town.people.first() else { return Ok(()) };
        self.enrol(town, officer, body, &founded.code).await?;
        let (caller, mut work) = self.cast.act(officer.login).await?;
        let first = officer_section(town)?;
        self.cast.sections.insert((body, first.0), founded.officer.section);
        for (code, name, above) in town.sections.iter().filter(|section| section.0 != first.0) {
            let above = above.and_then(|above| self.cast.sections.get(&(body, above)).copied());
            let new = NewSection { code: Text::parse(code)?, name: Text::parse(name)?, above };
            let section = sections::open(&mut work, &caller, &new).await?;
            self.cast.sections.insert((body, code), section.id);
        }
        let mut invited = Vec::new();
        for member in town.people.iter().skip(1) {
            let section = self.section(body, member.section)?;
            let new = NewPerson {
                login: Login::parse(member.login)?,
                name: Text::parse(member.name)?,
                kana: Text::parse(member.kana)?,
                section,
            };
            let one = people::invite(&mut work, &caller, &new)
                .await
                .with_context(|| format!("{} is invited", member.login))?;
            for (role, reach) in member.roles {
                let section = (*reach == Reach::Own).then_some(section);
                let new = NewAssignment {
                    person: one.person.id,
                    role: *role,
                    section,
                    from: None,
                    until: None,
                };
                roles::assign(&mut work, &caller, &new)
                    .await
                    .with_context(|| format!("{} becomes {}", member.login, role.name()))?;
            }
            invited.push((member, one.code));
        }
        work.commit().await?;
        for (member, code) in invited {
            self.enrol(town, member, body, &code).await?;
        }
        Ok(())
    }

    fn section(&self, body: BodyId, code: &'static str) -> Result<identity::SectionId> {
        self.cast.sections.get(&(body, code)).copied().with_context(|| format!("no section {code}"))
    }

    async fn enrol(
        &mut self,
        town: &Town,
        member: &Member,
        body: BodyId,
        code: &Code,
    ) -> Result<()> {
        let section = town.sections.iter().find(|section| section.0 == member.section);
        let roles: Vec<String> =
            member.roles.iter().map(|(role, _)| role.name().to_owned()).collect();
        let account = Account {
            person: member.login.to_owned(),
            name: member.name.to_owned(),
            role: roles.first().cloned().unwrap_or_default(),
            roles,
            section: section.map(|section| section.1.to_owned()).unwrap_or_default(),
            body: town.name.to_owned(),
            body_code: town.code.to_owned(),
            password: Code::new(&*self.house.random).show().reveal().clone(),
            totp_secret: String::new(),
        };
        self.cast.enrol(body, code, account, member.login).await
    }

    /// Hands an application in.
    async fn apply(&self, login: &str, wish: &Wish<'_>) -> Result<Permit> {
        let (caller, mut work) = self.cast.act(login).await?;
        let permit = self.cast.permits.apply_now(&mut work, &caller, &self.application(wish)).await;
        let permit = permit.with_context(|| format!("{login} applies for {}", wish.kind))?;
        work.commit().await?;
        Ok(permit)
    }

    fn application(&self, wish: &Wish<'_>) -> Application {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Application {
            kind: wish.kind.to_owned(),
            beneficiary: None,
            purpose: wish.purpose.to_owned(),
            scope: wish.scope.iter().map(text).collect::<BTreeMap<_, _>>(),
            starts_at: None,
            ends_at: self.cast.clock.now().plus(wish.lasts),
        }
    }

    async fn approve(&self, login: &str, permit: &Permit, note: Option<&str>) -> Result<Permit> {
        let (caller, mut work) = self.cast.act(login).await?;
        let permits = &self.cast.permits;
        let approved = permits.approve(&mut work, &caller, permit.id, permit.version, note).await;
        let approved = approved.with_context(|| format!("{login} approves {}", permit.kind))?;
        work.commit().await?;
        Ok(approved)
    }

    async fn refuse(&self, login: &str, permit: &Permit, reason: &str) -> Result<()> {
        let (caller, mut work) = self.cast.act(login).await?;
        let permits = &self.cast.permits;
        permits.refuse(&mut work, &caller, permit.id, permit.version, reason).await?;
        Ok(work.commit().await?)
    }

    async fn close(&self, login: &str, permit: &Permit, report: &str) -> Result<()> {
        let (caller, mut work) = self.cast.act(login).await?;
        self.cast.permits.close(&mut work, &caller, permit.id, report).await?;
        Ok(work.commit().await?)
    }

    /// Three weeks in which exports were asked for, given, ended and reported.
    async fn past(&self) -> Result<()> {
        let survey = export("県税務統計の調査票を送る", "調査票 3件", "緑ヶ丘県税務課", "none");
        for day in [2, 5, 9, 14] {
            self.day(day, 1).await?;
            let permit = self.apply("yamada.hanako", &survey).await?;
            self.approve("ito.sachiko", &permit, Some("確認しました")).await?;
            self.day(day, 9).await?;
            self.close("yamada.hanako", &permit, "登録媒体で送付し、媒体の内容を消去しました")
                .await?;
        }
        self.day(15, 1).await?;
        let wish = export(
            "封入業務の委託先へ納付書データを渡す",
            "納付書データ 1,200件",
            "封入委託事業者",
            "personal",
        );
        let permit = self.apply("sasaki.taro", &wish).await?;
        self.refuse(
            "ito.sachiko",
            &permit,
            "受け渡し方法が書かれていません。暗号化の方法を書いて申請し直してください",
        )
        .await?;
        let permit = self.apply("sasaki.taro", &wish).await?;
        self.approve("ito.sachiko", &permit, None).await?;
        let (caller, mut work) = self.cast.act("ito.sachiko").await?;
        let reason = "委託先の受け入れが延期になったため取り消します";
        self.cast.permits.revoke(&mut work, &caller, permit.id, reason).await?;
        work.commit().await?;
        self.lost_factor().await?;
        self.day(17, 1).await?;
        let wish = export("要支援者名簿を消防署へ渡す", "名簿 1件", "みどり消防署", "personal");
        let permit = self.apply("yamaguchi.emi", &wish).await?;
        self.approve("watanabe.jun", &permit, None).await?;
        // It ends with the day and nobody has reported yet.
        self.day(18, 1).await?;
        let permit = self
            .apply(
                "abe.nanami",
                &export("住民票の写しの統計", "統計表 1件", "緑ヶ丘県統計課", "none"),
            )
            .await?;
        self.approve("shimizu.go", &permit, None).await?;
        Ok(())
    }

    /// 山田 left her phone at home; a colleague asks for her, the manager decides
    /// and hands the code over.
    async fn lost_factor(&self) -> Result<()> {
        self.day(16, 0).await?;
        let (caller, mut work) = self.cast.act("sasaki.taro").await?;
        let wish = Wish {
            kind: permits::LOST_FACTOR.name,
            purpose: "スマートフォンを自宅に忘れたため",
            scope: vec![("factor", "one-time-code"), ("identified-by", "職員証と対面で本人を確認")],
            lasts: HOUR * 8,
        };
        let application = Application {
            beneficiary: Some(self.cast.person("yamada.hanako")?),
            ..self.application(&wish)
        };
        let permit = self.cast.permits.apply_now(&mut work, &caller, &application).await?;
        work.commit().await?;
        let permit = self.approve("ito.sachiko", &permit, None).await?;
        let (caller, mut work) = self.cast.act("ito.sachiko").await?;
        // Nobody keeps the code: the story goes on without it.
        drop(self.cast.permits.issue(&mut work, &caller, permit.id).await?);
        Ok(work.commit().await?)
    }

    /// What is in force and what waits, this morning.
    async fn today(&self) -> Result<()> {
        self.cast.wait_until(self.now.minus(HOUR * 30)).await?;
        self.standing().await?;
        self.cast.wait_until(self.now.minus(HOUR * 2)).await?;
        let wish =
            export("確定申告書の控えを税務署へ渡す", "申告書 40件", "みどり税務署", "my-number");
        let permit = self.apply("yamada.hanako", &wish).await?;
        self.approve("ito.sachiko", &permit, Some("暗号化を確認しました")).await?;
        let emergency = Wish {
            kind: permits::EXPORT.name,
            purpose: "断水地区の要支援者へ連絡するため、名簿を避難所へ持ち出す",
            scope: vec![
                ("what", "要支援者名簿"),
                ("destination", "第一避難所"),
                ("medium", "terminal"),
                ("personal-data", "personal"),
            ],
            lasts: HOUR * 12,
        };
        let (caller, mut work) = self.cast.act("tanaka.hiroshi").await?;
        let application = self.application(&emergency);
        self.cast.permits.start_at_once(&mut work, &caller, &application).await?;
        work.commit().await?;
        self.apply(
            "sasaki.taro",
            &export("研修資料を印刷会社へ送る", "研修資料 2件", "印刷会社", "none"),
        )
        .await?;
        self.apply(
            "yamaguchi.emi",
            &export("介護認定の書類を広域連合へ送る", "認定資料 8件", "広域連合", "personal"),
        )
        .await?;
        self.apply("abe.nanami", &export("転入者向け案内を送る", "案内 1件", "印刷会社", "none"))
            .await?;
        self.tomorrow().await
    }

    /// A draft, and one that is approved and begins tomorrow.
    async fn tomorrow(&self) -> Result<()> {
        let (caller, mut work) = self.cast.act("yamada.hanako").await?;
        let draft =
            export("固定資産の評価資料を県へ送る", "評価資料 5件", "緑ヶ丘県税務課", "personal");
        self.cast.permits.draft(&mut work, &caller, &self.application(&draft)).await?;
        work.commit().await?;
        let (caller, mut work) = self.cast.act("sasaki.taro").await?;
        let later = export(
            "現年度分の課税資料を電算センターへ渡す",
            "課税資料 1件",
            "電算センター",
            "my-number",
        );
        let begins = self.now.day_start_jst().plus(DAY + HOUR * 9);
        let application = Application {
            starts_at: Some(begins),
            ends_at: begins.plus(HOUR * 8),
            ..self.application(&later)
        };
        let permit = self.cast.permits.apply_now(&mut work, &caller, &application).await?;
        work.commit().await?;
        self.approve("ito.sachiko", &permit, None).await?;
        Ok(())
    }

    /// What lasts longer than a day: an exception, a deputy, a program's access.
    async fn standing(&self) -> Result<()> {
        let exception = Wish {
            kind: permits::EXCEPTION.name,
            purpose: "電算センターの停電で搬送が翌日以降になるため",
            scope: vec![
                ("limit", "export-hours"),
                ("value", "72"),
                ("mitigation", "媒体は金庫で保管し、毎日課長が員数を確認する"),
            ],
            lasts: DAY * 3,
        };
        let permit = self.apply("yamamoto.akira", &exception).await?;
        self.approve("suzuki.keiko", &permit, Some("三日に限る")).await?;
        let token = Wish {
            kind: permits::API_TOKEN.name,
            purpose: "監視システムから許可の一覧を読む",
            scope: vec![("system", "庁内監視システム"), ("scopes", "read-permits")],
            lasts: DAY * 90,
        };
        let permit = self.apply("yamamoto.akira", &token).await?;
        self.approve("tanaka.hiroshi", &permit, None).await?;
        let holder = self.cast.person("ito.sachiko")?.to_string();
        let deputy = Wish {
            kind: permits::DEPUTY.name,
            purpose: "伊藤課長の出張中の代行",
            scope: vec![("holder", &holder)],
            lasts: DAY * 5,
        };
        let (caller, mut work) = self.cast.act("ito.sachiko").await?;
        let application = Application {
            beneficiary: Some(self.cast.person("takahashi.osamu")?),
            ..self.application(&deputy)
        };
        let permit = self.cast.permits.apply_now(&mut work, &caller, &application).await?;
        work.commit().await?;
        self.approve("suzuki.keiko", &permit, None).await?;
        Ok(())
    }

    /// Signs the ledgers as they stand.
    async fn sign(&self, keys: &Keys) -> Result<()> {
        for login in [PREFECTURE.people[0].login, CITY.people[0].login, TOWN.people[0].login] {
            let mut work = self.cast.store.begin(self.cast.body(login)?).await?;
            let (actor, origin) = (records::Actor::System("demo"), records::Origin::CommandLine);
            records::checkpoint(&mut work, &keys.ledger, actor, origin).await?;
            work.commit().await?;
        }
        Ok(())
    }
}

fn export<'a>(purpose: &'a str, what: &'a str, to: &'a str, data: &'a str) -> Wish<'a> {
    let scope = vec![
        ("what", what),
        ("destination", to),
        ("medium", "registered-medium"),
        ("personal-data", data),
    ];
    Wish { kind: permits::EXPORT.name, purpose, scope, lasts: HOUR * 6 }
}

fn officer_section(
    town: &Town,
) -> Result<&'static (&'static str, &'static str, Option<&'static str>)> {
    let officer = town.people.first().context("a town without people")?;
    let own = town.sections.iter().find(|section| section.0 == officer.section);
    own.context("an officer without a section")
}

fn founding(town: &Town) -> Result<(NewBody, FirstOfficer)> {
    let officer = town.people.first().context("a town without people")?;
    let section = officer_section(town)?;
    let new = NewBody {
        code: BodyCode::parse(town.code)?,
        name: Text::parse(town.name)?,
        kana: Text::parse(town.kana)?,
    };
    let officer = FirstOfficer {
        login: Login::parse(officer.login)?,
        name: Text::parse(officer.name)?,
        kana: Text::parse(officer.kana)?,
        section: NewSection {
            code: Text::parse(section.0)?,
            name: Text::parse(section.1)?,
            above: None,
        },
    };
    Ok((new, officer))
}
