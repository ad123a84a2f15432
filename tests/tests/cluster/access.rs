//! Access that ends by one node ends at all of them, whether they hear of each other or not.

use crate::scene::Scene;
use serde_json::json;
use std::time::Duration;
use tidings_protocol::{CloseCode, ContactState, Encoding, Person, Role, TokenId};
use tidings_tests::{Client, member_id, now};

/// While Redis is away nodes look at the store every two seconds; and a machine that is busy with
/// other tests may be late.
const ENDED_AFTER_MAX: Duration = Duration::from_secs(10);

/// What ends somebody's access, and how that is told.
#[derive(Clone, Copy, Debug)]
enum End {
    Deactivated(Person),
    Uninvited(Person),
    Unassigned(Person),
    TokenRevoked(Person),
    AllTokensRevoked(Person),
}

impl End {
    fn of(self) -> (Person, CloseCode) {
        match self {
            Self::Deactivated(who) | Self::Uninvited(who) => (who, CloseCode::AccessEnded),
            Self::Unassigned(who) => (who, CloseCode::AccessChanged),
            Self::TokenRevoked(who) | Self::AllTokensRevoked(who) => (who, CloseCode::BadToken),
        }
    }
}

/// Somebody who listens at a node, until access ends.
struct Listener {
    end: End,
    token: TokenId,
    clients: Vec<Client>,
}

impl Listener {
    async fn of(scene: &Scene, end: End) -> Self {
        let token = scene.cast.firm.token_for(end.of().0, 3600).await;
        let mut clients = Vec::new();
        for encoding in [Encoding::Json, Encoding::Postcard] {
            clients.push(scene.listen_by(1, &token.token, encoding).await);
        }
        Self { end, token: token.token_id, clients }
    }

    /// Ends the access by the other node.
    async fn end(&self, scene: &Scene) {
        let (firm, account) = (scene.firm(0), scene.cast.account);
        match self.end {
            End::Deactivated(who) => firm.patch(who, &json!({ "active": false })).await,
            End::Uninvited(who) => firm.patch(who, &json!({ "state": "none" })).await,
            End::Unassigned(who) => firm.assign(account, member_id(who), false).await,
            End::TokenRevoked(_) => firm.revoke(&json!({ "token": self.token })).await,
            End::AllTokensRevoked(who) => firm.revoke(&json!({ "person": who })).await,
        }
    }
}

/// Ends access in every way by one node while somebody posts there all the time, and looks what
/// still comes by the other.
async fn ends_everywhere(redis_runs: bool) {
    let mut scene = Scene::new(2, &[]).await;
    let (firm, account) = (&scene.cast.firm, scene.cast.account);
    let dora = Person::Member(firm.member("Dora Visser", Role::Admin).await);
    let rosa = Person::Contact(firm.contact(account, "Rosa Vega", ContactState::Active).await);
    let tom = Person::Contact(firm.contact(account, "Tom Vega", ContactState::Active).await);
    let ends = [
        End::Deactivated(dora),
        End::Uninvited(rosa),
        End::Unassigned(scene.cast.mia),
        End::TokenRevoked(scene.cast.carlos),
        End::AllTokensRevoked(tom),
    ];
    let mut listeners = Vec::new();
    for end in ends {
        listeners.push(Listener::of(&scene, end).await);
    }
    let mut stays = scene.listen(1, scene.cast.olga, Encoding::Json).await;
    if !redis_runs {
        scene.cluster.redis.stop().await;
        for node in [0, 1] {
            let degraded = |answer: &tidings_tests::Answer| answer.body.starts_with("degraded");
            scene.health(node, "the bus to be missed", degraded).await;
        }
    }
    let chatter = scene.chatter(0).await;
    for listener in &mut listeners {
        listener.end(&scene).await;
        let ended = now();
        let later = scene.post(0, "not for everybody").await;
        for client in &mut listener.clients {
            client.expect_close(listener.end.of().1).await;
            for event in client.take_events() {
                assert!(event.seq < later, "{:?}: {event:?} came too late", listener.end);
            }
        }
        let took = ended.elapsed();
        assert!(took < ENDED_AFTER_MAX, "{:?} took {took:?}", listener.end);
    }
    drop(chatter);
    let last = scene.post(0, "for those who stay").await;
    stays.events_up_to(last).await;
}

#[tokio::test]
async fn access_that_ends_by_one_node_ends_at_the_others() {
    ends_everywhere(true).await;
}

#[tokio::test]
async fn access_ends_everywhere_without_a_bus() {
    ends_everywhere(false).await;
}
