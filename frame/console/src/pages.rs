//! The frame's screens: their routes and their places in the menu.

mod about;
mod bodies;
mod enrol;
mod home;
mod known;
mod language;
pub(crate) mod ledger;
mod mail;
mod me;
pub(crate) mod means;
pub(crate) mod names;
pub(crate) mod people;
pub(crate) mod permits;
mod proof;
mod provider;
mod sections;
mod set_up;
mod sheet;
pub(crate) mod sign_in;
mod system;
mod taking;
pub(crate) mod trouble;

use i18n::key;
use identity::Duty;

use self::permits::Deed;
use crate::access::Verb;
use crate::room::{Group, Place};
use crate::routes::{BodyKind, Routes};

pub(crate) use home::demand_alerted;
pub use known::StoreCallers;
pub use means::{Alarm, LedgerKeys, Machine, MachineMeans, MachineState};
pub use provider::PROVIDER_BACK;
pub(crate) use system::{failed as jobs_failed, job_retried};
pub(crate) use taking::needed as taking_refused;

/// All screens.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .public(
            Verb::Get,
            "/about",
            "names the product, its licence and how accessible it is",
            about::show,
        )
        .public(
            Verb::Get,
            "/language/{tag}",
            "changes only in which language this browser reads",
            language::choose,
        )
        .with(door())
        .person(Verb::Get, "/", None, home::show)
        .person(Verb::Post, "/alerts/{alert}/seen", None, home::see)
        .with(of_permits())
        .with(of_people())
        .with(of_ledger())
        .with(of_system())
}

/// Before anybody is known.
fn door() -> Routes {
    Routes::new()
        .sign_in(Verb::Get, "/sign-in", sign_in::show)
        .sign_in(Verb::Post, "/sign-in", sign_in::first)
        .sign_in(Verb::Post, "/sign-in/second", sign_in::second)
        .sign_in(Verb::Post, "/sign-in/provider", provider::start)
        .sign_in(Verb::Get, PROVIDER_BACK, provider::back)
        .person(Verb::Post, "/sign-out", None, sign_in::out)
        .sign_in(Verb::Get, "/set-up", set_up::show)
        .sign_in(Verb::Post, "/set-up", set_up::save)
        .sign_in(Verb::Get, "/enrol", enrol::show)
        .sign_in(Verb::Post, "/enrol", enrol::open)
        .sign_in(Verb::Get, "/enrol/factors", enrol::factors)
        .sign_in(Verb::Post, "/enrol/factors", enrol::finish)
        .sign_in(Verb::Post, "/enrol/provider", provider::start_enrolling)
}

fn of_permits() -> Routes {
    let deeds = [
        ("/permits/{permit}/apply", Deed::Apply),
        ("/permits/{permit}/withdraw", Deed::Withdraw),
        ("/permits/{permit}/approve", Deed::Decide),
        ("/permits/{permit}/confirm", Deed::Confirm),
        ("/permits/{permit}/end", Deed::End),
        ("/permits/{permit}/revoke", Deed::Revoke),
        ("/permits/{permit}/close", Deed::Close),
        ("/permits/{permit}/issue", Deed::Issue),
    ];
    let routes = Routes::new()
        .person(Verb::Get, "/permits", None, permits::register)
        .person(Verb::Get, "/permits/waiting", None, permits::waiting)
        .person(Verb::Get, "/permits/new", Duty::Apply, permits::choose)
        .person(Verb::Get, "/permits/new/{kind}", Duty::Apply, permits::application)
        .person(Verb::Post, "/permits/new/{kind}", Duty::Apply, permits::apply)
        .person(Verb::Get, "/permits/{permit}", None, permits::show)
        .person(Verb::Get, "/permits/{permit}/edit", Duty::Apply, permits::edit)
        .person(Verb::Post, "/permits/{permit}/edit", Duty::Apply, permits::amend);
    deeds.into_iter().fold(routes, |routes, (path, deed)| {
        routes
            .person(Verb::Post, path, None, move |visit, caller| permits::act(visit, caller, deed))
    })
}

fn of_people() -> Routes {
    const MANAGE: Duty = Duty::ManagePeople;
    const APPOINT: Duty = Duty::AssignRoles;
    let file_max = people::FILE_BYTES_MAX;
    Routes::new()
        .person(Verb::Get, "/people", None, people::list)
        .person(Verb::Get, "/people/new", MANAGE, people::new)
        .person(Verb::Post, "/people/new", MANAGE, people::invite)
        .person(Verb::Get, "/people/file", MANAGE, people::show_file)
        .person(Verb::Post, "/people/file", MANAGE, people::plan_file)
        .body(BodyKind::Upload { max_bytes: file_max as u64 + 4_096 })
        .person(Verb::Post, "/people/file/apply", MANAGE, people::apply_file)
        // Japanese is three times as long in a form as in a file.
        .body(BodyKind::Whole { max_bytes: file_max * 3 + 4_096 })
        .person(Verb::Get, "/people/{person}", None, people::person)
        .person(Verb::Get, "/people/{person}/edit", MANAGE, people::edit)
        .person(Verb::Post, "/people/{person}/edit", MANAGE, people::change)
        .person(Verb::Get, "/people/{person}/leave", MANAGE, people::leaving)
        .person(Verb::Post, "/people/{person}/leave", MANAGE, people::leave)
        .person(Verb::Post, "/people/{person}/code", MANAGE, people::issue_code)
        .person(Verb::Post, "/people/{person}/sessions/end", MANAGE, people::end_sessions)
        .person(Verb::Post, "/people/{person}/roles", APPOINT, people::assign)
        .person(
            Verb::Post,
            "/people/{person}/roles/{assignment}/withdraw",
            APPOINT,
            people::withdraw,
        )
        .person(Verb::Post, "/people/{person}/posts", APPOINT, people::post)
        .person(Verb::Get, "/sections", MANAGE, sections::list)
        .person(Verb::Post, "/sections", MANAGE, sections::open)
        .person(Verb::Get, "/sections/{section}", MANAGE, sections::show)
        .person(Verb::Post, "/sections/{section}", MANAGE, sections::change)
        .person(Verb::Post, "/sections/{section}/close", MANAGE, sections::close)
        .person(Verb::Get, "/bodies", None, bodies::list)
        .person(Verb::Post, "/bodies", Duty::FoundBodies, bodies::found)
}

fn of_ledger() -> Routes {
    Routes::new()
        .person(Verb::Get, "/ledger", Duty::ReadLedger, ledger::search)
        .person(Verb::Get, "/ledger/verify", Duty::ExportLedger, ledger::verify_form)
        .person(Verb::Post, "/ledger/verify", Duty::ExportLedger, ledger::verify)
        .person(Verb::Get, "/ledger/export", Duty::ExportLedger, ledger::export_form)
        .person(Verb::Post, "/ledger/export", Duty::ExportLedger, ledger::export)
        .person(Verb::Get, "/ledger/{entry}", Duty::ReadLedger, ledger::show)
}

fn of_system() -> Routes {
    Routes::new()
        .person(Verb::Get, "/system", Duty::OperateSystem, system::show)
        .person(Verb::Post, "/system/jobs/{job}/retry", Duty::OperateSystem, system::retry)
        .person(Verb::Post, "/system/clock", Duty::ManageSystem, system::accept_clock)
        .person(Verb::Get, "/me", None, me::show)
        .person(Verb::Get, "/me/proof", None, proof::show)
        .person(Verb::Post, "/me/proof", None, proof::take)
        .person(Verb::Post, "/me/password", None, me::password)
        .person(Verb::Get, "/me/add", None, me::adding)
        .person(Verb::Post, "/me/totp", None, me::totp)
        .person(Verb::Post, "/me/passkey", None, me::passkey)
        .person(Verb::Post, "/me/certificate", None, me::certificate)
        .person(Verb::Post, "/me/mail", None, mail::ask)
        .person(Verb::Post, "/me/mail/confirm", None, mail::confirm)
        .person(Verb::Post, "/me/mail/remove", None, mail::remove)
        .person(Verb::Get, "/me/provider", None, provider::show)
        .person(Verb::Post, "/me/provider", None, provider::start_linking)
        .person(Verb::Get, "/me/provider/confirm", None, provider::confirming)
        .person(Verb::Post, "/me/provider/confirm", None, provider::confirm)
        .person(Verb::Post, "/me/factors/{factor}/remove", None, me::remove)
        .person(Verb::Post, "/me/sessions/end", None, me::end_sessions)
        .person(Verb::Post, "/me/sessions/{session}/end", None, me::end_session)
}

/// The menu's entries.
pub(crate) fn navigation() -> Vec<Place> {
    let place = |href, label, group, duties| Place { href, label, group, duties };
    vec![
        place("/", key!("home-page"), Group::Work, &[]),
        place("/permits/waiting", key!("waiting-title"), Group::Work, &[]),
        place("/permits/new", key!("apply-title"), Group::Work, &[Duty::Apply]),
        place("/permits", key!("permits-title"), Group::Registers, &[]),
        place("/people", key!("people-title"), Group::Registers, people::seeing()),
        place("/sections", key!("sections-title"), Group::Registers, &[Duty::ManagePeople]),
        place("/bodies", key!("bodies-title"), Group::Registers, &[]),
        place("/ledger", key!("ledger-title"), Group::Oversight, &[Duty::ReadLedger]),
        place("/system", key!("system-title"), Group::System, &[Duty::OperateSystem]),
        place("/me", key!("me-title"), Group::System, &[]),
        place("/about", key!("about-title"), Group::System, &[]),
    ]
}
