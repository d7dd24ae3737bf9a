//! How mail leaves: where the bodies' servers bring it, who of them may, which
//! keys sign it, where links to its attachments lead.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mail_relay::Network;
use toml::Spanned;

use super::{Reading, Written, WrittenBody};

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// Where the bodies' servers bring it.
    pub(crate) entrances: Vec<SocketAddr>,
    /// What addresses of links begin with; the console's own where none is named.
    pub(crate) links: Option<String>,
    /// Who signs for which domains.
    pub(crate) keys: Vec<DkimKey>,
}

/// One body's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DkimKey {
    /// In lower case.
    pub(crate) domains: Vec<String>,
    /// The label under which its record is published.
    pub(crate) selector: String,
    /// The key in PEM.
    pub(crate) file: PathBuf,
}

impl Reading<'_> {
    /// How mail leaves; nothing where no server may bring any.
    pub(super) fn outgoing(&mut self, written: &Written, folder: &Path) -> Option<Outgoing> {
        let mut entrances = Vec::new();
        for one in &written.listen_inside {
            entrances.extend(self.value(one, str::parse::<SocketAddr>));
        }
        let keys = written.body.iter().filter_map(|body| self.key(body, folder)).collect();
        let links = written.link_origin.as_ref().and_then(|origin| self.origin(origin));
        let has_senders = written.body.iter().any(|body| !body.senders.is_empty());
        if has_senders == entrances.is_empty() {
            let at = written.name.span().start;
            self.say(
                at,
                "listen-inside と、団体ごとの senders は、両方を書くか、どちらも書かないでください",
                "listen-inside and the senders of bodies belong together: write both or neither",
            );
        }
        (!entrances.is_empty()).then_some(Outgoing { entrances, links, keys })
    }

    /// The servers of a body that may bring mail.
    pub(super) fn networks(&mut self, written: &[Spanned<String>]) -> Vec<Network> {
        written.iter().filter_map(|one| self.value(one, Network::parse)).collect()
    }

    fn key(&mut self, body: &WrittenBody, folder: &Path) -> Option<DkimKey> {
        match (&body.dkim_selector, &body.dkim_key) {
            (None, None) => None,
            (Some(selector), Some(file)) => Some(DkimKey {
                domains: body.domains.iter().map(|one| one.get_ref().to_lowercase()).collect(),
                selector: selector.get_ref().clone(),
                file: folder.join(file.get_ref()),
            }),
            (Some(_), None) | (None, Some(_)) => {
                self.say(
                    body.code.span().start,
                    "dkim-selector と dkim-key は両方を書いてください",
                    "dkim-selector and dkim-key belong together",
                );
                None
            }
        }
    }

    /// `https://files.midori.lg.jp`, without anything behind it.
    fn origin(&mut self, written: &Spanned<String>) -> Option<String> {
        let text = written.get_ref().trim_end_matches('/');
        let host = text.strip_prefix("https://").unwrap_or_default();
        let is_host = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        if !is_host {
            self.say(
                written.span().start,
                "link-origin は「https://files.midori.lg.jp」のように書いてください",
                "write link-origin like \"https://files.midori.lg.jp\"",
            );
            return None;
        }
        Some(text.to_owned())
    }
}
