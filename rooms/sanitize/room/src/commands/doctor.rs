//! The room's part of `sekisho doctor`: what this machine offers for making
//! files harmless, what is missing and how to mend it.

use sanitize_core::Policy;

use super::Lang;
use crate::office;
use crate::pool::Pool;

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its name in reports.
    pub name: &'static str,
    /// Whether all is well.
    pub is_good: bool,
    /// Whether nothing works without it.
    pub is_needed: bool,
    /// What was found.
    pub found: String,
    /// How to mend it.
    pub advice: &'static str,
}

/// Looks at everything that the room needs.
#[must_use]
pub fn checks(lang: Lang) -> Vec<Check> {
    let support = platform::support();
    let cage = Pool::new(&Policy::default(), false).and_then(|mut pool| pool.start());
    let kernel = lang.pick(
        "Linux 5.13以降でLandlockを有効にしてください(起動引数 lsm=landlock,…)",
        "use Linux 5.13 or later with Landlock switched on (boot with lsm=landlock,…)",
    );
    let filter = lang
        .pick("seccompを有効にしたカーネルを使ってください", "use a kernel with seccomp filters");
    let cage_advice = lang.pick(
        "上の項目を直してください。やむを得ない場合だけ --weak-jail を付けます",
        "mend the lines above; only where there is no other way, use --weak-jail",
    );
    let office_advice = lang.pick(
        "Office文書を画像にする(--method image)には、LibreOfficeを入れてください: apt install libreoffice-writer libreoffice-calc libreoffice-impress",
        "to turn Office documents into pictures (--method image), install LibreOffice: apt install libreoffice-writer libreoffice-calc libreoffice-impress",
    );
    let font_advice = lang.pick(
        "フォントを埋め込んでいないPDFを画像にするには、日本語フォントを入れてください: apt install fonts-ipafont-gothic",
        "to draw PDF pages that bring no fonts, install a Japanese one: apt install fonts-ipafont-gothic",
    );
    vec![
        Check {
            name: "landlock",
            is_good: support.landlock_abi > 0,
            is_needed: true,
            found: format!("ABI {}", support.landlock_abi),
            advice: kernel,
        },
        Check {
            name: "seccomp",
            is_good: support.seccomp,
            is_needed: true,
            found: lang.pick("カーネルの対応を確認", "asked the kernel").to_owned(),
            advice: filter,
        },
        Check {
            name: "cage",
            is_good: cage.is_ok(),
            is_needed: true,
            found: match &cage {
                Ok(()) => {
                    lang.pick("囲いの中で処理を起動できました", "a caged worker starts").to_owned()
                }
                Err(error) => error.to_string(),
            },
            advice: cage_advice,
        },
        Check {
            name: "libreoffice",
            is_good: office::find().is_some(),
            is_needed: false,
            found: office::find().map_or_else(
                || lang.pick("見つかりません", "not found").to_owned(),
                |path| path.display().to_string(),
            ),
            advice: office_advice,
        },
        Check {
            name: "japanese-font",
            is_good: office::japanese_font().is_some(),
            is_needed: false,
            found: office::japanese_font().map_or_else(
                || lang.pick("見つかりません", "not found").to_owned(),
                |path| path.display().to_string(),
            ),
            advice: font_advice,
        },
    ]
}
