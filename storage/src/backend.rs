//! What a backend gives: one writer that takes batches, and readers beside it. The contract suite
//! in `tests/` says what they must do; the store in front of them gives the threads.

use crate::access::{Access, Actor};
use crate::letter::Letter;
use crate::operation::{Applied, Epoch, NoticesOf, Operation};
use std::path::Path;
use std::sync::Arc;
use tidings_protocol::{
    Account, AccountId, Answers, ApiKey, Badges, Checked, Contact, ContactId, Event, Firm, FirmId,
    List, Member, MemberId, Notice, NoticeId, NoticeKind, Page, Person, Receipt, Refusal,
    ReminderState, Reply, Seq, SharedPeople, Task, ThreadId, ThreadItem, ThreadSummary, Timestamp,
    TokenId, Welcome,
};

/// The store can't do it now; nothing was done. Safe to retry.
#[derive(Debug, Clone, thiserror::Error)]
#[error("store unavailable: {0}")]
pub struct Unavailable(pub String);

/// Why a query has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    /// The question was wrong, or not for this actor.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A thread as it stands, for whoever joins it.
#[derive(Debug)]
pub struct Entrance {
    /// The thread, and how far this person has read it.
    pub item: ThreadItem,
    /// Its tasks, in their order.
    pub tasks: Vec<Task>,
    /// Who has read how far, and who takes part.
    pub people: Arc<SharedPeople>,
}

/// How a live thread stands, by which a room knows whether it missed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Which.
    pub thread: ThreadId,
    /// Its firm.
    pub firm: FirmId,
    /// How often access had ended there when this was read.
    pub epoch: Epoch,
    /// The last event.
    pub head: Seq,
    /// The sum of all receipts: another number means that somebody has read further.
    pub read: u64,
    /// How far its reminders are.
    pub reminder: ReminderState,
}

/// What is due for a notifier to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueWork {
    /// Threads to be looked at.
    pub look: Vec<(FirmId, ThreadId)>,
    /// Threads whose client is to be reminded.
    pub remind: Vec<(FirmId, ThreadId)>,
    /// Mails to be sent, each of one or more notices.
    pub mails: Vec<NoticesOf>,
    /// So many of them, the first ones, somebody waits for: links to log in.
    pub urgent: usize,
}

/// What is known of a notice, whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeFacts {
    /// For whom.
    pub actor: Actor,
    /// About which thread.
    pub thread: Option<ThreadId>,
    /// What it tells of.
    pub kind: NoticeKind,
    /// When it was made.
    pub created: Timestamp,
    /// When its mail was first about to be sent.
    pub mailed: Option<Timestamp>,
    /// How often it was about to be sent.
    pub attempts: u32,
    /// Whether its link has logged somebody in.
    pub used: bool,
    /// The address of its person.
    pub email: String,
    /// What becomes of answers by email in that firm.
    pub answers: Answers,
}

/// Which entries of the ledger are wanted. All conditions hold together.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoticeFilter {
    /// Of one thread only.
    pub thread: Option<ThreadId>,
    /// Of one person only.
    pub person: Option<Person>,
}

/// Somebody who goes by some tokens.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Who.
    pub actor: Actor,
    /// Ids of the tokens that have one, and when each was issued.
    pub tokens: Vec<(Option<TokenId>, Timestamp)>,
}

/// How somebody stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As [`Reader::access`].
    pub access: Option<Access>,
    /// Whether all of the tokens do, as [`Reader::token_stands`].
    pub tokens_stand: bool,
}

/// Makes operations durable, one batch at a time.
pub trait Writer: Send {
    /// Applies the operations in order, in one durable transaction: each of them wholly, or not
    /// at all with a refusal. On an error none of them is done, and the next call starts afresh.
    fn apply(&mut self, batch: Vec<Operation>, now: Timestamp)
    -> Result<Vec<Applied>, Unavailable>;

    /// Whether an operation keeps other nodes waiting until its batch ends. Then it shares its batch
    /// only with its like, for the others would keep them waiting for longer.
    fn shuts_out(&self, operation: &Operation) -> bool {
        let _ = operation;
        false
    }

    /// Called now and then when there is nothing to apply: tidying up.
    fn idle(&mut self) {}
}

/// Answers questions from what was committed. A reader sees every commit that was acknowledged
/// before it was asked.
pub trait Reader: Send {
    /// Answers a reading command, bound to what the actor may see: `get_thread`, `history`,
    /// lists, progress, preferences.
    fn answer(
        &mut self,
        actor: Actor,
        command: &Checked,
        now: Timestamp,
    ) -> Result<Reply, QueryError>;

    /// What `get_thread` answers, for whoever joins the thread: its people are shared with others
    /// who join it meanwhile.
    fn entrance(&mut self, actor: Actor, thread: ThreadId) -> Result<Entrance, QueryError>;

    /// Everything of a welcome but the token and the clock, whose fields it leaves 0. None if the
    /// person has no access.
    fn welcome(&mut self, actor: Actor) -> Result<Option<Welcome>, Unavailable>;

    /// What a person may see now. None if it may not log in or is not of that firm.
    fn access(&mut self, actor: Actor) -> Result<Option<Access>, Unavailable>;

    /// The numbers on a person's icons.
    fn badges(&mut self, actor: Actor) -> Result<Badges, Unavailable>;

    /// Threads as lists show them, whoever asks: for feeds, which check access themselves.
    fn summaries(&mut self, threads: &[ThreadId]) -> Result<Vec<ThreadSummary>, Unavailable>;

    /// A page of events after a position, whoever asks: for rooms, which repair a gap. Only `limit`
    /// bounds it, so that a shorter page is the last.
    fn events_after(
        &mut self,
        thread: ThreadId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Event>, Unavailable>;

    /// How threads stand, all of one moment, whoever asks; those that don't exist are left out.
    fn pulses(&mut self, threads: &[ThreadId]) -> Result<Vec<Pulse>, Unavailable>;

    /// How far everybody has read a thread, whoever asks: for rooms that may have missed it.
    fn receipts(&mut self, thread: ThreadId) -> Result<Vec<Receipt>, Unavailable>;

    /// How often access has ended in each of these firms; those that don't exist are left out.
    fn epochs(&mut self, firms: &[FirmId]) -> Result<Vec<(FirmId, Epoch)>, Unavailable>;

    /// Whether a token still stands: it was not revoked by its id, nor by its person after it was
    /// issued. Tokens tell time in whole seconds: those of the second of a revocation are void.
    fn token_stands(
        &mut self,
        actor: Actor,
        token: Option<TokenId>,
        issued: Timestamp,
    ) -> Result<bool, Unavailable>;

    /// How many stand, all of one moment and in the order of the claims: [`Reader::access`] and
    /// [`Reader::token_stands`] for many, on as few journeys to the database as for one.
    fn standings(&mut self, claims: &[Claim]) -> Result<Vec<Standing>, Unavailable>;

    /// Whose API key has this SHA-256.
    fn firm_of_api_key(&mut self, hash: &[u8; 32]) -> Result<Option<FirmId>, Unavailable>;

    /// A random secret of 32 bytes that this store was born with: signs Tidings' own tokens.
    fn signing_secret(&mut self) -> Result<[u8; 32], Unavailable>;

    /// A firm. Every id below is looked up inside the firm given.
    fn firm(&mut self, firm: FirmId) -> Result<Option<Firm>, Unavailable>;
    /// Its team, by name.
    fn members(&mut self, firm: FirmId, page: &Page) -> Result<List<Member>, QueryError>;
    /// One of the team.
    fn member(&mut self, firm: FirmId, member: MemberId) -> Result<Option<Member>, Unavailable>;
    /// Its accounts, by name.
    fn accounts(&mut self, firm: FirmId, page: &Page) -> Result<List<Account>, QueryError>;
    /// One account.
    fn account(&mut self, firm: FirmId, account: AccountId)
    -> Result<Option<Account>, Unavailable>;
    /// Contacts of the firm or of one account, by name.
    fn contacts(
        &mut self,
        firm: FirmId,
        account: Option<AccountId>,
        page: &Page,
    ) -> Result<List<Contact>, QueryError>;
    /// One contact.
    fn contact(&mut self, firm: FirmId, contact: ContactId)
    -> Result<Option<Contact>, Unavailable>;
    /// Its API keys, oldest first.
    fn api_keys(&mut self, firm: FirmId) -> Result<Vec<ApiKey>, Unavailable>;
    /// Which firm a person belongs to, whoever asks: for the operator's command line.
    fn firm_of(&mut self, person: Person) -> Result<Option<FirmId>, Unavailable>;

    /// What is due at a time, of each kind at most so many: the longest due first.
    fn due(&mut self, now: Timestamp, limit: u32) -> Result<DueWork, Unavailable>;
    /// All that the mail of these notices says, which were claimed together. None if there is nothing
    /// to say any more.
    fn letter(&mut self, notices: &[NoticeId]) -> Result<Option<Letter>, Unavailable>;
    /// One notice, whoever asks: for the links of a mail and for answers to it.
    fn notice_facts(&mut self, notice: NoticeId) -> Result<Option<NoticeFacts>, Unavailable>;
    /// A firm's ledger, newest first. With an actor, what that member may see of it.
    fn notices(
        &mut self,
        firm: FirmId,
        actor: Option<Actor>,
        filter: NoticeFilter,
        page: &Page,
    ) -> Result<List<Notice>, QueryError>;

    /// Writes a consistent copy of everything to a new file, while writing goes on.
    fn backup(&mut self, to: &Path) -> Result<(), Unavailable>;
}
