//! What a run has said and heard.

mod history;

pub use history::*;
