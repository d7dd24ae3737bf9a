//! Sites as people write them: right, and wrong in every way that there is.
#![allow(clippy::unwrap_used, clippy::panic)]

use written::Slip;
use zones::site::{Application, Model, RelayKind};
use zones::{Fault, Zone, read_site};

const HEAD: &str = r#"
[site]
body = "みどり市"
model = "alpha"
"#;

const PLACES: &str = r#"
[[network]]
name = "mn"
zone = "mynumber"
interface = "mn0"
ipv4 = "10.1.0.0/24"
[[network]]
name = "lg"
zone = "lgwan"
interface = "lg0"
ipv4 = "10.2.0.0/24"
ipv6 = "fd00:2::/64"
[[network]]
name = "net"
zone = "internet"
interface = "in0"
ipv4 = "0.0.0.0/0"
[[host]]
name = "numbers"
network = "mn"
ipv4 = "10.1.0.10"
owner = "市民課"
[[host]]
name = "server"
network = "lg"
ipv4 = "10.2.0.10"
ipv6 = "fd00:2::10"
mac = "02:00:00:00:02:10"
owner = "情報政策課"
[[host]]
name = "web"
network = "net"
ipv4 = "203.0.113.7"
owner = "県"
[[relay]]
name = "screens"
kind = "screen-transfer"
host = "server"
"#;

fn flow(change: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("name", "\"one\""),
        ("from", "\"server\""),
        ("to", "\"numbers\""),
        ("protocol", "\"tcp\""),
        ("port", "8443"),
        ("purpose", "\"住基連携\""),
        ("owner", "\"情報政策課長\""),
        ("ends", "2027-03-31"),
    ];
    for (key, value) in change {
        fields.retain(|(known, _)| known != key);
        if !value.is_empty() {
            fields.push((key, value));
        }
    }
    let lines: Vec<String> = fields.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{HEAD}{PLACES}\n[[flow]]\n{}\n", lines.join("\n"))
}

fn faults(text: &str) -> Vec<Fault> {
    read_site(text).expect_err("it has faults").into_iter().map(|one| one.fault).collect()
}

#[test]
fn a_site_is_read_whole() {
    let site = read_site(&flow(&[])).unwrap();
    assert_eq!((site.body.as_str(), site.model), ("みどり市", Model::Alpha));
    let flow = &site.flows[0];
    assert_eq!((flow.crossing.from(), flow.crossing.to()), (Zone::Lgwan, Zone::MyNumber));
    assert_eq!((flow.port, flow.ends.to_string().as_str()), (8443, "2027-03-31"));
    assert_eq!(site.relays[0].kind, RelayKind::ScreenTransfer);
    assert_eq!(site.hosts[1].mac.unwrap().to_string(), "02:00:00:00:02:10");
}

#[test]
fn what_must_never_be_cannot_be_written() {
    for key in ["name", "from", "to", "protocol", "port", "purpose", "owner", "ends"] {
        let found = faults(&flow(&[(key, "")]));
        assert!(found.contains(&Slip::Missing(key).into()), "{key}: {found:?}");
    }
    for port in ["0", "65536", "-1", "\"any\"", "\"*\"", "[443]", "true"] {
        let found = faults(&flow(&[("port", port)]));
        assert!(
            matches!(found[0], Fault::Slip(Slip::Range { .. } | Slip::Shape(_))),
            "{port}: {found:?}"
        );
    }
    for protocol in ["\"any\"", "\"ip\"", "\"\"", "\"icmp\""] {
        let found = faults(&flow(&[("protocol", protocol)]));
        assert!(
            matches!(found[0], Fault::Slip(Slip::Choice { key: "protocol", .. })),
            "{protocol}: {found:?}"
        );
    }
    for ends in ["\"never\"", "\"2027-02-29\"", "\"2027-13-01\"", "\"9999\"", "0"] {
        let found = faults(&flow(&[("ends", ends)]));
        assert!(
            matches!(found[0], Fault::Day(_) | Fault::Slip(Slip::Shape(_))),
            "{ends}: {found:?}"
        );
    }
}

#[test]
fn numbers_and_the_internet_never_meet_and_relays_stand_between() {
    let both = [("from", "\"numbers\""), ("to", "\"web\"")];
    assert_eq!(faults(&flow(&both)), [Fault::NoBoundary("mynumber > internet".to_owned())]);
    let back = [("from", "\"web\""), ("to", "\"numbers\"")];
    assert_eq!(faults(&flow(&back)), [Fault::NoBoundary("internet > mynumber".to_owned())]);
    let within = [("to", "\"server\"")];
    assert_eq!(faults(&flow(&within)), [Fault::NoBoundary("lgwan > lgwan".to_owned())]);
    assert_eq!(faults(&flow(&[("to", "\"web\"")])), [Fault::NoRelay]);
    let screens = [("to", "\"web\""), ("relay", "\"screens\"")];
    assert_eq!(faults(&flow(&screens)), [Fault::NoScreen]);
    let rdp = [("to", "\"web\""), ("relay", "\"screens\""), ("application", "\"rdp\"")];
    let site = read_site(&flow(&rdp)).unwrap();
    assert_eq!(site.flows[0].application, Some(Application::Rdp));
    assert!(site.flows[0].is_guarded());
    // What nobody reads the first bytes of is not promised to be anything.
    let unread = [&rdp[..], &[("protocol", "\"udp\"")]].concat();
    assert_eq!(faults(&flow(&unread)), [Fault::NotOverUdp]);
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let text = "[site]\nbody = \"町\"\nmodel = \"gamma\"\n\n[[network]]\nname = \"a\"\nzone = \"moon\"\n\
                interface = \"much-too-long-a-name\"\nipv4 = \"10.0.0.1/8\"\n\n[[host]]\nname = \"H\"\n\n\
                [[flow]]\nname = \"f\"\nport = \"any\"\n";
    let told = read_site(text).unwrap_err();
    let places: Vec<(usize, usize)> = told.iter().map(|one| (one.line, one.column)).collect();
    assert_eq!(places[..5], [(3, 9), (7, 8), (8, 13), (9, 8), (12, 8)], "{told:#?}");
    assert!(
        told.iter().any(|one| one.line == 16 && matches!(one.fault, Fault::Slip(Slip::Shape(_))))
    );
    assert!(told.iter().any(|one| one.fault == Slip::Missing("ends").into()));
    let broken = read_site("[site\nbody = 1\n[[flow]]\nport = \n").unwrap_err();
    assert!(broken.len() >= 2, "{broken:?}");
}

#[test]
fn a_machine_stands_in_one_place_and_where_its_network_is() {
    let twice = flow(&[]).replace("10.2.0.10", "10.1.0.10");
    let found = faults(&twice);
    assert!(found.contains(&Fault::Elsewhere("10.1.0.10/32".to_owned())), "{found:?}");
    assert!(found.contains(&Fault::TwoPlaces("10.1.0.10/32".to_owned())), "{found:?}");
    let wide = flow(&[]).replace("ipv4 = \"10.2.0.10\"", "ipv4 = \"10.2.0.0/25\"");
    assert_eq!(faults(&wide), [Fault::Wide("10.2.0.0/25".to_owned())]);
    let allowed = wide.replace("model = \"alpha\"", "model = \"alpha\"\nprefix-min-ipv4 = 25");
    assert!(read_site(&allowed).is_ok());
    let overlap = flow(&[]).replace("interface = \"lg0\"", "interface = \"mn0\"");
    assert_eq!(faults(&overlap), [Fault::Overlap("interface mn0".to_owned())]);
}

#[test]
fn no_text_makes_the_reader_fall() {
    let whole = flow(&[]);
    for end in 0..whole.len() {
        if let Some(part) = whole.get(..end) {
            let _ = read_site(part);
        }
    }
    for (place, _) in whole.char_indices().step_by(3) {
        let mut text = whole.clone();
        text.insert_str(place, "\u{0}[[\"");
        let _ = read_site(&text);
    }
}

fn service(change: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("name", "\"console\""),
        ("from", "[\"server\"]"),
        ("protocol", "\"tcp\""),
        ("port", "443"),
        ("purpose", "\"関所の画面\""),
        ("owner", "\"情報政策課長\""),
        ("ends", "2027-03-31"),
    ];
    for (key, value) in change {
        fields.retain(|(known, _)| known != key);
        if !value.is_empty() {
            fields.push((key, value));
        }
    }
    let lines: Vec<String> = fields.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("\n[[service]]\n{}\n", lines.join("\n"))
}

#[test]
fn a_service_of_the_gateway_is_limited_as_a_flow_is() {
    let with = |text: &str| format!("{HEAD}{PLACES}{text}");
    let site = read_site(&with(&service(&[]))).unwrap();
    let one = &site.services[0];
    assert_eq!((one.zone, one.port, one.stays_in_cutoff), (Zone::Lgwan, 443, false));
    let site = read_site(&with(&service(&[("stays-in-cutoff", "true")]))).unwrap();
    assert!(site.services[0].stays_in_cutoff);
    for key in ["name", "from", "protocol", "port", "purpose", "owner", "ends"] {
        let found = faults(&with(&service(&[(key, "")])));
        assert!(found.contains(&Slip::Missing(key).into()), "{key}: {found:?}");
    }
    let wrong = |key, value| faults(&with(&service(&[(key, value)])));
    assert_eq!(wrong("from", "[]"), [Fault::NoOne]);
    assert_eq!(
        wrong("from", "[\"nobody\"]"),
        [Fault::Unknown { word: "nobody".to_owned(), nearest: None }]
    );
    assert_eq!(wrong("from", "[\"server\", \"server\"]"), [Slip::Name("server".to_owned()).into()]);
    assert_eq!(wrong("from", "\"any\""), [Slip::Shape("list").into()]);
    assert_eq!(wrong("from", "[\"server\", \"numbers\"]"), [Fault::ManyZones]);
    assert_eq!(wrong("port", "0"), [Slip::Range { min: 1, max: 65_535 }.into()]);
    assert_eq!(wrong("stays-in-cutoff", "\"yes\""), [Slip::Shape("true or false").into()]);
}

#[test]
fn the_internet_reaches_no_program_that_others_reach() {
    let with = |text: &str| format!("{HEAD}{PLACES}{text}");
    let console = service(&[]);
    let of_numbers = service(&[("name", "\"b\""), ("from", "[\"numbers\"]")]);
    let of_internet = service(&[("name", "\"c\""), ("from", "[\"web\"]")]);
    assert!(read_site(&with(&format!("{console}{of_numbers}"))).is_ok());
    assert!(read_site(&with(&of_internet)).is_ok());
    let shared = [Fault::SharedDoor("tcp/443".to_owned())];
    assert_eq!(faults(&with(&format!("{console}{of_numbers}{of_internet}"))), shared);
    assert_eq!(faults(&with(&format!("{of_internet}{console}"))), shared);
    let other_port = service(&[("name", "\"c\""), ("from", "[\"web\"]"), ("port", "8443")]);
    assert!(read_site(&with(&format!("{console}{other_port}"))).is_ok());
}

#[test]
fn a_value_is_written_in_one_way() {
    for (from, to) in [
        ("02:00:00:00:02:10", "+2:00:00:00:02:10"),
        ("10.1.0.0/24", "10.1.0.0/+24"),
        ("10.1.0.0/24", "10.1.0.0/024"),
        ("fd00:2::10", "::ffff:10.2.0.10"),
        ("fd00:2::10", "::ffff:a02:a"),
    ] {
        let text = flow(&[]).replacen(from, to, 1);
        assert!(!faults(&text).is_empty(), "{to}");
    }
    assert!(matches!(faults(&flow(&[("ends", "\"+027-03-31\"")]))[0], Fault::Day(_)));
    let typo = flow(&[("checked", "[\"adress\"]")]);
    assert!(matches!(&faults(&typo)[..], [Fault::Slip(Slip::Choice { key: "checked", .. })]));
    let long = flow(&[("servers", &format!("[\"{}.example\"]", "a".repeat(200)))]);
    assert!(read_site(&long).is_ok());
}

/// Every field of a word: what is written, what may be, and what is meant.
#[test]
fn a_wrong_word_is_told_with_all_that_may_be_and_the_one_that_is_near() {
    let relay = "\n[[relay]]\nname = \"other\"\nkind = \"sanitizer\"\nhost = \"server\"\n";
    for (text, key, count, meant) in [
        (flow(&[]).replace("\"alpha\"", "\"aplha\""), "model", 4, Some("alpha")),
        (flow(&[]).replace("\"lgwan\"", "\"LGWAN\""), "zone", 3, Some("lgwan")),
        (format!("{}{relay}", flow(&[])), "kind", 5, Some("sanitiser")),
        (flow(&[("protocol", "\"tpc\"")]), "protocol", 2, Some("tcp")),
        (flow(&[("protocol", "\"icmp\"")]), "protocol", 2, None),
        (flow(&[("application", "\"http\"")]), "application", 7, Some("https")),
        (flow(&[("checked", "[\"port\", \"adress\"]")]), "checked", 5, Some("address")),
        (
            format!("{HEAD}{PLACES}{}", service(&[("protocol", "\"upd\"")])),
            "protocol",
            2,
            Some("udp"),
        ),
    ] {
        let told = read_site(&text).expect_err(key);
        let found = told.iter().find_map(|one| match &one.fault {
            Fault::Slip(Slip::Choice { key, word, allowed, nearest }) => {
                let line = text.lines().nth(one.line - 1).unwrap();
                let rest: String = line.chars().skip(one.column - 1).collect();
                assert!(rest.starts_with(&format!("\"{word}\"")), "{line}: {}", one.column);
                Some((*key, allowed.len(), nearest.clone()))
            }
            _ => None,
        });
        assert_eq!(found, Some((key, count, meant.map(str::to_owned))), "{told:?}");
    }
    let nearest = |change: &[(&str, &str)]| match faults(&flow(change)).remove(0) {
        Fault::Slip(Slip::Key { nearest, .. }) | Fault::Unknown { nearest, .. } => nearest,
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest(&[("pupose", "\"x\"")]).as_deref(), Some("purpose"));
    assert_eq!(nearest(&[("to", "\"number\"")]).as_deref(), Some("numbers"));
    assert_eq!(nearest(&[("colour", "\"x\"")]), None);
}
