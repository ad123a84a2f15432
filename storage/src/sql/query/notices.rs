//! What is due for a notifier, and what is known of a notice.

use crate::access::Actor;
use crate::backend::{DueWork, NoticeFacts};
use crate::operation::NoticesOf;
use crate::sql::rows;
use crate::sql::{Db, Row, SqlError, params};
use std::collections::HashSet;
use tidings_protocol::{FirmId, NoticeId, Person, ThreadId, Timestamp};
use uuid::Uuid;

/// Most notices that go in one mail.
const NOTICES_IN_A_MAIL_MAX: u32 = 50;

pub(in crate::sql) const TO_LOOK_AT: &str = "SELECT t.firm, t.id FROM threads t
     WHERE t.look_ms IS NOT NULL AND t.look_ms <= ?1 ORDER BY t.look_ms LIMIT ?2";

pub(in crate::sql) const TO_REMIND: &str = "SELECT t.firm, t.id FROM threads t
     WHERE t.remind_ms IS NOT NULL AND t.remind_ms <= ?1 ORDER BY t.remind_ms LIMIT ?2";

pub(in crate::sql) const TO_SEND: &str =
    "SELECT n.id, n.firm, n.person_kind, n.person, t.id, n.digest, n.mail
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.state = 0 AND n.next_ms <= ?1 ORDER BY n.next_ms, n.id LIMIT ?2";

/// The same of links to log in: whoever asked for one waits for it.
pub(in crate::sql) const TO_SEND_FIRST: &str =
    "SELECT n.id, n.firm, n.person_kind, n.person, t.id, n.digest, n.mail
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.state = 0 AND n.kind = 4 AND n.next_ms <= ?1 ORDER BY n.next_ms, n.id LIMIT ?2";

/// Of one mail, those that wait; and of a digest that is in no mail yet, those first that are due.
pub(in crate::sql) const OF_MAIL: &str = "SELECT n.id, t.id
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.person = ?1 AND n.mail = ?2 AND n.state = 0 ORDER BY +n.created_ms, n.id LIMIT ?3";
pub(in crate::sql) const OF_DIGEST: &str = "SELECT n.id, t.id
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.person = ?1 AND n.mail IS NULL AND n.digest = 1 AND n.state = 0
     ORDER BY +n.next_ms, n.id LIMIT ?2";

/// A notice that is due.
struct Due {
    id: NoticeId,
    firm: FirmId,
    person: Person,
    thread: Option<ThreadId>,
    digest: bool,
    mail: Option<Uuid>,
}

/// What is due at a time.
pub(in crate::sql) fn due(db: Db<'_>, now: Timestamp, limit: u32) -> Result<DueWork, SqlError> {
    let thread = |row: &Row<'_>| Ok((FirmId(row.id(0)?), ThreadId(row.id(1)?)));
    let look = db.rows(TO_LOOK_AT, params![now, limit], thread)?;
    let remind = db.rows(TO_REMIND, params![now, limit], thread)?;
    let found = |sql| {
        db.rows(sql, params![now, limit], |row| {
            Ok(Due {
                id: NoticeId(row.id(0)?),
                firm: FirmId(row.id(1)?),
                person: rows::person(row, 2, 3)?,
                thread: rows::maybe_id(row, 4)?.map(ThreadId),
                digest: row.bool(5)?,
                mail: rows::maybe_id(row, 6)?,
            })
        })
    };
    let (first, others) = (found(TO_SEND_FIRST)?, found(TO_SEND)?);
    let (mut all, mut taken) = (Vec::new(), HashSet::new());
    mails(db, &first, &mut taken, &mut all)?;
    let urgent = all.len();
    mails(db, &others, &mut taken, &mut all)?;
    Ok(DueWork { look, remind, mails: all, urgent })
}

/// Those that go together, together; without those that are taken already.
fn mails(
    db: Db<'_>,
    found: &[Due],
    taken: &mut HashSet<NoticeId>,
    mails: &mut Vec<NoticesOf>,
) -> Result<(), SqlError> {
    for due in found {
        if taken.contains(&due.id) {
            continue;
        }
        let pair =
            |row: &Row<'_>| Ok((NoticeId(row.id(0)?), rows::maybe_id(row, 1)?.map(ThreadId)));
        let person = due.person.uuid();
        let notices = match due.mail {
            Some(mail) => db.rows(OF_MAIL, params![person, mail, NOTICES_IN_A_MAIL_MAX], pair)?,
            None if due.digest => {
                db.rows(OF_DIGEST, params![person, NOTICES_IN_A_MAIL_MAX], pair)?
            }
            None => vec![(due.id, due.thread)],
        };
        taken.extend(notices.iter().map(|(id, _)| *id));
        mails.push(NoticesOf { firm: due.firm, person: due.person, notices });
    }
    Ok(())
}

/// One notice, whoever asks.
pub(in crate::sql) fn facts(db: Db<'_>, id: NoticeId) -> Result<Option<NoticeFacts>, SqlError> {
    let sql = "SELECT n.firm, n.person_kind, n.person, t.id, n.kind, n.created_ms, n.mail_ms,
             n.used_ms, coalesce(m.email, c.email, ''), f.mail_answers, n.attempts
         FROM notices n JOIN firms f ON f.id = n.firm
         LEFT JOIN threads t ON t.num = n.thread
         LEFT JOIN members m ON n.person_kind = 0 AND m.id = n.person
         LEFT JOIN contacts c ON n.person_kind = 1 AND c.id = n.person
         WHERE n.id = ?1";
    db.row(sql, params![id.0], |row| {
        Ok(NoticeFacts {
            actor: Actor { firm: FirmId(row.id(0)?), person: rows::person(row, 1, 2)? },
            thread: rows::maybe_id(row, 3)?.map(ThreadId),
            kind: rows::notice_kind(row, 4)?,
            created: rows::timestamp(row, 5)?,
            mailed: rows::maybe_timestamp(row, 6)?,
            attempts: rows::small(row, 10)?,
            used: !row.is_null(7)?,
            email: row.text(8)?,
            answers: rows::answers(row, 9)?,
        })
    })
}
