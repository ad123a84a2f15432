//! What each command does, one file for each family. All of them are methods of the transaction
//! under way; here is the table.

mod create;
mod inbox;
mod mention;
mod notify;
mod post;
mod preferences;
mod read;
mod resend;
pub(super) mod rewrite;
mod settings;
mod tasks;

use super::rows::OpError;
use super::work::{Answer, Who, Work};
use crate::access::Actor;
use tidings_protocol::{Checked, Command, RefusalCode};

impl Work<'_> {
    /// Does a command in somebody's name. Refusals name fields as `command.field`.
    pub(super) fn command(&mut self, actor: Actor, command: Checked) -> Result<Answer, OpError> {
        let command = command.into_inner();
        let name = command.name();
        let who = self.who(actor)?;
        self.perform(&who, command).map_err(|error| match error {
            OpError::Refused(mut refusal) => {
                refusal.field = refusal.field.map(|field| format!("{name}.{field}"));
                OpError::Refused(refusal)
            }
            OpError::Sql(_) => error,
        })
    }

    fn perform(&mut self, who: &Who, command: Command) -> Result<Answer, OpError> {
        use Command as C;
        match command {
            C::CreateThread { account, key, subject, body, tasks, reminder, mentions } => {
                let draft =
                    create::Draft { account, key, subject, body, tasks, reminder, mentions };
                self.create_thread(who, draft)
            }
            C::PostMessage { thread, key, body, mentions } => {
                self.post(who, thread, key, body, &mentions)
            }
            C::EditMessage { thread, message, body } => self.edit(who, thread, message, body),
            C::DeleteMessage { thread, message } => self.delete(who, thread, message),
            C::Read { thread, up_to } => self.read(who, thread, up_to),
            C::AddTask { thread, key, text, before } => {
                self.add_task(who, thread, key, &text, before)
            }
            C::RewordTask { thread, task, text } => self.reword_task(who, thread, task, text),
            C::MoveTask { thread, task, before } => self.move_task(who, thread, task, before),
            C::TickTask { thread, task } => self.tick_task(who, thread, task),
            C::UntickTask { thread, task } => self.untick_task(who, thread, task),
            C::RemoveTask { thread, task } => self.remove_task(who, thread, task),
            C::Mention { thread, member } => self.mention(who, thread, member),
            C::Archive { thread } => self.set_archived(who, thread, true),
            C::Reopen { thread } => self.set_archived(who, thread, false),
            C::Follow { thread, following } => self.follow(who, thread, following),
            C::SetReminder { thread, reminder } => self.set_reminder(who, thread, reminder),
            C::ArchiveInboxItem { thread, archived } => {
                self.archive_inbox_item(who, thread, archived)
            }
            C::SetPreferences { language, time_zone, notify, kinds, quiet, digest_min } => {
                let changes =
                    preferences::Changes { language, time_zone, notify, kinds, quiet, digest_min };
                self.set_preferences(who, changes)
            }
            C::Resend { thread, key } => self.resend(who, thread, key),
            C::Mute { thread, muted } => self.mute(who, thread, muted),
            C::ShowContent { thread, shown } => self.show_content(who, thread, shown),
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
            | C::Render { .. } => Err(RefusalCode::NeedsSocket.into()),
        }
    }
}
