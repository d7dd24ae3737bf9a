//! main.cf: what holds for the whole instance. Parameters that are opened again
//! for one service stand in master.cf beside it.

use crate::setting::{Next, Onward, PolicyDown, Setting, Side};

use super::maps::{filter, next_hop};
use super::write::Parameters;
use super::{bodies, table};

pub(super) fn text(setting: &Setting) -> String {
    let side = match setting.side {
        Side::Outside => "The instance towards the internet.",
        Side::Inside => "The instance towards the bodies.",
    };
    let mut out = Parameters::new(side);
    places(&mut out, setting);
    routes(&mut out, setting);
    gate(&mut out, setting);
    strictness(&mut out);
    limits(&mut out, setting);
    cover(&mut out, setting);
    queue(&mut out, setting);
    out.into_text()
}

fn places(out: &mut Parameters, setting: &Setting) {
    let home = &setting.home;
    out.set("compatibility_level", "3.6");
    out.set("queue_directory", format!("{home}/queue"));
    out.set("data_directory", format!("{home}/data"));
    out.set("maillog_file", format!("{home}/log/mail.log"));
    out.set("maillog_file_prefixes", format!("{home}/log"));
    // Our reader wants them as they are; old ones are taken away by us.
    out.set("maillog_file_compressor", "true");
    out.set("myhostname", setting.name.as_str());
    out.set("mydomain", setting.name.as_str());
    // Whom `postmaster` without a domain means.
    let first = bodies(setting).first().and_then(|body| body.domains.first());
    out.set("myorigin", first.unwrap_or(&setting.name).as_str());
    out.set("inet_interfaces", "all");
    out.set("inet_protocols", "all");
    out.set("mail_name", "ESMTP");
    out.set("smtpd_banner", format!("{} ESMTP", setting.name));
}

fn routes(out: &mut Parameters, setting: &Setting) {
    // Every way in is filtered; the way back alone, in master.cf, is not.
    out.set("content_filter", filter(setting));
    out.set("transport_maps", table(setting, "texthash", "transport"));
    out.set("relay_domains", table(setting, "texthash", "relay_domains"));
    out.set("relay_recipient_maps", "");
    // A body's domain is not also everything below it.
    out.set("parent_domain_matches_subdomains", "");
    out.set("authorized_submit_users", "root");
    match (setting.side, &setting.onward) {
        (Side::Inside, _) => out.set("default_transport", filter(setting)),
        (Side::Outside, Onward::World) => out.set("default_transport", "smtp"),
        (Side::Outside, Onward::Relay { host, port, .. }) => {
            out.set("default_transport", format!("smtp:{}", next_hop(host, *port)));
        }
    }
    // Nothing ends here but in a Maildir that a body asked for.
    out.set("mydestination", "");
    out.set("local_transport", "error:5.1.1 no mailboxes here");
    out.set("local_recipient_maps", table(setting, "texthash", "nobody"));
    out.set("alias_maps", "");
    out.set("alias_database", "");
    out.set("virtual_alias_maps", "");
    out.set("virtual_alias_domains", "");
    out.set("virtual_mailbox_domains", table(setting, "texthash", "box_domains"));
    out.set("virtual_mailbox_maps", table(setting, "texthash", "boxes"));
    out.set("virtual_mailbox_limit", "0");
    let kept = bodies(setting).into_iter().find_map(|body| match &body.next {
        Next::Maildir { folder, user, group } => Some((folder, *user, *group)),
        Next::Server { .. } => None,
    });
    if let Some((folder, user, group)) = kept {
        out.set("virtual_mailbox_base", folder.as_str());
        out.set("virtual_uid_maps", format!("static:{user}"));
        out.set("virtual_gid_maps", format!("static:{group}"));
        out.set("virtual_minimum_uid", "1");
    }
}

/// Who may bring what. Policy answers can refuse and never allow.
fn gate(out: &mut Parameters, setting: &Setting) {
    let asks = format!("check_policy_service unix:{}/sockets/policy", setting.home);
    let policy: &[&str] = if setting.policy.is_some() { &[&asks] } else { &[] };
    let senders = table(setting, "cidr", "senders");
    let check_sender = format!("check_client_access {senders}");
    match setting.side {
        Side::Outside => {
            out.set("mynetworks", "127.0.0.1/32");
            out.set("smtpd_relay_restrictions", "reject_unauth_destination");
            out.list("smtpd_sender_restrictions", &["reject_non_fqdn_sender"]);
            out.list(
                "smtpd_recipient_restrictions",
                &[&["reject_non_fqdn_recipient", "reject_unauth_destination"], policy].concat(),
            );
        }
        Side::Inside => {
            let networks: Vec<String> = bodies(setting)
                .iter()
                .flat_map(|body| body.senders.iter().map(ToString::to_string))
                .map(|network| bracketed(&network))
                .collect();
            out.set("mynetworks", networks.join(", "));
            out.set("smtpd_relay_restrictions", "permit_mynetworks, reject");
            out.list(
                "smtpd_sender_restrictions",
                &["reject_non_fqdn_sender", &check_sender, "reject"],
            );
            out.list(
                "smtpd_recipient_restrictions",
                &[&["reject_non_fqdn_recipient"], policy, &["permit_mynetworks", "reject"]]
                    .concat(),
            );
            let classes: Vec<String> =
                (0..setting.bodies.len()).map(|index| format!("body_{index}")).collect();
            out.set("smtpd_restriction_classes", classes.join(", "));
            for class in &classes {
                let index = class.trim_start_matches("body_");
                let map = table(setting, "texthash", &format!("senders_{index}"));
                out.set(class, format!("check_sender_access {map}, reject"));
            }
        }
    }
    out.set("smtpd_end_of_data_restrictions", policy.join(", "));
    out.set(
        "smtpd_policy_service_default_action",
        match setting.policy {
            Some(PolicyDown::Take) => "DUNNO",
            Some(PolicyDown::Wait) | None => "451 4.3.5 come again later",
        },
    );
    out.set("smtpd_policy_service_timeout", "20s");
    out.set("smtpd_policy_service_max_idle", "300s");
    // A client waits for as long as a restart of ours takes.
    out.set("smtpd_policy_service_try_limit", "11");
    out.set("smtpd_policy_service_retry_delay", "1s");
}

/// Networks of IPv6 stand in brackets in `mynetworks`.
fn bracketed(network: &str) -> String {
    match network.split_once('/') {
        Some((address, bits)) if address.contains(':') => format!("[{address}]/{bits}"),
        Some(_) | None => network.to_owned(),
    }
}

/// What leaves no room for two readings of one session.
fn strictness(out: &mut Parameters) {
    for name in [
        "strict_rfc821_envelopes",
        "disable_vrfy_command",
        "smtpd_helo_required",
        "smtpd_delay_reject",
        "smtpd_forbid_unauth_pipelining",
        "cleanup_replace_stray_cr_lf",
    ] {
        out.set(name, "yes");
    }
    // Who ends lines with a bare line feed is refused, at every door.
    out.set("smtpd_forbid_bare_newline", "reject");
    out.set("smtpd_forbid_bare_newline_exclusions", "");
    out.list("smtpd_helo_restrictions", &["reject_invalid_helo_hostname"]);
    out.list(
        "smtpd_data_restrictions",
        &["reject_unauth_pipelining", "reject_multi_recipient_bounce"],
    );
    out.list("smtpd_discard_ehlo_keywords", &["chunking", "etrn", "dsn", "silent-discard"]);
    for name in ["allow_percent_hack", "swap_bangpath", "append_dot_mydomain", "soft_bounce"] {
        out.set(name, "no");
    }
    out.set("recipient_delimiter", "");
    out.set("local_header_rewrite_clients", "");
    out.set("remote_header_rewrite_domain", "");
    out.set("show_user_unknown_table_name", "no");
    out.set("smtpd_reject_footer", "");
    out.set("biff", "no");
    out.set("smtpd_etrn_restrictions", "reject");
    out.set("fast_flush_domains", "");
    out.set("smtpd_sasl_auth_enable", "no");
    out.set("smtpd_authorized_xclient_hosts", "");
    out.set("smtpd_authorized_xforward_hosts", "");
}

fn limits(out: &mut Parameters, setting: &Setting) {
    let limits = &setting.limits;
    let grown = setting.bytes_max() / 100 * u64::from(limits.grown_percent.max(100));
    out.number("message_size_limit", grown.max(1));
    out.number("queue_minfree", grown.saturating_mul(2).max(1));
    out.number("smtpd_recipient_limit", limits.receivers_max);
    out.number("header_size_limit", limits.header_bytes_max);
    out.set("line_length_limit", "2048");
    out.number("default_process_limit", limits.processes_max);
    out.number("smtpd_client_connection_count_limit", limits.connections_per_client_max);
    out.number("smtpd_client_message_rate_limit", limits.mails_per_minute_max);
    out.set("anvil_rate_time_unit", "60s");
    out.set("smtpd_client_event_limit_exceptions", "");
    out.set("smtpd_soft_error_limit", "5");
    out.set("smtpd_hard_error_limit", "15");
    out.set("smtpd_junk_command_limit", "50");
    out.set("smtpd_timeout", "120s");
    // A client that trickles cannot hold a server by it.
    out.set("smtpd_per_request_deadline", "yes");
    out.set("smtpd_min_data_rate", "500");
    // A process that was killed before its first mail is not missed for a minute.
    out.set("service_throttle_time", "10s");
    // What we hand over is bounded by us; a pause in it only makes a second queue.
    out.set("in_flow_delay", "0s");
}

fn cover(out: &mut Parameters, setting: &Setting) {
    match &setting.certificate {
        Some(certificate) => {
            out.set("smtpd_tls_security_level", "may");
            out.set("smtpd_tls_chain_files", certificate.chain.as_str());
        }
        None => out.set("smtpd_tls_security_level", "none"),
    }
    out.set("smtpd_tls_received_header", "yes");
    out.set("smtpd_tls_loglevel", "0");
    out.set("smtp_tls_security_level", "may");
    out.set("smtp_tls_policy_maps", table(setting, "texthash", "tls_policy"));
    out.set("smtp_tls_CAfile", "/etc/ssl/certs/ca-certificates.crt");
    for name in [
        "smtpd_tls_protocols",
        "smtpd_tls_mandatory_protocols",
        "smtp_tls_protocols",
        "smtp_tls_mandatory_protocols",
    ] {
        out.set(name, ">=TLSv1.2");
    }
    out.set("tls_preempt_cipherlist", "yes");
}

fn queue(out: &mut Parameters, setting: &Setting) {
    let limits = &setting.limits;
    out.set("enable_long_queue_ids", "yes");
    out.set("queue_run_delay", format!("{}s", limits.retry_seconds.max(1)));
    out.set("minimal_backoff_time", format!("{}s", limits.retry_seconds.max(1)));
    out.set("maximal_backoff_time", format!("{}s", limits.retry_seconds.max(1).saturating_mul(15)));
    out.set("maximal_queue_lifetime", format!("{}d", limits.queue_days_max.max(1)));
    out.set("bounce_queue_lifetime", "1d");
    out.set("delay_warning_time", "0h");
    out.set("bounce_size_limit", "20000");
    out.set("notify_classes", "");
    out.set("internal_mail_filter_classes", "");
    // A filter that was away is asked again at once.
    out.set("sekisho_destination_concurrency_failed_cohort_limit", "0");
    out.set("sekisho_destination_recipient_limit", "100");
    out.set(
        "sekisho_destination_concurrency_limit",
        limits.filtered_at_once_max.max(1).to_string(),
    );
    out.set(
        "sekisho_initial_destination_concurrency",
        limits.filtered_at_once_max.max(1).to_string(),
    );
}
