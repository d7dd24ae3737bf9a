//! The protocol without its sockets: bytes in, events out, answers as bytes.
//! Whatever can be read in two ways is refused, as the other reader of the
//! same bytes may be the attacker's next step.

mod answer;
mod chunks;
mod fields;
mod http;
mod layout;
mod limits;
mod lines;
mod parser;
mod refusal;
mod request;

pub use answer::{
    Answer, BEGINNING, OptionsAnswer, Transfers, chunk, continue_line, error, last_chunk,
};
pub use fields::{Field, Fields};
pub use http::{HttpRequest, HttpResponse};
pub(crate) use http::{host, length};
pub use layout::BodyKind;
pub use limits::Limits;
pub use parser::{Event, Parser};
pub use refusal::{Refusal, Status};
pub use request::{Method, Request};
