//! Ending the emails by a link in one of them: with a button, or by the one click of a mail program
//! (RFC 8058), which is a POST without any further proof. Doing it twice is doing it once.

use super::super::problem::Problem;
use super::super::request::Call;
use super::page::{Form, Page};
use super::visitor::Visitor;
use super::words::Saying;
use super::{answer, unknown};
use tidings_notifier::signed::Purpose;
use tidings_protocol::{
    Channels, Checked, Command, ContactPatch, KindChannels, Outcome, Person, Preferences, Refusal,
    RefusalCode,
};
use tidings_storage::{DirectoryChange, Operation};
use warp::http::StatusCode;
use warp::reply::Response;

/// A page with a button.
pub(in crate::http) async fn show(call: Call) -> Result<Response, Problem> {
    let outcome = Visitor::of(&call, Purpose::Unsubscribe).await;
    let outcome = outcome.map(|visitor| match visitor {
        None => unknown(&call),
        Some(visitor) => {
            let saying = match visitor.facts.actor.person {
                Person::Contact(_) => Saying::StopContact,
                Person::Member(_) => Saying::StopMember,
            };
            visitor.page(StatusCode::OK, saying).form(Form::here(""))
        }
    });
    Ok(answer(&call, outcome))
}

/// Ends them.
pub(in crate::http) async fn stop(call: Call) -> Result<Response, Problem> {
    let outcome = stopped(&call).await;
    Ok(answer(&call, outcome))
}

async fn stopped(call: &Call) -> Result<Page, Refusal> {
    let Some(visitor) = Visitor::of(call, Purpose::Unsubscribe).await? else {
        return Ok(unknown(call));
    };
    match &visitor.preferences {
        Some(preferences) => {
            let command =
                Checked::try_from(without_emails(visitor.facts.actor.person, preferences))?;
            match call.node().execute(visitor.facts.actor, command).await {
                Outcome::Ok(_) => {}
                // It has just lost its access: nothing is sent to it any more.
                Outcome::Refused(refusal) if refusal.code == RefusalCode::Unauthenticated => {
                    without_access(call, &visitor).await?;
                }
                Outcome::Refused(refusal) => return Err(refusal),
            }
        }
        None => without_access(call, &visitor).await?,
    }
    let saying = match visitor.facts.actor.person {
        Person::Contact(_) => Saying::StoppedContact,
        Person::Member(_) => Saying::StoppedMember,
    };
    Ok(visitor.page(StatusCode::OK, saying))
}

/// Whoever may not log in can do nothing in its own name, and gets no emails. A contact's wish is kept
/// all the same, in case it is let in again.
async fn without_access(call: &Call, visitor: &Visitor) -> Result<(), Refusal> {
    let actor = visitor.facts.actor;
    if let Person::Contact(contact) = actor.person {
        let patch = ContactPatch { notify: Some(false), ..ContactPatch::default() };
        let change = DirectoryChange::PatchContact(contact, patch);
        call.node().apply(Operation::Directory { firm: actor.firm, change }).await?;
    }
    Ok(())
}

/// A member keeps what goes to its inbox.
fn without_emails(person: Person, preferences: &Preferences) -> Command {
    let silent = |line: &KindChannels| KindChannels {
        channels: Channels { email: false, ..line.channels },
        ..*line
    };
    let (notify, kinds) = match person {
        Person::Contact(_) => (Some(false), Vec::new()),
        Person::Member(_) => (None, preferences.kinds.iter().map(silent).collect()),
    };
    Command::SetPreferences {
        language: None,
        time_zone: None,
        notify,
        kinds,
        quiet: None,
        digest_min: None,
    }
}
