//! Changes the language in which this browser reads.

use i18n::Language;

use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::routes::Answer;
use crate::visit::{Visit, set_cookie};

/// Remembers the language and goes back.
pub(super) async fn choose(visit: Visit) -> Answer {
    let language = Language::parse(visit.path("tag")).ok_or(Failure::NotFound)?;
    let query = visit.query();
    let to = crate::visit::local(query.value("to")).unwrap_or("/");
    Ok(set_cookie(visit.go(to)?, Cookie::Language, language.tag()))
}
