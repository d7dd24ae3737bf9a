//! Lists taken out as files: how long, how large, and how much memory the
//! program took for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};
use permits::PermitId;
use store::{Store, args};
use tokio::runtime::Runtime;

use super::desk::Desk;
use super::fill::City;
use super::house::House;
use super::rows;

const HOUR: Duration = Duration::from_secs(3_600);

/// Gives people an export permit that is in force for some hours, as if their
/// manager had decided: without one nothing is taken out.
pub(super) async fn allow(store: &Store, city: &City, logins: &[&str]) -> Result<()> {
    let mut work = store.begin(city.body).await?;
    for login in logins {
        let sql = "SELECT p.id, p.section, c.id FROM people p JOIN people c ON c.body = p.body
             WHERE p.body = $1 AND p.login = $2 AND c.login = $3";
        let row = work.row(sql, args![*login, super::town::CISO]).await?;
        let mut row = row.with_context(|| (*login).to_owned())?;
        let (person, section): (identity::PersonId, identity::SectionId) =
            (row.take(0)?, row.take(1)?);
        let ciso: identity::PersonId = row.take(2)?;
        let sql = "UPDATE permit_heads SET number = number + 1 WHERE body = $1 RETURNING number";
        let number: i64 = work.row(sql, args![]).await?.context("a number")?.take(0)?;
        let (id, now): (PermitId, _) = (work.new_id(), work.now());
        let (starts, ends) = (now.minus(HOUR), now.plus(HOUR * 22));
        let columns = [
            "id",
            "number",
            "kind",
            "state",
            "version",
            "applicant",
            "beneficiary",
            "section",
            "purpose",
            "scope",
            "starts_at",
            "ends_at",
            "span_ms_max",
            "is_emergency",
            "decided_by",
            "decided_at",
            "made_at",
            "applied_at",
            "started_at",
            "due_at",
        ];
        let row = args![
            id,
            number,
            "export",
            "active",
            4_i64,
            person,
            person,
            section,
            "測定",
            "{}",
            starts,
            ends,
            86_400_000_i64,
            0_i64,
            ciso,
            now,
            now,
            now,
            starts,
            ends
        ];
        rows::insert(&mut work, "permits", &columns, vec![row]).await?;
    }
    Ok(work.commit().await?)
}

/// Takes each list out.
pub(super) fn take(
    runtime: &Runtime,
    house: &House,
    desks: &mut BTreeMap<&'static str, Desk>,
) -> Result<String> {
    let _ = runtime;
    let mut report = String::from(
        "\n| file | status | seconds | MiB | program's peak MiB |\n|---|---:|---:|---:|---:|\n",
    );
    for (who, name, path) in [
        ("tanaka.hiroshi", "people as CSV", "/people?format=csv"),
        ("tanaka.hiroshi", "people as xlsx", "/people?format=xlsx"),
        ("kato.masako", "ledger as CSV", "/ledger?format=csv"),
        ("kato.masako", "ledger as xlsx", "/ledger?format=xlsx"),
    ] {
        house.reset_peak();
        let page = desks.get_mut(who).context("a desk")?.get(path)?;
        #[expect(clippy::cast_precision_loss, reason = "MiB with a decimal")]
        let mib = page.bytes.len() as f64 / f64::from(1 << 20);
        let _ = writeln!(
            report,
            "| {name} | {} | {:.2} | {mib:.1} | {} |",
            page.status,
            page.took.as_secs_f64(),
            house.peak_mib()
        );
    }
    Ok(report)
}
