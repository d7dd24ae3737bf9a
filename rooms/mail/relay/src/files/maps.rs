//! Tables that Postfix reads as text, with no program between.

use std::collections::BTreeMap;

use crate::names::Host;
use crate::setting::{Filter, Next, NextTls, Onward, Setting, Side};

use super::{bodies, is_maildir};

/// All tables of an instance; none is ever missing, some are empty.
pub(super) fn all(setting: &Setting) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([
        ("nobody".to_owned(), String::new()),
        ("relay_domains".to_owned(), domains(setting, false)),
        ("boxes".to_owned(), boxes(setting)),
        ("box_domains".to_owned(), domains(setting, true)),
        ("transport".to_owned(), transport(setting)),
        ("tls_policy".to_owned(), tls_policy(setting)),
        ("private_headers".to_owned(), private_headers(setting)),
    ]);
    if setting.side == Side::Inside {
        files.insert("senders".to_owned(), senders(setting));
        for (index, body) in bodies(setting).iter().enumerate() {
            // The empty sender of reports is everybody's.
            let mut text = "<> OK\n".to_owned();
            for domain in &body.domains {
                text.push_str(&format!("{domain} OK\n"));
            }
            files.insert(format!("senders_{index}"), text);
        }
    }
    files
}

/// Domains by whether they end in a Maildir of the instance inside.
fn domains(setting: &Setting, wants_boxes: bool) -> String {
    let mut text = String::new();
    for body in bodies(setting) {
        let has_boxes = setting.side == Side::Inside && is_maildir(body);
        if has_boxes == wants_boxes {
            text.extend(body.domains.iter().map(|domain| format!("{domain} OK\n")));
        }
    }
    text
}

fn boxes(setting: &Setting) -> String {
    let mut text = String::new();
    for body in bodies(setting).into_iter().filter(|body| is_maildir(body)) {
        text.extend(body.domains.iter().map(|domain| format!("@{domain} {}/\n", body.label)));
    }
    text
}

/// How the next server stands in a route. Brackets: no lookup as a mail domain.
pub(super) fn next_hop(host: &Host, port: u16) -> String {
    format!("[{host}]:{port}")
}

/// The way to our filter.
pub(super) fn filter(setting: &Setting) -> String {
    match setting.filter {
        Filter::Socket => format!("sekisho:unix:{}/sockets/door", setting.home),
        Filter::Loopback(port) => format!("sekisho:[127.0.0.1]:{port}"),
    }
}

/// Outside, mail to a body knows no way but through the filter; inside, mail to
/// anybody else. So what Postfix itself writes takes it too.
fn transport(setting: &Setting) -> String {
    let mut text = String::new();
    for body in bodies(setting) {
        for domain in &body.domains {
            match (setting.side, &body.next) {
                (Side::Outside, _) => text.push_str(&format!("{domain} {}\n", filter(setting))),
                (Side::Inside, Next::Server { host, port, .. }) => {
                    text.push_str(&format!("{domain} relay:{}\n", next_hop(host, *port)));
                }
                (Side::Inside, Next::Maildir { .. }) => {
                    text.push_str(&format!("{domain} virtual:\n"));
                }
            }
        }
    }
    text
}

fn level(tls: NextTls) -> &'static str {
    match tls {
        NextTls::None => "none",
        NextTls::Offered => "may",
        NextTls::Always => "encrypt",
        NextTls::Checked => "secure match=hostname",
    }
}

fn tls_policy(setting: &Setting) -> String {
    let mut lines = std::collections::BTreeMap::new();
    match (setting.side, &setting.onward) {
        (Side::Outside, Onward::Relay { host, port, tls }) => {
            lines.insert(next_hop(host, *port), level(*tls));
        }
        (Side::Outside, Onward::World) | (Side::Inside, _) => {}
    }
    if setting.side == Side::Inside {
        for body in bodies(setting) {
            if let Next::Server { host, port, tls } = &body.next {
                lines.insert(next_hop(host, *port), level(*tls));
            }
        }
    }
    lines.iter().map(|(hop, level)| format!("{hop} {level}\n")).collect()
}

/// Who may send from inside, and as whom: the class of his body.
fn senders(setting: &Setting) -> String {
    let mut text = String::new();
    for (index, body) in bodies(setting).iter().enumerate() {
        text.extend(body.senders.iter().map(|network| format!("{network} body_{index}\n")));
    }
    text
}

/// What the world need not know of the way inside. Received lines keep their
/// number, by which loops are found.
fn private_headers(setting: &Setting) -> String {
    match setting.side {
        Side::Outside => format!(
            "/^Received:.*;\\s*(.{{10,60}})$/ REPLACE Received: by {name} (inside); $1\n\
             /^Received:/ REPLACE Received: by {name} (inside)\n\
             /^(X-Originating-IP|X-Mailer|User-Agent|X-Sekisho-[-A-Za-z]+):/ IGNORE\n",
            name = setting.name
        ),
        Side::Inside => String::new(),
    }
}
