//! Breaking a cluster in every way that a cluster breaks, while a load tester uses it, and holding
//! what its clients saw against what was promised.
//!
//! * [`Fault`] is one way, with its beginning and its end.
//! * [`Campaign`] inflicts them, alone or two at a time, and waits after each until every node
//!   serves again, which [`Probe`] finds out as a client would.
//! * [`Tally`] keeps how often each was done and how long recovering took.

mod campaign;
mod exhaust;
mod fault;
mod probe;
mod tally;

pub use campaign::Campaign;
pub use fault::Fault;
pub use probe::Probe;
pub use tally::Tally;
