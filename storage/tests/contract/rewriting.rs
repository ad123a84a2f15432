//! Editing one's message and taking it back.

use crate::office::Office;
use crate::world::World;
use tidings_protocol::{Command, EventKind, MessageId, Refusal, RefusalCode, Reply, Seq, ThreadId};
use tidings_storage::Actor;

const MESSAGE: MessageId = MessageId(2);

fn edit(w: &mut World, who: Actor, thread: ThreadId, body: &str) -> Result<Reply, Refusal> {
    w.act(who, Command::EditMessage { thread, message: MESSAGE, body: body.to_owned() })
}

fn body(w: &mut World, who: Actor, thread: ThreadId) -> (String, bool, bool) {
    match w.log(who, thread).swap_remove(1).kind {
        EventKind::MessagePosted { body, edited_ms, deleted, .. } => {
            (body, edited_ms.is_some(), deleted)
        }
        other => panic!("{other:?}"),
    }
}

pub fn an_edit_replaces_the_body_and_stands_in_the_log(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "helo");
    edit(w, o.anna, thread, "hello").unwrap();
    assert_eq!(body(w, o.carol, thread), ("hello".to_owned(), true, false));
    let log = w.log(o.carol, thread);
    let expected = EventKind::MessageEdited { message: MESSAGE, body: "hello".to_owned() };
    assert_eq!((log[2].seq, &log[2].kind), (Seq(3), &expected));
    let summary = w.view(o.carol, thread).item.summary;
    assert_eq!((summary.excerpt.as_str(), summary.messages), ("hello", 1));
}

pub fn one_rewrites_only_ones_own_messages(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    for who in [o.carol, o.owner] {
        assert_eq!(edit(w, who, thread, "no").unwrap_err().code, RefusalCode::NotAllowed);
        let delete = Command::DeleteMessage { thread, message: MESSAGE };
        assert_eq!(w.refused(who, delete), RefusalCode::NotAllowed);
    }
    for message in [MessageId(1), MessageId(9), MessageId(u64::MAX)] {
        let command = Command::EditMessage { thread, message, body: "no".to_owned() };
        assert_eq!(w.refused(o.anna, command), RefusalCode::NotFound);
        let delete = Command::DeleteMessage { thread, message };
        assert_eq!(w.refused(o.anna, delete), RefusalCode::NotFound);
    }
    assert_eq!(w.log(o.anna, thread).len(), 2);
}

pub fn a_deleted_message_leaves_its_place_and_no_words(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "subject");
    let message = MessageId(w.posts(o.anna, thread, "the first secret").0);
    let body = "the second secret".to_owned();
    w.does(o.anna, Command::EditMessage { thread, message, body });
    w.does(o.anna, Command::DeleteMessage { thread, message });
    let told = format!("{:?}", w.last);
    let summary = w.view(o.carol, thread).item.summary;
    assert_eq!((summary.excerpt.as_str(), summary.messages), ("", 2));
    let log = w.log(o.carol, thread);
    let EventKind::MessagePosted { deleted, body, .. } = &log[2].kind else { panic!() };
    assert!(*deleted && body.is_empty());
    assert_eq!(log[4].kind, EventKind::MessageDeleted { message });
    for text in [told, format!("{log:?}"), format!("{:?}", w.read().welcome(o.carol))] {
        assert!(!text.contains("secret"), "{text}");
    }
    assert_eq!(w.view(o.carol, thread).item.unread, 2, "it still counts");
}

pub fn a_deleted_message_is_in_no_backup(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "subject");
    let bodies = ["a hush", "another hush", &"a long hush ".repeat(4_000)];
    for body in bodies {
        let message = MessageId(w.posts(o.anna, thread, body).0);
        w.does(o.anna, Command::DeleteMessage { thread, message });
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    w.backup(&copy);
    let bytes = std::fs::read(&copy).unwrap();
    assert!(!bytes.windows(4).any(|window| window == b"hush"));
}

pub fn a_deleted_message_stays_deleted(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let delete = Command::DeleteMessage { thread, message: MESSAGE };
    w.does(o.anna, delete.clone());
    let log = w.log(o.anna, thread);
    w.does(o.anna, delete);
    assert!(edit(w, o.anna, thread, "back again").is_err());
    assert_eq!(w.log(o.anna, thread), log);
}

pub fn only_the_last_messages_edit_changes_the_excerpt(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    edit(w, o.anna, thread, "changed").unwrap();
    assert_eq!(w.view(o.anna, thread).item.summary.excerpt, "two");
}

pub fn rewriting_neither_moves_the_thread_nor_raises_an_inbox_item(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.carol, o.acme, "one");
    let (inbox, before) = (w.inbox(o.owner), w.view(o.owner, thread).item);
    edit(w, o.carol, thread, "two").unwrap();
    w.does(o.carol, Command::DeleteMessage { thread, message: MESSAGE });
    assert_eq!(w.inbox(o.owner), inbox);
    let after = w.view(o.owner, thread).item;
    assert_eq!(after.summary.last_ms, before.summary.last_ms);
    assert_eq!(after.unread, before.unread);
}
