//! Who is it: frames before that is known, tokens that are not good, too many at once.

use crate::wire::{self, FIN, PING, frame, text};
use crate::world::{World, shared};
use serde_json::json;
use tidings_protocol::{CloseCode, Encoding};
use tidings_tests::{Client, within};
use uuid::Uuid;

#[tokio::test]
async fn bad_tokens_are_refused_and_closed_with_4001() {
    let world = shared().await;
    let cut = world.token.rsplit_once('.').map_or("", |(start, _)| start);
    let foreign = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZW1iZXI6MSJ9.";
    for token in ["nonsense", cut, foreign, &format!("{}x", world.token)] {
        let mut raw = world.open().await;
        raw.send(wire::authenticate(1, token)).await;
        assert_eq!(raw.reply(1).await["refused"]["code"], "unauthenticated", "{token}");
        raw.expect_close(CloseCode::BadToken).await;
    }
}

#[tokio::test]
async fn another_command_first_is_closed_with_4003() {
    let world = shared().await;
    let thread = Uuid::from_u128(1);
    for command in [json!({ "get_preferences": {} }), json!({ "join": { "thread": thread } })] {
        let mut raw = world.open().await;
        raw.send(wire::command(1, &command)).await;
        raw.expect_close(CloseCode::NotAuthenticated).await;
    }
}

#[tokio::test]
async fn unreadable_first_frames_are_closed_with_4003_or_4000() {
    let world = shared().await;
    for (payload, code) in [
        (r#"{"id": 1, "command": {"no_such_command": {}}}"#, CloseCode::NotAuthenticated),
        (r#"{"id": 1, "command": {"authenticate": {}}}"#, CloseCode::NotAuthenticated),
        ("who is there", CloseCode::Malformed),
    ] {
        let mut raw = world.open().await;
        raw.send(text(payload)).await;
        raw.expect_close(code).await;
    }
}

/// What a stranger sends is not done even if a good token follows at once.
#[tokio::test]
async fn command_before_the_token_is_not_made_good_by_it() {
    let world = shared().await;
    let mut raw = world.open().await;
    raw.send([wire::ask(1), wire::authenticate(2, &world.token)].concat()).await;
    let mut replies = 0;
    while let Ok(frame) = raw.frame().await {
        replies += usize::from(frame.json().is_some());
        if let Some((code, _)) = frame.close() {
            assert_eq!(code, CloseCode::NotAuthenticated.code());
        }
    }
    assert_eq!(replies, 0);
}

/// Whatever is sent, it ends with a code of the table or in silence, and the server goes on.
#[tokio::test]
async fn garbage_after_authentication_ends_one_connection_only() {
    let world = shared().await;
    let mut bystander = world.enter().await;
    let known: Vec<u16> = CloseCode::ALL.iter().map(|code| code.code()).collect();
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for round in 0..50 {
        let mut raw = world.enter().await;
        // Every other one is masked and of a legal kind, so that it gets further.
        let bytes = noise.bytes(300 + round * 20);
        raw.send(if round % 2 == 0 { bytes } else { frame(bytes[0] & 0x8f, &bytes) }).await;
        raw.finish().await;
        let (close, _) = raw.ended().await;
        if let Some((code, _)) = close {
            assert!(known.contains(&code), "round {round}: {code}");
        }
    }
    bystander.send(wire::ask(1)).await;
    assert!(bystander.reply(1).await["ok"].is_object());
}

#[tokio::test]
async fn one_socket_too_many_of_a_person_is_closed_with_4008() {
    let world = World::with(&[("sockets-per-person", "2")]).await;
    let first = world.enter().await;
    let _second = world.enter().await;
    let mut by_header = world.enter_over(world.dial().await, Encoding::Json).await;
    by_header.expect_close(CloseCode::TooManySockets).await;
    let mut by_frame = world.open().await;
    by_frame.send(wire::authenticate(1, &world.token)).await;
    by_frame.expect_close(CloseCode::TooManySockets).await;
    // Others have their own.
    world.cast.firm.connect(world.cast.carlos).await;
    // A place is free again when one leaves.
    drop(first);
    let enter_again = async {
        loop {
            let socket = Client::try_connect(world.endpoint(), Some(&world.token), Encoding::Json);
            let mut socket = socket.await.expect("the handshake is right");
            let command = tidings_protocol::Command::GetPreferences {};
            let id = socket.send(command).await;
            if socket.try_reply(id).await.is_ok() {
                break;
            }
        }
    };
    within("a place to be free", enter_again).await;
}

#[tokio::test]
async fn token_that_runs_out_is_closed_with_4002() {
    let world = shared().await;
    // One that has run out before it is brought, on a machine that is busy, is followed by a longer one.
    for ttl_s in [1, 5, 25] {
        let token = world.cast.firm.token_for(world.cast.mia, ttl_s).await.token;
        let mut raw = world.open().await;
        raw.send(wire::authenticate(1, &token)).await;
        if raw.reply(1).await["ok"].is_object() {
            return raw.expect_close(CloseCode::TokenExpired).await;
        }
    }
    panic!("a token is good for nothing");
}

#[tokio::test]
async fn ping_of_a_stranger_is_answered() {
    let world = shared().await;
    let mut raw = world.open().await;
    raw.send([frame(FIN | PING, b"?"), wire::authenticate(1, &world.token)].concat()).await;
    assert!(raw.reply(1).await["ok"]["authenticated"].is_object());
}

/// Bytes that look random and are the same every time (xorshift).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let next = |_| {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0.to_le_bytes()[3]
        };
        (0..count).map(next).collect()
    }
}
