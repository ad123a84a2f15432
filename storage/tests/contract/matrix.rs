//! Every command that there is, made by its name: so that a new one can't be left out.

use crate::office::{Office, member};
use crate::world::World;
use tidings_protocol::{
    AccountId, ClientKey, Command, HistoryFrom, MemberId, MessageId, Page, Reminder, Seq, TaskId,
    ThreadFilter, ThreadId,
};

/// What commands can be about.
#[derive(Clone, Copy, Debug)]
pub struct Objects {
    pub account: AccountId,
    pub thread: ThreadId,
    pub message: MessageId,
    pub task: TaskId,
    pub member: MemberId,
}

impl Objects {
    /// Those of a firm: a thread with a task and a message of each side.
    pub fn of(w: &mut World, o: &Office) -> Self {
        let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["sign the papers"]);
        let message = MessageId(w.posts(o.carol, thread, "an answer").0);
        Self { account: o.acme, thread, message, task: tasks[0], member: member(o.bob) }
    }

    /// Such as nobody has, but for message and task, which are positions.
    pub fn missing(w: &mut World, like: Self) -> Self {
        Self {
            account: AccountId(w.nobody()),
            thread: ThreadId(w.nobody()),
            member: MemberId(w.nobody()),
            ..like
        }
    }
}

/// The command of that name about these objects. Panics for a name that is not in it.
pub fn command(name: &str, about: Objects, key: ClientKey) -> Command {
    let Objects { account, thread, message, task, member } = about;
    let (body, text, page) = ("words".to_owned(), "words".to_owned(), Page::default());
    match name {
        "authenticate" => Command::Authenticate { token: text },
        "join" => Command::Join { thread, after: None },
        "leave" => Command::Leave { thread },
        "typing" => Command::Typing { thread },
        "presence" => Command::Presence { thread, looking: true },
        "create_thread" => Command::CreateThread {
            account,
            key,
            subject: text,
            body,
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        },
        "post_message" => Command::PostMessage { thread, key, body, mentions: Vec::new() },
        "edit_message" => Command::EditMessage { thread, message, body },
        "delete_message" => Command::DeleteMessage { thread, message },
        "read" => Command::Read { thread, up_to: Seq(2) },
        "add_task" => Command::AddTask { thread, key, text, before: None },
        "reword_task" => Command::RewordTask { thread, task, text },
        "move_task" => Command::MoveTask { thread, task, before: None },
        "tick_task" => Command::TickTask { thread, task },
        "untick_task" => Command::UntickTask { thread, task },
        "remove_task" => Command::RemoveTask { thread, task },
        "mention" => Command::Mention { thread, member },
        "archive" => Command::Archive { thread },
        "reopen" => Command::Reopen { thread },
        "follow" => Command::Follow { thread, following: true },
        "set_reminder" => {
            Command::SetReminder { thread, reminder: Reminder { on: true, days: 9, count: 9 } }
        }
        "get_thread" => Command::GetThread { thread },
        "history" => Command::History { thread, from: HistoryFrom::End, limit: None },
        "list_threads" => {
            let filter = ThreadFilter { account: Some(account), ..ThreadFilter::default() };
            Command::ListThreads { filter, page }
        }
        "list_inbox" => Command::ListInbox { archived: false, page },
        "archive_inbox_item" => Command::ArchiveInboxItem { thread, archived: true },
        "waiting_for_action" => Command::WaitingForAction { page },
        "task_progress" => Command::TaskProgress { account: Some(account), page },
        "task_history" => Command::TaskHistory { thread, after: Seq(0), limit: None },
        "get_preferences" => Command::GetPreferences {},
        "set_preferences" => Command::SetPreferences {
            language: None,
            time_zone: None,
            notify: None,
            kinds: Vec::new(),
            quiet: None,
            digest_min: None,
        },
        "list_members" => Command::ListMembers { page },
        "list_accounts" => Command::ListAccounts { page },
        "resend" => Command::Resend { thread, key },
        "mute" => Command::Mute { thread, muted: true },
        "show_content" => Command::ShowContent { thread, shown: Some(true) },
        "render" => Command::Render { markdown: text },
        other => panic!("{other} is a new command: say here what it is about"),
    }
}
