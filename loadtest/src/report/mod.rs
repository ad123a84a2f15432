//! What people and programs are told of a run.

mod summary;

pub use summary::*;
