//! The three networks that a body keeps apart, the boundaries that may be
//! crossed at all, and the site that a body declares. Knows no packet and no
//! rule.

pub mod catalogue;
pub mod describe;
mod read;
mod schema;
pub mod site;

pub use read::{Complaint, ENTRIES_MAX, Fault, LIST_MAX, SITE_BYTES_MAX, read_site};
pub use schema::schema;
pub use site::Site;

/// One of the networks (三層の対策, guideline 対策基準 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// インターネット接続系.
    Internet,
    /// LGWAN接続系.
    Lgwan,
    /// マイナンバー利用事務系.
    MyNumber,
}

impl Zone {
    /// All, from the least protected to the most.
    pub const ALL: [Self; 3] = [Self::Internet, Self::Lgwan, Self::MyNumber];

    /// The name in rows, policies and catalogue keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::Lgwan => "lgwan",
            Self::MyNumber => "mynumber",
        }
    }

    /// Reads [`Zone::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|zone| zone.name() == name)
    }
}

/// A boundary and the direction in which it is crossed. There is none between
/// a zone and itself, and none between `mynumber` and `internet`: what goes
/// from one to the other crosses twice, and is decided twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Crossing {
    from: Zone,
    to: Zone,
}

impl Crossing {
    /// All that there are.
    pub const ALL: [Self; 4] = [
        Self { from: Zone::Internet, to: Zone::Lgwan },
        Self { from: Zone::Lgwan, to: Zone::Internet },
        Self { from: Zone::Lgwan, to: Zone::MyNumber },
        Self { from: Zone::MyNumber, to: Zone::Lgwan },
    ];

    /// The boundary from one zone to another; nothing if there is none.
    #[must_use]
    pub fn between(from: Zone, to: Zone) -> Option<Self> {
        Self::ALL.into_iter().find(|crossing| crossing.from == from && crossing.to == to)
    }

    /// Where it begins.
    #[must_use]
    pub const fn from(self) -> Zone {
        self.from
    }

    /// Where it leads.
    #[must_use]
    pub const fn to(self) -> Zone {
        self.to
    }

    /// True if it leads to the less protected side: what crosses leaves a
    /// protected zone (情報持出し).
    #[must_use]
    pub fn is_outward(self) -> bool {
        self.to < self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_numbers_and_the_internet_share_no_boundary() {
        assert_eq!(Crossing::between(Zone::MyNumber, Zone::Internet), None);
        assert_eq!(Crossing::between(Zone::Internet, Zone::MyNumber), None);
        for zone in Zone::ALL {
            assert_eq!(Crossing::between(zone, zone), None);
            assert_eq!(Zone::parse(zone.name()), Some(zone));
        }
    }

    #[test]
    fn outward_is_toward_the_internet() {
        let outward = |from, to| Crossing::between(from, to).map(Crossing::is_outward);
        assert_eq!(outward(Zone::Lgwan, Zone::Internet), Some(true));
        assert_eq!(outward(Zone::MyNumber, Zone::Lgwan), Some(true));
        assert_eq!(outward(Zone::Internet, Zone::Lgwan), Some(false));
    }
}
