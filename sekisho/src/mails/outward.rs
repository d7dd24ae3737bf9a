//! The way outward in a running program: keys read, the Postfix outside that
//! takes what leaves, the door where the Postfix inside brings it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use mail_relay::{Answer, HandOver, HandOverSetting, Witness};
use mail_room::{Gate, NotTaken, Outward, Signer};

use super::{Inner, Mails, arrived};
use crate::config::DkimKey;

impl Mails {
    /// The way outward, where the configuration has one.
    pub(crate) fn outward(&self, origin: &str) -> Result<Option<Outward>> {
        let Some(outgoing) = &self.config.outgoing else { return Ok(None) };
        let mut signers = Vec::new();
        for key in &outgoing.keys {
            signers.push((key.domains.clone(), Arc::new(signer(key)?)));
        }
        let instance = &self.config.outside;
        let place = instance.setting.back_place(instance.netns.as_deref());
        let back = HandOver::new(HandOverSetting::to_postfix(place, instance.setting.name.clone()));
        let witness = Witness::of(self.outside.clone());
        let links = outgoing.links.clone().unwrap_or_else(|| origin.to_owned());
        Ok(Some(Outward { postfix: Arc::new(Inner { back, witness }), signers, links }))
    }
}

/// Reads a key that nobody else reads.
pub(crate) fn signer(key: &DkimKey) -> Result<Signer> {
    let file: &Path = &key.file;
    let shown = file.display();
    let read = || format!("DKIMの鍵を読めません / cannot read the DKIM key {shown}");
    let mode = std::fs::metadata(file).with_context(read)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "DKIMの鍵 {shown} をほかの利用者も読めます。chmod 600 してください / others can read the DKIM key {shown}: chmod 600 it"
        );
    }
    let pem = std::fs::read(file).with_context(read)?;
    Signer::new(&key.selector, &pem).with_context(|| {
        format!("{shown}: openssl genrsa 2048 で作った鍵とセレクターを書いてください / name a key made by `openssl genrsa 2048` and a selector")
    })
}

/// Takes what the Postfix inside brings.
pub(super) async fn take(gate: &Gate, came: mail_relay::Arrived) -> Answer {
    match gate.take_out(&arrived(came)).await {
        Ok(()) => Answer::Kept("taken".to_owned()),
        Err(NotTaken::Later(why)) => Answer::Later(why.to_owned()),
        Err(NotTaken::Never(why)) => Answer::Never(why),
    }
}
