//! A client that is neither ours nor tungstenite's: Python's `websockets`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command as Blocking, Stdio};
use std::sync::OnceLock;
use tidings_protocol::Encoding;
use tidings_tests::{Cast, Server, history, messages, start_thread, thread as draft, within};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// The Python that the test command made with what `requirements.txt` names; made here if the
/// tests were started without it.
fn interpreter() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| match std::env::var_os("TEST_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => make(),
    })
}

fn make() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let target = test.ancestors().nth(3).expect("target/PROFILE/deps/test");
    let folder = target.join("test-python");
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt");
    run(Blocking::new("python3").args(["-m", "venv"]).arg(&folder));
    let python = folder.join("bin/python");
    run(Blocking::new(&python).args(["-m", "pip", "install", "--quiet", "-r", list]));
    python
}

fn run(command: &mut Blocking) {
    let status = command.status();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "{command:?}: {status:?}; the tests need Python 3 with `venv`, or TEST_PYTHON"
    );
}

/// A search path on which `python3` is that one.
pub(crate) fn search_path() -> OsString {
    let first = interpreter().parent().expect("it is in a folder").to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(first).chain(std::env::split_paths(&others));
    std::env::join_paths(all).expect("paths that were joined before")
}

#[tokio::test]
async fn a_client_in_python_converses_loses_its_connection_and_resumes() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect_with(cast.mia, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["sign"])).await;
    let (carlos, colleague) = (cast.firm.token(cast.carlos).await, cast.firm.token(cast.mia).await);
    let mut script = tokio::process::Command::new(interpreter());
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/conversation.py"));
    script.arg(format!("ws://{}/v1/ws", server.endpoint().address()));
    script.args([carlos, colleague, thread.to_string()]).kill_on_drop(true);
    let output = within("the Python client to end", script.output()).await;
    let output = output.expect("Python can be run");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{out}\n{err}");
    let log = history(&mut mia, thread).await;
    let bodies: Vec<String> = messages(&log).into_iter().map(|(_, body)| body).collect();
    let told: Vec<String> = serde_json::from_str(&out).expect("it prints what it has seen");
    assert_eq!(told, bodies, "what it has seen is what the log says");
}

/// The client that the protocol document shows.
fn documented_client() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/PROTOCOL.md");
    let document = std::fs::read_to_string(path).expect("the document is in the project");
    let (_, client) = document.split_once("```python\n").expect("it shows a client in Python");
    client.split_once("```").expect("which ends").0.to_owned()
}

#[tokio::test]
async fn the_client_in_the_document_posts_what_is_typed_in_order() {
    let server = Server::start_with(&[("commands-burst", "10")]).await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect_with(cast.mia, Encoding::Json).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let script = server.path("client.py");
    std::fs::write(&script, documented_client()).expect("there is room for a file");
    let mut client = tokio::process::Command::new(interpreter());
    client.arg(script).arg(format!("ws://{}/v1/ws", server.endpoint().address()));
    client.args([cast.firm.token(cast.carlos).await, thread.to_string()]).kill_on_drop(true);
    let mut client =
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python can be run");

    // More than the rate allows at once: some are refused, and wait their turn.
    let typed: Vec<String> = (1..=60).map(|number| format!("line {number}")).collect();
    let mut input = client.stdin.take().expect("it is piped");
    let text = typed.join("\n") + "\n";
    input.write_all(text.as_bytes()).await.expect("it reads what is typed");
    let mut shown = BufReader::new(client.stdout.take().expect("it is piped")).lines();
    let mut told = Vec::new();
    while told.last() != typed.last() {
        let line = within("the client to show a message", shown.next_line()).await;
        let line = line.expect("it is text").expect("it goes on");
        told.extend(typed.iter().find(|typed| line.ends_with(&format!("}} {typed}"))).cloned());
    }
    assert_eq!(told, typed);
    let log = history(&mut mia, thread).await;
    let bodies: Vec<String> = messages(&log).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies[1..], typed, "after the thread's own first message");
}
