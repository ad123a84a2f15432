//! Sessions: what one connection may say and what comes of it.
//!
//! `state` decides, with `pace`, `heartbeat` and `joining`; `run` carries out; `join` brings a
//! socket into a room without a hole.

mod heartbeat;
mod join;
mod joining;
mod missed;
mod pace;
mod place;
mod run;
mod start;
mod state;

pub use heartbeat::{Beat, Heartbeat};
pub use joining::{Joining, Next, Plan};
pub use pace::Pace;
pub use run::run;
pub use state::{Rates, Session, Step, Tick};
