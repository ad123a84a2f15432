//! Time and chance, given from outside: real ones at the top of a program, made-up ones in tests.

use tidings_protocol::Timestamp;

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now. May jump, back too: nothing relies on it going forward.
    fn now(&self) -> Timestamp;
}

/// Where ids get their randomness from.
pub trait Entropy: Send {
    /// 16 random bytes.
    fn bytes(&mut self) -> [u8; 16];
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system has randomness");
        bytes
    }
}
