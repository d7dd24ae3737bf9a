//! The `sekisho` program: reads the command line and calls the rooms. Knows
//! every room and is known by none.

mod commands;
mod config;
mod demo;
mod doorstep;
mod exit;
mod folder;
mod halves;
mod house;
mod icap;
mod inner;
mod ledger;
mod machine;
mod mails;
mod outside;
mod place;
mod post;
mod remote;
#[cfg(test)]
mod rounds;
mod sealed;
mod serve;
mod tables;
mod tls;
mod whole;
mod wiring;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sanitize_room::commands::{disarm, inspect};
use transfer_room::commands::pii;

use crate::commands::{
    backup, config as configuration, doctor, inbox, order, outer, records, send, up,
};
use crate::exit::Exit;

/// 関所: what crosses between a local government's networks is made harmless.
#[derive(Parser)]
#[command(name = "sekisho", version, about, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 関所を開く(画面とAPI)/ open the checkpoint: console and interface
    Up(up::Arguments),
    /// 外側の受付を開く・登録する / open the outer half of a gate, or enrol it
    Outer(outer::Arguments),
    /// 見本の町の利用者と今のコードを示す / a demo's accounts, with codes of this moment
    Demo(commands::demo::Arguments),
    /// ファイルを無害化する / make files harmless
    Disarm(disarm::Arguments),
    /// ファイルの中身を調べる(変更しない) / say what is in files
    Inspect(inspect::Arguments),
    /// メールの中身と注意点を示す・無害化する / say what is in a mail, or make it harmless
    Mail(commands::mail::Arguments),
    /// ファイルに含まれる個人情報を数える / count the people that files speak of
    Pii(pii::Arguments),
    /// ファイルを送る / send files to a Sekisho
    Send(send::Arguments),
    /// 受信箱を見る・受け取る / see what lies in an inbox, and fetch it
    Inbox(inbox::Arguments),
    /// 領域間の通信を確かめ、カーネルに入れ、証明する / flows between zones: check, apply, prove
    Zones(wall_room::commands::zones::Arguments),
    /// 名前空間の実験場 / a lab of network namespaces
    Lab(wall_room::commands::lab::Arguments),
    /// 記録簿を確かめる・書き出す / prove the ledger, or write it out
    Records(records::Arguments),
    /// すべてを1つのファイルに控える / write everything into one file
    Backup(backup::BackupArguments),
    /// 控えから戻す / bring a backup back
    Restore(backup::RestoreArguments),
    /// 設定ファイルを確かめる / check the configuration
    Config(configuration::Arguments),
    /// この機械で使えるものを調べる / say what this machine offers
    Doctor(doctor::Arguments),
    /// What a caged worker runs as.
    #[command(hide = true)]
    Cage(sanitize_room::CageArguments),
    /// What a caged reader of mails runs as.
    #[command(hide = true)]
    MailCage(mail_room::CageArguments),
}

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    // Whatever speaks to a server, a database or a caged worker meets broken
    // connections too: those are to be told or mended, and must not end it.
    let only_writes = matches!(command, Command::Config(_) | Command::Demo(_) | Command::Zones(_));
    if only_writes {
        platform::end_with_reader();
    }
    let exit = match command {
        Command::Disarm(arguments) => disarm::run(&arguments).into(),
        Command::Inspect(arguments) => inspect::run(&arguments).into(),
        Command::Mail(arguments) => commands::mail::run(&arguments),
        Command::Pii(arguments) => pii::run(&arguments).into(),
        Command::Cage(arguments) => match sanitize_room::serve_cage(arguments) {
            Ok(()) => Exit::Done,
            Err(error) => {
                eprintln!("{error}");
                Exit::Failed
            }
        },
        Command::MailCage(arguments) => match mail_room::serve_cage(&arguments) {
            Ok(()) => Exit::Done,
            Err(error) => {
                eprintln!("{error}");
                Exit::Failed
            }
        },
        Command::Demo(arguments) => wait(async { commands::demo::run(&arguments) }),
        Command::Config(arguments) => configuration::run(&arguments),
        Command::Up(arguments) => wait(up::run(&arguments)),
        Command::Outer(arguments) => wait(outer::run(arguments)),
        Command::Send(arguments) => wait(async { Ok(send::run(&arguments).await) }),
        Command::Inbox(arguments) => wait(async { Ok(inbox::run(&arguments).await) }),
        Command::Zones(arguments) => match arguments.asked_of_server() {
            Some((verb, asked)) => wait(async { Ok(order::run(verb, asked).await) }),
            None => wall_room::commands::zones::run(&arguments).into(),
        },
        Command::Lab(arguments) => wall_room::commands::lab::run(&arguments).into(),
        Command::Records(arguments) => wait(records::run(&arguments)),
        Command::Backup(arguments) => wait(backup::backup(&arguments)),
        Command::Restore(arguments) => wait(backup::restore(&arguments)),
        Command::Doctor(arguments) => wait(async { Ok(doctor::run(&arguments).await) }),
    };
    exit.into()
}

/// Runs what waits for disks and networks; tells why it failed.
fn wait(task: impl Future<Output = anyhow::Result<Exit>>) -> Exit {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(task));
    ended.unwrap_or_else(|error| {
        eprintln!("× {error:#}");
        Exit::Failed
    })
}
