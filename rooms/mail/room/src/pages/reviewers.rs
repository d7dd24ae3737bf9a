//! Who looks at held mails for a section's people: named and taken back by those
//! who manage the system.

use askama::Template;
use askama::filters::HtmlSafe;
use console::form::Fields;
use console::parts::{Button, Cell, Choice, Form, FormToken, Table};
use console::{Answer, View, Visit};
use i18n::key;
use identity::{Caller, Login, PersonId, SectionId, people, sections};

use crate::MailError;
use crate::review;

#[derive(Template)]
#[template(path = "mail-reviewers.html")]
struct Reviewers<'a> {
    view: &'a View,
    form: Form<'a>,
    sections: Vec<Choice>,
    table: Table<'a>,
    name: Button,
}

/// Shows them.
pub(super) async fn reviewers(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let all = review::all(&mut work, caller).await?;
    let known = sections::list(&mut work).await.map_err(MailError::from)?;
    let mut table = Table::new(view, view.t("mail-reviewers"))
        .column(view.t("mail-reviewer-section"))
        .column(view.t("mail-reviewer"))
        .column(view.t("mail-reviewer-since"))
        .column(view.t("mail-listed-undo"))
        .empty(view.t("mail-reviewers-none"));
    for one in all {
        let section = known.iter().find(|section| section.id == one.section);
        let person = people::find(&mut work, one.person).await.map_err(MailError::from)?;
        let label = view.t("mail-reviewer-withdraw").with("name", person.name.to_string());
        let undo = Undo {
            token: view.form_token(),
            section: one.section.to_string(),
            person: one.person.to_string(),
            send: Button::second(label),
        };
        table.row([
            Cell::text(section.map_or_else(String::new, |section| section.name.to_string())),
            Cell::text(&person.name),
            Cell::moment(view, one.made_at),
            Cell::part(&undo, ""),
        ]);
    }
    let choice = |section: &identity::Section| Choice::new(section.id, &section.name);
    let content = Reviewers {
        view,
        form: Form::new(view, fields),
        sections: known.iter().map(choice).collect(),
        table,
        name: Button::main(view.t("mail-reviewer-name")),
    };
    view.page(key!("mail-reviewers"))
        .under("/mail/mailboxes", key!("mail-boxes"))
        .form(fields)
        .style("mails.css")
        .render(&content)
}

/// Takes one back.
#[derive(Template)]
#[template(
    source = "<form method=\"post\" action=\"/mail/reviewers/withdraw\" class=\"inline\">{{ token }}\
        <input type=\"hidden\" name=\"section\" value=\"{{ section }}\">\
        <input type=\"hidden\" name=\"person\" value=\"{{ person }}\">{{ send }}</form>",
    ext = "html"
)]
struct Undo<'a> {
    token: FormToken<'a>,
    section: String,
    person: String,
    send: Button,
}

impl HtmlSafe for Undo<'_> {}

/// Names somebody.
pub(super) async fn name(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let section: Option<SectionId> = fields.id("section", key!("mail-reviewer-section"));
    let login = fields.value("login").trim().to_owned();
    let mut work = visit.work(&caller).await?;
    let person = match Login::parse(&login) {
        Ok(login) => people::by_login(&mut work, &login).await.map_err(MailError::from)?,
        Err(_) => None,
    };
    if person.is_none() {
        fields.complain("login", key!("mail-reviewer-nobody"));
    }
    let (Some(section), Some(person)) = (section, person) else {
        drop(work);
        return page(&visit, &caller, &fields).await;
    };
    review::name(&mut work, &caller, (section, person.id)).await?;
    work.commit().await?;
    visit.done("/mail/reviewers", key!("done-mails-reviewer-named"))
}

/// Takes it back.
pub(super) async fn withdraw(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let section: Option<SectionId> = fields.id("section", key!("mail-reviewer-section"));
    let person: Option<PersonId> = fields.id("person", key!("mail-reviewer"));
    let (Some(section), Some(person)) = (section, person) else {
        return page(&visit, &caller, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    review::withdraw(&mut work, &caller, (section, person)).await?;
    work.commit().await?;
    visit.done("/mail/reviewers", key!("done-mails-reviewer-withdrawn"))
}
