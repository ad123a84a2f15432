//! Emails: who has taken which notice for how long, and what has reached a mail server. None goes to
//! somebody who has read it, none goes twice but under one name, and each is settled in the end.

use crate::invariant::{Held, Invariant};
use crate::truth::{Thread, Truth};
use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{
    EventKind, InboxKind, Notice, NoticeId, NoticeKind, NoticeReason, NoticeState, Person, Seq,
    ThreadId, Timestamp,
};
use uuid::Uuid;

/// What is known of notices.
#[derive(Default)]
pub(crate) struct Post {
    /// Who has them, until when.
    taken: BTreeMap<NoticeId, (Uuid, Timestamp)>,
    /// The mail in which each went, or was to go.
    mails: BTreeMap<NoticeId, NoticeId>,
    /// Those that a mail server has taken.
    delivered: BTreeSet<NoticeId>,
    /// Those that are over.
    settled: BTreeSet<NoticeId>,
}

/// Whose hands notices are in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) holder: Uuid,
    pub(crate) until: Timestamp,
}

impl Post {
    /// A mail server has taken a mail. Whether it had taken one with the same notice before.
    pub(crate) fn delivered(&mut self, notices: &[NoticeId]) -> bool {
        let known = self.delivered.len();
        self.delivered.extend(notices);
        self.delivered.len() < known + notices.len()
    }

    /// What became of notices was put down: they are over, or free to be taken.
    pub(crate) fn settled(&mut self, notices: &[NoticeId], holder: Uuid, over: bool) {
        for notice in notices {
            let holds = self.taken.get(notice).is_some_and(|(by, _)| *by == holder);
            if holds {
                self.taken.remove(notice);
            }
            if over {
                self.settled.insert(*notice);
            }
        }
    }
}

impl Thread {
    /// Events that a person may be told of by email, from one to another: what others did, as far
    /// as it was not taken back.
    fn concerning(&self, person: Person, (from, to): (Seq, Seq)) -> impl Iterator<Item = Seq> {
        let events = self.log.iter().filter(move |entry| {
            let event = &entry.event;
            let told = match event.kind {
                EventKind::MessagePosted { .. } => !entry.is_taken_back(),
                EventKind::TaskAdded { .. } => true,
                EventKind::TaskTicked { .. }
                | EventKind::TaskUnticked { .. }
                | EventKind::MemberMentioned { .. } => matches!(person, Person::Member(_)),
                _ => false,
            };
            told && event.actor != person && from <= event.seq && event.seq <= to
        });
        events.map(|entry| entry.event.seq)
    }
}

impl Truth {
    /// A notifier has taken a notice, which goes in that mail.
    pub(crate) fn taken(
        &mut self,
        notice: &Notice,
        reasons: &[InboxKind],
        (mail, lease): (NoticeId, Lease),
        now: Timestamp,
    ) -> Held {
        let id = notice.notice;
        let what = format_args!("{notice:?} is taken by {lease:?} when it was settled");
        Invariant::I10.holds(!self.post.settled.contains(&id), what)?;
        let before = self.post.taken.insert(id, (lease.holder, lease.until));
        let what = format_args!("{notice:?} is taken at {now} by {lease:?} from {before:?}");
        Invariant::I10.holds(before.is_none_or(|(_, until)| until <= now), what)?;
        let first = *self.post.mails.entry(id).or_insert(mail);
        let what = format_args!("{notice:?} goes in mail {mail:?} and in {first:?}");
        Invariant::I10.holds(first == mail, what)?;
        self.wanted(notice, reasons)
    }

    /// There is something to tell its person, as things stand.
    fn wanted(&self, notice: &Notice, reasons: &[InboxKind]) -> Held {
        let Some(id) = notice.thread else { return Ok(()) };
        let person = notice.person;
        let what = format_args!("{notice:?}: who may not see it");
        Invariant::I7.holds(self.sees(person, id), what)?;
        let Some(thread) = self.threads.get(&id) else { return Ok(()) };
        let read = thread.receipt(person);
        let wanted = match notice.kind {
            // That a mail failed is nowhere to be read.
            NoticeKind::Activity if reasons.contains(&InboxKind::DeliveryFailed) => true,
            NoticeKind::Activity => {
                let range = (notice.from.max(read.next()), notice.to);
                !thread.archived() && thread.concerning(person, range).next().is_some()
            }
            NoticeKind::Reminder => thread.wants_reminder() && thread.counts(notice.from),
            _ => true,
        };
        let what = format_args!("{notice:?}: {person} has read to {read}");
        Invariant::I10.holds(wanted, what)
    }

    /// All of a thread's ledger, when nothing is left to do.
    pub(crate) fn all_told(&self, id: ThreadId, ledger: &[Notice]) -> Held {
        let Some(thread) = self.threads.get(&id) else { return Ok(()) };
        for notice in ledger {
            let what = format_args!("{notice:?} was never settled");
            Invariant::I11.holds(notice.state != NoticeState::Waiting, what)?;
            let sent = notice.state == NoticeState::Sent;
            let what = format_args!("{notice:?}, and no mail server has it");
            let delivered = self.post.delivered.contains(&notice.notice);
            Invariant::I11.holds(!sent || delivered, what)?;
            let read = thread.receipt(notice.person);
            let mut told = thread.concerning(notice.person, (notice.from, notice.to));
            let as_read = notice.reason == Some(NoticeReason::Read);
            let what = format_args!("{notice:?}, and it has read to {read} only");
            Invariant::I11.holds(!as_read || told.all(|seq| seq <= read), what)?;
        }
        let clients = self.people.iter().filter(|(person, standing)| {
            matches!(person, Person::Contact(_)) && standing.accounts.contains(&thread.account)
        });
        for (person, _) in clients {
            for seq in thread.concerning(*person, (Seq(1), thread.head())) {
                let decided = ledger.iter().any(|notice| {
                    let tells = matches!(notice.kind, NoticeKind::Activity | NoticeKind::Resent);
                    let here = notice.from <= seq && seq <= notice.to;
                    tells && notice.person == *person && here
                });
                let what = format_args!("nobody decided whether {person} is told of event {seq}");
                Invariant::I11.holds(decided, what)?;
            }
        }
        Ok(())
    }
}
