//! Who opens a link of a mail, as its token says: the mail's reader, or whoever has got hold of it.

use super::super::request::Call;
use super::language;
use super::page::Page;
use super::words::Saying;
use crate::auth::ask;
use tidings_notifier::signed::Purpose;
use tidings_protocol::{
    Checked, Command, Firm, Language, NoticeId, Person, Preferences, Refusal, Reply, Timestamp,
};
use tidings_storage::{Actor, NoticeFacts, QueryError, Reader};
use warp::http::StatusCode;

/// Whom a mail was for, and how things stand with it.
pub(super) struct Visitor {
    pub(super) notice: NoticeId,
    pub(super) facts: NoticeFacts,
    pub(super) firm: Firm,
    /// What the person has chosen; none if it has no access any more.
    pub(super) preferences: Option<Preferences>,
    name: String,
    language: Language,
}

impl Visitor {
    /// By the token in the path. None if we did not sign it for this, which only a calculation tells,
    /// or if the mail was forgotten.
    pub(super) async fn of(call: &Call, purpose: Purpose) -> Result<Option<Self>, Refusal> {
        let node = call.node();
        let Some(notice) = node.mail.signer.open(purpose, call.parameter(0)) else {
            return Ok(None);
        };
        let (now, language) = (node.clock.now(), language::accepted(&call.head.headers));
        ask(node, move |reader| Self::find(reader, notice, language, now)).await
    }

    fn find(
        reader: &mut dyn Reader,
        notice: NoticeId,
        language: Language,
        now: Timestamp,
    ) -> Result<Option<Self>, QueryError> {
        let Some(facts) = reader.notice_facts(notice)? else { return Ok(None) };
        let actor = facts.actor;
        let Some(firm) = reader.firm(actor.firm)? else { return Ok(None) };
        let has_access = reader.access(actor)?.is_some();
        let preferences = if has_access { chosen(reader, actor, now)? } else { None };
        let name = match actor.person {
            Person::Member(id) => reader.member(actor.firm, id)?.map(|member| member.name),
            Person::Contact(id) => reader.contact(actor.firm, id)?.map(|contact| contact.name),
        };
        let name = name.unwrap_or_default();
        let language = preferences.as_ref().map_or(language, |chosen| chosen.language);
        Ok(Some(Self { notice, facts, firm, preferences, name, language }))
    }

    /// Whether it may log in.
    pub(super) fn has_access(&self) -> bool {
        self.preferences.is_some()
    }

    /// A page of the firm to this person.
    pub(super) fn page(&self, status: StatusCode, saying: Saying) -> Page {
        Page::new(status, self.language, saying).of(&self.firm, &self.name)
    }
}

fn chosen(
    reader: &mut dyn Reader,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<Preferences>, QueryError> {
    let question = Checked::try_from(Command::GetPreferences {})?;
    match reader.answer(actor, &question, now)? {
        Reply::Preferences(preferences) => Ok(Some(preferences)),
        _ => Ok(None),
    }
}
