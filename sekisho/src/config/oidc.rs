//! The part about another identity provider: its keys, their shapes and their
//! advice.

use std::path::{Path, PathBuf};

use base::{Text, TextError};
use factors::oidc::{Address, AddressError, Metadata};
use identity::provider::NAME_MAX;
use serde::Deserialize;
use toml::Spanned;

use super::read::Said;

/// Another identity provider, as people may sign in through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Oidc {
    /// What people call it.
    pub(crate) name: Text<NAME_MAX>,
    /// Its issuer, letter by letter.
    pub(crate) issuer: String,
    /// Our name there.
    pub(crate) client_id: String,
    /// The file with our secret there; none where PKCE alone is to do.
    pub(crate) client_secret: Option<PathBuf>,
    /// Whose certificates are believed; the system's if none is named.
    pub(crate) trust: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    name: Spanned<String>,
    issuer: Spanned<String>,
    client_id: Spanned<String>,
    client_secret_file: Option<PathBuf>,
    trust: Option<PathBuf>,
}

impl Written {
    /// Reads it, or tells each mistake with its place.
    pub(super) fn read(self, folder: &Path, mut complain: impl FnMut(usize, Said)) -> Option<Oidc> {
        let name = Text::parse(self.name.get_ref());
        if let Err(error) = &name {
            complain(self.name.span().start, wrong_name(*error));
        }
        let issuer = Address::parse(self.issuer.get_ref());
        let issuer = issuer.and_then(|issuer| Metadata::address_of(&issuer));
        if let Err(error) = &issuer {
            complain(self.issuer.span().start, wrong_issuer(*error));
        }
        let id = self.client_id.get_ref();
        let is_id = (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_id {
            let what = Said::new(
                "oidc: client-id には、認証基盤に登録した名前(英数字と記号、200文字まで)を書いてください",
                "oidc: client-id is our name there: up to 200 letters, digits and signs",
            );
            complain(self.client_id.span().start, what);
        }
        let (Ok(name), Ok(_), true) = (name, issuer, is_id) else { return None };
        Some(Oidc {
            name,
            issuer: self.issuer.into_inner(),
            client_id: self.client_id.into_inner(),
            client_secret: self.client_secret_file.map(|file| folder.join(file)),
            trust: self.trust.map(|file| folder.join(file)),
        })
    }
}

fn wrong_name(_: TextError) -> Said {
    Said::new(
        format!("oidc: name は、ボタンに出る名前です。1文字から{NAME_MAX}文字で書いてください"),
        format!("oidc: name is what a button says: 1 to {NAME_MAX} characters"),
    )
}

fn wrong_issuer(error: AddressError) -> Said {
    match error {
        AddressError::NotHttps => Said::new(
            "oidc: issuer は https:// で始まるアドレスです(http はこの端末の中だけ)",
            "oidc: issuer begins with https:// (http on this machine only)",
        ),
        AddressError::Spelling => Said::new(
            "oidc: issuer がアドレスではありません。\"https://id.example.lg.jp\" のように書いてください",
            "oidc: issuer is no address: write it like \"https://id.example.lg.jp\"",
        ),
    }
}
