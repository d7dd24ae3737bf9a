//! Ceremonies with an authenticator of our own.
