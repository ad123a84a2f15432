//! One command of every name, about an object.

use tidings_protocol::{
    AccountId, Command, HistoryFrom, MemberId, MessageId, Page, Reminder, Seq, TaskId,
    ThreadFilter, ThreadId,
};
use tidings_tests::key;

/// What commands are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) account: AccountId,
    pub(crate) thread: ThreadId,
    /// Somebody to mention.
    pub(crate) member: MemberId,
}

/// The first message of every object, which is its owner's.
const MESSAGE: MessageId = MessageId(2);

/// The first task of every object.
const TASK: TaskId = TaskId(3);

/// The command of a name. Panics at a name that is not in the matrix yet.
pub(super) fn command(name: &str, target: &Target, token: &str) -> Command {
    let Target { account, thread, member } = *target;
    let text = || "matrix".to_owned();
    match name {
        "authenticate" => Command::Authenticate { token: token.to_owned() },
        "join" => Command::Join { thread, after: None },
        "leave" => Command::Leave { thread },
        "typing" => Command::Typing { thread },
        "presence" => Command::Presence { thread, looking: true },
        "create_thread" => tidings_tests::thread(account, "From the matrix", &[]),
        "post_message" => tidings_tests::post(thread, "from the matrix"),
        "edit_message" => Command::EditMessage { thread, message: MESSAGE, body: text() },
        "delete_message" => Command::DeleteMessage { thread, message: MESSAGE },
        "read" => Command::Read { thread, up_to: Seq(4) },
        "add_task" => Command::AddTask { thread, key: key(), text: text(), before: None },
        "reword_task" => Command::RewordTask { thread, task: TASK, text: text() },
        "move_task" => Command::MoveTask { thread, task: TASK, before: None },
        "tick_task" => Command::TickTask { thread, task: TASK },
        "untick_task" => Command::UntickTask { thread, task: TASK },
        "remove_task" => Command::RemoveTask { thread, task: TASK },
        "mention" => Command::Mention { thread, member },
        "archive" => Command::Archive { thread },
        "reopen" => Command::Reopen { thread },
        "follow" => Command::Follow { thread, following: true },
        "set_reminder" => {
            let reminder = Reminder { on: true, days: 5, count: 2 };
            Command::SetReminder { thread, reminder }
        }
        "resend" => Command::Resend { thread, key: key() },
        "mute" => Command::Mute { thread, muted: true },
        "show_content" => Command::ShowContent { thread, shown: Some(true) },
        "get_thread" => Command::GetThread { thread },
        "history" => Command::History { thread, from: HistoryFrom::After(Seq(0)), limit: None },
        "list_threads" => {
            let filter = ThreadFilter { account: Some(account), ..ThreadFilter::default() };
            Command::ListThreads { filter, page: Page::default() }
        }
        "list_inbox" => Command::ListInbox { archived: false, page: Page::default() },
        "archive_inbox_item" => Command::ArchiveInboxItem { thread, archived: true },
        "waiting_for_action" => Command::WaitingForAction { page: Page::default() },
        "task_progress" => Command::TaskProgress { account: Some(account), page: Page::default() },
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
        "list_members" => Command::ListMembers { page: Page::default() },
        "list_accounts" => Command::ListAccounts { page: Page::default() },
        "render" => Command::Render { markdown: text() },
        new => panic!("the command `{new}` is not in the matrix: add it here and to `expected`"),
    }
}

/// What has to be done before, whatever becomes of it: who is to leave or type must have joined.
pub(super) fn prelude(name: &str, target: &Target) -> Option<Command> {
    match name {
        "leave" | "typing" | "presence" => {
            Some(Command::Join { thread: target.thread, after: None })
        }
        _ => None,
    }
}
