//! What an operator does and sees.

mod backup;
mod config;
mod disk;
mod moving;
mod observe;
mod store;
