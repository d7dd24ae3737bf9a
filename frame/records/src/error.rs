//! What can go wrong, by what a person can do about it.

/// Why an entry was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The store did not do it.
    #[error("the ledger's store did not answer")]
    Store(#[from] store::StoreError),
    /// A caller says too much: shorten it.
    #[error("an entry's {field} holds more than {max}")]
    TooLarge {
        /// Which column.
        field: &'static str,
        /// Characters, or for the details entries or bytes.
        max: usize,
    },
    /// A row cannot be what was written: verify the ledger.
    #[error("entry {sequence} of the ledger cannot be read")]
    Unreadable {
        /// Its place.
        sequence: i64,
    },
    /// There is nothing to sign or to export yet.
    #[error("the ledger holds no entry there")]
    Empty,
}

/// Why a key was not taken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not the text of a key: give the file that this program wrote.
    #[error("not an Ed25519 key in PEM or 64 hexadecimal digits")]
    Unreadable,
}
