//! What a store is asked to make durable, and what it says it did.

use crate::access::Actor;
use crate::letter::AnswerProblem;
use serde::{Deserialize, Serialize};
use tidings_protocol::{
    Account, AccountId, AccountPatch, ApiKey, ApiKeyId, Checked, Command, Contact, ContactId,
    ContactPatch, Event, Firm, FirmId, FirmPatch, InboxItem, Member, MemberId, MemberPatch,
    NewAccount, NewContact, NewMember, NoticeId, NoticeReason, Person, Refusal, ReminderState,
    Reply, Revocation, Seq, ThreadId, Timestamp, TokenId,
};
use uuid::Uuid;

/// One thing to do in one transaction: all of it or nothing.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A person's command; one of those for which [`writes`] is true.
    Command {
        /// In whose name. The store checks what it may do, in the same transaction.
        actor: Actor,
        /// What.
        command: Checked,
    },
    /// A change to a firm's directory, by the holder of one of its API keys.
    Directory {
        /// The tenant.
        firm: FirmId,
        /// What.
        change: DirectoryChange,
    },
    /// A new tenant, by the operator.
    CreateFirm {
        /// Its name.
        name: String,
    },
    /// A thread is due to be looked at: whoever has something to be told of by email gets a notice, or
    /// is dropped with a reason. Does nothing if it is not due any more.
    Look {
        /// The tenant.
        firm: FirmId,
        /// Which.
        thread: ThreadId,
    },
    /// A reminder of a thread is due: it is put down, and its notices. Does nothing if it is not due
    /// any more.
    Remind {
        /// The tenant.
        firm: FirmId,
        /// Which.
        thread: ThreadId,
    },
    /// A notifier takes notices of one person that are due, to send them in one mail. Those of which
    /// there is nothing to tell any more are dropped.
    ClaimNotices {
        /// Whose, and which.
        notices: NoticesOf,
        /// Who takes them: one run of a notifier.
        holder: Uuid,
        /// Until when they are its own. Who has not settled them by then has died.
        until: Timestamp,
    },
    /// What became of the mail in which they went.
    SettleNotices {
        /// Whose, and which.
        notices: NoticesOf,
        /// Who took them.
        holder: Uuid,
        /// What became of it.
        sending: Sending,
    },
    /// A mail at somebody's own asking.
    AddNotice {
        /// Whose.
        actor: Actor,
        /// About which thread, if about one.
        thread: Option<ThreadId>,
        /// What it is.
        asked: Asked,
    },
    /// Somebody follows the link of a mail to log in.
    UseLogin {
        /// The notice whose link it is.
        notice: NoticeId,
        /// Links of mails from before are void.
        since: Timestamp,
    },
    /// Forgets entries of the ledger that were settled.
    ForgetNotices {
        /// Those made before.
        before: Timestamp,
        /// How many at most.
        limit: u32,
    },
    /// A node wants to be the one that does a job for all nodes.
    Claim {
        /// What is to be done.
        job: Job,
        /// Who wants to: one run of a node.
        holder: Uuid,
        /// Until when it holds the job, unless it claims it again before. The past gives it back.
        until: Timestamp,
    },
    /// Forgets revocations of tokens that have run out.
    ForgetRevocations {
        /// How many at most.
        limit: u32,
    },
}

/// Notices of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticesOf {
    /// The tenant.
    pub firm: FirmId,
    /// Whose.
    pub person: Person,
    /// Which, each with its thread if it is about one.
    pub notices: Vec<(NoticeId, Option<ThreadId>)>,
}

impl NoticesOf {
    /// The threads that they are about.
    pub(crate) fn threads(&self) -> impl Iterator<Item = ThreadId> {
        self.notices.iter().filter_map(|(_, thread)| *thread)
    }
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// A mail server took it.
    Sent {
        /// What the server said.
        answer: String,
        /// The mail's `Message-ID`, without angle brackets.
        message_id: String,
    },
    /// Not now; it is tried again.
    Later {
        /// What the server said, or what went wrong.
        answer: String,
        /// The mail's `Message-ID`, without angle brackets; empty if there was none to write.
        message_id: String,
        /// When.
        at: Timestamp,
    },
    /// Never: the team is told.
    Failed {
        /// What the server said, or what is wrong.
        answer: String,
        /// The mail's `Message-ID`, without angle brackets; empty if no mail could be written.
        message_id: String,
        /// Why.
        reason: NoticeReason,
    },
}

/// A mail that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A link to log in by, asked for by the host application. At most one a minute.
    Login,
    /// The same, asked for by whoever holds the link of an old mail. Few in a day, too.
    LoginAgain,
    /// To be told why an answer by email was not posted. At most one an hour for a thread and reason.
    AnswerRefused(AnswerProblem),
}

/// What one node does for all of them: whoever holds the lease of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// [`Operation::ForgetRevocations`] and [`Operation::ForgetNotices`], now and then.
    Forget,
}

/// A change to a firm's directory. Bounds have been checked.
#[derive(Clone, Debug)]
pub enum DirectoryChange {
    /// Settings of the firm.
    PatchFirm(FirmPatch),
    /// A new member.
    CreateMember(NewMember),
    /// Changes to a member.
    PatchMember(MemberId, MemberPatch),
    /// A new account.
    CreateAccount(NewAccount),
    /// Changes to an account.
    PatchAccount(AccountId, AccountPatch),
    /// Gives a member access to an account. Twice is once.
    Assign(AccountId, MemberId),
    /// Takes it away.
    Unassign(AccountId, MemberId),
    /// A new contact.
    CreateContact(NewContact),
    /// Changes to a contact.
    PatchContact(ContactId, ContactPatch),
    /// A new API key.
    CreateApiKey {
        /// What it is for.
        label: String,
        /// SHA-256 of the secret; the secret itself never gets here.
        hash: [u8; 32],
    },
    /// The end of an API key.
    DeleteApiKey(ApiKeyId),
    /// The end of tokens.
    Revoke {
        /// Which.
        revocation: Revocation,
        /// Until when it must be remembered: no token lives longer.
        remember_until: Timestamp,
    },
}

/// The answer to an operation that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// To a command.
    Reply(Reply),
    /// To a change of settings, or to `CreateFirm`.
    Firm(Firm),
    /// The member as it is now.
    Member(Member),
    /// The account as it is now.
    Account(Account),
    /// The contact as it is now.
    Contact(Contact),
    /// The new API key.
    ApiKey(ApiKey),
    /// Nothing to tell.
    Nothing,
    /// To a claim: whether the job is the claimant's until the time it asked for. The times of nodes
    /// whose clocks differ are compared, so a lease is to last much longer than clocks differ.
    Claimed(bool),
    /// So many of what was to be forgotten were.
    Forgotten(u64),
    /// To a claim of notices: those that are to be sent, in one mail.
    Notices(Vec<NoticeId>),
    /// To a login: who it is, and the thread that the mail was about.
    LoggedIn(Actor, Option<ThreadId>),
}

/// How often access had ended in a firm: one more with every change that takes something away from
/// somebody. Whoever hands on what was committed at an epoch must have heard of all ends up to it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Epoch(pub u64);

/// What an operation made durable, for whoever has to be told. An operation that changed nothing
/// (a repeated key, a receipt that goes back) has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The tenant.
    pub firm: FirmId,
    /// How often access had ended there, this commit included.
    pub epoch: Epoch,
    /// What happened in a thread.
    pub thread: Option<ThreadCommit>,
    /// Inbox items that are new, moved up, put away or brought back, and whose they are. Only
    /// items that their owner wants in the inbox.
    pub inbox: Vec<(MemberId, InboxItem)>,
    /// Changes to what people may see.
    pub access: Vec<AccessChange>,
}

/// What happened in one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadCommit {
    /// Which.
    pub thread: ThreadId,
    /// The client it belongs to.
    pub account: AccountId,
    /// Its last event now, of this commit or an earlier one.
    pub head: Seq,
    /// New events, in order, without gaps.
    pub events: Vec<Event>,
    /// Who has read further. Posting reads, so a post has one too.
    pub read: Option<ReadCommit>,
    /// How far the reminders are, if that has changed.
    pub reminder: Option<ReminderState>,
}

/// A receipt that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCommit {
    /// Who read.
    pub person: Person,
    /// Up to where.
    pub seq: Seq,
    /// Messages up to there.
    pub messages: u64,
}

/// A change to what somebody may see. Takes effect with its commit: nothing committed later
/// reaches anybody by access that it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessChange {
    /// Has no access any more, whatever token it brings.
    Ended(Person),
    /// Sees less than before.
    Shrank(Person),
    /// Sees more than before.
    Grew(Person),
    /// One token is void; its person comes back with another.
    TokenRevoked(TokenId),
    /// All tokens of a person made until now are void; it comes back with a newer one.
    TokensRevoked(Person),
}

impl AccessChange {
    /// Whether it takes something away, and so begins an [`Epoch`].
    pub fn ends(self) -> bool {
        !matches!(self, Self::Grew(_))
    }
}

/// What became of an operation.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The answer.
    pub outcome: Result<Done, Refusal>,
    /// What there is to tell others.
    pub commit: Option<Commit>,
}

/// Whether a command changes what is stored, and so goes to the writer.
pub fn writes(command: &Command) -> bool {
    use Command as C;
    match command {
        C::CreateThread { .. }
        | C::PostMessage { .. }
        | C::EditMessage { .. }
        | C::DeleteMessage { .. }
        | C::Read { .. }
        | C::AddTask { .. }
        | C::RewordTask { .. }
        | C::MoveTask { .. }
        | C::TickTask { .. }
        | C::UntickTask { .. }
        | C::RemoveTask { .. }
        | C::Mention { .. }
        | C::Archive { .. }
        | C::Reopen { .. }
        | C::Follow { .. }
        | C::SetReminder { .. }
        | C::Resend { .. }
        | C::Mute { .. }
        | C::ShowContent { .. }
        | C::ArchiveInboxItem { .. }
        | C::SetPreferences { .. } => true,
        C::Authenticate { .. }
        | C::Join { .. }
        | C::Leave { .. }
        | C::Typing { .. }
        | C::Presence { .. }
        | C::GetThread { .. }
        | C::History { .. }
        | C::ListThreads { .. }
        | C::ListInbox { .. }
        | C::WaitingForAction { .. }
        | C::TaskProgress { .. }
        | C::TaskHistory { .. }
        | C::GetPreferences {}
        | C::ListMembers { .. }
        | C::ListAccounts { .. }
        | C::Render { .. } => false,
    }
}
