//! `tidings demo`: what it prints works as it stands.

use crate::python;
use std::process::Stdio;
use tempfile::TempDir;
use tidings_protocol::{Command, Encoding, Outcome, RequestId, ThreadId};
use tidings_tests::{Client, Endpoint, Http, Process, messages, post, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A running demo, and the lines that one is asked to paste.
struct Demo {
    process: Process,
    guide: String,
    endpoint: Endpoint,
    thread: ThreadId,
    /// Goes when the process has gone.
    _folder: Option<TempDir>,
}

impl Demo {
    /// One with a store in a folder of ours: it is killed in the end, and cleans up nothing.
    async fn start() -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let data = folder.path().join("demo").to_string_lossy().into_owned();
        Self::start_with(&["--data", &data], Some(folder)).await
    }

    async fn start_with(arguments: &[&str], folder: Option<TempDir>) -> Self {
        let arguments = ["demo", "--listen", "127.0.0.1:0"].iter().chain(arguments);
        let arguments: Vec<String> = arguments.map(|text| (*text).to_owned()).collect();
        let process = Process::start(&arguments);
        let last = |line: &str| {
            line.ends_with("/metrics").then_some(()).filter(|()| line.starts_with("curl"))
        };
        let waited = process.output.wait_for("the guide", last).await;
        waited.unwrap_or_else(|printed| panic!("the demo ended:\n{printed}"));
        let guide = process.output.lines().join("\n");
        let url = value(&guide, "URL=ws://");
        let (address, _) = url.split_once('/').expect("a path follows");
        let endpoint = Endpoint::of(address.parse().expect("an address"));
        let thread = value(&guide, " THREAD=").parse().expect("the id of a thread");
        Self { process, guide, endpoint, thread, _folder: folder }
    }

    /// Runs the pasted variables and then a script, as a shell would.
    async fn shell(&self, script: &str, input: &str) -> String {
        let variables: Vec<&str> = self
            .guide
            .lines()
            .filter(|line| {
                let name = line.split_once('=').map_or("", |(name, _)| name);
                ["URL", "OWNER", "MEMBER", "CONTACT", "API_KEY"].contains(&name)
            })
            .collect();
        let script = format!("{}\n{script}", variables.join("\n"));
        let mut shell = tokio::process::Command::new("bash");
        shell.args(["-ec", &script]).env("PATH", python::search_path()).kill_on_drop(true);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut shell = shell.spawn().expect("bash can be run");
        let mut stdin = shell.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).await.expect("it reads");
        drop(stdin);
        let output = within("a pasted line to end", shell.wait_with_output()).await;
        let output = output.expect("it is our child");
        assert!(output.status.success(), "{script}");
        String::from_utf8(output.stdout).expect("it prints text")
    }

    /// The lines from one that begins with `first` to one that ends with `last`.
    fn lines(&self, first: &str, last: &str) -> String {
        let mut lines = self.guide.lines().skip_while(|line| !line.starts_with(first));
        let mut taken = Vec::new();
        for line in lines.by_ref() {
            taken.push(line);
            if line.ends_with(last) {
                return taken.join("\n");
            }
        }
        panic!("no {first} … {last} in:\n{}", self.guide)
    }
}

fn value<'a>(guide: &'a str, name: &str) -> &'a str {
    let (_, rest) = guide.split_once(name).unwrap_or_else(|| panic!("no {name} in:\n{guide}"));
    rest.split_whitespace().next().unwrap_or_default()
}

#[tokio::test]
async fn the_demos_tokens_hold_a_conversation() {
    let mut demo = Demo::start_with(&[], None).await;
    let thread = demo.thread;
    let mut people = Vec::new();
    for name in ["\nOWNER=", "\nMEMBER=", "\nCONTACT="] {
        let token = value(&demo.guide, name);
        let mut client = Client::connect(&demo.endpoint, token, Encoding::Json).await;
        client.join(thread, None).await;
        people.push(client);
    }
    for at in 0..people.len() {
        let body = format!("message {at}");
        let seq = people[at].written(post(thread, body.clone())).await;
        for client in &mut people {
            let heard = client.events_up_to(seq).await;
            assert_eq!(messages(&heard).last().map(|(_, body)| body), Some(&body));
        }
    }
    demo.process.signal("INT").await;
    assert_eq!(demo.process.ended().await.code(), Some(0));
    let folder = value(&demo.guide, "  data ");
    assert!(!std::path::Path::new(folder).exists(), "{folder} is left behind");
}

#[tokio::test]
async fn the_demos_python_client_converses() {
    let demo = Demo::start().await;
    let token = value(&demo.guide, "\nMEMBER=");
    let mut member = Client::connect(&demo.endpoint, token, Encoding::Json).await;
    member.join(demo.thread, None).await;
    let client = demo.lines("python3 -c '", "\"$THREAD\"");
    demo.shell(&client, "typed by Carla\nand again\n").await;
    loop {
        let event = member.event().await;
        if messages(&[event]).iter().any(|(_, body)| body == "and again") {
            break;
        }
    }
}

#[tokio::test]
async fn the_demos_lines_for_curl_and_websocat_say_what_they_should() {
    let demo = Demo::start().await;
    let token = value(&demo.guide, "\nMEMBER=");
    let mut member = Client::connect(&demo.endpoint, token, Encoding::Json).await;
    member.join(demo.thread, None).await;

    // What curl and websocat are given, without asking that they are installed.
    let curl = demo.lines("curl -sw", "}}}'");
    let arguments = demo.shell(&format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{curl}"), "").await;
    let after = |flag: &str| {
        let mut lines = arguments.lines().skip_while(|line| *line != flag);
        lines.nth(1).unwrap_or_else(|| panic!("no {flag} in {arguments}"))
    };
    let key = after("-H").strip_prefix("Authorization: Bearer ").expect("a credential");
    let body = serde_json::from_str(after("-d")).expect("JSON");
    let path = "/v1/commands";
    assert!(arguments.contains(&format!("http://{}{path}\n", demo.endpoint.address())));
    let answer = Http::new(&demo.endpoint).with(key).send("POST", path, Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);

    let talk = demo.lines("talk() {", "\"$URL\"");
    let frames = demo.shell(&format!("websocat() {{ cat; }}\n{talk}"), "by websocat\n").await;
    let opened = Client::try_connect(&demo.endpoint, None, Encoding::Json).await;
    let mut contact = opened.expect("a socket");
    for (frame, id) in frames.lines().zip(1..) {
        let sent = contact.send_text(|_| frame.to_owned()).await;
        assert_eq!(sent, RequestId(id), "the lines number their frames so");
        assert!(matches!(contact.reply(sent).await, Outcome::Ok(_)), "{frame}");
    }
    let head = contact.written(Command::PostMessage {
        thread: demo.thread,
        key: tidings_tests::key(),
        body: "the end".to_owned(),
        mentions: Vec::new(),
    });
    let head = head.await;
    let said = messages(&member.events_up_to(head).await);
    let said: Vec<&str> = said.iter().map(|(_, body)| body.as_str()).collect();
    assert!(said.ends_with(&["Hello from curl", "by websocat", "the end"]), "{said:?}");
}

/// What an address answers to a request of these lines.
async fn raw(address: &str, lines: &[&str], body: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("somebody listens");
    let request = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    // A socket that was opened stays open.
    let closes = lines.contains(&"connection: close");
    let is_whole = |answer: &[u8]| !closes && answer.ends_with(b"\r\n\r\n");
    let whole = async {
        while !is_whole(&answer) && stream.read_buf(&mut answer).await? > 0 {}
        std::io::Result::Ok(())
    };
    within("an answer", whole).await.expect("it answers");
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn links_of_the_demos_emails_lead_to_a_page_that_may_open_a_socket() {
    let demo = Demo::start().await;
    let portal = value(&demo.guide, "  portal ").trim_end_matches('/');
    let host = portal.strip_prefix("http://").expect("an address");
    let server = format!("http://{}", demo.endpoint.address());
    let token = value(&demo.guide, "\nCONTACT=");
    let body = format!("token={token}&expires_ms=1&thread={}", demo.thread);
    for (origin, status) in [(server.as_str(), "200"), ("https://elsewhere.example", "403")] {
        let (length, origin) =
            (format!("content-length: {}", body.len()), format!("origin: {origin}"));
        let lines = ["POST / HTTP/1.1", "host: x", "connection: close", &length, &origin];
        let answer = raw(host, &lines, &body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert_eq!(answer.contains(token), status == "200", "{answer}");
    }
    let origin = format!("origin: {portal}");
    let lines = [
        "GET /v1/ws HTTP/1.1",
        "host: x",
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        &origin,
    ];
    let opened = raw(&demo.endpoint.address().to_string(), &lines, "").await;
    assert!(opened.starts_with("HTTP/1.1 101"), "{opened}");
}
