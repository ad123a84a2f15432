//! The bus over a real Redis that is broken in every way.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod cluster;
mod faults;
mod loss;
mod lossy;
mod nodes;
mod sharing;
mod support;
mod tls;
