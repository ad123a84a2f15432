//! End to end: real processes, real sockets, one file for each theme.

mod access;
mod api;
mod conversation;
mod demo;
mod durability;
mod openapi;
mod operations;
mod python;
mod resume;
mod tenants;
