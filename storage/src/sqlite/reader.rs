//! Answers queries on a connection of its own, beside the writer: each answer from one snapshot,
//! however many statements it takes. The questions themselves are in `query`.

use super::backup;
use super::query::crowd::Crowds;
use super::query::{self, access, badges, directory, history, pulse, thread, tokens, welcome};
use super::rows::OpError;
use crate::access::{Access, Actor};
use crate::backend::{Entrance, Pulse, QueryError, Reader, Unavailable};
use crate::operation::Epoch;
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tidings_protocol::{
    Account, AccountId, ApiKey, Badges, Checked, Contact, ContactId, Event, Firm, FirmId, List,
    Member, MemberId, Page, Person, Receipt, Reply, Seq, ThreadId, ThreadSummary, Timestamp,
    TokenId, Welcome,
};

/// A reader of an SQLite database.
pub struct SqliteReader {
    db: Connection,
    crowds: Crowds,
    /// Keeps other servers off for as long as there is a reader.
    _lock: Option<Arc<File>>,
}

impl SqliteReader {
    /// Reads by a connection, which from now on can't write.
    pub(super) fn new(db: Connection, lock: Option<Arc<File>>) -> rusqlite::Result<Self> {
        db.pragma_update(None, "query_only", true)?;
        Ok(Self { db, crowds: Crowds::default(), _lock: lock })
    }

    /// Everything that `question` reads is of one moment.
    fn snapshot<T, E: From<rusqlite::Error>>(
        &mut self,
        question: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        // Dropped without a commit: there is nothing to keep.
        let snapshot = self.db.transaction()?;
        question(&snapshot)
    }

    fn read<T>(
        &mut self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Unavailable> {
        self.snapshot(question).map_err(unavailable)
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce(&Connection) -> Result<T, OpError>,
    ) -> Result<T, QueryError> {
        self.snapshot(question).map_err(why)
    }
}

fn why(error: OpError) -> QueryError {
    match error {
        OpError::Refused(refusal) => QueryError::Refused(refusal),
        OpError::Sql(error) => QueryError::Unavailable(unavailable(error)),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn unavailable(error: rusqlite::Error) -> Unavailable {
    Unavailable(error.to_string())
}

impl Reader for SqliteReader {
    fn answer(
        &mut self,
        actor: Actor,
        command: &Checked,
        _now: Timestamp,
    ) -> Result<Reply, QueryError> {
        self.ask(|db| query::answer(db, actor, command.get()))
    }

    fn entrance(&mut self, actor: Actor, thread: ThreadId) -> Result<Entrance, QueryError> {
        let Self { db, crowds, .. } = self;
        let snapshot = db.transaction().map_err(|error| why(error.into()))?;
        thread::entrance(&snapshot, crowds, actor, thread)
            .map_err(|error| why(query::within("join", error)))
    }

    fn welcome(&mut self, actor: Actor) -> Result<Option<Welcome>, Unavailable> {
        self.ask(|db| welcome::welcome(db, actor)).map_err(|error| match error {
            QueryError::Unavailable(unavailable) => unavailable,
            QueryError::Refused(refusal) => Unavailable(refusal.to_string()),
        })
    }

    fn access(&mut self, actor: Actor) -> Result<Option<Access>, Unavailable> {
        self.read(|db| access::whole(db, actor))
    }

    fn badges(&mut self, actor: Actor) -> Result<Badges, Unavailable> {
        self.read(|db| badges::badges(db, actor))
    }

    fn summaries(&mut self, threads: &[ThreadId]) -> Result<Vec<ThreadSummary>, Unavailable> {
        self.read(|db| thread::summaries(db, threads))
    }

    fn events_after(
        &mut self,
        thread: ThreadId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Event>, Unavailable> {
        self.read(|db| history::events_after(db, thread, after, limit))
    }

    fn pulses(&mut self, threads: &[ThreadId]) -> Result<Vec<Pulse>, Unavailable> {
        self.read(|db| pulse::pulses(db, threads))
    }

    fn receipts(&mut self, thread: ThreadId) -> Result<Vec<Receipt>, Unavailable> {
        self.read(|db| pulse::receipts(db, thread))
    }

    fn epochs(&mut self, firms: &[FirmId]) -> Result<Vec<(FirmId, Epoch)>, Unavailable> {
        self.read(|db| pulse::epochs(db, firms))
    }

    fn token_stands(
        &mut self,
        actor: Actor,
        token: Option<TokenId>,
        issued: Timestamp,
    ) -> Result<bool, Unavailable> {
        self.read(|db| tokens::stands(db, actor, token, issued))
    }

    fn firm_of_api_key(&mut self, hash: &[u8; 32]) -> Result<Option<FirmId>, Unavailable> {
        self.read(|db| tokens::firm_of_api_key(db, hash))
    }

    fn signing_secret(&mut self) -> Result<[u8; 32], Unavailable> {
        self.read(tokens::signing_secret)
    }

    fn firm(&mut self, firm: FirmId) -> Result<Option<Firm>, Unavailable> {
        self.read(|db| directory::firm(db, firm))
    }

    fn members(&mut self, firm: FirmId, page: &Page) -> Result<List<Member>, QueryError> {
        self.ask(|db| directory::members(db, firm, page))
    }

    fn member(&mut self, firm: FirmId, member: MemberId) -> Result<Option<Member>, Unavailable> {
        self.read(|db| directory::member(db, firm, member))
    }

    fn accounts(&mut self, firm: FirmId, page: &Page) -> Result<List<Account>, QueryError> {
        self.ask(|db| directory::accounts(db, firm, page))
    }

    fn account(
        &mut self,
        firm: FirmId,
        account: AccountId,
    ) -> Result<Option<Account>, Unavailable> {
        self.read(|db| directory::account(db, firm, account))
    }

    fn contacts(
        &mut self,
        firm: FirmId,
        account: Option<AccountId>,
        page: &Page,
    ) -> Result<List<Contact>, QueryError> {
        self.ask(|db| directory::contacts(db, firm, account, page))
    }

    fn contact(
        &mut self,
        firm: FirmId,
        contact: ContactId,
    ) -> Result<Option<Contact>, Unavailable> {
        self.read(|db| directory::contact(db, firm, contact))
    }

    fn api_keys(&mut self, firm: FirmId) -> Result<Vec<ApiKey>, Unavailable> {
        self.read(|db| directory::api_keys(db, firm))
    }

    fn firm_of(&mut self, person: Person) -> Result<Option<FirmId>, Unavailable> {
        self.read(|db| directory::firm_of(db, person))
    }

    fn backup(&mut self, to: &Path) -> Result<(), Unavailable> {
        backup::backup(&self.db, to)
    }
}
