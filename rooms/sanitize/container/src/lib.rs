//! The two containers that many formats share, ZIP packages and OLE compound
//! files, and the function numbers that both binary workbooks share. Knows
//! structure only, never what a member means.

pub mod cfb;
pub mod functions;
pub mod zip;
