//! Pins every variant of every frame in both encodings: what was written once can be read for ever.
//! `UPDATE_GOLDEN=1` writes the files anew; within `v1` a diff may only add lines at the end.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

#[path = "support/samples.rs"]
mod samples;
#[path = "support/variants.rs"]
mod variants;

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use tidings_protocol::{
    ClientFrame, Command, Encoding, EventKind, HistoryFrom, RefusalCode, Reply, ServerFrame,
};

/// A frame in both encodings.
struct Pinned {
    json: String,
    hex: String,
}

/// Holds frames against `golden/{family}.json` and `.hex`, one frame a line.
fn hold(family: &str, frames: &[Pinned]) {
    let json: Vec<&str> = frames.iter().map(|frame| frame.json.as_str()).collect();
    hold_file(&format!("{family}.json"), &format!("[\n{}\n]\n", json.join(",\n")));
    let hex: Vec<&str> = frames.iter().map(|frame| frame.hex.as_str()).collect();
    hold_file(&format!("{family}.hex"), &format!("{}\n", hex.join("\n")));
}

fn hold_file(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let pinned = std::fs::read_to_string(&path).unwrap();
    for (number, (pinned, now)) in pinned.lines().zip(now.lines()).enumerate() {
        assert_eq!(pinned, now, "{name}, line {}", number + 1);
    }
    assert_eq!(pinned, now, "{name} has lines more or less");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn client(frame: &ClientFrame) -> Pinned {
    for encoding in Encoding::ALL {
        let bytes = encoding.encode_client(frame);
        assert_eq!(encoding.decode_client(&bytes).as_ref(), Ok(frame));
    }
    Pinned {
        json: String::from_utf8(Encoding::Json.encode_client(frame)).unwrap(),
        hex: hex(&Encoding::Postcard.encode_client(frame)),
    }
}

fn server(frame: &ServerFrame) -> Pinned {
    for encoding in Encoding::ALL {
        let bytes = encoding.encode_server(frame);
        assert_eq!(encoding.decode_server(&bytes).as_ref(), Ok(frame));
    }
    Pinned {
        json: String::from_utf8(Encoding::Json.encode_server(frame)).unwrap(),
        hex: hex(&Encoding::Postcard.encode_server(frame)),
    }
}

/// The key at the end of a path of keys: the name of the variant that is there.
fn names(frames: &[Pinned], path: &[&str]) -> Vec<String> {
    let name = |frame: &Pinned| -> String {
        let mut value: Value = serde_json::from_str(&frame.json).unwrap();
        for key in path {
            value = value[key].take();
        }
        match value {
            Value::String(name) => name,
            value => value.as_object().unwrap().keys().next().unwrap().clone(),
        }
    };
    frames.iter().map(name).collect()
}

#[test]
fn every_command_is_pinned() {
    let samples = samples::commands();
    let frames: Vec<Pinned> = samples.iter().map(client).collect();
    assert_eq!(names(&frames, &["command"]), Command::NAMES);
    assert_eq!(variants::of::<Command>(), Command::NAMES);
    let named: Vec<&str> = samples.iter().map(|frame| frame.command.name()).collect();
    assert_eq!(named, Command::NAMES);
    hold("commands", &frames);
}

#[test]
fn every_way_of_reading_history_is_pinned() {
    let frames: Vec<Pinned> = samples::histories().iter().map(client).collect();
    let pinned = names(&frames, &["command", "history", "from"]);
    assert_eq!(pinned, variants::of::<HistoryFrom>());
    hold("histories", &frames);
}

#[test]
fn every_reply_is_pinned() {
    let frames: Vec<Pinned> = samples::replies().iter().map(server).collect();
    assert_eq!(names(&frames, &["reply", "outcome", "ok"]), variants::of::<Reply>());
    hold("replies", &frames);
}

#[test]
fn every_refusal_is_pinned() {
    let frames: Vec<Pinned> = samples::refusals().iter().map(server).collect();
    let codes = names(&frames, &["reply", "outcome", "refused", "code"]);
    let every: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(codes[..every.len()], every);
    assert_eq!(every, variants::of::<RefusalCode>());
    hold("refusals", &frames);
}

#[test]
fn every_server_frame_is_pinned() {
    let frames: Vec<Pinned> = samples::frames().iter().map(server).collect();
    assert_eq!(names(&frames, &[]), variants::of::<ServerFrame>());
    hold("frames", &frames);
}

#[test]
fn every_event_kind_is_pinned() {
    let frames: Vec<Pinned> = samples::events().iter().map(server).collect();
    assert_eq!(names(&frames, &["event", "kind"]), EventKind::NAMES);
    assert_eq!(variants::of::<EventKind>(), EventKind::NAMES);
    hold("events", &frames);
}
