//! Joiners, movers and leavers from a file: what it would change is shown
//! first, and only what was shown is applied.

use i18n::{Key, Message, key};
use identity::Caller;
use identity::joiners::{self, Change, Mistake, MistakeKind, Plan};
use store::Work;

use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::names::Names;
use crate::pages::sheet::{Send, Sheet};
use crate::pages::trouble::complain;
use crate::parts::{Button, Cell, Form, Notice, Table, Tone};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Bytes of a file that a screen takes: twenty thousand people.
pub(crate) const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Differences that are shown; the rest is counted.
const SHOWN: usize = 200;

/// Asks for a file.
pub(crate) async fn show(visit: Visit, _caller: Caller) -> Answer {
    ask(&visit, &Fields::empty())
}

fn ask(visit: &Visit, fields: &Fields) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let file = form.file("file", view.t("file-file")).hint(view.t("file-hint")).accept(".csv");
    let send =
        Send::to("/people/file").upload().field(&file).button(&Button::main(view.t("file-look")));
    let sheet = Sheet::new(view, view.t("people-file"))
        .wrong(fields)
        .lead(view.t("file-lead"))
        .text(view.t("file-columns"))
        .form(send);
    view.page(key!("people-file"))
        .under("/people", key!("people-title"))
        .form(fields)
        .render(&sheet)
}

/// Shows what a file would change.
pub(crate) async fn plan(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = Fields::empty();
    let mut form = visit.upload().await?;
    let field = form.next_field().await.map_err(|_| Failure::BadRequest(None))?;
    let bytes = match field.filter(|field| field.name() == Some("file")) {
        Some(field) => field.bytes().await.map_err(|_| Failure::BadRequest(None))?,
        None => return Err(Failure::BadRequest(None)),
    };
    if bytes.is_empty() {
        fields.complain("file", key!("file-empty"));
        return ask(&visit, &fields);
    }
    let mut work = visit.read(&caller).await?;
    let plan = joiners::plan(&mut work, &caller, &bytes).await?;
    plan_page(&visit, &mut work, &plan, &String::from_utf8_lossy(&bytes)).await
}

async fn plan_page(visit: &Visit, work: &mut Work, plan: &Plan, text: &str) -> Answer {
    let view = &visit.view;
    let mut sheet = Sheet::new(view, view.t("file-plan-title"));
    if !plan.mistakes.is_empty() {
        let notice =
            Notice::new(Tone::Wrong, view.t("file-mistakes").with("count", plan.mistakes.len()));
        sheet = sheet
            .part(&notice.text(view.t("file-mistakes-text")))
            .part(&mistakes(view, &plan.mistakes));
    }
    let lead = view
        .t("file-plan-lead")
        .with("changes", plan.changes.len())
        .with("unchanged", plan.unchanged);
    sheet = sheet.lead(lead).part(&changes(view, work, &plan.changes).await?);
    if plan.mistakes.is_empty() && !plan.changes.is_empty() {
        let send = Send::to("/people/file/apply")
            .hidden("text", text)
            .hidden("digest", &plan.digest)
            .button(&Button::main(view.t("file-apply")));
        sheet = sheet.form(send);
    }
    let again = crate::parts::Link::new("/people/file", view.t("file-again")).second();
    view.page(key!("file-plan-title"))
        .under("/people", key!("people-title"))
        .under("/people/file", key!("people-file"))
        .render(&sheet.links([again]))
}

async fn changes<'a>(
    view: &'a View,
    work: &mut Work,
    changes: &[Change],
) -> Result<Table<'a>, Failure> {
    let mut names = Names::default();
    let mut table = Table::new(view, view.t("file-changes"))
        .column(view.t("file-line"))
        .column(view.t("file-change"))
        .column(view.t("sign-in-login"))
        .column(view.t("file-before"))
        .column(view.t("file-after"));
    for change in changes.iter().take(SHOWN) {
        let (line, label, login, before, after) = match change {
            Change::Join { line, login, name, section, .. } => {
                let after = format!("{name} / {}", names.section(work, *section).await?);
                (*line, view.t("file-join"), login, String::new(), after)
            }
            Change::Move { line, before, name, section, .. } => {
                let was = names.section(work, before.section).await?;
                let after = format!("{name} / {}", names.section(work, *section).await?);
                let before_text = format!("{} / {was}", before.name);
                (*line, view.t("file-move"), &before.login, before_text, after)
            }
            Change::Leave { line, before, .. } => {
                let was = names.section(work, before.section).await?;
                let before_text = format!("{} / {was}", before.name);
                (*line, view.t("file-leave"), &before.login, before_text, String::new())
            }
        };
        table.row([
            Cell::text(line),
            Cell::text(label),
            Cell::text(login),
            Cell::text(before),
            Cell::text(after),
        ]);
    }
    Ok(table.empty(view.t("file-nothing")))
}

fn mistakes<'a>(view: &'a View, mistakes: &[Mistake]) -> Table<'a> {
    let mut table = Table::new(view, view.t("file-mistakes-caption"))
        .column(view.t("file-line"))
        .column(view.t("file-mistake"));
    for mistake in mistakes.iter().take(SHOWN) {
        let words = view.t(Key::under("file-mistake-", mistake_name(mistake.kind)));
        let line = if mistake.line == 0 { "—".to_owned() } else { mistake.line.to_string() };
        table.row([Cell::text(line), Cell::text(words)]);
    }
    table
}

/// A mistake in a word, for programs and for the keys of catalogues.
pub(crate) const fn mistake_name(kind: MistakeKind) -> &'static str {
    match kind {
        MistakeKind::Encoding => "encoding",
        MistakeKind::TooLarge => "too-large",
        MistakeKind::Header => "header",
        MistakeKind::Fields => "fields",
        MistakeKind::Change => "change",
        MistakeKind::Login => "login",
        MistakeKind::Name => "name",
        MistakeKind::Kana => "kana",
        MistakeKind::Section => "section",
        MistakeKind::Twice => "twice",
        MistakeKind::LoginTaken => "login-taken",
        MistakeKind::NoPerson => "no-person",
        MistakeKind::Oneself => "oneself",
    }
}

/// Applies what was shown; whoever leaves loses their permits too.
pub(crate) async fn apply(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let text = fields.value("text").to_owned();
    let digest = fields.value("digest").to_owned();
    match apply_joiners(&visit, &caller, text.as_bytes(), &digest).await {
        Ok(plan) => {
            let said = Message::new(key!("done-file-applied")).with("count", plan.changes.len());
            visit.done("/people", said)
        }
        Err(error) => {
            complain(&mut fields, "file", error)?;
            ask(&visit, &fields)
        }
    }
}

/// Applies a file as its plan was shown.
pub(crate) async fn apply_joiners(
    visit: &Visit,
    caller: &Caller,
    file: &[u8],
    digest: &str,
) -> Result<Plan, Failure> {
    let permits = means::permits(&visit.state)?;
    let mut work = visit.work(caller).await?;
    let planned = joiners::plan(&mut work, caller, file).await?;
    for change in &planned.changes {
        if let Change::Leave { before, .. } = change {
            permits.person_left(&mut work, caller, before.id).await?;
        }
    }
    let plan = joiners::apply(&mut work, caller, file, digest).await?;
    work.commit().await?;
    Ok(plan)
}
