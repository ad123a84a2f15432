//! What reaches somebody who may not see it.

use crate::lie::{Act, Lie, Socket, event, joined, once};
use crate::world::{CONVERSATIONS, FAN_OUT, World};
use std::collections::{HashMap, HashSet};
use tidings_protocol::{
    ClientFrame, CloseCode, Outcome, Refusal, RefusalCode, RequestId, Seq, ServerFrame, ThreadId,
};

#[tokio::test]
async fn what_is_forbidden_is_found() {
    let world = World::start().await;
    tokio::join!(
        an_event_that_reaches_somebody_of_another_thread(&world),
        a_feed_that_tells_of_somebody_elses_thread(&world),
        an_event_that_reaches_somebody_whose_access_has_ended(&world),
    );
}

async fn an_event_that_reaches_somebody_of_another_thread(world: &World) {
    let mut rooms = Rooms::default();
    let astray = once(move |to, frame| {
        rooms.learn(to, frame);
        let stranger = rooms.strangers(event(frame)?.thread).next()?;
        Some(vec![Act::Tell(to, frame.clone()), Act::Tell(stranger, frame.clone())])
    });
    world.through(FAN_OUT, astray).await.found_only("forbidden", 1);
}

async fn a_feed_that_tells_of_somebody_elses_thread(world: &World) {
    let run = world.through(CONVERSATIONS, Gossip::default()).await;
    run.found_besides("forbidden", &[]);
}

async fn an_event_that_reaches_somebody_whose_access_has_ended(world: &World) {
    // So many people that not all of them can have lost the network just then, and long enough for
    // others to write afterwards.
    let scenario = CONVERSATIONS.replace("--access-ends 0", "--access-ends 12");
    let scenario = scenario.replace("--threads 4", "--threads 16").replace("--rate 10", "--rate 4");
    let scenario = scenario.replace("--seconds 2", "--seconds 6");
    let run = world.through(&scenario, Haunted::default()).await;
    // What its socket was not sent in between may count as lost; and what it posted just before the
    // end may be there, though it was put off.
    run.found_besides("forbidden", &["lost", "invented"]);
}

/// Which socket has joined which thread.
#[derive(Default)]
struct Rooms(HashMap<Socket, ThreadId>);

impl Rooms {
    fn learn(&mut self, socket: Socket, frame: &ServerFrame) {
        if let Some(thread) = joined(frame) {
            self.0.insert(socket, thread);
        }
    }

    /// The sockets that have joined another thread.
    fn strangers(&self, thread: ThreadId) -> impl Iterator<Item = Socket> {
        self.0.iter().filter(move |(_, joined)| **joined != thread).map(|(socket, _)| *socket)
    }

    /// The sockets that have joined a thread.
    fn of(&self, thread: ThreadId) -> impl Iterator<Item = Socket> {
        self.0.iter().filter(move |(_, joined)| **joined == thread).map(|(socket, _)| *socket)
    }
}

/// Tells everybody of changes in other threads than theirs. Some may see those, or have lost their
/// connections; so it does not stop at the first.
#[derive(Default)]
struct Gossip(Rooms);

impl Lie for Gossip {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        self.0.learn(to, &frame);
        let strangers: Vec<Socket> = match &frame {
            ServerFrame::ThreadChanged(summary) => self.0.strangers(summary.thread).collect(),
            _ => Vec::new(),
        };
        let told = strangers.into_iter().chain([to]);
        told.map(|socket| Act::Tell(socket, frame.clone())).collect()
    }
}

/// Keeps a socket open when its person's access ends, and goes on to send it what the others of its
/// thread are sent.
#[derive(Default)]
struct Haunted {
    rooms: Rooms,
    /// Each with the last position it was sent.
    ghosts: HashMap<Socket, Seq>,
    last: HashMap<Socket, Seq>,
    /// What nobody has answered yet.
    asked: HashSet<(Socket, RequestId)>,
}

impl Lie for Haunted {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        self.rooms.learn(to, &frame);
        if let ServerFrame::Reply { id, .. } = &frame {
            self.asked.remove(&(to, *id));
        }
        let mut acts = Vec::new();
        if let Some(event) = event(&frame) {
            self.last.insert(to, event.seq);
            for ghost in self.rooms.of(event.thread) {
                let Some(last) = self.ghosts.get_mut(&ghost) else { continue };
                if event.seq > *last {
                    *last = event.seq;
                    acts.push(Act::Tell(ghost, frame.clone()));
                }
            }
        }
        acts.push(Act::Tell(to, frame));
        acts
    }

    fn said(&mut self, from: Socket, frame: ClientFrame) -> Vec<Act> {
        if self.ghosts.contains_key(&from) {
            return vec![put_off(from, frame.id)];
        }
        self.asked.insert((from, frame.id));
        vec![Act::Ask(from, frame)]
    }

    fn closed(&mut self, of: Socket, code: Option<u16>) -> Vec<Act> {
        match self.last.get(&of) {
            Some(last) if code == Some(CloseCode::AccessEnded.code()) => {
                self.ghosts.insert(of, *last);
                let asked = self.asked.iter().filter(|(socket, _)| *socket == of);
                asked.map(|(socket, id)| put_off(*socket, *id)).collect()
            }
            _ => vec![Act::Close(of, code)],
        }
    }
}

/// Says that a command has to be tried again, later than the run goes on.
fn put_off(socket: Socket, id: RequestId) -> Act {
    let refusal = Refusal {
        code: RefusalCode::Unavailable,
        message: "Try again.".to_owned(),
        field: None,
        limit: None,
        retry_after_ms: Some(60_000),
    };
    Act::Tell(socket, ServerFrame::Reply { id, outcome: Outcome::Refused(refusal) })
}
