//! What the queries of every connect cost in PostgreSQL: they touch what the person sees, and no
//! more, as in SQLite.

use super::scope::Scope;
use super::{badges, history, inbox, threads};
use crate::access::Access;
use crate::postgres::plan::{plan, session};
use crate::sql::commands::rewrite;
use crate::sql::{Db, params};
use std::collections::HashSet;
use std::ops::ControlFlow;
use tidings_protocol::{AccountId, Rights, Role};
use uuid::Uuid;

const ACCOUNT: AccountId = AccountId(Uuid::nil());

#[test]
fn lists_and_badges_of_few_accounts_do_not_walk_the_firm() {
    for scope in [Scope::Member, Scope::MemberWithin(ACCOUNT), Scope::Account(ACCOUNT)] {
        for sql in
            [threads::statement(scope, threads::Order::Last, ""), badges::threads_statement(scope)]
        {
            let plan = plan(&sql);
            assert!(!plan.contains("threads_of_firm"), "{scope:?}\n{plan}");
            assert!(!plan.contains("Seq Scan"), "{scope:?}\n{plan}");
            assert!(plan.contains("threads_of_account"), "{scope:?}\n{plan}");
        }
    }
}

#[test]
fn lists_over_the_firm_are_read_in_order_and_stop_at_the_page() {
    for scope in [Scope::Firm, Scope::MemberOfMany] {
        let plan = plan(&threads::statement(scope, threads::Order::Last, ""));
        assert!(plan.contains("Index Scan Backward using threads_of_firm"), "{scope:?}\n{plan}");
        assert!(!plan.contains("Sort"), "{scope:?}\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{scope:?}\n{plan}");
    }
}

#[test]
fn an_inbox_is_found_by_its_index_and_its_threads_by_theirs() {
    for role in [Role::Owner, Role::Member] {
        let (accounts, mentioned) = (HashSet::new(), HashSet::new());
        let access = Access::Team { role, rights: Rights::default(), accounts, mentioned };
        let plan = plan(&inbox::statement(&access));
        assert!(
            plan.contains("on inbox_by_time") || plan.contains("using inbox_by_time"),
            "{plan}"
        );
        assert!(plan.contains("Index Scan using threads_pkey on threads t"), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}

#[test]
fn a_threads_task_history_and_edits_are_found_among_its_messages_by_indexes_of_their_own() {
    let tasks = plan(&history::task_statement());
    assert!(tasks.contains("events_of_tasks"), "{tasks}");
    let edits = plan(&rewrite::edits_statement());
    assert!(edits.contains("events_of_edits"), "{edits}");
}

#[test]
fn no_more_of_a_log_is_fetched_than_a_page_holds() {
    let session = session();
    let mut fetched = Vec::new();
    // Each of them has 100 bytes.
    let sql = "SELECT seq, payload FROM events WHERE thread = ?1 ORDER BY seq DESC LIMIT ?2";
    let look = |row: &crate::sql::Row<'_>| {
        fetched.push(row.int(0)?);
        Ok(ControlFlow::Continue(()))
    };
    let db = Db::Postgres(&session);
    db.each_within((sql, "seq DESC"), ("payload", 250), params![1_i64, 5_i64], look).unwrap();
    assert_eq!(fetched, [5, 4, 3]);
}
