//! Postfix, driven: its configuration written and checked, the program watched,
//! its queue and log read; and the sockets around it, by which a mail comes to us
//! and goes back. Knows no database and judges no mail.

mod door;
mod files;
mod hand_over;
mod log;
mod names;
mod place;
pub mod policy;
mod postfix;
mod setting;
mod witness;

pub use door::{Answer, Arrived, Door, DoorError, DoorSetting};
pub use files::files;
pub use hand_over::{Delivery, HandOver, HandOverSetting, Outcome};
pub use log::{Event, Line, Status, Tail, TailError};
pub use names::{Domain, Host, Ident, Label, NameError, Network, QueueId, SafePath};
pub use place::Place;
pub use postfix::{
    Install, Postfix, PostfixError, Queue, QueueLimits, Queued, QueuedReceiver, Running, State,
};
pub use setting::{
    Back, Body, Certificate, Filter, Limits, Next, NextTls, Onward, PolicyDown, Setting,
    SettingError, Side, Sides,
};
pub use witness::{Took, Witness};
