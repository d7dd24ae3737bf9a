//! The rows of what was counted, one a flow.

use store::{Migration, Row, StoreError, Work, args};
use wall_engine::Used;

use super::{Use, Uses};

/// A row for each flow that was ever counted. `seen_…` is what the kernel said
/// when it was written, so that nothing is counted twice after a restart.
pub(crate) const USES: Migration = Migration {
    name: "wall-0007-uses",
    sql: "CREATE TABLE wall_uses (
        body TEXT NOT NULL,
        flow TEXT NOT NULL,
        begun {int} NOT NULL,
        packets_out {int} NOT NULL,
        bytes_out {int} NOT NULL,
        packets_back {int} NOT NULL,
        bytes_back {int} NOT NULL,
        since {int} NOT NULL,
        used_at {int},
        open_since {int},
        seen_begun {int} NOT NULL,
        seen_packets_out {int} NOT NULL,
        seen_bytes_out {int} NOT NULL,
        seen_packets_back {int} NOT NULL,
        seen_bytes_back {int} NOT NULL,
        PRIMARY KEY (body, flow)
    ) {strict};",
};

/// Everything that was counted.
pub(crate) async fn all(work: &mut Work) -> Result<Uses, StoreError> {
    let sql = "SELECT flow, since, used_at, open_since,
            begun, packets_out, bytes_out, packets_back, bytes_back,
            seen_begun, seen_packets_out, seen_bytes_out, seen_packets_back, seen_bytes_back
        FROM wall_uses WHERE body = $1 ORDER BY flow";
    let read = |mut row: Row| {
        let one = Use {
            since: row.take(1)?,
            used_at: row.take(2)?,
            open_since: row.take(3)?,
            used: counts(&mut row, 4)?,
            seen: counts(&mut row, 9)?,
        };
        Ok((row.take(0)?, one))
    };
    work.rows(sql, args![]).await?.into_iter().map(read).collect()
}

fn counts(row: &mut Row, first: usize) -> Result<Used, StoreError> {
    let mut number = |place: usize| -> Result<u64, StoreError> {
        let number: i64 = row.take(first + place)?;
        Ok(u64::try_from(number).unwrap_or(0))
    };
    Ok(Used {
        begun: number(0)?,
        packets_out: number(1)?,
        bytes_out: number(2)?,
        packets_back: number(3)?,
        bytes_back: number(4)?,
    })
}

/// Writes what was counted of one flow.
pub(crate) async fn write(work: &mut Work, flow: &str, one: &Use) -> Result<(), StoreError> {
    let sql = "INSERT INTO wall_uses (body, flow, since, used_at, open_since,
            begun, packets_out, bytes_out, packets_back, bytes_back,
            seen_begun, seen_packets_out, seen_bytes_out, seen_packets_back, seen_bytes_back)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (body, flow) DO UPDATE SET used_at = $4, open_since = $5,
            begun = $6, packets_out = $7, bytes_out = $8, packets_back = $9, bytes_back = $10,
            seen_begun = $11, seen_packets_out = $12, seen_bytes_out = $13,
            seen_packets_back = $14, seen_bytes_back = $15";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (used, seen) = (&one.used, &one.seen);
    let values = args![
        flow,
        one.since,
        one.used_at,
        one.open_since,
        number(used.begun),
        number(used.packets_out),
        number(used.bytes_out),
        number(used.packets_back),
        number(used.bytes_back),
        number(seen.begun),
        number(seen.packets_out),
        number(seen.bytes_out),
        number(seen.packets_back),
        number(seen.bytes_back),
    ];
    work.run(sql, values).await?;
    Ok(())
}
