//! What nodes share is away for a while: they say so, and go on by themselves when it is back.

use crate::scene::{Scene, present};
use std::time::Duration;
use tidings_protocol::{Command, Encoding, Outcome, RefusalCode};
use tidings_tests::{Answer, post, within};

#[tokio::test]
async fn without_redis_everything_arrives_only_later() {
    let mut scene = Scene::new(2, &[]).await;
    let (olga, carlos, thread) = (scene.cast.olga, scene.cast.carlos, scene.thread);
    let mut here = scene.listen(0, olga, Encoding::Json).await;
    let mut there = scene.listen(1, carlos, Encoding::Postcard).await;
    present(&mut here, vec![olga, carlos]).await;
    scene.cluster.redis.kill().await;
    for node in [0, 1] {
        let degraded =
            |answer: &Answer| answer.status == 200 && answer.body.starts_with("degraded: the bus");
        scene.health(node, "the bus to be missed", degraded).await;
    }
    let seq = here.written(post(thread, "without a bus")).await;
    there.events_up_to(seq).await;
    // Nobody can say any more who looks by the other node.
    present(&mut here, vec![olga]).await;
    scene.cluster.redis.start_again().await;
    for node in [0, 1] {
        let well = |answer: &Answer| answer.status == 200 && answer.body.starts_with("ready");
        scene.health(node, "the bus to be back", well).await;
    }
    present(&mut here, vec![olga, carlos]).await;
    let seq = there.written(post(thread, "with a bus")).await;
    here.events_up_to(seq).await;
}

#[tokio::test]
async fn nobody_is_a_ghost_whatever_the_bus_has_lost() {
    let scene = Scene::new(2, &[]).await;
    let (olga, carlos, thread) = (scene.cast.olga, scene.cast.carlos, scene.thread);
    let mut here = scene.listen(0, olga, Encoding::Json).await;
    let mut there = scene.listen(1, carlos, Encoding::Postcard).await;
    present(&mut here, vec![olga, carlos]).await;
    for looking in [false, true, false, true] {
        scene.cluster.redis.client_kill("all").await;
        there.done(Command::Presence { thread, looking }).await;
        present(&mut here, if looking { vec![olga, carlos] } else { vec![olga] }).await;
        // What is said once the connections are back is not said over them for the first time.
        for node in [0, 1] {
            let well = |answer: &Answer| answer.body.starts_with("ready");
            scene.health(node, "the bus to be back", well).await;
        }
    }
}

#[tokio::test]
async fn without_postgresql_sockets_stay_and_commands_are_refused_for_the_moment() {
    let mut scene = Scene::new(2, &[]).await;
    let (olga, carlos, thread) = (scene.cast.olga, scene.cast.carlos, scene.thread);
    let mut here = scene.listen(0, olga, Encoding::Json).await;
    let mut there = scene.listen(1, carlos, Encoding::Postcard).await;
    let newer = scene.cast.firm.token(olga).await;
    scene.cluster.postgres.stop();
    for node in [0, 1] {
        let unready = |answer: &Answer| answer.status == 503;
        scene.health(node, "the store to be missed", unready).await;
        let live = scene.cluster.nodes[node].http().get("/health/live").await;
        assert_eq!(live.status, 200);
    }
    let list = Command::History {
        thread,
        from: tidings_protocol::HistoryFrom::After(tidings_protocol::Seq(0)),
        limit: None,
    };
    for command in [post(thread, "nowhere to go"), list, Command::Join { thread, after: None }] {
        let refusal = here.refused(command).await;
        assert_eq!(refusal.code, RefusalCode::Unavailable);
        assert!(refusal.retry_after_ms.is_some(), "{refusal:?}");
    }
    // Bringing a newer token is no reason to lose the socket, either.
    let refusal = here.refused(Command::Authenticate { token: newer }).await;
    assert_eq!(refusal.code, RefusalCode::Unavailable);
    there.done(Command::Typing { thread }).await;
    scene.cluster.postgres.start_again();
    for node in [0, 1] {
        let well = |answer: &Answer| answer.status == 200;
        scene.health(node, "the store to be back", well).await;
    }
    let again = async {
        loop {
            match here.outcome(post(thread, "here again")).await {
                Outcome::Ok(reply) => return reply,
                Outcome::Refused(refusal) => {
                    assert_eq!(refusal.code, RefusalCode::Unavailable);
                    let pause = refusal.retry_after_ms.expect("it says when to come again");
                    tokio::time::sleep(Duration::from_millis(pause.into())).await;
                }
            }
        }
    };
    let tidings_protocol::Reply::Written { seq, .. } = within("a post", again).await else {
        panic!("something else than written");
    };
    there.events_up_to(seq).await;
}
