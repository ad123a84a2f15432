//! What notifiers ask every second, and the ledger, cost no more than what they find.

use super::{ask, audience};
use crate::access::Access;
use crate::postgres::plan::plan as in_postgres;
use crate::sql::jobs::FORGET_NOTICES;
use crate::sql::query::ledger::{END_OF_WALK, gather_statement, page_statement, walk_statement};
use crate::sql::query::notices::{
    OF_DIGEST, OF_MAIL, TO_LOOK_AT, TO_REMIND, TO_SEND, TO_SEND_FIRST,
};
use crate::sql::query::scope::still_visible;
use crate::sqlite::plan::plan as in_sqlite;
use std::collections::HashSet;
use tidings_protocol::{Rights, Role};

/// Plans of a statement, in both databases; each says which index it goes by.
fn plans(sql: &str) -> [String; 2] {
    [in_sqlite(sql), in_postgres(sql)]
}

/// Goes by an index, and reads nothing that it does not need.
fn goes_by(sql: &str, index: &str) {
    for plan in plans(sql) {
        assert!(plan.contains(index), "{index}\n{plan}");
        assert!(!plan.contains("SCAN threads") && !plan.contains("Seq Scan"), "{plan}");
    }
}

/// In the order of the index, so that it stops at the limit.
fn in_order_by(sql: &str, index: &str) {
    goes_by(sql, index);
    for plan in plans(sql) {
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
    }
}

#[test]
fn what_is_due_is_found_by_indexes_of_nothing_else() {
    in_order_by(TO_LOOK_AT, "threads_to_look_at");
    in_order_by(TO_REMIND, "threads_to_remind");
    in_order_by(TO_SEND, "notices_waiting");
    in_order_by(TO_SEND_FIRST, "logins_waiting");
}

#[test]
fn what_goes_together_is_found_by_its_person() {
    for sql in [OF_MAIL, OF_DIGEST] {
        for plan in plans(sql) {
            assert!(plan.contains("notices_growing"), "{plan}");
        }
    }
}

#[test]
fn who_is_to_be_told_is_looked_up_by_account_and_thread() {
    let sql = audience::of_account();
    goes_by(&sql, "contacts_of_account");
    goes_by(&sql, "notices_of_thread");
    goes_by(&sql, "notices_growing");
    goes_by(audience::GROWING, "notices_growing");
}

#[test]
fn what_was_asked_for_just_now_is_found_by_its_person() {
    for sql in [ask::LAST, ask::LAST_ABOUT, ask::NTH_LAST] {
        goes_by(sql, "notices_of_person");
    }
}

#[test]
fn a_page_of_the_ledger_reads_a_page() {
    let below = "(n.created_ms, n.id) < (?2, ?3)";
    in_order_by(&page_statement("n.firm = ?1", 2), "notices_of_firm");
    in_order_by(&page_statement(&format!("n.firm = ?1 AND {below}"), 4), "notices_of_firm");
    let of_person = "+n.firm = ?1 AND n.person = ?2";
    in_order_by(&page_statement(of_person, 3), "notices_of_person");
    goes_by(&page_statement("+n.firm = ?1 AND n.thread = ?2", 3), "notices_of_thread");
    let both = "+n.firm = ?1 AND n.thread = ?2 AND +n.person = ?3";
    goes_by(&page_statement(both, 4), "notices_of_thread");
    // As a plain member sees it.
    let (accounts, mentioned) = (HashSet::new(), HashSet::new());
    let (role, rights) = (Role::Member, Rights::default());
    let access = Access::Team { role, rights, accounts, mentioned };
    let seen = still_visible(&access);
    in_order_by(END_OF_WALK, "notices_of_firm");
    let walk = walk_statement(seen);
    in_order_by(&walk, "notices_of_firm");
    let [in_sqlite, in_postgres] = plans(&walk);
    assert!(in_sqlite.contains("(created_ms,id)>(?,?) AND (created_ms,id)<(?,?)"), "{in_sqlite}");
    let bounds = in_postgres.lines().find(|line| line.contains("Index Cond: ((firm = "));
    let bounds = bounds.unwrap_or_else(|| panic!("{in_postgres}"));
    assert!(bounds.contains(">= ROW(") && bounds.contains("< ROW("), "{in_postgres}");
    // Nothing but what it sees, by the threads that it sees.
    let gathered = gather_statement();
    goes_by(&gathered, "notices_of_thread");
    goes_by(&gathered, "threads_of_account");
    for plan in plans(&gathered) {
        assert!(!plan.contains("notices_of_firm") && !plan.contains("SCAN n "), "{plan}");
    }
    let of_person = format!("+n.firm = ?1 AND {seen} AND n.person = ?3");
    goes_by(&page_statement(&of_person, 4), "notices_of_person");
    let of_thread = format!("+n.firm = ?1 AND {seen} AND n.thread = ?3");
    goes_by(&page_statement(&of_thread, 4), "notices_of_thread");
}

#[test]
fn the_oldest_of_the_ledger_are_forgotten_without_reading_the_others() {
    goes_by(FORGET_NOTICES, "notices_by_age");
}
