//! What is wrong with input that could not be read: which field, why, and what was probably meant.
//! The slow way, taken only once the fast one has failed. What is said is short, however long the
//! input was, since it goes back over the wire.

use crate::check::{bounds_of, out_of_bounds};
use crate::codec::DecodeError;
use crate::command::{ClientFrame, Command};
use crate::ids::RequestId;
use crate::refusal::{Refusal, RefusalCode};
use serde::Deserialize;
use serde_json::error::Category;

/// Longest explanation, in bytes: the longest list of a command's fields fits.
const MESSAGE_BYTES_MAX: usize = 300;

/// Longest path of a field, in bytes: it may end in a name that the client made up.
const FIELD_BYTES_MAX: usize = 100;

/// Longest name that is compared with the known ones, in bytes. Nothing known is nearly as long.
const NAME_BYTES_MAX: usize = 32;

/// A list of names longer than this helps nobody.
const LISTED_NAMES_MAX: usize = 8;

/// Why these bytes are not a frame, and whether there is an id to answer to.
pub(crate) fn json_frame(bytes: &[u8]) -> DecodeError {
    #[derive(Deserialize)]
    struct OnlyId {
        id: RequestId,
    }
    match serde_json::from_slice::<OnlyId>(bytes) {
        Ok(OnlyId { id }) => {
            DecodeError::BadCommand { id, refusal: json_body::<ClientFrame>(bytes) }
        }
        Err(error) => {
            let what = match error.classify() {
                Category::Data => "no object with one number `id`",
                Category::Eof => "JSON that ends early",
                Category::Syntax | Category::Io => "not JSON",
            };
            let at = format!("{what}, line {} column {}", error.line(), error.column());
            DecodeError::NotAFrame(at)
        }
    }
}

/// Why these bytes are not a `T`.
pub(crate) fn json_body<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Refusal {
    let malformed = Refusal::new(RefusalCode::Malformed);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut json) else {
        return malformed.because("something follows the end of the JSON");
    };
    let path = error.path().to_string();
    let said = error.inner().to_string();
    if let Some(refusal) = no_room(&path, &said) {
        return refusal;
    }
    let message = cut(kinder(&path, &said), MESSAGE_BYTES_MAX);
    match field(&path, &said) {
        Some(field) => malformed.because(message).at(cut(field, FIELD_BYTES_MAX)),
        None => malformed.because(message),
    }
}

/// A whole number that its field has no room for: it is over the field's limit like any other that is.
fn no_room(path: &str, said: &str) -> Option<Refusal> {
    let (given, rest) = said.strip_prefix("invalid value: integer `")?.split_once('`')?;
    let room = match rest.strip_prefix(", expected ")?.split(' ').next()? {
        "u16" => u16::MAX.into(),
        "u32" => u32::MAX.into(),
        "u64" => u64::MAX,
        _ => return None,
    };
    let field = cut(field(path, said)?, FIELD_BYTES_MAX);
    let (least, most) = bounds_of(&field).unwrap_or((0, room));
    let bound = if given.starts_with('-') { least } else { most };
    Some(out_of_bounds(&field, given, bound, (least, most)))
}

/// The path as clients know it: from the command on, down to a field that is missing.
fn field(path: &str, said: &str) -> Option<String> {
    let path = path.strip_prefix("command.").unwrap_or(path);
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (path, missing) {
        ("." | "?", missing) => missing.map(str::to_owned),
        (path, Some(missing)) => Some(format!("{path}.{missing}")),
        (path, None) => Some(path.to_owned()),
    }
}

/// What serde says, with the nearest known name in place of a long list of all.
fn kinder(path: &str, said: &str) -> String {
    if said.starts_with("invalid type: unit variant") {
        return "a name alone; an object with its fields has to follow, {} if it has none"
            .to_owned();
    }
    let Some(rest) = said.strip_prefix("unknown ") else {
        return said.to_owned();
    };
    let mut names = rest.split('`').skip(1).step_by(2);
    let given = names.next().unwrap_or_default();
    let what = match rest.split(' ').next() {
        Some("variant") if path == "command" => "command",
        Some("variant") => "value",
        _ => "field",
    };
    let known: Vec<&str> = names.take(Command::NAMES.len()).collect();
    match nearest(given, &known) {
        Some(near) => format!("unknown {what} `{given}`; did you mean `{near}`?"),
        None if known.len() > LISTED_NAMES_MAX => {
            format!("unknown {what} `{}`", cut(given.to_owned(), NAME_BYTES_MAX))
        }
        None => said.to_owned(),
    }
}

/// The known name that a typing mistake or two may have turned into the given one.
fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    if given.len() > NAME_BYTES_MAX {
        return None;
    }
    let near = known.iter().map(|name| (distance(given, name), *name)).min()?;
    (near.0 <= 1 + given.len() / 4).then_some(near.1)
}

/// How many bytes one has to add, drop or change to get from one name to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// The same for postcard, which has no names to point at.
pub(crate) fn postcard_frame(bytes: &[u8], error: &postcard::Error) -> DecodeError {
    let Ok((id, rest)) = postcard::take_from_bytes::<RequestId>(bytes) else {
        return DecodeError::NotAFrame("no varint `id` of 32 bits at its start".to_owned());
    };
    let message = match postcard::take_from_bytes::<u32>(rest) {
        Ok((number, _)) if number as usize >= Command::NAMES.len() => {
            let last = Command::NAMES.len() - 1;
            format!("there is no command {number}; the last one is {last}")
        }
        _ => match postcard::take_from_bytes::<ClientFrame>(bytes) {
            Ok((_, left)) => format!("{} bytes follow the end of the command", left.len()),
            Err(_) => error.to_string(),
        },
    };
    let refusal = Refusal::new(RefusalCode::Malformed).because(message).at("command");
    DecodeError::BadCommand { id, refusal }
}
