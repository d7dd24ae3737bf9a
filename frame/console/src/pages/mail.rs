//! One's own address for notices by mail: enter, prove, take away. The address
//! is shown to its owner and to nobody else.

use base::Text;
use i18n::{Message, key};
use identity::Caller;
use notices::{ADDRESS_BYTES_MAX, AddressError, Confirmed, Domains, NoticeError};
use store::Work;

use super::me;
use super::sheet::{Send, Sheet};
use super::trouble::complain;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{Button, Facts, Form};
use crate::routes::Answer;
use crate::visit::Visit;

const ADDRESS: &str = "mail-address";
const CODE: &str = "mail-code";

/// The domains that are allowed; none where mail is switched off.
fn domains(visit: &Visit) -> Option<&Domains> {
    visit.state.means.find()
}

/// The part of one's own page about notices.
pub(super) async fn part<'a>(
    visit: &'a Visit,
    work: &mut Work,
    caller: &Caller,
    fields: &'a Fields,
    sheet: Sheet<'a>,
) -> Result<Sheet<'a>, Failure> {
    let view = &visit.view;
    let own = notices::own(work, caller.person).await?;
    let mut sheet = sheet.heading(view.t("me-mail"));
    let Some(domains) = domains(visit) else {
        sheet = sheet.text(view.t("me-mail-off"));
        return Ok(match own.used {
            Some(_) => sheet.form(removal(visit)),
            None => sheet,
        });
    };
    sheet = sheet.text(view.t("me-mail-lead"));
    let has_any = own.used.is_some() || own.asked.is_some();
    if let Some((address, since)) = &own.used {
        let facts = Facts::new()
            .text(view.t("me-mail-used"), address)
            .text(view.t("me-mail-since"), view.moment(since));
        sheet = sheet.part(&facts);
    }
    let form = Form::new(view, fields);
    if let Some((address, sent)) = &own.asked {
        let text = match sent {
            Some(at) => {
                let at = view.moment(at);
                view.t("me-mail-sent").with("address", address.as_str()).with("at", at)
            }
            None => view.t("me-mail-sending").with("address", address.as_str()),
        };
        let confirm = Send::to("/me/mail/confirm")
            .field(&form.line(CODE, view.t("me-mail-code")).autocomplete("one-time-code"))
            .button(&Button::main(view.t("me-mail-confirm")));
        sheet = sheet.text(text).form(confirm);
    }
    let ask = Send::to("/me/mail")
        .field(
            &form
                .line(ADDRESS, view.t("me-mail-address"))
                .hint(view.t("me-mail-hint").with("domains", domains.list()))
                .autocomplete("email")
                .max(ADDRESS_BYTES_MAX),
        )
        .button(&Button::second(view.t("me-mail-ask")));
    sheet = sheet.form(ask);
    Ok(if has_any { sheet.form(removal(visit)) } else { sheet })
}

fn removal(visit: &Visit) -> Send {
    Send::to("/me/mail/remove").button(&Button::danger(visit.view.t("me-mail-remove")))
}

/// Has a code sent to an address.
pub(super) async fn ask(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let typed: Option<Text<ADDRESS_BYTES_MAX>> = fields.text(ADDRESS, key!("me-mail-address"));
    let domains = domains(&visit).ok_or_else(|| Failure::conflict(key!("me-mail-off")))?.clone();
    let Some(typed) = typed else { return me::page(&visit, &caller, &fields).await };
    let address = match domains.read(typed.as_str()) {
        Ok(address) => address,
        Err(error) => {
            fields.complain(ADDRESS, wrong(error, &domains));
            return me::page(&visit, &caller, &fields).await;
        }
    };
    let mut work = visit.work(&caller).await?;
    let by = |action, subject| caller.entry(action, subject);
    match notices::ask(&mut work, &by, caller.person, &address).await {
        Ok(()) => {
            work.commit().await?;
            visit.done("/me", key!("done-mail-asked"))
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, ADDRESS, error)?;
            me::page(&visit, &caller, &fields).await
        }
    }
}

fn wrong(error: AddressError, domains: &Domains) -> Message {
    match error {
        AddressError::TooLong | AddressError::Spelling => key!("me-mail-wrong").into(),
        AddressError::Domain => {
            Message::new(key!("me-mail-domain")).with("domains", domains.list())
        }
    }
}

/// Takes the code that was sent.
pub(super) async fn confirm(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(code) = fields.secret(CODE, key!("me-mail-code")) else {
        return me::page(&visit, &caller, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    let by = |action, subject| caller.entry(action, subject);
    // The typed code is held against the hash of the one that was sent.
    let confirmed = notices::confirm(&mut work, &by, caller.person, code.reveal()).await?;
    work.commit().await?;
    match confirmed {
        Confirmed::Yes => return visit.done("/me", key!("done-mail-confirmed")),
        Confirmed::Wrong => fields.complain(CODE, key!("me-mail-code-wrong")),
        Confirmed::Over => fields.complain(CODE, key!("me-mail-code-over")),
    }
    me::page(&visit, &caller, &fields).await
}

/// Takes the address away.
pub(super) async fn remove(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    let by = |action, subject| caller.entry(action, subject);
    notices::remove(&mut work, &by, caller.person).await?;
    work.commit().await?;
    visit.done("/me", key!("done-mail-removed"))
}

impl From<NoticeError> for Failure {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::Store(error) => error.into(),
            NoticeError::Job(error) => error.into(),
            NoticeError::Record(error) => error.into(),
            NoticeError::TooOften => Self::conflict(key!("me-mail-too-often")),
        }
    }
}
