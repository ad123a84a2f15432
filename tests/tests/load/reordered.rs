//! What is in another order than promised.

use crate::lie::{AFTER, Act, Lie, Socket, event, once};
use crate::world::{FAN_OUT, World};
use tidings_protocol::{Outcome, Reply, ServerFrame};

#[tokio::test]
async fn what_is_reordered_is_found() {
    let world = World::start().await;
    tokio::join!(
        two_events_that_change_places_on_one_socket_are_reordered(&world),
        a_message_that_is_acknowledged_at_another_position(&world),
    );
}

async fn two_events_that_change_places_on_one_socket_are_reordered(world: &World) {
    world.through(FAN_OUT, Swapped::default()).await.found_only("reordered", 1);
}

async fn a_message_that_is_acknowledged_at_another_position(world: &World) {
    let misplaced = once(|to, frame| match frame {
        ServerFrame::Reply { id, outcome: Outcome::Ok(Reply::Written { seq, at_ms }) } => {
            let outcome = Outcome::Ok(Reply::Written { seq: seq.next(), at_ms: *at_ms });
            Some(vec![Act::Tell(to, ServerFrame::Reply { id: *id, outcome })])
        }
        _ => None,
    });
    world.through(FAN_OUT, misplaced).await.found_only("reordered", 1);
}

/// Keeps an event back until the next one has gone out on its socket.
#[derive(Default)]
struct Swapped {
    events: usize,
    kept: Option<(Socket, ServerFrame)>,
}

impl Lie for Swapped {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        if event(&frame).is_none() {
            return vec![Act::Tell(to, frame)];
        }
        self.events += 1;
        if self.events == AFTER {
            self.kept = Some((to, frame));
            return Vec::new();
        }
        let kept = self.kept.take_if(|(socket, _)| *socket == to);
        let kept = kept.map(|(_, frame)| Act::Tell(to, frame));
        [Act::Tell(to, frame)].into_iter().chain(kept).collect()
    }
}
