//! A body's rules about mail that leaves. Pure.

use base::Timestamp;

/// What a body wants of mail that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outward {
    /// Every mail waits so long, and can be called back; 0 for not at all.
    pub hold_minutes: u32,
    /// Addresses outside that every receiver may see before the sender is asked.
    pub receivers_max: u32,
    /// How attachments go.
    pub attachments: Attachments,
    /// Another person decides on what cannot be looked into.
    pub is_unread_approved: bool,
    /// Another person decides on a mail that names another mailbox of the body
    /// as its sender; otherwise it does not leave.
    pub is_other_sender_approved: bool,
    /// People with name and address or birth date in one mail before another
    /// person is asked; 0 for any number.
    pub persons_max: u32,
    /// How long an attachment can be fetched by its link.
    pub link_days: u32,
    /// How often.
    pub link_fetches: u32,
}

/// How attachments go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachments {
    /// As they came.
    AsTheyAre,
    /// Behind a link, made harmless.
    Link,
    /// Made harmless, without what is hidden in them.
    Sanitised,
}

impl Attachments {
    /// The word of the rules.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsTheyAre => "as-they-are",
            Self::Link => "link",
            Self::Sanitised => "sanitised",
        }
    }

    /// Reads [`Attachments::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::AsTheyAre, Self::Link, Self::Sanitised].into_iter().find(|one| one.name() == name)
    }
}

impl Default for Outward {
    fn default() -> Self {
        Self {
            hold_minutes: 1,
            receivers_max: 10,
            attachments: Attachments::Sanitised,
            is_unread_approved: true,
            is_other_sender_approved: false,
            persons_max: 100,
            link_days: 7,
            link_fetches: 20,
        }
    }
}

/// A number of the rules with its least and its most.
type Number = (&'static str, (i64, i64));

impl Outward {
    /// The keys of the rules.
    pub(super) const KEYS: [&'static str; 8] = [
        "hold-minutes",
        "receivers-max",
        "attachments",
        "unreadable",
        "other-sender",
        "persons-max",
        "link-days",
        "link-downloads",
    ];
    /// Those that are numbers.
    pub(super) const NUMBERS: [Number; 5] = [
        ("hold-minutes", (0, 24 * 60)),
        ("receivers-max", (1, 500)),
        ("persons-max", (0, 1_000_000)),
        ("link-days", (1, 90)),
        ("link-downloads", (1, 1_000)),
    ];

    /// Sets one of [`Outward::NUMBERS`].
    pub(super) fn set(&mut self, key: &str, number: u32) {
        let place = match key {
            "hold-minutes" => &mut self.hold_minutes,
            "receivers-max" => &mut self.receivers_max,
            "persons-max" => &mut self.persons_max,
            "link-days" => &mut self.link_days,
            "link-downloads" => &mut self.link_fetches,
            _ => return,
        };
        *place = number;
    }

    /// When a mail leaves that came at a moment.
    #[must_use]
    pub fn leaves_at(&self, came: Timestamp) -> Timestamp {
        came.plus(std::time::Duration::from_secs(u64::from(self.hold_minutes) * 60))
    }
}
