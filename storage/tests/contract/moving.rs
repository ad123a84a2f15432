//! Moving a store from one database to another: everything is as it was, or nothing is there.

use crate::mailer::{GATHERED, HOLDER, failed, later};
use crate::office::{Office, member};
use crate::world::{World, operation, post};
use std::collections::BTreeSet;
use tidings_protocol::{
    Command, ContactState, Event, MailPatch, MessageId, Revocation, Seq, ThreadFilter, ThreadId,
    Timestamp, TokenId, limits,
};
use tidings_storage::{Actor, DirectoryChange, Done, NoticeFilter, NoticesOf, Operation};

/// A store with something of everything, and more than fits a page.
struct Filled {
    office: Office,
    busy: ThreadId,
    tasks: ThreadId,
    token: TokenId,
    mail: NoticesOf,
}

impl Filled {
    fn new(w: &mut World) -> Self {
        let o = Office::new(w);
        let theirs = Office::new(w);
        w.starts(theirs.carol, theirs.acme, "somewhere else");
        let busy = w.starts(o.anna, o.acme, "busy \u{1f600} \u{e9}\u{df}");
        let long = "x".repeat(limits::MESSAGE_BODY_BYTES_MAX);
        let posts = (1..=600).map(|number| {
            let (who, body) = if number % 2 == 0 { (o.anna, "pong") } else { (o.carol, "ping") };
            operation(who, post(busy, crate::key(number), if number == 7 { &long } else { body }))
        });
        w.apply(posts.collect());
        let message = MessageId(4);
        w.does(o.anna, Command::EditMessage { thread: busy, message, body: "better".to_owned() });
        w.does(o.carol, Command::DeleteMessage { thread: busy, message: MessageId(5) });
        let (tasks, ids) = w.starts_with_tasks(o.owner, o.acme, &["sign", "send", "pay"]);
        w.does(o.carol, Command::TickTask { thread: tasks, task: ids[1] });
        w.does(o.owner, Command::MoveTask { thread: tasks, task: ids[2], before: Some(ids[0]) });
        w.does(o.owner, Command::Mention { thread: tasks, member: member(o.bob) });
        w.does(o.owner, Command::Archive { thread: tasks });
        w.does(o.anna, Command::ArchiveInboxItem { thread: busy, archived: true });
        w.sets_state(o.dave, ContactState::Invited);
        let token = TokenId(w.nobody());
        let revocation = Revocation::Token(token);
        let remember_until = w.now.plus_millis(60_000_000);
        w.change(o.firm, DirectoryChange::Revoke { revocation, remember_until }).unwrap();
        let key = DirectoryChange::CreateApiKey { label: "app".to_owned(), hash: [7; 32] };
        w.change(o.firm, key).unwrap();
        let mail = Self::fill_the_ledger(w, &o);
        Self { office: o, busy, tasks, token, mail }
    }

    /// Mails that were sent, dropped and given up, that wait, and one that is to be tried again.
    fn fill_the_ledger(w: &mut World, o: &Office) -> NoticesOf {
        w.sets_mail(o.firm, MailPatch { delay_s: Some(60), ..crate::letters::shown() });
        w.is_quiet(o.owner, 0, 24 * 60 - 1, "Europe/Amsterdam");
        w.wants_digests(o.owner, 60);
        let (muted, failing) = (w.starts(o.anna, o.acme, "muted"), w.starts(o.anna, o.acme, "no"));
        w.does(o.carol, Command::Mute { thread: muted, muted: true });
        w.writes(o.anna, Command::ShowContent { thread: failing, shown: Some(false) });
        w.passes(GATHERED);
        w.decides();
        let about = |thread| {
            move |mail: &NoticesOf| mail.notices.iter().all(|(_, about)| *about == Some(thread))
        };
        let mail = w.due().mails.into_iter().find(about(failing)).unwrap();
        w.claims(&mail, HOLDER);
        w.settles(&mail, HOLDER, failed());
        w.delivers();
        let trying = w.starts(o.owner, o.acme, "again");
        w.passes(GATHERED);
        w.decides();
        let mail = w.due().mails.into_iter().find(about(trying)).unwrap();
        let claimed = w.claims(&mail, HOLDER);
        let at = w.now;
        w.settles(&mail, HOLDER, later(claimed[0], at));
        w.posts(o.carol, muted, "not yet decided");
        let key = w.key();
        w.writes(o.anna, Command::Resend { thread: failing, key });
        mail
    }

    /// All that somebody sees, as text.
    fn seen_by(&self, w: &mut World, who: Actor) -> String {
        let mut seen = vec![format!("{:?}", w.read().welcome(who).unwrap())];
        seen.push(format!("{:?}", w.threads(who, &ThreadFilter::default())));
        for thread in [self.busy, self.tasks] {
            if w.act(who, Command::GetThread { thread }).is_ok() {
                seen.push(format!("{:?}", (w.view(who, thread), w.log(who, thread))));
            }
        }
        seen.push(format!("{:?}", w.act(who, Command::GetPreferences {})));
        seen.join("\n")
    }

    fn all(&self, w: &mut World) -> Vec<String> {
        let o = self.office;
        let who = [o.owner, o.admin, o.anna, o.bob, o.carol];
        let mut all: Vec<_> = who.into_iter().map(|who| self.seen_by(w, who)).collect();
        let (read, page) = (w.read(), tidings_protocol::Page::default());
        all.push(format!("{:?}", read.firm(o.firm)));
        all.push(format!("{:?}", read.members(o.firm, &page)));
        all.push(format!("{:?}", read.accounts(o.firm, &page)));
        all.push(format!("{:?}", read.contacts(o.firm, None, &page)));
        all.push(format!("{:?}", (read.api_keys(o.firm), read.firm_of_api_key(&[7; 32]))));
        all.push(format!("{:?}", (read.epochs(&[o.firm]), read.pulses(&[self.busy, self.tasks]))));
        all.push(format!("{:?}", read.signing_secret()));
        let mail: Vec<_> = self.mail.notices.iter().map(|(id, _)| *id).collect();
        all.push(format!("{:?}", read.letter(&mail).unwrap().unwrap()));
        all.push(format!("{:?}", read.due(Timestamp(i64::MAX), 100).unwrap()));
        let ledger = w.ledger(o.firm, None, NoticeFilter::default());
        let states: BTreeSet<_> =
            ledger.iter().map(|notice| format!("{:?}", notice.state)).collect();
        assert_eq!(states.len(), 4, "something of everything");
        all.push(format!("{ledger:?}"));
        all
    }
}

pub fn a_store_that_was_moved_is_as_it_was(w: &mut World) {
    let filled = Filled::new(w);
    let before = filled.all(w);
    let issued = w.now;
    let mut moved = w.moved();
    for (moved, before) in filled.all(&mut moved).iter().zip(&before) {
        assert!(moved == before, "{moved}\n{before}");
    }
    let carol = filled.office.carol;
    assert!(!moved.read().token_stands(carol, Some(filled.token), issued).unwrap());
    // What it was moved from is as it was, too.
    w.reopen();
    assert!(filled.all(w) == before);
}

pub fn a_store_that_was_moved_goes_on_where_it_was(w: &mut World) {
    let filled = Filled::new(w);
    let Filled { office: o, busy, .. } = filled;
    let head = w.view(o.anna, busy).item.summary.head;
    let mut moved = w.moved();
    // A message that was sent before the move, and again after it.
    let again = operation(o.anna, post(busy, crate::key(600), "pong"));
    let Ok(Done::Reply(reply)) = moved.one(again) else { panic!("it was sent before") };
    let tidings_protocol::Reply::Written { seq, .. } = reply else { panic!("{reply:?}") };
    assert!(seq < head);
    assert_eq!(moved.posts(o.carol, busy, "on we go"), head.next());
    let thread = moved.starts(o.carol, o.acme, "a new thread");
    assert_eq!(moved.log(o.anna, thread).len(), 2);
    assert_eq!(moved.log(o.anna, busy).len() as u64, head.0 + 1);
    let events: Vec<Event> = moved.log(o.anna, busy);
    assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == Seq(seq)));
    // A mail that was to be tried again is the same mail; what was not decided is decided there.
    moved.passes(GATHERED);
    let letters = moved.delivers();
    let first = filled.mail.notices[0].0;
    assert!(letters.iter().any(|letter| letter.mail == first), "{letters:?}");
    assert!(letters.iter().any(|letter| letter.to.person == o.anna.person), "{letters:?}");
    let firm = moved.one(Operation::CreateFirm { name: "New".to_owned() });
    assert!(firm.is_ok(), "{firm:?}");
}
