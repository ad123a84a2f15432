//! What comes before the operations of a batch: whoever could come in between is locked out, and
//! what they will ask for is read, all of it in two journeys, however many operations there are.
//!
//! **Invariant:** what is read after the locks stays so until the batch ends: of a firm's directory,
//! because whoever changes it holds its lock alone; of a thread, its people, its tasks and its log,
//! because whoever does anything in it holds its row.

use super::needs::Needs;
use super::session::Session;
use super::writer::NUMBER;
use crate::operation::Operation;
use crate::sql::facts::{self, AccountFacts, FirmFacts, PersonFacts};
use crate::sql::memory::Memory;
use crate::sql::thread::{self, Thread};
use crate::sql::{Keyed, Row, Scribe, SqlError, rows};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tidings_protocol::{AccountId, ContactId, FirmId, MemberId, Person, ThreadId};
use tokio_postgres::Row as PostgresRow;
use uuid::Uuid;

/// Marks advisory locks as ours, beside those of others in the same database: "TIDI".
const LOCK_CLASS: i32 = 0x5449_4449;

/// Locks firms, in the order given, and then people who ask for mail. Whoever changes a directory waits
/// for all who decide by it, and they for it.
const LOCK_FIRMS: &str = "SELECT CASE WHEN w.alone THEN pg_advisory_xact_lock($1, w.key)
         ELSE pg_advisory_xact_lock_shared($1, w.key) END
     FROM unnest($2::int4[], $3::bool[]) AS w(key, alone)";

/// Keys of people that were used.
const KEYS: &str = "SELECT e.actor, e.client_key, e.thread, e.seq, e.kind, e.at_ms
     FROM unnest($1::uuid[], $2::uuid[]) AS w(actor, key)
     JOIN events e ON e.client_key = w.key AND e.actor = w.actor AND e.client_key IS NOT NULL";

/// Numbers for new threads.
const NUMBERS: &str = "SELECT nextval(pg_get_serial_sequence('threads', 'num'))
     FROM generate_series(1, $1::bigint)";

/// How many messages there are up to positions in threads, below their heads. The number of a thread
/// comes from a question of its own: in a join the planner would gladly read all of a thread's log
/// for a single event of it.
const MESSAGES: &str = "SELECT w.thread, e.seq, e.messages
     FROM unnest($1::uuid[], $2::bigint[]) AS w(thread, seq)
     JOIN events e ON e.seq = w.seq AND e.thread =
         (SELECT t.num FROM threads t WHERE t.id = w.thread AND t.head > w.seq)";

/// The accounts of members, as far as the batch is about them.
const ASSIGNED: &str =
    "SELECT member, account FROM assignments WHERE member = ANY($1) AND account = ANY($2)";

/// Locks and reads what a batch needs, inside its transaction, which it puts down by its writer and
/// number. Must be the first to wait in it.
pub(super) fn warm(
    session: &Session,
    scribe: &mut Scribe,
    batch: &[Operation],
    number: (Uuid, i64),
) -> Result<(), SqlError> {
    let needs = Needs::of(batch);
    let memory = scribe.prepare();
    let threads = lock(session, memory, &needs, number)?;
    // Those who are told of what happens.
    let followers = threads.values().flat_map(Thread::followers).map(|member| member.0);
    let members: BTreeSet<Uuid> = followers.chain(needs.members.iter().copied()).collect();
    let of_threads = threads.values().map(|thread| thread.account.0);
    let accounts: BTreeSet<Uuid> = of_threads.chain(needs.accounts.iter().copied()).collect();
    for thread in threads.into_values() {
        memory.put_thread(Box::new(thread));
    }
    people(session, memory, &needs, (members, accounts))
}

/// Takes the locks, and reads the threads and what is in them, each by a statement that sees all that
/// was committed before the locks were had.
fn lock(
    session: &Session,
    memory: &mut Memory,
    needs: &Needs,
    (writer, number): (Uuid, i64),
) -> Result<HashMap<i64, Thread>, SqlError> {
    let (locks, alone): (Vec<i32>, Vec<bool>) = needs.locks.iter().unzip();
    let threads: Vec<Uuid> = needs.threads.iter().copied().collect();
    let contacts: Vec<Uuid> = needs.contacts.iter().copied().collect();
    let (actors, keys): (Vec<Uuid>, Vec<Uuid>) = needs.keys.iter().copied().unzip();
    let (read, seqs): (Vec<Uuid>, Vec<i64>) = needs.reads.iter().copied().unzip();
    let lock_threads = format!(
        "SELECT {} FROM threads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        thread::THREAD
    );
    // Of contacts only those who act: nothing of a batch is about the others.
    let parts = format!(
        "SELECT {}, thread FROM threads t JOIN participants p ON p.thread = t.num
         WHERE t.id = ANY($1) AND (p.person_kind = 0 OR p.person = ANY($2))",
        thread::PART
    );
    let [_, _, found, parts, used, numbers, messages] = session.ask_all([
        (NUMBER, true, &[&writer, &number]),
        (LOCK_FIRMS, !locks.is_empty(), &[&LOCK_CLASS, &locks, &alone]),
        (&lock_threads, !threads.is_empty(), &[&threads]),
        (&parts, !threads.is_empty(), &[&threads, &contacts]),
        (KEYS, !keys.is_empty(), &[&actors, &keys]),
        (NUMBERS, needs.starts > 0, &[&rows::int(needs.starts as u64)]),
        (MESSAGES, !read.is_empty(), &[&read, &seqs]),
    ])?;
    let ahead = memory.ahead();
    ahead.free_keys(needs.keys.iter().copied());
    for row in &used {
        let row = Row::Postgres(row);
        let (seq, at) = (rows::seq(&row, 3)?, rows::timestamp(&row, 5)?);
        let event = Keyed { thread: row.int(2)?, seq, kind: row.int(4)?, at };
        ahead.used_key(row.id(0)?, row.id(1)?, event);
    }
    let numbers = numbers.iter().rev().map(|row| Row::Postgres(row).int(0));
    ahead.numbers(numbers.collect::<Result<_, _>>()?);
    for row in &messages {
        let row = Row::Postgres(row);
        ahead.messages(ThreadId(row.id(0)?), rows::seq(&row, 1)?, rows::unsigned(&row, 2)?);
    }
    let mut missing = needs.threads.clone();
    let mut threads = HashMap::with_capacity(found.len());
    for row in &found {
        let thread = Thread::from_row(&Row::Postgres(row))?;
        missing.remove(&thread.id.0);
        ahead.messages(thread.id, thread.head, thread.messages);
        threads.insert(thread.num, thread);
    }
    ahead.missing(missing.into_iter().map(ThreadId));
    for row in &parts {
        let row = Row::Postgres(row);
        let (person, part) = thread::part(&row)?;
        if let Some(thread) = threads.get_mut(&row.int(thread::PART_COLUMNS)?) {
            thread.learn_part(person, part);
        }
    }
    Ok(threads)
}

/// Reads what the directory says of everybody and everything that the batch is about.
fn people(
    session: &Session,
    memory: &mut Memory,
    needs: &Needs,
    (members, accounts): (BTreeSet<Uuid>, BTreeSet<Uuid>),
) -> Result<(), SqlError> {
    let list = |ids: &BTreeSet<Uuid>| ids.iter().copied().collect::<Vec<Uuid>>();
    let (firm_ids, contact_ids) = (list(&needs.firms), list(&needs.contacts));
    let (member_ids, account_ids) = (list(&members), list(&accounts));
    let firms = format!("SELECT {}, id FROM firms WHERE id = ANY($1)", facts::FIRM);
    let team = format!(
        "SELECT {0}, id FROM members WHERE id = ANY($1) AND active = 1
         UNION SELECT {0}, id FROM members WHERE firm = ANY($2) AND role = 0 AND active = 1",
        facts::MEMBER
    );
    let contacts =
        format!("SELECT {}, id FROM contacts WHERE id = ANY($1) AND state = 2", facts::CONTACT);
    let accounts = format!("SELECT {}, a.id FROM accounts a WHERE a.id = ANY($1)", facts::ACCOUNT);
    let [firms, team, assigned, contacts, accounts] = session.ask_all([
        (&firms, !firm_ids.is_empty(), &[&firm_ids]),
        (&team, !firm_ids.is_empty(), &[&member_ids, &firm_ids]),
        (ASSIGNED, !member_ids.is_empty(), &[&member_ids, &account_ids]),
        (&contacts, !contact_ids.is_empty(), &[&contact_ids]),
        (&accounts, !account_ids.is_empty(), &[&account_ids]),
    ])?;
    let mut firms: BTreeMap<Uuid, FirmFacts> = by_id(&firms, 3, facts::firm_of)?;
    let mut team: BTreeMap<Uuid, PersonFacts> = by_id(&team, 4, facts::member_of)?;
    let mut contacts = by_id(&contacts, 2, facts::contact_of)?;
    let mut accounts: BTreeMap<Uuid, AccountFacts> = by_id(&accounts, 3, facts::account_of)?;
    for row in &assigned {
        let row = Row::Postgres(row);
        if let Some(member) = team.get_mut(&row.id(0)?) {
            member.assign(AccountId(row.id(1)?));
        }
    }
    for (id, facts) in &team {
        if facts.is_owner()
            && let Some(firm) = firms.get_mut(&facts.firm.0)
        {
            firm.owner = Some(MemberId(*id));
        }
    }
    // What was not found is not there.
    for id in members {
        memory.learn_person(Person::Member(MemberId(id)), None);
    }
    for (id, facts) in team {
        memory.learn_person(Person::Member(MemberId(id)), Some(facts));
    }
    for id in contact_ids {
        memory.learn_person(Person::Contact(ContactId(id)), contacts.remove(&id));
    }
    for id in firm_ids {
        memory.learn_firm(FirmId(id), firms.remove(&id));
    }
    for id in account_ids {
        memory.learn_account(AccountId(id), accounts.remove(&id));
    }
    Ok(())
}

/// Rows by the id in a column.
fn by_id<T>(
    rows: &[PostgresRow],
    column: usize,
    read: impl Fn(&Row<'_>) -> Result<T, SqlError>,
) -> Result<BTreeMap<Uuid, T>, SqlError> {
    let one = |row| {
        let row = Row::Postgres(row);
        Ok((row.id(column)?, read(&row)?))
    };
    rows.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::plan::plan;

    #[test]
    fn a_receipt_reads_one_event_and_not_the_log_of_its_thread() {
        let plan = plan(MESSAGES);
        assert!(plan.contains("Index Scan using events_pkey on events e"), "{plan}");
        assert!(plan.contains("Index Cond: ((thread = (SubPlan 1)) AND (seq = w.seq))"), "{plan}");
        assert!(plan.contains("Index Scan using threads_id_key on threads t"), "{plan}");
    }

    #[test]
    fn keys_are_looked_up_by_their_index() {
        let plan = plan(KEYS);
        assert!(plan.contains("Index Scan using events_by_key on events e"), "{plan}");
    }
}
