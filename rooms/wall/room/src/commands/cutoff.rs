//! `sekisho zones cutoff` and `restore` at the gateway itself: the kernel takes
//! it at once, whatever becomes of the server and its database, and a note is
//! left that the server writes into its ledger.

use std::path::{Path, PathBuf};

use ::zones::Zone;
use ::zones::catalogue::catalogue;
use base::SystemClock;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Exit, Lang, complain, read};
use crate::cutoff::local::{Done, Local, LocalError, operator};
use crate::cutoff::note;
use crate::kernel::Kernel;

/// Where a site's file is looked for if none is named.
const SITES: [&str; 2] = ["site.toml", "/etc/sekisho/site.toml"];

/// A zone on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ZoneName {
    /// インターネット接続系
    Internet,
    /// LGWAN接続系
    Lgwan,
    /// マイナンバー利用事務系
    Mynumber,
}

impl ZoneName {
    /// The zone.
    #[must_use]
    pub const fn zone(self) -> Zone {
        match self {
            Self::Internet => Zone::Internet,
            Self::Lgwan => Zone::Lgwan,
            Self::Mynumber => Zone::MyNumber,
        }
    }
}

/// What `cutoff` and `restore` take.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 領域 / the zone
    #[arg(value_enum, value_name = "ZONE")]
    pub zone: ZoneName,
    /// 理由。記録に残る / why; it stands in the record
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "緊急時対応計画による / by the emergency plan"
    )]
    pub reason: String,
    /// サイトのファイル(省くと site.toml、次に /etc/sekisho/site.toml)/ the site's file
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// ネットワーク名前空間(省くとこの機械)/ a network namespace; this machine if left out
    #[arg(long, value_name = "NAME")]
    pub netns: Option<String>,
    /// 動いている関所に申し込む(ゲートウェイの外から)/ ask a running server instead
    #[arg(long, value_name = "URL", conflicts_with_all = ["netns", "site"])]
    pub server: Option<String>,
    /// トークンのファイル / file with the token for that
    #[arg(long, value_name = "FILE", requires = "server")]
    pub token_file: Option<PathBuf>,
    /// 関所の認証局の証明書(PEM)/ the authority that made the server's certificate
    #[arg(long, value_name = "FILE", requires = "server")]
    pub ca: Option<PathBuf>,
    /// JSONで出す / as JSON
    #[arg(long)]
    pub json: bool,
    /// 文の言語 / language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    pub lang: Lang,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Cut off.
    Cut,
    /// Restore.
    Restore,
}

/// Does it here, at the gateway.
pub(super) fn run(verb: Verb, arguments: &Arguments) -> Result<Exit, Exit> {
    let file = site_file(arguments)?;
    let site = read(&file, arguments.json, arguments.lang)?;
    let kernel = arguments.netns.clone().map_or_else(Kernel::here, Kernel::in_namespace);
    let (notes, clock) = (note::folder(&file), SystemClock::default());
    let local = Local {
        site: &site,
        kernel: &kernel,
        notes: &notes,
        clock: &clock,
        operator: operator(),
        reason: arguments.reason.clone(),
    };
    let zone = arguments.zone.zone();
    let done = match verb {
        Verb::Cut => local.cut(zone),
        Verb::Restore => local.restore(zone),
    };
    let done = done.map_err(|why| failed(arguments, verb, &why))?;
    tell(arguments, verb, &done, &notes);
    Ok(Exit::Done)
}

fn site_file(arguments: &Arguments) -> Result<PathBuf, Exit> {
    let known = || SITES.map(PathBuf::from).into_iter().find(|file| file.exists());
    arguments.site.clone().or_else(known).ok_or_else(|| {
        complain(
            arguments.json,
            arguments.lang.pick(
                "サイトのファイルがありません。何も変えていません。--site で指定してください",
                "there is no site's file; nothing was changed; name it with --site",
            ),
        );
        Exit::Invalid
    })
}

fn failed(arguments: &Arguments, verb: Verb, why: &LocalError) -> Exit {
    let lang = arguments.lang;
    let words = match (verb, why) {
        (_, LocalError::NotCut) => lang.pick(
            "この領域は遮断されていません。何も変えていません",
            "the zone is not cut off; nothing was changed",
        ),
        (_, LocalError::Note { .. }) => lang.pick(
            "記録を残せないので復旧しませんでした。遮断は続いています。保存先を直してください",
            "without a note nothing is restored; the zone is still cut off; mend the folder",
        ),
        (Verb::Cut, LocalError::Kernel(_) | LocalError::Unreadable) => lang.pick(
            "遮断できませんでした。規則は前のままです。rootで実行するか、ケーブルを抜いてください",
            "it was not cut off; the rules are as they were; run it as root, or pull the cable",
        ),
        (Verb::Restore, LocalError::Kernel(_) | LocalError::Unreadable) => lang.pick(
            "復旧できませんでした。遮断は続いています。rootで実行してください",
            "it was not restored; the zone is still cut off; run it as root",
        ),
    };
    complain(arguments.json, &format!("{words}: {why}"));
    Exit::Violated
}

fn tell(arguments: &Arguments, verb: Verb, done: &Done, notes: &Path) {
    let (lang, zone) = (arguments.lang, arguments.zone.zone());
    let millis = u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX);
    let cut: Vec<&str> = done.cut.iter().map(|zone| zone.name()).collect();
    if arguments.json {
        let note = done.note.as_ref().ok().map(|file| file.display().to_string());
        println!(
            "{}",
            json!({
                "ok": true, "zone": zone.name(), "cut": cut, "elapsed_ms": millis, "note": note,
            })
        );
    } else {
        let words = match verb {
            Verb::Cut => lang.pick("遮断しました", "cut off"),
            Verb::Restore => lang.pick("復旧しました", "restored"),
        };
        println!("○ {words}: {} ({millis} ms)", zone.name());
        if !cut.is_empty() {
            println!("  {}: {}", lang.pick("遮断中", "cut off now"), cut.join(", "));
        }
        println!("  {}", next(verb, lang));
    }
    if let Err(why) = &done.note {
        let words = lang.pick(
            "記録を残せませんでした。日時、領域、理由、担当者を紙に書き、関所が動いたら報告してください",
            "no note was left: write down when, which zone, why and who, and report it when the server is back",
        );
        eprintln!("! {words}: {} ({why})", notes.display());
    }
}

/// What is to be done next.
fn next(verb: Verb, lang: Lang) -> &'static str {
    match verb {
        Verb::Cut => lang.pick(
            "この領域との通信は、始まっているものも切れました。24時間以内に報告してください。復旧は sekisho zones restore です",
            "nothing passes to or from it, nor what had begun; report it within 24 hours; sekisho zones restore brings it back",
        ),
        Verb::Restore => lang.pick(
            "許可が続いている通信だけが開きました。関所が遮断していた場合は、関所が動いてから開きます",
            "only flows whose permits last are open; what the server had cut opens when it is back",
        ),
    }
}

/// The duties of a model, for `check`.
pub(super) fn duties(model: ::zones::site::Model, lang: Lang) -> Vec<String> {
    let all = catalogue();
    let mut lines = Vec::new();
    if let Some(placed) = all.placed(model) {
        let name = lang.pick(&placed.name.ja, &placed.name.en);
        let place = lang.pick(&placed.place.ja, &placed.place.en);
        lines.push(format!("{name}: {place}{}", unverified(placed.ground.is_verified, lang)));
    }
    for duty in all.duties_of(model) {
        let words = lang.pick(&duty.words.ja, &duty.words.en);
        let source = all.source(&duty.ground.source);
        let source = source.map(|one| lang.pick(&one.words.ja, &one.words.en)).unwrap_or_default();
        let mark = unverified(duty.ground.is_verified, lang);
        lines.push(format!("  ・{words}{mark}\n      {}: {source}", lang.pick("出典", "source")));
    }
    lines
}

fn unverified(is_verified: bool, lang: Lang) -> &'static str {
    if is_verified { "" } else { lang.pick(" 【未確認】", " [not verified]") }
}
