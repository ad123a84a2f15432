//! Who may see and do what: one readable table over a person's access and an action. Pure; the
//! writer asks it inside its transaction, readers ask it for every query, feeds ask it for every
//! change, so that all three agree.

use std::collections::HashSet;
use tidings_protocol::{AccountId, FirmId, Person, Refusal, RefusalCode, Rights, Role, ThreadId};

/// Whoever acts, with the tenant that every query is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The tenant.
    pub firm: FirmId,
    /// Who.
    pub person: Person,
}

/// What one person may see, as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Of the team.
    Team {
        /// What it may do in general.
        role: Role,
        /// What it may do beyond.
        rights: Rights,
        /// Accounts assigned to it. Of who sees all of them anyway it may be left empty.
        accounts: HashSet<AccountId>,
        /// Threads in which it was mentioned. The same.
        mentioned: HashSet<ThreadId>,
    },
    /// An active contact.
    Contact {
        /// Of which account.
        account: AccountId,
    },
}

impl Access {
    /// Whether every account of the firm is open to it.
    pub fn sees_all_accounts(&self) -> bool {
        match self {
            Self::Team { role: Role::Owner | Role::Admin, .. } => true,
            Self::Team { role: Role::Member, rights, .. } => rights.view_all_accounts,
            Self::Contact { .. } => false,
        }
    }

    /// Whether the whole account is open to it.
    pub fn sees_account(&self, account: AccountId) -> bool {
        match self {
            Self::Team { accounts, .. } => self.sees_all_accounts() || accounts.contains(&account),
            Self::Contact { account: own } => *own == account,
        }
    }

    /// Whether a thread of that account is open to it.
    pub fn sees_thread(&self, account: AccountId, thread: ThreadId) -> bool {
        self.sees_account(account)
            || match self {
                Self::Team { mentioned, .. } => mentioned.contains(&thread),
                Self::Contact { .. } => false,
            }
    }

    /// Which side of the table it sits on.
    pub fn side(&self) -> Side {
        match self {
            Self::Team { .. } => Side::Team,
            Self::Contact { .. } => Side::Client,
        }
    }
}

/// The two sides of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The firm's team.
    Team,
    /// The client's contacts.
    Client,
}

/// What may be done to a thread that one sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThreadAction {
    /// Read it: history, tasks, receipts; mark as read; join.
    Read,
    /// Post a message.
    Post,
    /// Change or take back a message; `own` says whether it is the actor's.
    Rewrite {
        /// Whether the actor wrote it.
        own: bool,
    },
    /// Tick or untick a task.
    Tick,
    /// Add, reword, move or remove a task.
    ManageTasks,
    /// Call a member in.
    Mention,
    /// Archive or reopen.
    Archive,
    /// Set the reminders.
    SetReminder,
    /// Follow, or stop following.
    Follow,
    /// Have the client told once more by email.
    Resend,
    /// Get no emails of what happens in it.
    Mute,
    /// Say whether emails show its content.
    ShowContent,
}

impl ThreadAction {
    /// Whether an archived thread refuses it.
    pub fn needs_open_thread(self) -> bool {
        match self {
            Self::Post
            | Self::Rewrite { .. }
            | Self::Tick
            | Self::ManageTasks
            | Self::Mention
            | Self::Resend => true,
            // Reminders and the like may be set at any time.
            Self::Read
            | Self::Archive
            | Self::SetReminder
            | Self::Follow
            | Self::Mute
            | Self::ShowContent => false,
        }
    }
}

/// Decides over an action on a thread that the actor sees. (One that it does not see is
/// `not_found`, which is decided before: a refusal must not tell that the thread exists.)
#[expect(clippy::match_same_arms, reason = "a table: every arm is to be seen")]
pub fn permit(side: Side, archived: bool, action: ThreadAction) -> Result<(), Refusal> {
    use ThreadAction as A;
    let allowed = match (side, action) {
        (_, A::Read | A::Post | A::Tick | A::Rewrite { own: true } | A::Mute) => true,
        (_, A::Rewrite { own: false }) => false,
        (Side::Team, A::ManageTasks | A::Mention | A::Archive | A::SetReminder | A::Follow) => true,
        (Side::Team, A::Resend | A::ShowContent) => true,
        (Side::Client, A::ManageTasks | A::Mention | A::Archive | A::SetReminder | A::Follow) => {
            false
        }
        (Side::Client, A::Resend | A::ShowContent) => false,
    };
    if !allowed {
        return Err(RefusalCode::NotAllowed.into());
    }
    if archived && action.needs_open_thread() {
        return Err(RefusalCode::Archived.into());
    }
    Ok(())
}
