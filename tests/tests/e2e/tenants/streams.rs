//! What comes by itself, without being asked for: nothing of another firm.

use super::world::{Where, World, owner_of};
use serde_json::json;
use tidings_protocol::{Command, Encoding, ServerFrame};
use tidings_tests::{Client, post};

#[tokio::test]
async fn feeds_tell_nobody_of_what_they_do_not_see() {
    let world = World::build().await;
    let endpoint = world.server.endpoint();
    let mut listeners = Vec::new();
    for principal in &world.principals {
        let client = Client::connect(endpoint, &principal.token, Encoding::Postcard).await;
        listeners.push((principal, client));
    }
    let mut objects = Vec::new();
    for place in [Where::Here, Where::Beside, Where::Elsewhere] {
        let object = world.object(place).await;
        let mut owner = owner_of(&world, place).await.expect("it is of a firm");
        let seq = owner.written(post(object.target.thread, "to whom it concerns")).await;
        objects.push((object, seq));
    }
    for (principal, client) in &mut listeners {
        // What they see arrives, so what they don't see has had its time: feeds go out in turn.
        for (object, seq) in &objects {
            if principal.sees.iter().any(|(place, _)| *place == object.place)
                && principal.person != world.first.owner
                && principal.person != world.other.owner
            {
                let told = |frame: &ServerFrame| match frame {
                    ServerFrame::ThreadChanged(summary) => (summary.thread == object.target.thread
                        && summary.head >= *seq)
                        .then_some(()),
                    _ => None,
                };
                client.frame("what one sees", told).await;
            }
        }
        client.done(Command::GetPreferences {}).await;
        for (object, _) in &objects {
            if principal.sees.iter().any(|(place, _)| *place == object.place) {
                continue;
            }
            let id = object.target.thread.to_string();
            for frame in client.frames() {
                let text = format!("{frame:?}");
                assert!(!text.contains(&id), "{} was told {text}", principal.name);
            }
        }
    }
}

#[tokio::test]
async fn a_firm_revokes_its_own_tokens_only() {
    let world = World::build().await;
    let (first, other) = (&world.first, &world.other);
    let issued = first.firm.token_for(first.owner, 3600).await;
    let endpoint = world.server.endpoint();
    let mut owner = Client::connect(endpoint, &issued.token, Encoding::Json).await;
    let revocation = json!({ "token": issued.token_id });
    other.firm.http.post("/v1/tokens/revoke", &revocation).await;
    let revocation = json!({ "person": first.owner });
    let answer = other.firm.http.post("/v1/tokens/revoke", &revocation).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    owner.done(Command::GetPreferences {}).await;
    Client::connect(endpoint, &issued.token, Encoding::Json).await;
}
