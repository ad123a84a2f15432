//! A store with a made-up clock, and the few words in which the tests speak of it.

use crate::backend::{Backend, Opened};
use std::path::Path;
use tidings_protocol::{
    AccountId, Badges, Checked, ClientKey, Command, Event, FirmId, HistoryFrom, InboxItem, Page,
    Refusal, RefusalCode, Reply, Seq, TaskId, ThreadFilter, ThreadId, ThreadItem, ThreadView,
    Timestamp, WaitingItem,
};
use tidings_storage::{Actor, Applied, Commit, Done, Operation, QueryError, Reader, writes};
use uuid::Uuid;

/// A backend, opened.
pub struct World {
    backend: Box<dyn Backend>,
    opened: Option<Opened>,
    /// The made-up time; each batch is a second later than the one before.
    pub now: Timestamp,
    /// What the last batch's last operation made durable.
    pub last: Option<Commit>,
    keys: u128,
}

impl World {
    /// An empty store.
    pub fn new(mut backend: Box<dyn Backend>) -> Self {
        let opened = backend.open();
        let now = Timestamp(1_750_000_000_000);
        Self { backend, opened: Some(opened), now, last: None, keys: 0 }
    }

    /// Closes the store and opens it again.
    pub fn reopen(&mut self) {
        self.opened = None;
        self.opened = Some(self.backend.open());
    }

    /// Makes a backup.
    pub fn backup(&mut self, to: &Path) {
        let reader = &mut *self.opened.as_mut().unwrap().readers[0];
        self.backend.backup(reader, to);
    }

    /// The world of a backup.
    pub fn restored(&self, from: &Path) -> Self {
        let mut restored = Self::new(self.backend.restored(from));
        restored.now = self.now;
        restored.keys = self.keys;
        restored
    }

    /// Closes the store and moves it to another database.
    pub fn moved(&mut self) -> Self {
        self.opened = None;
        let mut moved = Self::new(self.backend.moved());
        moved.now = self.now;
        moved.keys = self.keys;
        moved
    }

    /// A reader.
    pub fn read(&mut self) -> &mut dyn Reader {
        &mut *self.opened.as_mut().unwrap().readers[0]
    }

    /// Another one.
    pub fn read_elsewhere(&mut self) -> &mut dyn Reader {
        &mut *self.opened.as_mut().unwrap().readers[1]
    }

    /// One transaction.
    pub fn apply(&mut self, batch: Vec<Operation>) -> Vec<Applied> {
        self.now = self.now.plus_millis(1_000);
        let count = batch.len();
        let applied = self.opened.as_mut().unwrap().writer.apply(batch, self.now).unwrap();
        assert_eq!(applied.len(), count, "one outcome for each operation");
        self.last = applied.last().and_then(|applied| applied.commit.clone());
        applied
    }

    /// One operation.
    pub fn one(&mut self, operation: Operation) -> Result<Done, Refusal> {
        let applied = self.apply(vec![operation]).pop().unwrap();
        if applied.outcome.is_err() {
            assert_eq!(applied.commit, None, "a refusal has nothing to tell others");
        }
        applied.outcome
    }

    /// Asks for something, in somebody's name.
    pub fn act(&mut self, actor: Actor, command: Command) -> Result<Reply, Refusal> {
        let checked = Checked::try_from(command)?;
        if !writes(checked.get()) {
            let now = self.now;
            return self.read().answer(actor, &checked, now).map_err(|error| match error {
                QueryError::Refused(refusal) => refusal,
                QueryError::Unavailable(error) => panic!("{error}"),
            });
        }
        self.one(Operation::Command { actor, command: checked }).map(|done| match done {
            Done::Reply(reply) => reply,
            other => panic!("a command is answered with a reply, not {other:?}"),
        })
    }

    /// Does something that must succeed.
    pub fn does(&mut self, actor: Actor, command: Command) -> Reply {
        let name = command.name();
        self.act(actor, command).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
    }

    /// Tries something that must be refused. What the writer refuses names a field of the
    /// command, unless it is about who asks.
    pub fn refused(&mut self, actor: Actor, command: Command) -> RefusalCode {
        if let Command::GetThread { thread } = command {
            assert!(self.read().entrance(actor, thread).is_err(), "nor can it be joined");
        }
        let (name, written) = (command.name(), writes(&command));
        let refusal = match self.act(actor, command) {
            Ok(reply) => panic!("{name} should be refused: {reply:?}"),
            Err(refusal) => refusal,
        };
        let field = refusal.field.as_deref().unwrap_or_default();
        let named = field.starts_with(&format!("{name}."));
        assert!(named || !written || refusal.code == RefusalCode::Unauthenticated, "{refusal:?}");
        refusal.code
    }

    /// A key never used before.
    pub fn key(&mut self) -> ClientKey {
        self.keys += 1;
        ClientKey(Uuid::from_u128(self.keys << 64))
    }

    /// An id that names nothing.
    pub fn nobody(&mut self) -> Uuid {
        self.keys += 1;
        Uuid::from_u128(u128::MAX - self.keys)
    }

    /// Starts a thread with one message.
    pub fn starts(&mut self, actor: Actor, account: AccountId, body: &str) -> ThreadId {
        let command = create(account, self.key(), body, &[]);
        match self.does(actor, command) {
            Reply::ThreadCreated { thread, .. } => thread,
            other => panic!("{other:?}"),
        }
    }

    /// Starts a thread with tasks, whose ids it gives.
    pub fn starts_with_tasks(
        &mut self,
        actor: Actor,
        account: AccountId,
        texts: &[&str],
    ) -> (ThreadId, Vec<TaskId>) {
        let command = create(account, self.key(), "please", texts);
        let Reply::ThreadCreated { thread, .. } = self.does(actor, command) else { panic!() };
        let tasks = self.view(actor, thread).tasks.iter().map(|task| task.task).collect();
        (thread, tasks)
    }

    /// Posts a message.
    pub fn posts(&mut self, actor: Actor, thread: ThreadId, body: &str) -> Seq {
        let command = post(thread, self.key(), body);
        self.writes(actor, command)
    }

    /// Does something that stands in the log, and says where.
    pub fn writes(&mut self, actor: Actor, command: Command) -> Seq {
        match self.does(actor, command) {
            Reply::Written { seq, .. } => seq,
            other => panic!("{other:?}"),
        }
    }

    /// A thread as somebody sees it.
    pub fn view(&mut self, actor: Actor, thread: ThreadId) -> ThreadView {
        let Reply::Thread(view) = self.does(actor, Command::GetThread { thread }) else {
            panic!("a thread is answered with its view")
        };
        // Whoever joins sees the same.
        let entrance = self.read().entrance(actor, thread).unwrap();
        let (receipts, participants) = (entrance.people.receipts(), entrance.people.participants());
        assert_eq!((entrance.item, entrance.tasks), (view.item.clone(), view.tasks.clone()));
        assert_eq!((receipts, participants), (&view.receipts[..], &view.participants[..]));
        *view
    }

    /// The whole log of a thread as somebody reads it.
    pub fn log(&mut self, actor: Actor, thread: ThreadId) -> Vec<Event> {
        let mut log: Vec<Event> = Vec::new();
        loop {
            let after = log.last().map_or(Seq(0), |event| event.seq);
            let from = HistoryFrom::After(after);
            let command = Command::History { thread, from, limit: Some(100) };
            let Reply::History { events, more } = self.does(actor, command) else { panic!() };
            log.extend(events);
            if !more {
                return log;
            }
        }
    }

    /// All threads that somebody sees, page by page of a few.
    pub fn threads(&mut self, actor: Actor, filter: &ThreadFilter) -> Vec<ThreadItem> {
        let mut all = Vec::new();
        let mut page = Page { cursor: None, limit: Some(3) };
        loop {
            let command = Command::ListThreads { filter: filter.clone(), page: page.clone() };
            let Reply::Threads { items, next } = self.does(actor, command) else { panic!() };
            all.extend(items);
            page.cursor = next;
            if page.cursor.is_none() {
                return all;
            }
        }
    }

    /// What is in somebody's inbox.
    pub fn inbox(&mut self, actor: Actor) -> Vec<InboxItem> {
        let command = Command::ListInbox { archived: false, page: Page::default() };
        match self.does(actor, command) {
            Reply::Inbox { items, .. } => items,
            other => panic!("{other:?}"),
        }
    }

    /// What waits for a contact.
    pub fn waiting(&mut self, actor: Actor) -> Vec<WaitingItem> {
        match self.does(actor, Command::WaitingForAction { page: Page::default() }) {
            Reply::Waiting { items, .. } => items,
            other => panic!("{other:?}"),
        }
    }

    /// The numbers on somebody's icons.
    pub fn badges(&mut self, actor: Actor) -> Badges {
        self.read().badges(actor).unwrap()
    }

    /// Creates a firm.
    pub fn firm(&mut self, name: &str) -> FirmId {
        match self.one(Operation::CreateFirm { name: name.to_owned() }) {
            Ok(Done::Firm(firm)) => firm.firm,
            other => panic!("{other:?}"),
        }
    }
}

/// A key by number, where a test says itself that it is fresh.
pub fn key(number: u64) -> ClientKey {
    ClientKey(Uuid::from_u128(number.into()))
}

/// A command, to be put into a batch.
pub fn operation(actor: Actor, command: Command) -> Operation {
    Operation::Command { actor, command: Checked::try_from(command).unwrap() }
}

/// `create_thread`.
pub fn create(account: AccountId, key: ClientKey, body: &str, tasks: &[&str]) -> Command {
    Command::CreateThread {
        account,
        key,
        subject: String::new(),
        body: body.to_owned(),
        tasks: tasks.iter().map(|&task| task.to_owned()).collect(),
        reminder: None,
        mentions: Vec::new(),
    }
}

/// `post_message`.
pub fn post(thread: ThreadId, key: ClientKey, body: &str) -> Command {
    Command::PostMessage { thread, key, body: body.to_owned(), mentions: Vec::new() }
}
