//! What is bound to a statement: borrowed, so that binding copies nothing, and the same for every
//! database.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tidings_protocol::Timestamp;
use uuid::Uuid;

/// The value of one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// None.
    Null,
    /// A number, a time, or a flag as 0 or 1.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// Bytes that are no id.
    Blob(&'a [u8]),
    /// An id: 16 bytes.
    Id(Uuid),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u16> for Value<'_> {
    fn from(number: u16) -> Self {
        Self::Int(number.into())
    }
}

impl From<u8> for Value<'_> {
    fn from(number: u8) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Int(flag.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.0)
    }
}

impl From<Uuid> for Value<'_> {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
            Self::Id(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

/// The parameters without the last one if that is NULL: of a statement that speaks of it only when it
/// is given.
pub(crate) fn given<'p>(params: &'p [Value<'p>]) -> &'p [Value<'p>] {
    match params {
        [others @ .., Value::Null] => others,
        all => all,
    }
}

/// The parameters of a statement: `?1`, `?2`…
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use params;
