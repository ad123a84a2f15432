//! Frames made to hurt: lengths that lie, nesting without end, keys twice, names nobody knows. Each
//! is refused for what it is, and what it claims to be long is not believed before it is there.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

use tidings_protocol::limits::FRAME_BYTES_MAX;
use tidings_protocol::{
    Command, CommandRequest, DecodeError, Encoding, NewToken, Refusal, RefusalCode, Reminder,
    from_json,
};

/// A refused frame's refusal; its id must be 7.
fn refused(encoding: Encoding, bytes: &[u8]) -> Refusal {
    match encoding.decode_client(bytes) {
        Err(DecodeError::BadCommand { id, refusal }) => {
            assert_eq!(id.0, 7);
            assert_eq!(refusal.code, RefusalCode::Malformed);
            refusal
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn refused_json(command: &str) -> (Option<String>, String) {
    let refusal = refused(Encoding::Json, format!("{{\"id\":7,\"command\":{command}}}").as_bytes());
    (refusal.field, refusal.message)
}

const THREAD: &str = "d0000000-0000-4000-8000-000000000001";

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

/// `create_thread` of frame 7 up to its list of tasks, where `rest` begins.
fn create_thread(rest: &[u8]) -> Vec<u8> {
    let uuid = [&[16][..], &[0xaa; 16]].concat();
    [&[7, 5][..], &uuid, &uuid, &[0, 1, b'x'], rest].concat()
}

#[test]
fn lengths_beyond_the_frame_are_refused_at_once() {
    for length in [1, 127, 1 << 16, 1 << 31, u64::from(u32::MAX), 1 << 62, u64::MAX] {
        let length = varint(length);
        let string = [&[7, 0][..], &length].concat();
        refused(Encoding::Postcard, &string);
        let list = create_thread(&length);
        refused(Encoding::Postcard, &list);
        let uuid = [&[7, 1][..], &length, &[0; 8]].concat();
        refused(Encoding::Postcard, &uuid);
        // An `events` frame: thread, then a list; and an event whose kind claims the length.
        let thread = [&[16][..], &[0xdd; 16]].concat();
        let events = [&[3][..], &thread, &length].concat();
        assert!(Encoding::Postcard.decode_server(&events).is_err());
        let event = [&[2][..], &thread, &[1, 0, 0], &thread, &[1], &length].concat();
        assert!(Encoding::Postcard.decode_server(&event).is_err());
    }
}

#[test]
fn a_list_takes_memory_in_proportion_to_the_frame() {
    // The most items that a frame can hold: empty strings, a byte each.
    let count = FRAME_BYTES_MAX - 64;
    let mut rest = varint(count as u64);
    rest.resize(rest.len() + count, 0);
    rest.extend([0, 0]);
    let frame = Encoding::Postcard.decode_client(&create_thread(&rest)).unwrap();
    let Command::CreateThread { tasks, .. } = frame.command else { panic!("{frame:?}") };
    assert_eq!(tasks.len(), count);
    assert!(tasks.capacity() * size_of::<String>() <= 64 * FRAME_BYTES_MAX);
}

#[test]
fn a_length_that_is_just_possible_reserves_no_more_than_the_frame() {
    // Says as many items as bytes follow, but the first is broken.
    let mut rest = varint(200_000);
    rest.resize(rest.len() + 200_000, 0xff);
    refused(Encoding::Postcard, &create_thread(&rest));
}

#[test]
fn nesting_is_refused_however_deep() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"join\":", "}")] {
        let depth = (FRAME_BYTES_MAX - 30) / (open.len() + close.len());
        let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        refused_json(&deep);
        refused_json(&format!("{{\"leave\":{{\"thread\":{deep}}}}}"));
        refused_json(&format!("{{\"render\":{{\"markdown\":\"\",\"x\":{deep}}}}}"));
        assert!(matches!(
            Encoding::Json.decode_client(deep.as_bytes()),
            Err(DecodeError::NotAFrame(_))
        ));
        // Never closed.
        let open = open.repeat(FRAME_BYTES_MAX / open.len());
        assert!(Encoding::Json.decode_client(open.as_bytes()).is_err());
        assert!(Encoding::Json.decode_server(open.as_bytes()).is_err());
        // In an event of a kind that nobody knows, a client passes over it or refuses the frame.
        let event = format!("{{\"event\":{{\"kind\":{{\"newer\":{deep}}}}}}}");
        assert!(Encoding::Json.decode_server(event.as_bytes()).is_err());
    }
}

#[test]
fn long_input_gets_a_short_answer() {
    let long = "é`".repeat(FRAME_BYTES_MAX / 4);
    for command in [
        format!("{{\"{long}\":{{}}}}"),
        format!("{{\"render\":{{\"{long}\":1}}}}"),
        format!("{{\"leave\":{{\"thread\":\"{long}\"}}}}"),
        format!("{{\"read\":{{\"up_to\":\"{long}\"}}}}"),
        format!("\"{long}\""),
    ] {
        let (field, message) = refused_json(&command);
        assert!(message.len() <= 310, "{message}");
        assert!(field.unwrap().len() <= 110);
    }
}

#[test]
fn a_long_text_is_read_whole() {
    let text = "x".repeat(FRAME_BYTES_MAX - 100);
    let frame = format!("{{\"id\":7,\"command\":{{\"render\":{{\"markdown\":\"{text}\"}}}}}}");
    let frame = Encoding::Json.decode_client(frame.as_bytes()).unwrap();
    assert_eq!(frame.command, Command::Render { markdown: text });
}

#[test]
fn an_unknown_command_is_told_the_nearest() {
    let told = |name: &str| refused_json(&format!("{{\"{name}\":{{}}}}"));
    let at = Some("command".to_owned());
    let near = "unknown command `pots_message`; did you mean `post_message`?";
    assert_eq!(told("pots_message"), (at.clone(), near.to_owned()));
    let near = "unknown command `postMessage`; did you mean `post_message`?";
    assert_eq!(told("postMessage"), (at.clone(), near.to_owned()));
    assert_eq!(told("subscribe"), (at, "unknown command `subscribe`".to_owned()));
}

#[test]
fn the_field_at_fault_is_named() {
    let cases = [
        (r#"{"render":{}}"#, "render.markdown", "missing field `markdown`"),
        (
            r#"{"render":{"markdown":"","x":1}}"#,
            "render.x",
            "unknown field `x`, expected `markdown`",
        ),
        (r#"{"render":{"mardown":""}}"#, "render.mardown", "did you mean `markdown`?"),
        (r#"{"render":{"markdown":1}}"#, "render.markdown", "invalid type: integer `1`"),
        (r#"{"render":{"markdown":"","markdown":""}}"#, "render", "duplicate field `markdown`"),
        (r#"{"leave":{"thread":"d"}}"#, "leave.thread", "UUID parsing failed"),
        (r#"{"list_inbox":{"page":{"limit":1.5}}}"#, "list_inbox.page.limit", "point `1.5`"),
        (r#"{"list_inbox":{"page":{"limt":1}}}"#, "list_inbox.page.limt", "did you mean `limit`?"),
        (r#"{"set_preferences":{"language":"eng"}}"#, "set_preferences.language", "mean `en`?"),
        (r#"{"leave":{},"join":{}}"#, "leave.thread", "missing field"),
        ("{}", "command", "expected value"),
        (r#""get_preferences""#, "get_preferences", "{} if it has none"),
        ("null", "command", "expected value"),
    ];
    for (command, field, message) in cases {
        let (at, said) = refused_json(command);
        assert_eq!(at.as_deref(), Some(field), "{command}: {said}");
        assert!(said.contains(message), "{command}: {said}");
    }
}

#[test]
fn the_frame_around_the_command_is_held_to_its_fields_too() {
    let refusal = refused(Encoding::Json, br#"{"id":7}"#);
    assert_eq!(refusal.field.as_deref(), Some("command"));
    let refusal = refused(Encoding::Json, br#"{"id":7,"command":{"get_preferences":{}},"to":1}"#);
    assert_eq!(refusal.field.as_deref(), Some("to"));
    let two = format!(r#"{{"id":7,"command":{{"leave":{{"thread":"{THREAD}"}},"join":{{}}}}}}"#);
    refused(Encoding::Json, two.as_bytes());
}

#[test]
fn without_one_id_there_is_nothing_to_answer_to() {
    for frame in [
        "",
        "7",
        "{}",
        "nonsense",
        r#"{"id":7"#,
        r#"{"id":-1,"command":{"get_preferences":{}}}"#,
        r#"{"id":4294967296,"command":{"get_preferences":{}}}"#,
        r#"{"id":1.0,"command":{"get_preferences":{}}}"#,
        r#"{"id":"7","command":{"get_preferences":{}}}"#,
        r#"{"id":7,"id":7,"command":{"get_preferences":{}}}"#,
        r#"{"id":7,"command":{"get_preferences":{}}}{}"#,
    ] {
        let error = Encoding::Json.decode_client(frame.as_bytes());
        assert!(matches!(error, Err(DecodeError::NotAFrame(_))), "{frame}: {error:?}");
    }
    for frame in [&[][..], &[0x80], &[0xff; 5], &[0xff; 11]] {
        let error = Encoding::Postcard.decode_client(frame);
        assert!(matches!(error, Err(DecodeError::NotAFrame(_))), "{frame:?}: {error:?}");
    }
}

#[test]
fn postcard_says_what_it_can() {
    let refusal = refused(Encoding::Postcard, &[7, 37]);
    assert_eq!(refusal.message, "there is no command 37; the last one is 36");
    let refusal = refused(Encoding::Postcard, &[7, 29, 1, 2]);
    assert_eq!(refusal.message, "2 bytes follow the end of the command");
    // A bool that is neither, and an option that is neither.
    let thread = [&[16][..], &[0xdd; 16]].concat();
    refused(Encoding::Postcard, &[&[7, 4][..], &thread, &[2]].concat());
    refused(Encoding::Postcard, &[&[7, 1][..], &thread, &[2, 1]].concat());
}

#[test]
fn a_number_that_fits_no_field_is_refused_as_one_over_the_limit() {
    let of = |command: &str| {
        let frame = format!("{{\"id\":7,\"command\":{command}}}");
        match Encoding::Json.decode_client(frame.as_bytes()) {
            Err(DecodeError::BadCommand { refusal, .. }) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let reminder = |days: &str| {
        of(&format!(
            r#"{{"set_reminder":{{"thread":"{THREAD}","reminder":{{"on":true,"days":{days},"count":1}}}}}}"#
        ))
    };
    for (refusal, field, limit, message) in [
        (reminder("70000"), "set_reminder.reminder.days", 365, "70000; must be 1 to 365"),
        (reminder("-1"), "set_reminder.reminder.days", 1, "-1; must be 1 to 365"),
        (
            of(r#"{"list_inbox":{"page":{"limit":5000000000}}}"#),
            "list_inbox.page.limit",
            100,
            "5000000000; must be 1 to 100",
        ),
        (
            of(&format!(r#"{{"read":{{"thread":"{THREAD}","up_to":-1}}}}"#)),
            "read.up_to",
            0,
            "-1; must be 0 to 18446744073709551615",
        ),
    ] {
        assert_eq!((refusal.code, refusal.field.as_deref()), (RefusalCode::Invalid, Some(field)));
        assert_eq!((refusal.limit, &*refusal.message), (Some(limit), message));
    }
    let token = format!(r#"{{"person":{{"member":"{THREAD}"}},"ttl_s":-5}}"#);
    let refusal = from_json::<NewToken>(token.as_bytes()).unwrap_err();
    assert_eq!((refusal.field.as_deref(), refusal.limit), (Some("ttl_s"), Some(1)));
    // No whole number is another kind of mistake.
    assert_eq!(reminder("1.5").code, RefusalCode::Malformed);
}

#[test]
fn a_body_over_http_is_explained_the_same_way() {
    let refusal = from_json::<CommandRequest>(br#"{"command":{"reed":{}}}"#).unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("command"));
    assert_eq!(refusal.message, "unknown command `reed`; did you mean `read`?");
    let refusal = from_json::<CommandRequest>(br#"{"actor":{"robot":1}}"#).unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("actor"));
    let refusal = from_json::<CommandRequest>(b"{}").unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("command"));
    let refusal = from_json::<CommandRequest>(b"").unwrap_err();
    assert_eq!((refusal.code, refusal.field), (RefusalCode::Malformed, None));
    let twice = br#"{"command":{"get_preferences":{}}} {}"#;
    let refusal = from_json::<CommandRequest>(twice).unwrap_err();
    assert_eq!(refusal.message, "something follows the end of the JSON");
}

#[test]
fn absent_optional_fields_have_their_defaults() {
    let read = |command: &str| {
        let frame = format!("{{\"id\":7,\"command\":{command}}}");
        Encoding::Json.decode_client(frame.as_bytes()).unwrap().command
    };
    let inbox = Command::ListInbox { archived: false, page: tidings_protocol::Page::default() };
    assert_eq!(read(r#"{"list_inbox":{}}"#), inbox);
    assert_eq!(read(r#"{"list_inbox":{"page":{}}}"#), inbox);
    let join = Command::Join { thread: THREAD.parse().unwrap(), after: None };
    assert_eq!(read(&format!(r#"{{"join":{{"thread":"{THREAD}"}}}}"#)), join);
    assert_eq!(read(&format!(r#"{{"join":{{"after":null,"thread":"{THREAD}"}}}}"#)), join);
    let reminder = Reminder { on: true, ..Reminder::default() };
    let set = Command::SetReminder { thread: THREAD.parse().unwrap(), reminder };
    let text = format!(r#"{{"set_reminder":{{"thread":"{THREAD}","reminder":{{"on":true}}}}}}"#);
    assert_eq!((read(&text), reminder.days, reminder.count), (set, 3, 1));
}
