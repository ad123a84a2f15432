//! Rooms and feeds: their mail, what they read from the store, what they send.

use crate::lie::Lie;
use crate::node::{Mail, Wanted};
use crate::world::{World, say};
use tidings_protocol::{AccountId, FirmId, Person, ServerFrame, ThreadSummary};
use tidings_server::rooms::{Outlet, Repair};
use tidings_server::socket::SharedFrame;

/// Events read at a time to fill a gap: few, so that pages end within gaps.
const REPAIR_EVENTS: u32 = 3;

impl World {
    /// The rooms take a piece of mail.
    pub(super) fn take_mail(&mut self, node: usize) {
        let Some(mail) = self.nodes[node].mail.pop_front() else { return };
        if let Mail::Repaired(_, _, epoch) = &mail {
            self.up_to(node, *epoch);
        }
        let hall = &mut self.nodes[node].hall;
        let repair = match mail {
            Mail::Open(thread, socket) => return self.opened(node, thread, socket),
            Mail::Attach(thread, socket, have) => return self.attach(node, thread, socket, have),
            Mail::GiveUp(thread) => return hall.give_up(thread),
            Mail::Detach(thread, socket) => return hall.detach(thread, socket),
            Mail::Typing(thread, person) => return hall.typing(thread, person),
            Mail::Look(thread, socket, looking) => return hall.look(thread, socket, looking),
            Mail::Committed(commit) => hall.committed(commit),
            Mail::Repaired(thread, events, _) => hall.repaired(thread, events),
            Mail::Heads(heads) => {
                let repairs: Vec<Repair> = heads
                    .into_iter()
                    .filter_map(|(thread, head)| hall.hear_of(thread, head))
                    .collect();
                return self.want(node, repairs);
            }
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

    /// The store is read for a room. The answer is mail, with the epoch of the reading.
    pub(super) fn read_for_rooms(&mut self, node: usize) {
        let Some(wanted) = self.nodes[node].wanted.pop_front() else { return };
        let mail = match wanted {
            Wanted::Events(thread, after) => {
                let away = self.is_store_away(5) || self.lie == Lie::NeverRepair;
                let read = self.stored.reader.events_after(thread, after, REPAIR_EVENTS);
                let mut events = read.ok().filter(|_| !away);
                if let Some(events) = &mut events {
                    self.spoil(events);
                }
                Mail::Repaired(thread, events, self.truth.epoch)
            }
            Wanted::Heads => {
                let threads = self.nodes[node].hall.threads();
                let summaries = self.stored.reader.summaries(&threads).unwrap_or_default();
                Mail::Heads(summaries.into_iter().map(|s| (s.thread, s.head)).collect())
            }
        };
        self.nodes[node].mail.push_back(mail);
    }

    /// Rooms tell what they merged, and ask again for what they miss.
    pub(super) fn tick_rooms(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        let repairs = state.hall.tick();
        if state.hall.looks_for_gaps() && std::mem::take(&mut state.lost) {
            state.wanted.push_back(Wanted::Heads);
        }
        self.want(node, repairs);
    }

    /// Feeds tell what waits there, as things stand now.
    pub(super) fn tell_feed(&mut self, node: usize) {
        self.up_to(node, self.truth.epoch);
        let feed = std::mem::take(&mut self.nodes[node].feed);
        for (thread, home) in feed.threads {
            let summaries = self.stored.reader.summaries(&[thread]).unwrap_or_default();
            for summary in summaries {
                self.tell_thread(node, home, summary);
            }
        }
        for (thread, read) in feed.reads {
            let frame =
                ServerFrame::ReadChanged { thread, read: read.seq, messages_read: read.messages };
            self.tell_person(node, read.person, &SharedFrame::new(frame));
        }
        for (member, item) in feed.inbox {
            let frame = SharedFrame::new(ServerFrame::InboxChanged(item));
            self.tell_person(node, Person::Member(member), &frame);
        }
    }

    fn tell_thread(&self, node: usize, home: (FirmId, AccountId), summary: ThreadSummary) {
        let (firm, account) = home;
        let thread = summary.thread;
        let all = self.lie == Lie::TellOtherFirms;
        let frame = SharedFrame::new(ServerFrame::ThreadChanged(summary));
        for connection in self.nodes[node].connections.values() {
            let Some(identity) = connection.session.identity() else { continue };
            let sees = identity.actor.firm == firm
                && connection
                    .access
                    .as_ref()
                    .is_some_and(|access| access.sees_thread(account, thread));
            if (sees || all) && !connection.joined.contains(&thread) {
                connection.line.queue(&frame);
            }
        }
    }

    fn tell_person(&self, node: usize, person: Person, frame: &SharedFrame) {
        for connection in self.nodes[node].connections.values() {
            let identity = connection.session.identity();
            if identity.is_some_and(|identity| identity.actor.person == person) {
                connection.line.queue(frame);
            }
        }
    }
}
