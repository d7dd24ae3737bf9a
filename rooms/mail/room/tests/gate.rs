//! The gate from arrival to hand-over, on each kind of database, with real cages
//! and a Postfix that can be killed at every step. Its own harness: the cages
//! are this very program, started by its hidden commands.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "gate/cases.rs"]
mod cases;
#[path = "gate/leaving.rs"]
mod leaving;
#[path = "gate/leaving_people.rs"]
mod leaving_people;
#[path = "gate/locked.rs"]
mod locked;
#[path = "gate/people.rs"]
mod people;
#[path = "gate/town.rs"]
mod town;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Cage(sanitize_room::CageArguments),
    MailCage(mail_room::CageArguments),
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == "cage" || word == "mail-cage") {
        match Cli::parse_from(&words).command {
            Command::Cage(arguments) => sanitize_room::serve_cage(arguments).unwrap(),
            Command::MailCage(arguments) => mail_room::serve_cage(&arguments).unwrap(),
        }
        return;
    }
    let wanted: Vec<&String> = words.iter().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut count = 0;
    for (name, run) in cases::ALL
        .iter()
        .chain(locked::ALL)
        .chain(leaving::ALL)
        .chain(leaving_people::ALL)
        .chain(people::ALL)
    {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            let start = std::time::Instant::now();
            runtime.block_on(async {
                for town in town::towns().await {
                    run(town).await;
                }
            });
            println!("case {name} ok in {:?}", start.elapsed());
            count += 1;
        }
    }
    println!("{count} cases passed");
}
