//! What this is: version, licence, and how accessible the screens are. Also the
//! pattern for a page: a template that holds the view, a handler that renders.

use askama::Template;
use i18n::key;

use crate::parts::Facts;
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "pages/about.html")]
struct About<'a> {
    view: &'a View,
    facts: Facts,
}

/// Shows the page.
pub(super) async fn show(visit: Visit) -> Answer {
    let view = &visit.view;
    let facts = Facts::new()
        .text(view.t("about-product"), view.t("product-name"))
        .text(view.t("about-version"), view.version())
        .text(view.t("about-licence"), "Apache License 2.0");
    view.page(key!("about-title")).render(&About { view, facts })
}
