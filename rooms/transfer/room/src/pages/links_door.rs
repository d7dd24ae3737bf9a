//! The public page of an upload link: to whom, for what, until when, what is
//! left; and a form that needs no scripting. The console shows it inside its
//! layout, an outer half as a page of its own.

use std::time::Duration;

use askama::Template;
use axum::extract::Multipart;
use axum::http::StatusCode;
use base::Timestamp;
use console::parts::{Button, Facts, Link, Notice, Tone};
use i18n::{Catalogue, Key, Language, Message, Messages, key};

use crate::links::OpenLink;

/// What is shown at a link's address.
#[derive(Clone, Debug)]
pub enum DoorPage<'a> {
    /// The open door; with what went wrong just before, if anything.
    Open(&'a OpenLink, Option<Refused>),
    /// So many files were taken.
    Taken(usize),
    /// The same for unknown, ended and revoked links.
    Gone,
    /// Nothing is looked at for so long.
    Wait(Duration),
    /// The reception is out of order.
    Away,
}

/// Why nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too large or too many.
    Full,
    /// No file was sent.
    None,
    /// It did not arrive whole.
    Broken,
}

#[derive(Template)]
#[template(path = "drop.html")]
pub(crate) struct Drop {
    title: String,
    notice: Option<Notice>,
    door: Option<Door>,
    again: Option<Link>,
}

struct Door {
    lead: String,
    facts: Facts,
    token: String,
    label: String,
    hint: String,
    send: Button,
}

#[derive(Template)]
#[template(path = "drop_whole.html")]
struct Whole<'a> {
    language: Language,
    other: Language,
    title: &'a str,
    switch: String,
    footer: String,
    content: &'a str,
}

/// Says a message in the reader's language.
type Say<'a> = &'a dyn Fn(Message) -> String;

impl DoorPage<'_> {
    /// The answer's status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Open(_, None) | Self::Taken(_) => StatusCode::OK,
            Self::Open(_, Some(Refused::Full)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Open(_, Some(Refused::None)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Open(_, Some(Refused::Broken)) => StatusCode::BAD_REQUEST,
            Self::Gone => StatusCode::NOT_FOUND,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Away => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The page's title.
    #[must_use]
    pub const fn title(&self) -> Key {
        match self {
            Self::Open(..) | Self::Taken(_) => key!("drop-title"),
            Self::Gone => key!("drop-gone"),
            Self::Wait(_) => key!("drop-wait"),
            Self::Away => key!("drop-away"),
        }
    }

    /// The content of the page; `token` is what a form of a signed-in reader
    /// carries, `path` the page itself.
    pub(crate) fn content(&self, say: Say<'_>, at: (Language, &str), token: &str) -> Drop {
        let (language, path) = at;
        let said = |key: Key| say(key.into());
        let notice = |tone, title, text| Some(Notice::new(tone, said(title)).text(said(text)));
        let plain = Drop { title: said(self.title()), notice: None, door: None, again: None };
        match self {
            Self::Open(link, refused) => {
                let notice = match refused {
                    None => None,
                    Some(Refused::Full) => {
                        notice(Tone::Wrong, key!("drop-full"), key!("drop-full-text"))
                    }
                    Some(Refused::None) => {
                        notice(Tone::Wrong, key!("drop-none"), key!("drop-none-text"))
                    }
                    Some(Refused::Broken) => {
                        notice(Tone::Wrong, key!("drop-broken"), key!("drop-broken-text"))
                    }
                };
                let door = Some(door(link, say, language, token));
                Drop { notice, door, ..plain }
            }
            Self::Taken(count) => {
                let count = i64::try_from(*count).unwrap_or(i64::MAX);
                let title = say(Message::new("drop-done").with("count", count));
                let notice = Notice::done(title).text(said(key!("drop-done-text")));
                let again = Link::new(path, said(key!("drop-more")));
                Drop { notice: Some(notice), again: Some(again), ..plain }
            }
            Self::Gone => {
                let text = Notice::new(Tone::Warning, said(key!("drop-gone")));
                Drop { notice: Some(text.text(said(key!("drop-gone-text")))), ..plain }
            }
            Self::Wait(wait) => {
                let seconds = i64::try_from(wait.as_secs().max(1)).unwrap_or(i64::MAX);
                let text = say(Message::new("drop-wait-text").with("seconds", seconds));
                let notice = Notice::new(Tone::Warning, said(key!("drop-wait"))).text(text);
                Drop { notice: Some(notice), ..plain }
            }
            Self::Away => {
                let text = Notice::new(Tone::Warning, said(key!("drop-away")));
                Drop { notice: Some(text.text(said(key!("drop-away-text")))), ..plain }
            }
        }
    }

    /// The page as a document of its own, for a program without a console.
    ///
    /// # Errors
    /// If the template fails, which is our fault.
    pub fn whole(
        &self,
        messages: &Messages,
        language: Language,
        path: &str,
    ) -> Result<String, askama::Error> {
        let say = |message: Message| messages.say(language, message).to_string();
        let other = match language {
            Language::Japanese => Language::English,
            Language::English => Language::Japanese,
        };
        let content = self.content(&say, (language, path), "").render()?;
        let whole = Whole {
            language,
            other,
            title: &say(self.title().into()),
            switch: say(key!("drop-language").into()),
            footer: say(key!("drop-footer").into()),
            content: &content,
        };
        whole.render()
    }
}

fn door(link: &OpenLink, say: Say<'_>, language: Language, token: &str) -> Door {
    let said = |key: Key| say(key.into());
    let files = i64::try_from(link.files_left).unwrap_or(i64::MAX);
    let left = say(Message::new("drop-left-files").with("count", files));
    let until = i18n::moment(language, Timestamp::jst(link.ends_at));
    let max = i18n::bytes(link.file_bytes_max.min(link.bytes_left));
    Door {
        lead: say(Message::new("drop-lead").with("body", link.body.clone())),
        facts: Facts::new()
            .text(said(key!("drop-to")), format!("{} {}", link.body, link.receiver))
            .text(said(key!("drop-purpose")), &link.purpose)
            .text(said(key!("drop-until")), until)
            .text(said(key!("drop-left")), left)
            .text(said(key!("drop-left-bytes")), i18n::bytes(link.bytes_left)),
        token: token.to_owned(),
        label: said(key!("drop-files")),
        hint: say(Message::new("drop-files-hint").with("max", max)),
        send: Button::main(said(key!("drop-send"))),
    }
}

/// Bytes of a refused form that are read all the same.
const DRAINED_MAX: usize = 256 << 20;
/// How long that may take.
const DRAINING_MAX: Duration = Duration::from_secs(20);

/// Reads the rest of a form that is not taken: a browser that still sends when
/// the answer comes shows a broken connection and not the page that says why.
pub async fn drain(form: &mut Multipart) {
    let reading = async {
        let mut read = 0_usize;
        while let Ok(Some(mut field)) = form.next_field().await {
            while let Ok(Some(chunk)) = field.chunk().await {
                read = read.saturating_add(chunk.len());
                if read > DRAINED_MAX {
                    return;
                }
            }
        }
    };
    // Whoever sends on for longer sees the connection end.
    let _ = tokio::time::timeout(DRAINING_MAX, reading).await;
}

/// The words of links, for a program without a console.
pub const LINK_WORDS: Catalogue = Catalogue {
    name: "transfer-links",
    ja: include_str!("../../messages/links.ja.ftl"),
    en: include_str!("../../messages/links.en.ftl"),
};
