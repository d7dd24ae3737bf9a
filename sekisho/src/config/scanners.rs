//! The part about scanners that stand beside the treatment: its keys, their
//! shapes and their advice.

use std::path::{Path, PathBuf};

use identity::BodyCode;
use serde::Deserialize;
use toml::Spanned;
use transfer_room::{Clamd, ScannerSettings, YaraSettings};

use super::read::Said;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Written {
    clamd: Option<Spanned<String>>,
    yara: Option<Spanned<WrittenYara>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenYara {
    program: Spanned<PathBuf>,
    rules: Option<PathBuf>,
    #[serde(default)]
    body: Vec<WrittenBody>,
    seconds_max: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenBody {
    code: Spanned<String>,
    rules: PathBuf,
}

/// Seconds for a file, unless the file says it.
const YARA_SECONDS: u64 = 60;
/// A file that takes longer keeps too many others from their turn.
const YARA_SECONDS_MAX: u64 = 600;

impl Written {
    /// Reads the part; paths of rules are taken from the file's folder. What is
    /// said of a scanner is not encrypted, so only this machine's are taken.
    pub(super) fn read(
        self,
        folder: &Path,
        mut complain: impl FnMut(usize, Said),
    ) -> ScannerSettings {
        let clamd = self.clamd.and_then(|written| clamd(&written, &mut complain));
        let yara = self.yara.and_then(|written| {
            let at = written.span().start;
            written.into_inner().read(folder, at, &mut complain)
        });
        ScannerSettings { clamd, yara }
    }
}

fn clamd(written: &Spanned<String>, complain: &mut impl FnMut(usize, Said)) -> Option<Clamd> {
    let clamd = Clamd::parse(written.get_ref());
    if clamd.is_none() {
        complain(
            written.span().start,
            Said::new(
                "clamd は /run/clamav/clamd.ctl のようなソケットか、127.0.0.1:3310 のような\
                 このコンピューターのポートにしてください",
                "clamd is a socket such as /run/clamav/clamd.ctl, or a port of this machine \
                 such as 127.0.0.1:3310",
            ),
        );
    }
    clamd
}

impl WrittenYara {
    fn read(
        self,
        folder: &Path,
        at: usize,
        complain: &mut impl FnMut(usize, Said),
    ) -> Option<YaraSettings> {
        let program = self.program.get_ref();
        let is_named = program.is_absolute() && program.to_str().is_some();
        if !is_named {
            complain(self.program.span().start, wrong_program());
        }
        if self.rules.is_none() && self.body.is_empty() {
            complain(at, no_rules());
        }
        let seconds = self.seconds_max.unwrap_or_else(|| Spanned::new(0..0, YARA_SECONDS));
        if !(1..=YARA_SECONDS_MAX).contains(seconds.get_ref()) {
            complain(seconds.span().start, wrong_seconds());
        }
        let mut bodies: Vec<(BodyCode, PathBuf)> = Vec::new();
        for body in self.body {
            match BodyCode::parse(body.code.get_ref()) {
                Ok(code) if bodies.iter().all(|(other, _)| *other != code) => {
                    bodies.push((code, folder.join(body.rules)));
                }
                Ok(_) | Err(_) => complain(body.code.span().start, wrong_code()),
            }
        }
        is_named.then(|| YaraSettings {
            program: program.clone(),
            rules: self.rules.map(|rules| folder.join(rules)),
            bodies,
            seconds_max: seconds.into_inner(),
        })
    }
}

fn wrong_program() -> Said {
    Said::new(
        "yara: program は、/usr/bin/yara か yr のように、/ から始まる場所で書いてください",
        "yara: program is the whole path of yara or yr, such as /usr/bin/yara",
    )
}

fn no_rules() -> Said {
    Said::new(
        "yara: rules(すべての団体の規則)か [[scanners.yara.body]](団体ごとの規則)を書いてください",
        "yara: write rules (for every body) or [[scanners.yara.body]] (for one)",
    )
}

fn wrong_seconds() -> Said {
    Said::new(
        format!("yara: seconds-max は 1〜{YARA_SECONDS_MAX} にしてください"),
        format!("yara: seconds-max is a number from 1 to {YARA_SECONDS_MAX}"),
    )
}

fn wrong_code() -> Said {
    Said::new(
        "yara: code には、団体の全国地方公共団体コード(6桁)を、団体ごとに一度だけ書いてください",
        "yara: code is the six-digit code of a body, each body once",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (ScannerSettings, usize) {
        let written: Written = toml::from_str(text).unwrap();
        let mut complaints = 0;
        let scanners = written.read(Path::new("/etc/sekisho"), |_, _| complaints += 1);
        (scanners, complaints)
    }

    #[test]
    fn a_scanner_is_of_this_machine() {
        for good in ["/run/clamav/clamd.ctl", "127.0.0.1:3310"] {
            let (scanners, complaints) = read(&format!("clamd = \"{good}\""));
            assert!(scanners.clamd.is_some() && complaints == 0, "{good}");
        }
        for wrong in ["192.0.2.7:3310", "clamd.ctl"] {
            assert_eq!(read(&format!("clamd = \"{wrong}\"")).1, 1, "{wrong}");
        }
        assert_eq!(read("").0, ScannerSettings::default());
        assert!(toml::from_str::<Written>("clam = \"/run/x\"").is_err());
    }

    #[test]
    fn yara_has_a_program_and_rules() {
        let (scanners, complaints) = read(
            "[yara]\nprogram = \"/usr/bin/yara\"\nrules = \"house.yar\"\n\
             [[yara.body]]\ncode = \"198013\"\nrules = \"/srv/own.yar\"\n",
        );
        let yara = scanners.yara.unwrap();
        assert_eq!((complaints, yara.seconds_max), (0, YARA_SECONDS));
        assert_eq!(yara.rules.as_deref(), Some(Path::new("/etc/sekisho/house.yar")));
        assert_eq!(yara.bodies[0].1, Path::new("/srv/own.yar"));
        let program = "[yara]\nprogram = \"/usr/bin/yara\"\n";
        for wrong in [
            program.to_owned(),
            "[yara]\nprogram = \"yara\"\nrules = \"a\"\n".to_owned(),
            format!("{program}rules = \"a\"\nseconds-max = 0\n"),
            format!("{program}[[yara.body]]\ncode = \"123456\"\nrules = \"a\"\n"),
        ] {
            assert_eq!(read(&wrong).1, 1, "{wrong}");
        }
    }
}
