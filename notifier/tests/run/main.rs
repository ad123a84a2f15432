//! Notifiers at work on a real store, with a clock moved by hand: what is sent, when, and how often.

mod held;
mod office;
mod sends;
mod troubles;
