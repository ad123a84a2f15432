//! What PostgreSQL does beyond the contract: several nodes on one database, and every way in which
//! it can go away in the middle of something.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(missing_docs, unreachable_pub, reason = "the names of the tests say it")]
#![allow(clippy::panic, clippy::cast_possible_truncation, reason = "numbers in tests are small")]

mod doubt;
mod firm;
mod nodes;
mod notices;
mod opening;
mod outages;
mod proxy;
mod tls;
mod waiting;
