//! Binary workbooks, [MS-XLSB]: the records of their parts. Knows nothing of the
//! package around them.

pub(crate) mod book;
pub(crate) mod formula;
pub(crate) mod part;
pub(crate) mod record;
pub(crate) mod text;
