//! A mail that has come in whole: what it is, what is known of the notice it answers, what follows.

use super::answers::{Answers, Away, Explained, Posting};
use super::automatic::{Own, automatic, wants_no_answer};
use super::decide::{Verdict, decide, may_explain};
use super::memory::Memory;
use super::outcome::Outcome;
use super::read::{Answer, parse};
use super::reply::{self, Reply};
use super::wire::Mail;
use crate::signed::Signer;
use tidings_protocol::{ClientKey, NoticeId, RefusalCode, Timestamp};
use tidings_storage::NoticeFacts;
use tidings_storage::letter::AnswerProblem;

/// What a mail is, whomever it is to.
pub(super) enum Sorted {
    /// Nothing that could be read.
    Unreadable,
    /// Larger than may be.
    TooLarge,
    /// Reading it went wrong on our side.
    Later,
    /// From a machine: taken, and dropped.
    Automatic,
    /// Somebody's, perhaps, that no machine is to answer.
    Unanswerable,
    /// Somebody's answer.
    Answer(Answer),
}

/// Finds out what a mail is. Pure, and not cheap: once a mail, not once a recipient.
pub(super) fn sort(mail: &Mail, return_path: &str, own: &Own, signer: &Signer) -> Sorted {
    let Some(message) = parse(&mail.kept) else { return Sorted::Unreadable };
    if let Some(sign) = automatic(&message, return_path, own) {
        tracing::debug!(?sign, "an automatic mail was dropped");
        return Sorted::Automatic;
    }
    if wants_no_answer(&message) {
        return Sorted::Unanswerable;
    }
    Answer::of(&message, mail.is_cut(), signer).map_or(Sorted::Unreadable, Sorted::Answer)
}

/// Does with it what is to be done for one recipient. Says it to the mail server, and to us.
pub(super) async fn settle<A: Answers>(
    sorted: &Sorted,
    notice: NoticeId,
    answers: &A,
    memory: &Memory,
    now: Timestamp,
) -> (Reply, Outcome) {
    let answer = match sorted {
        Sorted::Unreadable => return (reply::NOT_A_MAIL, Outcome::Refused),
        Sorted::TooLarge => return (reply::TOO_LARGE, Outcome::Refused),
        Sorted::Later => return (reply::TRY_LATER, Outcome::Later),
        Sorted::Automatic => return (reply::TAKEN, Outcome::Automatic),
        Sorted::Unanswerable => return (reply::NOT_POSTED, Outcome::Refused),
        Sorted::Answer(answer) => answer.clone(),
    };
    match carry_out(answer, notice, answers, memory, now).await {
        Ok(done) => done,
        Err(Away) => (reply::TRY_LATER, Outcome::Later),
    }
}

async fn carry_out<A: Answers>(
    answer: Answer,
    notice: NoticeId,
    answers: &A,
    memory: &Memory,
    now: Timestamp,
) -> Result<(Reply, Outcome), Away> {
    let Some(facts) = answers.notice(notice).await? else {
        return Ok((reply::OUT_OF_USE, Outcome::Refused));
    };
    let (key, body, left_out) = match decide(notice, &facts, answer, now) {
        Verdict::NoThread => return Ok((reply::NO_SUCH_ADDRESS, Outcome::Refused)),
        Verdict::WrongSender => return Ok((reply::WRONG_SENDER, Outcome::Refused)),
        Verdict::Explain { key, problem } => {
            return Ok(not_posted(explain(answers, memory, &facts, key, problem).await?));
        }
        Verdict::Post { key, body, attachments_left_out } => (key, body, attachments_left_out),
    };
    match answers.post(&facts, key, body).await? {
        Posting::Posted if left_out => {
            // Should this fail, the mail comes again, and posting it again does nothing.
            let problem = AnswerProblem::AttachmentsLeftOut;
            let reply = match explain(answers, memory, &facts, key, problem).await? {
                Explained::Told => reply::TAKEN,
                Explained::TooSoon | Explained::Refused(_) => reply::TAKEN_IN_PART,
            };
            Ok((reply, Outcome::Posted))
        }
        Posting::Posted => Ok((reply::TAKEN, Outcome::Posted)),
        Posting::Refused(RefusalCode::Archived) => {
            let problem = AnswerProblem::Archived;
            Ok(not_posted(explain(answers, memory, &facts, key, problem).await?))
        }
        Posting::Refused(code) => {
            tracing::info!(%notice, code = code.name(), "an answer by email was refused");
            Ok((reply::NO_ACCESS, Outcome::Refused))
        }
    }
}

/// What is said of an answer that was not posted. Where there is no email of ours, the sender's own
/// mail server has to tell its sender.
fn not_posted(explained: Explained) -> (Reply, Outcome) {
    match explained {
        Explained::Told => (reply::TAKEN, Outcome::Explained),
        Explained::TooSoon => (reply::NOT_POSTED, Outcome::Refused),
        Explained::Refused(_) => (reply::NO_ACCESS, Outcome::Refused),
    }
}

/// Has an email of ours say what became of an answer, if there is none of it yet, and if there may
/// be one.
async fn explain<A: Answers>(
    answers: &A,
    memory: &Memory,
    facts: &NoticeFacts,
    key: ClientKey,
    problem: AnswerProblem,
) -> Result<Explained, Away> {
    if memory.knows(key) {
        return Ok(Explained::Told);
    }
    if !may_explain(facts) {
        return Ok(Explained::TooSoon);
    }
    let explained = answers.explain(facts, problem).await?;
    if explained == Explained::Told {
        memory.remember(key);
    }
    Ok(explained)
}
