//! What the writer remembers, so that a post reads nothing. Where there is one writer, what is
//! remembered is what is stored, and lasts from batch to batch; after a failure, or a change from
//! outside, all of it is forgotten.

use super::ahead::Ahead;
use super::facts::{self, AccountFacts, FirmFacts, PersonFacts};
use super::thread::Thread;
use crate::mention::Names;
use crate::sql::{Db, SqlError};
use lru::LruCache;
use std::hash::Hash;
use std::sync::Arc;
use tidings_protocol::{AccountId, FirmId, Person, ThreadId};

/// Most threads remembered, with everybody's part: a few KiB each.
const THREADS_MAX: usize = 8_192;
/// Most people remembered; their assigned accounts are the largest part.
const PEOPLE_MAX: usize = 16_384;
/// Most accounts remembered.
const ACCOUNTS_MAX: usize = 16_384;
/// Most firms remembered, and of as many the names of their teams.
const FIRMS_MAX: usize = 512;

/// Least recently used goes first, but only in [`Memory::trim`]: within a batch nothing is lost,
/// so threads with changes that are not yet written stay. That somebody is not there is remembered
/// too.
pub(crate) struct Memory {
    threads: LruCache<ThreadId, Box<Thread>>,
    people: LruCache<Person, Option<Arc<PersonFacts>>>,
    accounts: LruCache<AccountId, Option<AccountFacts>>,
    firms: LruCache<FirmId, Option<Arc<FirmFacts>>>,
    names: LruCache<FirmId, Arc<Names>>,
    ahead: Ahead,
}

impl Memory {
    /// Nothing.
    pub(super) fn new() -> Self {
        Self {
            threads: LruCache::unbounded(),
            people: LruCache::unbounded(),
            accounts: LruCache::unbounded(),
            firms: LruCache::unbounded(),
            names: LruCache::unbounded(),
            ahead: Ahead::default(),
        }
    }

    /// What was read for the batch before it began.
    pub(crate) fn ahead(&mut self) -> &mut Ahead {
        &mut self.ahead
    }

    /// Learns of somebody before it is asked for.
    pub(crate) fn learn_person(&mut self, person: Person, facts: Option<PersonFacts>) {
        self.people.put(person, facts.map(Arc::new));
    }

    /// Learns of a firm.
    pub(crate) fn learn_firm(&mut self, firm: FirmId, facts: Option<FirmFacts>) {
        self.firms.put(firm, facts.map(Arc::new));
    }

    /// Learns of an account.
    pub(crate) fn learn_account(&mut self, account: AccountId, facts: Option<AccountFacts>) {
        self.accounts.put(account, facts);
    }

    /// Somebody who may log in.
    pub(super) fn person(
        &mut self,
        db: Db<'_>,
        person: Person,
    ) -> Result<Option<Arc<PersonFacts>>, SqlError> {
        let load = || Ok(facts::person(db, person)?.map(Arc::new));
        recall(&mut self.people, person, load)
    }

    /// A firm.
    pub(super) fn firm(
        &mut self,
        db: Db<'_>,
        firm: FirmId,
    ) -> Result<Option<Arc<FirmFacts>>, SqlError> {
        recall(&mut self.firms, firm, || Ok(facts::firm(db, firm)?.map(Arc::new)))
    }

    /// The active team of a firm, by name.
    pub(super) fn names(&mut self, db: Db<'_>, firm: FirmId) -> Result<Arc<Names>, SqlError> {
        if let Some(names) = self.names.get(&firm) {
            return Ok(Arc::clone(names));
        }
        let names = Arc::new(facts::names(db, firm)?);
        self.names.put(firm, Arc::clone(&names));
        Ok(names)
    }

    /// An account.
    pub(super) fn account(
        &mut self,
        db: Db<'_>,
        account: AccountId,
    ) -> Result<Option<AccountFacts>, SqlError> {
        recall(&mut self.accounts, account, || facts::account(db, account))
    }

    /// Takes a thread out, to be changed and put back.
    pub(super) fn take_thread(
        &mut self,
        db: Db<'_>,
        id: ThreadId,
    ) -> Result<Option<Box<Thread>>, SqlError> {
        match self.threads.pop(&id) {
            Some(thread) => Ok(Some(thread)),
            None if self.ahead.is_missing(id) => Ok(None),
            None => Ok(Thread::load(db, id)?.map(Box::new)),
        }
    }

    /// Puts a thread back, or a new one in.
    pub(crate) fn put_thread(&mut self, thread: Box<Thread>) {
        self.threads.put(thread.id, thread);
    }

    /// A thread that is in.
    pub(super) fn thread_mut(&mut self, id: ThreadId) -> Option<&mut Thread> {
        self.threads.peek_mut(&id).map(|thread| &mut **thread)
    }

    /// Forgets somebody, whose row has changed.
    pub(super) fn forget_person(&mut self, person: Person) {
        self.people.pop(&person);
    }

    /// Forgets people, accounts and firms, of which something has changed.
    pub(super) fn forget_directory(&mut self) {
        self.people.clear();
        self.accounts.clear();
        self.firms.clear();
        self.names.clear();
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.threads.clear();
        self.forget_directory();
        self.ahead = Ahead::default();
    }

    /// Forgets what is over the bounds. Only when everything has been written.
    pub(super) fn trim(&mut self) {
        shrink(&mut self.threads, THREADS_MAX);
        shrink(&mut self.people, PEOPLE_MAX);
        shrink(&mut self.accounts, ACCOUNTS_MAX);
        shrink(&mut self.firms, FIRMS_MAX);
        shrink(&mut self.names, FIRMS_MAX);
    }
}

fn recall<K: Hash + Eq, V: Clone>(
    cache: &mut LruCache<K, Option<V>>,
    key: K,
    load: impl FnOnce() -> Result<Option<V>, SqlError>,
) -> Result<Option<V>, SqlError> {
    if let Some(value) = cache.get(&key) {
        return Ok(value.clone());
    }
    let loaded = load()?;
    cache.put(key, loaded.clone());
    Ok(loaded)
}

fn shrink<K: Hash + Eq, V>(cache: &mut LruCache<K, V>, max: usize) {
    while cache.len() > max {
        cache.pop_lru();
    }
}
