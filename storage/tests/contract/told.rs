//! Whatever happens, in whatever order, and wherever notifiers die: nobody is told twice of the same,
//! nobody is told in vain, and of everything that concerns somebody it is decided whether to tell.

use crate::backend::Numbers;
use crate::mailer::{HOUR, LEASE, MINUTE, failed, later, sent};
use crate::office::{Office, contact, member};
use crate::preferences::Choice;
use crate::told_checker::{Checker, Known};
use crate::world::{World, operation};
use std::collections::BTreeMap;
use tidings_protocol::{
    Channels, Command, ContactPatch, ContactState, EventKind, InboxKind, KindChannels, MessageId,
    NoticeId, Person, QuietHours, Reminder, ThreadId, Timestamp,
};
use tidings_storage::{Actor, DirectoryChange, NoticesOf};
use uuid::Uuid;

/// A notifier, and the mails that it has in hand.
struct Notifier {
    holder: Uuid,
    hand: Vec<InHand>,
}

struct InHand {
    notices: NoticesOf,
    mail: NoticeId,
    until: Timestamp,
}

/// A firm in which everything happens by chance.
struct Run<'w> {
    w: &'w mut World,
    o: Office,
    erin: Actor,
    chance: Numbers,
    threads: Vec<ThreadId>,
    known: Known,
    checker: Checker,
    notifiers: Vec<Notifier>,
    /// What a mail server has taken: of each notice, the mail in which it was.
    taken: BTreeMap<NoticeId, NoticeId>,
}

impl<'w> Run<'w> {
    fn new(w: &'w mut World, seed: u64) -> Self {
        let o = Office::new(w);
        let erin = w.contact(o.firm, o.acme, "Erin");
        let notifiers =
            [1, 2].map(|number| Notifier { holder: Uuid::from_u128(number), hand: Vec::new() });
        let mut run = Self {
            w,
            o,
            erin,
            chance: Numbers(seed),
            threads: Vec::new(),
            known: Known::default(),
            checker: Checker::new(o, vec![o.carol, erin]),
            notifiers: notifiers.into(),
            taken: BTreeMap::new(),
        };
        for creator in [o.anna, o.admin, o.carol] {
            let thread = run.w.starts(creator, o.acme, "hello");
            run.known.started(creator, thread);
            run.learn();
            run.threads.push(thread);
        }
        run
    }

    /// Takes in whom the last commit has told of something in their inbox, and so by email.
    fn learn(&mut self) {
        let Some(commit) = self.w.last.clone() else { return };
        let happened = commit.thread.is_some_and(|thread| !thread.events.is_empty());
        for (whom, item) in commit.inbox {
            let by_mail = !self.known.without_mail.contains(&whom);
            if happened && by_mail && !item.archived {
                self.checker.expects(Person::Member(whom), item.thread, item.seq);
            }
        }
    }

    /// Somebody tries something; it may be refused.
    fn tries(&mut self, who: Actor, command: Command) -> bool {
        let applied = self.w.apply(vec![operation(who, command)]).remove(0);
        self.learn();
        applied.outcome.is_ok()
    }

    fn step(&mut self) {
        match self.chance.below(10) {
            0..=3 => self.something_happens(),
            4 => self.somebody_changes_its_mind(),
            5 => self.the_office_changes_something(),
            6 => self.time_passes(),
            _ => self.a_notifier_does_something(),
        }
    }

    fn something_happens(&mut self) {
        let o = self.o;
        let thread = self.chance.pick(&self.threads);
        let who = self.chance.pick(&[o.anna, o.admin, o.owner, o.carol, self.erin, o.bob]);
        let key = self.w.key();
        let up_to = tidings_protocol::Seq(2 + self.chance.next() % 40);
        let command = match self.chance.below(12) {
            0..=3 => crate::world::post(thread, key, "hello"),
            4 => crate::world::post(thread, key, "hello, @Bob"),
            5..=6 => Command::Read { thread, up_to },
            7 => Command::AddTask { thread, key, text: "a".to_owned(), before: None },
            8 => Command::Resend { thread, key },
            9 => return self.takes_back(thread),
            _ => return self.ticks(who, thread),
        };
        let calls = matches!(&command, Command::PostMessage { body, .. } if body.contains('@'));
        if self.tries(who, command) && calls && who != o.bob {
            let by_team = matches!(who.person, Person::Member(_));
            let head = self.w.read().events_after(thread, tidings_protocol::Seq(0), 100_000);
            let called = head.unwrap().iter().any(|event| {
                matches!(event.kind, EventKind::MemberMentioned { member: called, .. }
                    if called == member(o.bob))
            });
            if by_team || called {
                self.known.following.insert((o.bob.person, thread));
            }
        }
    }

    /// One of the last messages.
    fn takes_back(&mut self, thread: ThreadId) {
        let log = self.w.read().events_after(thread, tidings_protocol::Seq(0), 100_000).unwrap();
        let messages: Vec<_> = log.iter().rev().filter(|event| event.kind.is_message()).collect();
        let message = messages[self.chance.below(messages.len().min(4))];
        let who = Actor { firm: self.o.firm, person: message.actor };
        let message = MessageId(message.seq.0);
        self.tries(who, Command::DeleteMessage { thread, message });
    }

    fn ticks(&mut self, who: Actor, thread: ThreadId) {
        let tasks = self.w.view(self.o.owner, thread).tasks;
        if !tasks.is_empty() {
            let task = &tasks[self.chance.below(tasks.len())];
            let (task, done) = (task.task, task.done.is_some());
            let tick = Command::TickTask { thread, task };
            self.tries(who, if done { Command::UntickTask { thread, task } } else { tick });
        }
    }

    fn somebody_changes_its_mind(&mut self) {
        let o = self.o;
        let thread = self.chance.pick(&self.threads);
        let who = self.chance.pick(&[o.anna, o.admin, o.carol, self.erin]);
        let yes = self.chance.below(2) == 0;
        match self.chance.below(5) {
            0 => {
                if self.tries(who, Command::Mute { thread, muted: yes }) {
                    self.known.set(|known| &mut known.muted, (who.person, thread), yes);
                }
            }
            1 => {
                if self.tries(who, Command::Follow { thread, following: yes }) {
                    self.known.set(|known| &mut known.following, (who.person, thread), yes);
                }
            }
            2 => {
                let hours = if yes { (0, 0) } else { (20 * 60, 7 * 60) };
                let quiet = Some(QuietHours { from_min: hours.0, to_min: hours.1 });
                self.tries(who, Choice { quiet, ..Choice::default() }.command());
            }
            3 => {
                let digest_min = Some(if yes { 0 } else { 30 });
                self.tries(o.anna, Choice { digest_min, ..Choice::default() }.command());
            }
            _ => {
                let channels = Channels { inbox: true, email: yes };
                let kinds = InboxKind::ALL.map(|kind| KindChannels { kind, channels }).into();
                if self.tries(o.admin, Choice { kinds, ..Choice::default() }.command()) {
                    let admin = member(o.admin);
                    self.known.set(|known| &mut known.without_mail, admin, !yes);
                }
            }
        }
    }

    fn the_office_changes_something(&mut self) {
        let o = self.o;
        let thread = self.chance.pick(&self.threads);
        let yes = self.chance.below(3) != 0;
        match self.chance.below(5) {
            0 => {
                let reopen = Command::Reopen { thread };
                let archive = Command::Archive { thread };
                let seldom = !yes && self.chance.below(2) == 0;
                self.tries(o.owner, if seldom { archive } else { reopen });
            }
            1 => {
                let assign = DirectoryChange::Assign(o.acme, member(o.anna));
                let unassign = DirectoryChange::Unassign(o.acme, member(o.anna));
                self.w.change(o.firm, if yes { assign } else { unassign }).unwrap();
            }
            2 => {
                let state = if yes { ContactState::Active } else { ContactState::Invited };
                self.w.sets_state(self.erin, state);
            }
            3 => {
                let patch = ContactPatch { notify: Some(yes), ..ContactPatch::default() };
                let change = DirectoryChange::PatchContact(contact(o.carol), patch);
                self.w.change(o.firm, change).unwrap();
                self.known.set(|known| &mut known.notify_off, o.carol.person, !yes);
            }
            _ => {
                let reminder = Reminder { on: yes, days: 1, count: 3 };
                self.tries(o.owner, Command::SetReminder { thread, reminder });
            }
        }
    }

    fn time_passes(&mut self) {
        let jump = self.chance.pick(&[MINUTE, 2 * MINUTE, LEASE, 30 * MINUTE, 9 * HOUR]);
        self.w.passes(jump);
    }

    fn a_notifier_does_something(&mut self) {
        let which = self.chance.below(2);
        match self.chance.below(8) {
            0 | 1 => self.decides_one(),
            2 | 3 => self.claims_one(which),
            4 | 5 => self.delivers_one(which),
            6 => {
                // It dies: what it had in hand is lost, whether it was sent or not.
                self.notifiers[which].hand.clear();
                self.notifiers[which].holder = Uuid::from_u128(self.chance.next().into());
            }
            _ => self.sends_and_dies(which),
        }
    }

    fn decides_one(&mut self) {
        let due = self.w.due();
        if let Some((firm, thread)) = due.look.first().copied() {
            self.w.looks_at(firm, thread);
        }
        if let Some((firm, thread)) = due.remind.first().copied() {
            self.w.one(tidings_storage::Operation::Remind { firm, thread }).unwrap();
        }
        self.checker.checks_drops(self.w, &self.known, &self.threads);
    }

    fn claims_one(&mut self, which: usize) {
        let mails = self.w.due().mails;
        if mails.is_empty() {
            return;
        }
        let wanted = &mails[self.chance.below(mails.len())];
        let claimed = self.w.claims(wanted, self.notifiers[which].holder);
        let until = self.w.now.plus_millis(LEASE);
        self.checker.checks_drops(self.w, &self.known, &self.threads);
        if claimed.is_empty() {
            return;
        }
        self.checker.checks_claim(self.w, &claimed, &self.threads);
        let mut notices = wanted.clone();
        notices.notices.retain(|(id, _)| claimed.contains(id));
        let mail = self.w.letter(&claimed).mail;
        self.notifiers[which].hand.push(InHand { notices, mail, until });
    }

    /// Hands over the oldest that it has, if there is time, to a server that may or may not take it.
    fn delivers_one(&mut self, which: usize) {
        if self.notifiers[which].hand.is_empty() {
            return;
        }
        let InHand { notices, mail, until } = self.notifiers[which].hand.remove(0);
        if self.w.now >= until {
            return;
        }
        let holder = self.notifiers[which].holder;
        let sending = match self.chance.below(6) {
            0 => later(mail, self.w.now.plus_millis(7 * MINUTE)),
            1 => failed(),
            _ => {
                self.takes(&notices, mail);
                sent(mail)
            }
        };
        if self.chance.below(4) == 0 {
            self.w.passes(LEASE);
        }
        self.w.settles(&notices, holder, sending);
    }

    /// Between the server's answer and ours.
    fn sends_and_dies(&mut self, which: usize) {
        let hand = std::mem::take(&mut self.notifiers[which].hand);
        for InHand { notices, mail, until } in hand {
            if self.w.now < until {
                self.takes(&notices, mail);
            }
        }
    }

    fn takes(&mut self, notices: &NoticesOf, mail: NoticeId) {
        for (notice, _) in &notices.notices {
            let before = self.taken.insert(*notice, mail);
            assert!(before.is_none_or(|before| before == mail), "in two mails: {notice}");
        }
    }

    /// All that is left to do is done.
    fn ends(mut self) {
        for thread in self.threads.clone() {
            let reminder = Reminder::default();
            self.tries(self.o.owner, Command::SetReminder { thread, reminder });
        }
        for _ in 0..60 {
            self.w.passes(30 * MINUTE);
            self.w.decides();
            self.checker.checks_drops(self.w, &self.known, &self.threads);
            for _ in 0..self.w.due().mails.len() {
                self.claims_one(0);
                let Some(InHand { notices, mail, .. }) = self.notifiers[0].hand.pop() else {
                    continue;
                };
                self.takes(&notices, mail);
                let holder = self.notifiers[0].holder;
                self.w.settles(&notices, holder, sent(mail));
            }
        }
        self.checker.checks_the_end(self.w, &self.threads, &self.taken);
    }
}

pub fn nobody_is_told_twice_or_in_vain_and_nothing_is_forgotten(w: &mut World) {
    for seed in 1..=3 {
        let mut run = Run::new(w, seed);
        for _ in 0..300 {
            run.step();
        }
        run.ends();
    }
}
