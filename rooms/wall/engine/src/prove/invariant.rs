//! What must hold, with the sentence that a violation is told in.

/// What must hold (the ids of the project's list of invariants).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// G1: nothing between personal numbers and the internet.
    NoWayToNumbers,
    /// G2: what crosses to or from personal numbers is limited in path and
    /// protocol.
    PathAndProtocol,
    /// G5: what names a protocol passes the guard and no other way.
    PastTheGuard,
    /// And nothing else is steered out of its way.
    Diverted,
    /// G4: LGWAN and the internet meet at a relay only.
    OnlyByRelay,
    /// G11, first half: nothing passes without a live approval.
    NoExcess,
    /// G11, second half: what is approved passes.
    NoLack,
    /// G12: a session ends with its permit.
    NoSurvivor,
    /// G13: whoever answers begins nothing.
    RepliesOnly,
    /// The gateway itself is no way around.
    NoDoor,
}

impl Invariant {
    /// Its id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NoWayToNumbers => "G1",
            Self::PathAndProtocol => "G2",
            Self::OnlyByRelay | Self::NoDoor => "G4",
            Self::PastTheGuard | Self::Diverted => "G5",
            Self::NoExcess | Self::NoLack => "G11",
            Self::NoSurvivor => "G12",
            Self::RepliesOnly => "G13",
        }
    }

    /// What a violation of it is, in Japanese and English.
    #[must_use]
    pub const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::NoWayToNumbers => (
                "マイナンバー利用事務系とインターネット接続系の間を通信できます",
                "packets pass between mynumber and the internet",
            ),
            Self::PathAndProtocol => (
                "マイナンバー利用事務系との間に、承認のない経路またはプロトコルの通信が通ります",
                "packets pass to or from mynumber beyond the approved path and protocol",
            ),
            Self::PastTheGuard => (
                "番人が確かめるはずの通信が、番人を通らずに通ります",
                "a flow that the guard is to read passes beside it",
            ),
            Self::Diverted => (
                "通信が、番人のほかの行き先へ曲げられています",
                "packets are steered elsewhere than to the guard",
            ),
            Self::OnlyByRelay => (
                "LGWAN接続系とインターネット接続系の間を、中継を通らずに通信できます",
                "packets pass between LGWAN and the internet past every relay",
            ),
            Self::NoExcess => ("承認のない通信が通ります", "packets pass that nobody approved"),
            Self::NoLack => ("承認した通信が通りません", "packets that were approved do not pass"),
            Self::NoSurvivor => (
                "許可が終わっても、始まっている通信が切れません",
                "a session lives on after its permit",
            ),
            Self::RepliesOnly => (
                "応答だけのはずの側から、通信を始められます",
                "the side that only answers can begin",
            ),
            Self::NoDoor => (
                "ゲートウェイ自身が、宣言のない通信を受け付けます",
                "the gateway itself takes packets that the site does not declare",
            ),
        }
    }
}
