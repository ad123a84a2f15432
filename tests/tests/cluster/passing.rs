//! What is done by one node is seen by the others.

use crate::scene::{Scene, present, read};
use std::time::Duration;
use tidings_protocol::{Command, Encoding, Reply, Seq, ServerFrame};
use tidings_tests::{now, post};

/// A node that is killed is missed after four beats of a second; and a machine that is busy with
/// other tests may be late.
const GONE_AFTER_MAX: Duration = Duration::from_secs(10);

#[tokio::test]
async fn messages_typing_receipts_and_presence_pass_from_node_to_node() {
    let scene = Scene::new(2, &[]).await;
    let (olga, carlos, thread) = (scene.cast.olga, scene.cast.carlos, scene.thread);
    let mut here = scene.listen(0, olga, Encoding::Json).await;
    let mut there = scene.listen(1, carlos, Encoding::Postcard).await;
    present(&mut here, vec![olga, carlos]).await;
    let seq = here.written(post(thread, "by the one")).await;
    there.events_up_to(seq).await;
    let seq = there.written(post(thread, "by the other")).await;
    here.events_up_to(seq).await;

    there.done(Command::Typing { thread }).await;
    let typing = ServerFrame::Typing { thread, person: carlos };
    here.frame("typing", |frame| (*frame == typing).then_some(())).await;

    let seq = here.written(post(thread, "to be read")).await;
    there.events_up_to(seq).await;
    there.done(read(thread, seq)).await;
    let of_carlos = |frame: &ServerFrame| match frame {
        ServerFrame::Receipts { receipts, .. } => {
            receipts.iter().any(|one| one.person == carlos && one.seq == seq).then_some(())
        }
        _ => None,
    };
    here.frame("the receipt", of_carlos).await;

    there.done(Command::Presence { thread, looking: false }).await;
    present(&mut here, vec![olga]).await;
    there.done(Command::Presence { thread, looking: true }).await;
    present(&mut here, vec![olga, carlos]).await;
    // Who comes later is told at once, by either node.
    for node in [0, 1] {
        let mut late = scene.connect(node, scene.cast.mia, Encoding::Json).await;
        let Reply::Joined(joined) = late.done(Command::Join { thread, after: None }).await else {
            panic!("something else than joined");
        };
        for person in [olga, carlos] {
            assert!(joined.present.contains(&person), "by node {node}: {:?}", joined.present);
        }
        present(&mut here, vec![olga, scene.cast.mia, carlos]).await;
        drop(late);
        present(&mut here, vec![olga, carlos]).await;
    }
}

#[tokio::test]
async fn feeds_hear_of_what_is_done_by_another_node() {
    let scene = Scene::new(2, &[]).await;
    let (mia, carlos, thread) = (scene.cast.mia, scene.cast.carlos, scene.thread);
    let mut team = scene.connect(1, mia, Encoding::Json).await;
    let mut client = scene.connect(1, carlos, Encoding::Postcard).await;
    let seq = scene.post(0, "news").await;
    for listener in [&mut team, &mut client] {
        let of_it = |frame: &ServerFrame| match frame {
            ServerFrame::ThreadChanged(summary) if summary.thread == thread => {
                (summary.head >= seq).then_some(())
            }
            _ => None,
        };
        listener.frame("the change of the thread", of_it).await;
    }
    // One's own reading, by another device at another node.
    let mut device = scene.connect(0, carlos, Encoding::Json).await;
    device.done(read(thread, seq)).await;
    let read_changed = |frame: &ServerFrame| match frame {
        ServerFrame::ReadChanged { read, .. } => (*read == seq).then_some(()),
        _ => None,
    };
    client.frame("one's own reading", read_changed).await;
    // An answer by a contact is news in the inbox of who started the thread.
    let mut olga = scene.connect(1, scene.cast.olga, Encoding::Json).await;
    device.written(post(thread, "an answer")).await;
    let inbox = |frame: &ServerFrame| match frame {
        ServerFrame::InboxChanged(item) => (item.thread == thread).then_some(()),
        _ => None,
    };
    olga.frame("the inbox to change", inbox).await;
}

#[tokio::test]
async fn a_node_that_is_killed_takes_its_presence_with_it_and_nothing_else() {
    let mut scene = Scene::new(2, &[]).await;
    let (olga, carlos) = (scene.cast.olga, scene.cast.carlos);
    let mut here = scene.listen(0, olga, Encoding::Json).await;
    let mut there = scene.listen(1, carlos, Encoding::Json).await;
    present(&mut here, vec![olga, carlos]).await;
    let seq = there.written(post(scene.thread, "the last words")).await;
    scene.cluster.nodes[1].kill().await;
    let killed = now();
    present(&mut here, vec![olga]).await;
    let took = killed.elapsed();
    assert!(took < GONE_AFTER_MAX, "a ghost for {took:?}");
    here.events_up_to(seq).await;
    there.closed().await;
    let mut again = scene.connect(0, carlos, Encoding::Json).await;
    let Reply::Joined(joined) =
        again.done(Command::Join { thread: scene.thread, after: Some(seq) }).await
    else {
        panic!("something else than joined");
    };
    assert!(joined.complete);
    present(&mut here, vec![olga, carlos]).await;
    assert_eq!(again.written(post(scene.thread, "back")).await, Seq(seq.0 + 1));
    here.events_up_to(seq.next()).await;
}
