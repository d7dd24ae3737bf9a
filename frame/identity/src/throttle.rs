//! How long to wait after wrong tries. Pure.
