//! What one Postfix instance is told: values that Postfix's files are made of.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::names::{Domain, Host, Label, Network, SafePath};
use crate::place::Place;

/// Which way an instance looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Towards the internet: takes mail for the bodies from anybody and sends
    /// what we hand over to the world.
    Outside,
    /// Towards the bodies' own servers: takes mail from them for anybody and
    /// sends what we hand over to them.
    Inside,
}

/// Both, for who asks for one of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides<T> {
    /// Of the instance towards the internet.
    pub outside: T,
    /// Of the instance towards the bodies.
    pub inside: T,
}

/// Where our filter is found by Postfix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// A socket in the instance's folder, which needs no network at all (LMTP).
    Socket,
    /// A port of the instance's own loopback (SMTP).
    Loopback(u16),
}

/// Where Postfix takes what we hand over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// A socket in the queue's folder, which only the administrator reaches.
    Socket,
    /// A port of the instance's own loopback: anybody on that machine reaches it.
    Loopback(u16),
}

/// How a connection to the next server is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTls {
    /// Not at all.
    None,
    /// Where it is offered; not checked.
    Offered,
    /// Always; not checked.
    Always,
    /// Always, and the certificate must be of the server's name.
    Checked,
}

/// Where a body's mail goes from the instance inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Its server; an address or a name, never looked up as a mail domain.
    Server {
        /// Its address or name.
        host: Host,
        /// Its port.
        port: u16,
        /// How the way there is covered.
        tls: NextTls,
    },
    /// A Maildir of the body in this folder, for towns without a server and for
    /// trials: one folder a body, named by its label.
    Maildir {
        /// Where the folders are.
        folder: SafePath,
        /// Whose the files are; not 0.
        user: u32,
        /// Whose group they are; not 0.
        group: u32,
    },
}

/// One body whose mail goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Its short name.
    pub label: Label,
    /// Its mail domains; one domain is of one body.
    pub domains: Vec<Domain>,
    /// Where its mail goes inside.
    pub next: Next,
    /// Who may send for it from inside.
    pub senders: Vec<Network>,
    /// The largest mail to it, in bytes.
    pub bytes_max: u64,
    /// Receivers of it in one mail.
    pub receivers_max: u32,
}

/// How the instance outside reaches the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// By the DNS.
    World,
    /// By a provider's server.
    Relay {
        /// Its address or name.
        host: Host,
        /// Its port.
        port: u16,
        /// How the way there is covered.
        tls: NextTls,
    },
}

/// A certificate that the instance shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The key and then the chain, in PEM, in one file.
    pub chain: SafePath,
}

/// What happens at the gate while our program is not there to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyDown {
    /// Senders are told to come again; nothing is taken for unknown receivers.
    Wait,
    /// Mail is taken and waits in the queue until we judge it.
    Take,
}

/// What an instance may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Receivers of one mail.
    pub receivers_max: u32,
    /// Bytes that a mail may have grown to when we hand it back, per cent of the
    /// largest body's limit.
    pub grown_percent: u32,
    /// Processes of one service.
    pub processes_max: u32,
    /// Mails that the filter is given at the same time.
    pub filtered_at_once_max: u32,
    /// Connections of one client at the same time.
    pub connections_per_client_max: u32,
    /// Mails of one client a minute; 0 for any number.
    pub mails_per_minute_max: u32,
    /// Bytes of a header.
    pub header_bytes_max: u32,
    /// Days that a mail waits before its sender is told that it cannot be sent.
    pub queue_days_max: u32,
    /// Seconds between two looks at what waits.
    pub retry_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            receivers_max: 500,
            grown_percent: 200,
            processes_max: 100,
            filtered_at_once_max: 10,
            connections_per_client_max: 20,
            mails_per_minute_max: 0,
            header_bytes_max: 102_400,
            queue_days_max: 5,
            retry_seconds: 120,
        }
    }
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Which way it looks.
    pub side: Side,
    /// What it calls itself.
    pub name: Domain,
    /// Its folder: configuration, queue, data, log and sockets.
    pub home: SafePath,
    /// Where it listens for others.
    pub entrances: Vec<SocketAddr>,
    /// Whose mail goes through.
    pub bodies: Vec<Body>,
    /// Where the filter is.
    pub filter: Filter,
    /// Where it takes what we hand over.
    pub back: Back,
    /// Whether our policy service is asked about each receiver, and what happens
    /// while it cannot be.
    pub policy: Option<PolicyDown>,
    /// How the instance outside reaches the world; nothing inside.
    pub onward: Onward,
    /// What it shows to clients; without one no cover is offered.
    pub certificate: Option<Certificate>,
    /// What it may cost.
    pub limits: Limits,
}

/// What makes a setting contradict itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Two bodies have one domain.
    #[error("the domain {0} is of two bodies")]
    Domain(Domain),
    /// Two bodies have one label.
    #[error("the label {0} is of two bodies")]
    Label(Label),
    /// Two bodies inside have Maildirs of different places or owners.
    #[error("all Maildirs are in one folder and of one account")]
    Maildirs,
}

impl Setting {
    /// Looks for contradictions that no single value shows.
    ///
    /// # Errors
    /// The first that is found.
    pub fn check(&self) -> Result<(), SettingError> {
        let (mut domains, mut labels) = (BTreeSet::new(), BTreeSet::new());
        let mut boxes = None;
        for body in &self.bodies {
            if !labels.insert(&body.label) {
                return Err(SettingError::Label(body.label.clone()));
            }
            if let Some(twice) = body.domains.iter().find(|domain| !domains.insert(*domain)) {
                return Err(SettingError::Domain(twice.clone()));
            }
            match &body.next {
                Next::Maildir { folder, user, group } => {
                    if *boxes.get_or_insert((folder, user, group)) != (folder, user, group) {
                        return Err(SettingError::Maildirs);
                    }
                }
                Next::Server { .. } => {}
            }
        }
        Ok(())
    }

    /// Where our door must be opened.
    #[must_use]
    pub fn door_place(&self, netns: Option<&str>) -> Place {
        match self.filter {
            Filter::Socket => Place::Socket(self.home.as_path().join("sockets/door")),
            Filter::Loopback(port) => Place::Loopback { port, netns: netns.map(str::to_owned) },
        }
    }

    /// Where what we hand over goes.
    #[must_use]
    pub fn back_place(&self, netns: Option<&str>) -> Place {
        match self.back {
            Back::Socket => Place::Socket(self.home.as_path().join("queue/private/back")),
            Back::Loopback(port) => Place::Loopback { port, netns: netns.map(str::to_owned) },
        }
    }

    /// Where our policy service must listen.
    #[must_use]
    pub fn policy_socket(&self) -> PathBuf {
        self.home.as_path().join("sockets/policy")
    }

    /// The body of a mail domain.
    #[must_use]
    pub fn body_of(&self, domain: &str) -> Option<&Body> {
        self.bodies.iter().find(|body| {
            body.domains.iter().any(|known| known.as_str().eq_ignore_ascii_case(domain))
        })
    }

    /// The largest mail that anybody may send, in bytes.
    #[must_use]
    pub fn bytes_max(&self) -> u64 {
        const NOBODY: u64 = 10 << 20;
        self.bodies.iter().map(|body| body.bytes_max).max().unwrap_or(NOBODY)
    }
}
