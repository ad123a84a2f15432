//! What the queries of every connect cost in SQLite: they touch what the person sees, and no more.

use super::scope::Scope;
use super::{badges, history, inbox, people, threads};
use crate::access::Access;
use crate::sql::commands::rewrite;
use crate::sqlite::plan::plan;
use std::collections::HashSet;
use tidings_protocol::{AccountId, Rights, Role};
use uuid::Uuid;

fn team(role: Role) -> Access {
    let (accounts, mentioned) = (HashSet::new(), HashSet::new());
    Access::Team { role, rights: Rights::default(), accounts, mentioned }
}

const ACCOUNT: AccountId = AccountId(Uuid::nil());

#[test]
fn a_plain_members_list_does_not_walk_the_firm() {
    for scope in [Scope::Member, Scope::MemberWithin(ACCOUNT), Scope::Account(ACCOUNT)] {
        for sql in
            [threads::statement(scope, threads::Order::Last, ""), badges::threads_statement(scope)]
        {
            let plan = plan(&sql);
            assert!(!plan.contains("threads_of_firm"), "{scope:?}\n{plan}");
            assert!(!plan.contains("SCAN t\n"), "{scope:?}\n{plan}");
        }
    }
}

#[test]
fn mentions_are_found_by_their_own_index() {
    let plan = plan(&threads::statement(Scope::Member, threads::Order::Last, ""));
    assert!(plan.contains("participants_mentioned (person=?)"), "{plan}");
    assert!(plan.contains("assignments_of_member (member=?)"), "{plan}");
    assert!(plan.contains("v USING COVERING INDEX threads_of_account (account=?)"), "{plan}");
}

#[test]
fn a_list_over_the_whole_firm_is_read_in_order_and_stops_at_the_page() {
    let plan = plan(&threads::statement(Scope::Firm, threads::Order::Last, ""));
    assert!(plan.contains("INDEX threads_of_firm (firm=?"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[test]
fn a_list_over_many_accounts_is_read_in_order_and_stops_at_the_page() {
    let plan = plan(&threads::statement(Scope::MemberOfMany, threads::Order::Last, ""));
    assert!(plan.contains("INDEX threads_of_firm (firm=?"), "{plan}");
    assert!(plan.contains("a USING PRIMARY KEY (account=? AND member=?)"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
}

#[test]
fn a_threads_task_history_and_edits_are_found_among_its_messages_by_indexes_of_their_own() {
    let tasks = plan(&history::task_statement());
    assert_eq!(tasks, "SEARCH events USING INDEX events_of_tasks (thread=? AND seq>?)\n");
    let edits = plan(&rewrite::edits_statement());
    let steps = "SEARCH events USING INDEX events_of_edits (thread=? AND seq>? AND seq<?)\n";
    assert_eq!(edits, steps);
}

#[test]
fn unread_over_the_whole_firm_looks_only_at_threads_that_the_person_is_part_of() {
    let plan = plan(&badges::threads_statement(Scope::Firm));
    let steps = [
        "t USING COVERING INDEX threads_of_firm (firm=?)",
        "o USING COVERING INDEX participants_of_person (person=?)",
        "p USING PRIMARY KEY (thread=? AND person=?)",
        "t USING INTEGER PRIMARY KEY (rowid=?)",
    ];
    for step in steps {
        assert!(plan.contains(step), "{step}\n{plan}");
    }
    assert_eq!(plan.matches("SEARCH").count(), steps.len(), "{plan}");
}

#[test]
fn the_inbox_of_who_sees_everything_is_counted_by_its_index_alone() {
    let plan = plan(&badges::inbox_statement(&team(Role::Owner)));
    assert_eq!(plan, "SEARCH i USING COVERING INDEX inbox_by_time (member=? AND archived=?)\n");
}

#[test]
fn an_inbox_is_read_in_order() {
    for role in [Role::Owner, Role::Member] {
        let plan = plan(&inbox::statement(&team(role)));
        assert!(plan.contains("inbox_by_time (member=? AND archived=?"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}

#[test]
fn a_plain_members_accounts_are_found_by_its_assignments() {
    let plan = plan(&people::accounts_statement(&team(Role::Member)));
    assert!(plan.contains("assignments_of_member (member=?)"), "{plan}");
    assert!(!plan.contains("accounts_of_firm"), "{plan}");
}
