//! Access that ends, ends at once: live streams are closed, nothing committed later arrives, and
//! after reconnecting there is only what may still be seen.

use serde_json::{Value, json};
use tidings_protocol::{
    CloseCode, Command, ContactState, Encoding, IssuedToken, Outcome, Page, Person, RefusalCode,
    Reply, Role, Seq, ThreadFilter, ThreadId,
};
use tidings_tests::{Cast, Client, Server, member_id, post, start_thread, thread as draft, within};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite;

/// A firm with a live thread: somebody posts in it all the time.
struct Scene {
    server: Server,
    cast: Cast,
    thread: ThreadId,
    chatter: JoinHandle<()>,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let cast = Cast::on(&server).await;
        // Somebody has to stay whom posts can reach.
        cast.firm.contact(cast.account, "Clara Vega", ContactState::Active).await;
        let mut olga = cast.firm.connect(cast.olga).await;
        let thread = start_thread(&mut olga, draft(cast.account, "Live", &[])).await;
        let chatter = tokio::spawn(async move {
            loop {
                olga.outcome(post(thread, "chatter")).await;
            }
        });
        Self { server, cast, thread, chatter }
    }

    /// Joins the thread with a token, and waits until it is live.
    async fn listen(&self, token: &str, encoding: Encoding) -> Client {
        let mut client = Client::connect(self.server.endpoint(), token, encoding).await;
        let joined = client.join(self.thread, None).await;
        client.events_up_to(joined.view.item.summary.head.next()).await;
        client
    }

    /// A post that is committed after all that was done before.
    async fn later_post(&self) -> Seq {
        match self.cast.firm.command(self.cast.olga, &post(self.thread, "secret")).await {
            Outcome::Ok(Reply::Written { seq, .. }) => seq,
            other => panic!("{other:?}"),
        }
    }

    /// Does something that ends access, and checks that the listeners were cut off by it.
    async fn cut_off(
        &self,
        listeners: &mut [Client],
        change: impl Future<Output = ()>,
        code: CloseCode,
    ) {
        change.await;
        let later = self.later_post().await;
        for listener in listeners {
            listener.expect_close(code).await;
            for event in listener.take_events() {
                assert!(event.seq < later, "{event:?} came after access had ended");
            }
        }
    }

    async fn refused_at_the_door(&self, token: &str) {
        let refused =
            Client::try_connect(self.server.endpoint(), Some(token), Encoding::Json).await;
        match refused {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 401),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("the door was open"),
        }
        let opened = Client::try_connect(self.server.endpoint(), None, Encoding::Json).await;
        let mut client = opened.expect("a socket is opened before anybody is known");
        client.send(Command::Authenticate { token: token.to_owned() }).await;
        client.expect_close(CloseCode::BadToken).await;
        let http = self.server.http().with(token);
        let body = json!({ "command": Command::GetPreferences {} });
        assert_eq!(http.post("/v1/commands", &body).await.status, 401);
    }

    fn end(self) {
        self.chatter.abort();
    }
}

/// What a person can still reach: its threads.
async fn threads(client: &mut Client) -> Vec<ThreadId> {
    let list = Command::ListThreads { filter: ThreadFilter::default(), page: Page::default() };
    match client.done(list).await {
        Reply::Threads { items, .. } => items.iter().map(|item| item.summary.thread).collect(),
        other => panic!("{other:?}"),
    }
}

async fn person_is_shut_out(pick: impl Fn(&Cast) -> Person, change: Value) {
    let scene = Scene::new().await;
    let person = pick(&scene.cast);
    let token = scene.cast.firm.token(person).await;
    let mut listeners = [
        scene.listen(&token, Encoding::Json).await,
        scene.listen(&token, Encoding::Postcard).await,
    ];
    let end = scene.cast.firm.patch(person, &change);
    scene.cut_off(&mut listeners, end, CloseCode::AccessEnded).await;
    scene.refused_at_the_door(&token).await;
    let body = json!({ "person": person });
    assert_eq!(scene.cast.firm.http.post("/v1/tokens", &body).await.status, 404);
    let command = Command::GetPreferences {};
    match scene.cast.firm.command(person, &command).await {
        Outcome::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::NotFound),
        Outcome::Ok(reply) => panic!("{reply:?} in the name of somebody without access"),
    }
    scene.end();
}

#[tokio::test]
async fn a_contact_that_is_deactivated_is_cut_off() {
    person_is_shut_out(|cast| cast.carlos, json!({ "state": "none" })).await;
}

#[tokio::test]
async fn a_member_that_is_deactivated_is_cut_off() {
    person_is_shut_out(|cast| cast.mia, json!({ "active": false })).await;
}

#[tokio::test]
async fn an_unassigned_member_is_cut_off_and_keeps_what_it_was_mentioned_in() {
    let scene = Scene::new().await;
    let cast = &scene.cast;
    let mut olga = cast.firm.connect(cast.olga).await;
    let kept = start_thread(&mut olga, draft(cast.account, "Kept", &[])).await;
    olga.written(Command::Mention { thread: kept, member: member_id(cast.mia) }).await;
    let token = cast.firm.token(cast.mia).await;
    let mut listeners = [scene.listen(&token, Encoding::Json).await];
    let end = cast.firm.assign(cast.account, member_id(cast.mia), false);
    scene.cut_off(&mut listeners, end, CloseCode::AccessChanged).await;

    let mut mia = Client::connect(scene.server.endpoint(), &token, Encoding::Postcard).await;
    let welcome = mia.welcome().await;
    assert_eq!(welcome.threads.iter().map(|one| one.summary.thread).collect::<Vec<_>>(), [kept]);
    assert_eq!(threads(&mut mia).await, [kept]);
    let join = Command::Join { thread: scene.thread, after: None };
    assert_eq!(mia.refused(join).await.code, RefusalCode::NotFound);
    assert_eq!(mia.refused(post(scene.thread, "x")).await.code, RefusalCode::NotFound);
    mia.join(kept, None).await;

    cast.firm.assign(cast.account, member_id(cast.mia), true).await;
    mia.join(scene.thread, None).await;
    scene.end();
}

#[tokio::test]
async fn a_member_whose_role_or_rights_shrink_is_cut_off() {
    let scene = Scene::new().await;
    let firm = &scene.cast.firm;
    let admin = Person::Member(firm.member("Ada Admin", Role::Admin).await);
    let seer = Person::Member(firm.member("Sia Seer", Role::Member).await);
    firm.patch(seer, &json!({ "rights": { "view_all_accounts": true } })).await;
    let changes = [
        (admin, json!({ "role": "member" })),
        (seer, json!({ "rights": { "view_all_accounts": false } })),
    ];
    for (person, change) in changes {
        let token = firm.token(person).await;
        let mut listeners = [scene.listen(&token, Encoding::Json).await];
        let end = firm.patch(person, &change);
        scene.cut_off(&mut listeners, end, CloseCode::AccessChanged).await;
        let mut again = Client::connect(scene.server.endpoint(), &token, Encoding::Json).await;
        assert_eq!(threads(&mut again).await, []);
    }
    scene.end();
}

#[tokio::test]
async fn a_revoked_token_is_cut_off_and_the_persons_others_are_not() {
    let scene = Scene::new().await;
    let firm = &scene.cast.firm;
    let revoked: IssuedToken = firm.token_for(scene.cast.carlos, 3600).await;
    let other = firm.token(scene.cast.carlos).await;
    let mut listeners = [scene.listen(&revoked.token, Encoding::Json).await];
    let mut stays = scene.listen(&other, Encoding::Json).await;
    let revocation = json!({ "token": revoked.token_id });
    scene.cut_off(&mut listeners, firm.revoke(&revocation), CloseCode::BadToken).await;
    scene.refused_at_the_door(&revoked.token).await;
    let later = scene.later_post().await;
    stays.events_up_to(later).await;
    scene.end();
}

#[tokio::test]
async fn all_tokens_of_a_person_end_at_once_and_newer_ones_are_good() {
    let scene = Scene::new().await;
    let firm = &scene.cast.firm;
    let carlos = scene.cast.carlos;
    let tokens = [firm.token(carlos).await, firm.token(carlos).await];
    let mut listeners = [
        scene.listen(&tokens[0], Encoding::Json).await,
        scene.listen(&tokens[1], Encoding::Postcard).await,
    ];
    let revocation = json!({ "person": carlos });
    scene.cut_off(&mut listeners, firm.revoke(&revocation), CloseCode::BadToken).await;
    scene.refused_at_the_door(&tokens[0]).await;
    // Tokens may be dated in whole seconds: those of the same second are void too.
    let newer = async {
        loop {
            let token = firm.token(carlos).await;
            let endpoint = scene.server.endpoint();
            if Client::try_connect(endpoint, Some(&token), Encoding::Json).await.is_ok() {
                return token;
            }
        }
    };
    let token = within("a newer token to be good", newer).await;
    scene.listen(&token, Encoding::Json).await;
    scene.end();
}

#[tokio::test]
async fn a_deleted_api_key_opens_nothing_any_more() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let http = &cast.firm.http;
    let second: Value = http.post("/v1/api-keys", &json!({ "label": "second" })).await.expect(201);
    let with_second = server.http().with(second["secret"].as_str().expect("a secret"));
    assert_eq!(with_second.get("/v1/firm").await.status, 200);
    let path = format!("/v1/api-keys/{}", second["key"].as_str().expect("an id"));
    assert_eq!(http.send("DELETE", &path, None).await.status, 204);
    let body = json!({ "actor": cast.mia, "command": Command::GetPreferences {} });
    for answer in [with_second.get("/v1/firm").await, with_second.post("/v1/commands", &body).await]
    {
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"));
    }
    assert_eq!(http.get("/v1/firm").await.status, 200);
}

/// A token that is good for so long, and two connections with it, of which the second brings a newer
/// one; none if it has run out before that.
async fn brought_in_time(
    server: &Server,
    cast: &Cast,
    ttl_s: u32,
) -> Option<(String, Client, Client)> {
    let short = cast.firm.token_for(cast.carlos, ttl_s).await.token;
    let connect = |encoding| Client::try_connect(server.endpoint(), Some(&short), encoding);
    let first = connect(Encoding::Json).await.ok()?;
    let mut second = connect(Encoding::Postcard).await.ok()?;
    let newer = cast.firm.token_for(cast.carlos, 3600).await;
    let id = second.send(Command::Authenticate { token: newer.token }).await;
    let outcome = second.try_reply(id).await.ok()?;
    let token_expires_ms = newer.expires_ms;
    assert_eq!(outcome, Outcome::Ok(Reply::Authenticated { token_expires_ms }));
    Some((short, first, second))
}

#[tokio::test]
async fn a_token_that_runs_out_ends_the_connection_unless_a_newer_one_was_brought() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    // On a machine that is busy, two seconds may be over before the newer one was brought.
    let mut in_time = None;
    for ttl_s in [2, 20] {
        if in_time.is_none() {
            in_time = brought_in_time(&server, &cast, ttl_s).await;
        }
    }
    let (short, mut lets_it_run_out, mut brings_another) = in_time.expect("it was good for 20 s");
    lets_it_run_out.expect_close(CloseCode::TokenExpired).await;
    brings_another.done(Command::GetPreferences {}).await;
    let refused = Client::try_connect(server.endpoint(), Some(&short), Encoding::Json).await;
    assert!(matches!(refused, Err(tungstenite::Error::Http(answer)) if answer.status() == 401));
}

#[tokio::test]
async fn a_session_belongs_to_one_person_for_good() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    carlos.join(thread, None).await;
    let token = cast.firm.token(cast.mia).await;
    let refusal = carlos.refused(Command::Authenticate { token }).await;
    let expected = (RefusalCode::NotAllowed, Some("authenticate.token"));
    assert_eq!((refusal.code, refusal.field.as_deref()), expected);
    let token = "not.a.token".to_owned();
    let refusal = carlos.refused(Command::Authenticate { token }).await;
    assert_eq!(refusal.code, RefusalCode::Unauthenticated);
    // Nothing has changed: it is still Carlos', and still joined.
    let seq = carlos.written(post(thread, "still me")).await;
    let event = carlos.events_up_to(seq).await.pop().expect("the post");
    assert_eq!(event.actor, cast.carlos);
}
