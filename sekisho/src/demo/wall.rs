//! The demo city's networks: the example site, to be looked at. No kernel is told
//! or asked.

use std::time::Duration;

use anyhow::{Context, Result};
use base::Timestamp;
use identity::BodyCode;
use wall_room::GateSettings;

use super::town::CITY;
use crate::folder::Folder;

const SITE: &str = include_str!("../../../examples/midori-city/site.toml");
const NAME: &str = "demo-site.toml";

/// The last day of every flow in the example: the end of a year of budgets.
const LAST_DAY: &str = "2027-03-31";
/// The example's flows last at least so long after the demo is made.
const LASTS: Duration = Duration::from_secs(90 * 24 * 3_600);

/// A wall that is shown; its site lies in the data folder, with ends ahead of the
/// moment at which it is made.
pub(crate) fn wall(folder: &Folder, now: Timestamp) -> Result<GateSettings> {
    let site = folder.path().join(NAME);
    if !site.exists() {
        std::fs::write(&site, SITE.replace(LAST_DAY, &last_day(now)))
            .with_context(|| format!("{}: 書けません / cannot be written", site.display()))?;
    }
    let body = BodyCode::parse(CITY.code).context("the demo's own code")?;
    Ok(GateSettings { site, body, netns: None, apply: false })
}

/// The next end of March that is far enough ahead.
fn last_day(now: Timestamp) -> String {
    let then = now.plus(LASTS).jst();
    let is_over = then.month() > 3;
    format!("{:04}-03-31", then.year() + i16::from(is_over))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_never_over_when_it_is_made() {
        let day = |text: &str| last_day(Timestamp::parse(text).unwrap());
        assert_eq!(day("2026-11-22T00:00:00Z"), "2027-03-31");
        assert_eq!(day("2027-01-20T00:00:00Z"), "2028-03-31");
        assert_eq!(day("2027-04-02T00:00:00Z"), "2028-03-31");
        let site = SITE.replace(LAST_DAY, &day("2031-05-05T00:00:00Z"));
        assert!(wall_room::flows::Declared::read(&site).is_ok());
    }
}
