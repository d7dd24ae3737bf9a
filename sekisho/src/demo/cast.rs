//! People of the demo at work: they enrol, sign in, and act at a moment of the
//! story.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base::{BodyId, Clock, ManualClock, Secret, Timestamp};
use factors::{Code, TotpSecret};
use identity::sign_in::{First, Second};
use identity::{Caller, Gate, PersonId, SectionId, Visitor, enrol, sessions, sign_in};
use permits::Permits;
use store::{Store, Work};

use super::Account;

/// Everybody who can act, and the clock they act by.
pub(super) struct Cast {
    pub(super) store: Store,
    pub(super) gate: Gate,
    pub(super) permits: Permits,
    pub(super) clock: Arc<ManualClock>,
    actors: BTreeMap<&'static str, Actor>,
    pub(super) sections: BTreeMap<(BodyId, &'static str), SectionId>,
}

/// Somebody who has enrolled.
struct Actor {
    person: PersonId,
    body: BodyId,
    source: IpAddr,
    password: Secret<String>,
    totp: TotpSecret,
    account: Account,
}

/// Codes of one person are a step of 30 seconds apart.
const PAUSE: Duration = Duration::from_secs(61);

impl Cast {
    pub(super) fn new(store: Store, gate: Gate, permits: Permits, clock: Arc<ManualClock>) -> Self {
        Self { store, gate, permits, clock, actors: BTreeMap::new(), sections: BTreeMap::new() }
    }

    /// Lets the story's time come. What was due in between happens.
    pub(super) async fn wait_until(&self, moment: Timestamp) -> Result<()> {
        self.clock.advance(moment.since(self.clock.now()));
        self.permits.settle_all(&self.store).await?;
        Ok(())
    }

    /// Somebody enrols with the code that they were handed.
    pub(super) async fn enrol(
        &mut self,
        body: BodyId,
        code: &Code,
        account: Account,
        login: &'static str,
    ) -> Result<()> {
        let number = u8::try_from(self.actors.len() + 10)?;
        let source = IpAddr::V4(Ipv4Addr::new(10, 19, 1, number));
        let password = Secret::new(account.password.clone());
        let visitor = Visitor::at(source);
        let text = code.show();
        let enrolled =
            enrol::at_once(&self.store, &self.gate, &visitor, text.reveal(), &password).await;
        let (person, totp) = enrolled.with_context(|| format!("{login} enrols"))?;
        let account = Account { totp_secret: totp.base32().reveal().clone(), ..account };
        self.actors.insert(login, Actor { person, body, source, password, totp, account });
        Ok(())
    }

    /// Somebody signs in, a minute after whatever came before.
    pub(super) async fn caller(&self, login: &str) -> Result<Caller> {
        self.clock.advance(PAUSE);
        let actor = self.actor(login)?;
        let (store, gate, visitor) = (&self.store, &self.gate, Visitor::at(actor.source));
        let first = First::Password { login: login.to_owned(), password: actor.password.clone() };
        let halfway = sign_in::first(store, gate, &visitor, &first)
            .await
            .with_context(|| format!("{login} signs in"))?;
        let second = Second::Totp(actor.totp.code_at(self.clock.now()));
        let token = halfway.token.show();
        let signed_in = sign_in::second(store, gate, &visitor, token.reveal(), &second)
            .await
            .with_context(|| format!("{login} shows a code"))?;
        let token = signed_in.token.show();
        match sessions::resume(store, token.reveal(), actor.source).await? {
            sessions::Resumed::Live(caller) => Ok(caller),
            other => bail!("{login} is not in: {other:?}"),
        }
    }

    /// Signs in and begins a unit of work in their body.
    pub(super) async fn act(&self, login: &str) -> Result<(Caller, Work)> {
        let caller = self.caller(login).await?;
        let work = self.store.begin(caller.body).await?;
        Ok((caller, work))
    }

    pub(super) fn person(&self, login: &str) -> Result<PersonId> {
        Ok(self.actor(login)?.person)
    }

    pub(super) fn body(&self, login: &str) -> Result<BodyId> {
        Ok(self.actor(login)?.body)
    }

    pub(super) fn accounts(self) -> BTreeMap<&'static str, Account> {
        self.actors.into_iter().map(|(login, actor)| (login, actor.account)).collect()
    }

    fn actor(&self, login: &str) -> Result<&Actor> {
        self.actors.get(login).with_context(|| format!("{login} has not enrolled"))
    }
}
