//! Nothing is found where nothing is wrong, whatever happens besides.

use crate::lie::{Act, Honest, Lie, Socket, event};
use crate::world::{CONVERSATIONS, FAN_OUT, World};
use tidings_protocol::ServerFrame;

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

/// Cuts a connection every so often.
#[derive(Default)]
struct Cutting {
    events: usize,
}

impl Lie for Cutting {
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        self.events += usize::from(event(&frame).is_some());
        match self.events % 50 {
            49 if event(&frame).is_some() => vec![Act::Cut(to)],
            _ => vec![Act::Tell(to, frame)],
        }
    }
}
