//! What is there twice.

use crate::lie::{AFTER, Act, Lie, Socket, event, once};
use crate::world::{FAN_OUT, World};
use tidings_protocol::{ClientFrame, Command, Seq, ServerFrame};

#[tokio::test]
async fn what_is_doubled_is_found() {
    let world = World::start().await;
    tokio::join!(
        an_event_that_one_socket_is_sent_twice(&world),
        an_event_that_a_device_had_before_it_came_back(&world),
    );
}

async fn an_event_that_one_socket_is_sent_twice(world: &World) {
    let twice = once(|to, frame| {
        event(frame).map(|_| vec![Act::Tell(to, frame.clone()), Act::Tell(to, frame.clone())])
    });
    world.through(FAN_OUT, twice).await.found_only("doubled", 1);
}

async fn an_event_that_a_device_had_before_it_came_back(world: &World) {
    world.through(FAN_OUT, Forgetful::default()).await.found_only("doubled", 1);
}

/// Cuts a connection, and takes the device that comes back for one that has an event less.
#[derive(Default)]
struct Forgetful {
    events: usize,
    forgot: bool,
}

impl Lie for Forgetful {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        self.events += usize::from(event(&frame).is_some());
        let cut = (self.events == AFTER && event(&frame).is_some()).then_some(Act::Cut(to));
        [Act::Tell(to, frame)].into_iter().chain(cut).collect()
    }

    fn said(&mut self, from: Socket, mut frame: ClientFrame) -> Vec<Act> {
        if let Command::Join { after: Some(after), .. } = &mut frame.command
            && !self.forgot
        {
            *after = Seq(after.0 - 1);
            self.forgot = true;
        }
        vec![Act::Ask(from, frame)]
    }
}
