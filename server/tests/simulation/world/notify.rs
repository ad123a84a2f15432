//! Notifiers, one at each node: each asks the store what is due, and does one thing of it at a time.
//! Mails go to a server that takes them, or not, or is not heard of again; a notifier may die with a
//! mail in its hands, whether it was delivered by then or not.

use crate::invariant::{Held, Invariant};
use crate::lie::Lie;
use crate::node::{Batch, Hand, Work};
use crate::truth::{Lease, Submitted};
use crate::world::{World, say};
use std::ops::RangeInclusive;
use tidings_protocol::{FirmId, Notice, NoticeId, NoticeReason, Page, ThreadId};
use tidings_storage::{Applied, Done, NoticeFilter, NoticesOf, Operation, Sending};

/// How long a mail is a notifier's own, in milliseconds: mails are delivered in far less, or far more.
const LEASE_MS: RangeInclusive<u64> = 1_000..=600_000;

/// What is asked for at a time, of each kind.
const DUE_MAX: u32 = 3;

/// Things done at most until nothing is due any more.
const ROUNDS_MAX: u32 = 3_000;

impl World {
    /// A notifier does one thing. Whether there was one.
    pub(super) fn notify(&mut self, node: usize) -> Held<bool> {
        if self.is_store_away(3) {
            return Ok(false);
        }
        let hands = self.nodes[node].hands.len();
        if hands > 0 && self.chance.percent(60) {
            let at = self.chance.below(hands);
            let hand = self.nodes[node].hands.remove(at);
            return self.go_on(node, hand).map(|()| true);
        }
        if self.nodes[node].due_work.is_empty() {
            let due = self.stored.reader.due(self.wall, DUE_MAX).unwrap_or_default();
            let looks = due.look.into_iter().map(|(firm, thread)| Work::Look(firm, thread));
            let reminders = due.remind.into_iter().map(|(firm, thread)| Work::Remind(firm, thread));
            let work = &mut self.nodes[node].due_work;
            work.extend(looks.chain(reminders));
            work.extend(due.mails.into_iter().map(Work::Mail));
        }
        // By the time that it is done somebody else may have done it.
        let known = self.nodes[node].due_work.len();
        if known == 0 {
            return Ok(false);
        }
        let at = self.chance.below(known);
        match self.nodes[node].due_work.swap_remove(at) {
            Work::Look(firm, thread) => {
                self.operate(node, Operation::Look { firm, thread })?;
            }
            Work::Remind(firm, thread) => {
                self.trace.met("reminder");
                self.operate(node, Operation::Remind { firm, thread })?;
            }
            Work::Mail(notices) => self.take_notices(node, notices)?,
        }
        Ok(true)
    }

    /// An operation of a notifier's is done; what it changed goes the way of all commits.
    fn operate(&mut self, node: usize, operation: Operation) -> Held<Option<Done>> {
        let applied = self.apply(&[Submitted { attempt: None, operation }])?;
        let done = applied.first().and_then(|applied| applied.outcome.clone().ok());
        let applied: Vec<(_, Applied)> = applied.into_iter().map(|one| (None, one)).collect();
        self.nodes[node].batches.push_back(Batch { applied });
        Ok(done)
    }

    /// Mails are taken to be sent, and read.
    fn take_notices(&mut self, node: usize, mut notices: NoticesOf) -> Held {
        let holder = self.chance.uuid();
        let millis = self.chance.between(*LEASE_MS.start(), *LEASE_MS.end());
        let lease = Lease { holder, until: self.wall.plus_millis(millis.cast_signed()) };
        let until = if self.lie == Lie::TakeForNoTime { self.wall } else { lease.until };
        let claim = Operation::ClaimNotices { notices: notices.clone(), holder, until };
        let Some(Done::Notices(taken)) = self.operate(node, claim)? else { return Ok(()) };
        if self.lie != Lie::SendWhatWasDropped {
            notices.notices.retain(|(id, _)| taken.contains(id));
        }
        let ids: Vec<NoticeId> = notices.notices.iter().map(|(id, _)| *id).collect();
        if taken.len() < ids.len() || taken.is_empty() {
            self.trace.met("notice that is not sent");
        }
        let letter = self.stored.reader.letter(&ids).ok().flatten();
        let first = ids.first().copied().filter(|_| self.lie == Lie::SendWhatWasDropped);
        let Some(mail) = letter.as_ref().map(|letter| letter.mail).or(first) else {
            return Ok(());
        };
        if let Some(letter) = &letter {
            let what = format_args!("{} gets a mail for {:?}", notices.person, letter.to);
            Invariant::I7.holds(letter.to.person == notices.person, what)?;
        }
        let parts = letter.map(|letter| letter.parts).unwrap_or_default();
        for (id, thread) in &notices.notices {
            if let Some(notice) = self.notice(&notices, *id, *thread) {
                let part = parts.iter().find(|part| part.notice == *id);
                let reasons = part.map_or(&[][..], |part| &part.reasons);
                self.truth.taken(&notice, reasons, (mail, lease), self.wall)?;
            }
        }
        say!(self, "n{node} takes mail {} for {}", mail.0, notices.person);
        self.nodes[node].hands.push(Hand { notices, holder, mail, sending: None });
        Ok(())
    }

    fn notice(&mut self, of: &NoticesOf, id: NoticeId, thread: Option<ThreadId>) -> Option<Notice> {
        let filter = NoticeFilter { thread, person: Some(of.person) };
        self.ledger(of.firm, filter).into_iter().find(|notice| notice.notice == id)
    }

    /// All of the ledger that a filter leaves.
    fn ledger(&mut self, firm: FirmId, filter: NoticeFilter) -> Vec<Notice> {
        let (mut all, mut page) = (Vec::new(), Page { cursor: None, limit: Some(100) });
        while let Ok(list) = self.stored.reader.notices(firm, None, filter, &page) {
            all.extend(list.items);
            page.cursor = list.next;
            if page.cursor.is_none() {
                break;
            }
        }
        all
    }

    /// A mail is delivered, or what became of it is put down.
    fn go_on(&mut self, node: usize, mut hand: Hand) -> Held {
        if !self.healed && self.chance.percent(8) {
            say!(self, "n{node} dies with mail {}: {:?}", hand.mail.0, hand.sending);
            self.trace.met("notifier that died with a mail");
            return Ok(());
        }
        let ids: Vec<NoticeId> = hand.notices.notices.iter().map(|(id, _)| *id).collect();
        let Some(sending) = hand.sending.take() else {
            let sending = self.deliver(hand.mail);
            if matches!(sending, Sending::Sent { .. }) && self.truth.post.delivered(&ids) {
                self.trace.met("mail that was delivered again");
            }
            say!(self, "n{node} delivers mail {}: {sending:?}", hand.mail.0);
            hand.sending = Some(sending);
            self.nodes[node].hands.push(hand);
            return Ok(());
        };
        if self.lie == Lie::NeverSettle {
            return Ok(());
        }
        let (holder, notices) = (hand.holder, hand.notices);
        let sent = matches!(sending, Sending::Sent { .. });
        let settled = self.operate(node, Operation::SettleNotices { notices, holder, sending })?;
        if settled.is_some() {
            self.truth.post.settled(&ids, holder, sent);
        }
        Ok(())
    }

    /// What a mail server says.
    fn deliver(&mut self, mail: NoticeId) -> Sending {
        let (answer, message_id) = ("said so".to_owned(), mail.0.to_string());
        match self.chance.below(100) {
            _ if self.healed => Sending::Sent { answer, message_id },
            0..70 => Sending::Sent { answer, message_id },
            70..90 => {
                let later = self.chance.between(1_000, 3_600_000).cast_signed();
                Sending::Later { answer, message_id, at: self.wall.plus_millis(later) }
            }
            _ => Sending::Failed { answer, message_id, reason: NoticeReason::Refused },
        }
    }

    /// Every notifier does something.
    pub(super) fn notify_some(&mut self) -> Held {
        for node in 0..self.nodes.len() {
            self.notify(node)?;
        }
        Ok(())
    }

    /// All that is due is done, whoever does it; and so is what becomes due by that. An hour later, for
    /// mails are gathered, tried again, and taken by those who have died.
    pub(super) fn notify_all(&mut self) -> Held {
        self.wall = self.wall.plus_millis(3_600_000);
        for _ in 0..ROUNDS_MAX {
            let node = self.chance.below(self.nodes.len());
            let idle =
                self.nodes.iter().all(|node| node.hands.is_empty() && node.due_work.is_empty());
            if !self.notify(node)? && idle {
                return Ok(());
            }
        }
        Err(Invariant::I11.broken(format_args!("mails are never all sent")))
    }

    /// The ledger says of everybody what became of it.
    pub(super) fn compare_ledger(&mut self, thread: ThreadId) -> Held {
        let Some((firm, _)) = self.truth.home(thread) else { return Ok(()) };
        let ledger = self.ledger(firm, NoticeFilter { thread: Some(thread), person: None });
        self.truth.all_told(thread, &ledger)
    }
}
