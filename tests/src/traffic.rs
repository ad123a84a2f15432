//! What people do in threads, in the short form that tests are written in.

use crate::client::Client;
use tidings_protocol::{
    AccountId, ClientKey, Command, Event, EventKind, HistoryFrom, Reply, Seq, ThreadId,
};
use uuid::Uuid;

/// A new key.
pub fn key() -> ClientKey {
    ClientKey(Uuid::new_v4())
}

/// `post_message` under a new key.
pub fn post(thread: ThreadId, body: impl Into<String>) -> Command {
    Command::PostMessage { thread, key: key(), body: body.into(), mentions: Vec::new() }
}

/// `create_thread` under a new key.
pub fn thread(account: AccountId, subject: &str, tasks: &[&str]) -> Command {
    Command::CreateThread {
        account,
        key: key(),
        subject: subject.to_owned(),
        body: format!("About {subject}"),
        tasks: tasks.iter().map(|text| (*text).to_owned()).collect(),
        reminder: None,
        mentions: Vec::new(),
    }
}

/// Starts a thread, and says which it is.
pub async fn start_thread(client: &mut Client, command: Command) -> ThreadId {
    match client.done(command).await {
        Reply::ThreadCreated { thread, .. } => thread,
        other => panic!("{other:?} instead of `thread_created`"),
    }
}

/// The whole log of a thread, read page by page, and checked to be 1, 2, 3…
pub async fn history(client: &mut Client, thread: ThreadId) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let last = events.last().map_or(Seq(0), |event| event.seq);
        let from = HistoryFrom::After(last);
        let page = Command::History { thread, from, limit: Some(100) };
        let Reply::History { events: page, more } = client.done(page).await else {
            panic!("something else than history");
        };
        for event in page {
            let next = events.last().map_or(Seq(1), |last| last.seq.next());
            assert_eq!(event.seq, next, "the log has a gap");
            events.push(event);
        }
        if !more {
            return events;
        }
    }
}

/// The messages among events, by key and body.
pub fn messages(events: &[Event]) -> Vec<(ClientKey, String)> {
    let message = |event: &Event| match &event.kind {
        EventKind::MessagePosted { key, body, .. } => Some((*key, body.clone())),
        _ => None,
    };
    events.iter().filter_map(message).collect()
}
