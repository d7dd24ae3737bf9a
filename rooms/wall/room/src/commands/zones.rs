//! `sekisho zones`: checks a site's file, compiles it, has the kernel take it,
//! and proves what the kernel does.

use std::path::PathBuf;
use std::time::Instant;

use ::zones::catalogue::catalogue;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wall_engine::{Open, Proof, Ruleset, beside, compile, cut_off, prove, used};

use super::{AllOpen, Exit, Lang, complain, cutoff, diff, read, told};
use crate::cutoff::local::zones_in;
use crate::kernel::{Kernel, KernelError};

/// What `sekisho zones` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// サイトのファイルを確かめる / check a site's file
    #[command(after_help = "例 / examples:
  sekisho zones check examples/midori-city/site.toml

終了コード / exit code: 0 正しい right, 2 誤りがある wrong")]
    Check(Of),
    /// 規則の文を出す(nftables)/ write the rules as an nft script
    #[command(after_help = "例 / examples:
  sekisho zones compile examples/midori-city/site.toml | nft -c -f -")]
    Compile(Of),
    /// カーネルに規則を入れる / have the kernel take the rules
    #[command(after_help = "例 / examples:
  sekisho zones apply site.toml --netns lab-gateway")]
    Apply(At),
    /// カーネルが承認した通信だけを通すことを証明する / prove what the kernel lets through
    #[command(after_help = "例 / examples:
  sekisho zones prove site.toml
  sekisho zones prove site.toml --ruleset saved.json --json

終了コード / exit code: 0 証明した proven, 1 違反がある violated, 3 検証できない規則がある something unproven")]
    Prove(ProveArguments),
    /// カーネルとサイトの違いを示す / show where kernel and site differ
    #[command(after_help = "例 / examples:
  sekisho zones diff site.toml --netns lab-gateway
  sekisho zones diff site.toml --ruleset saved.json --json

終了コード / exit code: 0 同じ same, 1 違う differs, 2 聞けない not to be asked")]
    Diff(ProveArguments),
    /// 通信ごとに、通ったパケットを数える / count what passed of each flow
    #[command(
        after_help = "いまの規則が入ってから数えたものです。規則が入れ直されると0から数えます。
Counted since the kernel took the rules; they begin at 0 when it takes them anew.

例 / examples:
  sekisho zones used site.toml --netns lab-gateway
  sekisho zones used site.toml --json"
    )]
    Used(ProveArguments),
    /// 領域を遮断する / cut a zone off
    #[command(
        after_help = "ゲートウェイの上でrootが実行すると、関所が止まっていても、すぐに遮断します。
As root on the gateway it cuts at once, also while the server is down.

例 / examples:
  sekisho zones cutoff lgwan --reason 端末の感染の疑い
  sekisho zones cutoff lgwan --site site.toml --netns lab-gateway
  sekisho zones cutoff lgwan --server https://sekisho.example.lg.jp --token-file token"
    )]
    Cutoff(cutoff::Arguments),
    /// 遮断した領域を復旧する / restore a zone
    #[command(after_help = "例 / examples:
  sekisho zones restore lgwan --reason 端末を調べ終えた")]
    Restore(cutoff::Arguments),
    /// サイトのファイルのJSONスキーマを出す / write the JSON Schema of a site's file
    Schema,
}

#[derive(Debug, Args)]
struct Of {
    /// サイトのファイル / the site's file
    #[arg(value_name = "SITE")]
    site: PathBuf,
    /// JSONで出す / as JSON
    #[arg(long)]
    json: bool,
    /// 文の言語 / language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
}

#[derive(Debug, Args)]
struct At {
    #[command(flatten)]
    of: Of,
    /// ネットワーク名前空間(省くとこの機械)/ a network namespace; this machine if left out
    #[arg(long, value_name = "NAME")]
    netns: Option<String>,
    /// いま遮断している領域(何度でも)/ a zone that is cut off now; any number of times
    #[arg(long, value_enum, value_name = "ZONE")]
    cut: Vec<cutoff::ZoneName>,
}

impl At {
    fn cut(&self) -> Vec<::zones::Zone> {
        self.cut.iter().map(|zone| zone.zone()).collect()
    }
}

#[derive(Debug, Args)]
struct ProveArguments {
    #[command(flatten)]
    at: At,
    /// 保存した nft -j list ruleset / a saved ruleset instead of a kernel
    #[arg(long, value_name = "FILE", conflicts_with = "netns")]
    ruleset: Option<PathBuf>,
}

impl Arguments {
    /// What a running server is asked to do, instead of the kernel here.
    #[must_use]
    pub fn asked_of_server(&self) -> Option<(cutoff::Verb, &cutoff::Arguments)> {
        let asked = match &self.verb {
            Verb::Cutoff(arguments) => (cutoff::Verb::Cut, arguments),
            Verb::Restore(arguments) => (cutoff::Verb::Restore, arguments),
            Verb::Check(_)
            | Verb::Compile(_)
            | Verb::Apply(_)
            | Verb::Prove(_)
            | Verb::Diff(_)
            | Verb::Used(_)
            | Verb::Schema => return None,
        };
        asked.1.server.is_some().then_some(asked)
    }
}

/// Runs the command.
#[must_use]
pub fn run(arguments: &Arguments) -> Exit {
    let done = match &arguments.verb {
        Verb::Check(of) => check(of),
        Verb::Compile(of) => written(of),
        Verb::Apply(at) => apply(at),
        Verb::Prove(arguments) => proved(&arguments.at, arguments.ruleset.as_ref()),
        Verb::Diff(arguments) => differs(arguments),
        Verb::Used(arguments) => counted(&arguments.at, arguments.ruleset.as_ref()),
        Verb::Cutoff(arguments) => cutoff::run(cutoff::Verb::Cut, arguments),
        Verb::Restore(arguments) => cutoff::run(cutoff::Verb::Restore, arguments),
        Verb::Schema => {
            print!("{}", ::zones::schema());
            Ok(Exit::Done)
        }
    };
    done.unwrap_or_else(|exit| exit)
}

fn check(of: &Of) -> Result<Exit, Exit> {
    let site = read(&of.site, of.json, of.lang)?;
    let waiting: Vec<&str> = (0..site.flows.len())
        .filter(|flow| !site.is_complete(*flow))
        .filter_map(|flow| site.flows.get(flow))
        .map(|flow| flow.name.as_str())
        .collect();
    let counts = (site.networks.len(), site.hosts.len(), site.flows.len());
    if of.json {
        let (networks, hosts, flows) = counts;
        println!(
            "{}",
            json!({
                "ok": true, "body": site.body, "model": site.model.name(), "networks": networks,
                "hosts": hosts, "relays": site.relays.len(), "flows": flows,
                "services": site.services.len(), "waiting": waiting,
                "duties": duties_json(site.model),
            })
        );
    } else {
        let (networks, hosts, flows) = counts;
        println!(
            "○ {}({}): {networks} networks, {hosts} hosts, {flows} flows, {} services",
            site.body,
            site.model.name(),
            site.services.len()
        );
        for name in waiting {
            let words = of.lang.pick(
                "リスク分析または確認項目がそろうまで開きません",
                "stays closed until its analysis and check list are complete",
            );
            println!("  {name}: {words}");
        }
        if !site.services.is_empty() && !site.services.iter().any(|one| one.stays_in_cutoff) {
            let words = of.lang.pick(
                "遮断のあいだに残るサービスがありません。遮断すると、復旧はゲートウェイの前で行うことになります",
                "no service stays in a cut-off: restoring then needs somebody at the gateway",
            );
            println!("! {words}");
        }
        for line in cutoff::duties(site.model, of.lang) {
            println!("{line}");
        }
    }
    Ok(Exit::Done)
}

fn duties_json(model: ::zones::site::Model) -> Vec<Value> {
    let all = catalogue();
    let duties = all.duties_of(model).into_iter();
    duties
        .map(|duty| {
            json!({
                "id": duty.id, "kind": duty.kind.name(), "ja": duty.words.ja, "en": duty.words.en,
                "source": duty.ground.source, "verified": duty.ground.is_verified,
            })
        })
        .collect()
}

fn written(of: &Of) -> Result<Exit, Exit> {
    let site = read(&of.site, of.json, of.lang)?;
    let script = compile(&site, AllOpen::of(&site).open());
    if of.json {
        println!("{}", json!({ "ok": true, "script": script }));
    } else {
        print!("{script}");
    }
    Ok(Exit::Done)
}

fn apply(at: &At) -> Result<Exit, Exit> {
    let of = &at.of;
    let site = read(&of.site, of.json, of.lang)?;
    let (open, kernel) = (AllOpen::of(&site), kernel(at));
    // What somebody cut off stays cut off until somebody restores it.
    let mut cut = at.cut();
    let held = kernel.ruleset().map_err(|why| refused(of, &why))?;
    cut.extend(zones_in(&held).unwrap_or_default());
    // The flows stay in our own table, so that restoring opens them again.
    let script = format!("{}{}", compile(&site, open.open()), cut_off(&site, &cut));
    kernel.check(&script).and_then(|()| kernel.apply(&script)).map_err(|why| refused(of, &why))?;
    if of.json {
        println!(
            "{}",
            json!({ "ok": true, "flows": open.flows.len(), "services": open.services.len() })
        );
    } else {
        let words = of.lang.pick("規則を入れました。通信の数", "the rules are in; flows");
        println!("○ {words}: {}", open.flows.len());
    }
    Ok(Exit::Done)
}

fn proved(at: &At, saved: Option<&PathBuf>) -> Result<Exit, Exit> {
    let of = &at.of;
    let site = read(&of.site, of.json, of.lang)?;
    let text = held(at, saved)?;
    // A file knows nothing of the machine that it comes from.
    let around = match saved {
        Some(_) => None,
        None => Some(kernel(at).around().map_err(|why| refused(of, &why))?),
    };
    let started = Instant::now();
    let ruleset = ruleset(of, &text)?;
    let (cut, all) = (at.cut(), AllOpen::of(&site));
    let open = Open { cut: &cut, ..all.open() };
    let mut proof = prove(&site, open, &ruleset);
    if let Some(around) = &around {
        proof.unproven.extend(beside(&site, open, around));
    }
    let elapsed = started.elapsed().as_millis();
    if of.json {
        println!("{}", told::proof_json(&proof, elapsed));
    } else {
        for line in told::proof(&proof, of.lang) {
            println!("{line}");
        }
    }
    Ok(ended(&proof))
}

/// What a packet filter holds: a kernel's, or one that somebody saved.
fn held(at: &At, saved: Option<&PathBuf>) -> Result<String, Exit> {
    let of = &at.of;
    match saved {
        Some(file) => std::fs::read_to_string(file).map_err(|why| {
            complain(of.json, &format!("{}: {why}", file.display()));
            Exit::Invalid
        }),
        None => kernel(at).ruleset().map_err(|why| refused(of, &why)),
    }
}

fn ruleset(of: &Of, text: &str) -> Result<Ruleset, Exit> {
    Ruleset::read(text).map_err(|why| {
        complain(of.json, &why.to_string());
        Exit::Invalid
    })
}

fn counted(at: &At, saved: Option<&PathBuf>) -> Result<Exit, Exit> {
    let of = &at.of;
    let site = read(&of.site, of.json, of.lang)?;
    let counted = used(&ruleset(of, &held(at, saved)?)?);
    let flows = site.flows.iter().map(|flow| (flow.name.as_str(), counted.get(&flow.name)));
    if of.json {
        println!("{}", told::used_json(flows));
    } else {
        told::used(flows, of.lang).iter().for_each(|line| println!("{line}"));
    }
    Ok(Exit::Done)
}

fn differs(arguments: &ProveArguments) -> Result<Exit, Exit> {
    let of = &arguments.at.of;
    let site = read(&of.site, of.json, of.lang)?;
    let (kernel, cut) = (kernel(&arguments.at), arguments.at.cut());
    let saved = arguments.ruleset.as_ref();
    let asked = diff::Asked { kernel: &kernel, saved, cut: &cut, as_json: of.json, lang: of.lang };
    diff::run(&site, &asked)
}

fn ended(proof: &Proof) -> Exit {
    match (proof.violations.is_empty(), proof.unproven.is_empty()) {
        (false, _) => Exit::Violated,
        (true, false) => Exit::Unproven,
        (true, true) => Exit::Done,
    }
}

fn kernel(at: &At) -> Kernel {
    at.netns.clone().map_or_else(Kernel::here, Kernel::in_namespace)
}

fn refused(of: &Of, why: &KernelError) -> Exit {
    let words = of.lang.pick(
        "カーネルに聞けないか、断られました。規則は前のままです",
        "the kernel refused or could not be asked; its rules are as they were",
    );
    complain(of.json, &format!("{words}: {why}"));
    Exit::Violated
}
