//! Questions about what was committed, one file for each kind. All of them run inside a snapshot
//! that the reader holds, and bind the firm of the actor.

pub(super) mod access;
pub(super) mod badges;
pub(super) mod crowd;
mod cursor;
pub(super) mod directory;
pub(super) mod history;
mod inbox;
pub(super) mod ledger;
pub(super) mod letter;
pub(super) mod notices;
mod people;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod plan_postgres;
mod progress;
pub(super) mod pulse;
pub(super) mod scope;
pub(super) mod standing;
pub(super) mod thread;
mod threads;
pub(super) mod tokens;
mod waiting;
pub(super) mod welcome;

use super::rows::OpError;
use crate::access::Actor;
use crate::sql::Db;
use tidings_protocol::{Command, RefusalCode, Reply};

/// Answers a reading command. Refusals name fields as `command.field`.
pub(super) fn answer(db: Db<'_>, actor: Actor, command: &Command) -> Result<Reply, OpError> {
    perform(db, actor, command).map_err(|error| within(command.name(), error))
}

/// A refusal whose field is one of the command.
pub(super) fn within(command: &str, error: OpError) -> OpError {
    match error {
        OpError::Refused(mut refusal) => {
            refusal.field = refusal.field.map(|field| format!("{command}.{field}"));
            OpError::Refused(refusal)
        }
        OpError::Sql(_) => error,
    }
}

fn perform(db: Db<'_>, actor: Actor, command: &Command) -> Result<Reply, OpError> {
    use Command as C;
    match command {
        C::GetThread { thread } => {
            thread::view(db, actor, *thread).map(Box::new).map(Reply::Thread)
        }
        C::History { thread, from, limit } => history::history(db, actor, *thread, *from, *limit),
        C::TaskHistory { thread, after, limit } => {
            history::task_history(db, actor, *thread, *after, *limit)
        }
        C::ListThreads { filter, page } => threads::list(db, actor, filter, page),
        C::ListInbox { archived, page } => inbox::list(db, actor, *archived, page),
        C::WaitingForAction { page } => waiting::list(db, actor, page),
        C::TaskProgress { account, page } => progress::list(db, actor, *account, page),
        C::GetPreferences {} => people::preferences(db, actor).map(Reply::Preferences),
        C::ListMembers { page } => people::members(db, actor, page),
        C::ListAccounts { page } => people::accounts(db, actor, page),
        C::Authenticate { .. }
        | C::Join { .. }
        | C::Leave { .. }
        | C::Typing { .. }
        | C::Presence { .. }
        | C::Render { .. } => Err(RefusalCode::NeedsSocket.into()),
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
        | C::SetPreferences { .. } => {
            debug_assert!(false, "{} writes; it goes to the writer", command.name());
            Err(RefusalCode::Unavailable.into())
        }
    }
}
