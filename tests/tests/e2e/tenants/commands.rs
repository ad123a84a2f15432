//! The matrix of commands, over sockets and over HTTP.

use super::deeds::{command, prelude};
use super::expected::{Way, expected};
use super::world::{Object, Principal, Sight, Where, World, owner_of, snapshot};
use serde_json::{Value, json};
use std::collections::HashMap;
use tidings_protocol::{Command, Encoding, Outcome};
use tidings_tests::{Answer, Client, post};

/// An answer to a command: its class, and all that was said, to be compared word by word.
#[derive(Clone, Debug)]
struct Said {
    class: String,
    words: String,
}

impl Said {
    fn on_socket(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Ok(reply) => Self { class: "ok".to_owned(), words: format!("{reply:?}") },
            Outcome::Refused(refusal) => {
                Self { class: refusal.code.name().to_owned(), words: format!("{refusal:?}") }
            }
        }
    }

    fn over_http(answer: &Answer) -> Self {
        let class = if answer.status == 200 { "ok".to_owned() } else { answer.code() };
        // When it was answered tells nothing.
        let headers = answer.headers.iter().filter(|(name, _)| name != "date");
        let headers: Vec<_> = headers.collect();
        Self { class, words: format!("{} {headers:?} {}", answer.status, answer.body) }
    }
}

/// How a principal's commands are sent.
enum Line<'a> {
    Socket(Box<Client>),
    /// With the person's own token.
    Token(&'a World, &'a Principal),
    /// With the API key of a firm, in the person's name.
    ApiKey(&'a Principal),
}

impl Line<'_> {
    async fn say(&mut self, command: &Command) -> Said {
        match self {
            Self::Socket(client) => Said::on_socket(&client.outcome(command.clone()).await),
            Self::Token(world, principal) => {
                let http = world.server.http().with(&principal.token);
                Said::over_http(&http.post("/v1/commands", &json!({ "command": command })).await)
            }
            Self::ApiKey(principal) => {
                let body = json!({ "actor": principal.person, "command": command });
                Said::over_http(&principal.firm.http.post("/v1/commands", &body).await)
            }
        }
    }
}

/// Plays every command about one object, and says what was said to each.
async fn play(
    world: &World,
    principal: &Principal,
    line: &mut Line<'_>,
    way: Way,
    place: Where,
) -> HashMap<&'static str, Said> {
    let object = world.object(place).await;
    let mut owner = owner_of(world, place).await;
    let mut before = match &mut owner {
        Some(owner) => Some(snapshot(owner, &object).await),
        None => None,
    };
    let mut said = HashMap::new();
    for name in Command::NAMES {
        if way == Way::Socket
            && let Some(first) = prelude(name, &object.target)
        {
            line.say(&first).await;
        }
        if name == "archive_inbox_item" && principal.sight(place) != Sight::Nothing {
            answered(world, &object).await;
            before = None;
        }
        let answer = line.say(&command(name, &object.target, &principal.token)).await;
        let context = format!("{} does {name} {place:?} over {way:?}", principal.name);
        assert_eq!(answer.class, expected(name, principal, place, way), "{context}: {answer:?}");
        if let Some(owner) = &mut owner {
            let after = snapshot(owner, &object).await;
            if let Some(before) = before.filter(|_| answer.class != "ok") {
                assert_eq!(before, after, "{context}: refused, and yet something has changed");
            }
            before = Some(after);
        }
        said.insert(name, answer);
    }
    said
}

/// Raises an inbox item for everybody who follows the object.
async fn answered(world: &World, object: &Object) {
    let house = world.house(object.place).expect("who sees it sees something");
    let (_, contact) = house.accounts[usize::from(object.place == Where::Beside)];
    let done = house.firm.command(contact, &post(object.target.thread, "raises the inbox")).await;
    assert!(matches!(done, Outcome::Ok(_)), "{done:?}");
}

/// Plays every object, and compares what was said about those that the principal does not see:
/// whether they are hidden, another firm's or nobody's must not show.
async fn play_all(world: &World, principal: &Principal, mut line: Line<'_>, way: Way) {
    let mut of_nowhere = HashMap::new();
    let mut hidden = Vec::new();
    for place in Where::ALL {
        let said = play(world, principal, &mut line, way, place).await;
        match (place, principal.sight(place)) {
            (Where::Nowhere, _) => of_nowhere = said,
            (_, Sight::Nothing) => hidden.push((place, said)),
            _ => {}
        }
    }
    for (place, said) in hidden {
        for (name, answer) in said {
            // What is about oneself changes with what was done in between.
            let own = ["list_inbox", "waiting_for_action", "list_accounts", "list_members"];
            if own.contains(&name) {
                continue;
            }
            let context = format!("{} does {name} {place:?} over {way:?}", principal.name);
            assert_eq!(answer.words, of_nowhere[name].words, "{context}: it can be told apart");
        }
    }
}

#[tokio::test]
async fn on_sockets_everybody_gets_what_is_theirs_and_nobody_can_tell_what_is_not() {
    let world = World::build().await;
    for (at, principal) in world.principals.iter().enumerate() {
        let encoding = Encoding::ALL[at % 2];
        let client = Client::connect(world.server.endpoint(), &principal.token, encoding).await;
        play_all(&world, principal, Line::Socket(Box::new(client)), Way::Socket).await;
    }
}

#[tokio::test]
async fn over_http_a_person_gets_what_is_theirs_and_nobody_can_tell_what_is_not() {
    let world = World::build().await;
    for principal in &world.principals {
        play_all(&world, principal, Line::Token(&world, principal), Way::Http).await;
    }
}

#[tokio::test]
async fn by_api_key_an_actor_gets_what_is_theirs_and_nobody_can_tell_what_is_not() {
    let world = World::build().await;
    for principal in &world.principals {
        play_all(&world, principal, Line::ApiKey(principal), Way::Http).await;
    }
}

#[tokio::test]
async fn without_access_no_command_does_anything() {
    let world = World::build().await;
    let object = world.object(Where::Here).await;
    let mut owner = owner_of(&world, Where::Here).await.expect("it is of a firm");
    let before = snapshot(&mut owner, &object).await;
    let nobody = &world.principals[0];
    let (http, other) = (world.server.http(), &world.other.firm.http);
    for name in Command::NAMES {
        let command = command(name, &object.target, &nobody.token);
        let bare = json!({ "command": command });
        for credential in [None, Some("tk_made_up"), Some("a.b.c")] {
            let http = credential.map_or(http.clone(), |credential| http.with(credential));
            let answer = http.post("/v1/commands", &bare).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{name}");
        }
        for person in &world.shut_out {
            let answer = http.with(&person.token).post("/v1/commands", &bare).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{name}");
            let body = json!({ "actor": person.person, "command": command });
            let answer = person.firm.http.post("/v1/commands", &body).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{name}");
        }
        // Another firm's key, in the name of somebody of this firm: as if there were nobody.
        let told = |actor: Value| json!({ "actor": actor, "command": command });
        let real = other.post("/v1/commands", &told(json!(nobody.person))).await;
        let made_up = json!({ "member": uuid::Uuid::new_v4() });
        let made_up = other.post("/v1/commands", &told(made_up)).await;
        assert_eq!((real.status, real.code().as_str()), (404, "not_found"), "{name}");
        assert_eq!(Said::over_http(&real).words, Said::over_http(&made_up).words, "{name}");
    }
    assert_eq!(snapshot(&mut owner, &object).await, before);
}
