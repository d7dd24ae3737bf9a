//! Shows the second factor again before something that an open session alone
//! does not open.

use i18n::key;
use identity::{Caller, FactorKind, IdentityError, proof};

use super::means;
use super::sheet::{Send, Sheet};
use super::sign_in::{PASSKEY_SCRIPT, read_second};
use super::trouble::complain;
use crate::form::Fields;
use crate::parts::{Button, Form, Link};
use crate::routes::Answer;
use crate::visit::{Visit, local};

/// Where nobody asked to come back to.
const BACK: &str = "/me";

/// Asks for it.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let fields = Fields::empty().with("to", visit.query().value("to"));
    page(&visit, &caller, &fields).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let gate = means::gate(&visit.state)?;
    let ways = proof::begin(&visit.state.store, gate, caller).await?;
    let to = local(fields.value("to")).unwrap_or(BACK);
    let form = Form::new(view, fields);
    let send = || Send::to("/me/proof").hidden("to", to);
    let code = form
        .line("code", view.t("second-code"))
        .hint(view.t("second-code-hint"))
        .autocomplete("one-time-code")
        .short();
    let code = send().field(&code).button(&Button::main(view.t("second-send")));
    let mut sheet =
        Sheet::new(view, view.t("proof-title")).wrong(fields).lead(view.t("proof-lead")).form(code);
    if let Some(options) = ways.passkey {
        let key = send().island("passkey-get", options).island_only().hidden("answer", "");
        sheet = sheet.form(key.button(&Button::second(view.t("second-passkey"))));
    }
    if ways.choices.contains(&FactorKind::Certificate) && visit.approach.certificate.is_some() {
        let card = send().hidden("certificate", "yes");
        sheet = sheet.form(card.button(&Button::second(view.t("second-certificate"))));
    }
    let sheet = sheet.links([Link::new(to.to_owned(), view.t("proof-back")).second()]);
    view.page(key!("proof-title"))
        .under("/me", key!("me-title"))
        .form(fields)
        .script(PASSKEY_SCRIPT)
        .render(&sheet)
}

/// Takes it, and leads back to what was asked for.
pub(super) async fn take(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(shown) = read_second(&mut fields) else {
        return page(&visit, &caller, &fields).await;
    };
    let (gate, visitor) = (means::gate(&visit.state)?, means::visitor(&visit));
    let done = proof::show(&visit.state.store, gate, &caller, &visitor, &shown).await;
    match done {
        Ok(()) => visit.done(local(fields.value("to")).unwrap_or(BACK), key!("done-proof-shown")),
        Err(error @ (IdentityError::WrongProof | IdentityError::Wait { .. })) => {
            complain(&mut fields, "code", error)?;
            page(&visit, &caller, &fields).await
        }
        Err(error) => Err(error.into()),
    }
}
