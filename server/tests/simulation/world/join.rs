//! Joining, one step at a time: the real plan decides, with the room and the store between.

use crate::invariant::Held;
use crate::lie::Lie;
use crate::node::{Connection, Mail, Stage};
use crate::world::setup::CAUGHT_UP_MAX;
use crate::world::{World, say};
use tidings_protocol::limits::PAGE_ITEMS_MAX;
use tidings_protocol::{
    Checked, CloseCode, Command, HistoryFrom, Joined, Outcome, Person, Refusal, Reply, Seq,
    ServerFrame, ThreadId,
};
use tidings_server::rooms::{Attach, Reminding, Seat};
use tidings_server::session::{Joining, Next, Plan};
use tidings_server::socket::SocketId;

impl Connection {
    /// Whether the join waits for nobody but the store.
    pub(crate) fn join_goes_on(&self) -> bool {
        let stage = self.joining.as_ref().map(|join| &join.stage);
        matches!(stage, Some(Stage::Opened(_) | Stage::Going(_)))
    }
}

impl World {
    /// The next step of a join that waits for nobody.
    pub(super) fn join_step(&mut self, node: usize, socket: SocketId) -> Held {
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return Ok(()) };
        let Some(join) = &mut connection.joining else { return Ok(()) };
        let thread = join.thread;
        match std::mem::replace(&mut join.stage, Stage::Opening) {
            Stage::Opened(present) => self.enter(node, socket, present),
            Stage::Going(joining) => match joining.next() {
                Next::Send { after } => self.send_page(node, socket, joining, after),
                Next::Attach { have } => {
                    join.stage = Stage::Attaching(joining);
                    self.nodes[node].mail.push_back(Mail::Attach(thread, socket, have));
                    Ok(())
                }
                Next::Live => {
                    connection.joining = None;
                    connection.session.thread_joined(thread);
                    say!(self, "n{node} {socket:?} live in {}", self.truth.name(thread));
                    Ok(())
                }
                Next::TooSlow => {
                    self.give_up(node, socket, thread, Some(CloseCode::SlowReader));
                    Ok(())
                }
            },
            stage => {
                join.stage = stage;
                Ok(())
            }
        }
    }

    /// Asks what the thread is like, and tells the client what it will get.
    fn enter(&mut self, node: usize, socket: SocketId, present: Vec<Person>) -> Held {
        let (thread, mut after, id, line) = {
            let connection = &self.nodes[node].connections[&socket];
            let Some(join) = &connection.joining else { return Ok(()) };
            (join.thread, join.after, join.id, connection.line.clone())
        };
        let outcome = match self.ask_for(node, socket, Command::GetThread { thread })? {
            Ok(Reply::Thread(view)) => {
                if self.lie == Lie::ResumeBehind {
                    after = after.map(|after| Seq(after.0.saturating_sub(1)));
                }
                let joining = Joining::new(after, view.item.summary.head, CAUGHT_UP_MAX);
                let Plan { from, complete } = joining.plan();
                self.trace.met(match (after, complete) {
                    (Some(_), true) => "resumed",
                    (Some(_), false) => "too much missed",
                    (None, _) => "joined anew",
                });
                self.stage(node, socket, Stage::Going(joining));
                let summary = &view.item.summary;
                let reminder = Reminding { head: summary.head, state: summary.reminder_state };
                self.reads_reminder(node, socket, reminder);
                let joined = Joined { view: *view, from, complete, present };
                Outcome::Ok(Reply::Joined(Box::new(joined)))
            }
            Ok(_) => return Ok(()),
            Err(refusal) => {
                self.give_up(node, socket, thread, None);
                Outcome::Refused(refusal)
            }
        };
        line.send(&ServerFrame::Reply { id, outcome });
        Ok(())
    }

    fn send_page(
        &mut self,
        node: usize,
        socket: SocketId,
        mut joining: Joining,
        after: Seq,
    ) -> Held {
        let connection = &self.nodes[node].connections[&socket];
        let (line, open) = (connection.line.clone(), connection.line.ending().is_none());
        let Some(thread) = connection.joining.as_ref().map(|join| join.thread) else {
            return Ok(());
        };
        if open && line.waiting_bytes() > self.settings.outbound_bytes / 2 {
            self.stage(node, socket, Stage::Going(joining));
            if self.chance.percent(5) {
                self.give_up(node, socket, thread, Some(CloseCode::SlowReader));
            }
            return Ok(());
        }
        let from = HistoryFrom::After(after);
        let page = Command::History { thread, from, limit: Some(PAGE_ITEMS_MAX) };
        match self.ask_for(node, socket, page)? {
            Ok(Reply::History { mut events, .. }) if !events.is_empty() => {
                self.spoil(&mut events);
                let more = joining.sent(events[events.len() - 1].seq);
                line.send(&ServerFrame::Events { thread, events, more });
                self.stage(node, socket, Stage::Going(joining));
            }
            Err(_) => self.give_up(node, socket, thread, Some(CloseCode::AccessChanged)),
            Ok(_) => self.give_up(node, socket, thread, Some(CloseCode::InternalError)),
        }
        Ok(())
    }

    fn ask_for(
        &mut self,
        node: usize,
        socket: SocketId,
        command: Command,
    ) -> Held<Result<Reply, Refusal>> {
        let identity = self.nodes[node].connections[&socket].session.identity();
        let actor = identity.expect("only the authenticated join").actor;
        let command = Checked::try_from(command).expect("its bounds are kept");
        let outcome = self.ask(actor, &command)?;
        self.settle_answer(node, actor.firm);
        Ok(match outcome {
            Outcome::Ok(reply) => Ok(reply),
            Outcome::Refused(refusal) => Err(refusal),
        })
    }

    fn stage(&mut self, node: usize, socket: SocketId, stage: Stage) {
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return };
        if let Some(join) = &mut connection.joining {
            if matches!(stage, Stage::Going(_)) {
                connection.joined.insert(join.thread);
            }
            join.stage = stage;
        }
    }

    fn reads_reminder(&mut self, node: usize, socket: SocketId, reminder: Reminding) {
        let connection = self.nodes[node].connections.get_mut(&socket);
        if let Some(join) = connection.and_then(|connection| connection.joining.as_mut()) {
            join.reminder = reminder;
        }
    }

    fn give_up(
        &mut self,
        node: usize,
        socket: SocketId,
        thread: ThreadId,
        code: Option<CloseCode>,
    ) {
        say!(self, "n{node} {socket:?} does not join {}: {code:?}", self.truth.name(thread));
        if let Some(connection) = self.nodes[node].connections.get_mut(&socket) {
            connection.joining = None;
            connection.joined.remove(&thread);
            if let Some(code) = code {
                connection.line.close(code);
            }
        }
        self.nodes[node].mail.push_back(Mail::GiveUp(thread));
    }

    /// The room is open for a socket.
    pub(super) fn opened(&mut self, node: usize, thread: ThreadId, socket: SocketId) {
        let state = &mut self.nodes[node];
        state.hall.open(thread);
        let present = state.hall.few_present(thread);
        match state.connections.get_mut(&socket).and_then(|other| other.joining.as_mut()) {
            Some(join) if join.thread == thread => join.stage = Stage::Opened(present),
            _ => state.hall.give_up(thread),
        }
    }

    /// A socket takes its seat.
    pub(super) fn attach(&mut self, node: usize, thread: ThreadId, socket: SocketId, have: Seq) {
        let state = &mut self.nodes[node];
        let Some(connection) = state.connections.get_mut(&socket) else { return };
        let Some(join) = &mut connection.joining else { return };
        let Some(identity) = connection.session.identity() else { return };
        let outlet = connection.line.clone();
        let person = identity.actor.person;
        let seat = Seat { outlet, person, looking: true, reminder: join.reminder };
        let Some(attach) = state.hall.attach(thread, seat, have) else { return };
        if let Stage::Attaching(mut joining) = std::mem::replace(&mut join.stage, Stage::Opening) {
            joining.attached(attach);
            join.stage = Stage::Going(joining);
        }
        if let Attach::Behind { .. } = attach {
            self.trace.met("behind the room");
            say!(self, "n{node} {socket:?} is behind its room");
        }
    }
}
