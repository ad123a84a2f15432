//! Notifiers at work on a real store, with a clock moved by hand: what is sent, when, and how often.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

mod held;
mod office;
mod sends;
mod troubles;
