//! How the kind of an event travels so that a reader can pass over kinds newer than itself, alone or
//! in the middle of a page. JSON: the kind as it is, told by its name. postcard: its bytes behind
//! their length; fields that a newer writer appended to a known kind are passed over too.
//!
//! Nothing is buffered to be tried twice: a known name with wrong fields is an error, and a reader's
//! memory is bounded by what it keeps.

use crate::event::EventKind;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What [`EventKind::Unknown`] is written as, so that writing it can't fail. No kind ever gets this
/// name or number.
const UNKNOWN_NAME: &str = "unknown";
const UNKNOWN_NUMBER: u32 = u32::MAX;

pub(crate) fn serialize<S: Serializer>(kind: &EventKind, to: S) -> Result<S::Ok, S::Error> {
    match (to.is_human_readable(), kind) {
        (true, EventKind::Unknown) => to.serialize_str(UNKNOWN_NAME),
        (true, _) => kind.serialize(to),
        (false, EventKind::Unknown) => write_bytes(&UNKNOWN_NUMBER, to),
        (false, _) => write_bytes(kind, to),
    }
}

fn write_bytes<S: Serializer>(kind: &impl Serialize, to: S) -> Result<S::Ok, S::Error> {
    let bytes = postcard::to_stdvec(kind).map_err(S::Error::custom)?;
    to.serialize_bytes(&bytes)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<EventKind, D::Error> {
    if from.is_human_readable() {
        return from.deserialize_any(ByName);
    }
    let bytes = <&[u8]>::deserialize(from)?;
    from_bytes(bytes).map_err(D::Error::custom)
}

fn from_bytes(bytes: &[u8]) -> Result<EventKind, postcard::Error> {
    let (number, _) = postcard::take_from_bytes::<u32>(bytes)?;
    let known = usize::try_from(number).is_ok_and(|number| number < EventKind::NAMES.len());
    if known { postcard::from_bytes(bytes) } else { Ok(EventKind::Unknown) }
}

/// Reads `{"name": {…}}`; a bare `"name"` is how a kind without fields might be written one day.
struct ByName;

impl<'de> Visitor<'de> for ByName {
    type Value = EventKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event kind")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<EventKind, E> {
        if EventKind::NAMES.contains(&name) {
            return Err(E::custom(format_args!("event kind `{name}` without its fields")));
        }
        Ok(EventKind::Unknown)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventKind, A::Error> {
        let Some(name) = map.next_key::<String>()? else {
            return Err(A::Error::custom("an event kind without a name"));
        };
        if EventKind::NAMES.contains(&name.as_str()) {
            return EventKind::deserialize(MapAccessDeserializer::new(Again {
                name: Some(name),
                map,
            }));
        }
        map.next_value::<IgnoredAny>()?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(EventKind::Unknown)
    }
}

/// A map whose first key has been looked at and is handed out again.
struct Again<A> {
    name: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Again<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.name.take() {
            Some(name) => seed.deserialize(name.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
