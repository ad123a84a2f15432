//! The names of an enum's variants, asked of its own `Deserialize`, so that a test that has to
//! cover them all can't forget one.

use serde::Deserializer;
use serde::de::value::Error;
use serde::de::{Deserialize, Error as _, Visitor};
use std::cell::Cell;

/// The names in JSON, in wire order.
pub(crate) fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let names = Cell::new(&[] as &[&str]);
    let caught = T::deserialize(Catch(&names));
    assert!(caught.is_err() && !names.get().is_empty(), "not an enum");
    names.get()
}

struct Catch<'a>(&'a Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Catch<'_> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.set(names);
        Err(Error::custom("seen enough"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not an enum"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
