//! What a device hears, and what it makes of it.

use crate::client::decode::{Incoming, Told};
use crate::client::device::{Asked, Device, Draft, Habit, State};
use crate::meter::Kind;
use crate::record::{Micros, PersonIx, ReceiptBack, ThreadIx, UnreadClaim};
use anyhow::{Result, bail};
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::limits::{PAGE_ITEMS_MAX, RESUME_EVENTS_MAX};
use tidings_protocol::{
    Joined, Outcome, Receipt, Refusal, RefusalCode, Reply, RequestId, Seq, ServerFrame, ThreadId,
    ThreadItem, ThreadSummary, Welcome,
};

/// How long a command waits that may be tried again, if the server does not say.
const RETRY: Duration = Duration::from_millis(500);

/// In outages, one message in so many that are refused for the moment is given up.
const GIVEN_UP_ONE_IN: u32 = 2;

/// Who has missed less than this is sent all of it: a newest page that comes instead begins this far
/// after what the device has, at the least.
const MISSED_SENT: u64 = RESUME_EVENTS_MAX - PAGE_ITEMS_MAX as u64;

impl Device {
    /// Takes a message from the server.
    pub(super) fn hear(self: &Rc<Self>, payload: &[u8]) -> Result<()> {
        self.world.count(|counts| counts.bytes_received += payload.len() as u64);
        let incoming = self.world.decoder().decode(self.route.encoding, payload)?;
        match incoming {
            Incoming::Event(told) => self.hear_event(&told),
            Incoming::Frame(frame) => self.hear_frame(&frame)?,
        }
        Ok(())
    }

    fn hear_event(self: &Rc<Self>, told: &Told) {
        let now = self.world.clock.now();
        let mut seats = self.seats.borrow_mut();
        let Some(seat) = seats.iter_mut().find(|seat| seat.id == told.thread && seat.joined) else {
            return self.world.recorder().stray(self.person, told.thread, Some(told.seq));
        };
        self.told(seat, told);
        drop(seats);
        self.world.count(|counts| counts.delivered += 1);
        // A slow reader's own latencies say nothing of the server.
        if let (Some(due), false) = (told.due, self.route.slow) {
            self.world.took(Kind::Delivery, due, now);
        }
        if self.habit.get() == Habit::PostOnDelivery {
            self.own_delivery(told);
        }
    }

    /// In a closed loop, the next message follows one's own.
    fn own_delivery(&self, told: &Told) {
        let mut awaited = self.awaited.borrow_mut();
        if let Some(at) = awaited.iter().position(|key| Some(*key) == told.key) {
            awaited.swap_remove(at);
            drop(awaited);
            self.post(0, self.world.clock.now());
        }
    }

    fn hear_frame(self: &Rc<Self>, frame: &ServerFrame) -> Result<()> {
        if !matches!(frame, ServerFrame::Reply { .. }) {
            self.world.count(|counts| counts.other_frames += 1);
        }
        match frame {
            ServerFrame::Welcome(welcome) => self.hear_welcome(welcome),
            ServerFrame::Reply { id, outcome } => self.hear_reply(*id, outcome)?,
            ServerFrame::Events { thread, events, .. } => {
                let mut seats = self.seats.borrow_mut();
                let Some(seat) = seats.iter_mut().find(|seat| seat.id == *thread) else {
                    bail!("events of a thread that was not joined");
                };
                for event in events {
                    self.told(seat, &Told::of(event));
                }
                drop(seats);
                self.world.count(|counts| counts.delivered += events.len() as u64);
                self.caught_up(*thread);
            }
            ServerFrame::Receipts { thread, receipts } => {
                self.hear_receipts(*thread, receipts, false);
            }
            ServerFrame::Typing { thread, .. }
            | ServerFrame::Presence { thread, .. }
            | ServerFrame::ReminderChanged { thread, .. } => {
                self.visible(*thread, None);
            }
            ServerFrame::ThreadChanged(summary) => self.hear_summary(summary),
            ServerFrame::ReadChanged { thread, read, messages_read } => {
                if let Some(thread) = self.visible(*thread, None) {
                    self.claim(thread, *read, *messages_read, *read, 0);
                }
            }
            ServerFrame::InboxChanged(item) => {
                self.visible(item.thread, None);
            }
            ServerFrame::BadgesChanged(_) => {}
            ServerFrame::Event(_) => bail!("an event that was taken for something else"),
        }
        Ok(())
    }

    fn hear_welcome(self: &Rc<Self>, welcome: &Welcome) {
        for item in &welcome.threads {
            self.hear_item(item);
        }
        // What changed while the first was made comes as a second one.
        if self.state.replace(State::Up) == State::Up {
            return;
        }
        let came_back = self.lost.get().is_some();
        self.was_up.set(true);
        self.world.count(|counts| {
            counts.connects += 1;
            counts.connected += 1;
            counts.reconnects += u64::from(came_back);
        });
        self.took(Kind::Connect, self.began.get());
        let now = self.world.clock.now();
        let seats: Vec<_> = self.seats.borrow().iter().map(|seat| (seat.id, seat.last)).collect();
        for (thread, last) in seats {
            self.ask_to_join(thread, last, now);
        }
        self.send_unsent();
        self.back();
    }

    /// After a loss: whether everything is there again.
    fn back(&self) {
        let whole = self.seats.borrow().iter().all(|seat| seat.joined && seat.until.is_none());
        if whole && let Some(lost) = self.lost.take() {
            self.took(Kind::Back, lost);
        }
    }

    fn hear_reply(self: &Rc<Self>, id: RequestId, outcome: &Outcome) -> Result<()> {
        let Some(asked) = self.asked.borrow_mut().remove(&id) else {
            bail!("a reply to a command that was not sent, or answered before");
        };
        match (asked, outcome) {
            (Asked::Post(draft), Outcome::Ok(Reply::Written { seq, .. })) => {
                // A message that was sent twice is acknowledged twice, and is one message.
                let first = self.world.recorder().acked(draft.post, *seq);
                self.world.count(|counts| counts.acked += u64::from(first));
                self.took(Kind::Ack, draft.due);
                if self.habit.get() == Habit::PostOnAck {
                    self.post(0, self.world.clock.now());
                }
            }
            (Asked::Post(draft), Outcome::Refused(refusal)) => self.post_refused(draft, refusal),
            (Asked::Bad(post), Outcome::Refused(refusal)) => {
                self.world.recorder().refused(post, refusal.code);
                self.world.count(|counts| counts.refused += 1);
            }
            (Asked::Bad(_), Outcome::Ok(_)) => {
                self.world.fail("a message that should be refused was taken".to_owned());
            }
            (Asked::Join { thread, after, began }, Outcome::Ok(Reply::Joined(joined))) => {
                self.hear_joined(thread, after, joined, began);
            }
            (Asked::Read { thread }, Outcome::Ok(Reply::ReadUpTo { seq, .. })) => {
                self.world.recorder().receipt_acked(self.person, thread, *seq);
                self.world.count(|counts| counts.commands += 1);
            }
            (Asked::Authenticate | Asked::Other { .. }, Outcome::Ok(_)) => {
                self.world.count(|counts| counts.commands += 1);
            }
            (Asked::Join { thread, after, began }, Outcome::Refused(refusal))
                if refusal.code.may_retry() =>
            {
                self.join_later(thread, after, began, refusal);
            }
            (asked, Outcome::Refused(refusal)) if refusal.code.may_retry() => {
                self.world.count(|counts| counts.put_off += 1);
                if matches!(asked, Asked::Authenticate) {
                    // It comes back with the next connection.
                    self.drop_connection();
                }
            }
            (_, Outcome::Refused(_)) if self.dismissed.get() => {
                self.world.count(|counts| counts.refused += 1);
            }
            (asked, outcome) => {
                let name = asked.name();
                self.world.fail(format!("{name} was answered with {}", in_short(outcome)));
            }
        }
        Ok(())
    }

    /// A join that may be tried again is, if it is still the same connection.
    fn join_later(
        self: &Rc<Self>,
        thread: ThreadId,
        after: Option<Seq>,
        began: Micros,
        refusal: &Refusal,
    ) {
        self.world.count(|counts| counts.put_off += 1);
        let (device, number) = (Rc::clone(self), self.connection_number());
        let wait =
            refusal.retry_after_ms.map_or(RETRY, |millis| Duration::from_millis(millis.into()));
        tokio::task::spawn_local(async move {
            tokio::time::sleep(wait).await;
            if number.is_some() && device.connection_number() == number {
                device.ask_to_join(thread, after, began);
            }
        });
    }

    /// A post that may be tried again is; the others are mistakes of somebody.
    fn post_refused(self: &Rc<Self>, draft: Draft, refusal: &Refusal) {
        self.world.recorder().refused(draft.post, refusal.code);
        if refusal.code.may_retry() {
            self.world.count(|counts| counts.put_off += 1);
            // What is not tried again must never appear; what is must appear once, if it is taken then.
            if self.world.manners.outages && fastrand::u32(..GIVEN_UP_ONE_IN) == 0 {
                return self.world.count(|counts| counts.given_up += 1);
            }
            let asked = refusal.retry_after_ms.map(|millis| Duration::from_millis(millis.into()));
            let (device, wait) = (Rc::clone(self), asked.unwrap_or(RETRY));
            self.waiting.set(self.waiting.get() + 1);
            tokio::task::spawn_local(async move {
                tokio::time::sleep(wait).await;
                device.waiting.set(device.waiting.get() - 1);
                device.send_draft(draft);
            });
            return;
        }
        // Whose access has ended hears of it by a refusal, or by the end of the connection; a node may
        // refuse before it has heard of it by another.
        let no_access = [RefusalCode::NotFound, RefusalCode::Unauthenticated];
        if no_access.contains(&refusal.code) && self.dismissed.get() {
            return self.world.count(|counts| counts.refused += 1);
        }
        self.world.fail(format!("post_message was refused: {refusal}"));
    }

    fn hear_joined(&self, thread: ThreadId, after: Option<Seq>, joined: &Joined, began: Micros) {
        self.world.count(|counts| {
            counts.commands += 1;
            counts.joined += 1;
        });
        let mut seats = self.seats.borrow_mut();
        let Some(seat) = seats.iter_mut().find(|seat| seat.id == thread) else { return };
        self.world.recorder().joined(seat.seen, after, joined.from, joined.complete);
        if let (Some(after), false) = (after, joined.complete)
            && (after.0 + 2..after.0 + MISSED_SENT).contains(&joined.from.0)
        {
            self.world.fail("a join skipped what it should have sent".to_owned());
        }
        seat.joined = true;
        seat.last = Some(Seq(joined.from.0.saturating_sub(1)));
        seat.until = Some((joined.view.item.summary.head, began));
        drop(seats);
        self.hear_item(&joined.view.item);
        self.hear_receipts(thread, &joined.view.receipts, true);
        self.caught_up(thread);
    }

    /// Whether a joined thread has reached the head it had when it was joined.
    fn caught_up(&self, thread: ThreadId) {
        let mut seats = self.seats.borrow_mut();
        let Some(seat) = seats.iter_mut().find(|seat| seat.id == thread) else { return };
        if let Some((head, began)) = seat.until
            && seat.last >= Some(head)
        {
            seat.until = None;
            drop(seats);
            self.took(Kind::Join, began);
            self.back();
        }
    }

    fn hear_item(&self, item: &ThreadItem) {
        let summary = &item.summary;
        if let Some(thread) = self.visible(summary.thread, Some(summary.head)) {
            self.claim(thread, summary.head, summary.messages, item.read, item.unread);
        }
    }

    /// A summary counts the messages up to its head, as one who has read nothing would.
    fn hear_summary(&self, summary: &ThreadSummary) {
        if let Some(thread) = self.visible(summary.thread, Some(summary.head)) {
            self.claim(thread, summary.head, summary.messages, Seq(0), summary.messages);
        }
    }

    fn claim(&self, thread: ThreadIx, head: Seq, messages: u64, read: Seq, unread: u64) {
        let person = self.person;
        let claim = UnreadClaim { person, thread, head, messages, read, unread };
        self.world.recorder().unread(claim);
    }

    /// The thread here, if this person may see it; if not, that it came is a fault.
    fn visible(&self, thread: ThreadId, seq: Option<Seq>) -> Option<ThreadIx> {
        let seats = self.seats.borrow();
        if let Some(seat) = seats.iter().find(|seat| seat.id == thread) {
            return Some(seat.thread);
        }
        let mut recorder = self.world.recorder();
        let known = recorder.visible(self.person, thread);
        if known.is_none() {
            recorder.stray(self.person, thread, seq);
        }
        known
    }

    /// Receipts only move forward: those of a join beyond all that was told before, those of a frame
    /// beyond the frames since the join.
    fn hear_receipts(&self, thread: ThreadId, receipts: &[Receipt], joining: bool) {
        let Some(ix) = self.visible(thread, None) else { return };
        let Some(known) = &self.receipts else { return };
        let (mut known, mut recorder) = (known.borrow_mut(), self.world.recorder());
        for receipt in receipts {
            let Some(person) = recorder.person_ix(receipt.person) else { continue };
            let known = known.entry((ix, person)).or_default();
            let before = if joining { known.furthest } else { known.by_frame };
            if receipt.seq < before {
                recorder.receipt_back(back(person, ix, before, receipt.seq));
            }
            known.furthest = receipt.seq.max(known.furthest);
            known.by_frame = if joining { Seq(0) } else { receipt.seq };
        }
    }
}

fn back(person: PersonIx, thread: ThreadIx, before: Seq, after: Seq) -> ReceiptBack {
    ReceiptBack { person, thread, before, after }
}

fn in_short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok(_) => "the reply of another command".to_owned(),
        Outcome::Refused(refusal) => refusal.to_string(),
    }
}

impl Asked {
    fn name(&self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::Join { .. } => "join",
            Self::Post(_) | Self::Bad(_) => "post_message",
            Self::Read { .. } => "read",
            Self::Other { name } => name,
        }
    }
}
