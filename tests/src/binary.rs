//! Finding the programs under test, and running them for commands that end by themselves.

use crate::wait::within;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::process::Command;

/// How long a run of the load tester may take: seconds by its nature, on a busy machine many; it has
/// deadlines of its own for whatever it waits for.
const RUN_TIME: Duration = Duration::from_mins(5);

/// What a command that ended has said.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// The same, if it ended well.
    #[track_caller]
    #[must_use]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The rest of the line of standard output that begins with a word.
    #[track_caller]
    pub fn value(&self, word: &str) -> &str {
        let found = self.stdout.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no line `{word} …` in:\n{}", self.stdout)).trim()
    }
}

/// Runs `tidings` with these arguments until it ends.
pub async fn tidings<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Finished {
    tidings_with(&[], arguments).await
}

/// The same with variables in its environment.
pub async fn tidings_with<A: AsRef<OsStr>>(
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Finished {
    let mut command = command();
    command.envs(variables.iter().copied()).args(arguments);
    within("a command to end", finish(command)).await
}

/// Runs `tidings-loadtest` with these arguments until it ends.
pub async fn loadtest<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Finished {
    let mut command = loadtest_command();
    command.args(arguments);
    let ended = tokio::time::timeout(RUN_TIME, finish(command)).await;
    ended.expect("a run of the load tester ends")
}

/// `tidings-loadtest`, with nothing of ours in its environment.
pub(crate) fn loadtest_command() -> Command {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    clean(PATH.get_or_init(|| find("tidings-loadtest", "TIDINGS_LOADTEST_BIN")))
}

async fn finish(mut command: Command) -> Finished {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.expect("a program that was built can be run");
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `tidings`, with nothing of ours in its environment.
pub(crate) fn command() -> Command {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    clean(PATH.get_or_init(|| find("tidings", "TIDINGS_BIN")))
}

/// `tidings-notifier`, the same.
pub(crate) fn notifier_command() -> Command {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    clean(PATH.get_or_init(|| find("tidings-notifier", "TIDINGS_NOTIFIER_BIN")))
}

fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TIDINGS_") {
            command.env_remove(name);
        }
    }
    command
}

/// What the variable says, or the program beside this test, built now: a test of yesterday's
/// program says nothing. Nothing is compiled if it is of today.
fn find(program: &str, variable: &str) -> PathBuf {
    if let Some(given) = std::env::var_os(variable) {
        return PathBuf::from(given);
    }
    let beside = beside_this_test(program);
    build(program, &beside);
    assert!(
        beside.is_file(),
        "{} is not there; run `cargo build --bin {program}`, or set {variable}",
        beside.display()
    );
    beside
}

/// `target/debug/PROGRAM` for a test in `target/debug/deps`.
fn beside_this_test(program: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let folder = test.parent().expect("it is in a folder");
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

fn build(program: &str, beside: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    // With the whole workspace's features, as the tests are, so that nothing is compiled twice.
    command.args(["build", "--quiet", "--workspace", "--all-features", "--bin", program]);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).arg("--target-dir");
    command.arg(beside.parent().and_then(Path::parent).expect("target/PROFILE"));
    if beside.parent().is_some_and(|folder| folder.ends_with("release")) {
        command.arg("--release");
    }
    let built = command.status().is_ok_and(|status| status.success());
    assert!(built, "{program} can't be built");
}
