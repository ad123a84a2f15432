//! What there is to run: one file for each scenario.

mod fan_out;
mod finish;
mod pace;
mod stage;

pub use fan_out::{FanOut, Shape};
pub use pace::Pace;
