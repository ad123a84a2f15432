//! The store in the place of [`Answers`]: what is asked at the reception is done here.

use super::answers::{Answers, Away, Explained, Posting};
use crate::Store;
use tidings_protocol::{Checked, ClientKey, Command, NoticeId, Refusal, RefusalCode};
use tidings_storage::letter::AnswerProblem;
use tidings_storage::{Asked, NoticeFacts, Operation};

/// A store that is asked by the reception.
#[derive(Clone, Debug)]
pub struct Office<S>(pub S);

impl<S: Store> Answers for Office<S> {
    async fn notice(&self, notice: NoticeId) -> Result<Option<NoticeFacts>, Away> {
        let asked = self.0.read(move |reader| reader.notice_facts(notice)).await;
        asked.and_then(|answered| answered).map_err(|error| {
            tracing::warn!(%notice, %error, "what an answer by email is about can't be read");
            Away
        })
    }

    async fn post(
        &self,
        facts: &NoticeFacts,
        key: ClientKey,
        body: String,
    ) -> Result<Posting, Away> {
        let Some(thread) = facts.thread else {
            return Ok(Posting::Refused(RefusalCode::NotFound));
        };
        let command = Command::PostMessage { thread, key, body, mentions: Vec::new() };
        let command = match Checked::try_from(command) {
            Ok(command) => command,
            Err(refusal) => return Ok(Posting::Refused(refusal.code)),
        };
        match self.0.apply(Operation::Command { actor: facts.actor, command }).await {
            Ok(_) => Ok(Posting::Posted),
            Err(refusal) => for_good(&refusal).map(Posting::Refused),
        }
    }

    async fn explain(
        &self,
        facts: &NoticeFacts,
        problem: AnswerProblem,
    ) -> Result<Explained, Away> {
        let (actor, thread) = (facts.actor, facts.thread);
        let asked = Asked::AnswerRefused(problem);
        match self.0.apply(Operation::AddNotice { actor, thread, asked }).await {
            Ok(_) => Ok(Explained::Told),
            Err(refusal) if refusal.code == RefusalCode::RateLimited => Ok(Explained::TooSoon),
            Err(refusal) => for_good(&refusal).map(Explained::Refused),
        }
    }
}

/// The code of a refusal that will be the same tomorrow.
fn for_good(refusal: &Refusal) -> Result<RefusalCode, Away> {
    if refusal.code.may_retry() {
        tracing::warn!(%refusal, "an answer by email has to wait");
        return Err(Away);
    }
    Ok(refusal.code)
}
