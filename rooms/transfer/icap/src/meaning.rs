//! What an HTTP message means for us: which bytes of it are files, what they
//! are called, and how the message reads once a file in it has changed. Does
//! no I/O and looks into no file beyond its first bytes.

mod coding;
mod correct;
mod disposition;
mod form;
mod media;
mod name;
mod page;
mod plan;

pub use coding::{Coding, CodingError, Decoder};
pub use correct::{
    answer_of_page, delivered_name, delivered_request, delivered_response, is_renamed,
    request_with_form,
};
pub use disposition::{Disposition, Kind};
pub use form::{Form, FormError, FormLimits, Part, boundary_of, join};
pub use media::{is_file_signature, media_type_of};
pub use page::{PageText, page};
pub(crate) use plan::declared;
pub use plan::{FilePlan, FormPlan, Plan, Rules, Treatable, plan};
