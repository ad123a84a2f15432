//! The matrix of routes: every operation that the server's own document lists, for every kind of
//! credential, with objects of one's own firm, of another and of none.

use super::world::World;
use crate::api::{Things, operations, send};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tidings_tests::{Answer, Firm, Http};

/// Whom an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// Everybody, without credentials.
    Everybody,
    /// Host applications; what it is about is of their own firm.
    Firms,
    /// Host applications and people: the matrix of commands has the rest.
    FirmsAndPeople,
    /// Host applications and their team, but not their clients.
    FirmsAndTeams,
    /// Whoever has a token of a mail: nobody here.
    Readers,
    /// Sockets.
    Sockets,
}

/// What comes of an operation for an API key: for its own objects, and for those of another firm
/// or of nobody, which must look the same.
type Row = (&'static str, For, u16, u16);

/// The table: operation, whom for, status with own objects, status with others'.
const TABLE: [Row; 34] = [
    ("get_firm", For::Firms, 200, 200),
    ("patch_firm", For::Firms, 200, 200),
    ("list_members", For::Firms, 200, 200),
    ("create_member", For::Firms, 201, 201),
    ("get_member", For::Firms, 200, 404),
    ("patch_member", For::Firms, 200, 404),
    ("list_accounts", For::Firms, 200, 200),
    ("create_account", For::Firms, 201, 201),
    ("get_account", For::Firms, 200, 404),
    ("patch_account", For::Firms, 200, 404),
    ("assign_member", For::Firms, 204, 404),
    ("unassign_member", For::Firms, 204, 404),
    ("list_contacts", For::Firms, 200, 404),
    ("create_contact", For::Firms, 201, 404),
    ("get_contact", For::Firms, 200, 404),
    ("patch_contact", For::Firms, 200, 404),
    ("list_api_keys", For::Firms, 200, 200),
    ("create_api_key", For::Firms, 201, 201),
    ("delete_api_key", For::Firms, 204, 404),
    ("create_token", For::Firms, 201, 404),
    ("revoke_tokens", For::Firms, 204, 404),
    ("create_login_link", For::Firms, 202, 404),
    ("list_notices", For::FirmsAndTeams, 200, 200),
    ("show_login", For::Readers, 404, 404),
    ("log_in", For::Readers, 404, 404),
    ("send_login_again", For::Readers, 404, 404),
    ("show_unsubscribe", For::Readers, 404, 404),
    ("unsubscribe", For::Readers, 404, 404),
    ("run_command", For::FirmsAndPeople, 200, 404),
    ("open_socket", For::Sockets, 426, 426),
    ("get_openapi", For::Everybody, 200, 200),
    ("live", For::Everybody, 200, 200),
    ("ready", For::Everybody, 200, 200),
    ("metrics", For::Everybody, 200, 200),
];

/// All that a firm's host application sees of its directory.
async fn directory(http: &Http) -> BTreeMap<&'static str, Value> {
    let mut all = BTreeMap::new();
    for path in ["/v1/firm", "/v1/members", "/v1/accounts", "/v1/contacts", "/v1/api-keys"] {
        all.insert(path, http.get(path).await.expect::<Value>(200));
    }
    all
}

/// Everything that must not differ between what is another's and what is nobody's.
fn words(answer: &Answer) -> String {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date");
    format!("{} {:?} {}", answer.status, headers.collect::<Vec<_>>(), answer.body)
}

#[tokio::test]
async fn every_operation_is_in_the_matrix_and_nothing_else() {
    let world = World::build().await;
    let served = operations(&world.server.http()).await;
    let served: BTreeSet<&str> = served.iter().map(|one| one.id.as_str()).collect();
    let known: BTreeSet<&str> = TABLE.iter().map(|(operation, ..)| *operation).collect();
    assert_eq!(served, known, "served, and in the table of the matrix");
}

#[tokio::test]
async fn host_applications_reach_their_own_firm_and_cannot_tell_that_there_is_another() {
    let world = World::build().await;
    let (first, other) = (&world.first.firm, &world.other.firm);
    let others = Things::of(other).await;
    let before = directory(&other.http).await;
    for operation in operations(&world.server.http()).await {
        let row = TABLE.iter().find(|(id, ..)| *id == operation.id);
        let (id, _, own, foreign) = *row.expect("every operation is in the table");
        let own_things = Things::of(first).await;
        let of_others = send(&first.http, &operation, &others).await;
        let of_nobody = send(&first.http, &operation, &Things::of_nobody()).await;
        assert_eq!(of_others.status, foreign, "{id}: {of_others:?}");
        if foreign == 404 {
            assert_eq!(words(&of_others), words(&of_nobody), "{id}: it can be told apart");
        }
        let answer = send(&first.http, &operation, &own_things).await;
        assert_eq!(answer.status, own, "{id}: {answer:?}");
        for secret in [other.id.to_string(), others.account.to_string(), others.member.to_string()]
        {
            assert!(!answer.body.contains(&secret), "{id} tells of another firm: {}", answer.body);
        }
        forget(first, &own_things).await;
    }
    assert_eq!(directory(&other.http).await, before, "nothing of the other firm has changed");
}

/// A firm may have so many API keys only.
async fn forget(firm: &Firm, things: &Things) {
    firm.http.send("DELETE", &format!("/v1/api-keys/{}", things.key), None).await;
}

#[tokio::test]
async fn half_of_a_pair_of_another_firm_is_nothing_either() {
    let world = World::build().await;
    let (first, other) = (&world.first.firm, &world.other.firm);
    let (own, others) = (Things::of(first).await, Things::of(other).await);
    let nobody = Things::of_nobody();
    for (account, member) in [(own.account, others.member), (others.account, own.member)] {
        let like = if account == own.account {
            (account, nobody.member)
        } else {
            (nobody.account, member)
        };
        for method in ["PUT", "DELETE"] {
            let path = format!("/v1/accounts/{account}/members/{member}");
            let answer = first.http.send(method, &path, None).await;
            let path = format!("/v1/accounts/{}/members/{}", like.0, like.1);
            let made_up = first.http.send(method, &path, None).await;
            assert_eq!(answer.status, 404);
            assert_eq!(words(&answer), words(&made_up));
        }
    }
}

#[tokio::test]
async fn people_and_strangers_reach_no_directory() {
    let world = World::build().await;
    let http = world.server.http();
    let things = Things::of(&world.first.firm).await;
    let before = directory(&world.first.firm.http).await;
    for operation in operations(&http).await {
        let row = TABLE.iter().find(|(id, ..)| *id == operation.id);
        let (id, whose, success, _) = *row.expect("every operation is in the table");
        let mut credentials: Vec<(&str, Http, u16)> = vec![
            ("nobody", http.clone(), 401),
            ("a made up key", http.with("tk_0000000000000000000000000000000000000000000"), 401),
            ("a made up token", http.with("a.b.c"), 401),
        ];
        for person in &world.shut_out {
            credentials.push((person.name, http.with(&person.token), 401));
        }
        for person in &world.principals {
            let status = match whose {
                // `run_command` with an actor is not a person's to ask for.
                For::FirmsAndPeople => 422,
                For::FirmsAndTeams if person.is_member() => 200,
                _ => 403,
            };
            credentials.push((person.name, http.with(&person.token), status));
        }
        for (name, http, refused) in credentials {
            let answer = send(&http, &operation, &things).await;
            let status = match whose {
                For::Everybody | For::Readers | For::Sockets => success,
                For::Firms | For::FirmsAndPeople | For::FirmsAndTeams => refused,
            };
            assert_eq!(answer.status, status, "{id} by {name}: {answer:?}");
        }
    }
    assert_eq!(directory(&world.first.firm.http).await, before, "and nothing has changed");
}
