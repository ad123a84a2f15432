//! Numbers of unread messages that the log does not bear out, wherever the server says one of a
//! thread. (Sums over all threads, as badges have them, are not held against it.)

use crate::lie::{Act, Always, once_after};
use crate::world::{CONVERSATIONS, FAN_OUT, World};
use tidings_protocol::{Outcome, Reply, ServerFrame};

#[tokio::test]
async fn a_wrong_number_of_unread_messages_is_found() {
    let world = World::start().await;
    tokio::join!(
        a_wrong_number_in_a_welcome(&world),
        a_wrong_number_in_what_answers_a_join(&world),
        a_wrong_number_in_a_feed(&world),
        a_wrong_number_of_messages_read(&world),
    );
}

async fn a_wrong_number_in_a_welcome(world: &World) {
    let wrong = once_after(3, |to, frame| match frame {
        ServerFrame::Welcome(welcome) => {
            let mut welcome = welcome.clone();
            welcome.threads.first_mut()?.unread += 1;
            Some(vec![Act::Tell(to, ServerFrame::Welcome(welcome))])
        }
        _ => None,
    });
    world.through(FAN_OUT, wrong).await.found_only("unread", 1);
}

async fn a_wrong_number_in_what_answers_a_join(world: &World) {
    let wrong = once_after(3, |to, frame| match frame {
        ServerFrame::Reply { id, outcome: Outcome::Ok(Reply::Joined(joined)) } => {
            let mut joined = joined.clone();
            joined.view.item.unread += 1;
            let outcome = Outcome::Ok(Reply::Joined(joined));
            Some(vec![Act::Tell(to, ServerFrame::Reply { id: *id, outcome })])
        }
        _ => None,
    });
    world.through(FAN_OUT, wrong).await.found_only("unread", 1);
}

async fn a_wrong_number_in_a_feed(world: &World) {
    let wrong = Always(|to, frame: &ServerFrame| match frame {
        ServerFrame::ThreadChanged(summary) => {
            let mut summary = summary.clone();
            summary.messages += 1;
            Some(vec![Act::Tell(to, ServerFrame::ThreadChanged(summary))])
        }
        _ => None,
    });
    world.through(CONVERSATIONS, wrong).await.found_besides("unread", &[]);
}

async fn a_wrong_number_of_messages_read(world: &World) {
    let wrong = Always(|to, frame: &ServerFrame| match frame {
        ServerFrame::ReadChanged { thread, read, messages_read } => {
            let (thread, read, messages_read) = (*thread, *read, messages_read + 1);
            let wrong = ServerFrame::ReadChanged { thread, read, messages_read };
            Some(vec![Act::Tell(to, wrong)])
        }
        _ => None,
    });
    world.through(CONVERSATIONS, wrong).await.found_besides("unread", &[]);
}
