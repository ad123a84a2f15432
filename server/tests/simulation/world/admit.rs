//! How a connection comes in: what its person may see is read, and is good enough only if no end of
//! access came between. As in the server each step is one visit to the store or to the table, with
//! anything happening in between.

use crate::bus::Heard;
use crate::invariant::Held;
use crate::lie::Lie;
use crate::node::{Connection, Entering, Entry, Hearing};
use crate::world::{World, say};
use tidings_protocol::{CloseCode, Outcome, RefusalCode, RequestId, ServerFrame};
use tidings_server::auth::Identity;
use tidings_server::feed::digest;
use tidings_server::socket::SocketId;

impl World {
    /// Counts a connection whose token is good so far.
    pub(super) fn begin_entering(
        &mut self,
        node: usize,
        socket: SocketId,
        id: RequestId,
        identity: Identity,
    ) {
        let firm = identity.actor.firm;
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return };
        connection.identity = Some(identity);
        connection.entering = Some(Entering { id, stage: Entry::Nothing });
        connection.entered = true;
        self.nodes[node].epochs.enter(firm);
        if !self.nodes[node].watched.contains(&firm) {
            self.bus.say(node, Heard::Watching(firm));
        }
    }

    /// A connection is not counted any more.
    pub(super) fn exit(&mut self, node: usize, connection: &Connection) {
        let Some(actor) = connection.actor().filter(|_| connection.entered) else { return };
        self.nodes[node].epochs.exit(actor.firm);
        let last = !self.nodes[node].epochs.has(actor.firm);
        if last && self.chance.percent(50) {
            self.nodes[node].watched.remove(&actor.firm);
        }
    }

    /// The next step of a connection that comes in.
    pub(super) fn admit_step(&mut self, node: usize, socket: SocketId) -> Held {
        let state = &mut self.nodes[node];
        let Some(connection) = state.connections.get_mut(&socket) else { return Ok(()) };
        let Some(entering) = &mut connection.entering else { return Ok(()) };
        let Some(identity) = connection.identity else { return Ok(()) };
        let Identity { actor, token, issued, .. } = identity;
        let reader = &mut self.stored.reader;
        match std::mem::replace(&mut entering.stage, Entry::Nothing) {
            Entry::Nothing => {
                let epochs = reader.epochs(&[actor.firm]).unwrap_or_default();
                let epoch = epochs.first().map(|(_, epoch)| *epoch).unwrap_or_default();
                entering.stage = Entry::At(epoch);
            }
            Entry::At(epoch) => {
                let stands = reader.token_stands(actor, token, issued).unwrap_or(false);
                let access = reader.access(actor).ok().flatten().filter(|_| stands);
                let Some(access) = access else {
                    self.keep_out(node, socket);
                    return Ok(());
                };
                entering.stage = Entry::May(epoch, access);
            }
            Entry::May(epoch, access) => {
                if state.epochs.admit(actor.firm, epoch).is_err() && self.lie != Lie::LetInBefore {
                    self.trace.met("access read again before coming in");
                    return Ok(());
                }
                connection.access = Some(access);
                connection.epoch = epoch;
                let Ok(Some(welcome)) = reader.welcome(actor) else {
                    connection.line.close(CloseCode::AccessEnded);
                    connection.entering = None;
                    return Ok(());
                };
                self.truth.welcomed(actor.person, &welcome)?;
                entering.stage = Entry::Welcome(Box::new(welcome));
            }
            Entry::Welcome(mut welcome) => {
                let id = entering.id;
                let (now, wall) = (self.now, self.wall);
                let reply = connection.session.authenticated(identity, now, wall);
                let outcome = reply.map_or_else(Outcome::Refused, Outcome::Ok);
                connection.line.send(&ServerFrame::Reply { id, outcome });
                let missed = matches!(connection.hearing, Hearing::Quiet { missed: true });
                let told = Some(digest(&welcome));
                connection.hearing = Hearing::Open { badges: welcome.badges, told };
                welcome.token_expires_ms = identity.expires;
                welcome.now_ms = wall;
                connection.line.send(&ServerFrame::Welcome(welcome));
                connection.entering = None;
                if missed {
                    state.feed.welcomes.insert((actor.firm, actor.person));
                }
                say!(self, "n{node} {socket:?} is in");
            }
        }
        Ok(())
    }

    fn keep_out(&mut self, node: usize, socket: SocketId) {
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return };
        if let Some(entering) = connection.entering.take() {
            let outcome = Outcome::Refused(RefusalCode::Unauthenticated.into());
            connection.line.send(&ServerFrame::Reply { id: entering.id, outcome });
        }
        connection.line.close(CloseCode::BadToken);
    }
}
