//! The frame's screens: their routes and their places in the menu.

mod about;
mod enrol;
mod home;
mod known;
mod language;
mod ledger;
pub(crate) mod means;
pub(crate) mod names;
mod permits;
mod set_up;
mod sheet;
pub(crate) mod sign_in;
pub(crate) mod trouble;

use i18n::key;
use identity::Duty;

use self::permits::Deed;
use crate::access::Verb;
use crate::room::{Group, Place};
use crate::routes::Routes;

pub use known::StoreCallers;
pub use means::{LedgerKeys, Machine, MachineMeans, MachineState};

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
}

/// Before anybody is known.
fn door() -> Routes {
    Routes::new()
        .sign_in(Verb::Get, "/sign-in", sign_in::show)
        .sign_in(Verb::Post, "/sign-in", sign_in::first)
        .sign_in(Verb::Post, "/sign-in/second", sign_in::second)
        .person(Verb::Post, "/sign-out", None, sign_in::out)
        .sign_in(Verb::Get, "/set-up", set_up::show)
        .sign_in(Verb::Post, "/set-up", set_up::save)
        .sign_in(Verb::Get, "/enrol", enrol::show)
        .sign_in(Verb::Post, "/enrol", enrol::open)
        .sign_in(Verb::Get, "/enrol/factors", enrol::factors)
        .sign_in(Verb::Post, "/enrol/factors", enrol::finish)
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
        .person(Verb::Get, "/permits/{permit}", None, permits::show);
    deeds.into_iter().fold(routes, |routes, (path, deed)| {
        routes.person(Verb::Post, path, None, move |visit, caller| {
            permits::act(visit, caller, deed)
        })
    })
}

/// The menu's entries.
pub(crate) fn navigation() -> Vec<Place> {
    let place = |href, label, group, duties| Place { href, label, group, duties };
    vec![
        place("/", key!("home-page"), Group::Work, &[]),
        place("/permits/waiting", key!("waiting-title"), Group::Work, &[]),
        place("/permits/new", key!("apply-title"), Group::Work, &[Duty::Apply]),
        place("/permits", key!("permits-title"), Group::Registers, &[]),
        place("/about", key!("about-title"), Group::System, &[]),
    ]
}
