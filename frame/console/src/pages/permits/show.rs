//! One permit: what it is, what may be done now and by whom, and its history as
//! the ledger has it.

use i18n::{Key, Message, key};
use identity::{Caller, Duty, PersonId};
use permits::{Closing, Form as FieldForm, Issuer, Kind, Permit, PermitError, Reach, State};
use records::{Filter, Recorded};
use store::Work;

use super::{crumb, field_label, title, value_words};
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::names::{Names, permit_tag};
use crate::pages::sheet::{Send, Sheet};
use crate::pages::trouble::spoken;
use crate::parts::{Button, Cell, Facts, Form, Link, Notice, Table, Tone};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Entries of a permit's history that are shown.
const HISTORY: u32 = 100;

/// Shows one permit.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

/// What the caller may do with a permit now.
struct May {
    decide: bool,
    /// Why not, where an application or an emergency waits.
    why_not: Option<Message>,
    issue: bool,
    revoke: bool,
    own: bool,
    deputies: Vec<(PersonId, String)>,
}

/// The page, perhaps with what was wrong with a deed.
pub(super) async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let permits = means::permits(&visit.state)?;
    let mut work = visit.read(caller).await?;
    let permit = permits.find(&mut work, caller, visit.id("permit")?).await?;
    let kind = *permits.kind_of(&permit)?;
    let mut names = Names::default();
    let may = ask(visit, &mut work, caller, &permit, &kind, &mut names).await?;
    let facts = facts(view, &mut work, &permit, &kind, &mut names).await?;
    let history = history(view, &mut work, &permit, &mut names).await?;
    let name = title(view, &permit);
    let mut sheet = Sheet::new(view, &name).wrong(fields);
    if let Some(notice) = notice(view, &permit) {
        sheet = sheet.part(&notice);
    }
    sheet = sheet.part(&facts);
    sheet = deeds(view, &permit, &kind, &may, fields, sheet);
    let sheet = sheet.heading(view.t("permit-history")).part(&history);
    let (href, label) = crumb();
    let page_title = Message::new("permit-title")
        .with("number", permit.number)
        .with("kind", Key::under("permit-kind-", &permit.kind));
    view.page(page_title).under(href, label).form(fields).render(&sheet)
}

async fn ask(
    visit: &Visit,
    work: &mut Work,
    caller: &Caller,
    permit: &Permit,
    kind: &Kind,
    names: &mut Names,
) -> Result<May, Failure> {
    let permits = means::permits(&visit.state)?;
    let is_waiting = permit.state == State::Applied || permit.waits_for_confirmation();
    let issuer = permits.mechanism_of(kind)?.issuer();
    let is_issuable = permit.is_in_force(visit.view.now) && permit.issued_at.is_none();
    let mut deputies = Vec::new();
    let mut is_admitted = false;
    let mut why_not = None;
    if is_waiting || (is_issuable && issuer == Issuer::Approver) {
        match permits.admit(work, caller, permit, kind).await {
            Ok(_) => is_admitted = true,
            Err(PermitError::Approver(why)) => {
                why_not = Some(spoken(PermitError::Approver(why).into())?);
            }
            Err(error) => return Err(error.into()),
        }
        if !is_admitted {
            for holder in permits.may_act_for(work, caller).await? {
                let stand_in = permits.act_for(work, caller, holder).await?;
                if permits.admit(work, &stand_in, permit, kind).await.is_ok() {
                    deputies.push((holder, names.person(work, holder).await?));
                }
            }
        }
    }
    let decides = is_admitted || !deputies.is_empty();
    let gains = permit.beneficiary == Some(caller.person);
    let section = match kind.reach {
        Reach::Section => permit.section,
        Reach::Body => None,
    };
    let issue = is_issuable
        && match issuer {
            Issuer::Nobody => false,
            Issuer::Approver => decides,
            Issuer::Beneficiary => gains,
        };
    Ok(May {
        decide: is_waiting && decides,
        why_not: why_not.filter(|_| is_waiting && !decides),
        issue,
        revoke: caller.duties.has_for(kind.approver, section)
            || caller.duties.has_for(Duty::Emergency, section),
        own: permit.applicant == caller.person || gains,
        deputies,
    })
}

fn notice(view: &View, permit: &Permit) -> Option<Notice> {
    if permit.is_red(view.now) {
        let notice = Notice::new(Tone::Wrong, view.t("permit-red"));
        return Some(notice.text(view.t("permit-red-text")));
    }
    if permit.waits_for_confirmation() {
        let by = permit.confirm_by.unwrap_or(permit.ends_at);
        let text = view.t("permit-unconfirmed-text").with("until", view.moment(&by));
        return Some(Notice::new(Tone::Warning, view.t("permit-unconfirmed")).text(text));
    }
    if permit.is_in_force(view.now) {
        let text = view.t("permit-in-force-text").with("span", view.remaining(&permit.until()));
        return Some(Notice::new(Tone::Info, view.t("permit-in-force")).text(text));
    }
    None
}

async fn facts(
    view: &View,
    work: &mut Work,
    permit: &Permit,
    kind: &Kind,
    names: &mut Names,
) -> Result<Facts, Failure> {
    let applicant = names.person(work, permit.applicant).await?;
    let applicant_for = names.person_if_any(work, permit.applicant_for).await?;
    let beneficiary = names.person_if_any(work, permit.beneficiary).await?;
    let decided_by = names.person_if_any(work, permit.decided_by).await?;
    let decided_for = names.person_if_any(work, permit.decided_for).await?;
    let section = match permit.section {
        Some(section) => Some(names.section(work, section).await?),
        None => None,
    };
    let mut facts = Facts::new()
        .tag(view.t("permit-state"), &permit_tag(view, permit))
        .text(view.t("permit-applicant"), applicant)
        .text_if_any(view.t("permit-applicant-for"), applicant_for)
        .text_if_any(view.t("permit-beneficiary"), beneficiary)
        .text_if_any(view.t("permit-section"), section)
        .text(view.t("permit-purpose"), &permit.purpose);
    for field in kind.fields {
        let (field, Some(value)) = (field.name, permit.scope.value(field.name)) else { continue };
        let mut words = value_words(view, kind, field, value);
        let form = kind.fields.iter().find(|known| known.name == field).map(|known| known.form);
        if let (Some(FieldForm::Person), Ok(person)) = (form, PersonId::parse(&words)) {
            words = names.person(work, person).await?;
        }
        facts = facts.text(field_label(view, kind.name, field), words);
    }
    let moment = |at: base::Timestamp| view.moment(&at);
    facts = facts
        .text(view.t("permit-starts"), moment(permit.starts_at))
        .text(view.t("permit-ends"), moment(permit.ends_at))
        .text_if_any(view.t("permit-decided-by"), decided_by)
        .text_if_any(view.t("permit-decided-for"), decided_for)
        .text_if_any(view.t("permit-decided-at"), permit.decided_at.map(moment))
        .text_if_any(view.t("permit-note"), permit.note.as_deref());
    let outcome = permit.outcome.map(|one| view.t(Key::under("permit-outcome-", one.name())));
    facts = facts
        .text_if_any(view.t("permit-outcome"), outcome)
        .text_if_any(view.t("permit-used-at"), permit.used_at.map(moment))
        .text_if_any(view.t("permit-issued-at"), permit.issued_at.map(moment))
        .text_if_any(view.t("permit-report"), permit.report.as_deref());
    if let Some(exception) = permit.exception {
        let link = Link::new(format!("/permits/{exception}"), view.t("permit-exception-link"));
        facts = facts.link(view.t("permit-exception"), &link);
    }
    Ok(facts)
}

fn deeds<'a>(
    view: &'a View,
    permit: &Permit,
    kind: &Kind,
    may: &May,
    fields: &'a Fields,
    sheet: Sheet<'a>,
) -> Sheet<'a> {
    let form = Form::new(view, fields);
    let to = |verb: &str| Send::to(format!("/permits/{}/{verb}", permit.id));
    let plain = |verb, button: Button| to(verb).hidden("version", permit.version).button(&button);
    let mut sheet = sheet;
    if may.decide {
        sheet = sheet.heading(view.t("permit-decide"));
        let is_emergency = permit.waits_for_confirmation();
        let (verb, yes) = if is_emergency {
            ("confirm", view.t("permit-confirm"))
        } else {
            ("approve", view.t("permit-approve"))
        };
        let note = form.area("note", view.t("permit-note")).hint(view.t("permit-note-hint"));
        let mut send = to(verb).hidden("version", permit.version);
        if !may.deputies.is_empty() {
            let select = may
                .deputies
                .iter()
                .fold(form.select("for", view.t("permit-decide-for")), |select, (id, name)| {
                    select.choice(id, name)
                });
            send = send.field(&select);
        }
        let send = send
            .field(&note.optional().rows(3))
            .button(&Button::main(yes).sends("verdict", "yes"))
            .button(&Button::danger(view.t("permit-refuse")).sends("verdict", "no"));
        sheet = sheet.form(send);
    } else if let Some(why) = &may.why_not {
        let notice = Notice::new(Tone::Info, view.t("permit-waits")).text(view.say(why));
        sheet = sheet.part(&notice);
    }
    if may.issue {
        let send = plain("issue", Button::main(view.t("permit-issue")));
        sheet = sheet.heading(view.t("permit-issue")).text(view.t("permit-issue-text")).form(send);
    }
    if may.own {
        match permit.state {
            State::Draft => {
                let apply = plain("apply", Button::main(view.t("apply-send")));
                let withdraw = plain("withdraw", Button::second(view.t("permit-withdraw")));
                let edit = Link::new(format!("/permits/{}/edit", permit.id), view.t("permit-edit"));
                sheet = sheet.links([edit.second()]).form(apply).form(withdraw);
            }
            State::Applied => {
                sheet = sheet.form(plain("withdraw", Button::second(view.t("permit-withdraw"))));
            }
            State::Approved | State::Active => {
                let button = Button::second(view.t("permit-end"));
                sheet = sheet
                    .heading(view.t("permit-end"))
                    .text(view.t("permit-end-text"))
                    .form(plain("end", button));
            }
            State::Refused | State::Ended | State::Revoked | State::Closed => {}
        }
    }
    let is_open = matches!(permit.state, State::Approved | State::Active);
    if may.revoke && is_open {
        let reason = form.area("reason", view.t("permit-reason")).rows(3);
        let send = to("revoke").hidden("version", permit.version).field(&reason);
        let button = Button::danger(view.t("permit-revoke"));
        sheet = sheet.heading(view.t("permit-revoke")).form(send.button(&button));
    }
    let is_over = matches!(permit.state, State::Ended | State::Revoked | State::Refused);
    let is_due = kind.closing == Closing::ByReport || permit.is_emergency;
    if is_over && is_due && (may.own || may.revoke) {
        let report = form.area("report", view.t("permit-report"));
        let send = to("close").field(&report.hint(view.t("permit-report-hint")).rows(4));
        let button = Button::main(view.t("permit-close"));
        sheet = sheet.heading(view.t("permit-close")).form(send.button(&button));
    }
    sheet
}

async fn history<'a>(
    view: &'a View,
    work: &mut Work,
    permit: &Permit,
    names: &mut Names,
) -> Result<Table<'a>, Failure> {
    let found = history_of(work, permit).await?;
    let mut table = Table::new(view, view.t("permit-history-caption"))
        .column(view.t("ledger-at"))
        .column(view.t("ledger-action"))
        .column(view.t("ledger-actor"))
        .column(view.t("ledger-origin"));
    for entry in &found {
        let actor = with_deputy(view, work, entry, names).await?;
        table.row([
            Cell::moment(view, entry.at),
            Cell::text(crate::pages::ledger::action_words(view, &entry.action)),
            Cell::text(actor),
            Cell::text(crate::pages::ledger::origin_words(view, &entry.origin)),
        ]);
    }
    Ok(table)
}

/// What the ledger says of a permit, the newest first.
pub(crate) async fn history_of(work: &mut Work, permit: &Permit) -> Result<Vec<Recorded>, Failure> {
    let filter = Filter {
        subject_kind: Some("permit".to_owned()),
        subject: Some(permit.id.to_string()),
        ..Filter::default()
    };
    Ok(records::search(work, &filter, None, HISTORY).await?.entries)
}

/// Who did it, and in whose stead.
pub(crate) async fn with_deputy(
    view: &View,
    work: &mut Work,
    entry: &Recorded,
    names: &mut Names,
) -> Result<String, Failure> {
    let actor = names.actor(view, work, entry).await?;
    let Some(holder) = entry.acting_for.as_deref() else { return Ok(actor) };
    let holder = match PersonId::parse(holder) {
        Ok(id) => names.person(work, id).await?,
        Err(_) => holder.to_owned(),
    };
    Ok(view.t(key!("ledger-deputy")).with("actor", actor).with("holder", holder).to_string())
}
