//! The room's screens: my mails, one mail, what I was asked to approve, odd mails
//! that people reported, mailboxes, rules, what could not be carried.

mod act;
mod boxes;
mod lists;
mod named;
mod odd;
mod outbox;
mod outbox_act;
mod parcel;
mod quarantine;
mod queue;
mod reviewers;
mod rules;
mod senders;
mod show;
mod statistics;
mod stuck;

use console::{BodyKind, Group, Place, Routes, Verb};
use i18n::{Catalogue, key};
use identity::Duty;

use crate::outward::PARCEL;
use crate::service::Service;

/// The words of the room's screens.
pub const WORDS: Catalogue = Catalogue {
    name: "mail",
    ja: include_str!("../messages/mail.ja.ftl"),
    en: include_str!("../messages/mail.en.ftl"),
};

/// Bytes of the form of rules, escaped, and of a list of mailboxes.
const TEXT_FORM_BYTES_MAX: usize = 1 << 20;

/// What stands in the menu.
pub(crate) fn places() -> Vec<Place> {
    let place = |href, label, group, duties| Place { href, label, group, duties };
    vec![
        place("/mail", key!("mail-menu"), Group::Passages, &[Duty::Apply]),
        place("/mail/outbox", key!("mail-outbox"), Group::Passages, &[Duty::Apply]),
        place("/mail/waiting", key!("mail-waiting"), Group::Work, &[Duty::ApproveExport]),
        place("/mail/odd", key!("mail-odd-queue"), Group::Work, &[Duty::OperateSystem]),
        place("/mail/quarantine", key!("mail-quarantine"), Group::Work, &[Duty::OperateSystem]),
        place("/mail/mailboxes", key!("mail-boxes"), Group::Registers, &[Duty::ManageSystem]),
        place("/mail/statistics", key!("mail-stats"), Group::Work, &[Duty::ReadLedger]),
        place("/mail/queue", key!("mail-queue"), Group::System, &[Duty::OperateSystem]),
        place("/mail/stuck", key!("mail-stuck"), Group::System, &[Duty::OperateSystem]),
        place("/mail/rules", key!("mail-rules"), Group::System, &[Duty::ManageSystem]),
    ]
}

/// Every screen.
pub(crate) fn routes(service: &Service) -> Routes {
    let with = || service.clone();
    let (picking, releasing_picked) = (with(), with());
    let (releasing, refusing, unlocking, closing) = (with(), with(), with(), with());
    let (setting, removing, importing, adding) = (with(), with(), with(), with());
    let text = BodyKind::Whole { max_bytes: TEXT_FORM_BYTES_MAX };
    Routes::new()
        .person(Verb::Get, "/mail", Duty::Apply, lists::inbox)
        .person(Verb::Post, "/mail/pick", Duty::Apply, move |visit, caller| {
            lists::pick(picking.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/release", Duty::Apply, move |visit, caller| {
            lists::release(releasing_picked.clone(), visit, caller)
        })
        .person(Verb::Get, "/mail/quarantine", Duty::Apply, quarantine::quarantine)
        .person(Verb::Get, "/mail/senders", Duty::Apply, senders::senders)
        .person(Verb::Post, "/mail/senders", Duty::OperateSystem, senders::add)
        .person(Verb::Post, "/mail/senders/undo", Duty::Apply, senders::undo)
        .person(Verb::Get, "/mail/reviewers", Duty::ManageSystem, reviewers::reviewers)
        .person(Verb::Post, "/mail/reviewers", Duty::ManageSystem, reviewers::name)
        .person(Verb::Post, "/mail/reviewers/withdraw", Duty::ManageSystem, reviewers::withdraw)
        .person(Verb::Get, "/mail/statistics", Duty::ReadLedger, statistics::statistics)
        .with(queues(service))
        .person(Verb::Get, "/mail/waiting", Duty::ApproveExport, lists::waiting)
        .person(Verb::Get, "/mail/odd", Duty::OperateSystem, odd::queue)
        .person(Verb::Get, "/mail/odd/{id}", Duty::OperateSystem, odd::show)
        .person(Verb::Post, "/mail/odd/{id}", Duty::OperateSystem, move |visit, caller| {
            odd::close(closing.clone(), visit, caller)
        })
        .person(Verb::Get, "/mail/stuck", Duty::OperateSystem, stuck::stuck)
        .person(Verb::Get, "/mail/mailboxes", Duty::ManageSystem, boxes::list)
        .person(Verb::Post, "/mail/mailboxes", Duty::ManageSystem, move |visit, caller| {
            boxes::set(setting.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/mailboxes/remove", Duty::ManageSystem, move |visit, caller| {
            boxes::remove(removing.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/mailboxes/list", Duty::ManageSystem, move |visit, caller| {
            boxes::import(importing.clone(), visit, caller)
        })
        .body(text)
        .person(Verb::Get, "/mail/rules", Duty::ManageSystem, rules::rules)
        .person(Verb::Post, "/mail/rules", Duty::ManageSystem, rules::adopt)
        .body(text)
        .person(Verb::Post, "/mail/passwords", Duty::ManageSystem, move |visit, caller| {
            rules::add_password(adding.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/passwords/remove", Duty::ManageSystem, rules::remove_password)
        .with(outward(service))
        .person(Verb::Get, "/mail/{id}", Duty::Apply, show::show)
        .person(Verb::Get, "/mail/{id}/sender", Duty::Apply, senders::ask)
        .person(Verb::Post, "/mail/{id}/sender", Duty::Apply, senders::list_sender)
        .person(Verb::Post, "/mail/{id}/release", Duty::Apply, move |visit, caller| {
            act::release(releasing.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/{id}/refuse", Duty::Apply, move |visit, caller| {
            act::refuse(refusing.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/{id}/unlock", Duty::Apply, move |visit, caller| {
            act::unlock(unlocking.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/{id}/odd", Duty::Apply, act::odd)
}

/// The screens about mail that leaves, and the page of an attachment behind a
/// link.
fn outward(service: &Service) -> Routes {
    const ADDRESS: &str = "whoever has a link's address may fetch its attachment, and nothing else";
    let with = || service.clone();
    let (cancelling, sending, confirming, asking) = (with(), with(), with(), with());
    let (showing, giving) = (with(), with());
    Routes::new()
        .person(Verb::Get, "/mail/outbox", Duty::Apply, outbox::list)
        .person(Verb::Get, "/mail/outbox/{id}", Duty::Apply, outbox::show)
        .person(Verb::Post, "/mail/outbox/{id}/cancel", Duty::Apply, move |visit, caller| {
            outbox_act::cancel(cancelling.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/outbox/{id}/send", Duty::Apply, move |visit, caller| {
            outbox_act::send(sending.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/outbox/{id}/confirm", Duty::Apply, move |visit, caller| {
            outbox_act::confirm(confirming.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/outbox/{id}/ask", Duty::Apply, move |visit, caller| {
            outbox_act::ask(asking.clone(), visit, caller)
        })
        .public(Verb::Get, PARCEL, ADDRESS, move |visit| parcel::show(showing.clone(), visit))
        .public(Verb::Post, PARCEL, ADDRESS, move |visit| parcel::fetch(giving.clone(), visit))
}

/// The queues of Postfix.
fn queues(service: &Service) -> Routes {
    const OPERATE: Duty = Duty::OperateSystem;
    let with = || service.clone();
    let (looking, trying, asking, giving) = (with(), with(), with(), with());
    Routes::new()
        .person(Verb::Get, "/mail/queue", OPERATE, move |visit, caller| {
            queue::queue(looking.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/queue", OPERATE, move |visit, caller| {
            queue::try_now(trying.clone(), visit, caller)
        })
        .person(Verb::Get, "/mail/queue/{side}/{id}", OPERATE, move |visit, caller| {
            queue::ask(asking.clone(), visit, caller)
        })
        .person(Verb::Post, "/mail/queue/{side}/{id}", OPERATE, move |visit, caller| {
            queue::give_back(giving.clone(), visit, caller)
        })
}
