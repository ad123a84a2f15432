//! What there is to run: one file for each scenario.

mod access;
mod catch_up;
mod connect;
mod conversations;
mod fan_out;
mod finish;
mod herd;
mod idle;
mod life;
mod pace;
mod saturate;
mod slow_readers;
mod stage;

pub use catch_up::CatchUp;
pub use connect::Connect;
pub use conversations::{Conversations, Mixed};
pub use fan_out::{FanOut, Shape};
pub use herd::Herd;
pub use idle::Idle;
pub use pace::Pace;
pub use saturate::Saturate;
pub use slow_readers::SlowReaders;
