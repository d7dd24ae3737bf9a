//! What the program remembers of a store as a whole: what it is for.

use store::{Across, Migration, StoreError, args};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    // A handful of rows.
    name: "sekisho-0001-settings",
    sql: "CREATE TABLE settings (
        name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) {strict};",
}];

/// What a store is for. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A town's own work.
    Real,
    /// An invented town, being filled: not to be used if that broke off.
    DemoBegun,
    /// An invented town.
    Demo,
}

const PURPOSE: &str = "purpose";

impl Purpose {
    const ALL: [Self; 3] = [Self::Real, Self::DemoBegun, Self::Demo];

    const fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::DemoBegun => "demo-begun",
            Self::Demo => "demo",
        }
    }
}

/// The store's purpose; nothing if it is new.
pub(crate) async fn purpose(across: &mut Across) -> Result<Option<Purpose>, StoreError> {
    let sql = "SELECT value FROM settings WHERE name = $1";
    let Some(mut row) = across.row(sql, args![PURPOSE]).await? else { return Ok(None) };
    let value: String = row.take(0)?;
    let known = Purpose::ALL.into_iter().find(|purpose| purpose.name() == value);
    known.map(Some).ok_or_else(|| StoreError::Schema(format!("its purpose is {value:?}")))
}

/// Writes the purpose of a new store, or that a demo is filled.
pub(crate) async fn set_purpose(across: &mut Across, purpose: Purpose) -> Result<(), StoreError> {
    let sql = "INSERT INTO settings (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    across.run(sql, args![PURPOSE, purpose.name()]).await?;
    Ok(())
}
