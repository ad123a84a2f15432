//! What was acknowledged or seen, and is missing somewhere.

use crate::lie::{Act, Lie, Socket, event, once, once_after, written};
use crate::world::{FAN_OUT, FIRST_POSTS, SATURATE, World};
use std::collections::HashMap;
use tidings_protocol::{ClientFrame, Command, Seq, ServerFrame, ThreadId};

#[tokio::test]
async fn what_is_lost_is_found() {
    let world = World::start().await;
    tokio::join!(
        an_event_that_one_socket_is_not_sent(&world),
        an_event_left_out_of_a_page(&world),
        a_message_that_is_acknowledged_but_never_written(&world),
    );
}

async fn an_event_that_one_socket_is_not_sent(world: &World) {
    let withheld = once(|_, frame| event(frame).map(|_| Vec::new()));
    world.through(SATURATE, withheld).await.found_only("lost", 1);
}

async fn an_event_left_out_of_a_page(world: &World) {
    let page = once_after(3, |to, frame| match frame {
        ServerFrame::Events { thread, events, more } => {
            let events = events.get(1..).filter(|rest| !rest.is_empty())?.to_vec();
            let page = ServerFrame::Events { thread: *thread, events, more: *more };
            Some(vec![Act::Tell(to, page)])
        }
        _ => None,
    });
    world.through(FAN_OUT, page).await.found_only("lost", 1);
}

async fn a_message_that_is_acknowledged_but_never_written(world: &World) {
    world.through(SATURATE, Swallowed::default()).await.found_only("lost", 1);
}

/// Acknowledges a message that it does not hand on.
#[derive(Default)]
struct Swallowed {
    heads: HashMap<ThreadId, Seq>,
    posts: usize,
}

impl Lie for Swallowed {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        if let Some(event) = event(&frame) {
            self.heads.insert(event.thread, event.seq);
        }
        vec![Act::Tell(to, frame)]
    }

    fn said(&mut self, from: Socket, frame: ClientFrame) -> Vec<Act> {
        if let Command::PostMessage { thread, .. } = &frame.command {
            self.posts += 1;
            // So many come whatever the machine's speed: each thread's first.
            if self.posts == FIRST_POSTS {
                let head = self.heads.get(thread).copied().unwrap_or(Seq(2));
                return vec![Act::Tell(from, written(frame.id, head.next()))];
            }
        }
        vec![Act::Ask(from, frame)]
    }
}
