//! Values on their way to PostgreSQL and back, in its binary format, by the types that the server
//! has given to parameters and columns.

use crate::sql::{SqlError, Value};
use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::Row;

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

type Failed = Box<dyn Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failed> {
        match (self, ty) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => out.extend_from_slice(&number.to_be_bytes()),
            (Self::Int(number), &Type::INT4) => {
                out.extend_from_slice(&i32::try_from(*number)?.to_be_bytes());
            }
            (Self::Int(number), &Type::INT2) => {
                out.extend_from_slice(&i16::try_from(*number)?.to_be_bytes());
            }
            (Self::Text(text), &Type::TEXT) => out.extend_from_slice(text.as_bytes()),
            (Self::Blob(bytes), &Type::BYTEA | &Type::UUID) => out.extend_from_slice(bytes),
            (Self::Id(id), &Type::UUID | &Type::BYTEA) => out.extend_from_slice(id.as_bytes()),
            _ => return Err(format!("a parameter of type {ty} got another kind of value").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The same, to be kept until it is sent.
pub(super) enum Owned {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    Id(Uuid),
}

impl Owned {
    /// A copy.
    pub(super) fn of(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Blob(bytes) => Self::Blob(bytes.to_owned()),
            Value::Id(id) => Self::Id(id),
        }
    }

    /// What it is.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
            Self::Id(id) => Value::Id(*id),
        }
    }
}

/// A number of whatever width, or a condition as 0 or 1.
struct Number(i64);

impl<'a> FromSql<'a> for Number {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failed> {
        Ok(Self(match *ty {
            Type::INT8 => i64::from_be_bytes(raw.try_into()?),
            Type::INT4 => i32::from_be_bytes(raw.try_into()?).into(),
            Type::INT2 => i16::from_be_bytes(raw.try_into()?).into(),
            _ => (raw != [0]).into(),
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL)
    }
}

/// Bytes, or an id.
struct Bytes<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failed> {
        Ok(Self(raw))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BYTEA | Type::UUID)
    }
}

fn column<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, SqlError> {
    row.try_get(column).map_err(|error| SqlError::broken(column, error))
}

/// Whatever there is.
struct Anything;

impl<'a> FromSql<'a> for Anything {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Failed> {
        Ok(Self)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether there is nothing.
pub(crate) fn is_null(row: &Row, at: usize) -> Result<bool, SqlError> {
    Ok(column::<Option<Anything>>(row, at)?.is_none())
}

/// A number, a condition, or NULL.
pub(crate) fn maybe_int(row: &Row, at: usize) -> Result<Option<i64>, SqlError> {
    Ok(column::<Option<Number>>(row, at)?.map(|number| number.0))
}

/// A number or a condition.
pub(crate) fn int(row: &Row, at: usize) -> Result<i64, SqlError> {
    Ok(column::<Number>(row, at)?.0)
}

/// A text.
pub(crate) fn text(row: &Row, at: usize) -> Result<&str, SqlError> {
    column(row, at)
}

/// Bytes, or the bytes of an id.
pub(crate) fn blob(row: &Row, at: usize) -> Result<&[u8], SqlError> {
    Ok(column::<Bytes<'_>>(row, at)?.0)
}
