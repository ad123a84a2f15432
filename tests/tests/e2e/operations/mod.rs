//! What an operator does and sees.

mod backup;
mod config;
mod disk;
mod observe;
mod store;
