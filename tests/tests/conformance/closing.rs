//! Ends of connections that are not the protocol's: stopping, crashing, coming and going.

use crate::raw::{End, Raw};
use crate::wire::{self, CONTINUATION, FIN, TEXT, frame};
use crate::world::{World, handshake, shared};
use serde_json::json;
use tidings_protocol::{CloseCode, Encoding};
use tidings_tests::{post, start_thread, thread};

#[tokio::test]
async fn sockets_are_closed_with_1012_when_the_server_stops() {
    let mut world = World::with(&[]).await;
    let mut raws = vec![world.open().await];
    for _ in 0..30 {
        raws.push(world.enter().await);
    }
    // One in the middle of a message, and one whose client does not close its side.
    raws[1].send(frame(TEXT, b"{")).await;
    world.server.ask_to_stop().await;
    for raw in &mut raws[1..] {
        raw.expect_close(CloseCode::Restarting).await;
    }
    raws[0].expect_close(CloseCode::Restarting).await;
    drop(raws);
    assert_eq!(world.server.ended().await.code(), Some(0));
}

/// Closing over bytes that were not read resets a TCP connection, and then what the kernel has not
/// delivered yet is lost, the close frame with it. So here is something to deliver before it, to a
/// client that takes little at a time.
#[tokio::test]
async fn close_frame_arrives_at_clients_that_are_still_sending() {
    let world = shared().await;
    let long = wire::command(1, &json!({ "render": { "markdown": "long ".repeat(10_000) } }));
    let rest = frame(FIN | TEXT, &vec![b' '; 60_000]).repeat(5);
    let bytes = [long.repeat(4), frame(FIN | CONTINUATION, b"of nothing"), rest].concat();
    for _ in 0..100 {
        let raw = Raw::dial_narrow(world.endpoint()).await;
        let raw = world.enter_over(raw, Encoding::Json).await;
        let (mut reading, _sending) = raw.send_beside(bytes.clone());
        reading.expect_close(CloseCode::ProtocolError).await;
    }
}

/// The same when the close is not about what the client sends.
#[tokio::test]
async fn close_frame_arrives_at_a_stopping_server_amid_commands() {
    let mut world = World::with(&[]).await;
    let mut connections = Vec::new();
    for _ in 0..10 {
        let raw = world.enter().await;
        connections.push(raw.send_beside((0..2_000).flat_map(wire::ask).collect()));
    }
    world.server.ask_to_stop().await;
    for (reading, _) in &mut connections {
        reading.expect_close(CloseCode::Restarting).await;
    }
    drop(connections);
    assert_eq!(world.server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn resets_in_the_midst_of_everything_leave_nothing_behind() {
    let world = World::with(&[]).await;
    let cast = &world.cast;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, thread(cast.account, "Resets", &[])).await;
    carlos.join(thread, None).await;
    for round in 0..50 {
        let mut raw = world.enter().await;
        raw.send(wire::command(1, &json!({ "join": { "thread": thread } }))).await;
        raw.reply(1).await;
        let whole = wire::command(2, &json!({ "get_thread": { "thread": thread } }));
        raw.send(&whole[..whole.len() * round / 50]).await;
        raw.reset();
    }
    let seq = mia.written(post(thread, "Who is still there?")).await;
    carlos.events_up_to(seq).await;
    world.metric_becomes("tidings_connections", 2).await;
    drop((mia, carlos));
    world.metric_becomes("tidings_connections", 0).await;
    world.metric_becomes("tidings_rooms", 0).await;
}

#[tokio::test]
async fn five_hundred_short_connections_leave_no_sockets_and_no_memory() {
    let world = World::with(&[]).await;
    churn(&world, 100).await;
    world.metric_becomes("tidings_connections", 0).await;
    let before = resident_kib(&world);
    churn(&world, 500).await;
    world.metric_becomes("tidings_connections", 0).await;
    let grown = resident_kib(&world).saturating_sub(before);
    println!("{grown} KiB more");
    // 500 that were kept would be more than 20 KiB each in a build like this.
    assert!(grown < 6 * 1024, "{grown} KiB more after 500 connections");
}

/// Connections that come and go at every stage of a connection's life.
async fn churn(world: &World, count: usize) {
    for number in 0..count {
        let mut raw = world.dial().await;
        match number % 5 {
            0 => {}
            1 => raw.send(&handshake("")[..60]).await,
            2 => raw.send(handshake("")).await,
            3 => drop(world.enter_over(raw, Encoding::Postcard).await),
            _ => {
                let mut raw = world.enter_over(raw, Encoding::Json).await;
                raw.welcome().await;
                raw.send(wire::close(1001, b"")).await;
                assert_eq!(raw.ended().await.1, End::Closed);
            }
        }
    }
}

fn resident_kib(world: &World) -> u64 {
    let path = format!("/proc/{}/status", world.server.process_id());
    let status = std::fs::read_to_string(path).expect("a running process has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.expect("it says how much memory is resident")
}
