//! Why somebody did or didn't get an email: the ledger, as the team reads it over HTTP. None of it
//! travels on a socket.

use crate::ids::{NoticeId, Person, Seq, ThreadId, Timestamp};
use crate::thread::shapes;
use serde::{Deserialize, Serialize};

shapes! {
    /// One decision over an email to a person.
    pub struct Notice {
        /// Which.
        pub notice: NoticeId,
        /// About which thread; none for a login link that was asked for outside of one.
        pub thread: Option<ThreadId>,
        /// To whom.
        pub person: Person,
        /// What it tells of.
        pub kind: NoticeKind,
        /// What became of it.
        pub state: NoticeState,
        /// Why it was not sent; none while it waits and once it is sent.
        pub reason: Option<NoticeReason>,
        /// The first event that it tells of.
        pub from: Seq,
        /// The last one.
        pub to: Seq,
        /// When it was decided to tell.
        pub created_ms: Timestamp,
        /// When it is or was to be sent.
        pub due_ms: Timestamp,
        /// When it was sent, dropped or given up.
        pub settled_ms: Option<Timestamp>,
        /// How often it was handed to a mail server, or was about to be.
        pub attempts: u32,
        /// The `Message-ID` of its mail, without the angle brackets; several notices of a digest
        /// share one.
        pub message_id: Option<String>,
        /// What the mail server said last.
        pub answer: Option<String>,
    }

    /// What an email tells of.
    #[derive(Copy, Hash)]
    pub enum NoticeKind {
        /// What happened in a thread.
        Activity,
        /// The client has not reacted.
        Reminder,
        /// The team had it sent once more.
        Resent,
        /// An email of the thread could not be delivered.
        DeliveryFailed,
        /// A link to log in by, as asked for.
        Login,
        /// An answer by email was not posted, or not wholly.
        AnswerRefused,
    }

    /// What became of a notice.
    #[derive(Copy, Hash)]
    pub enum NoticeState {
        /// It will be sent when it is due, or again after a failure that may pass.
        Waiting,
        /// A mail server has taken it.
        Sent,
        /// Not sent, for a reason on our side.
        Dropped,
        /// Not sent, for no server takes it.
        Failed,
    }

    /// Why a notice was not sent.
    #[derive(Copy, Hash)]
    pub enum NoticeReason {
        /// Dropped: everything it would have told of was read by then.
        Read,
        /// Dropped: the person has muted the thread.
        Muted,
        /// Dropped: the thread is archived.
        Archived,
        /// Dropped: the person may not see the thread any more, or not log in.
        NoAccess,
        /// Dropped: the contact gets no emails.
        NotifyOff,
        /// Dropped: the member wants no email of this kind.
        NotWanted,
        /// Dropped: every message that it would have told of was taken back.
        Deleted,
        /// Dropped: the client has reacted before the reminder was sent, or a later one goes in its place.
        Settled,
        /// Failed: the mail server has refused it for good.
        Refused,
        /// Failed: no mail server took it for days.
        GaveUp,
        /// Failed: the address is none that can be written to.
        BadAddress,
    }
}
