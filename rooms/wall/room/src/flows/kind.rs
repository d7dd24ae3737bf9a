//! The permit by which a declared flow opens, and its mechanism: it tells the
//! gate, which asks what is in force and has the kernel hold that.

use std::sync::Arc;
use std::time::Duration;

use base::Task;
use identity::Duty;
use permits::{
    Beneficiary, Closing, Field, Form, Held, Kind, Mechanism, Permit, PermitError, Reach, SPAN_MAX,
};
use store::Work;
use tokio::sync::Notify;

use crate::tables;

const MECHANISM: &str = "flow";

/// 領域間通信: a flow that the site declares passes, until an end.
pub const FLOW: Kind = Kind {
    name: "flow",
    span_max: SPAN_MAX,
    stretch: None,
    approver: Duty::ApproveFlow,
    reach: Reach::Body,
    beneficiary: Beneficiary::Body,
    fields: &[
        Field { name: "flow", form: Form::Text { characters_max: 40 }, is_required: true },
        Field { name: "path", form: Form::Text { characters_max: 1_000 }, is_required: true },
        Field { name: "owner", form: Form::Text { characters_max: 200 }, is_required: true },
        Field { name: "declaration", form: Form::Text { characters_max: 64 }, is_required: true },
    ],
    key: Some("flow"),
    emergency: None,
    mechanism: MECHANISM,
    closing: Closing::WithEnd,
    remind_before: Duration::from_secs(14 * 24 * 3_600),
    factors_to_apply: 2,
    only_program_applies: true,
};

/// Tells the gate that what should be open has changed. The wanted state is the
/// permits themselves.
pub struct FlowGate {
    /// Rung for the gate; it looks again until the change is there.
    pub(crate) bell: Arc<Notify>,
}

impl FlowGate {
    /// A mechanism that rings a gate's bell.
    #[must_use]
    pub const fn new(bell: Arc<Notify>) -> Self {
        Self { bell }
    }

    fn tell<'a>(&'a self, work: &'a mut Work) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            tables::turn_on(work).await?;
            self.bell.notify_one();
            Ok(())
        })
    }
}

impl Mechanism for FlowGate {
    fn name(&self) -> &'static str {
        MECHANISM
    }

    fn start<'a>(
        &'a self,
        work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        self.tell(work)
    }

    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        self.tell(work)
    }

    fn verify<'a>(
        &'a self,
        _work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async { Ok(Held::WithPermit) })
    }
}
