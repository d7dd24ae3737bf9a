//! The part about proxies and storage that speak ICAP: its keys, their shapes
//! and their advice.

use std::net::SocketAddr;

use identity::{BodyCode, BodyCodeError};
use serde::Deserialize;
use toml::Spanned;
use transfer_icap::meaning::Treatable;
use transfer_icap::{Clients, ClientsError, PORT};
use transfer_room::folders::{Crossing, crossing};

use super::read::Said;

/// The ICAP service; there is none unless the file has this part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Icap {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where to listen for ICAP over TLS.
    pub(crate) listen_tls: Option<SocketAddr>,
    /// Who is served.
    pub(crate) clients: Clients,
    /// In whose ledger the files stand.
    pub(crate) body: BodyCode,
    /// Over which boundary downloads come, where the policy of passages decides;
    /// uploads go the other way.
    pub(crate) crossing: Option<Crossing>,
    /// Whether pages are treated.
    pub(crate) pages: Treatable,
    /// Whether pictures, sound and films are treated.
    pub(crate) media: Treatable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    listen: Option<Spanned<String>>,
    listen_tls: Option<Spanned<String>>,
    clients: Spanned<Vec<String>>,
    body: Spanned<String>,
    crossing: Option<Spanned<String>>,
    #[serde(default)]
    pages: Choice,
    #[serde(default)]
    media: Choice,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    #[default]
    Pass,
    Disarm,
}

impl From<Choice> for Treatable {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Pass => Self::Pass,
            Choice::Disarm => Self::Disarm,
        }
    }
}

impl Written {
    /// Reads it, or tells each mistake with its place.
    pub(super) fn read(self, mut complain: impl FnMut(usize, Said)) -> Option<Icap> {
        let usual = SocketAddr::from(([127, 0, 0, 1], PORT));
        let mut address = |written: &Spanned<String>| {
            let address = written.get_ref().parse().ok();
            if address.is_none() {
                complain(written.span().start, wrong_address());
            }
            address
        };
        let listen = self.listen.as_ref().map_or(Some(usual), &mut address);
        let listen_tls = self.listen_tls.as_ref().map(&mut address);
        let clients = Clients::parse(self.clients.get_ref());
        if let Err(error) = &clients {
            complain(self.clients.span().start, wrong_clients(error));
        }
        let body = BodyCode::parse(self.body.get_ref());
        if let Err(error) = body {
            complain(self.body.span().start, wrong_body(error));
        }
        let over = self.crossing.as_ref().map(|written| {
            let over = crossing(written.get_ref());
            if over.is_none() {
                complain(written.span().start, super::transfer::wrong_crossing());
            }
            over
        });
        let (Some(listen), Ok(clients), Ok(body)) = (listen, clients, body) else { return None };
        let crossing = match over {
            None => None,
            Some(over) => Some(over?),
        };
        let listen_tls = match listen_tls {
            None => None,
            Some(address) => Some(address?),
        };
        let (pages, media) = (self.pages.into(), self.media.into());
        Some(Icap { listen, listen_tls, clients, body, crossing, pages, media })
    }
}

fn wrong_address() -> Said {
    Said::new(
        "icap: listen は「アドレス:ポート」です。\"127.0.0.1:1344\" のように書いてください",
        "icap: listen is ADDRESS:PORT: write it like \"127.0.0.1:1344\"",
    )
}

fn wrong_clients(error: &ClientsError) -> Said {
    let ja = match error {
        ClientsError::Nobody => {
            "icap: clients が空です。プロキシのアドレスを書いてください".to_owned()
        }
        ClientsError::Spelling(text) => format!(
            "icap: clients の「{text}」がアドレスでもネットワークでもありません。\"10.1.2.3\" か \"10.1.2.0/24\" のように書いてください"
        ),
        ClientsError::Loose(text) => format!(
            "icap: clients の「{text}」は、ネットワークの長さより後ろにもビットが立っています。\"10.1.2.0/24\" のように書いてください"
        ),
    };
    Said::new(ja, format!("icap: clients: {error}"))
}

fn wrong_body(error: BodyCodeError) -> Said {
    Said::new(
        "icap: body には、記録を置く団体の全国地方公共団体コード(6桁)を書いてください",
        format!("icap: body is the code of the body whose ledger it is: {error}"),
    )
}
