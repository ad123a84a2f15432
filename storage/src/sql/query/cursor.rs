//! Where a page of a list ends, as an opaque text. It holds only ids and times of rows that its
//! reader was shown: a row's number would tell how many there are in other firms.

use super::access;
use crate::access::Actor;
use crate::sql::Db;
use crate::sql::rows::OpError;
use std::fmt::Write as _;
use tidings_protocol::limits::{CURSOR_BYTES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use tidings_protocol::{Page, Refusal, RefusalCode, ThreadId, Timestamp};
use uuid::Uuid;

const TIME_BYTES: usize = 8;
const ID_BYTES: usize = 16;
const _: () = assert!(2 * (TIME_BYTES + ID_BYTES) <= CURSOR_BYTES_MAX);

/// The field of a cursor in a command. Over HTTP it is the query's `cursor`.
pub(super) const IN_COMMANDS: &str = "page.cursor";

/// Items of a page.
pub(super) fn limit(page: &Page) -> Result<u32, Refusal> {
    let limit = page.limit.unwrap_or(PAGE_ITEMS_DEFAULT);
    if !(1..=PAGE_ITEMS_MAX).contains(&limit) {
        let bound = if limit == 0 { 1 } else { PAGE_ITEMS_MAX };
        return Err(Refusal::new(RefusalCode::Invalid)
            .at("limit")
            .limit(bound.into())
            .because(format!("{limit}; must be 1 to {PAGE_ITEMS_MAX}")));
    }
    Ok(limit)
}

/// Cuts a list that was read one item too long, and says whether it was.
pub(super) fn cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    more
}

/// The refusal of a cursor that none of our lists has given.
pub(super) fn bad(field: &str) -> Refusal {
    Refusal::new(RefusalCode::Invalid).at(field).because("not a cursor of this list")
}

/// The cursor of a list by name.
pub(super) fn after_id(id: Uuid) -> String {
    hex(id.as_bytes())
}

/// The id in a cursor of a list by name.
pub(super) fn id(page: &Page, field: &str) -> Result<Option<Uuid>, Refusal> {
    let Some(text) = &page.cursor else { return Ok(None) };
    match unhex::<ID_BYTES>(text) {
        Some(bytes) => Ok(Some(Uuid::from_bytes(bytes))),
        None => Err(bad(field)),
    }
}

/// The cursor of a list of threads by time.
pub(super) fn after_thread(at: Timestamp, thread: ThreadId) -> String {
    let mut bytes = [0; TIME_BYTES + ID_BYTES];
    bytes[..TIME_BYTES].copy_from_slice(&at.0.to_be_bytes());
    bytes[TIME_BYTES..].copy_from_slice(thread.0.as_bytes());
    hex(&bytes)
}

/// Time and number of the thread below which a list by time goes on; above everything for the
/// first page. The cursor's thread must be one that the reader sees: of others, not even that
/// they are there is to be learned.
pub(super) fn below_thread(db: Db<'_>, actor: Actor, page: &Page) -> Result<(i64, i64), OpError> {
    let Some(text) = &page.cursor else { return Ok((i64::MAX, i64::MAX)) };
    let bytes = unhex::<{ TIME_BYTES + ID_BYTES }>(text).ok_or_else(|| bad(IN_COMMANDS))?;
    let mut at = [0; TIME_BYTES];
    at.copy_from_slice(&bytes[..TIME_BYTES]);
    let mut id = [0; ID_BYTES];
    id.copy_from_slice(&bytes[TIME_BYTES..]);
    match access::thread(db, actor, ThreadId(Uuid::from_bytes(id))) {
        Ok(num) => Ok((i64::from_be_bytes(at), num)),
        Err(OpError::Refused(_)) => Err(bad(IN_COMMANDS).into()),
        Err(error @ OpError::Sql(_)) => Err(error),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_back_and_nothing_else_is_read() {
        let bytes = [0, 1, 0x7f, 0xff];
        assert_eq!(unhex::<4>(&hex(&bytes)), Some(bytes));
        for wrong in ["", "00017ff", "00017fff0", "0001 fff", "+001+fff", "00017f\u{e9}"] {
            assert_eq!(unhex::<4>(wrong), None, "{wrong}");
        }
    }
}
