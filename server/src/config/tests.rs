//! Where values come from, what is refused, and with which words.

use super::*;
use std::collections::HashSet;
use std::time::Duration;

fn flag(key: &str, text: &str) -> Given {
    let setting = Setting::of_key(key).expect("a known key");
    Given { setting, text: text.to_owned(), source: Source::Flag }
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn toml_file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// As a command does that takes every setting.
fn load(
    flags: Vec<Given>,
    environment: Vec<(OsString, OsString)>,
    config: Option<PathBuf>,
) -> Result<Effective, Problems> {
    super::load(flags, environment, config, |_| true)
}

fn load_file(text: &str) -> Result<Effective, Problems> {
    let file = toml_file(text);
    load(Vec::new(), Vec::new(), Some(file.path().to_owned()))
}

fn problems(result: Result<Effective, Problems>) -> String {
    result.err().expect("must be refused").to_string()
}

#[test]
fn defaults_are_those_of_the_table() {
    let config = Config::default();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.store, StoreUrl::Sqlite("tidings-data/tidings.db".into()));
    assert_eq!(config.bus, crate::bus::BusUrl::Local);
    assert_eq!(config.ops_listen, None);
    assert!(config.allowed_origins.is_empty());
    assert_eq!(config.limits.outbound_bytes, 1024 * 1024);
    assert_eq!(config.limits.commit_pace, Duration::from_millis(10));
    assert_eq!(config.limits.commands_per_second, 50);
    assert!(!config.log.json);
}

#[test]
fn every_setting_has_a_name_of_its_own() {
    let flags: HashSet<_> = SETTINGS.iter().map(Setting::flag).collect();
    let variables: HashSet<_> = SETTINGS.iter().map(Setting::variable).collect();
    assert_eq!((flags.len(), variables.len()), (SETTINGS.len(), SETTINGS.len()));
    assert!(!flags.contains("config"), "--config names the file");
    let sections: Vec<_> = SETTINGS.iter().map(Setting::section).collect();
    assert!(sections.chunk_by(|a, b| a == b).count() == 5, "sections are whole: {sections:?}");
}

#[test]
fn a_flag_goes_before_a_variable_before_the_file_before_the_default() {
    let file = toml_file("listen = \"127.0.0.1:1\"\n[limits]\nreaders = 3\nconnections = 7\n");
    let environment = [
        ("TIDINGS_LISTEN", "127.0.0.1:2"),
        ("TIDINGS_READERS", "4"),
        ("TIDINGS_CONFIG", file.path().to_str().unwrap()),
        ("HOME", "/root"),
    ];
    let flags = vec![flag("listen", "127.0.0.1:3")];
    let effective = load(flags, variables(&environment), None).unwrap();
    assert_eq!(effective.config.listen.port(), 3);
    assert_eq!(effective.config.limits.readers, Some(4));
    assert_eq!(effective.config.limits.connections, 7);
    assert_eq!(effective.config.limits.sockets_per_person, 20);
}

#[test]
fn the_config_flag_goes_before_its_variable() {
    let (named, flagged) = (toml_file("[limits]\nreaders = 3"), toml_file("[limits]\nreaders = 5"));
    let environment = [("TIDINGS_CONFIG", named.path().to_str().unwrap())];
    let effective =
        load(Vec::new(), variables(&environment), Some(flagged.path().to_owned())).unwrap();
    assert_eq!(effective.config.limits.readers, Some(5));
}

#[test]
fn unknown_keys_are_refused_with_their_line_and_the_nearest_known_one() {
    let text =
        "lisen = \"127.0.0.1:1\"\nconnections = 5\n[limits]\ncomands_per_second = 1\n[logs]\n";
    let said = problems(load_file(text));
    for expected in [
        ":1: unknown key `lisen`; the nearest known one is `listen`",
        ":2: unknown key `connections`; the nearest known one is `limits.connections`",
        ":4: unknown key `limits.comands_per_second`; the nearest known one is \
         `limits.commands_per_second`",
        ":5: unknown key `logs`; the nearest known one is `log`",
    ] {
        assert!(said.contains(expected), "{expected}\nis missing in\n{said}");
    }
    assert_eq!(said.lines().count(), 4);
}

#[test]
fn unknown_variables_are_refused_with_the_nearest_known_one() {
    let said = problems(load(Vec::new(), variables(&[("TIDINGS_LISTEM", "x")]), None));
    assert_eq!(said, "TIDINGS_LISTEM: unknown variable; the nearest known one is TIDINGS_LISTEN");
}

#[test]
fn bad_values_name_setting_source_value_and_bound() {
    let environment = variables(&[("TIDINGS_READERS", "0"), ("TIDINGS_DRAIN_TIME", "5")]);
    let flags = vec![flag("limits.outbound_bytes", "1KiB"), flag("store", "mysql:x")];
    let said = problems(load(flags, environment, None));
    for expected in [
        "TIDINGS_READERS: limits.readers = `0` must be 1 to 64",
        "TIDINGS_DRAIN_TIME: limits.drain_time = `5` must be a number and a unit",
        "--outbound-bytes: limits.outbound_bytes = `1KiB` must be 512KiB to 64MiB",
        "--store: store = `mysql:x` must be sqlite:PATH",
    ] {
        assert!(said.contains(expected), "{expected}\nis missing in\n{said}");
    }
    let said = problems(load_file("\n[limits]\nconnections = 0"));
    assert!(said.ends_with(":3: limits.connections = `0` must be 1 to 1000000"), "{said}");
}

#[test]
fn values_of_the_wrong_type_are_refused_with_their_line() {
    let said = problems(load_file("listen = true\nallowed_origins = [1]\n[limits]\nreaders = 1.5"));
    for expected in [
        ":1: listen: boolean; must be a string",
        ":2: allowed_origins: array; must be a string or an array of strings",
        ":4: limits.readers: float; must be a whole number",
    ] {
        assert!(said.contains(expected), "{expected}\nis missing in\n{said}");
    }
}

#[test]
fn broken_toml_and_missing_files_are_refused_by_name() {
    assert!(problems(load_file("listen = \"127.0.0.1:1\"\nx = = 1")).contains(":2: "));
    let said = problems(load(Vec::new(), Vec::new(), Some("no-such.toml".into())));
    assert!(said.starts_with("no-such.toml: cannot be read: "), "{said}");
    let said = problems(load_file("[auth]\nhost_issuer = \"app\"\nhost_secret_file = \"nowhere\""));
    assert!(said.contains(":3: auth.host_secret_file = `nowhere` cannot be read: "), "{said}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let said = problems(load(vec![flag("auth.host_issuer", "app")], Vec::new(), None));
    assert!(said.starts_with("auth.host_issuer: needs auth.host_secret_file or"), "{said}");
    let secret = toml_file("0123456789abcdef0123456789abcdef");
    let secret = secret.path().to_str().unwrap();
    let said = problems(load(vec![flag("auth.host_secret_file", secret)], Vec::new(), None));
    assert!(said.starts_with("auth.host_secret_file: needs auth.host_issuer"), "{said}");
    let said = problems(load(vec![flag("bus", "redis://127.0.0.1")], Vec::new(), None));
    assert!(said.starts_with("bus: is for several nodes, and a SQLite store has one"), "{said}");
    let same = vec![flag("auth.host_issuer", "tidings"), flag("auth.host_secret_file", secret)];
    assert!(problems(load(same, Vec::new(), None)).contains("is auth.issuer too"));
}

#[test]
fn an_empty_value_unsets_what_may_be_unset() {
    let file = toml_file("ops_listen = \"127.0.0.1:9\"");
    let path = Some(file.path().to_owned());
    let effective = load(vec![flag("ops_listen", "")], Vec::new(), path).unwrap();
    assert_eq!(effective.config.ops_listen, None);
    assert!(load(vec![flag("listen", "")], Vec::new(), None).is_err());
}

#[test]
fn what_is_shown_is_a_file_that_sets_the_same() {
    let origins = "https://a.example, https://b.example";
    let flags = vec![flag("allowed_origins", origins), flag("limits.connections", "7")];
    let effective = load(flags, variables(&[("TIDINGS_LOG_FORMAT", "json")]), None).unwrap();
    let shown = show(&effective);
    for line in [
        "listen = \"127.0.0.1:8080\"  # default",
        "# ops_listen is not set (default)",
        "allowed_origins = [\"https://a.example\", \"https://b.example\"]  # --allowed-origins",
        "format = \"json\"  # TIDINGS_LOG_FORMAT",
        "connections = 7  # --connections",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line} is missing in\n{shown}");
    }
    let again = load_file(&shown).unwrap();
    assert_eq!(format!("{:?}", again.config), format!("{:?}", effective.config));
}

#[test]
fn passwords_are_not_shown() {
    let said = problems(load(vec![flag("bus", "redis://me:s3cret@a?ca=b")], Vec::new(), None));
    assert!(said.starts_with("--bus: bus = `redis://me:…@a?ca=b` needs"), "{said}");
}

#[test]
fn what_a_command_does_not_take_is_known_to_it_but_not_looked_at() {
    let environment = [
        ("TIDINGS_AUTH_HOST_ISSUER", "app"),
        ("TIDINGS_AUTH_HOST_SECRET_FILE", "nowhere"),
        ("TIDINGS_AUTH_ISSUER", "us"),
    ];
    let issuer_only = |setting: &Setting| setting.key == "auth.issuer";
    let taken = super::load(Vec::new(), variables(&environment), None, issuer_only).unwrap();
    let AuthConfig { issuer, host_issuer, host_secret_file, .. } = taken.config.auth;
    assert_eq!((issuer.as_str(), host_issuer, host_secret_file), ("us", None, None));
    let unknown = variables(&[("TIDINGS_AUTH_ISUER", "us")]);
    let said = problems(super::load(Vec::new(), unknown, None, issuer_only));
    assert!(said.contains("TIDINGS_AUTH_ISSUER"), "{said}");
}

#[test]
fn emails_are_put_into_a_folder_unless_a_mail_server_is_named() {
    let config = Config::default().mail;
    assert_eq!((config.apart, config.smtp), (false, None));
    assert_eq!(config.folder, PathBuf::from("tidings-data/mail"));
    assert_eq!(config.from.to_string(), "tidings@localhost");
    assert_eq!(config.login_time, Duration::from_hours(24));
    let flags = vec![
        flag("mail.smtp", "smtps://mail.example"),
        flag("mail.from", "chat@bright.example"),
        flag("mail.public_url", "https://chat.example/"),
        flag("mail.reply_domain", "Reply.Example"),
        flag("mail.inbound_listen", "127.0.0.1:2525"),
        flag("mail.login_time", "7d"),
    ];
    let config = load(flags, Vec::new(), None).unwrap().config.mail;
    assert_eq!(config.smtp.unwrap().to_string(), "smtps://mail.example:465");
    assert_eq!(config.public_url.as_deref(), Some("https://chat.example"));
    assert_eq!(config.reply_domain.as_deref(), Some("reply.example"));
    assert_eq!(config.login_time, Duration::from_hours(7 * 24));
}

#[test]
fn settings_of_emails_that_do_not_go_together_are_refused() {
    let key = toml_file("not looked at here");
    let key = key.path().to_str().unwrap();
    for (flags, expected) in [
        (vec![("mail.notifier", "apart")], "mail.notifier: is apart, and a SQLite store"),
        (vec![("mail.reply_domain", "a.example")], "mail.reply_domain: needs mail.inbound_listen"),
        (vec![("mail.inbound_listen", "127.0.0.1:1")], "mail.inbound_listen: needs mail.reply"),
        (vec![("mail.dkim_domain", "a.example")], "mail.dkim_selector: is missing"),
        (vec![("mail.dkim_key_file", key)], "mail.dkim_domain: is missing"),
        (vec![("mail.smtp", "smtps://me@a")], "mail.smtp: names a user"),
        (vec![("mail.smtp", "smtps://a")], "mail.from: is tidings@localhost"),
        (vec![("mail.smtp_password_file", key)], "mail.smtp_password_file: is set"),
        (vec![("mail.login_time", "8d")], "mail.login_time = `8d` must be 1h to 7d"),
        (vec![("mail.smtp", "smtps://me:s3cret@a")], "mail.smtp = `smtps://me:…@a` must not have"),
    ] {
        let flags = flags.iter().map(|(key, text)| flag(key, text)).collect();
        let said = problems(load(flags, Vec::new(), None));
        assert!(said.contains(expected), "{expected}\nis missing in\n{said}");
    }
}
