//! The layout of the wire types, found out by running their own `Deserialize` against a recorder.
//! So the tables in the document come from the code and can't forget a field or a variant.

use serde::de::value::{Error, U32Deserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, SeqAccess,
    VariantAccess, Visitor,
};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A field's name and the type it has in the document.
pub(crate) type Field = (&'static str, String);

/// What a type looks like.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Struct(Vec<Field>),
    /// Variants by number; `None` until seen.
    Enum(&'static [&'static str], Vec<Option<Content>>),
}

/// What follows a variant's number.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Nothing,
    One(String),
    Fields(Vec<Field>),
}

/// Types by name.
pub(crate) type Shapes = BTreeMap<&'static str, Shape>;

/// Records a type and what it is made of, until every variant of `name` itself is known.
pub(crate) fn trace<'de, T: Deserialize<'de>>(name: &str, shapes: &mut Shapes) {
    loop {
        let book = RefCell::new(Book { shapes: std::mem::take(shapes), last: String::new() });
        T::deserialize(Recorder(&book)).expect("the recorder's values suit every type");
        *shapes = book.into_inner().shapes;
        match &shapes[name] {
            Shape::Enum(_, seen) if seen.iter().any(Option::is_none) => {}
            _ => return,
        }
    }
}

struct Book {
    shapes: Shapes,
    /// What the value just handed out is called.
    last: String,
}

#[derive(Clone, Copy)]
struct Recorder<'a>(&'a RefCell<Book>);

impl Recorder<'_> {
    fn called(self, name: impl Into<String>) {
        self.0.borrow_mut().last = name.into();
    }

    fn last(self) -> String {
        self.0.borrow().last.clone()
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<(V::Value, Vec<Field>), Error> {
        let mut fields = Vec::new();
        let value = visitor.visit_seq(Items { recorder: self, names, fields: &mut fields })?;
        Ok((value, fields))
    }
}

/// Bytes that read as a uuid, and as the event kind `archived` with something after it.
const BYTES: &[u8] = &[12; 16];

macro_rules! plain {
    ($($method:ident $visit:ident $value:expr, $name:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.called($name);
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Recorder<'_> {
    type Error = Error;

    plain! {
        deserialize_bool visit_bool true, "bool";
        deserialize_u16 visit_u16 1, "u16";
        deserialize_u32 visit_u32 1, "u32";
        deserialize_u64 visit_u64 1, "u64";
        deserialize_i64 visit_i64 1, "i64";
        deserialize_string visit_str "x", "string";
        deserialize_str visit_borrowed_str "x", "string";
        deserialize_bytes visit_borrowed_bytes BYTES, "uuid";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_some(self)?;
        self.called(format!("option {}", self.last()));
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let (value, items) = self.fields(&["item"], visitor)?;
        self.called(format!("list {}", items[0].1));
        Ok(value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (value, fields) = self.fields(names, visitor)?;
        self.0.borrow_mut().shapes.insert(name, Shape::Struct(fields));
        self.called(name);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let index = match self
            .0
            .borrow_mut()
            .shapes
            .entry(name)
            .or_insert_with(|| Shape::Enum(names, vec![None; names.len()]))
        {
            Shape::Enum(_, seen) => seen.iter().position(Option::is_none).unwrap_or(0),
            Shape::Struct(_) => panic!("{name} is both a struct and an enum"),
        };
        let mut content = Content::Nothing;
        let value = visitor.visit_enum(Choice { recorder: self, index, content: &mut content })?;
        if let Some(Shape::Enum(_, seen)) = self.0.borrow_mut().shapes.get_mut(name) {
            seen[index] = Some(content);
        }
        self.called(name);
        Ok(value)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        panic!("postcard can't read a value without knowing its type");
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 f64 char byte_buf unit unit_struct tuple tuple_struct map
        identifier ignored_any
    }
}

struct Items<'a, 'b> {
    recorder: Recorder<'a>,
    names: &'static [&'static str],
    fields: &'b mut Vec<Field>,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(name) = self.names.get(self.fields.len()) else {
            return Ok(None);
        };
        let value = seed.deserialize(self.recorder)?;
        self.fields.push((name, self.recorder.last()));
        Ok(Some(value))
    }
}

struct Choice<'a, 'b> {
    recorder: Recorder<'a>,
    index: usize,
    content: &'b mut Content,
}

impl<'de> EnumAccess<'de> for Choice<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        let number = u32::try_from(self.index).expect("few variants");
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
        let value = seed.deserialize(self.recorder)?;
        *self.content = Content::One(self.recorder.last());
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        panic!("no wire type has a tuple variant");
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (value, fields) = self.recorder.fields(names, visitor)?;
        *self.content = Content::Fields(fields);
        Ok(value)
    }
}
