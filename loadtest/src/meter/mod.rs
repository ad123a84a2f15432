//! Counts and latencies, second by second and over the measured part of a run.

mod counts;
mod latency;
mod timeline;

pub use counts::Counts;
pub use latency::{Kind, Latencies};
pub use timeline::{Timeline, Watch};
pub(crate) use timeline::{real, seconds};
