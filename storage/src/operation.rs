//! What a store is asked to make durable, and what it says it did.

use crate::access::Actor;
use serde::{Deserialize, Serialize};
use tidings_protocol::{
    Account, AccountId, ApiKey, ApiKeyId, Checked, Command, Contact, ContactId, ContactPatch,
    Event, Firm, FirmId, FirmPatch, InboxItem, Member, MemberId, MemberPatch, NewAccount,
    NewContact, NewMember, Person, Refusal, Reply, Revocation, Seq, ThreadId, Timestamp, TokenId,
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

/// What one node does for all of them: whoever holds the lease of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// [`Operation::ForgetRevocations`], now and then.
    ForgetRevocations,
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
    /// A new name for an account.
    RenameAccount(AccountId, NewAccount),
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
    /// So many revocations were forgotten.
    Forgotten(u64),
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
    /// New events, in order, without gaps.
    pub events: Vec<Event>,
    /// Who has read further. Posting reads, so a post has one too.
    pub read: Option<ReadCommit>,
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
