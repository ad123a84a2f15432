//! What a person chooses for itself.

use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::work::{Answer, Who, Work, not_allowed};
use crate::zone;
use tidings_protocol::{
    ContactId, KindChannels, Language, MemberId, Person, Preferences, QuietHours, Reply, time_zone,
};

/// What is to change: the fields of the command. What is absent stays.
pub(super) struct Changes {
    pub(super) language: Option<Language>,
    pub(super) time_zone: Option<String>,
    pub(super) notify: Option<bool>,
    pub(super) kinds: Vec<KindChannels>,
    pub(super) quiet: Option<QuietHours>,
    pub(super) digest_min: Option<u16>,
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
            zone::check(zone)?;
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
        let (mut now, channels) = self.db.one(
            "SELECT language, time_zone, quiet_from, quiet_to, digest_min, channels FROM members
             WHERE id = ?1",
            params![id],
            |row| {
                let preferences = Preferences {
                    language: rows::language(row, 0)?,
                    time_zone: row.text(1)?,
                    notify: true,
                    kinds: Vec::new(),
                    quiet: rows::quiet(row, 2)?,
                    digest_min: rows::small(row, 4)?,
                };
                Ok((preferences, rows::small(row, 5)?))
            },
        )?;
        let channels = changes.kinds.iter().copied().fold(channels, rows::with_channels);
        changes.apply(&mut now);
        self.db.write(
            "UPDATE members SET language = ?2, time_zone = ?3, channels = ?4, quiet_from = ?5,
                 quiet_to = ?6, digest_min = ?7
             WHERE id = ?1",
            params![
                id,
                rows::language_number(now.language),
                &now.time_zone,
                channels,
                now.quiet.from_min,
                now.quiet.to_min,
                now.digest_min,
            ],
        )?;
        now.kinds = rows::kind_channels(channels);
        Ok(now)
    }

    fn set_of_contact(&self, contact: ContactId, changes: Changes) -> Result<Preferences, OpError> {
        if !changes.kinds.is_empty() {
            return Err(not_allowed("kinds"));
        }
        if changes.digest_min.is_some() {
            return Err(not_allowed("digest_min"));
        }
        let id = contact.0;
        let mut now = self.db.one(
            "SELECT language, time_zone, notify, quiet_from, quiet_to FROM contacts WHERE id = ?1",
            params![id],
            |row| {
                Ok(Preferences {
                    language: rows::language(row, 0)?,
                    time_zone: row.text(1)?,
                    notify: row.bool(2)?,
                    kinds: Vec::new(),
                    quiet: rows::quiet(row, 3)?,
                    digest_min: 0,
                })
            },
        )?;
        changes.apply(&mut now);
        self.db.write(
            "UPDATE contacts SET language = ?2, time_zone = ?3, notify = ?4, quiet_from = ?5,
                 quiet_to = ?6
             WHERE id = ?1",
            params![
                id,
                rows::language_number(now.language),
                &now.time_zone,
                now.notify,
                now.quiet.from_min,
                now.quiet.to_min,
            ],
        )?;
        Ok(now)
    }
}

impl Changes {
    /// Makes those that are the same for everybody.
    fn apply(self, preferences: &mut Preferences) {
        preferences.language = self.language.unwrap_or(preferences.language);
        if let Some(zone) = self.time_zone {
            preferences.time_zone = zone;
        }
        preferences.notify = self.notify.unwrap_or(preferences.notify);
        preferences.quiet = self.quiet.unwrap_or(preferences.quiet);
        preferences.digest_min = self.digest_min.unwrap_or(preferences.digest_min);
    }
}
