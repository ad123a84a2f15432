//! Servers that lie: each breaks one promise on purpose, to prove that the checks notice.

use crate::invariant::Invariant;

/// How the simulated server lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lie {
    /// It doesn't.
    #[default]
    None,
    /// Posts are acknowledged when they come in; the commit follows, or a crash.
    AckBeforeCommit,
    /// What is read for repairs is thrown away: a room that missed something never catches up.
    NeverRepair,
    /// A key that comes again posts again.
    ForgetKey,
    /// A repeated key is answered with where the log stands now.
    AnswerAnew,
    /// Now and then an event is left out on one socket.
    SkipEvent,
    /// Now and then an event goes out twice on one socket.
    RepeatEvent,
    /// Resuming sends once more the last event that the client has.
    ResumeBehind,
    /// What was done is answered with a refusal now and then.
    RefuseWhatWasDone,
    /// Bodies that are read from the store are changed on the way.
    ChangeBody,
    /// Sockets stay open when access ends.
    IgnoreEnd,
    /// What comes from the bus or the store is handed on without asking who may still get it.
    IgnoreEpoch,
    /// What may have been missed is never looked for.
    NeverLookOver,
    /// Nor how far people have read.
    ForgetReceipts,
    /// Nor what feeds have to say.
    ForgetFeeds,
    /// Whoever comes in was looked at before the last end of access.
    LetInBefore,
    /// Feeds tell everybody, whatever the firm.
    TellOtherFirms,
    /// Reading less far than before moves the receipt back.
    StepBack,
    /// Unread is one too many.
    Miscount,
    /// Rooms are not told how far reminders are.
    ForgetReminders,
    /// Mails are taken, and left to anybody else at the same time.
    TakeForNoTime,
    /// Mails that were dropped when they were to be taken are sent all the same.
    SendWhatWasDropped,
    /// That a mail was sent is never put down.
    NeverSettle,
}

impl Lie {
    /// Every lie, and the invariant that must be found broken.
    pub(crate) const ALL: &[(Self, Invariant)] = &[
        (Self::AckBeforeCommit, Invariant::I1),
        (Self::NeverRepair, Invariant::I1),
        (Self::ForgetKey, Invariant::I2),
        (Self::AnswerAnew, Invariant::I2),
        (Self::SkipEvent, Invariant::I3),
        (Self::RepeatEvent, Invariant::I4),
        (Self::ResumeBehind, Invariant::I4),
        (Self::RefuseWhatWasDone, Invariant::I5),
        (Self::ChangeBody, Invariant::I6),
        (Self::IgnoreEnd, Invariant::I7),
        (Self::IgnoreEpoch, Invariant::I7),
        (Self::NeverLookOver, Invariant::I1),
        (Self::ForgetReceipts, Invariant::I8),
        (Self::ForgetFeeds, Invariant::I1),
        (Self::LetInBefore, Invariant::I7),
        (Self::TellOtherFirms, Invariant::I7),
        (Self::StepBack, Invariant::I8),
        (Self::Miscount, Invariant::I9),
        (Self::ForgetReminders, Invariant::I1),
        (Self::TakeForNoTime, Invariant::I10),
        (Self::SendWhatWasDropped, Invariant::I10),
        (Self::NeverSettle, Invariant::I11),
    ];
}
