//! Random runs: healthy ones are never accused, and a random fault is always found.

use super::random_faults::FAULTS;
use super::world::World;
use super::{Kind, assert_found, check};
use crate::record::{History, PostIx};
use fastrand::Rng;
use tidings_protocol::RefusalCode;

const PEOPLE: u32 = 4;
const RUNS: u64 = 200;

/// Sent on a device's connection, without an answer.
#[derive(Default)]
struct Open {
    posts: Vec<(usize, PostIx)>,
}

fn healthy(rng: &mut Rng) -> History {
    let mut world = World::new(PEOPLE);
    let mut devices = Vec::new();
    for people in [vec![0, 1, 2, 3], vec![1, 2], vec![0, 3, 2]] {
        let thread = world.thread(&people);
        for person in people.iter().chain(&people[..1]) {
            devices.push((*person, world.device(*person, thread)));
        }
    }
    let mut open = Open::default();
    for _ in 0..rng.usize(20..300) {
        let (person, device) = devices[rng.usize(..devices.len())];
        if world.is_live(device) {
            act(&mut world, device, &mut open, rng);
        } else if world.may_join(device) {
            world.join(device);
        }
        if rng.u32(..400) == 0 && world.may_join(device) {
            world.end_access(person);
        }
    }
    let mut history = world.finish();
    if rng.u32(..4) == 0 {
        history.threads[rng.usize(..3)].log = None;
    }
    history
}

fn act(world: &mut World, device: usize, open: &mut Open, rng: &mut Rng) {
    // As a client does: what has no answer is sent again, on whatever connection there is now.
    let unanswered = open.posts.iter().position(|(by, _)| *by == device);
    if let Some(at) = unanswered {
        let (_, post) = open.posts.remove(at);
        world.send_again(device, post);
        answer(world, device, post, open, rng);
        return;
    }
    match rng.u32(..20) {
        0..10 => {
            let post = world.send(device);
            answer(world, device, post, open, rng);
        }
        10..12 => world.tick(device),
        12..14 => world.read(device),
        14..17 => world.claim(device),
        17 => world.drop(device),
        _ => {
            let post = world.send(device);
            world.refused(post, RefusalCode::Archived);
        }
    }
}

fn answer(world: &mut World, device: usize, post: PostIx, open: &mut Open, rng: &mut Rng) {
    match rng.u32(..10) {
        0 => {
            world.refused(post, RefusalCode::RateLimited);
            open.posts.push((device, post));
        }
        // The connection is lost with the answer, or with the message.
        1 => {
            if rng.bool() {
                world.arrives(post);
            }
            world.drop(device);
            open.posts.push((device, post));
        }
        _ => world.acked(post),
    }
}

#[test]
fn healthy_runs_are_never_accused() {
    for seed in 0..RUNS {
        let verdict = check(&healthy(&mut Rng::with_seed(seed)));
        assert_eq!(verdict.proof().examples, [] as [String; 0], "seed {seed}");
    }
}

#[test]
fn a_fault_in_a_random_run_is_always_found() {
    let mut planted = [0; FAULTS.len()];
    for seed in 0..RUNS {
        for (at, (name, kind, plant)) in FAULTS.iter().enumerate() {
            let rng = &mut Rng::with_seed(seed);
            let mut history = healthy(rng);
            if plant(&mut history, rng).is_some() {
                planted[at] += 1;
                let verdict = check(&history);
                assert!(verdict.count(*kind) > 0, "{name}, seed {seed}");
                assert_found(&verdict, *kind);
            }
        }
    }
    for ((name, ..), planted) in FAULTS.iter().zip(planted) {
        assert!(planted > 20, "{name} was only planted {planted} times");
    }
    for kind in Kind::ALL {
        assert!(FAULTS.iter().any(|(_, other, _)| *other == kind), "no fault {}", kind.name());
    }
}
