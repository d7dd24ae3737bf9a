//! The schema of a site's file: as it is checked in, and held against the reader
//! with a validator of others. Whatever one line alone can say, both say alike.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value as Json, json};
use toml::{Table, Value};
use zones::describe::{Form, PARTS};
use zones::{Fault, read_site, schema};

const EXAMPLES: [&str; 2] = ["site.toml", "site-beta-prime.toml"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn validator() -> Validator {
    let schema: Json = serde_json::from_str(&schema()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|why| panic!("{why}"));
    jsonschema::draft202012::new(&schema).unwrap_or_else(|why| panic!("{why}"))
}

/// As an editor gives TOML to a validator: a day is a text.
fn as_json(value: &Value) -> Json {
    match value {
        Value::String(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Boolean(yes) => json!(yes),
        Value::Datetime(day) => json!(day.to_string()),
        Value::Array(all) => all.iter().map(as_json).collect(),
        Value::Table(table) => {
            let all: Map<String, Json> =
                table.iter().map(|(key, value)| (key.clone(), as_json(value))).collect();
            Json::Object(all)
        }
    }
}

/// True for what the schema can say; the rest holds between lines.
fn is_of_a_line(fault: &Fault) -> bool {
    match fault {
        Fault::Slip(_) | Fault::Address(_) | Fault::NotOverUdp | Fault::NoOne | Fault::Day(_) => {
            true
        }
        Fault::Unknown { .. }
        | Fault::Elsewhere(_)
        | Fault::Wide(_)
        | Fault::Overlap(_)
        | Fault::TwoPlaces(_)
        | Fault::NoBoundary(_)
        | Fault::NoRelay
        | Fault::RelayElsewhere(_)
        | Fault::NoScreen
        | Fault::ManyZones
        | Fault::SharedDoor(_) => false,
    }
}

/// A site with every part and every key.
const WHOLE: &str = r#"
[site]
body = "みどり市"
model = "alpha"
prefix-min-ipv4 = 24
prefix-min-ipv6 = 64
[[network]]
name = "lg"
zone = "lgwan"
interface = "lg0"
ipv4 = "10.2.0.0/16"
ipv6 = "fd00:2::/32"
[[network]]
name = "net"
zone = "internet"
interface = "in0"
ipv4 = "0.0.0.0/0"
ipv6 = "2001:db8::/32"
[[host]]
name = "server"
network = "lg"
ipv4 = "10.2.0.10"
ipv6 = "fd00:2::10"
mac = "02:00:5e:00:53:01"
owner = "情報政策課"
listed = "eltax"
[[host]]
name = "outside"
network = "net"
ipv4 = "203.0.113.7"
owner = "県"
[[relay]]
name = "screens"
kind = "screen-transfer"
host = "server"
[[flow]]
name = "one"
from = "server"
to = "outside"
protocol = "tcp"
port = 3389
application = "rdp"
servers = ["vdi.example"]
relay = "screens"
purpose = "画面転送"
owner = "情報政策課長"
ends = 2027-03-31
risk-analysis = "画面-1"
checked = ["address", "port"]
note = "覚え書き"
[[service]]
name = "console"
from = ["server"]
protocol = "tcp"
port = 443
purpose = "画面"
owner = "情報政策課長"
ends = 2027-03-31
stays-in-cutoff = true
"#;

/// Values that are tried at every key.
fn tried() -> Vec<Value> {
    let mut all: Vec<Value> = [
        "",
        " ",
        "any",
        "*",
        "x",
        "X",
        "a.b-1",
        "名前",
        "a b",
        "a\u{7}b",
        "a\nb",
        "\u{3000}",
        "tcp",
        "udp",
        "rdp",
        "https",
        "icmp",
        "alpha",
        "gamma",
        "lgwan",
        "moon",
        "sanitiser",
        "eth0",
        "br-lan.100",
        "much-too-long-a-name",
        "10.0.0.1",
        "10.0.0.0/8",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/+8",
        "010.0.0.1",
        "256.0.0.1",
        "10.0.0",
        "10.0.0.1/",
        "::",
        "::1",
        "fd00::/64",
        "fd00::/129",
        "fd00::/064",
        "1.2.3.4::",
        "::ffff:1.2.3.4",
        "1::2::3",
        "1:2:3:4:5:6:7::",
        "1:2:3:4:5:6:7:8",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "fd00:12345::",
        ":::",
        "1:",
        "02:00:5e:00:53:01",
        "02:00:5E:00:53:FF",
        "02:00:5e:00:53",
        "02:00:5e:00:53:1",
        "+2:00:5e:00:53:01",
        "02-00-5e-00-53-01",
        "2027-03-31",
        "2027-02-29",
        "2027-13-01",
        "2027-3-1",
        "+027-03-31",
        "2027-03-31T00:00:00Z",
        "never",
        "9999",
        "address",
        "vendor-asked",
        "adress",
    ]
    .map(Value::from)
    .to_vec();
    for length in [1, 15, 16, 39, 40, 41, 200, 201, 253, 254] {
        all.push(Value::from("a".repeat(length)));
        all.push(Value::from("字".repeat(length)));
    }
    for number in [-1, 0, 1, 7, 8, 24, 32, 33, 64, 128, 129, 443, 65_535, 65_536, i64::MAX] {
        all.push(Value::from(number));
    }
    all.extend([Value::from(true), Value::from(false), Value::from(1.5)]);
    let days = ["2027-03-31", "2027-03-31T10:00:00Z", "10:00:00"];
    all.extend(days.map(|day| Value::Datetime(day.parse().unwrap())));
    let list =
        |words: &[&str]| Value::from(words.iter().map(ToString::to_string).collect::<Vec<_>>());
    all.extend([
        list(&[]),
        list(&["server"]),
        list(&["server", "server"]),
        list(&["server", "Server"]),
        list(&["address"]),
        list(&["address", "adress"]),
        list(&["vdi.example", "b"]),
        list(&["VDI.example"]),
        list(&["a"; 1_000].map(|_| "a")),
        list(&["a"; 1_001].map(|_| "a")),
        Value::Array(vec![Value::from(1)]),
        Value::Array(vec![Value::Array(Vec::new())]),
        Value::Table(Table::new()),
    ]);
    all
}

/// What TOML knows and JSON does not, days that no month has, and what needs
/// arithmetic.
fn is_beyond(form: Form, value: &Value) -> bool {
    if value.is_datetime() && !matches!(form, Form::Day) {
        return true;
    }
    let is_no_day = |text: &str| ["2027-02-29"].contains(&text);
    // IPv4 inside IPv6, and bits behind a length: only a reader of addresses knows.
    let is_no_address = |text: &str| ["::ffff:a00:1", "10.0.0.1/8"].contains(&text);
    value.as_str().is_some_and(|text| is_no_day(text) || is_no_address(text))
}

/// Holds the schema against the reader: what the schema takes has no fault of a
/// line, and what it refuses the reader refuses too. True if it was taken.
fn hold(validator: &Validator, site: &Table, told: &str) -> bool {
    let is_taken = validator.is_valid(&as_json(&Value::Table(site.clone())));
    let faults = read_site(&toml::to_string(site).unwrap()).err().unwrap_or_default();
    let of_lines = faults.iter().filter(|complaint| is_of_a_line(&complaint.fault)).count();
    let agree = if is_taken { of_lines == 0 } else { !faults.is_empty() };
    let told: String = told.chars().take(300).collect();
    assert!(agree, "{told}: the schema takes it: {is_taken}, the reader says {faults:?}");
    is_taken
}

/// The table of a part, the first where there are several.
fn part<'t>(site: &'t mut Table, name: &str) -> &'t mut Table {
    let part = site.get_mut(name).unwrap();
    match part {
        Value::Array(all) => all[0].as_table_mut().unwrap(),
        other => other.as_table_mut().unwrap(),
    }
}

#[test]
fn the_schema_in_the_docs_is_the_one_of_this_program() {
    let file = root().join("docs/site.schema.json");
    if std::env::var_os("SEKISHO_WRITE").is_some() {
        std::fs::write(&file, schema()).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    let hint =
        "docs/site.schema.json lags behind: SEKISHO_WRITE=1 cargo test -p zones --test schema";
    assert!(there == schema(), "{hint}");
}

#[test]
fn the_examples_are_what_the_schema_says() {
    let validator = validator();
    for name in EXAMPLES {
        let text = std::fs::read_to_string(root().join("examples/midori-city").join(name)).unwrap();
        let site: Table = text.parse().unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&as_json(&Value::Table(site)))
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        assert!(read_site(&text).is_ok());
    }
}

#[test]
fn the_test_site_has_every_key() {
    let mut site: Table = WHOLE.parse().unwrap();
    assert!(read_site(WHOLE).is_ok(), "{:?}", read_site(WHOLE));
    for described in PARTS {
        let table = part(&mut site, described.name);
        for key in described.keys {
            assert!(table.contains_key(key.name), "{}.{}", described.name, key.name);
        }
    }
}

#[test]
fn schema_and_reader_agree_on_every_key() {
    let (validator, tried) = (validator(), tried());
    let whole: Table = WHOLE.parse().unwrap();
    let (mut sites, mut right) = (0, 0);
    let mut hold = |site: &Table, told: &str| {
        sites += 1;
        right += usize::from(hold(&validator, site, told));
    };
    hold(&whole, "the whole site");
    for described in PARTS {
        for key in described.keys {
            let mut without = whole.clone();
            part(&mut without, described.name).remove(key.name);
            hold(&without, &format!("{} without {}", described.name, key.name));
            for value in tried.iter().filter(|value| !is_beyond(key.form, value)) {
                let mut changed = whole.clone();
                part(&mut changed, described.name).insert(key.name.to_owned(), value.clone());
                hold(&changed, &format!("{}.{} = {value}", described.name, key.name));
            }
        }
        let mut more = whole.clone();
        part(&mut more, described.name).insert("more".to_owned(), Value::from("x"));
        hold(&more, &format!("{} with a key more", described.name));
        let mut neither = whole.clone();
        let table = part(&mut neither, described.name);
        table.remove("ipv4");
        table.remove("ipv6");
        hold(&neither, &format!("{} without addresses", described.name));
        for value in [Value::from(1), Value::from("x"), Value::Array(vec![Value::from(1)])] {
            let mut other = whole.clone();
            other.insert(described.name.to_owned(), value.clone());
            hold(&other, &format!("{} = {value}", described.name));
        }
        let mut gone = whole.clone();
        gone.remove(described.name);
        hold(&gone, &format!("no {}", described.name));
    }
    println!("{sites} sites, {right} of them right, schema and reader agree on all");
    assert!(sites > 3_000 && right > 300);
}
