//! The program as an operator meets it: what commands print, on which stream, with which exit code.
//! (Cargo builds the program because this test asks for it, with the features of all the tests.)

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tidings_tests::{Postgres, now, within};
use tokio::net::TcpListener;

fn tidings(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program can be run")
}

/// Runs a command that must end well, and gives its standard output.
fn stdout(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = tidings(folder, arguments, environment);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs a command that must fail with an exit code, and gives its standard error.
fn refused(folder: &Path, code: i32, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = tidings(folder, arguments, environment);
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert_eq!(output.stdout, b"", "{arguments:?} failed, but printed something");
    errors
}

#[test]
fn check_config_prints_each_value_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.toml"), "[limits]\nreaders = 3\nconnections = 7\n")
        .unwrap();
    let arguments = ["check-config", "--config", "t.toml", "--listen", "127.0.0.1:1"];
    let environment = [("TIDINGS_READERS", "4"), ("TIDINGS_LISTEN", "127.0.0.1:2")];
    let shown = stdout(folder.path(), &arguments, &environment);
    for line in [
        "listen = \"127.0.0.1:1\"  # --listen",
        "readers = 4  # TIDINGS_READERS",
        "connections = 7  # t.toml:3",
        "sockets_per_person = 20  # default",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line} is missing in\n{shown}");
    }
}

#[test]
fn check_config_names_everything_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.toml"), "lisen = \"x\"\n").unwrap();
    let environment =
        [("TIDINGS_READERS", "0"), ("TIDINGS_STOR", "x"), ("TIDINGS_CONFIG", "t.toml")];
    let said = refused(folder.path(), 2, &["check-config", "--store", "x"], &environment);
    for expected in [
        "t.toml:1: unknown key `lisen`; the nearest known one is `listen`",
        "TIDINGS_STOR: unknown variable; the nearest known one is TIDINGS_STORE",
        "TIDINGS_READERS: limits.readers = `0` must be 1 to 64",
        "--store: store = `x` must be sqlite:PATH",
    ] {
        assert!(said.contains(expected), "{expected} is missing in\n{said}");
    }
    assert_eq!(said.lines().count(), 4, "{said}");
}

#[test]
fn unknown_flags_and_bad_arguments_are_refused_with_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| refused(folder.path(), 2, arguments, &[]);
    assert!(run(&["serve", "--lissen", "x"]).contains("'--listen'"));
    assert!(run(&["serv"]).contains("'serve'"));
    assert!(run(&["token", "--person", "member:1"]).contains("member:UUID or contact:UUID"));
    let nobody = "member:01a1ff8d-a1c3-77f7-bd2a-61917f1f2da9";
    assert!(run(&["token", "--person", nobody, "--ttl", "25h"]).contains("1s to 24h"));
    assert!(run(&["firm", "create", " "]).contains("empty"));
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
}

#[test]
fn a_firm_is_made_without_a_server_and_its_key_is_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = ("TIDINGS_STORE", "sqlite:a/b.db");
    let said = stdout(folder.path(), &["firm", "create", "Bright & Partners"], &[store]);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    let secret = lines[1].strip_prefix("api_key tk_").expect("the key");
    assert!(lines[0].strip_prefix("firm ").is_some_and(|id| id.len() == 36), "{said}");

    stdout(folder.path(), &["backup", "copy.db"], &[store]);
    for file in ["a/b.db", "copy.db"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{file} has the secret");
    }
    let again = refused(folder.path(), 1, &["backup", "copy.db"], &[store]);
    assert_eq!(again, "tidings: copy.db: exists already; a backup goes to a new file\n");
    let nobody = "contact:01a1ff8d-a1c3-77f7-bd2a-61917f1f2da9";
    let said = refused(folder.path(), 1, &["token", "--person", nobody], &[store]);
    assert_eq!(said, format!("tidings: {nobody}: there is nobody with this id\n"));
}

#[test]
fn a_firm_that_lost_its_keys_gets_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let said = stdout(folder.path(), &["firm", "create", "Bright & Partners"], &[]);
    let firm = said.lines().find_map(|line| line.strip_prefix("firm ")).unwrap();
    let key = stdout(folder.path(), &["firm", "key", firm, "--label", "found again"], &[]);
    let secret = key.strip_prefix("api_key tk_").and_then(|key| key.strip_suffix('\n'));
    assert!(secret.is_some_and(|secret| !said.contains(secret)), "{key}");
    let nobody = "01a1ff8d-a1c3-77f7-bd2a-61917f1f2da9";
    let said = refused(folder.path(), 1, &["firm", "key", nobody], &[]);
    assert_eq!(said, format!("tidings: {nobody}: there is no firm with this id\n"));
    refused(folder.path(), 2, &["firm", "key", "Bright"], &[]);
    refused(folder.path(), 2, &["firm", "key", firm, "--label", &"x".repeat(10_000)], &[]);
}

#[test]
fn a_token_is_printed_without_the_hosts_keys_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let environment =
        [("TIDINGS_AUTH_HOST_ISSUER", "app"), ("TIDINGS_AUTH_HOST_JWKS_FILE", "not/here")];
    stdout(folder.path(), &["firm", "create", "Bright & Partners"], &environment);
    let nobody = "contact:01a1ff8d-a1c3-77f7-bd2a-61917f1f2da9";
    let said = refused(folder.path(), 1, &["token", "--person", nobody], &environment);
    assert_eq!(said, format!("tidings: {nobody}: there is nobody with this id\n"));
    let said = refused(folder.path(), 2, &["check-config"], &environment);
    assert!(said.contains("`not/here` cannot be read"), "{said}");
}

#[test]
fn tools_do_not_make_a_store_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(folder.path(), 1, &["backup", "copy.db"], &[]);
    assert!(said.contains("tidings-data/tidings.db: there is no store"), "{said}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
}

#[test]
fn check_config_looks_into_key_files_as_the_server_would() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("short"), "12345").unwrap();
    let host = ["--auth-host-issuer", "host", "--auth-host-secret-file", "short"];
    let arguments: Vec<&str> = ["check-config"].into_iter().chain(host).collect();
    let said = refused(folder.path(), 1, &arguments, &[]);
    assert!(said.contains("5 bytes; at least 32"), "{said}");
}

#[test]
fn a_filter_of_logs_that_would_silence_them_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(folder.path(), 2, &["check-config", "--log-filter", "inof"], &[]);
    assert!(said.contains("`inof` is no level: one of off, error"), "{said}");
}

#[test]
fn a_store_moves_to_postgresql_and_back_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (run, postgres) = (folder.path(), Postgres::shared());
    for database in ["moved", "other"] {
        postgres.create_database(database);
    }
    let to = postgres.url("moved");
    let said = stdout(run, &["firm", "create", "Bright & Partners"], &[]);
    let firm = said.lines().find_map(|line| line.strip_prefix("firm ")).unwrap();
    let store = "sqlite:tidings-data/tidings.db";
    let moved = tidings(run, &["store", "move", "--from", store, "--to", &to], &[]);
    let told = String::from_utf8(moved.stderr).unwrap();
    assert_eq!(moved.status.code(), Some(0), "{told}");
    assert_eq!(moved.stdout, b"rows 2\n", "the firm and its key");
    assert!(told.contains("firms: copied 1 of 1\n"), "{told}");
    assert!(told.contains("api_keys: compared 1 of 1\n"), "{told}");

    let again = refused(run, 1, &["store", "move", "--from", store, "--to", &to], &[]);
    assert!(again.contains("is not empty: it has firms"), "{again}");
    let back = ["store", "move", "--from", &to, "--to", "sqlite:back.db"];
    assert_eq!(stdout(run, &back, &[]), "rows 2\n");
    stdout(run, &["firm", "key", firm, "--store", "sqlite:back.db"], &[]);

    let missing = ["store", "move", "--from", "sqlite:missing.db", "--to", &postgres.url("other")];
    assert!(refused(run, 1, &missing, &[]).contains("missing.db"));
    assert!(!run.join("missing.db").exists(), "nothing was made");
}

#[test]
fn the_ends_of_a_move_are_looked_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let run = |code, from: &str, to: &str| {
        let arguments = ["store", "move", "--from", from, "--to", to, "--password-file", "secret"];
        refused(folder.path(), code, &arguments, &[])
    };
    std::fs::write(folder.path().join("secret"), "s3cret\n").unwrap();
    assert!(run(2, "tidings.db", "sqlite:b").contains("must be sqlite:PATH"));
    assert!(run(2, "sqlite:a", "postgres://me@db/t?sslmode=prefer").contains("sslmode"));
    assert!(run(1, "sqlite:a", "sqlite:b").contains("tidings backup"));
    let said = run(1, "sqlite:a", "postgres://me@127.0.0.1:1/t");
    assert_eq!(said.matches("No such file").count(), 1, "{said}");
    assert!(run(1, "postgres://a/t", "postgres://b/t").contains("pg_dump"));
    let unreachable = "postgres://me@127.0.0.1:1/t?connect_timeout=1";
    let said = run(1, unreachable, "sqlite:b");
    assert!(said.contains("postgres://me:…@127.0.0.1:1/t"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
}

/// Runs the program that only sends emails: its exit code, and what it says on both streams.
fn notifier(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings-notifier"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    let output = command.current_dir(folder).stdin(Stdio::null()).output();
    let Output { status, mut stdout, stderr } = output.expect("the program can be run");
    stdout.extend(stderr);
    (status.code().expect("no signal"), String::from_utf8(stdout).expect("UTF-8"))
}

#[test]
fn a_notifier_beside_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["--store", "sqlite:a.db"][..], &["check-config"]] {
        let (code, said) = notifier(folder.path(), arguments, &[]);
        assert_eq!(code, 2, "{said}");
        assert!(said.starts_with("tidings-notifier: store: sqlite:"), "{said}");
        assert!(said.contains(".db is one process' own"), "{said}");
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
}

#[test]
fn a_notifier_takes_what_it_uses_and_leaves_alone_what_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (code, help) = notifier(folder.path(), &["--help"], &[]);
    assert_eq!(code, 0, "{help}");
    let lists = |flag: &str| help.lines().any(|line| line.trim_start().starts_with(flag));
    for used in ["--store <", "--bus <", "--ops-listen <", "--mail-smtp <", "--log-filter <"] {
        assert!(lists(used), "{used} is missing in\n{help}");
    }
    for unused in ["--listen <", "--auth-issuer <", "--connections <", "--mail-notifier <"] {
        assert!(!lists(unused), "{unused} stands in\n{help}");
    }
    let (code, said) = notifier(folder.path(), &["--listen", "127.0.0.1:1"], &[]);
    assert_eq!(code, 2, "{said}");
    let why = "--listen is listen, a setting of `tidings serve` that is not used here.";
    assert!(said.contains(why), "{said}");

    // The servers' file and environment serve it too.
    let toml = "listen = \"127.0.0.1:8080\"\n[mail]\nnotifier = \"apart\"\n[auth]\n\
                host_issuer = \"app\"\nhost_secret_file = \"nowhere\"\n";
    std::fs::write(folder.path().join("t.toml"), toml).unwrap();
    let environment = [("TIDINGS_CONFIG", "t.toml"), ("TIDINGS_OPS_LISTEN", "127.0.0.1:8080")];
    let arguments = ["check-config", "--store", "postgres://127.0.0.1:1/tidings"];
    let (code, shown) = notifier(folder.path(), &arguments, &environment);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("ops_listen = \"127.0.0.1:8080\"  # TIDINGS_OPS_LISTEN"), "{shown}");
    assert!(!shown.lines().any(|line| line.starts_with("listen")), "{shown}");
    assert!(!shown.contains("[auth]"), "{shown}");
}

#[test]
fn check_config_looks_into_the_files_of_emails_as_the_server_would() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let arguments = [
        "check-config",
        "--mail-dkim-domain=a.example",
        "--mail-dkim-selector=s",
        "--mail-dkim-key-file=key.pem",
    ];
    let said = refused(folder.path(), 1, &arguments, &[]);
    assert!(said.contains("key.pem"), "{said}");
    // Where others send them, it does not look.
    let apart = ["--mail-notifier=apart", "--store=postgres://127.0.0.1:1/tidings"];
    stdout(folder.path(), &[&arguments[..], &apart].concat(), &[]);
}

#[tokio::test]
async fn a_start_that_waits_for_its_database_ends_at_once_when_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = format!("postgres://me@{}/tidings", silent.local_addr().unwrap());
    let programs = [
        (env!("CARGO_BIN_EXE_tidings"), &["serve", "--listen", "127.0.0.1:0"][..]),
        (env!("CARGO_BIN_EXE_tidings-notifier"), &[]),
    ];
    for (program, arguments) in programs {
        let mut command = Command::new(program);
        command.args(arguments).args(["--store", &store]).env_clear();
        let mut child = command.current_dir(folder.path()).stdin(Stdio::null()).spawn().unwrap();
        let _waiting = within("it to ask its database", silent.accept()).await.unwrap();
        let asked = now();
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
        let ended = within("it to end", async {
            loop {
                match child.try_wait().unwrap() {
                    Some(status) => break status,
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        });
        assert_eq!(ended.await.code(), Some(0), "{program}");
        assert!(asked.elapsed() < Duration::from_secs(5), "{program}: {:?}", asked.elapsed());
    }
}
