//! The two decisions: what is done with a file that arrives, and what must be
//! true before what came of it is handed over. Total: there is always a
//! verdict, and it is a refusal unless a rule says otherwise.

use zones::Crossing;

use crate::facts::{Arrival, Found, Treatment};
use crate::floor::Floor;
use crate::policy::{Needs, Policy};

/// The verdict on an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treat {
    /// The rule that spoke; none if no rule fits.
    pub rule: Option<String>,
    /// What it orders.
    pub order: Order<Treatment>,
}

/// The verdict on what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The rule that spoke; none if no rule fits.
    pub rule: Option<String>,
    /// What is needed, or why it is refused.
    pub order: Order<Needs>,
    /// Why more is needed than the rule says.
    pub floors: Vec<Floor>,
}

/// Go on, or stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order<T> {
    /// Go on like this.
    Go(T),
    /// A rule refuses, and says why.
    Refuse(String),
    /// No rule fits: refused.
    NoRule,
    /// A scanner knows it: kept away from everybody, whatever the policy.
    Quarantine,
}

impl Policy {
    /// Decides how an arrival is treated.
    #[must_use]
    pub fn treatment(&self, arrival: &Arrival) -> Treat {
        let Some(rule) = self.treat.iter().find(|rule| rule.when.fit(arrival)) else {
            return Treat { rule: None, order: Order::NoRule };
        };
        let order = match &rule.order {
            Ok(treatment) if allowed(*treatment, arrival.crossing) => Order::Go(*treatment),
            // The reader refuses such a rule; decided again here, because this
            // is the line that keeps raw files out (B19).
            Ok(_) => Order::NoRule,
            Err(why) => Order::Refuse(why.clone()),
        };
        Treat { rule: Some(rule.name.clone()), order }
    }

    /// Decides what must be true before what came of a treatment is handed over.
    #[must_use]
    pub fn release(&self, arrival: &Arrival, treatment: Treatment, found: &Found) -> Release {
        let quiet = |rule, order| Release { rule, order, floors: Vec::new() };
        if !found.hits.is_empty() {
            return quiet(None, Order::Quarantine);
        }
        if !allowed(treatment, arrival.crossing) {
            return quiet(None, Order::NoRule);
        }
        let rule = self.release.iter().find(|rule| {
            rule.when.fit(arrival)
                && (rule.treatments.is_empty() || rule.treatments.contains(&treatment))
                && rule.fits_removed(&found.removed)
                && rule.persons_min.is_none_or(|least| found.persons.may_be(least))
        });
        let Some(rule) = rule else { return quiet(None, Order::NoRule) };
        let name = Some(rule.name.clone());
        match &rule.order {
            Err(why) => quiet(name, Order::Refuse(why.clone())),
            Ok(needs) => {
                let (needs, floors) = Floor::raise(*needs, arrival, treatment, found);
                Release { rule: name, order: Order::Go(needs), floors }
            }
        }
    }
}

/// Nothing goes unchanged toward the more protected side, and method ④ has a
/// meaning only there.
#[must_use]
pub(crate) fn allowed(treatment: Treatment, crossing: Crossing) -> bool {
    match treatment {
        Treatment::Text | Treatment::Image | Treatment::Rebuild => true,
        Treatment::Inspect => !crossing.is_outward(),
        Treatment::Unchanged => crossing.is_outward(),
    }
}
