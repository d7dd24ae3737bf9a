//! Bodies, people, roles, factors and sessions.
