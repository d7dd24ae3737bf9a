//! Figures for Prometheus: how many requests, how long. No person, address or
//! path with an id in it.

use std::fmt::Write;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The console's figures; rooms register theirs beside them.
pub struct Metrics {
    registry: std::sync::Mutex<Registry>,
    requests: Family<Labels, Counter<u64, AtomicU64>>,
    seconds: Family<Labels, Histogram>,
    refusals: Refusals,
}

/// How often somebody was refused, by reason. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Family<Why, Counter<u64, AtomicU64>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Why(&'static str);

impl EncodeLabelSet for Why {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        use prometheus_client::encoding::EncodeLabel;
        ("why", self.0).encode(encoder.encode_label())
    }
}

impl Refusals {
    /// Counts one. Reasons are words of ours.
    pub fn count(&self, why: &'static str) {
        self.0.get_or_create(&Why(why)).inc();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Labels {
    route: &'static str,
    verb: &'static str,
    status: u16,
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        use prometheus_client::encoding::EncodeLabel;
        ("route", self.route).encode(encoder.encode_label())?;
        ("method", self.verb).encode(encoder.encode_label())?;
        ("status", u64::from(self.status)).encode(encoder.encode_label())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::<Labels, Counter<u64, AtomicU64>>::default();
        let seconds = Family::<Labels, Histogram>::new_with_constructor(|| {
            Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0])
        });
        let mut registry = Registry::with_prefix("sekisho");
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("request_seconds", "Time to answer", seconds.clone());
        let refusals = Refusals::default();
        registry.register("refusals", "Refused, by reason", refusals.0.clone());
        Self { registry: std::sync::Mutex::new(registry), requests, seconds, refusals }
    }
}

impl Metrics {
    /// Adds figures of others.
    pub fn register(&self, collector: Box<dyn Collector>) {
        let mut registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        registry.register_collector(collector);
    }

    /// Refusals, for whoever refuses before a request is there.
    #[must_use]
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    pub(crate) fn count(
        &self,
        route: &'static str,
        verb: &'static str,
        status: u16,
        took: Duration,
    ) {
        let labels = Labels { route, verb, status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// All figures in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut text = String::new();
        if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
            text.clear();
            _ = text.write_str("# EOF\n");
        }
        text
    }
}
