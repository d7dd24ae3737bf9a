//! The gate of mail in a running program: two Postfix instances kept running,
//! the doors between them and the mail room. What the room needs of Postfix and
//! of the scanners is given to it here.

mod asked;
pub(crate) mod outward;
mod queues;
pub(crate) mod rspamd;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base::{BodyId, Clock, Task, Timestamp};
use mail_relay::policy::{Policy, PolicyLimits};
use mail_relay::{
    Answer, Delivery, Door, DoorSetting, HandOver, HandOverSetting, Ident, Outcome, Postfix,
    PostfixError, Running, State, Took, Witness,
};
use mail_room::{
    Envelope, Gate, GateSettings, Handed, Judge, NotTaken, Outside, Rspamd, Scanned, Scanner,
    Witness as Said,
};
use tokio::sync::watch;
use transfer_room::Scanners;

use crate::config::{Instance, MailGate};

/// A log beyond this is begun anew, and kept so long.
const LOG_BYTES_MAX: u64 = 64 << 20;
const LOG_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How often that is looked at.
const LOG_PAUSE: Duration = Duration::from_secs(3_600);

/// The gate before it runs.
pub(crate) struct Mails {
    config: MailGate,
    clock: Arc<dyn Clock>,
    outside: Postfix,
    inside: Postfix,
    /// Who else judges spam.
    rspamd: Option<Arc<Rspamd>>,
}

/// The gate while it runs.
pub(crate) struct Open {
    tasks: tokio::task::JoinSet<()>,
    running: Vec<Running>,
}

impl Mails {
    /// Prepares the gate; nothing is touched yet.
    pub(crate) fn new(config: MailGate, clock: &Arc<dyn Clock>) -> Self {
        let postfix = |instance: &Instance| {
            Postfix::at(instance.setting.home.clone(), instance.netns.clone(), clock.clone())
        };
        let (outside, inside) = (postfix(&config.outside), postfix(&config.inside));
        let rspamd = config.rspamd.map(|place| {
            Arc::new(Rspamd::new(place.to_string(), Arc::new(rspamd::Wire::new(place))))
        });
        Self { config, clock: clock.clone(), outside, inside, rspamd }
    }

    /// Stops both instances where nobody looks after them; true for one that ran.
    pub(crate) async fn stop(self) -> [(&'static str, Result<bool, PostfixError>); 2] {
        let end = async |postfix: Postfix| match postfix.process() {
            Some(_) => postfix.stop().await.map(|()| true),
            None => Ok(false),
        };
        [("outside", end(self.outside).await), ("inside", end(self.inside).await)]
    }

    /// What the room is told.
    pub(crate) fn settings(&self, origin: &str) -> GateSettings {
        GateSettings {
            hostname: self.config.hostname.clone(),
            origin: origin.to_owned(),
            domains: self.config.domains.clone(),
            known_domains: self.config.known_domains.clone(),
            resolver: self.config.resolver,
        }
    }

    /// Who else judges spam, where the configuration names it.
    pub(crate) fn rspamd(&self) -> Option<Arc<Rspamd>> {
        self.rspamd.clone()
    }

    /// What the room needs of others.
    pub(crate) fn world(&self, scanners: Scanners, judge: Arc<dyn Judge>) -> Outside {
        let instance = &self.config.inside;
        let place = instance.setting.back_place(instance.netns.as_deref());
        let name = instance.setting.name.clone();
        let back = HandOver::new(HandOverSetting::to_postfix(place, name));
        Outside {
            postfix: Arc::new(Inner { back, witness: Witness::of(self.inside.clone()) }),
            scanner: Arc::new(Beside(scanners)),
            judge,
            queues: Arc::new(queues::Both {
                outside: self.outside.clone(),
                inside: self.inside.clone(),
            }),
        }
    }

    /// Opens the doors and starts both Postfix instances.
    pub(crate) async fn open(self, gate: Gate, stop: watch::Receiver<bool>) -> Result<Open> {
        for (postfix, instance) in
            [(&self.outside, &self.config.outside), (&self.inside, &self.config.inside)]
        {
            make(instance.setting.home.as_path())?;
            postfix.install(&instance.setting).await.context(
                "Postfixの設定を置けません。前の設定のまま動きます / the configuration of Postfix was not taken; the one before holds",
            )?;
        }
        let mut tasks = tokio::task::JoinSet::new();
        let door = door(&self.config.outside).await?;
        let taking = gate.clone();
        let told = stop.clone();
        tasks.spawn(door.serve(
            move |arrived| {
                let gate = taking.clone();
                async move { take(&gate, arrived).await }
            },
            told,
        ));
        // Where nothing goes outward, what comes all the same waits in its queue.
        let inner = self::door(&self.config.inside).await?;
        let (leaving, told) = (gate.clone(), stop.clone());
        tasks.spawn(inner.serve(
            move |came| {
                let gate = leaving.clone();
                async move { outward::take(&gate, came).await }
            },
            told,
        ));
        let path = self.config.outside.setting.policy_socket();
        let asked = Policy::open(path, PolicyLimits::default()).await?;
        let desk = Arc::new(asked::Desk::new(gate, &self.config, self.clock.clone()));
        let told = stop.clone();
        let answering = desk.clone();
        tasks.spawn(asked.serve(
            move |request| {
                let desk = answering.clone();
                async move { desk.answer(request).await }
            },
            told,
        ));
        tasks.spawn(desk.keep(stop.clone()));
        let running = vec![self.outside.keep_running(), self.inside.keep_running()];
        for (postfix, running) in [self.outside, self.inside].into_iter().zip(&running) {
            tasks.spawn(rotate(postfix.clone(), stop.clone()));
            tasks.spawn(bring_on(postfix, running.state(), stop.clone()));
        }
        Ok(Open { tasks, running })
    }
}

impl Open {
    /// Ends the doors and leaves both Postfix instances to themselves: what comes
    /// meanwhile waits in their queues, and the next start finds them.
    pub(crate) async fn leave(mut self) {
        while self.tasks.join_next().await.is_some() {}
        for running in self.running {
            running.leave();
        }
        eprintln!(
            "メールのPostfixは動き続け、届いたメールは待ちます。止めるには: sekisho mail stop / \
             the Postfix of mail goes on, and what comes waits; to stop it: sekisho mail stop"
        );
    }
}

/// Has what waited for us brought now, and not after Postfix's pause.
async fn bring_on(
    postfix: Postfix,
    mut state: watch::Receiver<State>,
    mut stop: watch::Receiver<bool>,
) {
    let is_up = async {
        let found = state.wait_for(|state| matches!(state, State::Up { .. })).await;
        found.is_ok()
    };
    let is_up = tokio::select! {
        _ = stop.wait_for(|is_told| *is_told) => return,
        is_up = is_up => is_up,
    };
    if is_up && let Err(error) = postfix.flush().await {
        tracing::warn!(%error, "what waits in the queue comes later");
    }
}

/// The folder above both instances, and the instance's own.
fn make(home: &Path) -> Result<()> {
    std::fs::create_dir_all(home)
        .with_context(|| format!("フォルダーを作れません / cannot make {}", home.display()))
}

async fn door(instance: &Instance) -> Result<Door> {
    let setting = &instance.setting;
    let place = setting.door_place(instance.netns.as_deref());
    let most = usize::try_from(setting.bytes_max()).unwrap_or(usize::MAX);
    Ok(Door::open(DoorSetting::behind_postfix(place, setting.name.clone(), most)).await?)
}

/// A mail as the room takes it.
fn arrived(came: mail_relay::Arrived) -> mail_room::Arrived {
    let forwarded = came.forwarded;
    mail_room::Arrived {
        sender: came.sender,
        receivers: came.receivers,
        client: forwarded.address.as_deref().and_then(address),
        helo: forwarded.helo,
        ident: forwarded.ident,
        bytes: Arc::from(came.bytes),
    }
}

async fn take(gate: &Gate, came: mail_relay::Arrived) -> Answer {
    match gate.take_in(&arrived(came)).await {
        Ok(()) => Answer::Kept("taken".to_owned()),
        Err(NotTaken::Later(why)) => Answer::Later(why.to_owned()),
        Err(NotTaken::Never(why)) => Answer::Never(why),
    }
}

/// Postfix writes addresses of version 6 as `IPV6:2001:db8::1` (XFORWARD).
fn address(text: &str) -> Option<std::net::IpAddr> {
    let prefix = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("ipv6:"));
    let bare = if prefix { text.get(5..)? } else { text };
    bare.parse().ok()
}

async fn rotate(postfix: Postfix, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|is_told| *is_told) => return,
            () = tokio::time::sleep(LOG_PAUSE) => {}
        }
        if let Err(error) = postfix.rotate_log(LOG_BYTES_MAX, LOG_KEPT).await {
            tracing::warn!(%error, "the log of a Postfix was not begun anew");
        }
    }
}

/// The Postfix inside.
struct Inner {
    back: HandOver,
    witness: Witness,
}

impl mail_room::Postfix for Inner {
    fn hand_over<'a>(
        &'a self,
        delivery: &'a str,
        envelope: &'a Envelope,
        bytes: &'a [u8],
    ) -> Task<'a, Handed> {
        Box::pin(async move {
            let Ok(ident) = Ident::parse(delivery) else {
                return Handed::Never("a delivery without a name".to_owned());
            };
            let receivers = [envelope.receiver.clone()];
            let outcome = self.back.send(Delivery {
                ident: &ident,
                sender: &envelope.sender,
                receivers: &receivers,
                bytes,
                is_utf8: false,
            });
            match outcome.await {
                Outcome::Taken(_) => Handed::Taken,
                Outcome::Later(why) => Handed::Later(why),
                Outcome::Never(why) => Handed::Never(why),
                Outcome::Uncertain(why) => Handed::Unclear(why),
            }
        })
    }

    fn took<'a>(&'a self, delivery: &'a str, offered: Timestamp) -> Task<'a, Said> {
        Box::pin(async move {
            let Ok(ident) = Ident::parse(delivery) else { return Said::No };
            match self.witness.took(&ident, offered).await {
                Took::Yes => Said::Yes,
                Took::No => Said::No,
                Took::Unknown => Said::Unknown,
            }
        })
    }
}

/// The scanners that stand beside the treatment of files.
struct Beside(Scanners);

impl Scanner for Beside {
    fn scan<'a>(&'a self, body: BodyId, bytes: &'a [u8]) -> Task<'a, std::io::Result<Scanned>> {
        Box::pin(async move {
            Ok(match self.0.look(body, bytes).await? {
                Ok(hits) => Scanned::Looked(hits),
                Err(scanner) => Scanned::TooLarge(scanner.to_owned()),
            })
        })
    }
}
