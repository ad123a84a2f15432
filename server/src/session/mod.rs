//! Sessions: what one connection may say and what comes of it.
//!
//! `state` decides, with `pace` and `heartbeat`; `run` carries out; `join` brings a socket into a
//! room without a hole.

mod heartbeat;
mod join;
mod pace;
mod run;
mod start;
mod state;

pub use heartbeat::{Beat, Heartbeat};
pub use pace::Pace;
pub use run::run;
pub use state::{Rates, Session, Step, Tick};
