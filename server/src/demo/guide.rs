//! What the demo prints: where it is, who one can be, and lines that work as they stand.

use super::firm::{DemoFirm, MAIL_DELAY_S, Someone};
use super::folder::Folder;
use crate::Addresses;
use crate::mail::reachable;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// A client in a few lines: prints what is said and the beginning of all else it hears, and posts
/// the lines that are typed.
const PYTHON_CLIENT: &str = r#"python3 -c '
import json, sys, threading, uuid
from websockets.sync.client import connect
url, token, thread = sys.argv[1:]
def hear(ws):
    for frame in map(json.loads, ws):
        said = frame.get("event", {}).get("kind", {}).get("message_posted")
        print(">", said["body"] if said else json.dumps(frame)[:100])
with connect(url, subprotocols=["tidings.v1.json"]) as ws:
    send = lambda id, command: ws.send(json.dumps({"id": id, "command": command}))
    send(1, {"authenticate": {"token": token}})
    send(2, {"join": {"thread": thread, "after": 0}})
    threading.Thread(target=hear, args=[ws], daemon=True).start()
    for id, line in enumerate(sys.stdin, 3):
        key = str(uuid.uuid4())
        send(id, {"post_message": {"thread": thread, "key": key, "body": line.strip()}})
'"#;

/// The same with websocat: typed lines become messages.
const WEBSOCAT_CLIENT: &str = r#"talk() {
  printf '{"id":1,"command":{"authenticate":{"token":"%s"}}}\n' "$1"
  printf '{"id":2,"command":{"join":{"thread":"%s","after":0}}}\n' "$THREAD"
  while IFS= read -r body; do
    key=$(cat /proc/sys/kernel/random/uuid)
    printf '{"id":3,"command":{"post_message":{"thread":"%s","key":"%s","body":"%s"}}}\n' "$THREAD" "$key" "$body"
  done
}"#;

/// The guide.
pub(super) fn text(firm: &DemoFirm, addresses: Addresses, folder: &Folder, mails: &str) -> String {
    let http = reachable(addresses.listen);
    let ops = addresses.ops.map_or(http, reachable);
    let mut text = String::new();
    let out = &mut text;
    let _ = writeln!(out, "Tidings runs, with a demo firm. Ctrl-C stops it.\n");
    let _ = writeln!(out, "  sockets   ws://{http}/v1/ws");
    let _ = writeln!(out, "  HTTP      http://{http}/v1");
    let _ = writeln!(out, "  metrics   http://{ops}/metrics");
    let goes = if folder.stays() { "stays" } else { "is removed at the end" };
    let _ = writeln!(out, "  data      {} ({goes})", folder.path().display());
    let _ = writeln!(out, "  emails    {mails}");
    let _ = writeln!(out, "  portal    {} (links in emails lead there)\n", firm.portal_url);
    people(out, firm);
    let _ = writeln!(out, "\nPaste this into two other terminals, to speak of them by name:\n");
    let _ = writeln!(out, "URL=ws://{http}/v1/ws THREAD={}", firm.thread);
    for (variable, someone) in variables(firm) {
        let _ = writeln!(out, "{variable}={}", someone.token);
    }
    let _ = writeln!(out, "API_KEY={}", firm.api_key);
    conversation(out);
    emails(out, mails);
    requests(out, firm, http, ops);
    text
}

fn variables(firm: &DemoFirm) -> [(&'static str, &Someone); 3] {
    [("OWNER", &firm.owner), ("MEMBER", &firm.member), ("CONTACT", &firm.contact)]
}

fn people(out: &mut String, firm: &DemoFirm) {
    for (variable, someone) in variables(firm) {
        let _ = writeln!(out, "  {variable:<9} {}  ({})", someone.person, someone.name);
    }
    let _ = writeln!(out, "  THREAD    {}", firm.thread);
}

fn conversation(out: &mut String) {
    let _ = writeln!(
        out,
        "\nA conversation with Python (`pip install websockets`): this in one terminal, and in the\n\
         other with \"$MEMBER\" in the last line; then type in either.\n"
    );
    let _ = writeln!(out, "{PYTHON_CLIENT} \"$URL\" \"$CONTACT\" \"$THREAD\"\n");
    let _ = writeln!(
        out,
        "The same with websocat (a message may hold no quotes or backslashes then).\n"
    );
    let _ = writeln!(out, "{WEBSOCAT_CLIENT}");
    let _ = writeln!(out, "talk \"$CONTACT\" | websocat --protocol tidings.v1.json \"$URL\"");
}

fn requests(out: &mut String, firm: &DemoFirm, http: SocketAddr, ops: SocketAddr) {
    let actor = serde_json::json!(firm.member.person);
    let _ = writeln!(out, "\nAs a host application would, and for everybody:\n");
    let _ = writeln!(
        out,
        "curl -sw '\\n' http://{http}/v1/commands -H \"Authorization: Bearer $API_KEY\" \\\n  \
         -H 'Content-Type: application/json' -d '{{\"actor\":{actor},\"command\":{{\
         \"post_message\":{{\"thread\":\"'$THREAD'\",\"key\":\"'$(cat \
         /proc/sys/kernel/random/uuid)'\",\"body\":\"Hello from curl\"}}}}}}'"
    );
    let _ = writeln!(out, "curl -s http://{http}/v1/openapi.json");
    let _ = writeln!(out, "curl -s http://{ops}/metrics");
}

fn emails(out: &mut String, mails: &str) {
    let _ = writeln!(
        out,
        "\nWho has not read what was written gets an email: here after {MAIL_DELAY_S} seconds, at a \
         real firm after two\nminutes. The first come by themselves; post as the member to make another, \
         and read as the contact\nin time to prevent it. A mail program opens them, from\n\n{mails}"
    );
}
