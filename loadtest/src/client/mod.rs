//! A client: one connection at a time, what it says and hears on it, and how it comes back.

pub mod decode;
pub mod device;
pub mod frame;
pub mod link;
pub mod message;

pub use decode::{Decoder, Incoming, Told};
pub use device::{Device, Habit};
pub use link::{Route, default_sources};
