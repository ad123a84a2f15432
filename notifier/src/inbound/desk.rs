//! A mail that has come in whole: what it is, what is known of the notice it answers, what follows.

use super::answers::{Answers, Away, Explained, Posting};
use super::automatic::{Own, automatic};
use super::decide::{Verdict, decide};
use super::outcome::Outcome;
use super::read::{Answer, parse};
use super::reply::{self, Reply};
use super::wire::Mail;
use crate::signed::Signer;
use tidings_protocol::{NoticeId, RefusalCode, Timestamp};
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
    Answer::of(&message, mail.is_cut(), signer).map_or(Sorted::Unreadable, Sorted::Answer)
}

/// Does with it what is to be done for one recipient. Says it to the mail server, and to us.
pub(super) async fn settle<A: Answers>(
    sorted: &Sorted,
    notice: NoticeId,
    answers: &A,
    now: Timestamp,
) -> (Reply, Outcome) {
    let answer = match sorted {
        Sorted::Unreadable => return (reply::NOT_A_MAIL, Outcome::Refused),
        Sorted::TooLarge => return (reply::TOO_LARGE, Outcome::Refused),
        Sorted::Later => return (reply::TRY_LATER, Outcome::Later),
        Sorted::Automatic => return (reply::TAKEN, Outcome::Automatic),
        Sorted::Answer(answer) => answer.clone(),
    };
    match carry_out(answer, notice, answers, now).await {
        Ok(done) => done,
        Err(Away) => (reply::TRY_LATER, Outcome::Later),
    }
}

async fn carry_out<A: Answers>(
    answer: Answer,
    notice: NoticeId,
    answers: &A,
    now: Timestamp,
) -> Result<(Reply, Outcome), Away> {
    let Some(facts) = answers.notice(notice).await? else {
        return Ok((reply::OUT_OF_USE, Outcome::Refused));
    };
    let (key, body, left_out) = match decide(notice, &facts, answer, now) {
        Verdict::NoThread => return Ok((reply::NO_SUCH_ADDRESS, Outcome::Refused)),
        Verdict::WrongSender => return Ok((reply::WRONG_SENDER, Outcome::Refused)),
        Verdict::Explain(problem) => return explain(answers, &facts, problem).await,
        Verdict::Post { key, body, attachments_left_out } => (key, body, attachments_left_out),
    };
    match answers.post(&facts, key, body).await? {
        Posting::Posted => {
            if left_out {
                // Should this fail, the mail comes again, and posting it again does nothing. Whether
                // there was word of another one just now makes no difference: this one is posted.
                answers.explain(&facts, AnswerProblem::AttachmentsLeftOut).await?;
            }
            Ok((reply::TAKEN, Outcome::Posted))
        }
        Posting::Refused(RefusalCode::Archived) => {
            explain(answers, &facts, AnswerProblem::Archived).await
        }
        Posting::Refused(code) => {
            tracing::info!(%notice, code = code.name(), "an answer by email was refused");
            Ok((reply::NO_ACCESS, Outcome::Refused))
        }
    }
}

/// Says why an answer was not posted: by an email of ours, or, where there was one just now, by the
/// sender's own mail server.
async fn explain<A: Answers>(
    answers: &A,
    facts: &NoticeFacts,
    problem: AnswerProblem,
) -> Result<(Reply, Outcome), Away> {
    Ok(match answers.explain(facts, problem).await? {
        Explained::Told => (reply::TAKEN, Outcome::Explained),
        Explained::TooSoon => (reply::TOLD_BEFORE, Outcome::Refused),
        Explained::Refused(_) => (reply::NO_ACCESS, Outcome::Refused),
    })
}
