//! `POST /v1/commands`: the same commands, one at a time, for a person and for a host application.

use serde_json::json;
use tidings_protocol::{Command, HistoryFrom, Outcome, RefusalCode, Reply, Seq};
use tidings_tests::{Cast, Server, post, start_thread, thread as draft};

#[tokio::test]
async fn a_command_over_http_is_the_same_as_on_a_socket() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    carlos.join(thread, None).await;

    let message = post(thread, "from the host application");
    let over_http = cast.firm.command(cast.mia, &message).await;
    let Outcome::Ok(Reply::Written { seq, .. }) = over_http else { panic!("{over_http:?}") };
    let heard = carlos.events_up_to(seq).await.pop().expect("the post");
    assert_eq!(heard.actor, cast.mia, "it is done in the actor's name");
    assert_eq!(mia.outcome(message.clone()).await, over_http, "the same key on a socket");

    for command in [
        Command::History { thread, from: HistoryFrom::After(Seq(0)), limit: None },
        Command::GetThread { thread },
        Command::GetPreferences {},
        post(thread, ""),
        Command::Mention { thread, member: tidings_protocol::MemberId(uuid::Uuid::nil()) },
    ] {
        let over_http = cast.firm.command(cast.mia, &command).await;
        assert_eq!(mia.outcome(command.clone()).await, over_http, "{}", command.name());
    }
}

#[tokio::test]
async fn a_persons_token_acts_for_that_person_only() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let token = cast.firm.token(cast.carlos).await;
    let carlos = server.http().with(token);
    let start = draft(cast.account, "Question", &[]);
    let answer = carlos.post("/v1/commands", &json!({ "command": start })).await;
    let Reply::ThreadCreated { thread, .. } = answer.expect(200) else { panic!("{answer:?}") };

    let command = post(thread, "hello");
    let body = json!({ "actor": cast.mia, "command": command });
    let answer = carlos.post("/v1/commands", &body).await;
    assert_eq!((answer.status, answer.json()["field"].as_str()), (422, Some("actor")));
    let answer = cast.firm.http.post("/v1/commands", &json!({ "command": command })).await;
    assert_eq!((answer.status, answer.json()["field"].as_str()), (422, Some("actor")));
    let answer = server.http().post("/v1/commands", &json!({ "command": command })).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"));
    let archive = json!({ "command": Command::Archive { thread } });
    let answer = carlos.post("/v1/commands", &archive).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "not_allowed"));
}

#[tokio::test]
async fn what_concerns_a_connection_needs_one() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let token = cast.firm.token(cast.mia).await;
    for command in [
        Command::Authenticate { token },
        Command::Join { thread, after: None },
        Command::Leave { thread },
        Command::Typing { thread },
        Command::Presence { thread, looking: true },
    ] {
        let name = command.name();
        match cast.firm.command(cast.mia, &command).await {
            Outcome::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::NeedsSocket),
            Outcome::Ok(reply) => panic!("{name}: {reply:?}"),
        }
    }
}
