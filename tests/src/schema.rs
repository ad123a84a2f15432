//! Whether JSON is as a schema of the server's `OpenAPI` document says. Knows the words of JSON
//! Schema that the document uses; at any other it stops, so that nothing is passed over.

use serde_json::{Map, Value};

/// The document that schemas are a part of.
pub struct Schemas<'a>(pub &'a Value);

/// Words that say nothing about a value's form.
const NOTES: [&str; 4] = ["description", "default", "title", "$ref"];

impl Schemas<'_> {
    /// Says everything that is wrong with a value, each with its path. As JSON Schema has it, a
    /// word that is about numbers says nothing about texts, and so on.
    pub fn check(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        self.look(schema, value, "", &mut wrong);
        wrong
    }

    fn look(&self, schema: &Value, value: &Value, path: &str, wrong: &mut Vec<String>) {
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(true) => return,
            other => panic!("{path}: {other} is no schema"),
        };
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            self.look(self.named(name), value, path, wrong);
        }
        for (word, says) in schema.iter().filter(|(word, _)| !NOTES.contains(&word.as_str())) {
            let holds = match word.as_str() {
                "type" => is_of_type(says, value),
                "const" => says == value,
                "enum" => says.as_array().is_some_and(|all| all.contains(value)),
                "minimum" => value.as_f64().is_none_or(|number| Some(number) >= says.as_f64()),
                "maximum" => value.as_f64().is_none_or(|number| Some(number) <= says.as_f64()),
                "format" => is_of_format(says, value),
                "required" => {
                    !value.is_object() || names(says).all(|name| value.get(name).is_some())
                }
                "oneOf" => self.fitting(says, value) == 1,
                "anyOf" => self.fitting(says, value) >= 1,
                "additionalProperties" => true,
                "properties" | "items" => {
                    self.inside(schema, value, path, wrong);
                    true
                }
                new => panic!("{path}: the checker does not know `{new}`"),
            };
            if !holds {
                wrong.push(format!("{path}: {value} does not keep {word} {says}"));
            }
        }
    }

    fn named(&self, name: &str) -> &Value {
        let found = name.strip_prefix('#').and_then(|path| self.0.pointer(path));
        found.unwrap_or_else(|| panic!("the document has no {name}"))
    }

    fn fitting(&self, schemas: &Value, value: &Value) -> usize {
        let all = schemas.as_array().into_iter().flatten();
        all.filter(|schema| self.check(schema, value).is_empty()).count()
    }

    /// What is in an object or an array. A field that is not described is wrong, whether or not
    /// the schema would let it pass.
    fn inside(
        &self,
        schema: &Map<String, Value>,
        value: &Value,
        path: &str,
        wrong: &mut Vec<String>,
    ) {
        let fields = schema.get("properties").and_then(Value::as_object);
        if let (Some(fields), Some(object)) = (fields, value.as_object()) {
            for (name, value) in object {
                match fields.get(name) {
                    Some(schema) => self.look(schema, value, &format!("{path}.{name}"), wrong),
                    None => wrong.push(format!("{path}.{name} is not described")),
                }
            }
        }
        if let (Some(schema), Some(items)) = (schema.get("items"), value.as_array()) {
            for (at, item) in items.iter().enumerate() {
                self.look(schema, item, &format!("{path}[{at}]"), wrong);
            }
        }
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn is_of_type(says: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    };
    says.as_str().map_or_else(|| names(says).any(is), is)
}

fn is_of_format(says: &Value, value: &Value) -> bool {
    match says.as_str() {
        Some("uuid") => value.as_str().is_none_or(|text| uuid::Uuid::parse_str(text).is_ok()),
        Some("uint16") => value.as_u64().is_none_or(|number| u16::try_from(number).is_ok()),
        Some("uint32") => value.as_u64().is_none_or(|number| u32::try_from(number).is_ok()),
        Some("uint64") => !value.is_number() || value.is_u64(),
        Some("int64") => !value.is_number() || value.is_i64(),
        other => panic!("the checker does not know the format {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_found_by_its_path() {
        let document = json!({ "S": { "type": "string", "format": "uuid" } });
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": { "$ref": "#/S" },
                "list": { "type": "array", "items": { "anyOf": [{ "const": 1 }, { "const": 2 }] } },
                "rest": { "type": ["integer", "null"], "minimum": 1 },
            },
        });
        let id = "f0000000-0000-4000-8000-000000000001";
        let schemas = Schemas(&document);
        let good = json!({ "id": id, "list": [1, 2], "rest": 1 });
        assert_eq!(schemas.check(&schema, &good), [] as [String; 0]);
        for (bad, path) in [
            (json!([]), ""),
            (json!({}), ""),
            (json!({ "id": "x" }), ".id"),
            (json!({ "id": id, "list": [1, 3] }), ".list[1]"),
            (json!({ "id": id, "rest": 0 }), ".rest"),
            (json!({ "id": id, "other": 0 }), ".other"),
        ] {
            let wrong = schemas.check(&schema, &bad);
            assert!(
                wrong.iter().all(|one| one.starts_with(path)) && !wrong.is_empty(),
                "{wrong:?}"
            );
        }
    }
}
