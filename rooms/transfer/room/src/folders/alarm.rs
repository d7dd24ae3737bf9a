//! What is wrong with folders now, for the page of the system's state.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base::BodyId;
use console::Alarm;
use i18n::{Message, key};
use identity::BodyCode;

use crate::error::TransferError;

/// The troubles of all folders; a folder that is well again has none.
#[derive(Clone, Default)]
pub struct Alarms(Arc<Mutex<BTreeMap<PathBuf, Alarm>>>);

/// Why a folder could not be worked on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the folder is not there")]
    Gone(#[source] io::Error),
    #[error("the folder is there and empty of our own mark: another disk, or none, is mounted")]
    Another,
    #[error("the disk of the folder does not do it")]
    Disk(#[from] io::Error),
    #[error("no body has the code {0}")]
    NoBody(BodyCode),
    #[error("nobody is called {0}")]
    Nobody(String),
    #[error("a task broke")]
    Broken,
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

impl From<identity::IdentityError> for Trouble {
    fn from(error: identity::IdentityError) -> Self {
        Self::Transfer(error.into())
    }
}

impl From<store::StoreError> for Trouble {
    fn from(error: store::StoreError) -> Self {
        Self::Transfer(error.into())
    }
}

impl From<passages::PassageError> for Trouble {
    fn from(error: passages::PassageError) -> Self {
        Self::Transfer(error.into())
    }
}

impl From<passages::VaultError> for Trouble {
    fn from(error: passages::VaultError) -> Self {
        Self::Transfer(error.into())
    }
}

impl Alarms {
    /// Everything that is wrong now, one alarm a folder.
    #[must_use]
    pub fn now(&self) -> Vec<Alarm> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Notes how a look went, and logs where that is new; true if it went well.
    pub(super) fn note(
        &self,
        path: &Path,
        body: Option<BodyId>,
        looked: Result<(), Trouble>,
    ) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match looked {
            Ok(()) => {
                if all.remove(path).is_some() {
                    tracing::info!(folder = %path.display(), "a folder is well again");
                }
                true
            }
            Err(trouble) => {
                let alarm = Alarm { body, message: trouble.message(path) };
                if all.get(path) != Some(&alarm) {
                    let error = chain(&trouble);
                    tracing::error!(folder = %path.display(), %error, "a folder cannot be used");
                    all.insert(path.to_owned(), alarm);
                }
                false
            }
        }
    }
}

impl Trouble {
    fn message(&self, path: &Path) -> Message {
        let key = match self {
            Self::Gone(_) => key!("transfer-folder-gone"),
            Self::Another => key!("transfer-folder-another"),
            Self::Disk(_) | Self::Broken => key!("transfer-folder-disk"),
            Self::NoBody(_) => key!("transfer-folder-no-body"),
            Self::Nobody(_) => key!("transfer-folder-nobody"),
            Self::Transfer(_) => key!("transfer-folder-store"),
        };
        let message = Message::new(key).with("folder", path.display().to_string());
        match self {
            Self::Nobody(name) => message.with("name", name.clone()),
            Self::NoBody(code) => message.with("name", code.to_string()),
            Self::Gone(_) | Self::Another | Self::Disk(_) | Self::Broken | Self::Transfer(_) => {
                message
            }
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        text.push_str(": ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}
