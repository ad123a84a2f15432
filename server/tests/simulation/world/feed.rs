//! Feeds: what they read from the store, and whom they tell of it once that may be.

use crate::lie::Lie;
use crate::node::{Connection, Feed, Hearing, Say, Then};
use crate::world::{World, say};
use std::collections::BTreeSet;
use tidings_protocol::{AccountId, Badges, FirmId, Person, ServerFrame, ThreadId};
use tidings_server::feed::digest;
use tidings_server::rooms::Outlet;
use tidings_server::socket::{SharedFrame, SocketId};
use tidings_storage::Actor;

/// What connections are told, in order.
type Told = Vec<(SocketId, Say)>;

impl World {
    /// Feeds read what waits there, as things stand now.
    pub(super) fn read_feed(&mut self, node: usize) {
        if self.is_store_away(3) {
            return;
        }
        let mut feed = std::mem::take(&mut self.nodes[node].feed);
        let mut told = Told::new();
        for (people, always) in [(&feed.welcomes, true), (&feed.anew, false)] {
            for (firm, person) in people {
                self.read_welcome(node, (*firm, *person), always, &mut told);
            }
        }
        self.read_threads(node, &mut feed, &mut told);
        for (thread, read, posted) in &feed.reads {
            let frame = || {
                let (read, messages_read) = (read.seq, read.messages);
                let thread = *thread;
                Say::Frame(SharedFrame::new(ServerFrame::ReadChanged {
                    thread,
                    read,
                    messages_read,
                }))
            };
            let joined = |connection: &Connection| connection.joined.contains(thread);
            let sockets = self.sockets_of(node, read.person, |one| !(*posted && joined(one)));
            told.extend(sockets.into_iter().map(|socket| (socket, frame())));
        }
        for (member, item) in &feed.inbox {
            let frame = || Say::Frame(SharedFrame::new(ServerFrame::InboxChanged(item.clone())));
            let sockets = self.sockets_of(node, Person::Member(*member), |_| true);
            told.extend(sockets.into_iter().map(|socket| (socket, frame())));
        }
        for (firm, person) in &feed.badges {
            let actor = Actor { firm: *firm, person: *person };
            let Ok(badges) = self.stored.reader.badges(actor) else { continue };
            let sockets = self.sockets_of(node, *person, |_| true);
            told.extend(sockets.into_iter().map(|socket| (socket, Say::Badges(badges))));
        }
        let mut firms: Vec<FirmId> = self.nodes[node].epochs.firms();
        firms.sort_unstable();
        let epochs = self.stored.reader.epochs(&firms).unwrap_or_default();
        self.settle_then(node, epochs, Then::Tell(told));
    }

    fn read_welcome(
        &mut self,
        node: usize,
        (firm, person): (FirmId, Person),
        always: bool,
        told: &mut Told,
    ) {
        let actor = Actor { firm, person };
        let Ok(Some(access)) = self.stored.reader.access(actor) else { return };
        let Ok(Some(welcome)) = self.stored.reader.welcome(actor) else { return };
        let sockets = self.sockets_of(node, person, |_| true);
        told.extend(sockets.into_iter().map(|socket| {
            (socket, Say::Welcome(access.clone(), Box::new(welcome.clone()), always))
        }));
    }

    fn read_threads(&mut self, node: usize, feed: &mut Feed, told: &mut Told) {
        for (thread, home) in &feed.threads {
            let audience = self.audience(node, *home, *thread);
            feed.badges.extend(audience.iter().map(|(_, actor, _)| *actor));
            for summary in self.stored.reader.summaries(&[*thread]).unwrap_or_default() {
                let frame =
                    || Say::Frame(SharedFrame::new(ServerFrame::ThreadChanged(summary.clone())));
                let listeners = audience.iter().filter(|(.., joined)| !joined);
                told.extend(listeners.map(|(socket, ..)| (*socket, frame())));
            }
        }
    }

    /// Who sees a thread, and whether it has joined it.
    fn audience(
        &self,
        node: usize,
        (firm, account): (FirmId, AccountId),
        thread: ThreadId,
    ) -> Vec<(SocketId, (FirmId, Person), bool)> {
        let all = self.lie == Lie::TellOtherFirms;
        let concerned = |connection: &Connection| {
            let actor = connection.actor()?;
            let access = connection.access.as_ref()?;
            let sees = actor.firm == firm && access.sees_thread(account, thread);
            let joined = connection.joined.contains(&thread);
            (sees || all).then_some(((actor.firm, actor.person), joined))
        };
        let connections = self.nodes[node].connections.iter();
        connections
            .filter_map(|(socket, connection)| {
                let (actor, joined) = concerned(connection)?;
                Some((*socket, actor, joined))
            })
            .collect()
    }

    fn sockets_of(
        &self,
        node: usize,
        person: Person,
        which: impl Fn(&Connection) -> bool,
    ) -> BTreeSet<SocketId> {
        let connections = self.nodes[node].connections.iter().filter(|(_, connection)| {
            connection.actor().is_some_and(|actor| actor.person == person) && which(connection)
        });
        connections.map(|(socket, _)| *socket).collect()
    }

    /// Tells what feeds have read.
    pub(super) fn tell_all(&mut self, node: usize, told: Told) {
        say!(self, "n{node} feeds tell {}", told.len());
        let wall = self.wall;
        for (socket, say) in told {
            let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { continue };
            if let Hearing::Quiet { missed } = &mut connection.hearing {
                *missed = true;
                continue;
            }
            match say {
                Say::Frame(frame) => {
                    connection.forget_welcome();
                    connection.line.queue(&frame);
                }
                Say::Badges(badges) => connection.tell_badges(badges),
                Say::Welcome(access, mut welcome, always) => {
                    let now = Some(digest(&welcome));
                    let Hearing::Open { badges, told } = &mut connection.hearing else { continue };
                    connection.access = Some(access);
                    if *told == now && !always {
                        continue;
                    }
                    (*badges, *told) = (welcome.badges, now);
                    welcome.token_expires_ms = connection.identity.map_or(wall, |one| one.expires);
                    welcome.now_ms = wall;
                    connection.line.send(&ServerFrame::Welcome(welcome));
                }
            }
        }
    }
}

impl Connection {
    /// More was said since.
    fn forget_welcome(&mut self) {
        if let Hearing::Open { told, .. } = &mut self.hearing {
            *told = None;
        }
    }

    fn tell_badges(&mut self, now: Badges) {
        if let Hearing::Open { badges, told } = &mut self.hearing
            && std::mem::replace(badges, now) != now
        {
            *told = None;
            self.line.send(&ServerFrame::BadgesChanged(now));
        }
    }
}
