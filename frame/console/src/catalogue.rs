//! The console's own words, style sheet and pictures.

use std::borrow::Cow;

use i18n::Catalogue;

use crate::room::Asset;

/// The words of the frame's screens.
pub const CATALOGUES: &[Catalogue] = &[
    Catalogue {
        name: "shell",
        ja: include_str!("../messages/shell.ja.ftl"),
        en: include_str!("../messages/shell.en.ftl"),
    },
    Catalogue {
        name: "about",
        ja: include_str!("../messages/about.ja.ftl"),
        en: include_str!("../messages/about.en.ftl"),
    },
    Catalogue {
        name: "words",
        ja: include_str!("../messages/words.ja.ftl"),
        en: include_str!("../messages/words.en.ftl"),
    },
    Catalogue {
        name: "door",
        ja: include_str!("../messages/door.ja.ftl"),
        en: include_str!("../messages/door.en.ftl"),
    },
    Catalogue {
        name: "home",
        ja: include_str!("../messages/home.ja.ftl"),
        en: include_str!("../messages/home.en.ftl"),
    },
    Catalogue {
        name: "permits",
        ja: include_str!("../messages/permits.ja.ftl"),
        en: include_str!("../messages/permits.en.ftl"),
    },
    Catalogue {
        name: "people",
        ja: include_str!("../messages/people.ja.ftl"),
        en: include_str!("../messages/people.en.ftl"),
    },
    Catalogue {
        name: "taking",
        ja: include_str!("../messages/taking.ja.ftl"),
        en: include_str!("../messages/taking.en.ftl"),
    },
    Catalogue {
        name: "ledger",
        ja: include_str!("../messages/ledger.ja.ftl"),
        en: include_str!("../messages/ledger.en.ftl"),
    },
    Catalogue {
        name: "system",
        ja: include_str!("../messages/system.ja.ftl"),
        en: include_str!("../messages/system.en.ftl"),
    },
    Catalogue {
        name: "me",
        ja: include_str!("../messages/me.ja.ftl"),
        en: include_str!("../messages/me.en.ftl"),
    },
];

/// The style of all pages, for a program that serves pages without the console.
pub const STYLE: &str = concat!(
    include_str!("../assets/values.css"),
    include_str!("../assets/layout.css"),
    include_str!("../assets/text.css"),
    include_str!("../assets/form.css"),
    include_str!("../assets/table.css"),
    include_str!("../assets/parts.css"),
    include_str!("../assets/sheet.css"),
    include_str!("../assets/print.css"),
);

pub(crate) fn assets() -> Vec<Asset> {
    let script = include_bytes!("../assets/passkey.js");
    vec![
        Asset { name: "console.css", bytes: Cow::Borrowed(STYLE.as_bytes()) },
        Asset { name: "gate.svg", bytes: Cow::Borrowed(include_bytes!("../assets/gate.svg")) },
        Asset { name: "passkey.js", bytes: Cow::Borrowed(script) },
    ]
}
