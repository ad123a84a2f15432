//! HTTP: the directory, settings, tokens, commands one at a time, and the door to the sockets.
//!
//! ```text
//! listener ─ connection ─▶ service: warp ─▶ Request ─▶ dispatch: ROUTES ─▶ handler ─▶ Response
//!                                                          │
//!                                                          └─ the same table ─▶ openapi()
//! ```
//!
//! * `listener` bounds connections in number and time, and drains them.
//! * `service` makes of a request what handlers take: one body, within its bounds.
//! * [`ROUTES`] is the one list of what there is: dispatching, the `OpenAPI` document and the access
//!   tests all read it.
//! * `pages` are for people who follow links in emails.
//! * `problem` is the one table from refusals to statuses.
//! * `upgrade` checks WebSocket handshakes and hands the connection over.
//!
//! Commands over HTTP have no rate of their own: each costs a connection, of which the number is
//! bounded, and waits for its answer.

mod commands;
mod cors;
mod directory;
mod input;
mod keys;
mod listener;
mod notices;
mod openapi;
mod ops;
mod pages;
mod patient;
mod problem;
mod request;
mod route;
mod routes;
mod service;
mod upgrade;

pub use listener::{serve, serve_ops};
pub use openapi::openapi;
pub use pages::LoggedIn;
pub use problem::{HttpProblem, Problem, status_of};
pub use route::{AccessKind, Listener, Route};
pub use routes::ROUTES;
