//! The one source of chance of a simulation: everything that is random comes from its seed.

use tidings_storage::Entropy;
use uuid::{Builder, Uuid};

/// A small generator. The same seed gives the same numbers, on every machine.
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    /// The generator of a seed; `stream` tells generators of one seed apart.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ stream))
    }

    /// 0 to `end` - 1; 0 if there is nothing below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.usize(..end) }
    }

    /// Between both, including them.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high)
    }

    /// Yes, so many times out of a hundred.
    pub(crate) fn percent(&mut self, yes: u32) -> bool {
        self.0.u32(..100) < yes
    }

    /// One of them, if there is any.
    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).cloned()
    }

    /// An id for something a client makes.
    pub(crate) fn uuid(&mut self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }
}

impl Entropy for Chance {
    fn bytes(&mut self) -> [u8; 16] {
        self.0.u128(..).to_be_bytes()
    }
}
