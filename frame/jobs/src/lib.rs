//! A queue and a schedule in the store.
