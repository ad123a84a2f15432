//! Receipts that are behind where they were.

use crate::lie::{AFTER, Act, Lie, Socket};
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
    world.through(CONVERSATIONS, Back).await.found_besides("receipt", &[]);
}

async fn a_receipt_that_is_acknowledged_but_not_kept(world: &World) {
    // Who writes after reading has read as far all the same, and nothing shows: about two in three
    // do, so there are enough people for that not to be all of them.
    let scenario = CONVERSATIONS.replace("--threads 4", "--threads 16");
    let scenario = scenario.replace("--rate 10", "--rate 4");
    world.through(&scenario, Unread::default()).await.found_besides("receipt", &[]);
}

/// Takes receipts back that it has told. All of them: whose they are is chance, and some are of people
/// whom the load tester does not play; and how many frames they come in is up to the machine.
struct Back;

impl Lie for Back {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        let ServerFrame::Receipts { thread, receipts } = &frame else {
            return vec![Act::Tell(to, frame)];
        };
        let back = |receipt: &Receipt| Receipt {
            person: receipt.person,
            seq: Seq(receipt.seq.0.saturating_sub(1)),
        };
        let receipts = receipts.iter().map(back).collect();
        let back = ServerFrame::Receipts { thread: *thread, receipts };
        vec![Act::Tell(to, frame), Act::Tell(to, back)]
    }
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
