//! What the operator's tools ask: is it alive, may work be sent to it, what does it count.

use super::input::with_header;
use super::problem::Problem;
use super::request::Call;
use crate::auth::ask;
use std::time::Duration;
use tidings_protocol::{FirmId, Refusal, RefusalCode};
use uuid::Uuid;
use warp::http::header::CONTENT_TYPE;
use warp::reply::{Reply as _, Response};

/// How long the store may take to say that it is there.
const READY_TIME: Duration = Duration::from_secs(2);

pub(super) async fn live(_: Call) -> Result<Response, Problem> {
    Ok("live\n".into_response())
}

/// 200 if work may be sent here, in words whether all is well; 503 if it should go elsewhere.
pub(super) async fn ready(call: Call) -> Result<Response, Problem> {
    if call.app.stopping() {
        return Err(Refusal::new(RefusalCode::Unavailable).because("stopping").into());
    }
    // Readers answer on when the writer has broken; only a restart helps then.
    if !call.node().store.is_open() {
        let refusal = Refusal::new(RefusalCode::Unavailable);
        return Err(refusal.because("the store takes no writes").into());
    }
    // Any question will do; this one finds nothing.
    let question = ask(call.node(), |reader| reader.firm(FirmId(Uuid::nil())));
    let Ok(answered) = tokio::time::timeout(READY_TIME, question).await else {
        let refusal = Refusal::new(RefusalCode::Unavailable);
        return Err(refusal.because("the store does not answer").into());
    };
    answered?;
    Ok(state_of(call.node().bus.is_up()).into_response())
}

/// Work may be sent here all the same when the bus is away: everything is served, what comes from
/// other nodes only later.
fn state_of(bus_is_up: bool) -> &'static str {
    if bus_is_up {
        return "ready\n";
    }
    "degraded: the bus is away; what other nodes commit is read from the store\n"
}

pub(super) async fn metrics(call: Call) -> Result<Response, Problem> {
    let response = call.node().metrics.encode().into_response();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(with_header(response, CONTENT_TYPE, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_whether_all_is_well() {
        assert_eq!(state_of(true), "ready\n");
        assert!(state_of(false).starts_with("degraded: the bus is away"));
    }
}
