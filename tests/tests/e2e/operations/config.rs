//! Settings: who goes before whom, and what is said of a wrong one.

use tempfile::TempDir;
use tidings_tests::{tidings, tidings_with};

/// A folder with a configuration file, and the file's path.
fn file(text: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("there is room for temporary files");
    let path = folder.path().join("tidings.toml");
    std::fs::write(&path, text).expect("it can be written");
    (folder, path.to_string_lossy().into_owned())
}

#[tokio::test]
async fn flags_go_before_the_environment_before_the_file_before_defaults() {
    let text = "listen = \"127.0.0.1:1001\"\n[limits]\ncommands_per_second = 11\nreaders = 3\n";
    let (_folder, path) = file(text);
    let environment = [("TIDINGS_COMMANDS_PER_SECOND", "12"), ("TIDINGS_LISTEN", "127.0.0.1:1002")];
    let arguments = ["check-config", "--config", &path, "--listen", "127.0.0.1:1003"];
    let shown = tidings_with(&environment, arguments).await.ok().stdout;
    for line in [
        "listen = \"127.0.0.1:1003\"  # --listen",
        "commands_per_second = 12  # TIDINGS_COMMANDS_PER_SECOND",
        &format!("readers = 3  # {path}:4"),
        "commands_burst = 200  # default",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "no {line} in:\n{shown}");
    }
    // What it shows is a file that sets the same.
    let (_folder, again) = file(&shown);
    let shown_again = tidings(["check-config", "--config", &again]).await.ok().stdout;
    let bare = |text: &str| {
        let settings = text.lines().map(|line| line.split("  # ").next().unwrap_or_default());
        settings.filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(bare(&shown_again), bare(&shown));
}

/// Variables, arguments, and what has to be named in the refusal.
type Case<'a> = (&'a [(&'a str, &'a str)], Vec<&'a str>, &'a [&'a str]);

#[tokio::test]
async fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    let (_folder, path) = file("[limits]\ncomands_per_second = 1\n");
    let table: [Case<'_>; 4] = [
        (&[], vec!["--config", &path], &[":2", "comands_per_second", "limits.commands_per_second"]),
        (&[("TIDINGS_LISTN", "x")], vec![], &["TIDINGS_LISTN", "TIDINGS_LISTEN"]),
        (&[], vec!["--lisen", "127.0.0.1:1"], &["--lisen", "--listen"]),
        (&[], vec!["--readers", "0"], &["--readers", "1 to 64"]),
    ];
    for (environment, arguments, named) in table {
        let all = ["check-config"].into_iter().chain(arguments);
        let refused = tidings_with(environment, all).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        for name in named {
            assert!(refused.stderr.contains(name), "no {name} in {}", refused.stderr);
        }
    }
}

#[tokio::test]
async fn a_wrong_command_line_says_what_is_wrong_and_does_nothing() {
    let folder = TempDir::new().expect("there is room for temporary files");
    let store = format!("sqlite:{}", folder.path().join("none.db").display());
    let person = format!("member:{}", uuid::Uuid::nil());
    let table: [(&[&str], &str); 4] = [
        (&["token", "--person", &person, "--store", &store], "there is no store"),
        (&["token", "--person", "mia", "--store", &store], "member:UUID"),
        (&["backup", "copy.db", "--store", &store], "there is no store"),
        (&["firm", "create", "", "--store", &store], "empty"),
    ];
    for (arguments, said) in table {
        let failed = tidings(arguments).await;
        assert_ne!(failed.code, Some(0), "{arguments:?}");
        assert!(failed.stderr.contains(said), "{arguments:?}: {}", failed.stderr);
        assert!(failed.stdout.is_empty(), "{arguments:?}: {}", failed.stdout);
    }
    let left = std::fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(left, 0, "nothing was made");
}
