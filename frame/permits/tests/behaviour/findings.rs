//! The Board of Audit's findings B8 to B11 as rows that no statement can store,
//! also one written by hand.

use base::Timestamp;
use identity::PersonId;
use store::{StoreError, Value, args};

use crate::town::{Town, towns};

const HOUR_MS: i64 = 3_600_000;

/// A row as somebody with access to the database would write it.
#[derive(Clone)]
struct ByHand {
    kind: &'static str,
    state: &'static str,
    start: i64,
    end: Option<i64>,
    span_max: i64,
    applicant: PersonId,
    applicant_for: Option<PersonId>,
    beneficiary: Option<PersonId>,
    decided_by: Option<PersonId>,
    decided_for: Option<PersonId>,
    emergency: bool,
    confirm_by: Option<i64>,
    due: Option<i64>,
}

fn good(town: &Town) -> ByHand {
    let start = town.now().millis();
    ByHand {
        kind: "export",
        state: "active",
        start,
        end: Some(start + HOUR_MS),
        span_max: 24 * HOUR_MS,
        applicant: town.clerk,
        applicant_for: None,
        beneficiary: Some(town.clerk),
        decided_by: Some(town.tax_head),
        decided_for: None,
        emergency: false,
        confirm_by: None,
        due: Some(start + HOUR_MS),
    }
}

async fn store(town: &Town, row: &ByHand) -> Result<(), StoreError> {
    let mut work = town.work().await;
    let sql = "INSERT INTO permits (body, id, number, kind, state, version, applicant,
            applicant_for, beneficiary, section, purpose, scope, starts_at, ends_at, span_ms_max,
            is_emergency, confirm_by, decided_by, decided_for, decided_at, made_at, started_at,
            due_at)
         VALUES ($1, $2, 1, $3, $4, 1, $5, $6, $7, $8, 'x', '{}', $9, $10, $11, $12, $13, $14, $15,
            $16, 0, $9, $17)";
    let id: base::Id<()> = work.new_id();
    let decided_at = row.decided_by.map(|_| row.start);
    let values: Vec<Value> = args![
        id,
        row.kind,
        row.state,
        row.applicant,
        row.applicant_for,
        row.beneficiary,
        town.tax,
        row.start,
        row.end,
        row.span_max,
        row.emergency,
        row.confirm_by,
        row.decided_by,
        row.decided_for,
        decided_at,
        row.due,
    ];
    work.run(sql, values).await.map(|_| ())
}

async fn refused(town: &Town, what: &str, row: ByHand) {
    let stored = store(town, &row).await;
    assert!(is_constraint(stored), "{}: {what} was stored", town.kind());
}

/// True where the schema itself refused, and nothing else went wrong.
fn is_constraint<T>(done: Result<T, StoreError>) -> bool {
    let Err(error) = done else { return false };
    let said = format!("{error:?}").to_lowercase();
    ["check constraint", "not null", "not-null", "foreign key"]
        .iter()
        .any(|word| said.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn b8_a_permit_without_an_end_cannot_be_stored() {
    for town in towns().await {
        store(&town, &good(&town)).await.unwrap();
        let row = good(&town);
        refused(&town, "no end", ByHand { end: None, ..row.clone() }).await;
        refused(&town, "an end at its start", ByHand { end: Some(row.start), ..row.clone() }).await;
        let far = Timestamp::from_millis(i64::MAX).millis();
        refused(&town, "an end in the year 9999", ByHand { end: Some(far), ..row.clone() }).await;
        let endless = ByHand { end: Some(far), span_max: far, ..row.clone() };
        refused(&town, "a span without limit", endless).await;
        refused(&town, "an end that nobody carries out", ByHand { due: None, ..row.clone() }).await;
        let late = ByHand { due: Some(row.start + 2 * HOUR_MS), ..row };
        refused(&town, "an end carried out late", late).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b9_nothing_lasts_longer_than_its_kind() {
    for town in towns().await {
        let longest = 366 * 24 * HOUR_MS;
        let cases = [
            ("export", 24),
            ("lost-factor", 8),
            ("exception", 7 * 24),
            ("deputy", 30 * 24),
            ("api-token", 366 * 24),
            ("a-kind-of-some-room", 366 * 24),
        ];
        for (kind, hours) in cases {
            let row = ByHand { kind, span_max: longest, ..good(&town) };
            let just = ByHand { end: Some(row.start + hours * HOUR_MS), ..row.clone() };
            store(&town, &just).await.unwrap();
            let over = ByHand { end: Some(row.start + hours * HOUR_MS + 1), ..row };
            refused(&town, kind, over).await;
        }
        let own = ByHand { span_max: HOUR_MS - 1, ..good(&town) };
        refused(&town, "more than its own longest span", own).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_no_ability_without_a_decision() {
    for town in towns().await {
        for state in ["approved", "active", "ended", "revoked", "refused"] {
            let row = ByHand { state, decided_by: None, ..good(&town) };
            refused(&town, state, row).await;
        }
        let row = good(&town);
        let day = row.start + 24 * HOUR_MS;
        let emergency =
            ByHand { decided_by: None, emergency: true, confirm_by: Some(day), ..row.clone() };
        store(&town, &emergency).await.unwrap();
        let unlimited = ByHand { confirm_by: None, ..emergency.clone() };
        refused(&town, "an emergency without a day", unlimited).await;
        let longer = ByHand { confirm_by: Some(day + 1), ..emergency.clone() };
        refused(&town, "an emergency of more than a day", longer).await;
        for kind in ["lost-factor", "api-token", "deputy"] {
            refused(&town, kind, ByHand { kind, ..emergency.clone() }).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b11_nobody_grants_their_own() {
    for town in towns().await {
        let row = good(&town);
        let own = ByHand { decided_by: Some(town.clerk), ..row.clone() };
        refused(&town, "the applicant's decision", own).await;
        let gain = ByHand { beneficiary: Some(town.tax_head), ..row.clone() };
        refused(&town, "the decision of whoever gains", gain).await;
        let stood_for = ByHand { applicant_for: Some(town.tax_head), ..row.clone() };
        refused(&town, "the decision of whom the applicant stood in for", stood_for).await;
        let deputy = ByHand { decided_for: Some(town.clerk), ..row.clone() };
        refused(&town, "a decision in the applicant's stead", deputy).await;
        let gone = ByHand { decided_for: Some(town.ciso), decided_by: None, ..row.clone() };
        refused(&town, "a decision of nobody in somebody's stead", gone).await;
        let work = town.work().await;
        let stranger: PersonId = work.new_id();
        drop(work);
        let row = ByHand { decided_by: Some(stranger), ..row };
        refused(&town, "the decision of a person of no body", row).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_a_stored_permit_is_not_bent_afterwards() {
    for town in towns().await {
        let granted =
            town.granted(town.clerk, &town.export(crate::town::HOUR), town.tax_head).await;
        let bent = [
            "ends_at = ends_at + 604800000",
            "decided_by = NULL, decided_at = NULL",
            "decided_by = applicant",
            "due_at = NULL",
            "state = 'ended'",
            "span_ms_max = 31622400001",
        ];
        for change in bent {
            let mut work = town.work().await;
            let sql = format!("UPDATE permits SET {change} WHERE body = $1 AND id = $2");
            let done = work.run(&sql, args![granted.id]).await;
            assert!(is_constraint(done), "{}: {change}", town.kind());
        }
    }
}
