//! What nobody did, or not so.

use crate::lie::{AFTER, Act, Lie, Socket, message, once, once_after, refused};
use crate::world::{FAN_OUT, FIRST_POSTS, SATURATE, World};
use tidings_protocol::{ClientFrame, Command, EventKind, Outcome, RequestId, ServerFrame};
use tidings_tests::key;

/// The id of a command that the proxy gives in a client's name; no client comes so far.
const OURS: RequestId = RequestId(u32::MAX);

#[tokio::test]
async fn what_is_invented_is_found() {
    let world = World::start().await;
    tokio::join!(
        a_body_that_one_socket_is_told_otherwise(&world),
        a_body_that_is_written_otherwise(&world),
        a_message_that_nobody_posted(&world),
        an_event_that_one_socket_alone_is_told_of(&world),
        a_message_that_was_refused_and_appears(&world),
    );
}

async fn a_body_that_one_socket_is_told_otherwise(world: &World) {
    let changed = once(|to, frame| {
        let mut event = message(frame)?.clone();
        if let EventKind::MessagePosted { body, .. } = &mut event.kind {
            body.push('!');
        }
        Some(vec![Act::Tell(to, ServerFrame::Event(event))])
    });
    world.through(FAN_OUT, changed).await.found_besides("invented", &[]);
}

async fn a_body_that_is_written_otherwise(world: &World) {
    world
        .through(
            FAN_OUT,
            Asked::new(|from, mut frame| {
                if let Command::PostMessage { body, .. } = &mut frame.command {
                    body.push('!');
                }
                vec![Act::Ask(from, frame)]
            }),
        )
        .await
        .found_only("invented", 1);
}

async fn a_message_that_nobody_posted(world: &World) {
    world
        .through(
            FAN_OUT,
            Asked::new(|from, frame| {
                let mut more = ClientFrame { id: OURS, command: frame.command.clone() };
                if let Command::PostMessage { key: its, .. } = &mut more.command {
                    *its = key();
                }
                vec![Act::Ask(from, frame), Act::Ask(from, more)]
            }),
        )
        .await
        .found_only("invented", 1);
}

async fn an_event_that_one_socket_alone_is_told_of(world: &World) {
    let made_up = once(|to, frame| {
        let mut event = message(frame)?.clone();
        if let EventKind::MessagePosted { key: its, .. } = &mut event.kind {
            *its = key();
        }
        event.seq = event.seq.next();
        event.messages += 1;
        Some(vec![Act::Tell(to, frame.clone()), Act::Tell(to, ServerFrame::Event(event))])
    });
    // The true event at that position comes as the second.
    world.through(FAN_OUT, made_up).await.found_besides("invented", &["doubled"]);
}

async fn a_message_that_was_refused_and_appears(world: &World) {
    let denied = once_after(FIRST_POSTS - 1, |to, frame| match frame {
        ServerFrame::Reply {
            id,
            outcome: Outcome::Ok(tidings_protocol::Reply::Written { .. }),
        } => Some(vec![Act::Tell(to, ServerFrame::Reply { id: *id, outcome: refused() })]),
        _ => None,
    });
    world.through(SATURATE, denied).await.found_only("invented", 1);
}

/// Lies about one message that a client posts.
struct Asked<F> {
    posts: usize,
    lie: F,
}

impl<F: FnMut(Socket, ClientFrame) -> Vec<Act> + Send + 'static> Asked<F> {
    fn new(lie: F) -> Self {
        Self { posts: 0, lie }
    }
}

impl<F: FnMut(Socket, ClientFrame) -> Vec<Act> + Send + 'static> Lie for Asked<F> {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        match frame {
            ServerFrame::Reply { id: OURS, .. } => Vec::new(),
            frame => vec![Act::Tell(to, frame)],
        }
    }

    fn said(&mut self, from: Socket, frame: ClientFrame) -> Vec<Act> {
        self.posts += usize::from(matches!(frame.command, Command::PostMessage { .. }));
        if self.posts == AFTER && matches!(frame.command, Command::PostMessage { .. }) {
            return (self.lie)(from, frame);
        }
        vec![Act::Ask(from, frame)]
    }
}
