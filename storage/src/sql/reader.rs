//! Answers every question, each from one snapshot, however many statements it takes. A database
//! gives the snapshots; the questions themselves are in `query`.

use super::query::crowd::Crowds;
use super::query::{
    self, access, badges, directory, history, ledger, letter, notices, pulse, standing, thread,
    tokens, welcome,
};
use super::rows::OpError;
use super::{Db, SqlError};
use crate::access::{Access, Actor};
use crate::backend::{
    Claim, DueWork, Entrance, NoticeFacts, NoticeFilter, Pulse, QueryError, Reader, Standing,
    Unavailable,
};
use crate::letter::Letter;
use crate::operation::Epoch;
use std::path::Path;
use tidings_protocol::{
    Account, AccountId, ApiKey, Badges, Checked, Contact, ContactId, Event, Firm, FirmId, List,
    Member, MemberId, Notice, NoticeId, Page, Person, Receipt, Reply, Seq, ThreadId, ThreadSummary,
    Timestamp, TokenId, Welcome,
};

/// What a database gives to be asked questions.
pub(crate) trait Snapshots: Send {
    /// Everything that `question` reads is of one moment, after all that was acknowledged before.
    /// It may be asked again if that moment was lost.
    fn snapshot<T, E: From<SqlError>>(
        &mut self,
        question: impl FnMut(Db<'_>) -> Result<T, E>,
    ) -> Result<T, E>;

    /// What is kept from one join to the next.
    fn crowds(&mut self) -> &mut Crowds;

    /// As [`Reader::backup`].
    fn backup(&mut self, to: &Path) -> Result<(), Unavailable>;
}

fn read<T>(
    from: &mut impl Snapshots,
    question: impl FnMut(Db<'_>) -> Result<T, SqlError>,
) -> Result<T, Unavailable> {
    Ok(from.snapshot(question)?)
}

fn ask<T>(
    from: &mut impl Snapshots,
    question: impl FnMut(Db<'_>) -> Result<T, OpError>,
) -> Result<T, QueryError> {
    Ok(from.snapshot(question)?)
}

impl From<OpError> for QueryError {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Refused(refusal) => Self::Refused(refusal),
            OpError::Sql(error) => Self::Unavailable(error.into()),
        }
    }
}

impl<S: Snapshots> Reader for S {
    fn answer(
        &mut self,
        actor: Actor,
        command: &Checked,
        _now: Timestamp,
    ) -> Result<Reply, QueryError> {
        ask(self, |db| query::answer(db, actor, command.get()))
    }

    fn entrance(&mut self, actor: Actor, thread: ThreadId) -> Result<Entrance, QueryError> {
        let mut crowds = std::mem::take(self.crowds());
        let entrance = ask(self, |db| {
            thread::entrance(db, &mut crowds, actor, thread)
                .map_err(|error| query::within("join", error))
        });
        *self.crowds() = crowds;
        entrance
    }

    fn welcome(&mut self, actor: Actor) -> Result<Option<Welcome>, Unavailable> {
        ask(self, |db| welcome::welcome(db, actor)).map_err(|error| match error {
            QueryError::Unavailable(unavailable) => unavailable,
            QueryError::Refused(refusal) => Unavailable(refusal.to_string()),
        })
    }

    fn access(&mut self, actor: Actor) -> Result<Option<Access>, Unavailable> {
        read(self, |db| access::whole(db, actor))
    }

    fn badges(&mut self, actor: Actor) -> Result<Badges, Unavailable> {
        read(self, |db| badges::badges(db, actor))
    }

    fn summaries(&mut self, threads: &[ThreadId]) -> Result<Vec<ThreadSummary>, Unavailable> {
        read(self, |db| thread::summaries(db, threads))
    }

    fn events_after(
        &mut self,
        thread: ThreadId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Event>, Unavailable> {
        read(self, |db| history::events_after(db, thread, after, limit))
    }

    fn pulses(&mut self, threads: &[ThreadId]) -> Result<Vec<Pulse>, Unavailable> {
        read(self, |db| pulse::pulses(db, threads))
    }

    fn receipts(&mut self, thread: ThreadId) -> Result<Vec<Receipt>, Unavailable> {
        read(self, |db| pulse::receipts(db, thread))
    }

    fn epochs(&mut self, firms: &[FirmId]) -> Result<Vec<(FirmId, Epoch)>, Unavailable> {
        read(self, |db| pulse::epochs(db, firms))
    }

    fn token_stands(
        &mut self,
        actor: Actor,
        token: Option<TokenId>,
        issued: Timestamp,
    ) -> Result<bool, Unavailable> {
        read(self, |db| tokens::stands(db, actor, token, issued))
    }

    fn standings(&mut self, claims: &[Claim]) -> Result<Vec<Standing>, Unavailable> {
        read(self, |db| standing::standings(db, claims))
    }

    fn firm_of_api_key(&mut self, hash: &[u8; 32]) -> Result<Option<FirmId>, Unavailable> {
        read(self, |db| tokens::firm_of_api_key(db, hash))
    }

    fn signing_secret(&mut self) -> Result<[u8; 32], Unavailable> {
        read(self, tokens::signing_secret)
    }

    fn firm(&mut self, firm: FirmId) -> Result<Option<Firm>, Unavailable> {
        read(self, |db| directory::firm(db, firm))
    }

    fn members(&mut self, firm: FirmId, page: &Page) -> Result<List<Member>, QueryError> {
        ask(self, |db| directory::members(db, firm, page))
    }

    fn member(&mut self, firm: FirmId, member: MemberId) -> Result<Option<Member>, Unavailable> {
        read(self, |db| directory::member(db, firm, member))
    }

    fn accounts(&mut self, firm: FirmId, page: &Page) -> Result<List<Account>, QueryError> {
        ask(self, |db| directory::accounts(db, firm, page))
    }

    fn account(
        &mut self,
        firm: FirmId,
        account: AccountId,
    ) -> Result<Option<Account>, Unavailable> {
        read(self, |db| directory::account(db, firm, account))
    }

    fn contacts(
        &mut self,
        firm: FirmId,
        account: Option<AccountId>,
        page: &Page,
    ) -> Result<List<Contact>, QueryError> {
        ask(self, |db| directory::contacts(db, firm, account, page))
    }

    fn contact(
        &mut self,
        firm: FirmId,
        contact: ContactId,
    ) -> Result<Option<Contact>, Unavailable> {
        read(self, |db| directory::contact(db, firm, contact))
    }

    fn api_keys(&mut self, firm: FirmId) -> Result<Vec<ApiKey>, Unavailable> {
        read(self, |db| directory::api_keys(db, firm))
    }

    fn firm_of(&mut self, person: Person) -> Result<Option<FirmId>, Unavailable> {
        read(self, |db| directory::firm_of(db, person))
    }

    fn due(&mut self, now: Timestamp, limit: u32) -> Result<DueWork, Unavailable> {
        read(self, |db| notices::due(db, now, limit))
    }

    fn letter(&mut self, ids: &[NoticeId]) -> Result<Option<Letter>, Unavailable> {
        read(self, |db| letter::letter(db, ids))
    }

    fn notice_facts(&mut self, notice: NoticeId) -> Result<Option<NoticeFacts>, Unavailable> {
        read(self, |db| notices::facts(db, notice))
    }

    fn notices(
        &mut self,
        firm: FirmId,
        actor: Option<Actor>,
        filter: NoticeFilter,
        page: &Page,
    ) -> Result<List<Notice>, QueryError> {
        ask(self, |db| ledger::ledger(db, firm, actor, filter, page))
    }

    fn backup(&mut self, to: &Path) -> Result<(), Unavailable> {
        Snapshots::backup(self, to)
    }
}
