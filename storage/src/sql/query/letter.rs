//! All that an email says, read when it is about to be sent. What its reader is not to see is not
//! even read.

use crate::access::Actor;
use crate::letter::{
    Addressee, Content, FirmLook, Letter, Part, QUOTE_BYTES_MAX, QUOTES_MAX, Quote,
    TASKS_LISTED_MAX, UNDELIVERED_NAMES_MAX,
};
use crate::sql::notices::{Trace, happened_after};
use crate::sql::rows;
use crate::sql::{Db, Row, SqlError, params};
use tidings_protocol::{
    EventKind, FirmId, InboxKind, NoticeId, NoticeKind, Person, Seq, ThreadId, Timestamp,
};
use uuid::Uuid;

/// Where the first message of a thread stands.
const FIRST_MESSAGE: Seq = Seq(2);

/// A notice of the mail.
struct Noticed {
    id: NoticeId,
    firm: FirmId,
    person: Person,
    kind: NoticeKind,
    detail: i64,
    from: Seq,
    to: Seq,
    thread: Option<i64>,
    mail: Uuid,
    date: Timestamp,
}

/// The thread that it is about.
struct Of {
    num: i64,
    id: ThreadId,
    subject: String,
    account: String,
    tasks_open: u32,
    tasks_total: u32,
    reminders: u16,
    shown: bool,
    read: Seq,
}

/// The letter of notices that were claimed together.
pub(in crate::sql) fn letter(db: Db<'_>, notices: &[NoticeId]) -> Result<Option<Letter>, SqlError> {
    let mut found = Vec::new();
    for notice in notices {
        found.extend(noticed(db, *notice)?);
    }
    let Some(first) = found.first() else { return Ok(None) };
    let (mail, date, person) = (NoticeId(first.mail), first.date, first.person);
    let Some(firm) = firm(db, first.firm)? else { return Ok(None) };
    let Some(to) = addressee(db, person)? else { return Ok(None) };
    let several = is_of_several_accounts(db, first.firm, &to)?;
    let mut parts = Vec::with_capacity(found.len());
    for notice in found.iter().filter(|notice| notice.mail == mail.0 && notice.person == person) {
        parts.extend(part(db, notice, several)?);
    }
    if parts.is_empty() {
        return Ok(None);
    }
    Ok(Some(Letter { mail, date, firm, to, parts }))
}

fn noticed(db: Db<'_>, id: NoticeId) -> Result<Option<Noticed>, SqlError> {
    let sql = "SELECT firm, person_kind, person, kind, detail, from_seq, to_seq, thread, mail,
             mail_ms
         FROM notices WHERE id = ?1 AND state = 0 AND mail IS NOT NULL";
    db.row(sql, params![id.0], |row| {
        Ok(Noticed {
            id,
            firm: FirmId(row.id(0)?),
            person: rows::person(row, 1, 2)?,
            kind: rows::notice_kind(row, 3)?,
            detail: row.int(4)?,
            from: rows::seq(row, 5)?,
            to: rows::seq(row, 6)?,
            thread: row.maybe_int(7)?,
            mail: row.id(8)?,
            date: rows::timestamp(row, 9)?,
        })
    })
}

fn firm(db: Db<'_>, firm: FirmId) -> Result<Option<FirmLook>, SqlError> {
    let Some(found) = super::directory::firm(db, firm)? else { return Ok(None) };
    Ok(Some(FirmLook {
        firm,
        name: found.name,
        colour: found.mail.colour,
        logo_url: found.mail.logo_url,
        footer: found.mail.footer,
        portal_url: found.mail.portal_url,
        login_links: found.mail.login_links,
        answers: found.mail.answers,
    }))
}

fn addressee(db: Db<'_>, person: Person) -> Result<Option<Addressee>, SqlError> {
    let sql = match person {
        Person::Member(_) => {
            "SELECT name, email, language, time_zone FROM members WHERE id = ?1 AND active = 1"
        }
        Person::Contact(_) => {
            "SELECT name, email, language, time_zone FROM contacts WHERE id = ?1 AND state = 2"
        }
    };
    db.row(sql, params![person.uuid()], |row| {
        Ok(Addressee {
            person,
            name: row.text(0)?,
            email: row.text(1)?,
            language: rows::language(row, 2)?,
            time_zone: row.text(3)?,
        })
    })
}

/// Whether a contact's address is that of contacts of several accounts.
fn is_of_several_accounts(db: Db<'_>, firm: FirmId, to: &Addressee) -> Result<bool, SqlError> {
    if let Person::Member(_) = to.person {
        return Ok(false);
    }
    let sql = "SELECT 1 FROM contacts WHERE firm = ?1 AND email = ?2 AND state = 2 AND account <>
         (SELECT account FROM contacts WHERE id = ?3) LIMIT 1";
    db.exists(sql, params![firm.0, &to.email, to.person.uuid()])
}

/// None of a thread that its reader does not see any more.
fn part(db: Db<'_>, notice: &Noticed, several: bool) -> Result<Option<Part>, SqlError> {
    let mut part = Part {
        notice: notice.id,
        kind: notice.kind,
        thread: None,
        account: None,
        messages: 0,
        new_thread: false,
        tasks_open: 0,
        tasks_total: 0,
        reasons: Vec::new(),
        reminder: None,
        undelivered: Vec::new(),
        refused: None,
        content: None,
    };
    if notice.kind == NoticeKind::AnswerRefused {
        part.refused = Some(rows::answer_problem_of(notice.detail)?);
    }
    let of = match notice.thread {
        Some(num) => thread(db, num, notice.person)?,
        None => None,
    };
    let Some(of) = of else { return Ok(Some(part)) };
    let reader = Actor { firm: notice.firm, person: notice.person };
    if !super::access::sees(db, reader, of.id)? {
        return Ok(None);
    }
    let is_member = matches!(notice.person, Person::Member(_));
    part.thread = Some(of.id);
    part.account = (several || (is_member && of.shown)).then(|| of.account.clone());
    if let NoticeKind::Login | NoticeKind::AnswerRefused = notice.kind {
        return Ok(Some(part));
    }
    let unread = unread(db, notice, &of)?;
    part.messages = unread.len() as u64;
    part.new_thread = unread.first().is_some_and(|first| first.seq == FIRST_MESSAGE);
    (part.tasks_open, part.tasks_total) = (of.tasks_open, of.tasks_total);
    match notice.kind {
        NoticeKind::Reminder => {
            let number = u16::try_from(notice.detail).unwrap_or(u16::MAX);
            part.reminder = Some((number, of.reminders.max(number)));
        }
        NoticeKind::Activity | NoticeKind::DeliveryFailed if is_member => {
            part.reasons = reasons(notice.detail, part.tasks_open > 0);
        }
        _ => {}
    }
    if of.shown && part.reasons.contains(&InboxKind::DeliveryFailed) {
        part.undelivered = undelivered(db, of.num)?;
    }
    if of.shown {
        part.content = Some(content(db, notice, &of, &unread)?);
    }
    Ok(Some(part))
}

fn thread(db: Db<'_>, num: i64, person: Person) -> Result<Option<Of>, SqlError> {
    let sql = "SELECT t.id, t.subject, a.name, t.tasks_open, t.tasks_total, t.reminder_count,
             coalesce(t.show_content, f.mail_shown), coalesce(p.read_seq, 0)
         FROM threads t JOIN accounts a ON a.id = t.account JOIN firms f ON f.id = t.firm
         LEFT JOIN participants p ON p.thread = t.num AND p.person = ?2
         WHERE t.num = ?1";
    db.row(sql, params![num, person.uuid()], |row| {
        Ok(Of {
            num,
            id: ThreadId(row.id(0)?),
            subject: row.text(1)?,
            account: row.text(2)?,
            tasks_open: rows::small(row, 3)?,
            tasks_total: rows::small(row, 4)?,
            reminders: rows::small(row, 5)?,
            shown: row.bool(6)?,
            read: rows::seq(row, 7)?,
        })
    })
}

/// Messages of others that stand and that the reader has neither read nor been told of, up to where
/// the notice goes.
fn unread(db: Db<'_>, notice: &Noticed, of: &Of) -> Result<Vec<Trace>, SqlError> {
    let after = match notice.kind {
        NoticeKind::Activity => of.read.max(Seq(notice.from.0.saturating_sub(1))),
        _ => of.read,
    };
    let mut traces = happened_after(db, of.num, after, notice.to)?;
    traces.retain(|trace| trace.is_message() && trace.concerns(notice.person));
    Ok(traces)
}

fn content(db: Db<'_>, notice: &Noticed, of: &Of, unread: &[Trace]) -> Result<Content, SqlError> {
    let newest = &unread[unread.len().saturating_sub(QUOTES_MAX)..];
    let mut quotes = Vec::with_capacity(newest.len());
    for trace in newest {
        quotes.extend(quote(db, of.num, trace.seq)?);
    }
    if quotes.is_empty() && matches!(notice.kind, NoticeKind::Reminder | NoticeKind::Resent) {
        // All is read: what it is about is what the firm said last.
        let sql = "SELECT firm_seq FROM threads WHERE num = ?1";
        let last = db.one(sql, params![of.num], |row| rows::seq(row, 0))?;
        quotes.extend(quote(db, of.num, last)?);
    }
    let sql = "SELECT text FROM tasks WHERE thread = ?1 AND done_ms IS NULL
         ORDER BY position, task LIMIT ?2";
    let limit = rows::int(TASKS_LISTED_MAX as u64);
    let tasks = db.rows(sql, params![of.num, limit], |row| row.text(0))?;
    Ok(Content { subject: of.subject.clone(), quotes, tasks })
}

/// Contacts whose last mail about the thread failed.
fn undelivered(db: Db<'_>, num: i64) -> Result<Vec<String>, SqlError> {
    let sql = "SELECT c.name FROM notices n JOIN contacts c ON c.id = n.person
         WHERE n.thread = ?1 AND n.person_kind = 1 AND n.state = 3 AND NOT EXISTS (
             SELECT 1 FROM notices l WHERE l.thread = ?1 AND l.person = n.person AND l.state = 1
                 AND l.settled_ms > n.settled_ms)
         GROUP BY c.id, c.name ORDER BY max(n.settled_ms) DESC, c.id LIMIT ?2";
    let limit = rows::int(UNDELIVERED_NAMES_MAX as u64);
    db.rows(sql, params![num, limit], |row| row.text(0))
}

/// A message that stands.
fn quote(db: Db<'_>, num: i64, seq: Seq) -> Result<Option<Quote>, SqlError> {
    let sql = "SELECT e.payload, e.at_ms, coalesce(m.name, c.name, '') FROM events e
         LEFT JOIN members m ON e.actor_kind = 0 AND m.id = e.actor
         LEFT JOIN contacts c ON e.actor_kind = 1 AND c.id = e.actor
         WHERE e.thread = ?1 AND e.seq = ?2 AND e.kind = ?3";
    let found = db.row(sql, params![num, rows::int(seq.0), rows::MESSAGE_POSTED], read_quote)?;
    Ok(found.flatten())
}

fn read_quote(row: &Row<'_>) -> Result<Option<Quote>, SqlError> {
    let EventKind::MessagePosted { mut body, deleted: false, .. } = rows::event_kind(row, 0)?
    else {
        return Ok(None);
    };
    let cut = body.len() > QUOTE_BYTES_MAX;
    if cut {
        body.truncate(body.floor_char_boundary(QUOTE_BYTES_MAX));
    }
    Ok(Some(Quote { author: row.text(2)?, at: rows::timestamp(row, 1)?, body, cut }))
}

/// Why a member is told, the strongest reason first. Not that all tasks are done, if some are open again.
fn reasons(detail: i64, open_tasks: bool) -> Vec<InboxKind> {
    let mut reasons = rows::kinds_of(u16::try_from(detail).unwrap_or(0));
    reasons.retain(|kind| !(open_tasks && *kind == InboxKind::AllTasksCompleted));
    reasons.sort_by_key(|kind| weakness(*kind));
    reasons
}

/// By which reasons are sorted, the strongest first.
fn weakness(kind: InboxKind) -> u8 {
    match kind {
        InboxKind::Mentioned => 0,
        InboxKind::ThreadStarted => 1,
        InboxKind::ContactAnswered => 2,
        InboxKind::AllTasksCompleted => 3,
        InboxKind::TasksChanged => 4,
        InboxKind::ColleagueAnswered => 5,
        InboxKind::DeliveryFailed => 6,
    }
}
