//! What the wall needs of the machine, and what of it is missing: rights, the
//! packet filter, and how the gateway is set. For `sekisho doctor`.

use std::path::Path;

use wall_engine::{Open, Opening, Unproven, beside};
use zones::Site;

use crate::commands::Lang;
use crate::gate::GateSettings;
use crate::kernel::Kernel;

/// Writes and reads the packet filter, routes packets to the guard, and speaks in
/// other machines' names (capabilities(7)).
const NET_ADMIN: (u32, &str) = (12, "CAP_NET_ADMIN");
/// Enters a network namespace; not needed where the wall is this machine's own.
const SYS_ADMIN: (u32, &str) = (21, "CAP_SYS_ADMIN");

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub name: &'static str,
    /// True where it is as it should be.
    pub is_good: bool,
    /// True where the wall does not work without.
    pub is_needed: bool,
    /// What was found.
    pub found: String,
    /// What to do where it is not good.
    pub advice: &'static str,
}

/// The capabilities that this process lacks for the wall.
#[must_use]
pub fn lacking(has_netns: bool) -> Vec<&'static str> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    lacking_of(&status, has_netns)
}

fn lacking_of(status: &str, has_netns: bool) -> Vec<&'static str> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let held = line.and_then(|line| u64::from_str_radix(line.trim(), 16).ok()).unwrap_or(0);
    let needed = [NET_ADMIN].into_iter().chain(has_netns.then_some(SYS_ADMIN));
    needed.filter(|(bit, _)| held >> bit & 1 == 0).map(|(_, name)| name).collect()
}

/// Looks at everything that the wall of some settings needs.
#[must_use]
pub fn look(settings: &GateSettings, lang: Lang) -> Vec<Finding> {
    let lacking = lacking(settings.netns.is_some());
    let mut found = vec![rights(&lacking, settings.apply, lang)];
    let site = std::fs::read_to_string(&settings.site).map_err(|why| why.to_string());
    let site = site.and_then(|text| {
        let wrong = |faults: Vec<zones::Complaint>| faulty(&settings.site, &faults);
        zones::read_site(&text).map_err(wrong)
    });
    found.push(declared(&settings.site, &site, lang));
    if lacking.is_empty() {
        let kernel = settings.netns.clone().map_or_else(Kernel::here, Kernel::in_namespace);
        found.push(filter(&kernel, settings.apply, lang));
        if let Ok(site) = &site {
            found.push(gateway(&kernel, site, lang));
        }
    }
    found
}

fn rights(lacking: &[&str], is_needed: bool, lang: Lang) -> Finding {
    let as_whom = lang.pick("この実行の権限", "rights of this process");
    let found = if lacking.is_empty() {
        format!("{as_whom}: {}", lang.pick("足ります", "enough"))
    } else {
        format!("{as_whom}: {} {}", lacking.join(", "), lang.pick("がありません", "missing"))
    };
    Finding {
        name: "wall-rights",
        is_good: lacking.is_empty(),
        is_needed,
        found,
        advice: lang.pick(
            "サービスには /usr/share/doc/sekisho/examples/wall.conf を systemctl edit sekisho で加えてください。手で調べるときは root で実行してください",
            "give the service /usr/share/doc/sekisho/examples/wall.conf by systemctl edit sekisho; to look by hand, run it as root",
        ),
    }
}

fn faulty(file: &Path, faults: &[zones::Complaint]) -> String {
    let lines = crate::commands::in_words(file, faults);
    lines.first().cloned().unwrap_or_default()
}

fn declared(file: &Path, site: &Result<Site, String>, lang: Lang) -> Finding {
    let found = match site {
        Ok(site) => {
            let (hosts, flows) = (site.hosts.len(), site.flows.len());
            format!("{}: {hosts} hosts, {flows} flows", file.display())
        }
        Err(why) => why.clone(),
    };
    Finding {
        name: "wall-site",
        is_good: site.is_ok(),
        is_needed: true,
        found,
        advice: lang.pick(
            "sekisho zones check で、すべての誤りを見られます",
            "sekisho zones check shows every mistake",
        ),
    }
}

fn filter(kernel: &Kernel, is_needed: bool, lang: Lang) -> Finding {
    let asked = kernel.ruleset();
    let answers = || lang.pick("答えます", "answers").to_owned();
    let place = kernel.netns().unwrap_or("nft");
    let found = asked.as_ref().map_or_else(ToString::to_string, |_| answers());
    Finding {
        name: "wall-filter",
        is_good: asked.is_ok(),
        is_needed,
        found: format!("{place}: {found}"),
        advice: lang.pick(
            "nftables と iproute2 を入れ、[wall] の netns の名前を確かめてください",
            "install nftables and iproute2, and check the name under netns of [wall]",
        ),
    }
}

fn gateway(kernel: &Kernel, site: &Site, lang: Lang) -> Finding {
    let flows: Vec<Opening> =
        (0..site.flows.len()).map(|flow| Opening { flow, seconds: None }).collect();
    let open = Open { flows: &flows, ..Open::default() };
    let around = kernel.around().map(|around| beside(site, open, &around));
    let found = match &around {
        Ok(found) if found.is_empty() => lang
            .pick("転送とブリッジの設定は正しいです", "forwards, and no bridge is in the way")
            .to_owned(),
        Ok(found) => found.iter().map(|one| in_words(one, lang)).collect::<Vec<_>>().join(" / "),
        Err(why) => why.to_string(),
    };
    Finding {
        name: "wall-gateway",
        is_good: around.is_ok_and(|found| found.is_empty()),
        is_needed: false,
        found,
        advice: lang.pick(
            "sysctl の値を /etc/sysctl.d に書いて直し、領域の接続口をブリッジから外してください。直るまで証明は完全になりません",
            "mend the values in /etc/sysctl.d, and take the zones' interfaces out of bridges; the proof is not complete until then",
        ),
    }
}

fn in_words(one: &Unproven, lang: Lang) -> String {
    let (name, what) = (&one.rule.table, &one.what);
    if one.rule.family == "link" {
        let words = lang.pick("の一部です", "has it as a part");
        return format!("{name}: {what} {words}");
    }
    format!("{name} = {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let status = |held: &str| format!("Name:\tsekisho\nCapEff:\t{held}\nCapBnd:\t0\n");
        let all = [NET_ADMIN.1, SYS_ADMIN.1];
        assert_eq!(lacking_of(&status("0000000000000000"), true), all);
        assert_eq!(lacking_of(&status("0000000000001000"), true), [SYS_ADMIN.1]);
        assert!(lacking_of(&status("0000000000001000"), false).is_empty());
        assert!(lacking_of(&status("000001ffffffffff"), true).is_empty());
        assert_eq!(lacking_of("", false), [NET_ADMIN.1]);
    }
}
