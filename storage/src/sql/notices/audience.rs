//! What is known of those who may be told by email: whether they want to be, when not, and how far
//! they have been told.

use crate::quiet;
use crate::sql::rows;
use crate::sql::{Db, Row, SqlError, params};
use crate::zone::Zone;
use tidings_protocol::{
    AccountId, ContactId, ContactState, MemberId, NoticeId, NoticeKind, NoticeReason, Person,
    QuietHours, Seq, Timestamp,
};
use uuid::Uuid;

/// When somebody gets no emails.
pub(in crate::sql) struct Hours {
    quiet: QuietHours,
    zone: String,
}

impl Hours {
    /// The same time, or the end of the quiet hours that it is in.
    pub(in crate::sql) fn after(&self, at: Timestamp) -> Timestamp {
        if self.quiet.from_min == self.quiet.to_min {
            return at;
        }
        quiet::after(at, self.quiet, &Zone::or_utc(&self.zone))
    }
}

/// A contact of the thread's account.
pub(in crate::sql) struct ContactFacts {
    id: ContactId,
    active: bool,
    notify: bool,
    pub(in crate::sql) hours: Hours,
    /// How far it has read.
    pub(super) read: Seq,
    /// Whether it has muted the thread.
    pub(super) muted: bool,
    /// Up to where it was decided whether it is told.
    pub(in crate::sql) decided: Seq,
    /// The notice that waits and takes in all that still happens, if there is one, and its time.
    pub(super) waits: Option<(NoticeId, Timestamp)>,
}

impl ContactFacts {
    pub(in crate::sql) fn person(&self) -> Person {
        Person::Contact(self.id)
    }

    /// Why it gets no mail at all.
    pub(super) fn cut_off(&self) -> Option<NoticeReason> {
        match (self.active, self.notify) {
            (false, _) => Some(NoticeReason::NoAccess),
            (true, false) => Some(NoticeReason::NotifyOff),
            (true, true) => None,
        }
    }
}

/// Columns of `contacts c` with their part `p` in a thread of the number `?1`. What was resent told of
/// all that was there (kind 2).
const CONTACT: &str = "SELECT c.id, c.state, c.notify, c.quiet_from, c.quiet_to, c.time_zone,
     coalesce(p.read_seq, 0), coalesce(p.muted, 0),
     (SELECT coalesce(max(n.to_seq), 0) FROM notices n
         WHERE n.thread = ?1 AND n.person = c.id AND n.kind IN (0, 2)),
     (SELECT n.id FROM notices n WHERE n.thread = ?1 AND n.person = c.id AND n.kind = 0
         AND n.state = 0 AND n.mail IS NULL LIMIT 1),
     (SELECT n.next_ms FROM notices n WHERE n.thread = ?1 AND n.person = c.id AND n.kind = 0
         AND n.state = 0 AND n.mail IS NULL LIMIT 1)
     FROM contacts c LEFT JOIN participants p ON p.thread = ?1 AND p.person = c.id";

fn contact(row: &Row<'_>) -> Result<ContactFacts, SqlError> {
    Ok(ContactFacts {
        id: ContactId(row.id(0)?),
        active: rows::contact_state(row, 1)? == ContactState::Active,
        notify: row.bool(2)?,
        hours: Hours { quiet: rows::quiet(row, 3)?, zone: row.text(5)? },
        read: rows::seq(row, 6)?,
        muted: row.bool(7)?,
        decided: rows::seq(row, 8)?,
        waits: match rows::maybe_id(row, 9)? {
            Some(id) => Some((NoticeId(id), rows::timestamp(row, 10)?)),
            None => None,
        },
    })
}

/// Those of the account `?2`.
pub(super) fn of_account() -> String {
    format!("{CONTACT} WHERE c.account = ?2 ORDER BY c.id")
}

/// All contacts of the account of a thread.
pub(super) fn contacts(
    db: Db<'_>,
    num: i64,
    account: AccountId,
) -> Result<Vec<ContactFacts>, SqlError> {
    db.rows(&of_account(), params![num, account.0], contact)
}

/// One contact.
pub(super) fn one_contact(
    db: Db<'_>,
    num: i64,
    id: ContactId,
) -> Result<Option<ContactFacts>, SqlError> {
    db.row(&format!("{CONTACT} WHERE c.id = ?2"), params![num, id.0], contact)
}

/// Those of them who get emails.
pub(in crate::sql) fn contacts_who_get_mail(
    db: Db<'_>,
    num: i64,
    account: AccountId,
) -> Result<Vec<ContactFacts>, SqlError> {
    let mut all = contacts(db, num, account)?;
    all.retain(|contact| contact.cut_off().is_none());
    Ok(all)
}

/// A member, as far as mail is concerned. Access is known elsewhere.
pub(super) struct MemberFacts {
    /// Bits of channels by kind.
    pub(super) channels: u16,
    pub(super) hours: Hours,
    /// How long its mails are gathered, in milliseconds; 0: one mail for each thread.
    pub(super) digest_ms: i64,
}

/// One member.
pub(super) fn one_member(db: Db<'_>, id: MemberId) -> Result<Option<MemberFacts>, SqlError> {
    let sql = "SELECT channels, quiet_from, quiet_to, time_zone, digest_min FROM members
         WHERE id = ?1";
    db.row(sql, params![id.0], |row| {
        Ok(MemberFacts {
            channels: rows::small(row, 0)?,
            hours: Hours { quiet: rows::quiet(row, 1)?, zone: row.text(3)? },
            digest_ms: row.int(4)? * 60_000,
        })
    })
}

/// A notice that waits and is in no mail yet: what happens until it is goes with it.
pub(super) struct Growing {
    pub(super) id: Uuid,
    pub(super) detail: i64,
    pub(super) from: Seq,
    pub(super) to: Seq,
    pub(super) due: Timestamp,
}

pub(super) const GROWING: &str = "SELECT id, detail, from_seq, to_seq, next_ms FROM notices
     WHERE thread = ?1 AND person = ?2 AND kind = ?3 AND state = 0 AND mail IS NULL LIMIT 1";

/// That of a member of a kind, if there is one.
pub(super) fn waiting_notice(
    db: Db<'_>,
    num: i64,
    person: Person,
    kind: NoticeKind,
) -> Result<Option<Growing>, SqlError> {
    db.row(GROWING, params![num, person.uuid(), rows::notice_kind_number(kind)], |row| {
        Ok(Growing {
            id: row.id(0)?,
            detail: row.int(1)?,
            from: rows::seq(row, 2)?,
            to: rows::seq(row, 3)?,
            due: rows::timestamp(row, 4)?,
        })
    })
}
