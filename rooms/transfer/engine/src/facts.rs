//! What is known of a file when it is decided on: first what it is and where
//! it goes, then what treating it has shown.

use std::collections::BTreeSet;

use sanitize_core::Format;
use zones::Crossing;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$note])* $variant,)+ }

        impl $name {
            /// All.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in rows, policies and catalogue keys.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads a name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// By which way a file came in.
    Way {
        /// A page of the console.
        Page = "page",
        /// The interface, and the commands that use it.
        Interface = "interface",
        /// A link that somebody outside was given.
        Link = "link",
        /// A watched folder.
        Folder = "folder",
        /// A proxy or another product, by ICAP.
        Icap = "icap",
    }
}

words! {
    /// How harmful it would be if others read it (自治体機密性, guideline 2).
    Class {
        /// 自治体機密性1: public.
        One = "1",
        /// 自治体機密性2.
        Two = "2",
        /// 自治体機密性3C: personal and undisclosed business data.
        ThreeC = "3c",
        /// 自治体機密性3B: personal numbers and their kind.
        ThreeB = "3b",
        /// 自治体機密性3A: what the state classifies as secret.
        ThreeA = "3a",
    }
}

words! {
    /// How a file is made harmless (処置方式, guideline 対策基準 4).
    Treatment {
        /// ①: only its text is delivered.
        Text = "text",
        /// ②: only pictures of its pages are delivered.
        Image = "image",
        /// ③: taken apart and written anew in the same format.
        Rebuild = "rebuild",
        /// ④: delivered as it came, after a person and a machine have looked.
        Inspect = "inspect",
        /// Delivered as it came: only toward the less protected side.
        Unchanged = "unchanged",
    }
}

impl Treatment {
    /// True if the receiver gets the very bytes that were sent.
    #[must_use]
    pub const fn keeps_bytes(self) -> bool {
        match self {
            Self::Inspect | Self::Unchanged => true,
            Self::Text | Self::Image | Self::Rebuild => false,
        }
    }
}

/// A file that has come to a boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which boundary, and in which direction.
    pub crossing: Crossing,
    /// By which way.
    pub way: Way,
    /// What its sender says of it.
    pub class: Class,
    /// What it is, by its content.
    pub format: Format,
    /// How many bytes it has.
    pub bytes: u64,
}

/// What treating it has shown.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// The names of what was taken out.
    pub removed: BTreeSet<String>,
    /// How many people it tells of.
    pub persons: Persons,
    /// Scanners that know it as harmful, by name.
    pub hits: BTreeSet<String>,
}

/// How many people a file tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Persons {
    /// Nobody looked, or the file could not be read: as good as any number.
    #[default]
    Unknown,
    /// As many as were found.
    Counted(u64),
}

impl Persons {
    /// True if there are, or may be, at least so many.
    #[must_use]
    pub const fn may_be(self, least: u64) -> bool {
        match self {
            Self::Unknown => true,
            Self::Counted(count) => count >= least,
        }
    }
}
