//! A notifier in made-up time, and the words in which the tests speak of mail.

use crate::office::member;
use crate::preferences::Choice;
use crate::world::World;
use tidings_protocol::{
    Channels, Command, FirmId, FirmPatch, InboxKind, KindChannels, MailPatch, Notice, NoticeId,
    NoticeReason, NoticeState, Page, Person, QuietHours, Seq, ThreadId, Timestamp,
};
use tidings_storage::letter::{Letter, Part};
use tidings_storage::{
    Actor, DirectoryChange, Done, DueWork, NoticeFilter, NoticesOf, Operation, Sending,
};
use uuid::Uuid;

/// Milliseconds of a minute.
pub const MINUTE: i64 = 60_000;
/// Of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// From an event to the email about it, as a firm begins.
pub const GATHERED: i64 = 2 * MINUTE;
/// For how long a notifier has what it took.
pub const LEASE: i64 = 5 * MINUTE;

/// One run of a notifier.
pub const HOLDER: Uuid = Uuid::from_u128(1);
/// Another one.
pub const OTHER: Uuid = Uuid::from_u128(2);

/// The `Message-ID` of a mail that nobody takes.
pub const REFUSED_ID: &str = "refused@firm.example";

/// What became of a notice.
pub type Fate = (NoticeState, Option<NoticeReason>);

/// Sent.
pub const SENT: Fate = (NoticeState::Sent, None);
/// Not yet.
pub const WAITING: Fate = (NoticeState::Waiting, None);

/// Dropped.
pub fn dropped(reason: NoticeReason) -> Fate {
    (NoticeState::Dropped, Some(reason))
}

/// That a mail server took it.
pub fn sent(mail: NoticeId) -> Sending {
    Sending::Sent { answer: "250 taken".to_owned(), message_id: message_id(mail) }
}

/// That it is to be tried again.
pub fn later(mail: NoticeId, at: Timestamp) -> Sending {
    Sending::Later { answer: "451 later".to_owned(), message_id: message_id(mail), at }
}

/// That nobody takes it.
pub fn failed() -> Sending {
    let (answer, message_id) = ("550 who is that?".to_owned(), REFUSED_ID.to_owned());
    Sending::Failed { answer, message_id, reason: NoticeReason::Refused }
}

/// The `Message-ID` of a mail.
pub fn message_id(mail: NoticeId) -> String {
    format!("{mail}@firm.example")
}

impl World {
    /// Time goes by.
    pub fn passes(&mut self, ms: i64) {
        self.now = self.now.plus_millis(ms);
    }

    /// What is due for a notifier.
    pub fn due(&mut self) -> DueWork {
        let now = self.now;
        self.read().due(now, 100).unwrap()
    }

    /// Looks at one thread.
    pub fn looks_at(&mut self, firm: FirmId, thread: ThreadId) {
        assert_eq!(self.one(Operation::Look { firm, thread }), Ok(Done::Nothing));
    }

    /// A notifier decides over all that is due.
    pub fn decides(&mut self) {
        for _ in 0..20 {
            let due = self.due();
            if due.look.is_empty() && due.remind.is_empty() {
                return;
            }
            for (firm, thread) in due.look {
                self.looks_at(firm, thread);
            }
            for (firm, thread) in due.remind {
                assert_eq!(self.one(Operation::Remind { firm, thread }), Ok(Done::Nothing));
            }
        }
        panic!("threads are due without end");
    }

    /// A notifier takes notices.
    pub fn claims(&mut self, notices: &NoticesOf, holder: Uuid) -> Vec<NoticeId> {
        let until = self.now.plus_millis(1_000 + LEASE);
        match self.one(Operation::ClaimNotices { notices: notices.clone(), holder, until }) {
            Ok(Done::Notices(claimed)) => claimed,
            other => panic!("{other:?}"),
        }
    }

    /// It says what became of them.
    pub fn settles(&mut self, notices: &NoticesOf, holder: Uuid, sending: Sending) {
        let notices = notices.clone();
        let settled = self.one(Operation::SettleNotices { notices, holder, sending });
        assert_eq!(settled, Ok(Done::Nothing));
    }

    /// The letter of notices, which is there.
    pub fn letter(&mut self, notices: &[NoticeId]) -> Letter {
        self.read().letter(notices).unwrap().expect("there is something to say")
    }

    /// A notifier does all that is due: what it has sent.
    pub fn delivers(&mut self) -> Vec<Letter> {
        self.decides();
        let mut letters = Vec::new();
        for mail in self.due().mails {
            let claimed = self.claims(&mail, HOLDER);
            if !claimed.is_empty() {
                let letter = self.letter(&claimed);
                let all: Vec<_> = letter.parts.iter().map(|part| part.notice).collect();
                assert_eq!(all, claimed, "all of them are in it");
                self.settles(&mail, HOLDER, sent(letter.mail));
                letters.push(letter);
            }
        }
        letters
    }

    /// What one gets of it.
    pub fn delivers_to(&mut self, who: Actor) -> Vec<Letter> {
        let letters = self.delivers().into_iter();
        letters.filter(|letter| letter.to.person == who.person).collect()
    }

    /// The one part of the one letter that one gets, once what happened was gathered.
    pub fn gets_one(&mut self, who: Actor) -> Part {
        self.passes(GATHERED);
        let mut letters = self.delivers_to(who);
        assert_eq!(letters.len(), 1, "{letters:?}");
        let mut parts = letters.remove(0).parts;
        assert_eq!(parts.len(), 1, "{parts:?}");
        parts.remove(0)
    }

    /// The one mail that is due, when all was decided.
    pub fn the_mail(&mut self) -> NoticesOf {
        self.decides();
        let mut mails = self.due().mails;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    /// The one mail that is due is not taken now, and tried again then.
    pub fn is_put_off(&mut self, until: Timestamp) {
        let mail = self.the_mail();
        let claimed = self.claims(&mail, HOLDER);
        self.settles(&mail, HOLDER, later(claimed[0], until));
    }

    /// A firm's ledger, read in small pages, oldest first.
    pub fn ledger(&mut self, firm: FirmId, by: Option<Actor>, filter: NoticeFilter) -> Vec<Notice> {
        let (mut all, mut page) = (Vec::new(), Page { cursor: None, limit: Some(3) });
        loop {
            let list = self.read().notices(firm, by, filter, &page).unwrap();
            all.extend(list.items);
            page.cursor = list.next;
            if page.cursor.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    /// What was decided for somebody in a thread, oldest first.
    pub fn told(&mut self, who: Actor, thread: ThreadId) -> Vec<Notice> {
        let filter = NoticeFilter { thread: Some(thread), person: Some(who.person) };
        self.ledger(who.firm, None, filter)
    }

    /// The same, in short.
    pub fn fates(&mut self, who: Actor, thread: ThreadId) -> Vec<Fate> {
        self.told(who, thread).iter().map(|notice| (notice.state, notice.reason)).collect()
    }

    /// The ranges of it.
    pub fn ranges(&mut self, who: Actor, thread: ThreadId) -> Vec<(u64, u64)> {
        self.told(who, thread).iter().map(|notice| (notice.from.0, notice.to.0)).collect()
    }

    /// Reads up to a position.
    pub fn reads(&mut self, who: Actor, thread: ThreadId, up_to: u64) {
        self.does(who, Command::Read { thread, up_to: Seq(up_to) });
    }

    /// A member's mail of one kind of inbox items goes as said, and there is none of the others.
    pub fn wants_only(&mut self, who: Actor, wanted: InboxKind, channels: Channels) {
        let line = |kind| {
            let none = Channels { inbox: false, email: false };
            KindChannels { kind, channels: if kind == wanted { channels } else { none } }
        };
        let kinds = InboxKind::ALL.map(line).into();
        self.does(who, Choice { kinds, ..Choice::default() }.command());
    }

    /// Somebody's quiet hours, in minutes of the day.
    pub fn is_quiet(&mut self, who: Actor, from_min: u16, to_min: u16, zone: &'static str) {
        let quiet = Some(QuietHours { from_min, to_min });
        let time_zone = Some(zone);
        self.does(who, Choice { time_zone, quiet, ..Choice::default() }.command());
    }

    /// A member's mails go together, each so many minutes.
    pub fn wants_digests(&mut self, who: Actor, minutes: u16) {
        self.does(who, Choice { digest_min: Some(minutes), ..Choice::default() }.command());
    }

    /// Settings of a firm's mail.
    pub fn sets_mail(&mut self, firm: FirmId, mail: MailPatch) {
        let patch = FirmPatch { mail, ..FirmPatch::default() };
        self.change(firm, DirectoryChange::PatchFirm(patch)).unwrap();
    }

    /// Follows a thread.
    pub fn follows(&mut self, who: Actor, thread: ThreadId, following: bool) {
        assert!(matches!(who.person, Person::Member(id) if id == member(who)));
        self.does(who, Command::Follow { thread, following });
    }
}
