//! TLS to PostgreSQL: spoken to those who are vouched for, and nothing to others.

use crate::firm::{Firm, writer};
use std::path::Path;
use std::time::Duration;
use tidings_storage::SystemEntropy;
use tidings_storage::postgres::Postgres as Store;
use tidings_tests::{Authority, Postgres};

/// The address of its database by this name of the server, trusting these.
fn url(server: &Postgres, host: &str, roots: &Path) -> String {
    let url = server.url("postgres").replace("127.0.0.1", host);
    format!("{url}?sslmode=verify-full&sslrootcert={}", roots.display())
}

fn refused(url: &str) -> String {
    let opened = Store::open(&url.parse().unwrap(), Duration::ZERO, &mut SystemEntropy);
    opened.err().expect("it is not spoken to").to_string()
}

#[test]
fn a_server_that_is_vouched_for_is_spoken_to_in_secret() {
    let authority = Authority::new();
    let server = Postgres::start_with_tls(&authority.vouch("127.0.0.1"));
    let mut secret = writer(&url(&server, "127.0.0.1", &authority.roots()));
    let mut open = writer(&server.url("postgres"));
    Firm::new(&mut secret);
    Firm::new(&mut open);
    let lines = server.query(
        "postgres",
        "SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE application_name = 'tidings' GROUP BY ssl ORDER BY ssl",
    );
    let lines: Vec<Vec<_>> = lines.iter().map(|line| line.iter().flatten().collect()).collect();
    assert_eq!(lines, [["f", "1"], ["t", "1"]]);
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_spoken_to() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Postgres::start_with_tls(&authority.vouch("localhost"));
    Firm::new(&mut writer(&url(&server, "localhost", &authority.roots())));
    let why = refused(&url(&server, "localhost", &stranger.roots()));
    assert!(why.contains("invalid peer certificate"), "{why}");
    let why = refused(&format!("{}?sslmode=require", server.url("postgres")));
    assert!(why.contains("certificate") || why.contains("no root certificates"), "{why}");
    // It is called by another name than it was vouched for.
    let why = refused(&url(&server, "127.0.0.1", &authority.roots()));
    assert!(why.contains("not valid for"), "{why}");
    let why = refused(&url(&server, "localhost", Path::new("/nowhere.pem")));
    assert!(why.contains("sslrootcert /nowhere.pem"), "{why}");
}

#[test]
fn a_server_without_tls_is_not_spoken_to_without() {
    let authority = Authority::new();
    let why = refused(&url(Postgres::shared(), "127.0.0.1", &authority.roots()));
    assert!(why.contains("does not support TLS"), "{why}");
}
