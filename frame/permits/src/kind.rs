//! The kinds of permit: what each asks, who decides, how long it may last and
//! which mechanism carries it out. One list; rooms add theirs.

use std::time::Duration;

use identity::Duty;

use crate::scope::{Field, Form};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// No kind may last longer, a leap year's length.
pub const SPAN_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);
/// An emergency permit that nobody else confirms is gone after this.
pub const CONFIRM_WITHIN: Duration = DAY;

/// One kind of permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name: `a-z`, `0-9` and `-`, at most 40. Screens look up
    /// `permit-kind-NAME`.
    pub name: &'static str,
    /// The longest time from start to end.
    pub span_max: Duration,
    /// A longer span that an exception (例外措置) in force may open.
    pub stretch: Option<Stretch>,
    /// The duty that decides.
    pub approver: Duty,
    /// Where the approver must hold the duty.
    pub reach: Reach,
    /// Whose ability it is.
    pub beneficiary: Beneficiary,
    /// What an application must say.
    pub fields: &'static [Field],
    /// The field by which the mechanism looks the permit up, if any.
    pub key: Option<&'static str>,
    /// The duty that may start one at once, before another person confirms it.
    pub emergency: Option<Duty>,
    /// The name of the [`crate::Mechanism`] that gives and takes the ability.
    pub mechanism: &'static str,
    /// How its life closes.
    pub closing: Closing,
    /// How long before the end the applicant is reminded; nothing if the span
    /// is shorter than twice that.
    pub remind_before: Duration,
    /// How many factors an applicant must have shown: 2, or 1 where the permit
    /// is for somebody who lost one.
    pub factors_to_apply: u8,
    /// True if nobody writes an application: the program does, in the name of
    /// whoever asked for something that needs one.
    pub only_program_applies: bool,
}

/// A longer span under an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The limit that the exception names; its value is in hours.
    pub limit: &'static str,
    /// No exception goes beyond this.
    pub span_max: Duration,
}

/// Where an approver must hold the duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In the permit's section, or in the whole body.
    Section,
    /// In the whole body.
    Body,
}

/// Whose ability a permit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beneficiary {
    /// The applicant's own.
    Applicant,
    /// That of a person whom the application names, perhaps the applicant.
    Named,
    /// Nobody's: it is for the body as a whole.
    Body,
}

/// How a life closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// With its end: nothing is to be reported.
    WithEnd,
    /// When somebody has reported what was done.
    ByReport,
}

/// All kinds of this program.
#[derive(Clone, Debug)]
pub struct Kinds(Vec<Kind>);

/// Why a list of kinds was not taken: the program is put together wrongly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("permit kind {kind}: {why}")]
pub struct KindError {
    /// Which kind.
    pub kind: String,
    /// What is wrong.
    pub why: &'static str,
}

/// The mechanism of kinds whose ability is nothing but the permit itself, read
/// on every use.
pub const IN_FORCE: &str = "in-force";
/// The mechanism that lets one-time codes stand in for a lost factor.
pub const LOST_FACTOR_CODE: &str = "lost-factor-code";
/// The mechanism of programs' tokens.
pub const TOKEN: &str = "token";

/// Data leaves a zone on a medium or by transfer (情報持出し). Board of Audit
/// findings B8–B11: never without an end, at most a day, never without the
/// section manager.
pub const EXPORT: Kind = Kind {
    name: "export",
    span_max: DAY,
    stretch: Some(Stretch { limit: "export-hours", span_max: Duration::from_secs(7 * 24 * 3_600) }),
    approver: Duty::ApproveExport,
    reach: Reach::Section,
    beneficiary: Beneficiary::Applicant,
    fields: &[
        Field { name: "what", form: Form::Text { characters_max: 500 }, is_required: true },
        Field { name: "destination", form: Form::Text { characters_max: 200 }, is_required: true },
        Field {
            name: "medium",
            form: Form::Choice(&["registered-medium", "transfer", "terminal"]),
            is_required: true,
        },
        Field {
            name: "personal-data",
            form: Form::Choice(&["none", "personal", "my-number"]),
            is_required: true,
        },
        Field { name: "files", form: Form::Number { min: 1, max: 100_000 }, is_required: false },
    ],
    key: None,
    emergency: Some(Duty::Emergency),
    mechanism: IN_FORCE,
    closing: Closing::ByReport,
    remind_before: HOUR,
    factors_to_apply: 2,
    only_program_applies: false,
};

/// Somebody without their second factor works for the day (B2, J7).
pub const LOST_FACTOR: Kind = Kind {
    name: "lost-factor",
    span_max: Duration::from_secs(8 * 3_600),
    stretch: None,
    approver: Duty::ApproveLostFactor,
    reach: Reach::Section,
    beneficiary: Beneficiary::Named,
    fields: &[
        Field {
            name: "factor",
            form: Form::Choice(&["one-time-code", "passkey", "certificate"]),
            is_required: true,
        },
        Field {
            name: "identified-by",
            form: Form::Text { characters_max: 200 },
            is_required: true,
        },
    ],
    key: None,
    emergency: None,
    mechanism: LOST_FACTOR_CODE,
    closing: Closing::WithEnd,
    remind_before: Duration::from_secs(1_800),
    factors_to_apply: 1,
    only_program_applies: false,
};

/// A program calls the interface in the name of its applicant.
pub const API_TOKEN: Kind = Kind {
    name: "api-token",
    span_max: SPAN_MAX,
    stretch: None,
    approver: Duty::ApproveToken,
    reach: Reach::Body,
    beneficiary: Beneficiary::Applicant,
    fields: &[
        Field { name: "system", form: Form::Text { characters_max: 100 }, is_required: true },
        Field { name: "scopes", form: Form::Names { count_max: 50 }, is_required: true },
    ],
    key: None,
    emergency: None,
    mechanism: TOKEN,
    closing: Closing::WithEnd,
    remind_before: Duration::from_secs(14 * 24 * 3_600),
    factors_to_apply: 2,
    only_program_applies: false,
};

/// A limit is lifted for some days (例外措置): with a reason, a mitigation and
/// an end.
pub const EXCEPTION: Kind = Kind {
    name: "exception",
    span_max: Duration::from_secs(7 * 24 * 3_600),
    stretch: None,
    approver: Duty::ApproveException,
    reach: Reach::Body,
    beneficiary: Beneficiary::Body,
    fields: &[
        Field { name: "limit", form: Form::Names { count_max: 1 }, is_required: true },
        Field {
            name: "value",
            form: Form::Number { min: 0, max: 1_000_000_000 },
            is_required: true,
        },
        Field { name: "mitigation", form: Form::Text { characters_max: 500 }, is_required: true },
    ],
    key: Some("limit"),
    emergency: Some(Duty::Emergency),
    mechanism: IN_FORCE,
    closing: Closing::ByReport,
    remind_before: DAY,
    factors_to_apply: 2,
    only_program_applies: false,
};

/// One person stands in for another who is away (代行), visibly.
pub const DEPUTY: Kind = Kind {
    name: "deputy",
    span_max: Duration::from_secs(30 * 24 * 3_600),
    stretch: None,
    approver: Duty::ApproveDeputy,
    reach: Reach::Body,
    beneficiary: Beneficiary::Named,
    fields: &[Field { name: "holder", form: Form::Person, is_required: true }],
    key: Some("holder"),
    emergency: None,
    mechanism: IN_FORCE,
    closing: Closing::WithEnd,
    remind_before: DAY,
    factors_to_apply: 2,
    only_program_applies: false,
};

/// The kinds of the frame itself.
pub const CORE: [Kind; 5] = [EXPORT, LOST_FACTOR, API_TOKEN, EXCEPTION, DEPUTY];

impl Kinds {
    /// Takes the frame's kinds and those of the rooms.
    ///
    /// # Errors
    /// If two share a name, or one breaks a rule of [`Kind`].
    pub fn new(rooms: impl IntoIterator<Item = Kind>) -> Result<Self, KindError> {
        let mut all: Vec<Kind> = Vec::new();
        for kind in CORE.into_iter().chain(rooms) {
            let fault = |why| KindError { kind: kind.name.to_owned(), why };
            if all.iter().any(|known| known.name == kind.name) {
                return Err(fault("its name is taken"));
            }
            check(&kind).map_err(fault)?;
            all.push(kind);
        }
        Ok(Self(all))
    }

    /// The kind of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Kind> {
        self.0.iter().find(|kind| kind.name == name)
    }

    /// All, the frame's first.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.0.iter()
    }
}

fn check(kind: &Kind) -> Result<(), &'static str> {
    let is_name = |name: &str, length_max: usize| {
        (1..=length_max).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let spans = [Some(kind.span_max), kind.stretch.map(|stretch| stretch.span_max)];
    if !is_name(kind.name, 40) || !is_name(kind.mechanism, 40) {
        Err("a name needs 1 to 40 of a-z, 0-9 and -")
    } else if kind.fields.iter().any(|field| !is_name(field.name, 40)) {
        Err("a field's name needs 1 to 40 of a-z, 0-9 and -")
    } else if spans
        .into_iter()
        .flatten()
        .any(|span| span < Duration::from_secs(60) || span > SPAN_MAX)
    {
        Err("a span is from a minute to 366 days")
    } else if kind.stretch.is_some_and(|stretch| stretch.span_max <= kind.span_max) {
        Err("a stretch is longer than the span")
    } else if kind
        .key
        .is_some_and(|key| !kind.fields.iter().any(|field| field.name == key && field.is_required))
    {
        Err("the key is a required field")
    } else if !(1..=2).contains(&kind.factors_to_apply) {
        Err("an applicant shows 1 or 2 factors")
    } else if kind.factors_to_apply == 1 && kind.emergency.is_some() {
        Err("nobody starts at once with one factor")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spans_are_those_of_the_findings() {
        let hours = |kind: Kind| kind.span_max.as_secs() / 3_600;
        assert_eq!(hours(EXPORT), 24);
        assert_eq!(EXPORT.stretch.unwrap().span_max, 7 * DAY);
        assert_eq!([LOST_FACTOR, EXCEPTION, DEPUTY].map(hours), [8, 7 * 24, 30 * 24]);
    }

    #[test]
    fn a_room_adds_a_kind_and_cannot_replace_one() {
        let visit = Kind { name: "visit", ..EXPORT };
        assert_eq!(Kinds::new([visit]).unwrap().find("visit"), Some(&visit));
        let longer = Kind { span_max: SPAN_MAX, stretch: None, ..EXPORT };
        assert_eq!(Kinds::new([longer]).unwrap_err().why, "its name is taken");
    }

    #[test]
    fn no_kind_is_without_an_end() {
        let endless = Kind { name: "endless", span_max: Duration::MAX, stretch: None, ..EXPORT };
        assert_eq!(Kinds::new([endless]).unwrap_err().why, "a span is from a minute to 366 days");
    }
}
