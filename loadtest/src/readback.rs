//! Reads everything back from the server when a run is over: the whole log of every thread, and how
//! far everybody has read. The checker holds what was said and heard against it.

use crate::cast::{Api, Connection};
use crate::client::message;
use crate::record::{LogEntry, PersonIx, ThreadIx, UnreadClaim};
use crate::world::World;
use anyhow::{Result, bail};
use tidings_protocol::{
    Command, Event, EventKind, HistoryFrom, MemberId, Page, Person, Reply, Seq, ThreadFilter,
    ThreadId, ThreadItem,
};

/// Items of a page.
const PAGE: u32 = 100;

/// Reads it all.
pub(crate) async fn read_back(world: &World, owner: MemberId) -> Result<()> {
    let (threads, people) = {
        let recorder = world.recorder();
        let history = recorder.history();
        let threads: Vec<ThreadId> = history.threads.iter().map(|thread| thread.thread).collect();
        (threads, history.people.clone())
    };
    let logs = logs(&world.api, owner, threads).await?;
    for (index, log) in logs.iter().enumerate() {
        let mut recorder = world.recorder();
        let entries = log.iter().map(|event| LogEntry {
            seq: event.seq,
            actor: recorder.person_ix(event.actor),
            key: key(&event.kind),
            body: body(&event.kind),
            messages: event.messages,
            digest: message::digest(event),
        });
        let entries = entries.collect();
        recorder.log(ThreadIx(u32::try_from(index)?), entries);
    }
    let lists = world
        .api
        .for_each(people, async |api, person| {
            let may_see = {
                let recorder = world.recorder();
                recorder.person_ix(person).is_some_and(|ix| !recorder.has_ended(ix))
            };
            if may_see { threads_of(api, person).await } else { Ok(Vec::new()) }
        })
        .await?;
    let owner = world.recorder().person_ix(Person::Member(owner));
    for (index, items) in lists.iter().enumerate() {
        let person = PersonIx(u32::try_from(index)?);
        for item in items {
            // The owner sees threads of earlier runs too; everybody else was made for this one.
            let thread = item.summary.thread;
            let other = owner == Some(person) && world.recorder().visible(person, thread).is_none();
            if !other {
                stands(world, person, item);
            }
        }
    }
    Ok(())
}

/// How a thread stands for somebody at the end.
fn stands(world: &World, person: PersonIx, item: &ThreadItem) {
    let mut recorder = world.recorder();
    let summary = &item.summary;
    let Some(thread) = recorder.visible(person, summary.thread) else {
        return recorder.stray(person, summary.thread, None);
    };
    recorder.receipt_final(person, thread, item.read);
    let (head, messages) = (summary.head, summary.messages);
    let (read, unread) = (item.read, item.unread);
    recorder.unread_at_end(UnreadClaim { person, thread, head, messages, read, unread });
}

async fn logs(api: &Api, owner: MemberId, threads: Vec<ThreadId>) -> Result<Vec<Vec<Event>>> {
    api.for_each(threads, async |api, thread| {
        let mut log: Vec<Event> = Vec::new();
        loop {
            let from = HistoryFrom::After(log.last().map_or(Seq(0), |event| event.seq));
            let command = Command::History { thread, from, limit: Some(PAGE) };
            let Reply::History { events, more } =
                api.command(Person::Member(owner), command).await?
            else {
                bail!("history was answered with something else");
            };
            if events.is_empty() && more {
                bail!("an empty page of history that more should follow");
            }
            log.extend(events);
            if !more {
                return Ok(log);
            }
        }
    })
    .await
}

async fn threads_of(api: &mut Connection, person: Person) -> Result<Vec<ThreadItem>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = Page { cursor, limit: Some(PAGE) };
        let command = Command::ListThreads { filter: ThreadFilter::default(), page };
        let Reply::Threads { items, next } = api.command(person, command).await? else {
            bail!("list_threads was answered with something else");
        };
        all.extend(items);
        let Some(next) = next else { return Ok(all) };
        cursor = Some(next);
    }
}

fn key(kind: &EventKind) -> Option<tidings_protocol::ClientKey> {
    match kind {
        EventKind::MessagePosted { key, .. } => Some(*key),
        _ => None,
    }
}

fn body(kind: &EventKind) -> Option<u64> {
    match kind {
        EventKind::MessagePosted { body, .. } => Some(message::hash(body)),
        _ => None,
    }
}
