//! Any value of a wire type from any bytes, by running the type's own `Deserialize` against a
//! source that answers every question from those bytes. So no field and no variant is left out, new
//! ones included, and fewer or smaller bytes give simpler values, which is how proptest shrinks.

use proptest::prelude::*;
use serde::de::value::{Error, U32Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, SeqAccess,
    VariantAccess, Visitor,
};
use std::cell::RefCell;
use tidings_protocol::{ClientFrame, Event, EventKind, Outcome, Reply, ServerFrame};

/// Most items of a list: enough for "none", "one" and "several".
const ITEMS_MAX: u8 = 4;

/// Any client frame.
pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame> {
    bytes().prop_map(|bytes| Source::new(&bytes).make())
}

/// Any server frame, with any kinds of events in it but [`EventKind::Unknown`].
pub(crate) fn server_frame() -> impl Strategy<Value = ServerFrame> {
    bytes().prop_map(|bytes| {
        let source = Source::new(&bytes);
        let mut frame = source.make();
        for event in events_of(&mut frame) {
            event.kind = source.make::<EventKind>();
        }
        frame
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..800)
}

/// Every event that is somewhere in a frame.
fn events_of(frame: &mut ServerFrame) -> &mut [Event] {
    match frame {
        ServerFrame::Event(event) => std::slice::from_mut(event),
        ServerFrame::Events { events, .. }
        | ServerFrame::Reply { outcome: Outcome::Ok(Reply::History { events, .. }), .. } => events,
        _ => &mut [],
    }
}

/// Bytes that decide; once they are used up, all zeros.
struct Source<'a>(RefCell<std::slice::Iter<'a, u8>>);

impl<'a> Source<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self(RefCell::new(bytes.iter()))
    }

    fn make<T: DeserializeOwned>(&self) -> T {
        T::deserialize(self).expect("any choice makes a value")
    }

    fn byte(&self) -> u8 {
        self.0.borrow_mut().next().copied().unwrap_or(0)
    }

    /// Small numbers, edges and anything, about equally often.
    fn number(&self) -> u64 {
        match self.byte() % 4 {
            0 => u64::from(self.byte()),
            1 => [0, 1, 127, 128, 1 << 32, 1 << 53, u64::MAX - 1, u64::MAX]
                [usize::from(self.byte() % 8)],
            2 => 1 << (self.byte() % 64),
            _ => u64::from_le_bytes([(); 8].map(|()| self.byte())),
        }
    }

    fn text(&self) -> String {
        let characters =
            ['a', ' ', '"', '\\', '\0', '\n', 'é', '\u{202e}', '👋', '`', '\u{10ffff}', '/'];
        let some = (0..self.byte() % 12).map(|_| self.byte());
        some.map(|byte| characters[usize::from(byte) % characters.len()]).collect()
    }

    fn uuid(&self) -> String {
        uuid::Uuid::from_bytes([(); 16].map(|()| self.byte())).to_string()
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $from:ident)*) => {$(
        #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.number() as $from)
        }
    )*};
}

impl<'de> Deserializer<'de> for &Source<'_> {
    type Error = Error;

    numbers! {
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number())
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(self.number().cast_signed())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.byte() % 2 == 1)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text())
    }

    /// Only ids ask for a `str`.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.uuid())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.byte() % 2 == 1 { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = usize::from(self.byte() % ITEMS_MAX);
        visitor.visit_seq(Items { source: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { source: self, left: names.len() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = usize::from(self.byte()) % names.len();
        visitor.visit_enum(Choice { source: self, variant })
    }

    /// Only the kind of an event asks; it is put in afterwards.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str("put_in_afterwards")
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'a, 'b> {
    source: &'a Source<'b>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.source).map(Some)
    }
}

struct Choice<'a, 'b> {
    source: &'a Source<'b>,
    variant: usize,
}

impl<'de> EnumAccess<'de> for Choice<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        let number = u32::try_from(self.variant).expect("few variants");
        let number: U32Deserializer<Error> = number.into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.source)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { source: self.source, left: length })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { source: self.source, left: names.len() })
    }
}
