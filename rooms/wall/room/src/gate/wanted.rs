//! What should be open at a moment, and the text that has the kernel hold it.

use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use permits::Permits;
use store::Work;
use wall_engine::{Open, Opening, Serving, compile};

use super::{OpenFlow, Opened};
use crate::cutoff;
use crate::error::WallError;
use crate::flows::{Declared, Stand, Standing, standing};

/// What should be open.
pub(super) struct Wanted {
    pub(super) now: Timestamp,
    pub(super) opened: Opened,
    pub(super) stands: Vec<Stand>,
}

impl Wanted {
    /// The rules, each element with the seconds that a function makes of its end.
    pub(super) fn script(&self, seconds: impl Fn(Timestamp) -> Option<u64>) -> String {
        let flows: Vec<Opening> = self
            .opened
            .flows
            .iter()
            .map(|one| Opening { flow: one.flow, seconds: seconds(one.until) })
            .collect();
        let services: Vec<Serving> = self
            .opened
            .services
            .iter()
            .map(|(service, until)| Serving { service: *service, seconds: seconds(*until) })
            .collect();
        let open = Open { flows: &flows, services: &services, cut: &self.opened.cut };
        compile(&self.opened.declared.site, open)
    }
}

/// Asks what should be open now: what ends within a second is not opened.
pub(super) async fn wanted(
    work: &mut Work,
    permits: &Permits,
    declared: Arc<Declared>,
) -> Result<Wanted, WallError> {
    let now = permits.look(work).await?;
    let cut = cutoff::zones_cut(work).await?;
    let stands = standing(work, permits, &declared).await?;
    let is_long = |until: Timestamp| until.since(now) >= Duration::from_secs(1);
    let flows = stands
        .iter()
        .filter(|stand| stand.standing == Standing::Open)
        .filter_map(|stand| {
            let until = stand.until.filter(|until| is_long(*until))?;
            let name = declared.site.flows.get(stand.place)?.name.clone();
            Some(OpenFlow { flow: stand.place, name, permit: stand.permit.as_ref()?.id, until })
        })
        .collect();
    let services = declared.services().filter(|(_, until)| is_long(*until)).collect();
    let opened = Opened { declared: declared.clone(), flows, services, cut, told_at: None };
    Ok(Wanted { now, opened, stands })
}
