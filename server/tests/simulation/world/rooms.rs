//! Rooms: their mail, what they read from the store, what they send.

use crate::lie::Lie;
use crate::node::{Mail, Then, Wanted};
use crate::world::{World, say};
use tidings_server::rooms::Repair;
use tidings_storage::Pulse;

/// Events read at a time to fill a gap: few, so that pages end within gaps.
const REPAIR_EVENTS: u32 = 3;

impl World {
    /// The rooms take a piece of mail.
    pub(super) fn take_mail(&mut self, node: usize) {
        let Some(mail) = self.nodes[node].mail.pop_front() else { return };
        let state = &mut self.nodes[node];
        if let Mail::Repaired(thread, Some((_, firm, epoch))) = &mail
            && !state.epochs.knows(*firm, *epoch)
            && self.lie != Lie::IgnoreEpoch
        {
            self.trace.met("repair that came too early");
            state.hall.not_repaired(*thread);
            let epochs = vec![(*firm, *epoch)];
            return self.settle_then(node, epochs, Then::Nothing);
        }
        let hall = &mut state.hall;
        let repair = match mail {
            Mail::Open(thread, socket) => return self.opened(node, thread, socket),
            Mail::Attach(thread, socket, have) => return self.attach(node, thread, socket, have),
            Mail::GiveUp(thread) => return hall.give_up(thread),
            Mail::Detach(thread, socket) => return hall.detach(thread, socket),
            Mail::Typing(thread, person) => return hall.typing(thread, person),
            Mail::Look(thread, socket, looking) => return hall.look(thread, socket, looking),
            Mail::Committed(commit) => hall.committed(commit),
            Mail::Repaired(thread, found) => {
                hall.repaired(thread, found.map(|(events, ..)| events))
            }
            Mail::LookOver(pulses) => return self.rooms_look_over(node, &pulses),
            Mail::Receipts(thread, sum, receipts) => return hall.all_read(thread, sum, receipts),
        };
        self.want(node, repair);
    }

    /// Notes what rooms want to read.
    pub(super) fn want(&mut self, node: usize, repairs: impl IntoIterator<Item = Repair>) {
        for Repair { thread, after } in repairs {
            say!(self, "n{node} room {} misses what follows {after}", self.truth.name(thread));
            self.trace.met("gap in a room");
            self.nodes[node].wanted.push_back(Wanted::Events(thread, after));
        }
    }

    /// The store is read for a room, and then how often access had ended by then.
    pub(super) fn read_for_rooms(&mut self, node: usize) {
        let Some(wanted) = self.nodes[node].wanted.pop_front() else { return };
        match wanted {
            Wanted::Events(thread, after) => {
                let away = self.is_store_away(5) || self.lie == Lie::NeverRepair;
                let read = self.stored.reader.events_after(thread, after, REPAIR_EVENTS);
                let mut events = read.ok().filter(|_| !away);
                if let Some(events) = &mut events {
                    self.spoil(events);
                }
                let pulses = self.stored.reader.pulses(&[thread]).unwrap_or_default();
                let found = events.zip(pulses.first());
                let found = found.map(|(events, pulse)| (events, pulse.firm, pulse.epoch));
                self.nodes[node].mail.push_back(Mail::Repaired(thread, found));
            }
            Wanted::Receipts(thread, sum) => {
                if self.is_store_away(5) {
                    // The whole turn is taken again.
                    return self.nodes[node].due.everything();
                }
                let receipts = self.stored.reader.receipts(thread).unwrap_or_default();
                let pulses = self.stored.reader.pulses(&[thread]).unwrap_or_default();
                let epochs = pulses.iter().map(|pulse| (pulse.firm, pulse.epoch)).collect();
                self.settle_then(node, epochs, Then::Receipts(thread, sum, receipts));
            }
        }
    }

    fn rooms_look_over(&mut self, node: usize, pulses: &[Pulse]) {
        for pulse in pulses {
            let (repair, read) = self.nodes[node].hall.look_over(pulse);
            if repair.is_some() {
                self.trace.met("room that was found behind");
            }
            self.want(node, repair);
            if read && self.lie != Lie::ForgetReceipts {
                let wanted = Wanted::Receipts(pulse.thread, pulse.read);
                self.nodes[node].wanted.push_back(wanted);
            }
        }
    }

    /// Rooms tell what they merged, and ask again for what they miss.
    pub(super) fn tick_rooms(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        let mut repairs = state.hall.tick();
        let lost = std::mem::take(&mut state.lost);
        repairs.extend(lost.heads().filter_map(|(thread, head)| state.hall.hear_of(thread, head)));
        for (thread, person, seq) in lost.receipts() {
            state.hall.read(thread, person, seq);
        }
        for (thread, now) in lost.reminders() {
            state.hall.remind(thread, now);
        }
        self.want(node, repairs);
    }
}
