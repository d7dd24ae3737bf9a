//! What the console may know of the machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base::Timestamp;
use console::{Machine, MachineState};
use mail_room::Rspamd;
use transfer_room::Scanners;
use transfer_room::folders::Alarms;

/// See [`Machine`].
pub(crate) struct Here {
    pub(crate) database: &'static str,
    pub(crate) data: PathBuf,
    pub(crate) started_at: Timestamp,
    /// Milliseconds since 1970; changes when the certificate is renewed.
    pub(crate) certificate_ends_at: AtomicI64,
    /// What is wrong with the folders of the transfer.
    pub(crate) folders: Alarms,
    /// What looks at files beside the treatment.
    pub(crate) scanners: Scanners,
    /// What judges spam beside ours, where there is one.
    pub(crate) rspamd: Option<Arc<Rspamd>>,
}

impl Machine for Here {
    fn look(&self) -> MachineState {
        let space = platform::space(&self.data).ok();
        let rspamd = self.rspamd.iter().filter_map(|rspamd| rspamd.alarm()).collect();
        let ends = self.certificate_ends_at.load(Ordering::Relaxed);
        MachineState {
            database: self.database.to_owned(),
            certificate_ends_at: (ends > 0).then(|| Timestamp::from_millis(ends)),
            started_at: Some(self.started_at),
            disk_free_bytes: space.map(|space| space.free_bytes),
            disk_total_bytes: space.map(|space| space.total_bytes),
            alarms: [self.folders.now(), self.scanners.alarms(), rspamd].concat(),
        }
    }
}
