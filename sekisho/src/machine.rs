//! What the console may know of the machine.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use base::Timestamp;
use console::{Machine, MachineState};

/// See [`Machine`].
pub(crate) struct Here {
    pub(crate) database: &'static str,
    pub(crate) data: PathBuf,
    pub(crate) started_at: Timestamp,
    /// Milliseconds since 1970; changes when the certificate is renewed.
    pub(crate) certificate_ends_at: AtomicI64,
}

impl Machine for Here {
    fn look(&self) -> MachineState {
        let space = platform::space(&self.data).ok();
        let ends = self.certificate_ends_at.load(Ordering::Relaxed);
        MachineState {
            database: self.database.to_owned(),
            certificate_ends_at: (ends > 0).then(|| Timestamp::from_millis(ends)),
            started_at: Some(self.started_at),
            disk_free_bytes: space.map(|space| space.free_bytes),
            disk_total_bytes: space.map(|space| space.total_bytes),
        }
    }
}
