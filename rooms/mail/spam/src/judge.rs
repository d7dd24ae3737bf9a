//! The rule by which the body's own model and rspamd become one judgement. One
//! table, first line that fits; the rule that spoke stands in the judgement.
//!
//! | | the model | rspamd | judgement |
//! |---|---|---|---|
//! | 1 | spam | anything but clearly ham | spam |
//! | 2 | spam | clearly ham | spam |
//! | 3 | ham | would reject | spam |
//! | 4 | anything else | would reject | spam |
//! | 5 | suspect | would mark | spam |
//! | 6 | anything else | would mark | suspect |
//! | 7 | suspect | anything else | suspect |
//! | 8 | ham | anything else | ham |
//! | 9 | nothing | would pass | ham |
//! | 10 | nothing | nothing | no opinion |
//!
//! Neither can make the other's spam pass: being held costs its receiver one
//! confirmation, and the judgement names whom the other one contradicts. What
//! rspamd would delay is no judgement, for the mail has been taken already.

use crate::model::{Opinion, SPAM_FROM, SUSPECT_FROM};
use crate::rspamd::{Action, Answer};

/// At this sum and below, rspamd calls a mail clearly ham: its own rules for
/// good mail outweigh the others.
const CLEARLY_HAM: f64 = -2.0;

/// What is made of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nobody knows enough to say anything.
    NoOpinion,
    /// Nothing speaks against it.
    Ham,
    /// Goes to its receiver with a hint.
    Suspect,
    /// Is kept back for its receiver to look at; never thrown away.
    Spam,
}

impl Standing {
    /// Returns the standing's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoOpinion => "no-opinion",
            Self::Ham => "ham",
            Self::Suspect => "suspect",
            Self::Spam => "spam",
        }
    }
}

/// The line of the table that spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// 1: the model is sure, and rspamd does not vouch for the mail.
    Learned,
    /// 2: the model is sure, and rspamd vouches for the mail.
    LearnedAgainst,
    /// 3: rspamd is sure, and the model knows the mail as wanted.
    RejectedAgainst,
    /// 4: rspamd is sure.
    Rejected,
    /// 5: both have doubts.
    BothDoubt,
    /// 6: rspamd has doubts.
    Marked,
    /// 7: the model has doubts.
    Doubted,
    /// 8: the model knows the mail as wanted.
    Known,
    /// 9: rspamd lets it pass, the model says nothing.
    Passed,
    /// 10: nobody says anything.
    Unjudged,
}

impl Rule {
    /// Returns the rule's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::LearnedAgainst => "learned-against-rspamd",
            Self::RejectedAgainst => "rspamd-against-learned",
            Self::Rejected => "rspamd",
            Self::BothDoubt => "both-doubt",
            Self::Marked => "rspamd-marked",
            Self::Doubted => "learned-doubt",
            Self::Known => "known",
            Self::Passed => "rspamd-passed",
            Self::Unjudged => "unjudged",
        }
    }
}

/// A judgement and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Judgement {
    /// What is made of the mail.
    pub standing: Standing,
    /// The line that spoke.
    pub rule: Rule,
}

/// Puts both opinions together. Without rspamd, `answer` is none.
pub fn judge(own: &Opinion, answer: Option<&Answer>) -> Judgement {
    let own = match own {
        Opinion::None(_) => Own::Nothing,
        Opinion::Score(score) if score.value >= SPAM_FROM => Own::Spam,
        Opinion::Score(score) if score.value >= SUSPECT_FROM => Own::Suspect,
        Opinion::Score(_) => Own::Ham,
    };
    let (standing, rule) = match (own, theirs(answer)) {
        (Own::Spam, Theirs::ClearlyHam) => (Standing::Spam, Rule::LearnedAgainst),
        (Own::Spam, Theirs::Nothing | Theirs::Pass | Theirs::Mark | Theirs::Reject) => {
            (Standing::Spam, Rule::Learned)
        }
        (Own::Ham, Theirs::Reject) => (Standing::Spam, Rule::RejectedAgainst),
        (Own::Nothing | Own::Suspect, Theirs::Reject) => (Standing::Spam, Rule::Rejected),
        (Own::Suspect, Theirs::Mark) => (Standing::Spam, Rule::BothDoubt),
        (Own::Nothing | Own::Ham, Theirs::Mark) => (Standing::Suspect, Rule::Marked),
        (Own::Suspect, Theirs::Nothing | Theirs::Pass | Theirs::ClearlyHam) => {
            (Standing::Suspect, Rule::Doubted)
        }
        (Own::Ham, Theirs::Nothing | Theirs::Pass | Theirs::ClearlyHam) => {
            (Standing::Ham, Rule::Known)
        }
        (Own::Nothing, Theirs::Pass | Theirs::ClearlyHam) => (Standing::Ham, Rule::Passed),
        (Own::Nothing, Theirs::Nothing) => (Standing::NoOpinion, Rule::Unjudged),
    };
    Judgement { standing, rule }
}

enum Own {
    Nothing,
    Ham,
    Suspect,
    Spam,
}

enum Theirs {
    Nothing,
    ClearlyHam,
    Pass,
    Mark,
    Reject,
}

fn theirs(answer: Option<&Answer>) -> Theirs {
    let Some(answer) = answer else { return Theirs::Nothing };
    match answer.action {
        // A pattern that ends the look at once is told as skipped, too; what was
        // merely passed over would pass.
        Action::AddHeader
        | Action::RewriteSubject
        | Action::Pass
        | Action::Greylist
        | Action::SoftReject
            if answer.is_skipped =>
        {
            Theirs::Nothing
        }
        Action::Reject | Action::Quarantine | Action::Discard => Theirs::Reject,
        Action::AddHeader | Action::RewriteSubject => Theirs::Mark,
        Action::Pass | Action::Greylist | Action::SoftReject if answer.score <= CLEARLY_HAM => {
            Theirs::ClearlyHam
        }
        Action::Pass | Action::Greylist => Theirs::Pass,
        // A limit was met before the mail was looked at.
        Action::SoftReject => Theirs::Nothing,
    }
}
