//! Passwords, one-time codes, keys and certificates: the mathematics of two factors.
