//! Where the rows lie, by the configuration: the data folder, or a server with
//! one account or two. Opens nothing but files of passwords.

use std::path::Path;

use anyhow::{Context, Result, bail};
use base::Secret;
use store::{Address, StoreError};

use crate::config::{Account, Config};
use crate::folder::Folder;

/// The address for the account that works.
pub(crate) fn database(config: &Config, folder: &Folder) -> Result<Address> {
    match &config.database {
        None => Ok(Address::Sqlite(folder.database())),
        Some(text) => match Address::parse(text).map_err(unreadable)? {
            Address::Sqlite(file) => Ok(Address::Sqlite(file)),
            Address::Postgres(server) => {
                let password = password(config.database_password.as_deref())?;
                let server = server.with_password(password);
                Ok(Address::Postgres(server.trusting(config.database_trust.clone())))
            }
        },
    }
}

/// The address for the account that owns the tables, and the account that
/// works in them; nothing where one does both.
pub(crate) fn owner(config: &Config) -> Result<Option<(Address, String)>> {
    let Some(Account { url, password_file }) = &config.database_owner else { return Ok(None) };
    let working = config.database.as_deref().map(Address::parse).transpose().map_err(unreadable)?;
    let (Some(Address::Postgres(working)), Address::Postgres(owner)) =
        (working, Address::parse(url).map_err(unreadable)?)
    else {
        bail!(
            "database-owner は PostgreSQL のときだけ使えます。database も postgres://… にしてください / \
             database-owner is for PostgreSQL: make database a postgres://… too"
        )
    };
    let account = working.account().map_err(unreadable)?;
    if owner.account().map_err(unreadable)? == account {
        bail!(
            "database と database-owner の利用者が同じです。別の利用者にするか、database-owner を消してください / \
             database and database-owner name one account: name two, or leave database-owner out"
        );
    }
    let owner = owner.with_password(password(password_file.as_deref())?);
    Ok(Some((Address::Postgres(owner.trusting(config.database_trust.clone())), account)))
}

fn password(file: Option<&Path>) -> Result<Option<Secret<String>>> {
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}

/// Says what an address may be, in both languages.
pub(crate) fn unreadable(error: StoreError) -> anyhow::Error {
    anyhow::Error::new(error).context(
        "データベースの場所を読めません。postgres://… か sqlite:ファイル名 を書いてください / \
         cannot read where the database is: write postgres://… or sqlite:FILE",
    )
}

/// Says why a store did not open, with what to do where we know it.
pub(crate) fn refused(error: StoreError) -> anyhow::Error {
    let words = match &error {
        StoreError::Unproved(_) => {
            "データベースのサーバーが本物だと確かめられません。サーバーでTLSを有効にし、その認証局を database-trust に書いてください / \
             the database server did not prove who it is: turn TLS on there, and name its authority in database-trust"
        }
        StoreError::Address(_) => return unreadable(error),
        StoreError::Full(_) => {
            "データベースを置くディスクに空きがありません。空きを増やしてから始めてください。これまでの記録は残っています / \
             the disk of the database is full: make room, then start again; what was recorded is kept"
        }
        StoreError::ReadOnly(_) => {
            "データベースに書き込めません。ファイルとフォルダーの権限、読み取り専用のディスクでないことを確かめてください / \
             the database cannot be written: look at the rights of the file and its folder, and whether the disk is read-only"
        }
        StoreError::Unreachable(_) | StoreError::Busy(_) => {
            "データベースが応答しません。起動しているか、場所が正しいか、ファイルが壊れていないかを確かめてください / \
             the database does not answer: see whether it runs, whether this is its place, and whether its file is whole"
        }
        StoreError::Conflict(_)
        | StoreError::Duplicate(_)
        | StoreError::Missing(_)
        | StoreError::Gone(_)
        | StoreError::Undone
        | StoreError::Guard { .. }
        | StoreError::Shape { .. }
        | StoreError::Schema(_)
        | StoreError::Other(_) => "データベースを開けません / cannot open the database",
    };
    anyhow::Error::new(error).context(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Told;

    fn config(text: &str) -> Config {
        Config::read(Path::new("/etc/sekisho.toml"), text, &Told::default()).unwrap()
    }

    #[test]
    fn an_unknown_kind_of_database_is_told_in_both_languages() {
        let mut config = config("");
        config.database = Some("mysql://a@b/c".into());
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::make(place.path()).unwrap();
        let said = format!("{:#}", database(&config, &folder).err().unwrap());
        for part in ["postgres://… か", "write postgres://… or", "mysql is not known"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn an_owner_is_another_account_of_postgresql() {
        let said = |text: &str| match owner(&config(text)) {
            Ok(found) => format!("{:?}", found.map(|(_, account)| account)),
            Err(error) => error.to_string(),
        };
        let owner = "database-owner = \"postgres://owner@db/s\"\n";
        let two = format!("database = \"postgres://worker@db/s\"\n{owner}");
        assert_eq!(said(&two), "Some(\"worker\")");
        assert_eq!(said(""), "None");
        let one = format!("database = \"postgres://owner@db/s\"\n{owner}");
        assert!(said(&one).contains("name one account"), "{}", said(&one));
        assert!(said(owner).contains("is for PostgreSQL"), "{}", said(owner));
    }
}
