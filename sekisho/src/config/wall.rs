//! The part about the wall between the networks: its keys, their shapes and
//! their advice.

use std::path::{Path, PathBuf};

use identity::{BodyCode, BodyCodeError};
use serde::Deserialize;
use toml::Spanned;
use wall_room::GateSettings;

use super::read::Said;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    site: PathBuf,
    body: Spanned<String>,
    netns: Option<Spanned<String>>,
    apply: bool,
}

/// The longest name of a namespace: a file's (`NAME_MAX`, limits.h).
const NETNS_BYTES_MAX: usize = 255;

impl Written {
    /// Reads it, or tells each mistake with its place. The site's path is taken
    /// from the file's folder.
    pub(super) fn read(
        self,
        base: &Path,
        mut complain: impl FnMut(usize, Said),
    ) -> Option<GateSettings> {
        let body = BodyCode::parse(self.body.get_ref());
        if let Err(error) = body {
            complain(self.body.span().start, wrong_body(error));
        }
        let netns = self.netns.as_ref().map(|name| {
            let is_name = is_netns(name.get_ref());
            if !is_name {
                complain(name.span().start, wrong_netns());
            }
            is_name.then(|| name.get_ref().clone())
        });
        let netns = match netns {
            None => None,
            Some(name) => Some(name?),
        };
        let site = base.join(self.site);
        Some(GateSettings { site, body: body.ok()?, netns, apply: self.apply })
    }
}

fn is_netns(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=NETNS_BYTES_MAX).contains(&name.len())
        && name.bytes().all(is_plain)
        && !name.starts_with(['-', '.'])
}

fn wrong_body(error: BodyCodeError) -> Said {
    Said::new(
        "wall: body には、通信を承認する団体の全国地方公共団体コード(6桁)を書いてください",
        format!("wall: body is the code of the body that approves the flows: {error}"),
    )
}

fn wrong_netns() -> Said {
    Said::new(
        "wall: netns は、ip netns list に出る名前です。\"gateway\" のように書いてください。この機械自身なら、この行を消してください",
        "wall: netns is a name that ip netns list shows, like \"gateway\"; for this machine itself leave it out",
    )
}
