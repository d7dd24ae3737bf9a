//! For tests only: takes the program, its disk and its database away under load,
//! and holds what is left against every answer that was given. Knows nothing of
//! its inside.
