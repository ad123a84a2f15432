//! What a person chooses for itself.

use crate::sqlite::rows::{self, OpError};
use crate::sqlite::work::{Answer, Who, Work, not_allowed};
use rusqlite::params;
use tidings_protocol::{
    ContactId, KindChannels, Language, MemberId, Person, Preferences, Refusal, RefusalCode, Reply,
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
            plausible_zone(zone)?;
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
        let id = member.0.into_bytes();
        let (language, time_zone, channels) = self
            .db
            .prepare_cached("SELECT language, time_zone, channels FROM members WHERE id = ?1")?
            .query_row([id], |row| {
                let zone: String = row.get(1)?;
                Ok((rows::language(row, 0)?, zone, rows::small(row, 2)?))
            })?;
        let language = changes.language.unwrap_or(language);
        let time_zone = changes.time_zone.unwrap_or(time_zone);
        let channels = changes.kinds.into_iter().fold(channels, rows::with_channels);
        self.db
            .prepare_cached(
                "UPDATE members SET language = ?2, time_zone = ?3, channels = ?4 WHERE id = ?1",
            )?
            .execute(params![id, rows::language_number(language), time_zone, channels])?;
        let kinds = rows::kind_channels(channels);
        Ok(Preferences { language, time_zone, notify: true, kinds })
    }

    fn set_of_contact(&self, contact: ContactId, changes: Changes) -> Result<Preferences, OpError> {
        if !changes.kinds.is_empty() {
            return Err(not_allowed("kinds"));
        }
        let id = contact.0.into_bytes();
        let (language, time_zone, notify) = self
            .db
            .prepare_cached("SELECT language, time_zone, notify FROM contacts WHERE id = ?1")?
            .query_row([id], |row| {
                let zone: String = row.get(1)?;
                Ok((rows::language(row, 0)?, zone, row.get::<_, bool>(2)?))
            })?;
        let language = changes.language.unwrap_or(language);
        let time_zone = changes.time_zone.unwrap_or(time_zone);
        let notify = changes.notify.unwrap_or(notify);
        self.db
            .prepare_cached(
                "UPDATE contacts SET language = ?2, time_zone = ?3, notify = ?4 WHERE id = ?1",
            )?
            .execute(params![id, rows::language_number(language), time_zone, notify])?;
        Ok(Preferences { language, time_zone, notify, kinds: Vec::new() })
    }
}

/// A name that could be in the IANA database: `UTC`, or parts with a `/` between them. Whether it
/// is in there is for whoever computes with it; an unknown one counts as UTC there.
fn plausible_zone(zone: &str) -> Result<(), Refusal> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
    };
    if zone == "UTC" || (zone.contains('/') && zone.split('/').all(part)) {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::Invalid)
        .at("time_zone")
        .because("not the name of a time zone: expected one such as Europe/Amsterdam, or UTC"))
}

#[cfg(test)]
mod tests {
    use super::plausible_zone;

    #[test]
    fn time_zones_look_like_iana_names() {
        for zone in ["UTC", "Europe/Amsterdam", "America/Argentina/Buenos_Aires", "Etc/GMT+8"] {
            assert!(plausible_zone(zone).is_ok(), "{zone}");
        }
        for zone in ["", "CET", "/", "Europe/", "/Paris", "Europe//Paris", "../etc", "A/B C", "1/2"]
        {
            let refusal = plausible_zone(zone).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("time_zone"), "{zone}");
        }
    }
}
