//! The two containers that many formats share: ZIP packages and OLE compound
//! files. Knows their structure only, never what a member means.

pub mod cfb;
pub mod zip;
