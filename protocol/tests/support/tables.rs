//! The tables of the document, made from the code.

use crate::shape::{Content, Field, Shape, Shapes, trace};
use std::fmt::Write as _;
use tidings_protocol::{
    ClientFrame, CloseCode, Command, EventKind, HistoryFrom, InboxKind, Language, Outcome, Person,
    Reconnect, RefusalCode, ReminderStops, Reply, ServerFrame, limits,
};

/// Every limit and its value. A limit that is missing here fails the test of the table.
const LIMITS: &[(&str, u64)] = &[
    ("FRAME_BYTES_MAX", limits::FRAME_BYTES_MAX as u64),
    ("MESSAGE_BODY_BYTES_MAX", limits::MESSAGE_BODY_BYTES_MAX as u64),
    ("SUBJECT_BYTES_MAX", limits::SUBJECT_BYTES_MAX as u64),
    ("TASK_TEXT_BYTES_MAX", limits::TASK_TEXT_BYTES_MAX as u64),
    ("TASKS_PER_THREAD_MAX", limits::TASKS_PER_THREAD_MAX as u64),
    ("MENTIONS_PER_MESSAGE_MAX", limits::MENTIONS_PER_MESSAGE_MAX as u64),
    ("PAGE_ITEMS_MAX", limits::PAGE_ITEMS_MAX as u64),
    ("PAGE_ITEMS_DEFAULT", limits::PAGE_ITEMS_DEFAULT as u64),
    ("PAGE_BYTES_MAX", limits::PAGE_BYTES_MAX as u64),
    ("THREAD_PEOPLE_MAX", limits::THREAD_PEOPLE_MAX as u64),
    ("RESUME_EVENTS_MAX", limits::RESUME_EVENTS_MAX),
    ("JOINED_THREADS_MAX", limits::JOINED_THREADS_MAX as u64),
    ("PRESENCE_PEOPLE_MAX", limits::PRESENCE_PEOPLE_MAX as u64),
    ("REMINDER_DAYS_MAX", limits::REMINDER_DAYS_MAX as u64),
    ("REMINDER_COUNT_MAX", limits::REMINDER_COUNT_MAX as u64),
    ("NAME_BYTES_MAX", limits::NAME_BYTES_MAX as u64),
    ("EMAIL_BYTES_MAX", limits::EMAIL_BYTES_MAX as u64),
    ("EMAIL_LOCAL_BYTES_MAX", limits::EMAIL_LOCAL_BYTES_MAX as u64),
    ("URL_BYTES_MAX", limits::URL_BYTES_MAX as u64),
    ("MAIL_FOOTER_BYTES_MAX", limits::MAIL_FOOTER_BYTES_MAX as u64),
    ("TOKEN_SECONDS_MAX", limits::TOKEN_SECONDS_MAX as u64),
    ("MAIL_DELAY_SECONDS_DEFAULT", limits::MAIL_DELAY_SECONDS_DEFAULT as u64),
    ("MAIL_DELAY_SECONDS_MAX", limits::MAIL_DELAY_SECONDS_MAX as u64),
    ("DIGEST_MINUTES_MIN", limits::DIGEST_MINUTES_MIN as u64),
    ("DIGEST_MINUTES_MAX", limits::DIGEST_MINUTES_MAX as u64),
    ("DAY_MINUTES", limits::DAY_MINUTES as u64),
    ("MEMBERS_PER_FIRM_MAX", limits::MEMBERS_PER_FIRM_MAX),
    ("CONTACTS_PER_ACCOUNT_MAX", limits::CONTACTS_PER_ACCOUNT_MAX),
    ("API_KEYS_PER_FIRM_MAX", limits::API_KEYS_PER_FIRM_MAX),
    ("TOKEN_BYTES_MAX", limits::TOKEN_BYTES_MAX as u64),
    ("CURSOR_BYTES_MAX", limits::CURSOR_BYTES_MAX as u64),
    ("RENDER_BYTES_MAX", limits::RENDER_BYTES_MAX as u64),
    ("EXCERPT_BYTES_MAX", limits::EXCERPT_BYTES_MAX as u64),
    ("PING_SECONDS", limits::PING_SECONDS),
    ("PONG_SECONDS", limits::PONG_SECONDS),
    ("AUTHENTICATE_SECONDS", limits::AUTHENTICATE_SECONDS),
    ("TYPING_SECONDS", limits::TYPING_SECONDS),
];

/// What stands between the markers of that name.
pub(crate) fn table(name: &str) -> String {
    match name {
        "refusals" => refusals(),
        "closes" => closes(),
        "limits" => limits_table(),
        "layout" => layout(),
        _ => panic!("no table is called {name}"),
    }
}

fn refusals() -> String {
    let mut table = "| code | meaning | retry | HTTP |\n|---|---|---|---|\n".to_owned();
    for code in RefusalCode::ALL {
        let retry = if code.may_retry() { "yes" } else { "no" };
        let status = status(*code);
        writeln!(table, "| `{}` | {} | {retry} | {status} |", code.name(), code.text()).unwrap();
    }
    table
}

/// The server's own table is not visible from here; its tests hold it to the same.
fn status(code: RefusalCode) -> u16 {
    use RefusalCode as R;
    match code {
        R::Malformed => 400,
        R::Invalid => 422,
        R::Unauthenticated => 401,
        R::NotFound => 404,
        R::NotAllowed => 403,
        R::Archived
        | R::NoActiveContact
        | R::KeyReused
        | R::TooMany
        | R::NeedsSocket
        | R::NotJoined
        | R::NobodyToNotify => 409,
        R::RateLimited => 429,
        R::Unavailable => 503,
    }
}

fn closes() -> String {
    let mut table = "| code | text | reconnect |\n|---|---|---|\n".to_owned();
    for code in CloseCode::ALL {
        let reconnect = match code.reconnect() {
            Reconnect::Yes => "yes",
            Reconnect::WithNewToken => "new token",
            Reconnect::No => "no",
        };
        writeln!(table, "| {} | {} | {reconnect} |", code.code(), code.text()).unwrap();
    }
    table
}

/// Names and reasons are read from the source, so that none is missing and the words are the same.
fn limits_table() -> String {
    let source = include_str!("../../src/limits.rs");
    let mut table = "| limit | value | |\n|---|---|---|\n".to_owned();
    let (mut known, mut doc) = (LIMITS.iter(), Vec::new());
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if let Some(rest) = line.strip_prefix("pub const ") {
            let name = rest.split(':').next().unwrap();
            let (expected, value) = known.next().unwrap_or(&("nothing", 0));
            assert_eq!(name, *expected, "limits.rs and the list of limits differ");
            writeln!(table, "| `{name}` | {value} | {} |", doc.join(" ")).unwrap();
        } else {
            doc.clear();
        }
    }
    assert_eq!(known.next(), None, "a limit is gone");
    table
}

fn shapes() -> Shapes {
    let mut shapes = Shapes::new();
    trace::<ClientFrame>("ClientFrame", &mut shapes);
    trace::<Command>("Command", &mut shapes);
    trace::<HistoryFrom>("HistoryFrom", &mut shapes);
    trace::<Person>("Person", &mut shapes);
    trace::<Language>("Language", &mut shapes);
    trace::<InboxKind>("InboxKind", &mut shapes);
    trace::<ReminderStops>("ReminderStops", &mut shapes);
    trace::<ServerFrame>("ServerFrame", &mut shapes);
    trace::<Outcome>("Outcome", &mut shapes);
    trace::<Reply>("Reply", &mut shapes);
    trace::<RefusalCode>("RefusalCode", &mut shapes);
    trace::<EventKind>("EventKind", &mut shapes);
    shapes
}

/// All types: first what a frame begins with, then the rest by name.
fn layout() -> String {
    let mut shapes = shapes();
    let mut text = String::new();
    for name in ["ClientFrame", "Command", "ServerFrame", "Outcome", "Reply", "Event", "EventKind"]
    {
        let shape = shapes.remove(name).unwrap();
        write_shape(&mut text, name, &shape);
    }
    for (name, shape) in &shapes {
        write_shape(&mut text, name, shape);
    }
    text.trim_end().to_owned() + "\n"
}

fn write_shape(text: &mut String, name: &str, shape: &Shape) {
    match shape {
        Shape::Struct(fields) => {
            writeln!(text, "`{name}`: {}\n", fields_of(name, fields)).unwrap();
        }
        Shape::Enum(names, seen)
            if seen.iter().all(|one| matches!(one, Some(Content::Nothing))) =>
        {
            let numbered =
                names.iter().enumerate().map(|(number, name)| format!("{number} `{name}`"));
            let numbered: Vec<String> = numbered.collect();
            writeln!(text, "`{name}`: one of {}\n", numbered.join(", ")).unwrap();
        }
        Shape::Enum(names, seen) => {
            writeln!(text, "`{name}`:\n\n| number | variant | content |\n|---|---|---|").unwrap();
            for (number, (variant, content)) in names.iter().zip(seen).enumerate() {
                let content =
                    content.as_ref().expect("a variant was never seen: trace the enum itself");
                let content = match content {
                    Content::Nothing => "nothing".to_owned(),
                    Content::One(one) => typed(one),
                    Content::Fields(fields) => fields_of(name, fields),
                };
                writeln!(text, "| {number} | `{variant}` | {content} |").unwrap();
            }
            text.push('\n');
        }
    }
}

fn fields_of(owner: &str, fields: &[Field]) -> String {
    if fields.is_empty() {
        return "nothing".to_owned();
    }
    let one = |(name, kind): &Field| match (owner, *name) {
        ("Event", "kind") => "`kind` bytes `EventKind`".to_owned(),
        _ => format!("`{name}` {}", typed(kind)),
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A type's words, the names of our own as code.
fn typed(kind: &str) -> String {
    let words = kind.split(' ').map(|word| {
        if word.starts_with(char::is_uppercase) { format!("`{word}`") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}
