//! master.cf: which services run. There is no `local`, `pipe` or `spawn`, so mail
//! starts no program. `pickup` is there because emptying the queue asks for it;
//! only the administrator can put mail before it, and that is filtered too.

use std::net::SocketAddr;

use crate::setting::{Back, Filter, Setting, Side};

use super::table;
use super::write::service;

/// Services that every instance has, as `name type private unpriv chroot wakeup
/// maxproc command`.
const PLAIN: &[&str] = &[
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "verify unix - - n - 1 verify",
    "flush unix n - n 1000? 0 flush",
    "proxymap unix - - n - - proxymap",
    "proxywrite unix - - n - 1 proxymap",
    "smtp unix - - n - - smtp",
    "relay unix - - n - - smtp",
    "showq unix n - n - - showq",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "discard unix - - n - - discard",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
];

pub(super) fn text(setting: &Setting) -> String {
    let mut out = "# Written by Sekisho; changes are lost.\n".to_owned();
    let mut entrances = setting.entrances.clone();
    entrances.sort();
    entrances.dedup();
    for address in entrances {
        out.push_str(&entrance(setting, address));
    }
    out.push_str(&back(setting));
    out.push_str(&filter(setting));
    for line in PLAIN {
        out.push_str(&format!("{line}\n"));
    }
    if setting.side == Side::Inside {
        out.push_str("virtual unix - n n - - virtual\n");
    }
    out
}

fn entrance(setting: &Setting, address: SocketAddr) -> String {
    // Postfix writes addresses of IPv6 in brackets.
    let place = match address {
        SocketAddr::V4(four) => four.to_string(),
        SocketAddr::V6(six) => format!("[{}]:{}", six.ip(), six.port()),
    };
    service(
        &format!("{place} inet n - n - - smtpd"),
        &[
            ("syslog_name", "postfix/entrance".to_owned()),
            ("message_size_limit", setting.bytes_max().to_string()),
        ],
    )
}

/// The way back: no filter, and so nobody but us. Through a socket it is the
/// queue's folder that says who comes, through a port the loopback.
fn back(setting: &Setting) -> String {
    let head = match setting.back {
        Back::Socket => "back unix y - n - - smtpd".to_owned(),
        Back::Loopback(port) => format!("127.0.0.1:{port} inet n - n - - smtpd"),
    };
    let only_ours = "reject_non_fqdn_recipient, permit_mynetworks, reject";
    let only_bodies = "reject_unauth_destination, permit_mynetworks, reject";
    let receivers = match setting.side {
        Side::Outside => only_ours,
        Side::Inside => only_bodies,
    };
    let own = "127.0.0.1/32".to_owned();
    let back = service(
        &head,
        &[
            ("syslog_name", "postfix/back".to_owned()),
            ("content_filter", String::new()),
            ("mynetworks", own.clone()),
            ("smtpd_authorized_xforward_hosts", own),
            ("smtpd_client_restrictions", "permit_mynetworks, reject".to_owned()),
            ("smtpd_helo_restrictions", String::new()),
            ("smtpd_sender_restrictions", String::new()),
            ("smtpd_relay_restrictions", "permit_mynetworks, reject".to_owned()),
            ("smtpd_recipient_restrictions", receivers.to_owned()),
            ("smtpd_data_restrictions", "reject_unauth_pipelining".to_owned()),
            ("smtpd_end_of_data_restrictions", String::new()),
            ("smtpd_tls_security_level", "none".to_owned()),
            ("smtpd_client_connection_count_limit", "0".to_owned()),
            ("smtpd_client_message_rate_limit", "0".to_owned()),
            ("smtpd_peername_lookup", "no".to_owned()),
            ("smtpd_error_sleep_time", "0".to_owned()),
            ("receive_override_options", "no_address_mappings".to_owned()),
            ("cleanup_service_name", "cleanup_back".to_owned()),
        ],
    );
    let headers = table(setting, "regexp", "private_headers");
    let cleanup = service("cleanup_back unix n - n - 0 cleanup", &[("header_checks", headers)]);
    format!("{back}{cleanup}")
}

/// The way to our filter. Long lines and 8 bits go as they came: signatures are
/// checked behind it.
fn filter(setting: &Setting) -> String {
    let at_once = setting.limits.filtered_at_once_max.max(1);
    let (program, prefix) = match setting.filter {
        Filter::Socket => ("lmtp", "lmtp"),
        Filter::Loopback(_) => ("smtp", "smtp"),
    };
    let names = [
        ("send_xforward_command", "yes"),
        ("line_length_limit", "0"),
        ("tls_security_level", "none"),
        ("connect_timeout", "5s"),
        ("data_done_timeout", "180s"),
        ("generic_maps", ""),
        ("header_checks", ""),
    ];
    let mut parameters: Vec<(String, String)> = names
        .iter()
        .map(|(name, value)| (format!("{prefix}_{name}"), (*value).to_owned()))
        .collect();
    parameters.push(("disable_mime_output_conversion".to_owned(), "yes".to_owned()));
    parameters.push(("syslog_name".to_owned(), "postfix/filter".to_owned()));
    let parameters: Vec<(&str, String)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    service(&format!("sekisho unix - - n - {at_once} {program}"), &parameters)
}
