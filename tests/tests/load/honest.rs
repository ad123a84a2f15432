//! Nothing is found where nothing is wrong, whatever happens besides.

use crate::lie::{Act, Honest, Lie, Socket, event, joined};
use crate::world::{CONVERSATIONS, FAN_OUT, World};
use tidings_protocol::ServerFrame;

/// Events between two connections that are cut, at the least.
const BETWEEN_CUTS: usize = 50;

#[tokio::test]
async fn an_honest_server_passes_in_each_encoding() {
    let world = World::start().await;
    let run = async |encoding| {
        let scenario = format!("{FAN_OUT} --encoding {encoding}");
        world.through(&scenario, Honest).await.passed();
    };
    tokio::join!(run("json"), run("postcard"), run("both"));
}

#[tokio::test]
async fn an_honest_server_passes_whatever_happens_besides() {
    let world = World::start().await;
    tokio::join!(
        access_ends_and_connections_are_lost(&world),
        two_nodes_share_the_connections(&world),
        connections_are_cut_in_the_middle_of_what_they_are_sent(&world),
    );
}

async fn access_ends_and_connections_are_lost(world: &World) {
    let scenario = CONVERSATIONS.replace("--access-ends 0", "--access-ends 2");
    // With so many besides, hardly anybody is missing when a few are about to come back.
    let scenario = scenario.replace("--listeners 4", "--listeners 24");
    // Time to do enough, on a machine that is busy for some of it.
    let scenario = scenario.replace("--seconds 2", "--seconds 5");
    world.through(&format!("{scenario} --herds 1 --encoding both"), Honest).await.passed();
}

async fn two_nodes_share_the_connections(world: &World) {
    let proxy = world.proxy(Honest).await;
    let server = format!("http://{}", world.server.endpoint().address());
    let run = world.run(FAN_OUT, &[proxy.url(), server]).await;
    run.passed();
    assert_eq!(proxy.sockets(), 10, "{run}");
}

async fn connections_are_cut_in_the_middle_of_what_they_are_sent(world: &World) {
    let run = world.through(FAN_OUT, Cutting::default()).await;
    run.passed();
    assert!(run.number("/totals/reconnects") > 0, "{run}");
}

/// Cuts a connection every so often, the next once somebody has joined again: a run from which many are
/// missing at a time is none.
#[derive(Default)]
struct Cutting {
    events: usize,
    away: bool,
}

impl Lie for Cutting {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        self.away &= joined(&frame).is_none();
        self.events += usize::from(event(&frame).is_some());
        if event(&frame).is_some() && self.events >= BETWEEN_CUTS && !self.away {
            *self = Self { events: 0, away: true };
            return vec![Act::Cut(to)];
        }
        vec![Act::Tell(to, frame)]
    }
}
