//! The benches: `corpus` runs the sanitiser over real files and has outside
//! checkers look at the result; `peers` runs it beside other tools; `ledger`
//! verifies a million entries; `pii` counts people in made documents and real
//! files; `pages` asks every page of a town at size; `transfer` sends files
//! through a town end to end; `wall` proves packet filters; `spam` judges a
//! public corpus beside rspamd; `mail` sends through Postfix alone and through
//! our pair. Reports are Markdown in `target/bench`.

mod corpus;
mod icap;
mod ledger;
mod mail;
mod oracle;
mod pages;
mod peers;
mod people;
mod place;
mod spam;
mod transfer;
mod wall;
mod worker;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", &[][..]), |(c, r)| (c.as_str(), r));
    match command {
        "corpus" => corpus::run(rest),
        "peers" => peers::run(rest),
        "ledger" => ledger::run(rest),
        "pii" => people::run(rest),
        "icap" => icap::run(),
        "pages" => pages::run(rest),
        "transfer" => transfer::run(rest),
        "wall" => wall::run(),
        "spam" => spam::run(rest),
        "mail" => mail::run(rest),
        // Started by this program itself, one a batch.
        "worker" => worker::serve(rest),
        _ => bail!(
            "usage: bench corpus [--only WORD] [--no-office-looks] | bench peers | bench ledger [ENTRIES] | bench pii [--documents N] [--seed N] [--misses] | bench icap | bench pages [--small] | bench transfer [--small] [--files FOLDER] | bench wall | bench spam [--folder DIR] [--alone] [--tune] | bench mail [MAILS]"
        ),
    }
}
