//! The part about an outer half: its keys, their shapes and their advice.

use serde::Deserialize;
use toml::Spanned;
use transfer_halves::Pin;

use super::read::Said;

/// The outer half that this program connects to; there is none unless the file
/// has this part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outer {
    /// Where it listens for us: `ADDRESS:PORT`.
    pub(crate) address: String,
    /// What addresses of upload links begin with: `https://up.example.lg.jp`.
    pub(crate) public: String,
    /// The SHA-256 of its certificate, where the file says it too.
    pub(crate) certificate: Option<Pin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    address: Spanned<String>,
    public: Spanned<String>,
    certificate: Option<Spanned<String>>,
}

impl Written {
    /// Reads it, or tells each mistake with its place.
    pub(super) fn read(self, mut complain: impl FnMut(usize, Said)) -> Option<Outer> {
        let address = self.address.get_ref().trim().to_owned();
        let has_port = address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !has_port {
            complain(self.address.span().start, wrong_address());
        }
        let public = self.public.get_ref().trim().trim_end_matches('/').to_owned();
        let host = public.strip_prefix("https://").unwrap_or_default();
        let is_origin = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
        if !is_origin {
            complain(self.public.span().start, wrong_public());
        }
        let certificate = self.certificate.as_ref().map(|text| {
            let pin = Pin::parse(text.get_ref());
            if pin.is_none() {
                complain(text.span().start, wrong_certificate());
            }
            pin
        });
        let certificate = match certificate {
            None => None,
            Some(pin) => Some(pin?),
        };
        (has_port && is_origin).then_some(Outer { address, public, certificate })
    }
}

fn wrong_address() -> Said {
    Said::new(
        "outer: address は、外側の受付がこちらを待つ「アドレス:ポート」です。\"192.0.2.10:7443\" のように書いてください",
        "outer: address is where the outer half waits for this one, ADDRESS:PORT: write it like \"192.0.2.10:7443\"",
    )
}

fn wrong_public() -> Said {
    Said::new(
        "outer: public は、庁外の方が開くアドレスです。\"https://up.example.lg.jp\" のように書いてください",
        "outer: public is the address that people outside open: write it like \"https://up.example.lg.jp\"",
    )
}

fn wrong_certificate() -> Said {
    Said::new(
        "outer: certificate には、sekisho outer enrol が示した64桁の指紋を書いてください",
        "outer: certificate takes the 64 digits that sekisho outer enrol has shown",
    )
}
