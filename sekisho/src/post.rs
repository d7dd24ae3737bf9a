//! Notices by mail, put together: the relay that the configuration names, the
//! words of every room, the address of this house.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use base::Secret;
use console::Room;
use i18n::Messages;
use notices::{Login, Outlet, Post, Relay, RelaySettings};

use crate::config::{Host, Mail};

/// The relay that a configuration names. Nobody is asked yet: one that is down
/// keeps nobody from opening the house.
pub(crate) fn relay(mail: &Mail, name: &Host) -> Result<Relay> {
    let trust = mail.trust.as_deref().map(read).transpose()?;
    let login = match &mail.login {
        None => None,
        Some((user, file)) => {
            let password = String::from_utf8(read(file)?)
                .with_context(|| format!("文字として読めません / not text: {}", file.display()))?;
            let password = Secret::new(password.trim().to_owned());
            Some(Login { user: user.clone(), password })
        }
    };
    let settings = RelaySettings {
        host: mail.host.clone(),
        port: mail.port,
        tls: mail.tls,
        trust,
        login,
        hello: name.as_str().to_owned(),
    };
    Relay::new(settings).context(
        "[mail] の trust が証明書として読めません。PEM の証明書を指定してください / the trust of [mail] cannot be used: name certificates in PEM",
    )
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file)
        .with_context(|| format!("[mail] 読めません / cannot read {}", file.display()))
}

/// What sends notices, or lets them go where mail is off.
pub(crate) fn post(
    mail: Option<&Mail>,
    name: &Host,
    origin: &str,
    rooms: &[Arc<dyn Room>],
) -> Result<Post> {
    let outlet = mail.map(|mail| {
        let carrier = Arc::new(relay(mail, name)?);
        let (from, domains) = (mail.from.clone(), mail.domains.clone());
        anyhow::Ok(Outlet { carrier, from, domains })
    });
    let words = rooms.iter().flat_map(|room| room.catalogues()).copied();
    let words: Vec<_> = std::iter::once(notices::CATALOGUE).chain(words).collect();
    let words = Messages::load(&words)
        .context("メールの言葉を読めません / cannot read the words of mails")?;
    Ok(Post { outlet: outlet.transpose()?, words, origin: origin.to_owned() })
}
