//! Holds `PROTOCOL.md` against the code: every example is a frame of the kind its fence says, every
//! table between markers is what the code makes, and nothing that travels is left out.
//! `UPDATE_GOLDEN=1` writes the tables anew.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

#[path = "support/shape.rs"]
mod shape;
#[path = "support/tables.rs"]
mod tables;
#[path = "support/variants.rs"]
mod variants;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use tidings_protocol::{
    ClientFrame, CloseCode, Command, CommandRequest, Encoding, EventKind, RefusalCode, Reply,
    ServerFrame, from_json,
};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md")
}

fn document() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// A fenced block: its first line, what its fence says, and what is in it.
struct Block {
    line: usize,
    info: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in document.lines().enumerate() {
        match (open, line.trim_start().strip_prefix("```")) {
            (false, Some(info)) => {
                let info = info.to_owned();
                blocks.push(Block { line: number + 2, info, text: String::new() });
                open = true;
            }
            (true, Some(rest)) => {
                assert_eq!(rest, "", "line {}: a fence within a fence", number + 1);
                open = false;
            }
            (true, None) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (false, None) => {}
        }
    }
    assert!(!open, "the last fence is not closed");
    blocks
}

/// The JSON texts of a block, as they stand there.
fn values(block: &Block) -> Vec<String> {
    let mut stream = serde_json::Deserializer::from_str(&block.text).into_iter::<Value>();
    let (mut texts, mut from) = (Vec::new(), 0);
    while let Some(value) = stream.next() {
        value.unwrap_or_else(|error| panic!("line {}: {error}", block.line));
        texts.push(block.text[from..stream.byte_offset()].trim().to_owned());
        from = stream.byte_offset();
    }
    assert!(!texts.is_empty(), "line {}: nothing in it", block.line);
    texts
}

/// What the examples together have shown.
#[derive(Default)]
struct Seen {
    names: BTreeSet<String>,
    /// The last example of each side, in postcard, for the dump that follows it.
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Seen {
    /// Notes the name of a variant under its family.
    fn note(&mut self, family: &str, value: &Value) {
        let name = value.as_object().unwrap().keys().next().unwrap();
        self.names.insert(format!("{family} {name}"));
    }

    fn check(&mut self, block: &Block) {
        match block.info.as_str() {
            "hex client" => assert_eq!(unhex(block), self.client, "line {}", block.line),
            "hex server" => assert_eq!(unhex(block), self.server, "line {}", block.line),
            "python" => {}
            info if info.starts_with("json ") => {
                for text in values(block) {
                    let checked = self.check_json(info, &text);
                    checked.unwrap_or_else(|error| panic!("line {}: {error}", block.line));
                }
            }
            info => panic!("line {}: no such kind of example: {info:?}", block.line),
        }
    }

    fn check_json(&mut self, info: &str, text: &str) -> Result<(), String> {
        let given: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match info {
            "json client" => {
                let frame = Encoding::Json.decode_client(text.as_bytes());
                let frame: ClientFrame = frame.map_err(|error| error.to_string())?;
                self.client = Encoding::Postcard.encode_client(&frame);
                self.note("command", &given["command"]);
                within(&given, &json(&Encoding::Json.encode_client(&frame)))
            }
            "json server" => {
                let frame = Encoding::Json.decode_server(text.as_bytes());
                let frame: ServerFrame = frame.map_err(|error| error.to_string())?;
                self.server = Encoding::Postcard.encode_server(&frame);
                self.note("frame", &given);
                if let Some(reply) = given.pointer("/reply/outcome/ok") {
                    self.note("reply", reply);
                }
                same(&given, &json(&Encoding::Json.encode_server(&frame)))
            }
            "json kind" => {
                self.note("kind", &given);
                same(&given, &reread::<EventKind>(text)?)
            }
            "json http" => within(&given, &reread::<CommandRequest>(text)?),
            "json http-reply" => same(&given, &reread::<Reply>(text)?),
            "json http-problem" => problem(&given),
            info => Err(format!("no such kind of example: {info}")),
        }
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn reread<T: serde::Serialize + serde::de::DeserializeOwned>(text: &str) -> Result<Value, String> {
    let value: T = from_json(text.as_bytes()).map_err(|refusal| refusal.to_string())?;
    serde_json::to_value(value).map_err(|error| error.to_string())
}

/// The server writes every field, so its examples have every field.
fn same(given: &Value, written: &Value) -> Result<(), String> {
    if given == written { Ok(()) } else { Err(format!("{given}\nis written as\n{written}")) }
}

/// A client may leave fields out; what it gives is kept.
fn within(given: &Value, written: &Value) -> Result<(), String> {
    match (given, written) {
        (Value::Object(given), Value::Object(written)) => {
            given.iter().try_for_each(|(key, value)| {
                within(value, written.get(key).ok_or_else(|| format!("{key} was dropped"))?)
            })
        }
        _ => same(given, written),
    }
}

/// A problem document is a refusal in other clothes.
fn problem(given: &Value) -> Result<(), String> {
    let known = RefusalCode::ALL.iter().find(|code| given["code"] == code.name());
    let code = known.ok_or("no such code")?;
    let kind = format!("urn:tidings:problem:{}", code.name());
    let expected = given["type"] == kind.as_str() && given["title"] == code.text();
    if expected { Ok(()) } else { Err("type or title is not the code's".to_owned()) }
}

/// The bytes of a dump; what follows a semicolon is said about them.
fn unhex(block: &Block) -> Vec<u8> {
    let bytes =
        block.text.lines().flat_map(|line| line.split(';').next().unwrap().split_whitespace());
    bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn every_example_is_what_its_fence_says() {
    let mut seen = Seen::default();
    for block in blocks(&document()) {
        seen.check(&block);
    }
    let expect = |family: &str, names: &[&str]| {
        for name in names {
            let shown = seen.names.contains(&format!("{family} {name}"));
            assert!(shown, "there is no example of the {family} `{name}`");
        }
    };
    expect("command", &Command::NAMES);
    expect("frame", variants::of::<ServerFrame>());
    expect("reply", variants::of::<Reply>());
    expect("kind", &EventKind::NAMES);
}

#[test]
fn everything_that_travels_is_named_in_the_text() {
    let document = document();
    let names = (Command::NAMES.iter().chain(&EventKind::NAMES).copied())
        .chain(variants::of::<ServerFrame>().iter().copied())
        .chain(variants::of::<Reply>().iter().copied())
        .chain(RefusalCode::ALL.iter().map(|code| code.name()))
        .chain(Encoding::ALL.iter().map(|encoding| encoding.subprotocol()));
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "`{name}` is missing");
    }
    for code in CloseCode::ALL {
        assert!(document.contains(&format!("| {} |", code.code())), "{code:?} is missing");
    }
}

#[test]
fn the_tables_are_what_the_code_makes() {
    let document = document();
    let mut now = String::new();
    let mut rest = document.as_str();
    let mut tables = 0;
    while let Some((before, after)) = rest.split_once("<!-- generated: ") {
        let (name, body) = after.split_once(" -->\n").unwrap();
        let (_, behind) = body.split_once("<!-- end -->").unwrap();
        let table = tables::table(name);
        write!(now, "{before}<!-- generated: {name} -->\n{table}<!-- end -->").unwrap();
        rest = behind;
        tables += 1;
    }
    now += rest;
    assert_eq!(tables, 4);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path(), &now).unwrap();
        return;
    }
    for (number, (is, ought)) in document.lines().zip(now.lines()).enumerate() {
        assert_eq!(is, ought, "line {}", number + 1);
    }
    assert_eq!(document, now);
}

/// The codes that the Python client takes for the end are those the table says so of.
#[test]
fn the_python_client_knows_when_not_to_come_back() {
    let document = document();
    let python = blocks(&document).into_iter().find(|block| block.info == "python").unwrap();
    let line = python.text.lines().find(|line| line.starts_with("FATAL")).unwrap();
    let listed = line.split(['{', '}']).nth(1).unwrap().split(", ");
    let listed: Vec<u16> = listed.map(|code| code.parse().unwrap()).collect();
    let fatal =
        CloseCode::ALL.iter().filter(|code| code.reconnect() != tidings_protocol::Reconnect::Yes);
    assert_eq!(listed, fatal.map(|code| code.code()).collect::<Vec<_>>());
}
