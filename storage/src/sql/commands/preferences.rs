//! What a person chooses for itself.

use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::work::{Answer, Who, Work, not_allowed};
use tidings_protocol::{
    ContactId, KindChannels, Language, MemberId, Person, Preferences, Reply, time_zone,
};

/// What is to change: the fields of the command. What is absent stays.
pub(super) struct Changes {
    pub(super) language: Option<Language>,
    pub(super) time_zone: Option<String>,
    pub(super) notify: Option<bool>,
    pub(super) kinds: Vec<KindChannels>,
}

impl Work<'_> {
    /// Changes the actor's preferences and answers with all of them.
    pub(super) fn set_preferences(
        &mut self,
        who: &Who,
        changes: Changes,
    ) -> Result<Answer, OpError> {
        if let Some(zone) = &changes.time_zone {
            time_zone(zone)?;
        }
        let preferences = match who.actor.person {
            Person::Member(member) => self.set_of_member(member, changes)?,
            Person::Contact(contact) => self.set_of_contact(contact, changes)?,
        };
        self.memory.forget_person(who.actor.person);
        Ok(Answer::quiet(Reply::Preferences(preferences)))
    }

    fn set_of_member(&self, member: MemberId, changes: Changes) -> Result<Preferences, OpError> {
        if changes.notify.is_some() {
            return Err(not_allowed("notify"));
        }
        let id = member.0;
        let (language, time_zone, channels) = self.db.one(
            "SELECT language, time_zone, channels FROM members WHERE id = ?1",
            params![id],
            |row| {
                let zone = row.text(1)?;
                Ok((rows::language(row, 0)?, zone, rows::small(row, 2)?))
            },
        )?;
        let language = changes.language.unwrap_or(language);
        let time_zone = changes.time_zone.unwrap_or(time_zone);
        let channels = changes.kinds.into_iter().fold(channels, rows::with_channels);
        self.db.write(
            "UPDATE members SET language = ?2, time_zone = ?3, channels = ?4 WHERE id = ?1",
            params![id, rows::language_number(language), &time_zone, channels],
        )?;
        let kinds = rows::kind_channels(channels);
        Ok(Preferences { language, time_zone, notify: true, kinds })
    }

    fn set_of_contact(&self, contact: ContactId, changes: Changes) -> Result<Preferences, OpError> {
        if !changes.kinds.is_empty() {
            return Err(not_allowed("kinds"));
        }
        let id = contact.0;
        let (language, time_zone, notify) = self.db.one(
            "SELECT language, time_zone, notify FROM contacts WHERE id = ?1",
            params![id],
            |row| {
                let zone = row.text(1)?;
                Ok((rows::language(row, 0)?, zone, row.bool(2)?))
            },
        )?;
        let language = changes.language.unwrap_or(language);
        let time_zone = changes.time_zone.unwrap_or(time_zone);
        let notify = changes.notify.unwrap_or(notify);
        self.db.write(
            "UPDATE contacts SET language = ?2, time_zone = ?3, notify = ?4 WHERE id = ?1",
            params![id, rows::language_number(language), &time_zone, notify],
        )?;
        Ok(Preferences { language, time_zone, notify, kinds: Vec::new() })
    }
}
