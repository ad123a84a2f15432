//! What a socket is told by its feed, and in which order, over a connection of its own.

use super::*;
use tidings_protocol::{ContactId, Encoding};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

const BYTES_MAX: usize = 1024 * 1024;

fn badges(unread_messages: u64) -> Badges {
    Badges { unread_messages, ..Badges::default() }
}

fn welcome(unread_messages: u64) -> Welcome {
    Welcome {
        firm: FirmId(Uuid::nil()),
        firm_name: String::new(),
        person: Person::Contact(ContactId(Uuid::nil())),
        name: String::new(),
        account: None,
        token_expires_ms: Timestamp(0),
        now_ms: Timestamp(0),
        badges: badges(unread_messages),
        threads: Vec::new(),
        inbox: Vec::new(),
        waiting: Vec::new(),
    }
}

fn again(unread: u64, only_news: bool) -> Again {
    let access = Arc::new(Access::Contact { account: AccountId(Uuid::from_u128(unread.into())) });
    Again { access, welcome: welcome(unread), digest: Some(unread), only_news }
}

/// A socket of a firm without number, and its client's end.
pub(crate) async fn peer() -> (Peer, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let metrics = Arc::new(Metrics::new());
    let outbound = Outbound::new(stream, Encoding::Json, BYTES_MAX, metrics);
    let actor =
        Actor { firm: FirmId(Uuid::nil()), person: Person::Contact(ContactId(Uuid::nil())) };
    let identity =
        Identity { actor, token: None, issued: Timestamp(0), expires: Timestamp(i64::MAX) };
    (Peer::new(identity, Arc::new(outbound)), client)
}

fn tell(peer: &Peer, unread_messages: u64) {
    let badges = badges(unread_messages);
    let frame = SharedFrame::new(ServerFrame::BadgesChanged(badges));
    peer.tell_badges(badges, &frame, &Metrics::new());
}

/// The numbers of unread messages in all frames, once the socket is closed.
async fn heard(peer: Peer, mut client: TcpStream) -> Vec<u64> {
    drop(peer);
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let numbers = text.split("\"unread_messages\":").skip(1);
    numbers.map(|rest| rest.split(',').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn numbers_are_told_when_they_differ_from_what_this_socket_heard_last() {
    let (peer, client) = peer().await;
    assert!(peer.first_welcome(welcome(1), None, Timestamp(0)));
    // What another socket of the person was told, before this one came, does not count.
    for unread in [1, 0, 0, 2] {
        tell(&peer, unread);
    }
    peer.welcome_again(&again(3, false), Timestamp(0));
    tell(&peer, 3);
    tell(&peer, 2);
    assert_eq!(heard(peer, client).await, [1, 0, 2, 3, 2]);
}

#[tokio::test]
async fn a_welcome_is_no_longer_the_last_word_once_the_feed_has_said_more() {
    let (peer, client) = peer().await;
    assert!(peer.first_welcome(welcome(1), Some(1), Timestamp(0)));
    tell(&peer, 1);
    peer.welcome_again(&again(1, true), Timestamp(0));
    tell(&peer, 2);
    peer.welcome_again(&again(1, true), Timestamp(0));
    assert_eq!(heard(peer, client).await, [1, 2, 1]);
}

#[tokio::test]
async fn nothing_is_said_before_the_first_welcome_and_nothing_is_missed_by_it() {
    let (peer, client) = peer().await;
    peer.welcome_again(&again(2, false), Timestamp(0));
    assert!(peer.access().is_none());
    // It was read before the other one, and must not be the last word.
    assert!(!peer.first_welcome(welcome(1), None, Timestamp(0)));
    assert_eq!(heard(peer, client).await, [1]);
}

#[tokio::test]
async fn who_may_have_missed_something_is_told_if_it_did_and_sees_what_it_may_in_any_case() {
    let (peer, client) = peer().await;
    assert!(peer.first_welcome(welcome(1), Some(1), Timestamp(0)));
    let account = || peer.access().map(|access| (*access).clone());
    for unread in [1, 2, 2] {
        let again = again(unread, true);
        peer.welcome_again(&again, Timestamp(0));
        assert_eq!(account().as_ref(), Some(&*again.access));
    }
    assert_eq!(heard(peer, client).await, [1, 2]);
}
