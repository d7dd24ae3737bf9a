//! The demo city's networks: the example site, to be looked at. No kernel is told
//! or asked.

use anyhow::{Context, Result};
use identity::BodyCode;
use wall_room::GateSettings;

use super::town::CITY;
use crate::folder::Folder;

const SITE: &str = include_str!("../../../examples/midori-city/site.toml");
const NAME: &str = "demo-site.toml";

/// A wall that is shown; its site lies in the data folder.
pub(crate) fn wall(folder: &Folder) -> Result<GateSettings> {
    let site = folder.path().join(NAME);
    if !site.exists() {
        std::fs::write(&site, SITE)
            .with_context(|| format!("{}: 書けません / cannot be written", site.display()))?;
    }
    let body = BodyCode::parse(CITY.code).context("the demo's own code")?;
    Ok(GateSettings { site, body, netns: None, apply: false })
}
