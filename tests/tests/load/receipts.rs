//! Receipts that are behind where they were.

use crate::lie::{Act, Lie, Socket, refused};
use crate::world::{CONVERSATIONS, World};
use std::collections::{HashMap, HashSet};
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
    world.through(CONVERSATIONS, Unread::default()).await.found_besides("receipt", &[]);
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

/// Acknowledges receipts that it does not hand on, of every second person. It lets these people write
/// nothing, be it a message or a tick: who writes has read what comes before.
#[derive(Default)]
struct Unread {
    /// Whether somebody is one of them, by their token.
    people: HashMap<String, bool>,
    theirs: HashSet<Socket>,
}

impl Lie for Unread {
    fn said(&mut self, from: Socket, frame: ClientFrame) -> Vec<Act> {
        let theirs = self.theirs.contains(&from);
        let outcome = match &frame.command {
            Command::Authenticate { token } => {
                let second = self.people.len() % 2 == 1;
                if *self.people.entry(token.clone()).or_insert(second) {
                    self.theirs.insert(from);
                }
                return vec![Act::Ask(from, frame)];
            }
            Command::Read { up_to, .. } if theirs => {
                Outcome::Ok(Reply::ReadUpTo { seq: *up_to, unread: 0 })
            }
            Command::PostMessage { .. } | Command::TickTask { .. } | Command::UntickTask { .. }
                if theirs =>
            {
                refused()
            }
            _ => return vec![Act::Ask(from, frame)],
        };
        vec![Act::Tell(from, ServerFrame::Reply { id: frame.id, outcome })]
    }
}
