//! What was caught, what was held wrongly, and where a border would have to lie.

use mail_spam::Class;

/// Counts of one measurement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rates {
    spam: usize,
    spam_caught: usize,
    ham: usize,
    ham_held: usize,
}

impl Rates {
    pub(super) fn caught(self) -> f64 {
        share(self.spam_caught, self.spam)
    }

    pub(super) fn held(self) -> f64 {
        share(self.ham_held, self.ham)
    }

    pub(super) fn told_caught(self) -> String {
        format!("{:.2} % ({} of {})", self.caught() * 100.0, self.spam_caught, self.spam)
    }

    pub(super) fn told_held(self) -> String {
        format!("{:.2} % ({} of {})", self.held() * 100.0, self.ham_held, self.ham)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            spam: self.spam + other.spam,
            spam_caught: self.spam_caught + other.spam_caught,
            ham: self.ham + other.ham,
            ham_held: self.ham_held + other.ham_held,
        }
    }
}

fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// Counts what lies at or above a border.
pub(super) fn rates(values: &[(f64, Class)], border: f64) -> Rates {
    let mut rates = Rates::default();
    for (value, class) in values {
        let is_held = usize::from(*value >= border);
        match class {
            Class::Spam => {
                (rates.spam, rates.spam_caught) = (rates.spam + 1, rates.spam_caught + is_held)
            }
            Class::Ham => (rates.ham, rates.ham_held) = (rates.ham + 1, rates.ham_held + is_held),
        }
    }
    rates
}

/// The lowest border that holds no more than this share of the ham.
pub(super) fn bound(values: &[(f64, Class)], share: f64) -> f64 {
    let ham = values.iter().filter(|(_, class)| *class == Class::Ham);
    let mut ham: Vec<f64> = ham.map(|(value, _)| *value).collect();
    ham.sort_by(|a, b| b.total_cmp(a));
    let allowed = (ham.len() as f64 * share) as usize;
    // Just above the first that must not be held.
    ham.get(allowed).map_or(f64::NEG_INFINITY, |value| value + 1e-9)
}
