//! `POST /v1/commands`: what a person does in threads, one command at a time, without a socket.

use super::input::respond;
use super::problem::Problem;
use super::request::Call;
use crate::auth::{Principal, ask};
use tidings_notifier::markdown;
use tidings_protocol::{
    Checked, Command, CommandRequest, FirmId, Outcome, Person, Refusal, RefusalCode, Reply,
    from_json,
};
use tidings_storage::Actor;
use warp::http::StatusCode;
use warp::reply::Response;

pub(super) async fn run_command(call: Call) -> Result<Response, Problem> {
    let CommandRequest { actor, command } = from_json(&call.body)?;
    let actor = match call.principal {
        Some(Principal::Person(identity)) if actor.is_none() => identity.actor,
        Some(Principal::Person(_)) => {
            return Err(bad_actor("a person's token acts for that person; leave `actor` out"));
        }
        Some(Principal::ApiKey(firm)) => {
            let person = actor.ok_or_else(|| bad_actor("an API key acts for somebody: whom?"))?;
            person_of(&call, firm, person).await?
        }
        None => return Err(Problem::no_credential()),
    };
    let command = Checked::try_from(command)?;
    if needs_socket(command.get()) {
        return Err(RefusalCode::NeedsSocket.into());
    }
    let outcome = match command.get() {
        Command::Render { markdown } => {
            Outcome::Ok(Reply::Rendered { html: markdown::render(markdown) })
        }
        _ => call.node().execute(actor, command).await,
    };
    match outcome {
        Outcome::Ok(reply) => respond(StatusCode::OK, &reply),
        Outcome::Refused(refusal) => Err(refusal.into()),
    }
}

/// Somebody of the firm who has access. Asked for every command, so that all of them answer alike
/// for people who are not there.
async fn person_of(call: &Call, firm: FirmId, person: Person) -> Result<Actor, Problem> {
    let actor = Actor { firm, person };
    let access = ask(call.node(), move |reader| reader.access(actor)).await?;
    access.map(|_| actor).ok_or_else(|| Refusal::new(RefusalCode::NotFound).at("actor").into())
}

fn bad_actor(why: &str) -> Problem {
    Refusal::new(RefusalCode::Invalid).at("actor").because(why).into()
}

/// Commands that are about a connection.
fn needs_socket(command: &Command) -> bool {
    matches!(
        command,
        Command::Authenticate { .. }
            | Command::Join { .. }
            | Command::Leave { .. }
            | Command::Typing { .. }
            | Command::Presence { .. }
    )
}
