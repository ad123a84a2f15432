//! What a device makes of the bytes it is sent. Everything is held against the ledger on the spot.

use crate::device::replica::reads;
use crate::device::{Device, Phase};
use crate::invariant::{Held, Invariant, Violation};
use crate::truth::{Truth, key_of};
use tidings_protocol::{
    CloseCode, Command, Event, Outcome, RefusalCode, ReminderState, Reply, RequestId, Seq,
    ServerFrame, ThreadId,
};
use tidings_storage::writes;

/// What a device is told, as far as others have to act on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A frame of the protocol, by its name.
    Frame(&'static str),
    /// A ping, which wants an answer.
    Ping,
    /// It was greeted, and sends again what was not answered.
    Welcome,
    /// The server ended the connection.
    Close(u16),
}

/// A WebSocket frame: its kind and its payload.
type Raw = (u8, Vec<u8>);

impl Device {
    /// Bytes came in. Says what they were, frame by frame.
    pub(crate) fn hear(&mut self, bytes: &[u8], truth: &mut Truth) -> Held<Vec<Heard>> {
        let Some(link) = &mut self.link else { return Ok(Vec::new()) };
        link.half.extend_from_slice(bytes);
        let mut raw = Vec::new();
        while let Some(frame) = cut(&mut link.half) {
            raw.push(frame);
        }
        raw.into_iter().map(|frame| self.hear_frame(frame, truth)).collect()
    }

    fn hear_frame(&mut self, (kind, payload): Raw, truth: &mut Truth) -> Held<Heard> {
        match kind {
            0x9 => return Ok(Heard::Ping),
            0x8 => {
                let code = payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code));
                let known = CloseCode::ALL.iter().any(|known| known.code() == code);
                let what = format_args!("closed with {code}, which is in no table");
                return Invariant::I6.holds(known, what).map(|()| Heard::Close(code));
            }
            _ => {}
        }
        let frame = self.encoding.decode_server(&payload).map_err(|error| {
            Invariant::I6.broken(format_args!("a frame that can't be read: {error}"))
        })?;
        let name = name(&frame);
        self.take(frame, truth).map_err(|violation| Violation {
            what: format!("d{} heard {name}: {}", self.number, violation.what),
            ..violation
        })?;
        Ok(if name == "welcome" { Heard::Welcome } else { Heard::Frame(name) })
    }

    fn take(&mut self, frame: ServerFrame, truth: &mut Truth) -> Held {
        let me = self.actor.person;
        match frame {
            ServerFrame::Welcome(welcome) => {
                self.badges = Some(welcome.badges);
                for item in &welcome.threads {
                    truth.summarized(me, &item.summary)?;
                    self.known.insert(item.summary.thread);
                    self.stands(item.summary.thread, item.summary.head, item.read);
                    self.reminded_by_feed(item.summary.thread, item.summary.reminder_state);
                }
                if let Some(link) = &mut self.link {
                    link.welcomed = true;
                }
                Ok(())
            }
            ServerFrame::Reply { id, outcome } => self.replied(id, outcome, truth),
            ServerFrame::Event(event) => self.event(event, truth),
            ServerFrame::Events { events, .. } => {
                events.into_iter().try_for_each(|event| self.event(event, truth))
            }
            ServerFrame::Receipts { thread, receipts } => {
                for receipt in &receipts {
                    truth.receipt_told(me, thread, receipt)?;
                    self.replicas.entry(thread).or_default().read(receipt);
                    if receipt.person == me {
                        self.stands(thread, Seq(0), receipt.seq);
                    }
                }
                Ok(())
            }
            ServerFrame::ThreadChanged(summary) => {
                self.known.insert(summary.thread);
                self.stands(summary.thread, summary.head, Seq(0));
                self.reminded_by_feed(summary.thread, summary.reminder_state);
                truth.summarized(me, &summary)
            }
            ServerFrame::ReadChanged { thread, read, .. } => {
                self.stands(thread, Seq(0), read);
                truth.receipt_told(me, thread, &tidings_protocol::Receipt { person: me, seq: read })
            }
            ServerFrame::InboxChanged(item) => truth.heard_of(me, item.thread, item.seq),
            ServerFrame::Typing { thread, person } => {
                let what = format_args!("{me} is told that it is writing itself");
                Invariant::I6.holds(person != me, what)?;
                let home = truth.home(thread).map(|(firm, _)| firm);
                let what = format_args!("{me} is told who writes in another firm");
                Invariant::I7.holds(home == Some(self.actor.firm), what)
            }
            ServerFrame::Presence { .. } => Ok(()),
            ServerFrame::BadgesChanged(badges) => {
                self.badges = Some(badges);
                Ok(())
            }
            ServerFrame::ReminderChanged { thread, reminder } => {
                self.reminded(thread, reminder, truth)
            }
        }
    }

    /// The room, or the answer to a join, says how far reminders are.
    fn reminded(&mut self, thread: ThreadId, state: ReminderState, truth: &Truth) -> Held {
        let replica = self.replicas.entry(thread).or_default();
        if replica.phase == Phase::Live {
            let me = self.actor.person;
            replica.reminded = truth.reminder_told(me, thread, state, replica.reminded)?;
            self.told.entry(thread).or_default().reminder = state;
        }
        Ok(())
    }

    /// The feed says so. Of what has been joined it may be late: then the room has the word.
    fn reminded_by_feed(&mut self, thread: ThreadId, state: ReminderState) {
        if self.replicas.get(&thread).is_none_or(|replica| replica.phase == Phase::Out) {
            self.told.entry(thread).or_default().reminder = state;
        }
    }

    fn event(&mut self, event: Event, truth: &Truth) -> Held {
        let me = self.actor.person;
        let void = self.link.as_ref().and_then(|link| link.void);
        truth.delivered(me, &event, void)?;
        let read = event.actor == me && reads(&event);
        // Even if it comes after the thread was left.
        self.stands(event.thread, event.seq, if read { event.seq } else { Seq(0) });
        let replica = self.replicas.entry(event.thread).or_default();
        if replica.phase == Phase::Live { replica.take(event) } else { Ok(()) }
    }

    fn replied(&mut self, id: RequestId, outcome: Outcome, truth: &mut Truth) -> Held {
        let Some(link) = &mut self.link else { return Ok(()) };
        let socket = link.socket;
        let Some(command) = link.asked.remove(&id) else {
            return Err(Invariant::I2.broken(format_args!("frame {id} was answered twice")));
        };
        if writes(&command) {
            truth.told((socket, id), matches!(outcome, Outcome::Ok(_)))?;
        }
        match outcome {
            Outcome::Ok(reply) => self.answered(id, &command, reply, truth),
            Outcome::Refused(refusal) => {
                if !refusal.code.may_retry() {
                    self.settle(&command, false);
                }
                self.refused(id, &command, refusal.code);
                Ok(())
            }
        }
    }

    fn answered(
        &mut self,
        id: RequestId,
        command: &Command,
        reply: Reply,
        truth: &mut Truth,
    ) -> Held {
        let me = self.actor.person;
        if let Some(key) = key_of(command) {
            truth.told_key(me, key, &reply)?;
            self.settle(command, true);
        }
        match reply {
            Reply::Joined(joined) => {
                let thread = joined.view.item.summary.thread;
                truth.summarized(me, &joined.view.item.summary)?;
                for receipt in &joined.view.receipts {
                    truth.receipt_told(me, thread, receipt)?;
                }
                self.stands(thread, joined.view.item.summary.head, joined.view.item.read);
                let replica = self.replicas.entry(thread).or_default();
                match replica.phase {
                    Phase::Joining { id: asked, after } if asked == id => {
                        replica.joined(after, &joined)?;
                        self.reminded(thread, joined.view.item.summary.reminder_state, truth)
                    }
                    _ => Ok(()),
                }
            }
            Reply::ThreadCreated { thread, .. } => {
                self.known.insert(thread);
                Ok(())
            }
            Reply::Thread(view) => truth.summarized(me, &view.item.summary),
            Reply::History { events, .. } => {
                let void = self.link.as_ref().and_then(|link| link.void);
                events.iter().try_for_each(|event| truth.delivered(me, event, void))
            }
            Reply::ReadUpTo { seq, .. } => {
                if let Some(thread) = command.thread() {
                    self.stands(thread, Seq(0), seq);
                }
                Ok(())
            }
            Reply::Threads { items, .. } => {
                items.iter().try_for_each(|item| truth.summarized(me, &item.summary))
            }
            _ => Ok(()),
        }
    }

    fn refused(&mut self, id: RequestId, command: &Command, code: RefusalCode) {
        if let Command::Join { thread, .. } = command {
            let thread: ThreadId = *thread;
            let replica = self.replicas.entry(thread).or_default();
            if matches!(replica.phase, Phase::Joining { id: asked, .. } if asked == id) {
                replica.phase = Phase::Out;
            }
            if code == RefusalCode::NotFound {
                replica.wanted = false;
                self.known.remove(&thread);
            }
        }
    }
}

fn name(frame: &ServerFrame) -> &'static str {
    match frame {
        ServerFrame::Welcome(_) => "welcome",
        ServerFrame::Reply { .. } => "reply",
        ServerFrame::Event(_) => "event",
        ServerFrame::Events { .. } => "events",
        ServerFrame::Receipts { .. } => "receipts",
        ServerFrame::Typing { .. } => "typing",
        ServerFrame::Presence { .. } => "presence",
        ServerFrame::ThreadChanged(_) => "thread_changed",
        ServerFrame::ReadChanged { .. } => "read_changed",
        ServerFrame::InboxChanged(_) => "inbox_changed",
        ServerFrame::BadgesChanged(_) => "badges_changed",
        ServerFrame::ReminderChanged { .. } => "reminder_changed",
    }
}

/// Cuts a whole frame off the front (RFC 6455, 5.2; a server does not mask).
fn cut(bytes: &mut Vec<u8>) -> Option<Raw> {
    let [first, second] = *bytes.first_chunk()?;
    let (length, header) = match second {
        126 => (usize::from(u16::from_be_bytes(*bytes[2..].first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*bytes[2..].first_chunk()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(header..header + length)?.to_vec();
    bytes.drain(..header + length);
    Some((first & 0x0f, payload))
}
