//! Receipts that are behind where they were.

use crate::lie::{AFTER, Act, Lie, Socket, once_after};
use crate::world::{CONVERSATIONS, World};
use tidings_protocol::{ClientFrame, Command, Outcome, Receipt, Reply, Seq, ServerFrame};

#[tokio::test]
async fn a_receipt_that_is_behind_is_found() {
    let world = World::start().await;
    tokio::join!(
        a_receipt_that_goes_back_on_one_socket(&world),
        a_receipt_that_is_acknowledged_but_not_kept(&world),
    );
}

async fn a_receipt_that_goes_back_on_one_socket(world: &World) {
    let back = once_after(5, |to, frame| match frame {
        ServerFrame::Receipts { thread, receipts } => {
            let first = receipts.first().filter(|receipt| receipt.seq > Seq(1))?;
            let receipts = vec![Receipt { person: first.person, seq: Seq(first.seq.0 - 1) }];
            let back = ServerFrame::Receipts { thread: *thread, receipts };
            Some(vec![Act::Tell(to, frame.clone()), Act::Tell(to, back)])
        }
        _ => None,
    });
    world.through(CONVERSATIONS, back).await.found_only("receipt", 1);
}

async fn a_receipt_that_is_acknowledged_but_not_kept(world: &World) {
    world.through(CONVERSATIONS, Unread::default()).await.found_besides("receipt", &[]);
}

/// Acknowledges receipts that it does not hand on.
#[derive(Default)]
struct Unread {
    reads: usize,
}

impl Lie for Unread {
    fn said(&mut self, from: Socket, frame: ClientFrame) -> Vec<Act> {
        let Command::Read { up_to, .. } = &frame.command else {
            return vec![Act::Ask(from, frame)];
        };
        self.reads += 1;
        if self.reads < AFTER {
            return vec![Act::Ask(from, frame)];
        }
        let outcome = Outcome::Ok(Reply::ReadUpTo { seq: *up_to, unread: 0 });
        vec![Act::Tell(from, ServerFrame::Reply { id: frame.id, outcome })]
    }
}
