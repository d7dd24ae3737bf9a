//! B5: 段階的認証で一要素で特定個人情報に到達 (16 towns). The business system asks for a
//! second factor; the copy of its data in the terminal's folder asks for the first.

use std::collections::BTreeSet;

use findings::cast::{CHIEF, CISO, CLERK, MANAGER};
use findings::{Cast, Hand, Share};
use serde_json::Value;
use town::{Client, Town};

/// First the terminal's password, then a card for the business system.
const STAGES: &str = "<Location />
Require valid-user
</Location>
<Location /gyomu>
<RequireAll>
Require valid-user
Require ssl-verify-client
</RequireAll>
</Location>";
const FIRST: (&str, &str) = ("abe", "tanmatsu-1");

#[test]
fn on_a_plain_set_up_the_first_stage_alone_reaches_the_data() {
    let Some(mut share) = Share::prepare() else { return };
    share.put_file("gyomu/daicho.csv", "個人番号,氏名\n");
    share.put_file("kyoyu/daicho-no-hikae.csv", "個人番号,氏名\n");
    share.make_card("abe", "abe");
    share.set_password(FIRST.0, FIRST.1);
    share.start(STAGES, None);
    let first = Hand { password: Some(FIRST), ..Hand::default() };
    assert_eq!(share.get("/gyomu/daicho.csv", first).0, 403, "the system asks for two");
    let both = Hand { card: Some("abe"), ..first };
    assert_eq!(share.get("/gyomu/daicho.csv", both).0, 200);

    let (status, read) = share.get("/kyoyu/daicho-no-hikae.csv", first);
    assert_eq!((status, read.contains("個人番号")), (200, true), "the same data, by one factor");
}

/// Everything that two factors open is tried with none and with the first only:
/// each endpoint of the description and each page that is linked from any other.
#[test]
fn what_two_factors_open_opens_with_no_fewer() {
    let town = Town::start();
    let logins = [CHIEF, CISO, MANAGER, CLERK, "tanaka.hiroshi", "yamamoto.akira", "yoshida.rei"];
    let cast = Cast::new(&town, &logins);
    let mut paths = BTreeSet::new();
    for (_, client) in cast.all() {
        paths.extend(linked(client));
    }
    let pages = paths.len();
    assert!(pages > 60, "{pages} pages found");

    let account = town.demo.person("yamada.hanako");
    let halfway = Client::nobody_at(&town.demo, [127, 0, 5, 1].into());
    let first = [("login", account.person.as_str()), ("password", account.password.as_str())];
    assert_eq!(halfway.form("/sign-in", "/sign-in", &first).status, 200);
    let step = halfway.cookie("__Host-sekisho-step").expect("the first factor was right");
    let planted = Client::nobody_at(&town.demo, [127, 0, 5, 1].into());
    let nobody = Client::nobody_at(&town.demo, [127, 0, 5, 2].into());

    let mut open = BTreeSet::new();
    for path in &paths {
        // The first factor's token, as it is and in the place of a session's.
        let replies = [
            nobody.get(path),
            halfway.get(path),
            planted.get_with_cookie(path, "__Host-sekisho", &step),
            planted.get_with_token(path, &step),
        ];
        for reply in replies {
            let is_kept_out = reply.status == 401
                || (reply.status == 303 && reply.location().contains("/sign-in"));
            if !is_kept_out {
                open.insert(path.split('?').next().unwrap().to_owned());
            }
        }
    }
    let public: Vec<String> = open.into_iter().filter(|path| !is_public(path)).collect();
    assert!(public.is_empty(), "open with fewer than two factors: {public:?}");

    let description = nobody.get("/api/v1/openapi.json").json;
    let mut endpoints = 0;
    for (path, verbs) in description["paths"].as_object().unwrap() {
        for (verb, what) in verbs.as_object().unwrap() {
            // Opening a session is how two factors are shown.
            let is_door = what["security"] == serde_json::json!([{}]);
            if is_door {
                let call = format!("{verb} {path}");
                let is_known = DOORS.contains(&path.as_str()) || call == HOW_TO_UPLOAD;
                assert!(is_known, "a door that nobody has looked at: {call}");
                continue;
            }
            let path = path.replace(['{', '}'], "0");
            for client in [&nobody, &halfway] {
                let reply = client.call(&verb.to_uppercase(), &path, Some(&Value::Null));
                assert_eq!(reply.status, 401, "{verb} {path}: {}", reply.text);
            }
            endpoints += 1;
        }
    }
    assert!(endpoints > 35, "{endpoints} endpoints");
}

/// Endpoints for nobody yet: the description, and the steps by which somebody
/// shows a code that was handed to them, or two factors.
const DOORS: [&str; 7] = [
    "/api/v1/openapi.json",
    "/api/v1/set-up",
    "/api/v1/enrolments",
    "/api/v1/enrolments/current",
    "/api/v1/enrolments/factors",
    "/api/v1/passkey-challenges",
    "/api/v1/sessions",
];

/// Says which version of tus is spoken and how large a file may be; no data.
const HOW_TO_UPLOAD: &str = "options /api/v1/uploads";

fn is_public(path: &str) -> bool {
    // What anybody may read says nothing of the town; the door is the way in.
    let doors = ["/sign-in", "/enrol", "/set-up", "/about", "/api/v1/openapi.json"];
    doors.contains(&path) || path.starts_with("/language/") || path.starts_with("/assets/")
}

/// Every page that can be reached by links from the first, at most so many of
/// one shape.
fn linked(client: &Client) -> BTreeSet<String> {
    const OF_ONE_SHAPE_MAX: usize = 3;
    let mut found = BTreeSet::from(["/".to_owned()]);
    let mut next = vec!["/".to_owned()];
    let mut shapes: std::collections::BTreeMap<String, usize> = Default::default();
    while let Some(path) = next.pop() {
        let text = client.get(&path).text;
        for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let link = link.split('#').next().unwrap().replace("&amp;", "&");
            if !link.starts_with('/') || link.starts_with("//") || found.contains(&link) {
                continue;
            }
            let count = shapes.entry(shape(&link)).or_default();
            *count += 1;
            if *count <= OF_ONE_SHAPE_MAX {
                found.insert(link.clone());
                next.push(link);
            }
        }
    }
    found
}

/// A path without the ids in it, and without the values of its query.
fn shape(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let is_id = |part: &&str| part.len() == 26 || part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if !part.is_empty() && is_id(&part) { "{}" } else { part })
        .collect();
    let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
    format!("{}?{}", parts.join("/"), names.join("&"))
}
