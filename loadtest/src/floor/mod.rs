//! The floor: what a server costs that does nothing but send. It does the handshake, and then, for
//! each message that comes in, one `send(2)` of a ready-made frame per recipient: no queue, no
//! store, no parsing beyond the frame. It differs from machine to machine and from hour to hour, so
//! it is measured beside every run that is compared with it.

mod load;
mod serve;

pub use load::cost;
pub use serve::serve;
