//! What must hold of a ledger, whatever has happened: by the logs, by what was read when, and by what
//! everybody had chosen. It knows nothing of how the store decides.

use crate::office::Office;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tidings_protocol::{
    Event, EventKind, MemberId, Notice, NoticeId, NoticeKind, NoticeReason, NoticeState, Page,
    Person, Seq, ThreadId,
};
use tidings_storage::{Actor, NoticeFilter};

/// What people have chosen, as a run remembers it.
#[derive(Default)]
pub struct Known {
    pub muted: BTreeSet<(Person, ThreadId)>,
    pub following: BTreeSet<(Person, ThreadId)>,
    pub notify_off: BTreeSet<Person>,
    pub without_mail: BTreeSet<MemberId>,
}

impl Known {
    /// Who starts a thread follows it.
    pub fn started(&mut self, who: Actor, thread: ThreadId) {
        self.following.insert((who.person, thread));
    }

    /// Puts something into a set, or takes it out.
    pub fn set<T: Ord>(
        &mut self,
        of: impl FnOnce(&mut Self) -> &mut BTreeSet<T>,
        what: T,
        is_so: bool,
    ) {
        if is_so {
            of(self).insert(what)
        } else {
            of(self).remove(&what)
        };
    }
}

/// Looks on.
pub struct Checker {
    office: Office,
    contacts: Vec<Actor>,
    /// What members were to be told of by email.
    expected: Vec<(Person, ThreadId, Seq)>,
    /// Drops that were found true.
    dropped: BTreeSet<NoticeId>,
    /// The range of each notice when it was first taken.
    ranges: HashMap<NoticeId, (Seq, Seq)>,
}

/// A thread as it stands.
struct Thread {
    id: ThreadId,
    log: Vec<Event>,
    notices: Vec<Notice>,
}

impl Thread {
    fn read(w: &mut World, office: Office, id: ThreadId) -> Self {
        let log = w.read().events_after(id, Seq(0), 100_000).unwrap();
        let filter = NoticeFilter { thread: Some(id), person: None };
        let (mut notices, mut page) = (Vec::new(), Page { cursor: None, limit: Some(100) });
        loop {
            let list = w.read().notices(office.firm, None, filter, &page).unwrap();
            notices.extend(list.items);
            page.cursor = list.next;
            if page.cursor.is_none() {
                return Self { id, log, notices };
            }
        }
    }

    /// Events that a notice tells somebody of, as far as they still stand.
    fn news<'a>(&'a self, notice: &'a Notice) -> impl Iterator<Item = &'a Event> {
        self.log.iter().filter(|event| {
            notice.from <= event.seq
                && event.seq <= notice.to
                && concerns(event, notice.person)
                && !is_deleted(event)
        })
    }
}

fn is_deleted(event: &Event) -> bool {
    matches!(event.kind, EventKind::MessagePosted { deleted: true, .. })
}

/// Whether somebody may have to be told of an event.
fn concerns(event: &Event, person: Person) -> bool {
    use EventKind as E;
    let by_kind = match person {
        Person::Contact(_) => matches!(event.kind, E::MessagePosted { .. } | E::TaskAdded { .. }),
        Person::Member(_) => matches!(
            event.kind,
            E::MessagePosted { .. }
                | E::TaskTicked { .. }
                | E::TaskUnticked { .. }
                | E::MemberMentioned { .. }
        ),
    };
    by_kind && event.actor != person
}

/// A mail to a member may also tell that one to a contact has failed, whatever is read.
fn may_be_of_a_failure(thread: &Thread, notice: &Notice) -> bool {
    let failed = |notice: &Notice| notice.state == NoticeState::Failed;
    matches!(notice.person, Person::Member(_)) && thread.notices.iter().any(failed)
}

fn receipt(w: &mut World, thread: ThreadId, person: Person) -> Seq {
    let receipts = w.read().receipts(thread).unwrap();
    let own = receipts.iter().find(|receipt| receipt.person == person);
    own.map_or(Seq(0), |receipt| receipt.seq)
}

impl Checker {
    pub fn new(office: Office, contacts: Vec<Actor>) -> Self {
        Self {
            office,
            contacts,
            expected: Vec::new(),
            dropped: BTreeSet::new(),
            ranges: HashMap::new(),
        }
    }

    /// A member is to be told of an event by email.
    pub fn expects(&mut self, whom: Person, thread: ThreadId, event: Seq) {
        self.expected.push((whom, thread, event));
    }

    /// What was taken just now tells of something that was not read; and it is what it was before.
    pub fn checks_claim(&mut self, w: &mut World, claimed: &[NoticeId], threads: &[ThreadId]) {
        for id in threads {
            let thread = Thread::read(w, self.office, *id);
            for notice in thread.notices.iter().filter(|notice| claimed.contains(&notice.notice)) {
                let range = (notice.from, notice.to);
                let first = *self.ranges.entry(notice.notice).or_insert(range);
                assert_eq!(first, range, "it has changed: {notice:?}");
                if notice.kind != NoticeKind::Activity || notice.from > notice.to {
                    continue;
                }
                let read = receipt(w, *id, notice.person);
                let unread = thread.news(notice).any(|event| event.seq > read);
                assert!(unread || may_be_of_a_failure(&thread, notice), "vain: {notice:?}");
            }
        }
    }

    /// What was dropped since it was asked last was dropped for a true reason.
    pub fn checks_drops(&mut self, w: &mut World, known: &Known, threads: &[ThreadId]) {
        for id in threads {
            let thread = Thread::read(w, self.office, *id);
            for notice in &thread.notices {
                if notice.state == NoticeState::Dropped && self.dropped.insert(notice.notice) {
                    assert!(self.is_true(w, known, &thread, notice), "not so: {notice:?}");
                }
            }
        }
    }

    fn is_true(&self, w: &mut World, known: &Known, thread: &Thread, notice: &Notice) -> bool {
        let (person, id) = (notice.person, thread.id);
        let actor = Actor { firm: self.office.firm, person };
        match notice.reason.expect("a drop has a reason") {
            NoticeReason::Read => {
                let read = receipt(w, id, person);
                thread.news(notice).all(|event| event.seq <= read) || read >= notice.to
            }
            NoticeReason::Deleted => {
                let read = receipt(w, id, person);
                let raised = self.expected.iter().any(|(whom, of, seq)| {
                    (*whom, *of) == (person, id)
                        && notice.from <= *seq
                        && *seq <= notice.to
                        && *seq > read
                        && thread.news(notice).any(|event| event.seq == *seq)
                });
                let is_contact = matches!(person, Person::Contact(_));
                let left = thread.news(notice).any(|event| event.seq > read);
                !(raised || is_contact && left)
            }
            NoticeReason::Muted => {
                let is_member = matches!(person, Person::Member(_));
                known.muted.contains(&(person, id))
                    || (is_member && !known.following.contains(&(person, id)))
            }
            NoticeReason::Archived => w.read().summaries(&[id]).unwrap()[0].archived,
            NoticeReason::NoAccess => {
                let access = w.read().access(actor).unwrap();
                !access.is_some_and(|access| access.sees_thread(self.office.acme, id))
            }
            NoticeReason::NotifyOff => known.notify_off.contains(&person),
            NoticeReason::NotWanted => {
                matches!(person, Person::Member(id) if known.without_mail.contains(&id))
            }
            NoticeReason::Settled => {
                notice.kind == NoticeKind::Reminder
                    || thread.notices.iter().any(|later| {
                        let resent = later.kind == NoticeKind::Resent && later.to > notice.to;
                        resent && later.person == person
                    })
            }
            NoticeReason::Refused | NoticeReason::GaveUp | NoticeReason::BadAddress => false,
        }
    }

    /// Nothing waits, nobody was told twice, and of everything it was decided.
    pub fn checks_the_end(
        &self,
        w: &mut World,
        threads: &[ThreadId],
        taken: &BTreeMap<NoticeId, NoticeId>,
    ) {
        for id in threads {
            let thread = Thread::read(w, self.office, *id);
            for notice in &thread.notices {
                assert_ne!(notice.state, NoticeState::Waiting, "{notice:?}");
                let sent = notice.state == NoticeState::Sent;
                assert!(!sent || taken.contains_key(&notice.notice), "never sent: {notice:?}");
            }
            decided_once(&thread);
            self.all_decided(&thread);
        }
        assert!(!taken.is_empty() && !self.dropped.is_empty(), "there was something to see");
    }

    fn all_decided(&self, thread: &Thread) {
        let is_decided = |person: Person, seq: Seq| {
            thread.notices.iter().any(|notice| {
                let here = notice.from <= seq && seq <= notice.to;
                let tells = matches!(notice.kind, NoticeKind::Activity | NoticeKind::Resent);
                tells && notice.person == person && here
            })
        };
        for event in &thread.log {
            for contact in &self.contacts {
                let concerned = concerns(event, contact.person);
                let decided = is_decided(contact.person, event.seq);
                assert!(!concerned || decided, "{} not told of {event:?}", contact.person);
            }
        }
        for (person, of, seq) in &self.expected {
            let here = *of == thread.id;
            assert!(!here || is_decided(*person, *seq), "{person} not told of {seq:?} in {of}");
        }
    }
}

/// No two notices of one person tell of the same event.
fn decided_once(thread: &Thread) {
    let mut until: HashMap<Person, &Notice> = HashMap::new();
    let mut activity: Vec<_> =
        thread.notices.iter().filter(|notice| notice.kind == NoticeKind::Activity).collect();
    activity.retain(|notice| notice.from <= notice.to);
    activity.sort_by_key(|notice| (notice.from, notice.to));
    for notice in activity {
        if let Some(before) = until.insert(notice.person, notice) {
            assert!(before.to < notice.from, "told twice: {before:?}\n{notice:?}");
        }
    }
}
