//! Which threads a person sees, as a condition in SQL: the same as
//! [`Access::sees_thread`], for lists that can't ask it row by row. The contract suite holds the
//! two against each other.
//!
//! In all conditions `t` is the thread, `?1` the firm and `?2` the person. A `+` before a column
//! keeps the planner from an index that would walk the whole firm.

use crate::access::{Access, Actor};
use crate::sql::{Db, SqlError, params};
use tidings_protocol::AccountId;
use uuid::Uuid;

/// Most accounts of a member of which all threads are gathered and sorted for the first page of
/// them. Who has more sees so much of the firm that a walk through it, newest first, has its page
/// sooner.
const ACCOUNTS_GATHERED_MAX: u32 = 32;

/// Whether a member sees a thread by assignment or mention, asked thread by thread.
macro_rules! member_sees {
    () => {
        "(EXISTS (SELECT 1 FROM assignments a WHERE a.account = t.account AND a.member = ?2)
         OR EXISTS (SELECT 1 FROM participants m
             WHERE m.thread = t.num AND m.person = ?2 AND m.mentioned = 1))"
    };
}

/// Threads that a member sees by assignment or mention, gathered from its accounts.
macro_rules! threads_of_member {
    () => {
        "(SELECT v.num FROM assignments a CROSS JOIN threads v ON v.account = a.account
             WHERE a.member = ?2
             UNION SELECT m.thread FROM participants m
             WHERE m.person = ?2 AND m.mentioned = 1)"
    };
}

/// The numbers of the threads in [`Scope::Member`].
pub(in crate::sql) const THREADS_OF_MEMBER: &str = threads_of_member!();

/// The condition of [`Scope::Firm`].
const FIRM: &str = "t.firm = ?1";
/// The condition of [`Scope::MemberOfMany`].
const MEMBER_OF_MANY: &str = concat!("t.firm = ?1 AND ", member_sees!());

/// A set of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of the firm.
    Firm,
    /// All of an account.
    Account(AccountId),
    /// Those that a member sees by assignment or mention.
    Member,
    /// The same threads, found by walking through the firm.
    MemberOfMany,
    /// Of these, those of one account.
    MemberWithin(AccountId),
    /// None.
    Nothing,
}

impl Scope {
    /// What one sees, narrowed to an account if one is given.
    pub(super) fn of(access: &Access, account: Option<AccountId>) -> Self {
        match (access, account) {
            (Access::Contact { account: own }, None) => Self::Account(*own),
            (Access::Contact { account: own }, Some(other)) if *own == other => {
                Self::Account(other)
            }
            (Access::Contact { .. }, Some(_)) => Self::Nothing,
            (Access::Team { .. }, None) if access.sees_all_accounts() => Self::Firm,
            (Access::Team { .. }, None) => Self::Member,
            (Access::Team { .. }, Some(one)) if access.sees_account(one) => Self::Account(one),
            (Access::Team { .. }, Some(one)) => Self::MemberWithin(one),
        }
    }

    /// The same set for a walk that reads a page of it in order of time.
    pub(super) fn in_order(self, db: Db<'_>, actor: Actor) -> Result<Self, SqlError> {
        if self != Self::Member {
            return Ok(self);
        }
        let many = db.exists(
            "SELECT 1 FROM assignments WHERE member = ?1 LIMIT 1 OFFSET ?2",
            params![actor.person.uuid(), ACCOUNTS_GATHERED_MAX],
        )?;
        Ok(if many { Self::MemberOfMany } else { Self::Member })
    }

    /// The account of which the condition speaks.
    pub(super) fn account(self) -> Option<Uuid> {
        match self {
            Self::Account(account) | Self::MemberWithin(account) => Some(account.0),
            Self::Firm | Self::Member | Self::MemberOfMany | Self::Nothing => None,
        }
    }

    /// The condition; the account, if there is one, is the parameter of this number.
    pub(super) fn condition(self, account: usize) -> String {
        match self {
            Self::Firm => FIRM.to_owned(),
            Self::Account(_) => format!("+t.firm = ?1 AND t.account = ?{account}"),
            Self::Member => concat!("+t.firm = ?1 AND t.num IN ", threads_of_member!()).to_owned(),
            Self::MemberOfMany => MEMBER_OF_MANY.to_owned(),
            Self::MemberWithin(_) => {
                format!(concat!("+t.firm = ?1 AND t.account = ?{} AND ", member_sees!()), account)
            }
            Self::Nothing => "t.firm = ?1 AND 1 = 0".to_owned(),
        }
    }
}

/// Whether one thread, already found otherwise, is in [`Scope::Member`] or [`Scope::Firm`].
pub(in crate::sql) fn still_visible(access: &Access) -> &'static str {
    if access.sees_all_accounts() { FIRM } else { MEMBER_OF_MANY }
}
