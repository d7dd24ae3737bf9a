//! The ledger: append-only, hash-chained, signed.
