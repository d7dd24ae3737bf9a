//! Applying: the kind is chosen, its form filled in with sensible times, and
//! handed in, kept as a draft, or begun at once in an emergency.

use std::collections::BTreeMap;
use std::time::Duration;

use base::Timestamp;
use i18n::{Key, key};
use identity::{Caller, Login, people};
use permits::{Application, Beneficiary, Form as FieldForm, Kind, PermitId};
use store::Work;

use super::{choice_label, crumb, field_label};
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::sheet::{Send, Sheet};
use crate::pages::trouble::complain;
use crate::parts::{Button, Cell, Facts, Form, Link, Table};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Shows all kinds, with what each is for.
pub(crate) async fn choose(visit: Visit, _caller: Caller) -> Answer {
    let view = &visit.view;
    let mut table = Table::new(view, view.t("apply-kinds"))
        .column(view.t("permit-kind"))
        .column(view.t("apply-about"))
        .column(view.t("apply-longest"))
        .column(view.t("apply-decides"));
    let kinds = means::permits(&visit.state)?.kinds().iter();
    for kind in kinds.filter(|kind| !kind.only_program_applies) {
        let label = view.t(Key::under("permit-kind-", kind.name));
        table.row([
            Cell::link(&Link::new(format!("/permits/new/{}", kind.name), label)),
            Cell::text(view.t(Key::under("permit-about-", kind.name))),
            Cell::text(view.span(kind.span_max)),
            Cell::text(view.t(Key::under("duty-", kind.approver.name()))),
        ]);
    }
    let (href, label) = crumb();
    let sheet = Sheet::new(view, view.t("apply-title")).lead(view.t("apply-lead")).part(&table);
    view.page(key!("apply-title")).under(href, label).render(&sheet)
}

/// Shows the form of a kind.
pub(crate) async fn form(visit: Visit, caller: Caller) -> Answer {
    let kind = *find_kind(&visit)?;
    let end = local_text(sensible_end(&kind, visit.view.now));
    page(&visit, &caller, &kind, None, &Fields::empty().with("ends", end))
}

fn find_kind(visit: &Visit) -> Result<&Kind, Failure> {
    let kinds = means::permits(&visit.state)?.kinds();
    let found = kinds.find(visit.path("kind")).filter(|kind| !kind.only_program_applies);
    found.ok_or(Failure::NotFound)
}

/// As a `datetime-local` field takes it.
pub(super) fn local_text(at: Timestamp) -> String {
    at.jst().strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The end of today's office hours where the kind lasts hours, and about a week
/// where it lasts days; never more than the kind allows.
fn sensible_end(kind: &Kind, now: Timestamp) -> Timestamp {
    const DAY: Duration = Duration::from_secs(86_400);
    const OFFICE_CLOSES: Duration = Duration::from_secs(17 * 3_600 + 15 * 60);
    let longest = now.plus(kind.span_max).minus(Duration::from_secs(60));
    let closes = now.day_start_jst().plus(OFFICE_CLOSES);
    if kind.span_max > DAY {
        return closes.plus(DAY * 7).min(longest);
    }
    let is_evening = closes.since(now) < Duration::from_secs(1_800);
    if is_evening {
        now.plus(Duration::from_secs(3 * 3_600)).min(longest)
    } else {
        closes.min(longest)
    }
}

/// The form of a kind: empty, wrongly filled in, or as a draft has it.
pub(super) fn page(
    visit: &Visit,
    caller: &Caller,
    kind: &Kind,
    draft: Option<PermitId>,
    fields: &Fields,
) -> Answer {
    let view = &visit.view;
    let name = view.t(Key::under("permit-kind-", kind.name)).to_string();
    let form = Form::new(view, fields);
    let mut send = match draft {
        Some(id) => {
            Send::to(format!("/permits/{id}/edit")).hidden("version", fields.value("version"))
        }
        None => Send::to(format!("/permits/new/{}", kind.name)),
    };
    if kind.beneficiary == Beneficiary::Named {
        let line = form.line("beneficiary", view.t("permit-beneficiary"));
        send = send.field(&line.hint(view.t("permit-beneficiary-hint")).optional());
    }
    for field in kind.fields {
        send = scope_field(view, &form, caller, kind, field, send);
    }
    let purpose = form.area("purpose", view.t("permit-purpose"));
    let ends_hint = view.t("permit-ends-hint").with("span", view.span(kind.span_max)).to_string();
    send = send
        .field(&purpose.hint(view.t("permit-purpose-hint")).max(1_000))
        .field(
            &form
                .moment("starts", view.t("permit-starts"))
                .hint(view.t("permit-starts-hint"))
                .optional(),
        )
        .field(&form.moment("ends", view.t("permit-ends")).hint(ends_hint))
        .button(&Button::main(view.t("apply-send")).sends("step", "apply"))
        .button(&Button::second(view.t("apply-draft")).sends("step", "draft"));
    let may_start = kind.emergency.is_some_and(|duty| caller.duties.has(duty));
    let is_emergency = may_start && draft.is_none();
    if is_emergency {
        let button = Button::danger(view.t("apply-at-once")).sends("step", "emergency");
        send = send.button(&button);
    }
    let facts = Facts::new()
        .text(view.t("apply-longest"), view.span(kind.span_max))
        .text(view.t("apply-decides"), view.t(Key::under("duty-", kind.approver.name())));
    let sheet = Sheet::new(view, &name)
        .wrong(fields)
        .lead(view.t(Key::under("permit-about-", kind.name)))
        .part(&facts)
        .form(send)
        .when(is_emergency, |sheet| sheet.text(view.t("apply-at-once-text")));
    let (href, label) = crumb();
    view.page(Key::under("permit-kind-", kind.name))
        .under(href, label)
        .under("/permits/new", key!("apply-title"))
        .form(fields)
        .render(&sheet)
}

fn scope_field(
    view: &View,
    form: &Form<'_>,
    caller: &Caller,
    kind: &Kind,
    field: &permits::Field,
    send: Send,
) -> Send {
    let label = field_label(view, kind.name, field.name);
    let hint_key = Key::under("permit-hint-", &format!("{}-{}", kind.name, field.name));
    let hint = view.t(hint_key);
    match field.form {
        FieldForm::Text { characters_max } if characters_max > 200 => {
            let area = form.area(field.name, label).hint(hint).max(characters_max).rows(3);
            send.field(&if field.is_required { area } else { area.optional() })
        }
        FieldForm::Text { characters_max } => {
            let line = form.line(field.name, label).hint(hint).max(characters_max);
            send.field(&if field.is_required { line } else { line.optional() })
        }
        FieldForm::Number { .. } => {
            let line = form.number(field.name, label).hint(hint);
            send.field(&if field.is_required { line } else { line.optional() })
        }
        FieldForm::Choice(choices) => {
            let radios = choices.iter().fold(form.radios(field.name, label), |radios, choice| {
                radios.choice(choice, choice_label(view, kind.name, field.name, choice))
            });
            let radios = radios.hint(hint);
            send.field(&if field.is_required { radios } else { radios.optional() })
        }
        FieldForm::Names { .. } if is_scopes(kind, field) => {
            // A program may do what its applicant may, and of that what is ticked.
            let own = caller.duties.iter().map(|(duty, _)| duty);
            let own = own.filter(|duty| !duty.is_personal());
            let checks = own.fold(form.checks(field.name, label), |checks, duty| {
                checks.choice(duty.name(), view.t(Key::under("duty-", duty.name())))
            });
            send.field(&checks.hint(hint))
        }
        FieldForm::Names { count_max: 1 } => send.field(&form.line(field.name, label).hint(hint)),
        FieldForm::Names { .. } => send.field(&form.area(field.name, label).hint(hint)),
        FieldForm::Person => {
            let line = form.line(field.name, label).hint(hint);
            send.field(&if field.is_required { line } else { line.optional() })
        }
    }
}

fn is_scopes(kind: &Kind, field: &permits::Field) -> bool {
    kind.name == permits::API_TOKEN.name && field.name == "scopes"
}

/// Takes an application.
pub(crate) async fn send(mut visit: Visit, caller: Caller) -> Answer {
    let kind = *find_kind(&visit)?;
    let mut fields = visit.fields();
    let mut work = visit.work(&caller).await?;
    let Some(application) = read(&mut work, &kind, &mut fields).await? else {
        return page(&visit, &caller, &kind, None, &fields);
    };
    let permits = means::permits(&visit.state)?;
    let made = match fields.value("step") {
        "emergency" => permits.start_at_once(&mut work, &caller, &application).await,
        "draft" => permits.draft(&mut work, &caller, &application).await,
        _ => permits.apply_now(&mut work, &caller, &application).await,
    };
    match made {
        Ok(permit) => {
            work.commit().await?;
            let said = match fields.value("step") {
                "emergency" => key!("done-permit-emergency"),
                "draft" => key!("done-permit-draft"),
                _ => key!("done-permit-applied"),
            };
            let said = i18n::Message::new(said).with("number", permit.number);
            visit.done(&format!("/permits/{}", permit.id), said)
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "purpose", error)?;
            page(&visit, &caller, &kind, None, &fields)
        }
    }
}

/// Reads an application as a screen sends it: people by login, times of Japan.
pub(super) async fn read(
    work: &mut Work,
    kind: &Kind,
    fields: &mut Fields,
) -> Result<Option<Application>, Failure> {
    let mut scope = BTreeMap::new();
    for field in kind.fields {
        let mut value = fields.values(field.name).join("\n");
        if matches!(field.form, FieldForm::Person) && !value.trim().is_empty() {
            value = match person(work, &value).await? {
                Some(id) => id.to_string(),
                None => {
                    fields.complain(field.name, key!("person-unknown"));
                    continue;
                }
            };
        }
        scope.insert(field.name.to_owned(), value);
    }
    let mut beneficiary = None;
    if kind.beneficiary == Beneficiary::Named && !fields.value("beneficiary").trim().is_empty() {
        beneficiary = person(work, fields.value("beneficiary")).await?;
        if beneficiary.is_none() {
            fields.complain("beneficiary", key!("person-unknown"));
        }
    }
    let purpose = fields.text::<1_000>("purpose", key!("permit-purpose"));
    let has_start = !fields.value("starts").trim().is_empty();
    let starts_at = if has_start { fields.moment("starts", key!("permit-starts")) } else { None };
    let ends_at = fields.moment("ends", key!("permit-ends"));
    let (Some(purpose), Some(ends_at), true) = (purpose, ends_at, fields.is_good()) else {
        return Ok(None);
    };
    let (kind, purpose) = (kind.name.to_owned(), purpose.to_string());
    Ok(Some(Application { kind, beneficiary, purpose, scope, starts_at, ends_at }))
}

async fn person(work: &mut Work, login: &str) -> Result<Option<identity::PersonId>, Failure> {
    let Ok(login) = Login::parse(login) else { return Ok(None) };
    Ok(people::by_login(work, &login).await?.map(|person| person.id))
}
