//! Which mails we have written about already. A mail server that did not hear our yes brings its mail
//! again, and must not hear a no then: whoever wrote it has an email of ours.
//!
//! It is kept in memory: after a restart such a mail may be refused although it was explained, and
//! after an hour an older one be explained twice.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidings_protocol::ClientKey;

/// Mails that are remembered. Mail servers come again within minutes, and we write little.
const MAILS_MAX: usize = 1_000;

/// The last mails that were explained, of all connections.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<VecDeque<ClientKey>>);

impl Memory {
    /// Whether a mail was explained.
    pub(super) fn knows(&self, mail: ClientKey) -> bool {
        self.mails().contains(&mail)
    }

    /// Remembers that a mail was explained, and forgets the oldest one for it.
    pub(super) fn remember(&self, mail: ClientKey) {
        let mut mails = self.mails();
        if mails.len() >= MAILS_MAX {
            mails.pop_front();
        }
        mails.push_back(mail);
    }

    /// Nobody leaves it half done.
    fn mails(&self) -> MutexGuard<'_, VecDeque<ClientKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mails_are_known() {
        let key = |number: usize| ClientKey(uuid::Uuid::from_u128(number as u128));
        let memory = Memory::default();
        assert!(!memory.knows(key(0)));
        for number in 0..=MAILS_MAX {
            memory.remember(key(number));
            assert!(memory.knows(key(number)));
        }
        assert!(!memory.knows(key(0)) && memory.knows(key(1)));
    }
}
