//! The part about scanners that stand beside the treatment: its keys, their
//! shapes and their advice.

use serde::Deserialize;
use toml::Spanned;
use transfer_room::{Clamd, Scanners};

use super::read::Said;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Written {
    clamd: Option<Spanned<String>>,
}

impl Written {
    /// Reads the part. What is said of a scanner is not encrypted, so only this
    /// machine's are taken.
    pub(super) fn read(self, mut complain: impl FnMut(usize, Said)) -> Scanners {
        let Some(written) = self.clamd else { return Scanners::default() };
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
        Scanners { clamd }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Scanners, usize) {
        let written: Written = toml::from_str(text).unwrap();
        let mut complaints = 0;
        let scanners = written.read(|_, _| complaints += 1);
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
        assert_eq!(read("").0, Scanners::default());
        assert!(toml::from_str::<Written>("clam = \"/run/x\"").is_err());
    }
}
