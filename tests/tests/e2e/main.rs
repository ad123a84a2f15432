//! End to end: real processes, real sockets, one file for each theme.

mod conversation;
mod durability;
mod resume;
