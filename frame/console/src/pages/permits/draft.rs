//! A draft is changed by its applicant: the form of its kind, filled in as it
//! stands, kept again or handed in.

use i18n::{Message, key};
use identity::{Caller, PersonId, people};
use permits::{Beneficiary, Form as FieldForm, Kind, Permit, Permits, ScopeValue, State};
use store::Work;

use super::apply::{local_text, page, read};
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::trouble::complain;
use crate::routes::Answer;
use crate::visit::Visit;

/// Shows the draft's form.
pub(crate) async fn edit(visit: Visit, caller: Caller) -> Answer {
    let permits = means::permits(&visit.state)?;
    let mut work = visit.read(&caller).await?;
    let (draft, kind) = find(&visit, permits, &mut work, &caller).await?;
    let fields = filled(&mut work, &draft, &kind).await?;
    page(&visit, &caller, &kind, Some(draft.id), &fields)
}

/// Keeps the draft as it was changed, or hands it in.
pub(crate) async fn save(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let permits = means::permits(&visit.state)?;
    let mut work = visit.work(&caller).await?;
    let (draft, kind) = find(&visit, permits, &mut work, &caller).await?;
    let Some(application) = read(&mut work, &kind, &mut fields).await? else {
        return page(&visit, &caller, &kind, Some(draft.id), &fields);
    };
    let version = fields.value("version").parse().unwrap_or(0);
    let is_handed_in = fields.value("step") != "draft";
    let mut made = permits.amend(&mut work, &caller, draft.id, version, &application).await;
    if let (Ok(kept), true) = (&made, is_handed_in) {
        made = permits.apply(&mut work, &caller, draft.id, kept.version).await;
    }
    match made {
        Ok(permit) => {
            work.commit().await?;
            let said =
                if is_handed_in { key!("done-permit-applied") } else { key!("done-permit-draft") };
            let said = Message::new(said).with("number", permit.number);
            visit.done(&format!("/permits/{}", permit.id), said)
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "purpose", error)?;
            page(&visit, &caller, &kind, Some(draft.id), &fields)
        }
    }
}

/// The draft that the path names, if it is the caller's and still one.
async fn find(
    visit: &Visit,
    permits: &Permits,
    work: &mut Work,
    caller: &Caller,
) -> Result<(Permit, Kind), Failure> {
    let draft = permits.find(work, caller, visit.id("permit")?).await?;
    if draft.applicant != caller.person {
        return Err(Failure::forbidden(key!("failure-not-yours")));
    }
    if draft.state != State::Draft {
        return Err(Failure::conflict(key!("failure-not-now")));
    }
    let kind = *permits.kind_of(&draft)?;
    Ok((draft, kind))
}

/// The form as the draft has it: people by login, times of Japan.
async fn filled(work: &mut Work, draft: &Permit, kind: &Kind) -> Result<Fields, Failure> {
    let mut fields = Fields::empty()
        .with("version", draft.version.to_string())
        .with("purpose", draft.purpose.as_str())
        .with("ends", local_text(draft.ends_at));
    if draft.starts_at > draft.made_at {
        fields = fields.with("starts", local_text(draft.starts_at));
    }
    if let (Beneficiary::Named, Some(person)) = (kind.beneficiary, draft.beneficiary) {
        fields = fields.with("beneficiary", people::find(work, person).await?.login.to_string());
    }
    for field in kind.fields {
        let Some(value) = draft.scope.value(field.name) else { continue };
        fields = match (value, field.form) {
            (ScopeValue::Text(id), FieldForm::Person) => {
                let person = PersonId::parse(id).map_err(|_| Failure::NotFound)?;
                fields.with(field.name, people::find(work, person).await?.login.to_string())
            }
            (ScopeValue::Text(text), _) => fields.with(field.name, text.as_str()),
            (ScopeValue::Number(number), _) => fields.with(field.name, number.to_string()),
            // Boxes are ticked by each name, lines are written one below the other.
            (ScopeValue::List(names), _) if field.name == "scopes" => {
                names.iter().fold(fields, |fields, name| fields.with(field.name, name.as_str()))
            }
            (ScopeValue::List(names), _) => fields.with(field.name, names.join("\n")),
        };
    }
    Ok(fields)
}
