//! What the listener asks of whoever keeps the threads.

use tidings_protocol::{ClientKey, NoticeId, RefusalCode};
use tidings_storage::NoticeFacts;
use tidings_storage::letter::AnswerProblem;

/// The store can't say or do it now. Nothing is lost: the mail server keeps the mail and brings it
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// What became of an answer that was to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// It is in the thread, and durable. Posting the same key again says so again.
    Posted,
    /// It is not, and never will be.
    Refused(RefusalCode),
}

/// What became of an email that was to say why an answer was not posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explained {
    /// It will be sent.
    Told,
    /// There was one within the hour: the sender's own mail server has to say it.
    TooSoon,
    /// It will not, since there is nobody to send it to any more.
    Refused(RefusalCode),
}

/// Whoever keeps the threads. Everything may be asked twice and is done once, since a mail server
/// that did not hear our answer brings its mail again.
pub trait Answers: Send + Sync + 'static {
    /// What is known of the notice that is answered; none if it is not known any more.
    fn notice(
        &self,
        notice: NoticeId,
    ) -> impl Future<Output = Result<Option<NoticeFacts>, Away>> + Send;

    /// Posts the answer in the name of the notice's person.
    fn post(
        &self,
        facts: &NoticeFacts,
        key: ClientKey,
        body: String,
    ) -> impl Future<Output = Result<Posting, Away>> + Send;

    /// Has an email sent to the notice's person that says why the answer was not posted, or not
    /// wholly; never to whoever wrote the mail. At most one an hour for a person, a thread and a
    /// problem: a mailbox that is full of them helps nobody.
    fn explain(
        &self,
        facts: &NoticeFacts,
        problem: AnswerProblem,
    ) -> impl Future<Output = Result<Explained, Away>> + Send;
}
