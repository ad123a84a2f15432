//! Takes down what the store has done, and whether it is what it was asked to do.

use crate::invariant::{Held, Invariant};
use crate::truth::{Entry, Submitted, Thread, Truth};
use std::collections::BTreeMap;
use tidings_protocol::{
    ClientKey, Command, Event, EventKind, FirmId, Person, Reply, Seq, ThreadId, Timestamp,
};
use tidings_storage::{Actor, Applied, Done, Operation, ThreadCommit};

impl Truth {
    /// The store has done an operation, or refused it.
    pub(crate) fn committed(
        &mut self,
        submitted: &Submitted,
        applied: &Applied,
        now: Timestamp,
    ) -> Held {
        self.commits += 1;
        if let Some(attempt) = submitted.attempt {
            self.attempts.insert(attempt, applied.outcome.is_ok());
        }
        if applied.commit.is_some() {
            let what = format_args!("{submitted:?} was refused, and did something");
            Invariant::I5.holds(applied.outcome.is_ok(), what)?;
        }
        match &submitted.operation {
            Operation::Directory { firm, change } => {
                self.directory(*firm, change, applied);
                Ok(())
            }
            Operation::Command { actor, command } => {
                let thread = applied.commit.as_ref().and_then(|commit| commit.thread.as_ref());
                if let Some(thread) = thread {
                    self.happened(*actor, command.get(), thread)?;
                    self.in_order(submitted, command.get(), thread)?;
                }
                self.answered_well(*actor, command.get(), applied)
            }
            Operation::Remind { .. } => {
                let thread = applied.commit.as_ref().and_then(|commit| commit.thread.as_ref());
                thread.map_or(Ok(()), |thread| self.reminded(thread, now))
            }
            _ => Ok(()),
        }
    }

    /// A reminder was sent, or could not be.
    fn reminded(&mut self, commit: &ThreadCommit, now: Timestamp) -> Held {
        let commits = self.commits;
        for event in &commit.events {
            let Some(thread) = self.threads.get_mut(&commit.thread) else { return Ok(()) };
            let what = format_args!("{event:?} at {now}, after {:?}", thread.reminded());
            Invariant::I10.holds(thread.may_remind(event, now), what)?;
            let what = format_args!("{event:?} was appended after {}", thread.head());
            Invariant::I3.holds(event.seq == thread.head().next(), what)?;
            let versions = vec![(commits, event.kind.clone())];
            thread.log.push(Entry { event: event.clone(), versions });
        }
        self.reminder_moved(commit)
    }

    fn happened(&mut self, actor: Actor, command: &Command, commit: &ThreadCommit) -> Held {
        let number = self.threads.len();
        let known = self.threads.entry(commit.thread).or_insert_with(|| Thread {
            number,
            firm: actor.firm,
            account: commit.account,
            log: Vec::new(),
            receipts: BTreeMap::new(),
            read_by: BTreeMap::new(),
            reminders: Vec::new(),
        });
        if known.log.is_empty() {
            self.look_again();
        }
        let sees = self.sees(actor.person, commit.thread);
        let what = format_args!("{} did {} to what it does not see", actor.person, command.name());
        Invariant::I7.holds(sees, what)?;
        for (index, event) in commit.events.iter().enumerate() {
            self.logged(actor.person, command, event, index)?;
        }
        let mut called = false;
        for event in &commit.events {
            if let EventKind::MemberMentioned { member, .. } = event.kind
                && let Some(standing) = self.people.get_mut(&Person::Member(member))
            {
                called |= standing.mentioned.insert(commit.thread);
            }
        }
        if called {
            self.look_again();
        }
        self.receipt_moved(commit)?;
        self.reminder_moved(commit)
    }

    fn logged(&mut self, actor: Person, command: &Command, event: &Event, index: usize) -> Held {
        let commits = self.commits;
        let key = match &event.kind {
            EventKind::MessagePosted { key, .. } => Some(*key),
            EventKind::TaskAdded { .. } => key_of(command).filter(|_| index == 0),
            EventKind::Resent {} => key_of(command),
            _ => None,
        };
        if let Some(key) = key {
            let before = self.keys.insert((actor, key), (event.thread, event.seq));
            let what = format_args!("{key:?} is event {before:?} and {:?}", event.seq);
            Invariant::I2.holds(before.is_none(), what)?;
        }
        let Some(thread) = self.threads.get_mut(&event.thread) else { return Ok(()) };
        let next = thread.head().next();
        let what = format_args!("event {} was appended where {next} was due", event.seq);
        Invariant::I3.holds(event.seq == next, what)?;
        let messages = thread.messages_until(next) + u64::from(event.kind.is_message());
        let what = format_args!("{event:?} says the thread has not {messages} messages");
        Invariant::I9.holds(event.messages == messages, what)?;
        let what = format_args!("{event:?} is not what {actor} meant with {command:?}");
        let meant = event.actor == actor && means(command, &event.kind, index);
        Invariant::I6.holds(meant, what)?;
        thread
            .log
            .push(Entry { event: event.clone(), versions: vec![(commits, event.kind.clone())] });
        thread.rewritten(event, commits);
        Ok(())
    }

    fn receipt_moved(&mut self, commit: &ThreadCommit) -> Held {
        let Some(read) = commit.read else { return Ok(()) };
        let commits = self.commits;
        let Some(thread) = self.threads.get_mut(&commit.thread) else { return Ok(()) };
        thread.read_by.insert((read.person, read.seq), commits);
        let before = thread.receipts.insert(read.person, read.seq).unwrap_or_default();
        let what = format_args!("{}'s receipt went from {before} to {}", read.person, read.seq);
        Invariant::I8.holds(read.seq > before && read.seq <= thread.head(), what)?;
        let messages = thread.messages_until(read.seq);
        let what = format_args!("{read:?} says that {messages} messages are not {messages}");
        Invariant::I9.holds(read.messages == messages, what)
    }

    /// What one connection posts in one thread is done in the order in which it asked.
    fn in_order(&mut self, who: &Submitted, command: &Command, commit: &ThreadCommit) -> Held {
        let (Some((socket, id)), Some(event)) = (who.attempt, commit.events.first()) else {
            return Ok(());
        };
        if !matches!(command, Command::PostMessage { .. }) {
            return Ok(());
        }
        let before = self.order.insert((socket, commit.thread), (id, event.seq));
        let what = format_args!("{socket:?} posted {before:?}, then {id} at {}", event.seq);
        Invariant::I3.holds(before.is_none_or(|(earlier, _)| earlier < id), what)
    }

    /// The answer says what was done.
    fn answered_well(&self, actor: Actor, command: &Command, applied: &Applied) -> Held {
        let Ok(Done::Reply(reply)) = &applied.outcome else { return Ok(()) };
        let thread = applied.commit.as_ref().and_then(|commit| commit.thread.as_ref());
        let events = thread.map_or(&[][..], |thread| &thread.events);
        match reply {
            Reply::Written { seq, at_ms } => self.written(actor, command, events, (*seq, *at_ms)),
            Reply::ReadUpTo { seq, unread } => {
                let Some(thread) = command.thread().and_then(|id| self.threads.get(&id)) else {
                    return Ok(());
                };
                let receipt = thread.receipt(actor.person);
                let what = format_args!("{} has read to {receipt}, not to {seq}", actor.person);
                Invariant::I8.holds(*seq == receipt, what)?;
                let counted = thread.unread(actor.person);
                let what = format_args!("{} has {counted} unread, not {unread}", actor.person);
                Invariant::I9.holds(*unread == counted, what)
            }
            _ => Ok(()),
        }
    }

    fn written(
        &self,
        actor: Actor,
        command: &Command,
        events: &[Event],
        (seq, at): (Seq, Timestamp),
    ) -> Held {
        if let Some(key) = key_of(command) {
            let stands = self.keys.get(&(actor.person, key)).map(|(_, seq)| *seq);
            let what = format_args!("{key:?} stands at {stands:?} and was answered {seq}");
            return Invariant::I2.holds(stands == Some(seq), what);
        }
        let written = events.iter().any(|event| event.seq == seq && event.at_ms == at);
        let what = format_args!("{command:?} was answered {seq}, and wrote {events:?}");
        Invariant::I1.holds(events.is_empty() || written, what)
    }
}

impl Thread {
    /// An event may change how earlier ones read.
    fn rewritten(&mut self, by: &Event, commits: u64) {
        let (message, now) = match &by.kind {
            EventKind::MessageEdited { message, body } => (*message, Some(body)),
            EventKind::MessageDeleted { message } => (*message, None),
            _ => return,
        };
        if let Some(entry) = self.entry_mut(message.into())
            && let EventKind::MessagePosted { key, edited_ms, .. } = entry.now().kind
        {
            let kind = EventKind::MessagePosted {
                key,
                body: now.cloned().unwrap_or_default(),
                edited_ms: now.map_or(edited_ms, |_| Some(by.at_ms)),
                deleted: now.is_none(),
            };
            entry.versions.push((commits, kind));
        }
        for entry in self.log.iter_mut().filter(|entry| entry.event.seq < by.seq) {
            if matches!(entry.now().kind, EventKind::MessageEdited { message: of, ref body }
                if of == message && !body.is_empty())
            {
                let empty = EventKind::MessageEdited { message, body: String::new() };
                entry.versions.push((commits, empty));
            }
        }
    }
}

/// The key by which a command is known again.
pub(crate) fn key_of(command: &Command) -> Option<ClientKey> {
    match command {
        Command::PostMessage { key, .. }
        | Command::CreateThread { key, .. }
        | Command::AddTask { key, .. }
        | Command::Resend { key, .. } => Some(*key),
        _ => None,
    }
}

/// Whether an event, the `index`th of its command, is what the command asks for.
fn means(command: &Command, kind: &EventKind, index: usize) -> bool {
    use Command as C;
    use EventKind as K;
    let posted = |key: ClientKey, body: &str| {
        let body = body.to_owned();
        *kind == K::MessagePosted { key, body, edited_ms: None, deleted: false }
    };
    match (command, kind) {
        (C::CreateThread { account, .. }, K::ThreadCreated { account: of, .. }) => {
            index == 0 && account == of
        }
        (C::CreateThread { key, body, .. }, K::MessagePosted { .. }) => {
            index == 1 && posted(*key, body)
        }
        (C::CreateThread { tasks, .. }, K::TaskAdded { text, before: None }) => {
            tasks.get(index.wrapping_sub(2)) == Some(text)
        }
        (C::PostMessage { key, body, .. }, K::MessagePosted { .. }) => {
            index == 0 && posted(*key, body)
        }
        (C::CreateThread { .. }, K::MemberMentioned { message: Some(_), .. }) => index > 1,
        (C::PostMessage { .. }, K::MemberMentioned { message: Some(_), .. }) => index > 0,
        (C::EditMessage { message, body, .. }, K::MessageEdited { message: of, body: now }) => {
            message == of && body == now
        }
        (C::DeleteMessage { message, .. }, K::MessageDeleted { message: of }) => message == of,
        (C::AddTask { text, before, .. }, K::TaskAdded { text: now, before: at }) => {
            text == now && before == at
        }
        (C::TickTask { task, .. }, K::TaskTicked { task: of })
        | (C::UntickTask { task, .. }, K::TaskUnticked { task: of })
        | (C::RemoveTask { task, .. }, K::TaskRemoved { task: of }) => task == of,
        (C::Mention { member, .. }, K::MemberMentioned { member: of, message: None }) => {
            member == of
        }
        (C::Archive { .. }, K::Archived {})
        | (C::Reopen { .. }, K::Reopened {})
        | (C::Resend { .. }, K::Resent {}) => true,
        (C::SetReminder { reminder, .. }, K::ReminderSet { reminder: now }) => reminder == now,
        _ => false,
    }
}

impl Truth {
    /// The firm and account of a thread.
    pub(crate) fn home(&self, thread: ThreadId) -> Option<(FirmId, tidings_protocol::AccountId)> {
        self.threads.get(&thread).map(|thread| (thread.firm, thread.account))
    }
}
