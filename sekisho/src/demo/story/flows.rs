//! Flows between the city's zones: some that have been open for weeks, some that
//! end within days, one whose list is not complete, one that was refused, and two
//! that wait this morning.

use std::time::Duration;

use anyhow::{Context, Result};
use base::{Clock, Timestamp};
use permits::{Permit, SPAN_MAX};
use wall_room::Gate;
use wall_room::flows::items;
use wall_room::service::{self, Asked};

use super::{DAY, HOUR, Story};

/// Asks for flows: 情報セキュリティ管理者 of the information policy section.
const APPLICANT: &str = "mori.naoki";
/// Decides: 統括情報セキュリティ責任者.
const APPROVER: &str = "tanaka.hiroshi";
/// Checks: 情報システム管理者.
const CHECKER: &str = "yamamoto.akira";

/// Open until the last day that is declared.
const OPEN: [&str; 16] = [
    "jumin-renkei",
    "counter-print",
    "jumin-query",
    "finance-query",
    "welfare-query",
    "renkei-udp",
    "tax-notice",
    "eltax-up",
    "gate-pull",
    "mail-pull",
    "screens-01",
    "screens-02",
    "breakout-groupware",
    "mirror-updates",
    "dns-out",
    "time-out",
];
/// Open, and in how many days they end.
const ENDING: [(&str, u32); 2] = [("maintenance", 3), ("screens-03", 5)];
/// Those of them that need a list, and how many items of it are checked.
const CHECKED: [(&str, usize); 3] = [("tax-notice", 6), ("eltax-up", 6), ("pittari-down", 4)];
/// Permitted, and closed: its list is not complete.
const INCOMPLETE: &str = "pittari-down";
const REFUSED: (&str, &str) = (
    "mirror-signatures",
    "更新の中継は mirror-updates で足ります。別に要る理由を書いて申請し直してください",
);
/// These wait this morning.
const WAITING: [&str; 2] = ["breakout-proxy", "gate-report"];

impl Story<'_> {
    /// Two weeks ago the first flows were asked for.
    pub(super) async fn flows(&self) -> Result<()> {
        let Some(gate) = &self.wall else { return Ok(()) };
        gate.body(&self.cast.store).await?;
        self.day(1, 1).await?;
        let mut wanted: Vec<(&str, Timestamp)> = OPEN
            .iter()
            .chain([&INCOMPLETE])
            .map(|name| (*name, self.longest(gate, name)))
            .collect();
        wanted.extend(ENDING.map(|(name, days)| (name, self.now.plus(DAY * days))));
        let asked = self.ask(gate, &wanted, "新年度の業務で引き続き使うため").await?;
        let (caller, mut work) = self.cast.act(APPROVER).await?;
        for permit in &asked {
            let (id, version) = (permit.id, permit.version);
            let note = Some("宣言と台帳を確認しました");
            self.cast.permits.approve(&mut work, &caller, id, version, note).await?;
        }
        work.commit().await?;
        self.check(gate).await?;
        let (name, reason) = REFUSED;
        let asked =
            self.ask(gate, &[(name, self.longest(gate, name))], "定義ファイルの取得").await?;
        for permit in &asked {
            self.refuse(APPROVER, permit, reason).await?;
        }
        Ok(())
    }

    /// What waits for a decision this morning.
    pub(super) async fn flows_today(&self) -> Result<()> {
        let Some(gate) = &self.wall else { return Ok(()) };
        let wanted = WAITING.map(|name| (name, self.longest(gate, name)));
        self.ask(gate, &wanted, "県のクラウドへの切り替えに備えるため").await?;
        Ok(())
    }

    /// The longest that may be asked for now.
    fn longest(&self, gate: &Gate, name: &str) -> Timestamp {
        let declared = gate.declared();
        let last = declared.place(name).map_or(self.now, |place| declared.ends_at(place));
        last.minus(Duration::from_secs(60)).min(self.cast.clock.now().plus(SPAN_MAX).minus(HOUR))
    }

    async fn ask(
        &self,
        gate: &Gate,
        wanted: &[(&str, Timestamp)],
        purpose: &str,
    ) -> Result<Vec<Permit>> {
        let (caller, mut work) = self.cast.act(APPLICANT).await?;
        let mut asked = Vec::new();
        for (name, ends_at) in wanted {
            let wish = Asked { purpose, ends_at: *ends_at };
            let permits = &self.cast.permits;
            let permit = service::apply(&mut work, &caller, gate, permits, name, &wish).await;
            asked.push(permit.with_context(|| format!("the flow {name} is asked for"))?);
        }
        work.commit().await?;
        Ok(asked)
    }

    /// The lists, as far as somebody went through them.
    async fn check(&self, gate: &Gate) -> Result<()> {
        let (caller, mut work) = self.cast.act(CHECKER).await?;
        for (name, count) in CHECKED {
            for item in items().take(count) {
                let note = "設定と文書を突き合わせました";
                service::check(&mut work, &caller, gate, name, item, note).await?;
            }
        }
        Ok(work.commit().await?)
    }
}
