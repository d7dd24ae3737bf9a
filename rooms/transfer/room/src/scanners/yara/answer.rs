//! What the two programs are asked and what they answer: YARA 4 in lines, YARA-X
//! in JSON. An answer that is not exactly of its kind is none. Runs nothing.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use serde::Deserialize;

/// The two programs that read YARA's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `yara` of version 4, with `yarac` beside it.
    Yara,
    /// `yr` of YARA-X.
    YaraX,
}

/// The file that is looked at, as the program sees it.
pub(super) const FILE: &str = "/tmp/file";
/// The body's rules, as they are written.
pub(super) const SOURCE: &str = "/tmp/rules.yar";
/// Our own rule, which every file meets.
pub(super) const OWN_SOURCE: &str = "/tmp/looked.yar";
/// Both, put together.
pub(super) const COMPILED: &str = "/tmp/compiled";

/// A program that looked at the file says at least this: silence is no answer.
pub(super) const OWN_RULE: &str = "rule sekisho_has_looked { condition: true }\n";
const OWN_NAME: &str = "sekisho_has_looked";

/// Rules that one answer names, at most; a file that meets more is harmful enough.
const HITS_MAX: usize = 50;
/// Characters of a rule's name; YARA takes no longer ones.
const NAME_CHARACTERS_MAX: usize = 128;
/// Characters of a version that are shown.
const VERSION_CHARACTERS_MAX: usize = 40;

/// One file's line in the answer of `yr scan --output-format ndjson`.
#[derive(Deserialize)]
struct Line {
    path: String,
    rules: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    identifier: String,
}

impl Dialect {
    /// Which of the two says this when it is asked for its version, and the
    /// version: `4.2.3`, or `yara-x-cli 1.0.0`.
    pub(super) fn of_version(said: &[u8]) -> Option<(Self, String)> {
        let said = std::str::from_utf8(said).ok()?.trim();
        let (dialect, version) = match said.split_once(' ') {
            None => (Self::Yara, said),
            Some(("yr" | "yara-x" | "yara-x-cli", version)) => (Self::YaraX, version),
            Some(_) => return None,
        };
        let is_mark = |mark: char| mark.is_ascii_alphanumeric() || ".-+".contains(mark);
        let is_version = version.len() <= VERSION_CHARACTERS_MAX
            && version.starts_with(|mark: char| mark.is_ascii_digit())
            && version.contains('.')
            && version.chars().all(is_mark);
        // YARA 3 knows other options.
        let is_new = dialect == Self::YaraX || version.starts_with("4.");
        (is_version && is_new).then(|| (dialect, version.to_owned()))
    }

    /// The program's name, for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Yara => "YARA",
            Self::YaraX => "YARA-X",
        }
    }

    /// The words that put the rules together; none where no program beside
    /// this one can.
    pub(super) fn compiling(self, program: &Path) -> Option<Vec<OsString>> {
        match self {
            Self::Yara => {
                let beside = program.with_file_name("yarac");
                beside.is_file().then(|| {
                    words(&beside, ["-w", OWN_SOURCE, SOURCE, COMPILED].map(str::to_owned))
                })
            }
            Self::YaraX => {
                let told = ["compile", "-w", "-o", COMPILED, OWN_SOURCE, SOURCE];
                Some(words(program, told.map(str::to_owned)))
            }
        }
    }

    /// The words that have the file looked at.
    pub(super) fn looking(self, program: &Path, is_compiled: bool, seconds: u64) -> Vec<OsString> {
        let rules: &[&str] = if is_compiled { &["-C", COMPILED] } else { &[OWN_SOURCE, SOURCE] };
        let rules = rules.iter().map(|word| (*word).to_owned()).chain([FILE.to_owned()]);
        let seconds = seconds.to_string();
        match self {
            Self::Yara => {
                let told = ["-w", "-p", "1", "-a", &seconds].map(str::to_owned);
                words(program, told.into_iter().chain(rules))
            }
            Self::YaraX => {
                let told = [
                    "scan",
                    "--output-format",
                    "ndjson",
                    "--disable-console-logs",
                    "-p",
                    "1",
                    "-a",
                    &seconds,
                ];
                words(program, told.map(str::to_owned).into_iter().chain(rules))
            }
        }
    }

    /// The rules that the file meets; nothing for an answer of another kind, or
    /// one that does not show that the file was looked at.
    pub(super) fn hits(self, said: &[u8]) -> Option<BTreeSet<String>> {
        let said = std::str::from_utf8(said).ok()?;
        let mut hits = BTreeSet::new();
        match self {
            Self::Yara => {
                for line in said.lines() {
                    let (rule, file) = line.split_once(' ')?;
                    (file == FILE && is_name(rule)).then_some(())?;
                    hits.insert(rule.to_owned());
                }
            }
            Self::YaraX => {
                let line: Line = serde_json::from_str(said).ok()?;
                (line.path == FILE).then_some(())?;
                for Named { identifier } in line.rules {
                    is_name(&identifier).then_some(())?;
                    hits.insert(identifier);
                }
            }
        }
        let has_looked = hits.remove(OWN_NAME);
        has_looked.then(|| hits.into_iter().take(HITS_MAX).collect())
    }
}

fn words(program: &Path, told: impl IntoIterator<Item = String>) -> Vec<OsString> {
    std::iter::once(program.as_os_str().to_owned())
        .chain(told.into_iter().map(OsString::from))
        .collect()
}

/// YARA's identifiers: letters, digits and underscores, no digit first.
fn is_name(rule: &str) -> bool {
    !rule.is_empty()
        && rule.len() <= NAME_CHARACTERS_MAX
        && !rule.starts_with(|mark: char| mark.is_ascii_digit())
        && rule.chars().all(|mark| mark.is_ascii_alphanumeric() || mark == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_tells_the_dialect() {
        let yara = Dialect::of_version(b"4.2.3\n").unwrap();
        assert_eq!(yara, (Dialect::Yara, "4.2.3".to_owned()));
        let yara_x = Dialect::of_version(b"yara-x-cli 1.10.0\n").unwrap();
        assert_eq!(yara_x, (Dialect::YaraX, "1.10.0".to_owned()));
        for other in ["3.11.0", "", "4", "clamscan 1.0.3", "4.2.3 extra", "4.\u{7}2", "no.4.2"] {
            assert_eq!(Dialect::of_version(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn hits_are_read_and_our_own_rule_is_left_out() {
        let said = b"sekisho_has_looked /tmp/file\nMacro_1 /tmp/file\n_b /tmp/file\n";
        let hits = Dialect::Yara.hits(said).unwrap();
        assert_eq!(hits.into_iter().collect::<Vec<_>>(), ["Macro_1", "_b"]);
        let said = br#"{"path":"/tmp/file","rules":[{"identifier":"sekisho_has_looked"},{"identifier":"Macro_1","tags":[]}]}"#;
        assert_eq!(Dialect::YaraX.hits(said).unwrap().into_iter().collect::<Vec<_>>(), ["Macro_1"]);
        assert!(Dialect::Yara.hits(b"sekisho_has_looked /tmp/file\n").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_exactly_an_answer_is_none() {
        let lines: [&[u8]; 8] = [
            b"",
            b"Macro /tmp/file\n",
            b"sekisho_has_looked /tmp/other\n",
            b"sekisho_has_looked\n",
            b"sekisho_has_looked /tmp/file\nwarning: slow\n",
            b"sekisho_has_looked /tmp/file\n\n",
            b"sekisho_has_looked /tmp/file\n1x /tmp/file\n",
            b"sekisho_has_looked /tmp/file\n\xff /tmp/file\n",
        ];
        for said in lines {
            assert_eq!(Dialect::Yara.hits(said), None, "{said:?}");
        }
        let objects: [&[u8]; 6] = [
            b"",
            b"{}",
            br#"{"path":"/tmp/file","rules":[]}"#,
            br#"{"path":"/x","rules":[{"identifier":"sekisho_has_looked"}]}"#,
            br#"{"path":"/tmp/file","rules":[{"identifier":"sekisho_has_looked"},{"identifier":"a b"}]}"#,
            br#"{"path":"/tmp/file","rules":[{"identifier":"sekisho_has_looked"}]} {}"#,
        ];
        for said in objects {
            assert_eq!(Dialect::YaraX.hits(said), None, "{said:?}");
        }
    }

    #[test]
    fn one_answer_names_so_many_rules_and_no_more() {
        let mut said = "sekisho_has_looked /tmp/file\n".to_owned();
        for number in 0..1_000 {
            said.push_str(&format!("rule_{number:04} /tmp/file\n"));
        }
        assert_eq!(Dialect::Yara.hits(said.as_bytes()).unwrap().len(), HITS_MAX);
    }
}
