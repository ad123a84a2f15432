//! A load tester for Tidings: thousands of clients that behave like people and devices. It
//! measures, and it proves that nothing was lost.

pub mod cast;
pub mod check;
pub mod cli;
pub mod client;
pub mod floor;
pub mod machine;
pub mod meter;
pub mod options;
mod readback;
pub mod record;
pub mod report;
pub mod scenario;
pub mod summary;
pub mod target;
pub mod world;
