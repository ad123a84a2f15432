//! How rooms make up for what they missed.

use super::*;
use crate::rooms::room::tests::{Notebook, event, nothing, person};
use uuid::Uuid;

#[test]
fn a_repair_goes_no_further_than_what_was_heard_of() {
    let thread = ThreadId(Uuid::nil());
    let mut hall = Hall::default();
    hall.open(thread);
    let outlet = Notebook::new(1);
    let seat =
        Seat { outlet: outlet.clone(), person: person(1), looking: true, reminder: nothing() };
    assert_eq!(hall.attach(thread, seat, Seq(1)), Some(Attach::Live));
    let repair = hall.hear_of(thread, Seq(3));
    assert_eq!(repair, Some(Repair { thread, after: Seq(1) }));
    // The store has a fourth by now, and before it perhaps the end of somebody's access, which has
    // not been handled here.
    let read = vec![event(2), event(3), event(4)];
    assert_eq!(hall.repaired(thread, Some(read)), None);
    hall.send_round();
    assert_eq!(outlet.seqs(), [2, 3]);
    assert_eq!(hall.hear_of(thread, Seq(4)), Some(Repair { thread, after: Seq(3) }));
    assert_eq!(hall.repaired(thread, Some(vec![event(4)])), None);
    hall.send_round();
    assert_eq!(outlet.seqs(), [2, 3, 4]);
}
