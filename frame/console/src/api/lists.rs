//! The shape that lists share: a query read by name, a page of lines, and where
//! the next one begins. Names that no list knows never reach it: the gate holds
//! every query against the description.

use axum::http::StatusCode;
use base::{Id, Timestamp};
use i18n::key;
use serde::Serialize;

use super::read;
use super::shapes::Many;
use crate::failure::Failure;
use crate::form::Fields;
use crate::routes::Answer;
use crate::visit::Visit;

/// Lines on a page.
pub(super) const LINES: u32 = 100;

/// The query of a list.
pub(super) struct Query(Fields);

impl Query {
    pub(super) fn of(visit: &Visit) -> Self {
        Self(visit.query())
    }

    /// What was asked for by a name; an empty value is a value.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.0.values(name).first().map(String::as_str)
    }

    pub(super) fn id<T>(&self, name: &str) -> Result<Option<Id<T>>, Failure> {
        read::id_if_any(name, self.asked(name))
    }

    pub(super) fn bound(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        read::bound_if_any(name, self.asked(name))
    }

    pub(super) fn search(&self, name: &str) -> Result<Option<String>, Failure> {
        read::search_if_any(name, self.asked(name))
    }

    pub(super) fn word<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        self.asked(name).map(|text| read::word(name, text, parse)).transpose()
    }

    /// Where the page begins.
    pub(super) fn after<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Failure> {
        let wrong =
            || Failure::Unprocessable(vec![("after".to_owned(), key!("api-after-wrong").into())]);
        self.asked("after").map(|text| parse(text).ok_or_else(wrong)).transpose()
    }
}

/// Answers a page.
pub(super) fn page<T: Serialize>(
    visit: &Visit,
    items: impl IntoIterator<Item = T>,
    next: Option<impl ToString>,
) -> Answer {
    let (items, next) = (items.into_iter().collect(), next.map(|next| next.to_string()));
    visit.answer_json(StatusCode::OK, &Many { items, next })
}

/// Answers a list that has no second page.
pub(super) fn whole<T: Serialize>(visit: &Visit, items: impl IntoIterator<Item = T>) -> Answer {
    page(visit, items, None::<String>)
}
