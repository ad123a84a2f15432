//! A small run in which all goes well: three people, two threads, lost connections, refusals, an
//! end of access. Tests plant their faults in it, and name what they need of it by these places.

use super::world::World;
use crate::record::{History, LogEntry, Step};
use tidings_protocol::{RefusalCode, Seq};

/// Devices by their place: Ann, Bob and Cas in the first thread, Ann and Bob in the second.
pub(super) const ANN: usize = 0;
pub(super) const BOB: usize = 1;
pub(super) const CAS: usize = 2;
pub(super) const ANN_TOO: usize = 3;
pub(super) const BOB_TOO: usize = 4;

/// Posts by their place: the first three, by Ann on one connection, at events 2, 3 and 4.
pub(super) const FIRST: usize = 0;
pub(super) const FIRST_AT: u64 = 2;
pub(super) const SECOND: usize = 1;
/// Refused, each time that it was sent.
pub(super) const REFUSED: usize = 3;
/// Never answered, but in the first thread at [`UNANSWERED_AT`].
pub(super) const UNANSWERED: usize = 4;
pub(super) const UNANSWERED_AT: u64 = 5;
/// Posted after Cas had lost access.
pub(super) const AFTER_END_AT: u64 = 12;

/// The last events of the threads.
pub(super) const HEAD: u64 = 14;
pub(super) const HEAD_TOO: u64 = 11;

pub(super) fn sample() -> History {
    let mut world = World::new(3);
    let first = world.thread(&[0, 1, 2]);
    let second = world.thread(&[0, 1]);
    for (person, thread) in [(0, first), (1, first), (2, first), (0, second), (1, second)] {
        let device = world.device(person, thread);
        world.join(device);
    }
    for _ in 0..3 {
        world.post(ANN);
    }
    let refused = world.send(BOB);
    world.refused(refused, RefusalCode::Archived);
    let unanswered = world.send(BOB);
    world.arrives(unanswered);
    away_and_back(&mut world);
    for device in [ANN, BOB, CAS, ANN_TOO, BOB_TOO] {
        world.claim(device);
        world.read(device);
    }
    world.post(ANN);
    world.claim(BOB);
    world.claim(BOB_TOO);
    world.end_access(2);
    world.post(ANN);
    world.post(BOB);
    world.tick(ANN);
    world.finish()
}

fn away_and_back(world: &mut World) {
    world.drop(CAS);
    world.tick(ANN);
    let limited = world.send(ANN);
    world.refused(limited, RefusalCode::RateLimited);
    world.post(ANN);
    world.send_again(ANN, limited);
    world.acked(limited);
    world.join(CAS);
    // The answer is lost with the connection, and the message is sent again on the next one.
    let cut_off = world.send(BOB);
    world.arrives(cut_off);
    world.drop(BOB);
    world.post(ANN);
    world.join(BOB);
    world.send_again(BOB, cut_off);
    world.acked(cut_off);
    // Taken, and refused for the moment when it is sent again: it is there all the same.
    let doubtful = world.send(ANN_TOO);
    world.arrives(doubtful);
    world.send_again(ANN_TOO, doubtful);
    world.refused(doubtful, RefusalCode::RateLimited);
    // Too much to catch up on.
    world.drop(BOB_TOO);
    for _ in 0..8 {
        world.post(ANN_TOO);
    }
    world.join(BOB_TOO);
    world.post(ANN_TOO);
}

/// An event of the first thread, in the log that was read back.
pub(super) fn entry(history: &mut History, seq: u64) -> &mut LogEntry {
    &mut log(history)[usize::try_from(seq).expect("a small number") - 1]
}

/// The first thread's log.
pub(super) fn log(history: &mut History) -> &mut Vec<LogEntry> {
    history.threads[0].log.as_mut().expect("the sample has it")
}

/// Puts runs of events in the place of a device's last one.
pub(super) fn last_events(history: &mut History, device: usize, runs: &[(u64, u64)]) {
    let steps = &mut history.seen[device].steps;
    assert!(matches!(steps.pop(), Some(Step::Events { .. })), "no events last");
    steps.extend(runs.iter().map(|(first, last)| events(*first, *last)));
}

pub(super) fn events(first: u64, last: u64) -> Step {
    Step::Events { first: Seq(first), last: Seq(last) }
}

pub(super) fn joined(after: u64, from: u64, complete: bool) -> Step {
    Step::Joined { after: Some(Seq(after)), from: Seq(from), complete }
}
