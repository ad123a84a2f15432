//! What the tests from outside are written with: real `tidings` processes on loopback, real sockets,
//! a firm that is made as a host application would make it.
//!
//! * [`Server`] is a process with a folder of its own; it can be killed, stopped and started again.
//! * [`Firm`] is a tenant on it, held by its API key. [`Cast`] is a small one with people in it.
//! * [`Client`] is one connection of a person. It checks every event it gets against the rule of
//!   `seq` (none missing, none twice, none back), so that every test does.
//! * [`Http`] sends one request at a time.
//! * [`Postgres`] is one that can be crashed, with databases for the asking.
//! * [`Redis`] is one that can be broken in every way.
//! * [`Port`] is one that nobody else gets, whoever listens on it and whether anybody does.
//! * [`MailSink`] is a mail server that does with mails as it is told; [`Exim`] is a real one.
//! * [`Cluster`] is several nodes with both, with a [`FaultProxy`] between any two that talk. [`faults`]
//!   breaks it in every way while a [`Load`] uses it.
//!
//! Nothing sleeps: every wait is for something, and has a deadline that names it ([`within`]).
//!
//! **Invariant:** of our own crates only `protocol` is known here. What a server does is learnt
//! from outside.

mod authority;
mod binary;
mod client;
mod cluster;
mod endpoint;
mod fault_proxy;
pub mod faults;
mod firm;
mod http;
mod load;
mod logs;
mod mail;
mod port;
mod postgres;
mod process;
mod redis;
mod schema;
mod server;
mod traffic;
mod wait;

pub use authority::{Authority, Identity};
pub use binary::{Finished, loadtest, tidings, tidings_with};
pub use client::{Client, Closed};
pub use cluster::{Cluster, Node};
pub use endpoint::Endpoint;
pub use fault_proxy::FaultProxy;
pub use firm::{Cast, Firm, member_id};
pub use http::{Answer, Http};
pub use load::{Load, LoadReport, LoadSize};
pub use logs::Logs;
pub use mail::{Conduct, Exim, EximSetup, MailSink, Route, SinkSetup, SinkTls, Stage, TakenMail};
pub use port::Port;
pub use postgres::Postgres;
pub use process::Process;
pub use redis::Redis;
pub use schema::Schemas;
pub use server::Server;
pub use traffic::{history, key, messages, post, start_thread, thread};
pub use wait::{DEADLINE, now, within};
