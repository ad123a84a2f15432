//! What the store answers, held against the ledger at the very moment it answers: all readers
//! agree, and unread is what one gets by counting.

use crate::invariant::{Held, Invariant};
use crate::truth::Truth;
use std::collections::BTreeSet;
use tidings_protocol::{
    Badges, Command, Event, Person, Reply, ThreadFilter, ThreadId, ThreadItem, ThreadView, Welcome,
};

impl Truth {
    /// The store answered a question.
    pub(crate) fn answered(&self, person: Person, command: &Command, reply: &Reply) -> Held {
        match (command, reply) {
            (Command::GetThread { .. }, Reply::Thread(view)) => self.viewed(person, view),
            (Command::History { .. }, Reply::History { events, .. }) => {
                events.iter().try_for_each(|event| self.read_back(event))?;
                let visible = events.iter().all(|event| self.sees(person, event.thread));
                let what = format_args!("{person} read the log of what it does not see");
                Invariant::I7.holds(visible, what)
            }
            (Command::ListThreads { filter, .. }, Reply::Threads { items, next }) => {
                items.iter().try_for_each(|item| self.listed(person, item))?;
                let whole = *filter == ThreadFilter::default() && next.is_none();
                let listed = items.iter().map(|item| item.summary.thread).collect();
                if whole { self.all_of(person, &listed) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Somebody is greeted with how things stand.
    pub(crate) fn welcomed(&self, person: Person, welcome: &Welcome) -> Held {
        welcome.threads.iter().try_for_each(|item| self.listed(person, item))?;
        let seen = welcome.inbox.iter().all(|item| self.sees(person, item.thread));
        Invariant::I7.holds(seen, format_args!("{person}'s inbox has what it does not see"))?;
        self.counted(person, welcome.badges)
    }

    /// Unread over all that somebody sees.
    pub(crate) fn counted(&self, person: Person, badges: Badges) -> Held {
        let unread: Vec<u64> =
            self.visible(person).map(|thread| self.threads[&thread].unread(person)).collect();
        let messages: u64 = unread.iter().sum();
        let threads = unread.iter().filter(|unread| **unread > 0).count() as u64;
        let same = badges.unread_messages == messages && badges.unread_threads == threads;
        let what = format_args!("{person}: {badges:?}, and {messages} unread in {threads} threads");
        Invariant::I9.holds(same, what)
    }

    /// An event as the store has it now.
    pub(crate) fn read_back(&self, event: &Event) -> Held {
        let entry = self.threads.get(&event.thread).and_then(|thread| thread.entry(event.seq));
        let Some(entry) = entry else {
            return Err(Invariant::I6.broken(format_args!("{event:?} was never written")));
        };
        let now = entry.now();
        Invariant::I6.holds(now == *event, format_args!("{event:?} should read {now:?}"))
    }

    fn viewed(&self, person: Person, view: &ThreadView) -> Held {
        self.listed(person, &view.item)?;
        let thread = &self.threads[&view.item.summary.thread];
        for receipt in &view.receipts {
            let stands = thread.receipt(receipt.person);
            let what = format_args!("{receipt:?} was read, and stands at {stands}");
            Invariant::I8.holds(stands == receipt.seq, what)?;
        }
        let told = view.receipts.len();
        let what = format_args!("{told} receipts were read of {:?}", thread.receipts);
        Invariant::I8.holds(told == thread.receipts.len(), what)?;
        let tasks = thread.tasks();
        let same = view.tasks.len() == tasks.len()
            && view.tasks.iter().all(|task| tasks.get(&task.task) == Some(&task.done.is_some()));
        Invariant::I3.holds(same, format_args!("{:?} are not {tasks:?}", view.tasks))
    }

    fn listed(&self, person: Person, item: &ThreadItem) -> Held {
        let summary = &item.summary;
        let name = self.name(summary.thread);
        let sees = self.sees(person, summary.thread);
        Invariant::I7.holds(sees, format_args!("{person} reads {name}, which it does not see"))?;
        let thread = &self.threads[&summary.thread];
        let open = thread.tasks().values().filter(|done| !**done).count();
        let same = summary.head == thread.head()
            && summary.archived == thread.archived()
            && summary.tasks_open as usize == open
            && summary.reminder_state == thread.reminded();
        Invariant::I3.holds(same, format_args!("{summary:?} is not how the log of {name} ends"))?;
        let receipt = thread.receipt(person);
        let what = format_args!("{person} has read {name} to {receipt}, not to {}", item.read);
        Invariant::I8.holds(item.read == receipt, what)?;
        let unread = thread.unread(person);
        let what = format_args!("{person} has {unread} unread in {name}, not {}", item.unread);
        Invariant::I9.holds(item.unread == unread, what)
    }

    fn all_of(&self, person: Person, listed: &BTreeSet<ThreadId>) -> Held {
        let missing = self.visible(person).find(|thread| !listed.contains(thread));
        let what = format_args!("{person} sees {missing:?}, which is not in its list");
        Invariant::I3.holds(missing.is_none(), what)
    }
}
