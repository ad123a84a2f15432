//! What a run has said and heard.

mod history;
mod recorder;

pub use history::*;
pub use recorder::{Recorder, SeenIx};
