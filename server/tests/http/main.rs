//! The HTTP API over real connections.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod api;
mod bounds;
mod handshake;
mod mails;
mod pages;
mod support;
