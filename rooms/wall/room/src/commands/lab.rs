//! `sekisho lab`: builds a site in network namespaces and tries it.

mod guard;

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::json;
use wall_engine::compile;

use super::{AllOpen, Exit, Lang, complain, read};
use crate::lab::{Lab, LabError, probe};

/// What `sekisho lab` takes.
#[derive(Debug, Args)]
#[command(after_help = "例 / examples (root):
  sekisho lab up examples/midori-city/site.toml
  sekisho lab probe examples/midori-city/site.toml
  ip netns exec lab-office-01 ping 10.1.0.10
  sekisho lab down")]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 名前空間にサイトを組み立てる / build the site in namespaces
    Up(Raised),
    /// 片づける / take it down
    Down(Named),
    /// どこに何があるか / say what stands where
    Status(Of),
    /// すべての組を本物のパケットで試す / try every pair with real packets
    Probe(Of),
    /// プロトコルの番人を動かす(upが始める)/ run the guard of protocols; up starts it
    Guard(Of),
}

#[derive(Debug, Args)]
struct Named {
    /// 実験場の名前 / the lab's name
    #[arg(long, default_value = "lab")]
    name: String,
    /// JSONで出す / as JSON
    #[arg(long)]
    json: bool,
    /// 文の言語 / language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
}

#[derive(Debug, Args)]
struct Of {
    /// サイトのファイル / the site's file
    #[arg(value_name = "SITE", default_value = "examples/midori-city/site.toml")]
    site: PathBuf,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, Args)]
struct Raised {
    #[command(flatten)]
    of: Of,
    /// 番人を動かさない(`sekisho up` が動かすとき)/ leave the guard to `sekisho up`
    #[arg(long)]
    without_guard: bool,
}

/// Runs the command.
#[must_use]
pub fn run(arguments: &Arguments) -> Exit {
    let done = match &arguments.verb {
        Verb::Up(raised) => up(&raised.of, !raised.without_guard),
        Verb::Down(named) => down(named),
        Verb::Status(of) => status(of),
        Verb::Probe(of) => tried(of),
        Verb::Guard(of) => guard::run(of),
    };
    done.unwrap_or_else(|exit| exit)
}

fn lab(named: &Named) -> Result<Lab, Exit> {
    Lab::named(&named.name).ok_or_else(|| {
        complain(
            named.json,
            named.lang.pick("名前は a-z 0-9 - の20字までです", "a name is up to 20 of a-z 0-9 -"),
        );
        Exit::Invalid
    })
}

fn failed(named: &Named, why: &LabError) -> Exit {
    complain(named.json, &why.to_string());
    Exit::Violated
}

fn up(of: &Of, with_guard: bool) -> Result<Exit, Exit> {
    let named = &of.named;
    let site = read(&of.site, named.json, named.lang)?;
    let (lab, started) = (lab(named)?, Instant::now());
    let script = compile(&site, AllOpen::of(&site).open());
    let built = lab.up(&site).and_then(|()| {
        let ruled = lab.kernel().apply(&script).map_err(LabError::from);
        let opened = ruled.and_then(|()| lab.unbolt());
        let opened = opened.and_then(|()| if with_guard { guard::start(of) } else { Ok(()) });
        if opened.is_err() {
            lab.down()?;
        }
        opened
    });
    built.map_err(|why| failed(named, &why))?;
    let millis = started.elapsed().as_millis();
    if named.json {
        println!(
            "{}",
            json!({ "ok": true, "gateway": lab.gateway(), "hosts": site.hosts.len(), "elapsed_ms": u64::try_from(millis).unwrap_or(u64::MAX) })
        );
    } else {
        println!("○ {}: {} hosts, {millis} ms", lab.gateway(), site.hosts.len());
    }
    Ok(Exit::Done)
}

fn down(named: &Named) -> Result<Exit, Exit> {
    lab(named)?.down().map_err(|why| failed(named, &why))?;
    if named.json {
        println!("{}", json!({ "ok": true }));
    } else {
        println!("○ {}", named.lang.pick("片づけました", "taken down"));
    }
    Ok(Exit::Done)
}

fn status(of: &Of) -> Result<Exit, Exit> {
    let named = &of.named;
    let site = read(&of.site, named.json, named.lang)?;
    let lab = lab(named)?;
    let is_up = lab.is_up();
    if named.json {
        println!(
            "{}",
            json!({ "up": is_up, "gateway": lab.gateway(), "hosts": lab.hosts(&site), "guard": lab.is_guarded(), "cuts": lab.cuts_file() })
        );
    } else {
        println!("{} {}", if is_up { "○" } else { "×" }, lab.gateway());
        for host in lab.hosts(&site) {
            let ip = host.ip.map(|ip| ip.to_string()).unwrap_or_default();
            println!("  {:<10} {:<24} {ip}", host.zone, host.netns);
        }
    }
    Ok(if is_up { Exit::Done } else { Exit::Violated })
}

fn tried(of: &Of) -> Result<Exit, Exit> {
    let named = &of.named;
    let site = read(&of.site, named.json, named.lang)?;
    let probed = probe(&lab(named)?, &site, AllOpen::of(&site).open());
    let probed = probed.map_err(|why| failed(named, &why))?;
    if named.json {
        println!("{}", json!(probed));
    } else {
        println!(
            "{} {}: {}, {}: {} (IPv6 {})",
            if probed.wrong.is_empty() { "○" } else { "×" },
            named.lang.pick("届いた", "reached"),
            probed.reached,
            named.lang.pick("断られた", "refused"),
            probed.refused,
            probed.over_ipv6
        );
        for one in &probed.wrong {
            let words = if one.is_reached {
                named.lang.pick("承認がないのに届きました", "reached without approval")
            } else {
                named.lang.pick("承認があるのに届きません", "approved and not reached")
            };
            println!(
                "× {} → {} {} {}/{}: {words}",
                one.from, one.to, one.address, one.transport, one.port
            );
        }
    }
    Ok(if probed.wrong.is_empty() { Exit::Done } else { Exit::Violated })
}
