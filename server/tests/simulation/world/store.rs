//! The one store that all nodes share: the real one, in memory, asked without threads between.

use crate::invariant::Held;
use crate::lie::Lie;
use crate::node::Batch;
use crate::truth::{Submitted, key_of};
use crate::world::{World, say};
use tidings_protocol::{
    Checked, ClientKey, Command, Event, EventKind, Outcome, Refusal, RefusalCode, Reply,
};
use tidings_storage::sqlite::Sqlite;
use tidings_storage::{Actor, Applied, Done, Operation, QueryError, Reader, Writer};

/// The store, and the way in and out.
pub(crate) struct Stored {
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) reader: Box<dyn Reader>,
    /// A database in memory goes with its last handle.
    pub(crate) _database: Sqlite,
}

impl World {
    /// A node's next operations become durable, or the store is away.
    pub(super) fn commit(&mut self, node: usize) -> Held {
        let waiting = self.nodes[node].pending.len();
        let count = 1 + self.chance.below(waiting);
        let batch: Vec<Submitted> = self.nodes[node].pending.drain(..count).collect();
        let applied = if self.is_store_away(2) {
            say!(self, "n{node} store away for {count}");
            vec![unavailable(); count]
        } else {
            say!(self, "n{node} commits {count}");
            self.apply(&batch)?
        };
        let tickets = batch.into_iter().map(|submitted| submitted.attempt);
        let applied = tickets.zip(applied).collect();
        self.nodes[node].batches.push_back(Batch { applied });
        Ok(())
    }

    /// Whether the store fails now, so many times out of a hundred.
    pub(super) fn is_store_away(&mut self, percent: u32) -> bool {
        !self.healed && self.chance.percent(percent)
    }

    /// Operations are done, and taken down.
    pub(super) fn apply(&mut self, batch: &[Submitted]) -> Held<Vec<Applied>> {
        let operations = batch.iter().map(|submitted| self.meddled(&submitted.operation)).collect();
        let applied = self.stored.writer.apply(operations, self.wall);
        let mut applied = applied.unwrap_or_else(|_| vec![unavailable(); batch.len()]);
        for (submitted, applied) in batch.iter().zip(&mut applied) {
            self.meddle(submitted, applied);
            self.truth.committed(submitted, applied, self.wall)?;
            if let Operation::Directory { change, .. } = &submitted.operation {
                self.void_tokens(change, applied.outcome.is_ok());
            }
            if applied.outcome.is_ok() && applied.commit.is_none() && keyed(submitted) {
                self.trace.met("key again");
            }
            say_applied(&mut self.trace, &self.truth, submitted, applied);
        }
        Ok(applied)
    }

    /// A lying store takes other operations than it was given.
    fn meddled(&mut self, operation: &Operation) -> Operation {
        if let (Lie::ForgetKey, Operation::Command { actor, command }) = (self.lie, operation)
            && let Command::PostMessage { thread, key, body, mentions } = command.get()
            && self.truth.knows_key(actor.person, *key)
        {
            let (key, body) = (ClientKey(self.chance.uuid()), body.clone());
            let again =
                Command::PostMessage { thread: *thread, key, body, mentions: mentions.clone() };
            if let Ok(command) = Checked::try_from(again) {
                return Operation::Command { actor: *actor, command };
            }
        }
        operation.clone()
    }

    /// And says other things than it did.
    fn meddle(&mut self, submitted: &Submitted, applied: &mut Applied) {
        let Operation::Command { actor, command } = &submitted.operation else { return };
        let Applied { outcome, commit } = applied;
        let Some(thread) = command.get().thread().and_then(|id| self.truth.threads.get(&id)) else {
            return;
        };
        match (self.lie, command.get(), outcome) {
            (Lie::ForgetKey, Command::PostMessage { key: meant, .. }, _) => {
                let events = commit.iter_mut().filter_map(|commit| commit.thread.as_mut());
                for event in events.flat_map(|thread| &mut thread.events) {
                    if let EventKind::MessagePosted { key, .. } = &mut event.kind {
                        *key = *meant;
                    }
                }
            }
            (Lie::AnswerAnew, command, Ok(Done::Reply(Reply::Written { seq, .. })))
                if key_of(command).is_some() && commit.is_none() =>
            {
                *seq = thread.head().next();
            }
            (
                Lie::StepBack,
                Command::Read { up_to, .. },
                Ok(Done::Reply(Reply::ReadUpTo { seq, .. })),
            ) if commit.is_none() && *up_to < thread.receipt(actor.person) => {
                *seq = *up_to;
            }
            _ => {}
        }
    }

    /// Asks in somebody's name. The answer is held against the ledger at once.
    pub(super) fn ask(&mut self, actor: Actor, command: &Checked) -> Held<Outcome> {
        let mut reply = match self.stored.reader.answer(actor, command, self.wall) {
            Ok(reply) => reply,
            Err(QueryError::Refused(refusal)) => return Ok(Outcome::Refused(refusal)),
            Err(QueryError::Unavailable(_)) => {
                return Ok(Outcome::Refused(RefusalCode::Unavailable.into()));
            }
        };
        if let (Lie::Miscount, Reply::Thread(view)) = (self.lie, &mut reply) {
            view.item.unread += 1;
        }
        self.truth.answered(actor.person, command.get(), &reply)?;
        Ok(Outcome::Ok(reply))
    }

    /// A lying server changes what it read.
    pub(super) fn spoil(&self, events: &mut [Event]) {
        if self.lie != Lie::ChangeBody {
            return;
        }
        for event in events {
            if let EventKind::MessagePosted { body, .. } = &mut event.kind {
                body.push('!');
            }
        }
    }
}

fn keyed(submitted: &Submitted) -> bool {
    let Operation::Command { command, .. } = &submitted.operation else { return false };
    key_of(command.get()).is_some()
}

fn unavailable() -> Applied {
    let refusal = Refusal::new(RefusalCode::Unavailable).retry_after_ms(1_000);
    Applied { outcome: Err(refusal), commit: None }
}

fn say_applied(
    trace: &mut crate::trace::Trace,
    truth: &crate::truth::Truth,
    submitted: &Submitted,
    applied: &Applied,
) {
    let what = match &submitted.operation {
        Operation::Command { actor, command } => {
            let thread = command.get().thread().map(|thread| truth.name(thread));
            let thread = thread.unwrap_or_default();
            format!("{} {} {thread}", actor.person, command.get().name())
        }
        Operation::Directory { change, .. } => format!("{change:?}"),
        Operation::CreateFirm { name } => format!("create firm {name}"),
        other => format!("{other:?}"),
    };
    let result = match (&applied.outcome, &applied.commit) {
        (Err(refusal), _) => refusal.code.name().to_owned(),
        (Ok(_), None) => "ok, nothing new".to_owned(),
        (Ok(_), Some(commit)) => {
            let events = commit.thread.iter().flat_map(|thread| &thread.events);
            let seqs: Vec<u64> = events.map(|event| event.seq.0).collect();
            format!("ok {seqs:?} {:?}", commit.access)
        }
    };
    trace.say(format_args!("  #{} {what}: {result}", truth.commits));
}
