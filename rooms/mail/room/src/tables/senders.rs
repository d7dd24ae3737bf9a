//! Rows about who wrote to whom, so that a first mail can be told from others.

use base::Timestamp;
use store::{Migration, StoreError, Work, args};

/// A row a sender and receiver; read by its key, or by its first two columns.
pub(crate) const SENDERS: Migration = Migration {
    name: "mail-0004-senders",
    sql: "CREATE TABLE mail_senders (
        body TEXT NOT NULL,
        address TEXT NOT NULL,
        receiver TEXT NOT NULL,
        count {int} NOT NULL CHECK (count >= 1),
        first_at {int} NOT NULL,
        last_at {int} NOT NULL,
        PRIMARY KEY (body, address, receiver)
    ) {strict};",
};

/// What is known of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acquaintance {
    /// Somebody of the body had mail from there.
    pub(crate) with_body: bool,
    /// The receiver had.
    pub(crate) with_receiver: bool,
}

/// Says who had mail from an address before.
pub(crate) async fn known(
    work: &mut Work,
    address: &str,
    receiver: &str,
) -> Result<Acquaintance, StoreError> {
    let sql = "SELECT 1 FROM mail_senders WHERE body = $1 AND address = $2 LIMIT 1";
    let with_body = work.row(sql, args![address]).await?.is_some();
    let sql = "SELECT 1 FROM mail_senders WHERE body = $1 AND address = $2 AND receiver = $3";
    let with_receiver = with_body && work.row(sql, args![address, receiver]).await?.is_some();
    Ok(Acquaintance { with_body, with_receiver })
}

/// Remembers a mail.
pub(crate) async fn wrote(
    work: &mut Work,
    address: &str,
    receiver: &str,
) -> Result<(), StoreError> {
    let now: Timestamp = work.now();
    let sql = "INSERT INTO mail_senders (body, address, receiver, count, first_at, last_at)
        VALUES ($1, $2, $3, 1, $4, $4) ON CONFLICT (body, address, receiver)
        DO UPDATE SET count = mail_senders.count + 1, last_at = excluded.last_at";
    work.run(sql, args![address, receiver, now]).await?;
    Ok(())
}
