//! What the map draws: every state with its own line and badge, in each language.

#![allow(clippy::unwrap_used, clippy::panic)]

use i18n::{Language, Messages};
use zones::read_site;

use super::*;

const MIDORI: &str = include_str!("../../../../../../examples/midori-city/site.toml");

fn drawn(scene: &Scene<'_>, frame: &Frame) -> Drawing {
    let messages = Messages::load(&[crate::room::WORDS]).unwrap();
    draw(scene, frame, &|message| messages.say(Language::Japanese, message).to_string())
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// Every mark once, then open.
fn marks(site: &Site) -> Vec<Mark> {
    let mut marks = vec![Mark::Open; site.flows.len()];
    for (mark, one) in marks.iter_mut().zip(Mark::ALL) {
        *mark = one;
    }
    marks
}

#[test]
fn every_flow_host_and_network_is_on_the_map_once() {
    let site = read_site(MIDORI).unwrap();
    let marks = marks(&site);
    let scene = Scene { site: &site, marks: &marks, strays: &[], cut: &[] };
    let whole = drawn(&scene, &WHOLE);
    assert_eq!(whole.lines.len(), site.flows.len());
    assert_eq!(whole.hosts.len(), site.hosts.len());
    assert_eq!(whole.networks.len(), site.networks.len());
    let halves: usize = HALVES.iter().map(|half| drawn(&scene, half).lines.len()).sum();
    assert_eq!(halves, site.flows.len(), "each boundary has its own");
    assert!(whole.text.contains(&site.flows.len().to_string()), "{}", whole.text);
}

#[test]
fn boxes_do_not_overlap_and_stay_inside() {
    let site = read_site(MIDORI).unwrap();
    let marks = marks(&site);
    let scene = Scene { site: &site, marks: &marks, strays: &[], cut: &[] };
    for frame in [&WHOLE, &HALVES[0], &HALVES[1]] {
        let map = drawn(&scene, frame);
        let (width, height) = (number(&map.width), number(&map.height));
        for areas in [&map.hosts, &map.networks] {
            for (place, one) in areas.iter().enumerate() {
                let (x, y) = (number(&one.x), number(&one.y));
                let (right, bottom) = (x + number(&one.width), y + number(&one.height));
                assert!(x >= 0.0 && right <= width && bottom <= height, "{}", one.label);
                for other in &areas[place + 1..] {
                    let is_beside = number(&other.x) >= right
                        || number(&other.x) + number(&other.width) <= x
                        || number(&other.y) >= bottom - 0.1
                        || number(&other.y) + number(&other.height) <= y + 0.1;
                    assert!(is_beside, "{} and {}", one.label, other.label);
                }
            }
        }
    }
}

/// What a pointer or a finger hits is 24 units wide and apart from the others.
#[test]
fn numbers_are_apart() {
    let site = read_site(MIDORI).unwrap();
    let marks = marks(&site);
    let scene = Scene { site: &site, marks: &marks, strays: &[], cut: &[] };
    for frame in [&WHOLE, &HALVES[0], &HALVES[1]] {
        let map = drawn(&scene, frame);
        for (place, one) in map.lines.iter().enumerate() {
            for other in &map.lines[place + 1..] {
                let apart = |a: &str, b: &str| (number(a) - number(b)).abs() >= 23.9;
                assert!(
                    apart(&one.hit_x, &other.hit_x) || apart(&one.hit_y, &other.hit_y),
                    "{} and {}",
                    one.title,
                    other.title
                );
            }
        }
    }
}

#[test]
fn a_state_shows_without_its_colour() {
    let site = read_site(MIDORI).unwrap();
    let badges: std::collections::BTreeSet<String> = Mark::ALL
        .into_iter()
        .map(|mark| format!("{}{}", shape::badge(mark, 0.0, 0.0), class(mark)))
        .collect();
    assert_eq!(badges.len(), Mark::ALL.len());
    let marks = marks(&site);
    let scene = Scene { site: &site, marks: &marks, strays: &[], cut: &[Zone::MyNumber] };
    let map = drawn(&scene, &WHOLE);
    for (line, mark) in map.lines.iter().zip(&marks) {
        let word =
            ["開いている", "7日以内", "待って", "承認されなかった", "閉じて", "遮断", "違う"];
        let place = Mark::ALL.iter().position(|one| one == mark).unwrap();
        assert!(line.title.contains(word[place]), "{}", line.title);
    }
    let html = map.render().unwrap();
    assert!(html.contains("遮断中") && !html.contains("style=") && !html.contains('⟦'), "{html}");
}

/// The one thing that no flow may be: what the prover finds there goes round,
/// and can be pressed.
#[test]
fn what_passes_between_numbers_and_the_internet_is_drawn_round() {
    let site = read_site(MIDORI).unwrap();
    let marks = vec![Mark::Open; site.flows.len()];
    let network = |zone| site.networks.iter().position(|one| one.zone == zone).unwrap();
    let stray = Stray { from: network(Zone::MyNumber), to: network(Zone::Internet) };
    let scene = Scene { site: &site, marks: &marks, strays: &[stray], cut: &[] };
    let map = drawn(&scene, &WHOLE);
    assert_eq!(map.strays.len(), 1);
    assert_eq!(map.strays[0].href, "/wall/proof");
    assert!(number(&map.strays[0].number_y) < number(&map.height));
    let plain = drawn(&Scene { strays: &[], ..scene }, &WHOLE);
    assert!(number(&map.height) > number(&plain.height), "there is room for it");
    assert!(HALVES.iter().all(|half| drawn(&scene, half).strays.is_empty()));
}

#[test]
fn names_of_a_file_do_not_become_markup() {
    let text = MIDORI.replace("owner = \"市民課\"", "owner = \"<b>市民課\"");
    let site = read_site(&text).unwrap();
    let marks = vec![Mark::Open; site.flows.len()];
    let scene = Scene { site: &site, marks: &marks, strays: &[], cut: &[] };
    let html = drawn(&scene, &WHOLE).render().unwrap();
    assert!(html.contains("&#60;b&#62;市民課") && !html.contains("<b>"));
}

#[test]
fn a_large_site_is_drawn_in_time() {
    let mut text = String::from("[site]\nbody = \"大\"\nmodel = \"alpha\"\n");
    for (zone, net) in [("mynumber", 1), ("lgwan", 2)] {
        text.push_str(&format!(
            "[[network]]\nname = \"{zone}\"\nzone = \"{zone}\"\ninterface = \"e{net}\"\nipv4 = \"10.{net}.0.0/16\"\n"
        ));
        for host in 0..300 {
            text.push_str(&format!(
                "[[host]]\nname = \"{zone}-{host}\"\nnetwork = \"{zone}\"\nipv4 = \"10.{net}.{}.{}\"\nowner = \"課\"\n",
                host / 200,
                host % 200 + 1
            ));
        }
    }
    for flow in 0..300 {
        text.push_str(&format!(
            "[[flow]]\nname = \"f{flow}\"\nfrom = \"lgwan-{flow}\"\nto = \"mynumber-{}\"\nprotocol = \"tcp\"\nport = 443\npurpose = \"p\"\nowner = \"o\"\nends = 2027-03-31\n",
            (flow * 7) % 300
        ));
    }
    let site = read_site(&text).unwrap();
    let marks = vec![Mark::Open; site.flows.len()];
    let scene = Scene { site: &site, marks: &marks, strays: &[], cut: &[] };
    assert_eq!(drawn(&scene, &WHOLE).lines.len(), 300);
}

#[test]
fn long_names_are_cut_to_their_box() {
    assert_eq!(fitted("mail-text-lg", 86.0, 11.0), "mail-text-lg");
    assert!(fitted("a-name-of-forty-characters-and-no-more-x", 86.0, 13.0).ends_with('…'));
    assert_eq!(fitted("", 1.0, 13.0), "");
}
