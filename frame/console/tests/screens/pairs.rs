//! What a page changes, the interface changes too. A page that is added without
//! its operation fails here until it is written down, or says why it has none.

use std::collections::BTreeSet;

use console::Verb;

use crate::town::towns;

/// Pages that change something or let data out, each with what does the same.
const PAIRS: &[(&str, &[&str])] = &[
    ("POST /alerts/{alert}/seen", &["POST /api/v1/alerts/{alert}/seen"]),
    ("POST /sign-in", &["POST /api/v1/sessions"]),
    ("POST /sign-in/second", &["POST /api/v1/sessions"]),
    ("POST /sign-out", &["DELETE /api/v1/sessions/current"]),
    ("POST /set-up", &["POST /api/v1/set-up"]),
    ("POST /enrol", &["POST /api/v1/enrolments"]),
    ("POST /enrol/factors", &["POST /api/v1/enrolments/factors"]),
    ("POST /permits/new/{kind}", &["POST /api/v1/permits"]),
    ("POST /permits/{permit}/edit", &["PUT /api/v1/permits/{permit}"]),
    ("POST /permits/{permit}/apply", &["POST /api/v1/permits/{permit}/apply"]),
    ("POST /permits/{permit}/withdraw", &["POST /api/v1/permits/{permit}/withdraw"]),
    (
        "POST /permits/{permit}/approve",
        &["POST /api/v1/permits/{permit}/approve", "POST /api/v1/permits/{permit}/refuse"],
    ),
    (
        "POST /permits/{permit}/confirm",
        &["POST /api/v1/permits/{permit}/confirm", "POST /api/v1/permits/{permit}/refuse"],
    ),
    ("POST /permits/{permit}/end", &["POST /api/v1/permits/{permit}/end"]),
    ("POST /permits/{permit}/revoke", &["POST /api/v1/permits/{permit}/revoke"]),
    ("POST /permits/{permit}/close", &["POST /api/v1/permits/{permit}/close"]),
    ("POST /permits/{permit}/issue", &["POST /api/v1/permits/{permit}/issue"]),
    ("POST /people/new", &["POST /api/v1/people"]),
    ("POST /people/file", &["POST /api/v1/joiners/plans"]),
    ("POST /people/file/apply", &["POST /api/v1/joiners"]),
    ("POST /people/{person}/edit", &["PUT /api/v1/people/{person}"]),
    ("POST /people/{person}/leave", &["POST /api/v1/people/{person}/leave"]),
    ("POST /people/{person}/code", &["POST /api/v1/people/{person}/code"]),
    ("POST /people/{person}/sessions/end", &["POST /api/v1/people/{person}/sessions/end"]),
    ("POST /people/{person}/roles", &["POST /api/v1/people/{person}/roles"]),
    (
        "POST /people/{person}/roles/{assignment}/withdraw",
        &["DELETE /api/v1/people/{person}/roles/{assignment}"],
    ),
    ("POST /people/{person}/posts", &["POST /api/v1/people/{person}/posts"]),
    ("POST /sections", &["POST /api/v1/sections"]),
    ("POST /sections/{section}", &["PUT /api/v1/sections/{section}"]),
    ("POST /sections/{section}/close", &["POST /api/v1/sections/{section}/close"]),
    ("POST /bodies", &["POST /api/v1/bodies"]),
    ("POST /ledger/verify", &["POST /api/v1/ledger/verifications"]),
    ("POST /ledger/export", &["POST /api/v1/ledger/exports"]),
    ("POST /system/jobs/{job}/retry", &["POST /api/v1/system/jobs/{job}/retry"]),
    ("POST /system/clock", &["POST /api/v1/system/clock/accept"]),
    ("POST /me/proof", &["POST /api/v1/sessions/current/proofs"]),
    ("POST /me/password", &["POST /api/v1/me/password"]),
    ("POST /me/totp", &["POST /api/v1/me/totp"]),
    ("POST /me/passkey", &["POST /api/v1/me/passkeys"]),
    ("POST /me/certificate", &["POST /api/v1/me/certificates"]),
    ("POST /me/factors/{factor}/remove", &["DELETE /api/v1/me/factors/{factor}"]),
    ("POST /me/sessions/{session}/end", &["POST /api/v1/me/sessions/{session}/end"]),
    ("POST /me/sessions/end", &["POST /api/v1/me/sessions/end"]),
    // These are read, and let data out as a file where the query says so.
    ("GET /people", &["POST /api/v1/people/tables"]),
    ("GET /ledger", &["POST /api/v1/ledger/tables"]),
    // This offers a secret that the next step takes.
    ("GET /me/add", &["POST /api/v1/me/factor-offers"]),
];

/// Pages that only a browser can do anything with, and why.
const ALONE: &[(&str, &str)] = &[
    ("POST /sign-in/provider", "another identity provider signs people in through their browser"),
    ("POST /enrol/provider", "another identity provider signs people in through their browser"),
    ("POST /me/provider", "another identity provider signs people in through their browser"),
    ("POST /me/provider/confirm", "the second half of a way that leads through the browser"),
    ("POST /me/mail", "only whoever reads the mailbox can prove it, and that is a person"),
    ("POST /me/mail/confirm", "the second half of proving a mailbox"),
    ("POST /me/mail/remove", "its owner entered it on this page"),
];

#[tokio::test]
async fn every_page_that_changes_something_has_its_operation() {
    let town = towns().await.swap_remove(0);
    let name = |verb: Verb, path: &str| format!("{} {path}", verb.name());
    let (calls, pages): (Vec<_>, Vec<_>) =
        town.console.routes().list().iter().partition(|route| route.is_interface());
    let calls: BTreeSet<String> = calls.iter().map(|call| name(call.verb, call.path)).collect();
    for page in &pages {
        let own = name(page.verb, page.path);
        let is_known = PAIRS.iter().any(|(page, _)| *page == own)
            || ALONE.iter().any(|(page, _)| *page == own);
        assert!(page.verb.is_safe() || is_known, "{own} has no operation of the interface");
    }
    for (page, own) in PAIRS {
        assert!(pages.iter().any(|known| name(known.verb, known.path) == *page), "{page} is gone");
        assert!(!own.is_empty(), "{page}");
        for call in *own {
            assert!(calls.contains(*call), "{page} has {call}, which is not there");
        }
    }
    for (page, reason) in ALONE {
        assert!(pages.iter().any(|known| name(known.verb, known.path) == *page), "{page} is gone");
        assert!(reason.len() > 20, "{page} says why");
    }
}
