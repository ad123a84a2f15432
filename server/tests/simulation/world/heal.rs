//! The end of a run: everything works again, everybody comes back, nothing is left to do; then
//! all must agree.

use crate::invariant::{Held, Invariant};
use crate::truth::bodies;
use crate::world::{World, say};
use std::collections::BTreeSet;
use tidings_protocol::{Checked, Command, Outcome, Page, Seq, ThreadFilter, ThreadId};
use tidings_server::socket::SocketId;
use tidings_storage::Actor;

/// Rounds of half a second in which all has to come to rest.
const ROUNDS: u64 = 60;

/// Things done in one round at most.
const PUMPS_MAX: u32 = 5_000;

/// Threads of which a welcome speaks.
const WELCOME_THREADS: usize = 20;

/// An hour, in milliseconds: more than any clock was ever ahead.
const HOUR_MS: i64 = 3_600 * 1_000;

impl World {
    /// Heals the world, waits until it rests, and compares everything.
    pub(super) fn heal(&mut self) -> Held {
        self.gather()?;
        say!(self, "everything works again");
        self.bus.heal();
        if !self.bus.up {
            self.turn_bus();
        }
        self.healed = true;
        // Now and then more than a day: reminders become due while everybody comes back. Otherwise what
        // was missed of them before is not made up for by that.
        let hours = if self.chance.percent(40) { 25 } else { 1 };
        self.wall = self.wall_max.plus_millis(hours * HOUR_MS);
        for node in 0..self.nodes.len() {
            if self.nodes[node].down {
                self.restart(node);
            }
        }
        for round in 0..ROUNDS {
            self.trace.step += 1;
            self.return_all();
            self.pass(500);
            for node in 0..self.nodes.len() {
                self.tick_rooms(node);
                self.tick_sessions(node);
            }
            self.notify_some()?;
            self.pump()?;
            let restless = self.restless();
            if round > ROUNDS / 4 && restless.is_empty() {
                break;
            }
            say!(self, "without rest: {restless:?}");
        }
        self.notify_all()?;
        for _ in 0..2 {
            self.pass(500);
            (0..self.nodes.len()).for_each(|node| self.tick_rooms(node));
            self.pump()?;
        }
        self.compare()
    }

    /// While nothing is well yet, everybody looks into all that it knows of and reads it, so that there
    /// is much to be missed.
    fn gather(&mut self) -> Held {
        say!(self, "everybody looks in");
        for _ in 0..2 {
            for device in 0..self.devices.len() {
                let commands = self.devices[device].look_in();
                self.send(device, commands);
            }
            self.pump()?;
        }
        Ok(())
    }

    /// Devices come back, and say again what was not answered.
    fn return_all(&mut self) {
        for device in 0..self.devices.len() {
            self.devices[device].stalled = false;
            let welcomed = self.devices[device].link.as_ref().map(|link| link.welcomed);
            match welcomed {
                None if self.may_enter(device) => {
                    let node = self.chance.below(self.nodes.len());
                    self.connect(device, node);
                }
                Some(true) if !self.devices[device].waits() => {
                    let commands = [self.devices[device].again(), self.devices[device].rejoins()];
                    self.send(device, commands.concat());
                }
                _ => {}
            }
        }
    }

    fn may_enter(&self, device: usize) -> bool {
        self.truth.people[&self.devices[device].actor.person].active
    }

    /// Does all that can be done, until nothing can.
    fn pump(&mut self) -> Held {
        for _ in 0..PUMPS_MAX {
            if !self.pump_once()? {
                return Ok(());
            }
        }
        Err(Invariant::I1.broken(format_args!("the servers never come to rest")))
    }

    fn pump_once(&mut self) -> Held<bool> {
        let mut busy = false;
        while !self.bus.is_idle() {
            busy = true;
            self.bus_arrives();
        }
        for node in 0..self.nodes.len() {
            busy |= self.pump_node(node)?;
        }
        for device in 0..self.devices.len() {
            if self.has_bytes(device) {
                busy = true;
                self.carry(device, usize::MAX)?;
            }
        }
        Ok(busy)
    }

    fn pump_node(&mut self, node: usize) -> Held<bool> {
        let due = self.nodes[node].due.next(self.now) <= self.now;
        let mut busy = due || !self.nodes[node].is_idle();
        if !self.nodes[node].pending.is_empty() {
            self.commit(node)?;
        }
        self.dispatch(node);
        self.take_mail(node);
        self.read_for_rooms(node);
        self.nodes[node].hall.send_round();
        self.look_over(node);
        if self.nodes[node].feed_can_read() {
            self.read_feed(node);
        }
        self.settle(node);
        let sockets: Vec<SocketId> = self.nodes[node].connections.keys().copied().collect();
        for socket in sockets {
            let connection = &self.nodes[node].connections[&socket];
            if connection.is_over() {
                busy = true;
                self.reap(node, socket);
            } else if connection.entering.is_some() {
                self.admit_step(node, socket)?;
            } else if connection.join_goes_on() {
                self.join_step(node, socket)?;
            } else if connection.can_serve(usize::MAX) {
                self.serve(node, socket)?;
            }
        }
        Ok(busy)
    }

    /// Devices that wait for something.
    fn restless(&self) -> Vec<usize> {
        let rests = |index: usize| {
            let device = &self.devices[index];
            let home = device.link.as_ref().is_some_and(|link| link.welcomed);
            let waits = !device.is_answered() || device.waits() || !device.rejoins().is_empty();
            !self.may_enter(index) || (home && !waits)
        };
        (0..self.devices.len()).filter(|index| !rests(*index)).collect()
    }

    fn compare(&mut self) -> Held {
        let threads: Vec<ThreadId> = self.truth.threads.keys().copied().collect();
        for thread in &threads {
            self.compare_log(*thread)?;
            self.compare_ledger(*thread)?;
        }
        for device in 0..self.devices.len() {
            self.compare_device(device)?;
        }
        let actors: BTreeSet<_> =
            self.devices.iter().map(|device| (device.actor.person, device.actor.firm)).collect();
        for (person, firm) in actors {
            self.audit(Actor { firm, person })?;
        }
        Ok(())
    }

    /// The log in the store is what was committed, from 1 to the head.
    fn compare_log(&mut self, thread: ThreadId) -> Held {
        let mut last = Seq(0);
        loop {
            let page = self.stored.reader.events_after(thread, last, 7).unwrap_or_default();
            if page.is_empty() {
                break;
            }
            for event in page {
                let due = last.next();
                let what = format_args!("event {} in the store where {due} is due", event.seq);
                Invariant::I3.holds(event.seq == due, what)?;
                self.truth.read_back(&event)?;
                last = due;
            }
        }
        let head = self.truth.threads[&thread].head();
        let what = format_args!("the log of {thread} ends at {last}, and went to {head}");
        Invariant::I1.holds(last == head, what)
    }

    /// Whoever has joined has everything, and reads it as it is.
    fn compare_device(&self, index: usize) -> Held {
        let device = &self.devices[index];
        let person = device.actor.person;
        if !self.may_enter(index) {
            return Ok(());
        }
        let home = device.link.as_ref().is_some_and(|link| link.welcomed);
        Invariant::I1.holds(home, format_args!("d{index} does not get in"))?;
        let answered = device.is_answered() && !device.waits();
        Invariant::I1.holds(answered, format_args!("d{index} is never answered"))?;
        for (thread, replica) in &device.replicas {
            if !replica.wanted || !self.truth.sees(person, *thread) {
                continue;
            }
            let known = &self.truth.threads[thread];
            let (last, head, name) = (replica.last, known.head(), self.truth.name(*thread));
            let what = format_args!("d{index} has {name} to {last}, and it goes to {head}");
            Invariant::I1.holds(last == head, what)?;
            let now: Vec<_> = known.log.iter().map(crate::truth::Entry::now).collect();
            let (mine, all) = (bodies(replica.log.values()), bodies(now.iter()));
            for (message, body) in mine {
                let what = format_args!("d{index} reads message {message} of {name} as {body:?}");
                Invariant::I6.holds(all.get(&message) == Some(&body), what)?;
            }
            for (reader, seq) in &replica.receipts {
                let stands = known.receipt(*reader);
                let what = format_args!("d{index} has {reader}'s receipt at {seq}, not {stands}");
                Invariant::I8.holds(*seq <= stands, what)?;
            }
            for (reader, stands) in &known.receipts {
                let told = replica.receipts.get(reader).copied().unwrap_or_default();
                let what = format_args!("d{index} of {name}: {reader} at {told}, not {stands}");
                Invariant::I8.holds(told == *stands, what)?;
            }
        }
        self.compare_feed(index)
    }

    /// Whoever is connected was told of all that concerns it, joined or not.
    fn compare_feed(&self, index: usize) -> Held {
        let device = &self.devices[index];
        let person = device.actor.person;
        // A welcome has the newest of them; the rest is asked for.
        let all = self.truth.visible(person).count() <= WELCOME_THREADS;
        for thread in self.truth.visible(person).filter(|_| all) {
            let (known, name) = (&self.truth.threads[&thread], self.truth.name(thread));
            let (head, stands) = (known.head(), known.receipt(person));
            let told = device.told.get(&thread).copied().unwrap_or_default();
            let what =
                format_args!("d{index} was told that {name} goes to {}, not {head}", told.head);
            Invariant::I1.holds(told.head == head, what)?;
            let what =
                format_args!("d{index} was told it has read {name} to {}, not {stands}", told.read);
            Invariant::I8.holds(told.read == stands, what)?;
            let (told, state) = (told.reminder, known.reminded());
            let what = format_args!("d{index} was told {told:?} of {name}, not {state:?}");
            Invariant::I1.holds(told == state, what)?;
        }
        match device.badges {
            Some(badges) => self.truth.counted(person, badges),
            None => Err(Invariant::I9.broken(format_args!("d{index} was told no numbers"))),
        }
    }

    /// Lists and views of somebody who may log in.
    pub(super) fn audit_threads(&mut self, actor: Actor) -> Held {
        let list = Command::ListThreads { filter: ThreadFilter::default(), page: Page::default() };
        self.ask(actor, &checked(list))?;
        let threads: Vec<ThreadId> = self.truth.threads.keys().copied().collect();
        for thread in threads {
            let outcome = self.ask(actor, &checked(Command::GetThread { thread }))?;
            let (answered, sees) =
                (matches!(outcome, Outcome::Ok(_)), self.truth.sees(actor.person, thread));
            let name = self.truth.name(thread);
            let what = format_args!("{} sees {name}: {sees}; reads it: {answered}", actor.person);
            Invariant::I7.holds(answered == sees, what)?;
        }
        Ok(())
    }

    /// Whoever may not log in sees nothing.
    pub(super) fn audit_stranger(&mut self, actor: Actor) -> Held {
        let active = self.truth.people[&actor.person].active;
        Invariant::I7.holds(!active, format_args!("{} is not let in", actor.person))?;
        self.audit_threads(actor)
    }
}

fn checked(command: Command) -> Checked {
    Checked::try_from(command).expect("its bounds are kept")
}
