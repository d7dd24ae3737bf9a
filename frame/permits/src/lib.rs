//! The one life cycle of what may happen, and its end.
