//! Emails, end to end: real programs and a real database, and a mail server that does as it is told.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

mod answers;
mod apart;
mod checker;
mod journey;
mod scene;
