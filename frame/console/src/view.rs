//! What every template can say: words, times, numbers, who is reading. A page
//! is the content of `<main>`; the layout around it is written here.

use std::time::Duration;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::Timestamp;
use i18n::{Key, Language, Message, Sentence};
use identity::Caller;

use crate::failure::Failure;
use crate::parts::Notice;
use crate::room::{Group, Place};
use crate::routes::Answer;
use crate::state::State;

/// The reader's side of a request; templates hold a reference to it.
#[derive(Clone)]
pub struct View {
    pub(crate) state: State,
    /// The language that the reader chose.
    pub language: Language,
    /// The request's id, for the error pages and the log.
    pub request: String,
    /// The path that was asked for, without its query.
    pub path: String,
    /// The query that was asked for, without `?`.
    pub query: String,
    /// Who is reading, if anybody is signed in.
    pub caller: Option<Caller>,
    /// The name of the reader's body.
    pub body_name: Option<String>,
    /// What forms carry.
    pub csrf: String,
    /// What was done just before.
    pub notice: Option<Message>,
    /// The moment of the request.
    pub now: Timestamp,
}

impl View {
    /// Says a message; `.with("name", value)` fills its placeholders.
    pub fn t(&self, key: impl Into<Key>) -> Sentence<'_> {
        self.state.messages.say(self.language, key.into())
    }

    /// Says a message that was put together elsewhere.
    pub fn say(&self, message: impl Into<Message>) -> Sentence<'_> {
        self.state.messages.say(self.language, message)
    }

    /// A day in Japan: `2026年4月1日`.
    #[must_use]
    pub fn date(&self, at: &Timestamp) -> String {
        i18n::date(self.language, at.jst().date())
    }

    /// A day with its era: `令和8年(2026年)4月1日`.
    #[must_use]
    pub fn date_with_era(&self, at: &Timestamp) -> String {
        i18n::date_with_era(self.language, at.jst().date())
    }

    /// A moment in Japan: `2026年4月1日(水) 9:05`.
    #[must_use]
    pub fn moment(&self, at: &Timestamp) -> String {
        i18n::moment(self.language, at.jst())
    }

    /// A moment in a table: `2026/04/01 09:05`.
    #[must_use]
    pub fn moment_short(&self, at: &Timestamp) -> String {
        i18n::moment_short(self.language, at.jst())
    }

    /// How long: `3時間20分`.
    #[must_use]
    pub fn span(&self, length: Duration) -> String {
        i18n::span(self.language, length)
    }

    /// How long from now until then; nothing once it has passed.
    #[must_use]
    pub fn remaining(&self, until: &Timestamp) -> String {
        self.span(until.since(self.now))
    }

    /// A number: `1,234`.
    #[must_use]
    pub fn number(&self, value: impl Into<i64>) -> String {
        i18n::number(value.into())
    }

    /// The address of a file that pages load.
    #[must_use]
    pub fn asset(&self, name: &str) -> &str {
        self.state.assets.address(name)
    }

    /// Settings, for the layout.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.state.settings.is_demo
    }

    /// The program's version.
    #[must_use]
    pub fn version(&self) -> &str {
        self.state.settings.version
    }

    /// The hidden field that every form with `method="post"` needs.
    #[must_use]
    pub fn form_token(&self) -> crate::parts::FormToken<'_> {
        crate::parts::FormToken(&self.csrf)
    }

    /// Begins a page.
    pub fn page(&self, title: impl Into<Message>) -> Page<'_> {
        Page {
            view: self,
            title: self.say(title).to_string(),
            crumbs: Vec::new(),
            status: StatusCode::OK,
            is_wrong: false,
            notice: None,
            script: None,
            style: None,
        }
    }

    /// The address of this page with the language changed.
    #[must_use]
    pub fn language_switch(&self, to: &Language) -> String {
        let back = match self.query.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{}", self.path, self.query),
        };
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("to", &back).finish();
        format!("/language/{}?{query}", to.tag())
    }

    /// This page's address with one value of its query set, or taken out.
    #[must_use]
    pub fn here_with(&self, name: &str, value: Option<&str>) -> String {
        let kept = form_urlencoded::parse(self.query.as_bytes()).filter(|(key, _)| key != name);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        if let Some(value) = value {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    fn menu(&self) -> Vec<MenuGroup> {
        let Some(caller) = &self.caller else { return Vec::new() };
        let is_for_reader = |place: &&Place| {
            place.duties.is_empty() || place.duties.iter().any(|duty| caller.duties.has(*duty))
        };
        let mut groups = Vec::new();
        for group in Group::ALL {
            let places = self.state.places.iter().filter(|place| place.group == group);
            let entries: Vec<MenuEntry> =
                places.filter(is_for_reader).map(|place| self.entry(place)).collect();
            if !entries.is_empty() {
                groups.push(MenuGroup { label: self.t(group.label()).to_string(), entries });
            }
        }
        groups
    }

    fn entry(&self, place: &Place) -> MenuEntry {
        // `/permits/new` stands under `/permits` and has an entry of its own.
        let around = self.state.places.iter().filter(|place| self.is_under(place.href));
        let nearest = around.map(|place| place.href.len()).max();
        let is_here = self.is_under(place.href) && Some(place.href.len()) == nearest;
        MenuEntry { href: place.href, label: self.t(&place.label).to_string(), is_here }
    }

    fn is_under(&self, href: &str) -> bool {
        let rest = self.path.strip_prefix(href);
        self.path == href || (href != "/" && rest.is_some_and(|rest| rest.starts_with('/')))
    }
}

struct MenuGroup {
    label: String,
    entries: Vec<MenuEntry>,
}

struct MenuEntry {
    href: &'static str,
    label: String,
    is_here: bool,
}

/// A page being put together: its title and what surrounds its content.
#[must_use]
pub struct Page<'a> {
    view: &'a View,
    title: String,
    crumbs: Vec<(String, String)>,
    status: StatusCode,
    is_wrong: bool,
    notice: Option<Notice>,
    script: Option<&'a str>,
    style: Option<&'a str>,
}

impl Page<'_> {
    /// Adds a page above this one to the breadcrumbs.
    pub fn under(mut self, href: impl Into<String>, label: impl Into<Message>) -> Self {
        self.crumbs.push((href.into(), self.view.say(label).to_string()));
        self
    }

    /// Answers with another status.
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Shows a form again with what is wrong: status 422, and the title says
    /// so to a screen reader.
    pub const fn wrong(mut self) -> Self {
        self.status = StatusCode::UNPROCESSABLE_ENTITY;
        self.is_wrong = true;
        self
    }

    /// Shows a form anew, or again with what is wrong.
    pub fn form(self, fields: &crate::form::Fields) -> Self {
        if fields.is_good() { self } else { self.wrong() }
    }

    /// Puts a notice above the content.
    pub fn notice(mut self, notice: Notice) -> Self {
        self.notice = Some(notice);
        self
    }

    /// Renders the content inside the layout. The content's template begins
    /// with the page's `<h1>`.
    ///
    /// # Errors
    /// If the template fails, which is our fault.
    pub fn render(self, content: &impl Template) -> Answer {
        let content = content.render().map_err(Failure::internal)?;
        let done = self.view.notice.as_ref().map(|message| Notice::done(self.view.say(message)));
        let layout = Layout {
            view: self.view,
            title: &self.title,
            crumbs: &self.crumbs,
            is_wrong: self.is_wrong,
            notice: done.or(self.notice),
            script: self.script,
            style: self.style,
            menu: self.view.menu(),
            content: &content,
        };
        let html = layout.render().map_err(Failure::internal)?;
        Ok(html_response(self.status, html))
    }
}

impl<'a> Page<'a> {
    /// Loads a script of ours as a module; the page must work without it.
    pub const fn script(mut self, asset: &'a str) -> Self {
        self.script = Some(asset);
        self
    }

    /// Loads a style sheet of a room behind the console's own.
    pub const fn style(mut self, asset: &'a str) -> Self {
        self.style = Some(asset);
        self
    }
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    view: &'a View,
    title: &'a str,
    crumbs: &'a [(String, String)],
    is_wrong: bool,
    notice: Option<Notice>,
    script: Option<&'a str>,
    style: Option<&'a str>,
    menu: Vec<MenuGroup>,
    content: &'a str,
}

fn html_response(status: StatusCode, html: String) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], html).into_response()
}
