//! Proves the ledger: follows the chain from its first entry and says where it
//! first breaks.

use i18n::{Key, key};
use identity::Caller;
use records::{Break, BreakKind, Verified, Verify, VerifyError};

use super::crumb;
use crate::failure::Failure;
use crate::pages::means;
use crate::pages::sheet::{Send, Sheet};
use crate::parts::{Button, Facts, Link, Notice, Tone};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Asks whether to begin: a large ledger takes seconds.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let head = records::head(&mut work).await?;
    let facts = Facts::new()
        .text(view.t("ledger-entries"), view.number(head.sequence.number()))
        .text(view.t("ledger-head"), head.hash);
    let send = Send::to("/ledger/verify").button(&Button::main(view.t("ledger-verify-begin")));
    let sheet = Sheet::new(view, view.t("ledger-verify"))
        .lead(view.t("ledger-verify-lead"))
        .part(&facts)
        .form(send)
        .text(view.t("ledger-verify-offline"));
    page(view, &sheet)
}

/// Proves it.
pub(crate) async fn run(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let verify = Verify { keys: means::keys(&visit.state)?.trusted.clone(), witnesses: Vec::new() };
    let mut work = visit.read(&caller).await?;
    let sheet = Sheet::new(view, view.t("ledger-verify"));
    // Others wait their turn, so that nobody keeps the database busy with it.
    let wait = std::time::Duration::from_secs(10);
    let _turn = visit.state.proving.try_acquire().map_err(|_| Failure::TooMany { wait })?;
    let sheet = match records::verify_rows(&mut work, &verify).await {
        Ok(verified) => sheet
            .part(&Notice::done(view.t("ledger-sound")).text(view.t("ledger-sound-text")))
            .part(&facts(view, &verified)),
        Err(VerifyError::Broken(Break { sequence, kind })) => {
            let what = view.t(Key::under("ledger-break-", name(kind))).to_string();
            let text =
                view.t("ledger-broken-text").with("number", sequence.number()).with("what", what);
            let link = Link::new(format!("/ledger/{sequence}"), view.t("ledger-broken-link"));
            sheet
                .part(&Notice::new(Tone::Wrong, view.t("ledger-broken")).text(text).link(link))
                .text(view.t("ledger-broken-next"))
        }
        Err(VerifyError::Store(error)) => return Err(error.into()),
    };
    page(view, &sheet)
}

fn page(view: &View, sheet: &Sheet<'_>) -> Answer {
    let (href, label) = crumb();
    view.page(key!("ledger-verify")).under(href, label).render(sheet)
}

fn facts(view: &View, verified: &Verified) -> Facts {
    let count = |number: u64| view.number(i64::try_from(number).unwrap_or(i64::MAX));
    Facts::new()
        .text(view.t("ledger-entries"), view.number(verified.entries()))
        .text(view.t("ledger-checkpoints"), count(verified.checkpoints))
        .text(view.t("ledger-signed-to"), view.number(verified.signed_to.number()))
        .text(view.t("ledger-times-back"), count(verified.times_back))
        .text(view.t("ledger-head"), verified.end.hash)
}

const fn name(kind: BreakKind) -> &'static str {
    match kind {
        BreakKind::Missing => "missing",
        BreakKind::Displaced => "displaced",
        BreakKind::Changed => "changed",
        BreakKind::Unreadable => "unreadable",
        BreakKind::ForeignBody => "foreign-body",
        BreakKind::Signature => "signature",
        BreakKind::Witness => "witness",
        BreakKind::CutOff => "cut-off",
        BreakKind::BeyondHead => "beyond-head",
        BreakKind::Head => "head",
        BreakKind::Header => "header",
        BreakKind::Seal => "seal",
        BreakKind::AfterSeal => "after-seal",
    }
}
