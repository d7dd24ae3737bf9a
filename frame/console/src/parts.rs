//! The pieces that pages are made of. Each writes its own mark-up, with labels,
//! descriptions and roles in place, so that no page gets them wrong. Texts come
//! in already said in the reader's language.

mod button;
mod chart;
mod confirm;
mod download;
mod facts;
mod fields;
mod form;
mod notice;
mod table;
mod tag;

pub use button::{Button, Link};
pub use chart::{Columns, Group, Series, Span, Spans};
pub use confirm::Confirm;
pub use download::{DownloadError, Format};
pub use facts::Facts;
pub use fields::{Area, Choice, Choices, Line, Tick};
pub use form::{Form, FormToken, Summary};
pub use notice::{Notice, Tone};
pub use table::{Cell, Pager, Table};
pub use tag::Tag;

/// Says that a type escapes what it writes, so that templates do not do so
/// again.
macro_rules! escaped {
    ($($type:ty),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $type {})+ };
}
pub(crate) use escaped;
