//! What lists, badges and tasks say is what the log says, after whatever happened.

use crate::backend::Numbers;
use crate::office::{Office, member};
use crate::world::{World, create, post};
use tidings_protocol::{
    AccountId, Badges, Command, Done, Event, EventKind, MessageId, Seq, Task, TaskId, ThreadFilter,
    ThreadId,
};
use tidings_storage::Actor;

const SEEDS: u64 = 12;
const STEPS: usize = 120;

pub fn what_is_shown_is_what_the_log_says(w: &mut World) {
    for seed in 0..SEEDS {
        let o = Office::new(w);
        let mut chance = Numbers(seed);
        let mut threads = vec![(o.acme, w.starts(o.anna, o.acme, "first"))];
        for step in 1..=STEPS {
            happens(w, &o, &mut chance, &mut threads);
            if step % 40 == 0 {
                for who in o.people() {
                    holds(w, who, &threads, &format!("seed {seed}, step {step}, {}", who.person));
                }
            }
        }
    }
}

/// Something, by somebody; a refusal is fine.
fn happens(
    w: &mut World,
    o: &Office,
    chance: &mut Numbers,
    threads: &mut Vec<(AccountId, ThreadId)>,
) {
    let who = chance.pick(&o.people());
    let (_, thread) = chance.pick(threads);
    let seq = chance.next() % 30;
    let (task, message) = (TaskId(seq), MessageId(seq));
    let before = (chance.below(2) == 0).then(|| TaskId(chance.next() % 30));
    let text = format!("text {}", chance.next() % 1_000);
    let key = w.key();
    let command = match chance.below(22) {
        0 => {
            let account = chance.pick(&[o.acme, o.beta]);
            if let Ok(reply) = w.act(who, create(account, key, &text, &[])) {
                let tidings_protocol::Reply::ThreadCreated { thread, .. } = reply else { panic!() };
                threads.push((account, thread));
            }
            return;
        }
        1..=6 => post(thread, key, &text),
        7 | 8 => Command::EditMessage { thread, message, body: text },
        9 => Command::DeleteMessage { thread, message },
        10..=12 => Command::Read { thread, up_to: Seq(seq) },
        13 | 14 => Command::AddTask { thread, key, text, before },
        15 => Command::MoveTask { thread, task, before },
        16 => Command::RewordTask { thread, task, text },
        17 => Command::TickTask { thread, task },
        18 => Command::UntickTask { thread, task },
        19 => Command::RemoveTask { thread, task },
        20 => Command::Mention { thread, member: member(o.bob) },
        _ => {
            let archived = w.view(o.owner, thread).item.summary.archived;
            if archived { Command::Reopen { thread } } else { Command::Archive { thread } }
        }
    };
    let _ = w.act(who, command);
}

/// Everything that is derived, compared with the log.
fn holds(w: &mut World, who: Actor, all: &[(AccountId, ThreadId)], hint: &str) {
    let mut expected = Badges { inbox: w.badges(who).inbox, ..Badges::default() };
    let items = w.threads(who, &ThreadFilter::default());
    let access = w.read().access(who).unwrap().unwrap();
    let visible = all.iter().filter(|(account, id)| access.sees_thread(*account, *id)).count();
    assert_eq!(items.len(), visible, "{hint}");
    assert!(items.is_sorted_by_key(|item| std::cmp::Reverse(item.summary.last_ms)), "{hint}");
    let contact = matches!(who.person, tidings_protocol::Person::Contact(_));
    for item in items {
        let log = w.log(who, item.summary.thread);
        let view = w.view(who, item.summary.thread);
        assert_eq!(view.item, item, "{hint}");
        let receipt = view.receipts.iter().find(|receipt| receipt.person == who.person);
        assert_eq!(receipt.map_or(Seq(0), |receipt| receipt.seq), item.read, "{hint}");
        let unread =
            log.iter().filter(|event| event.kind.is_message() && event.seq > item.read).count();
        assert_eq!(item.unread, unread as u64, "{hint}");
        summary_holds(&item.summary, &log, hint);
        let tasks = tasks(&log);
        assert_eq!(view.tasks, tasks, "{hint}");
        let open = tasks.iter().filter(|task| task.done.is_none()).count();
        assert_eq!(item.summary.tasks_open as usize, open, "{hint}");
        assert_eq!(item.summary.tasks_total as usize, tasks.len(), "{hint}");
        expected.unread_threads += u64::from(unread > 0);
        expected.unread_messages += unread as u64;
        let waits = contact && !item.summary.archived && (unread > 0 || open > 0);
        expected.waiting += u64::from(waits);
    }
    assert_eq!(w.badges(who), expected, "{hint}");
    let welcome = w.read().welcome(who).unwrap().unwrap();
    assert_eq!(welcome.badges, expected, "{hint}");
    if contact {
        assert_eq!(welcome.waiting, w.waiting(who), "{hint}");
        assert_eq!(w.waiting(who).len() as u64, expected.waiting, "{hint}");
    } else {
        assert_eq!(w.inbox(who).len() as u64, expected.inbox, "{hint}");
    }
}

fn summary_holds(summary: &tidings_protocol::ThreadSummary, log: &[Event], hint: &str) {
    let mut count = 0;
    for (event, seq) in log.iter().zip(1..) {
        count += u64::from(event.kind.is_message());
        assert_eq!((event.seq, event.messages), (Seq(seq), count), "{hint}");
    }
    let last = log.iter().rfind(|event| event.kind.is_message()).unwrap();
    let EventKind::MessagePosted { body, .. } = &last.kind else { panic!() };
    assert_eq!((summary.head.0, summary.messages), (log.len() as u64, count), "{hint}");
    assert_eq!((summary.last_ms, summary.last_author), (last.at_ms, last.actor), "{hint}");
    assert_eq!(&summary.excerpt, body, "{hint}");
    let archived = log
        .iter()
        .rfind(|event| matches!(event.kind, EventKind::Archived {} | EventKind::Reopened {}))
        .is_some_and(|event| event.kind == EventKind::Archived {});
    assert_eq!(summary.archived, archived, "{hint}");
}

/// The tasks by the log alone.
fn tasks(log: &[Event]) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let at = |tasks: &[Task], id: TaskId| tasks.iter().position(|task| task.task == id).unwrap();
    for event in log {
        match &event.kind {
            EventKind::TaskAdded { text, before } => {
                let place = before.map_or(tasks.len(), |before| at(&tasks, before));
                let task = TaskId(event.seq.0);
                tasks.insert(place, Task { task, text: text.clone(), done: None });
            }
            EventKind::TaskReworded { task, text } => {
                let place = at(&tasks, *task);
                tasks[place].text.clone_from(text);
            }
            EventKind::TaskMoved { task, before } => {
                let moved = tasks.remove(at(&tasks, *task));
                let place = before.map_or(tasks.len(), |before| at(&tasks, before));
                tasks.insert(place, moved);
            }
            EventKind::TaskTicked { task } => {
                let place = at(&tasks, *task);
                tasks[place].done = Some(Done { by: event.actor, at_ms: event.at_ms });
            }
            EventKind::TaskUnticked { task } => {
                let place = at(&tasks, *task);
                tasks[place].done = None;
            }
            EventKind::TaskRemoved { task } => {
                tasks.remove(at(&tasks, *task));
            }
            _ => {}
        }
    }
    tasks
}
