//! The `sekisho` program: reads the command line and calls the rooms. Knows
//! every room and is known by none.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sanitize_room::commands::{Exit, disarm, doctor, inspect};

/// 関所: what crosses between a local government's networks is made harmless.
#[derive(Parser)]
#[command(name = "sekisho", version, about, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// ファイルを無害化する / make files harmless
    Disarm(disarm::Arguments),
    /// ファイルの中身を調べる(変更しない) / say what is in files
    Inspect(inspect::Arguments),
    /// この機械で使えるものを調べる / say what this machine offers
    Doctor(doctor::Arguments),
    /// What a caged worker runs as.
    #[command(hide = true)]
    Cage(sanitize_room::CageArguments),
}

fn main() -> ExitCode {
    let exit = match CommandLine::parse().command {
        Command::Disarm(arguments) => disarm::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Cage(arguments) => match sanitize_room::serve_cage(arguments) {
            Ok(()) => Exit::Done,
            Err(error) => {
                eprintln!("{error}");
                Exit::Failed
            }
        },
    };
    ExitCode::from(exit.code())
}
