//! What people and programs are told of a run.

mod axis;
mod chart;
mod content;
mod enough;
mod file;
pub mod html;
pub mod json;
mod live;
mod plots;
#[cfg(test)]
mod sample;
mod summary;
mod table;
mod thresholds;
mod units;
mod verdict;
#[cfg(test)]
mod well_formed;

pub use enough::{DONE_SHARE_MIN, MADE_SHARE_MIN, MEASURED_SECONDS_MIN, enough};
pub use live::Live;
pub use summary::*;
pub use table::table;
pub use thresholds::Thresholds;
pub use verdict::settle;
