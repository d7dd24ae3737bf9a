//! The room's screens: the map of the zones, the register of flows, one flow
//! with its list, the proof, cut-offs, the model. Every one says how to switch the wall
//! on where there is none.

mod applying;
mod checking;
mod cutting;
mod flow;
mod flows;
mod map;
mod mark;
mod model;
mod news;
mod off;
mod proof;
mod scene;
mod table;
mod told;
mod zones;

use console::{Asset, Group, Place, Routes, Verb};
use i18n::key;
use identity::Duty;

use crate::room::Behind;

pub(crate) use news::news;
pub(crate) use proof::SEES_HOLES;

/// Its style sheet.
const STYLE: &str = "wall.css";

/// The room's entries in the menu.
pub(crate) fn places() -> Vec<Place> {
    let place = |href, label, group| Place { href, label, group, duties: &[Duty::Apply] };
    vec![
        place("/wall", key!("wall-map"), Group::Passages),
        place("/wall/flows", key!("wall-flows"), Group::Passages),
        place("/wall/proof", key!("wall-proof"), Group::Oversight),
        place("/wall/cutoff", key!("wall-cutoff"), Group::Passages),
        place("/wall/model", key!("wall-duties"), Group::Oversight),
    ]
}

/// The room's style sheet.
pub(crate) const ASSETS: &[Asset] = &[Asset {
    name: STYLE,
    bytes: std::borrow::Cow::Borrowed(include_bytes!("../assets/wall.css")),
}];

/// The room's screens. Whoever works in the body may see what passes between
/// its zones; changing it is asked for again by the service.
pub(crate) fn routes(behind: &Behind) -> Routes {
    let here = || behind.clone();
    let (map, list, one) = (here(), here(), here());
    let (form, apply) = (here(), here());
    let (item, check) = (here(), here());
    let (proof, prove) = (here(), here());
    let (model, review) = (here(), here());
    let (zones_cut, order, carry_out) = (here(), here(), here());
    Routes::new()
        .person(Verb::Get, "/wall", Duty::Apply, move |visit, caller| {
            zones::show(map.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/flows", Duty::Apply, move |visit, caller| {
            flows::list(list.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/flows/{flow}", Duty::Apply, move |visit, caller| {
            flow::show(one.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/flows/{flow}/apply", Duty::Apply, move |visit, caller| {
            applying::form(form.clone(), visit, caller)
        })
        .person(Verb::Post, "/wall/flows/{flow}/apply", Duty::Apply, move |visit, caller| {
            applying::send(apply.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/flows/{flow}/checks/{item}", Duty::Apply, move |visit, caller| {
            checking::show(item.clone(), visit, caller)
        })
        .person(
            Verb::Post,
            "/wall/flows/{flow}/checks/{item}",
            Duty::Apply,
            move |visit, caller| checking::send(check.clone(), visit, caller),
        )
        .person(Verb::Get, "/wall/proof", Duty::Apply, move |visit, caller| {
            proof::show(proof.clone(), visit, caller)
        })
        .person(Verb::Post, "/wall/proof", Duty::Apply, move |visit, caller| {
            proof::prove_now(prove.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/model", Duty::Apply, move |visit, caller| {
            model::show(model.clone(), visit, caller)
        })
        .person(Verb::Post, "/wall/model", Duty::Apply, move |visit, caller| {
            model::send(review.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/cutoff", Duty::Apply, move |visit, caller| {
            cutting::show(zones_cut.clone(), visit, caller)
        })
        .person(Verb::Get, "/wall/cutoff/{zone}/{deed}", Duty::Apply, move |visit, caller| {
            cutting::form(order.clone(), visit, caller)
        })
        .person(Verb::Post, "/wall/cutoff/{zone}/{deed}", Duty::Apply, move |visit, caller| {
            cutting::send(carry_out.clone(), visit, caller)
        })
}
