//! The server's side of a connection: the real session decides, and this does what it says.

use crate::invariant::Held;
use crate::lie::Lie;
use crate::node::{Connection, Join, Mail, Stage, Up};
use crate::truth::Submitted;
use crate::world::{World, say};
use bytes::Bytes;
use tidings_protocol::{
    Checked, CloseCode, Command, Outcome, RefusalCode, ReminderState, Reply, RequestId, Seq,
    ServerFrame, Timestamp,
};
use tidings_server::auth::Identity;
use tidings_server::rooms::Reminding;
use tidings_server::session::{Step, Tick};
use tidings_server::socket::{PING, SocketId};
use tidings_storage::{Operation, writes};

impl World {
    fn connection(&mut self, node: usize, socket: SocketId) -> Option<&mut Connection> {
        self.nodes[node].connections.get_mut(&socket)
    }

    /// Handles what has come in first.
    pub(super) fn serve(&mut self, node: usize, socket: SocketId) -> Held {
        let now = self.now;
        let Some(connection) = self.connection(node, socket) else { return Ok(()) };
        let Some(up) = connection.arrived.pop_front() else { return Ok(()) };
        connection.session.on_bytes(now);
        let step = match up {
            Up::Pong => match connection.session.on_control(now) {
                Ok(()) => return Ok(()),
                Err(code) => Step::Close(code),
            },
            Up::Frame(bytes) => {
                let frame = connection.line.encoding().decode_client(&bytes);
                connection.session.on_frame(frame, now)
            }
        };
        self.perform(node, socket, step)
    }

    fn perform(&mut self, node: usize, socket: SocketId, step: Step) -> Held {
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return Ok(()) };
        let person = connection.session.identity().map(|identity| identity.actor.person);
        let mail = match step {
            Step::Close(code) => {
                connection.line.close(code);
                return Ok(());
            }
            Step::Answer { id, outcome } => {
                connection.line.send(&ServerFrame::Reply { id, outcome });
                return Ok(());
            }
            Step::Authenticate { id, token } => {
                self.authenticate(node, socket, id, &token);
                return Ok(());
            }
            Step::Execute { id, command } => return self.execute(node, socket, id, command),
            Step::Join { id, thread, after, again } => {
                if again {
                    connection.joined.remove(&thread);
                    connection.session.thread_left(thread);
                    self.nodes[node].mail.push_back(Mail::Detach(thread, socket));
                }
                self.nodes[node].mail.push_back(Mail::Open(thread, socket));
                if let Some(connection) = self.connection(node, socket) {
                    let reminder = Reminding { head: Seq(0), state: ReminderState::default() };
                    let stage = Stage::Opening;
                    connection.joining = Some(Join { id, thread, after, reminder, stage });
                }
                return Ok(());
            }
            Step::Leave { id, thread } => {
                connection.joined.remove(&thread);
                (id, Some(Mail::Detach(thread, socket)))
            }
            Step::Typing { id, thread } => (id, person.map(|person| Mail::Typing(thread, person))),
            Step::Presence { id, thread, looking } => {
                (id, Some(Mail::Look(thread, socket, looking)))
            }
        };
        let (id, mail) = mail;
        let outcome = Outcome::Ok(Reply::Done {});
        connection.line.send(&ServerFrame::Reply { id, outcome });
        self.nodes[node].mail.extend(mail);
        Ok(())
    }

    fn execute(&mut self, node: usize, socket: SocketId, id: RequestId, command: Checked) -> Held {
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return Ok(()) };
        let Some(identity) = connection.session.identity() else { return Ok(()) };
        let (actor, line) = (identity.actor, connection.line.clone());
        if !writes(command.get()) {
            let outcome = self.ask(actor, &command)?;
            self.settle_answer(node, actor.firm);
            line.send(&ServerFrame::Reply { id, outcome });
            return Ok(());
        }
        connection.at_work += 1;
        if let (Lie::AckBeforeCommit, Command::PostMessage { thread, .. }) =
            (self.lie, command.get())
            && let Some(thread) = self.truth.threads.get(thread)
        {
            let reply = Reply::Written { seq: thread.head().next(), at_ms: self.wall };
            line.send(&ServerFrame::Reply { id, outcome: Outcome::Ok(reply) });
        }
        let operation = Operation::Command { actor, command };
        self.nodes[node].pending.push_back(Submitted { attempt: Some((socket, id)), operation });
        Ok(())
    }

    /// A token came in: the first one, or a newer one of the same person.
    fn authenticate(&mut self, node: usize, socket: SocketId, id: RequestId, token: &str) {
        let (now, wall) = (self.now, self.wall);
        let identity = self.identity(token).filter(|identity| identity.expires > wall);
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return };
        let known = connection.session.identity();
        let Some(identity) = identity else {
            let outcome = Outcome::Refused(RefusalCode::Unauthenticated.into());
            connection.line.send(&ServerFrame::Reply { id, outcome });
            if known.is_none() {
                connection.line.close(CloseCode::BadToken);
            }
            return;
        };
        if known.is_none() {
            return self.begin_entering(node, socket, id, identity);
        }
        // A newer token: used from now on, unless it is not good.
        let before = connection.identity.replace(identity);
        let Identity { actor, token, issued, .. } = identity;
        let reader = &mut self.stored.reader;
        let stands = reader.token_stands(actor, token, issued).unwrap_or(false);
        let good = stands && matches!(reader.access(actor), Ok(Some(_)));
        let outcome = if good {
            let reply = connection.session.authenticated(identity, now, wall);
            reply.map_or_else(Outcome::Refused, Outcome::Ok)
        } else {
            connection.identity = before;
            Outcome::Refused(RefusalCode::Unauthenticated.into())
        };
        connection.line.send(&ServerFrame::Reply { id, outcome });
    }

    /// A token of the simulation: whose device it is, when it was issued and when it runs out.
    pub(super) fn token(&mut self, device: usize) -> String {
        let left_ms = self.chance.between(5_000, 600_000).cast_signed();
        format!("{device} {} {}", self.wall, self.wall.plus_millis(left_ms))
    }

    fn identity(&self, token: &str) -> Option<Identity> {
        let mut parts = token.split(' ');
        let device: usize = parts.next()?.parse().ok()?;
        let mut time = || parts.next()?.parse().ok().map(Timestamp);
        let (issued, expires) = (time()?, time()?);
        Some(Identity { actor: self.devices.get(device)?.actor, token: None, issued, expires })
    }

    /// Asks every session of a node what is due.
    pub(super) fn tick_sessions(&mut self, node: usize) {
        let now = self.now;
        let connections = self.nodes[node].connections.values_mut();
        // One that is on its way in waits for that alone.
        for connection in connections.filter(|connection| connection.entering.is_none()) {
            match connection.session.tick(now) {
                Tick::Wait(_) => {}
                Tick::Ping => connection.line.push(Bytes::from_static(PING)),
                Tick::Close(code) => connection.line.close(code),
            }
        }
    }

    /// Takes out a connection that has ended.
    pub(super) fn reap(&mut self, node: usize, socket: SocketId) {
        let node_state = &mut self.nodes[node];
        let Some(connection) = node_state.connections.remove(&socket) else { return };
        self.exit(node, &connection);
        let node_state = &mut self.nodes[node];
        let mut joined: Vec<_> = connection.session.joined().iter().copied().collect();
        joined.sort_unstable();
        node_state.mail.extend(joined.into_iter().map(|thread| Mail::Detach(thread, socket)));
        say!(self, "n{node} {socket:?} over {:?}", connection.line.ending());
    }
}
