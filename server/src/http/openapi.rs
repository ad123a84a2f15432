//! The `OpenAPI` 3.1 document, made from the table of routes and the types that handlers read and
//! write.

use super::input::with_header;
use super::problem::{self, Problem};
use super::request::Call;
use super::route::{AccessKind, QueryParameter, Route};
use super::routes::ROUTES;
use bytes::Bytes;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use tidings_protocol::limits::{CURSOR_BYTES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use warp::http::StatusCode;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::reply::{Reply as _, Response};

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(openapi().to_string()));

pub(super) async fn serve(_: Call) -> Result<Response, Problem> {
    let response = Response::new(DOCUMENT.clone().into());
    let response = with_header(response, CONTENT_TYPE, "application/json");
    Ok(with_header(response, CACHE_CONTROL, "public, max-age=300").into_response())
}

/// The document.
pub fn openapi() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.into_generator();
    let problem = schemas.subschema_for::<problem::Body>();
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(route, &mut schemas);
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Tidings",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": DESCRIPTION,
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of a firm, `tk_…`. For servers only.",
                },
                "person_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A person's JSON Web Token.",
                },
            },
            "responses": {
                "problem": {
                    "description": "Not done, nor any part of it (RFC 9457).",
                    "content": { "application/problem+json": { "schema": problem } },
                },
                "page": {
                    "description": "Not done: a page says so, or a problem if the request was none of a page.",
                    "content": {
                        "text/html": { "schema": { "type": "string" } },
                        "application/problem+json": { "schema": problem },
                    },
                },
            },
        },
    })
}

const DESCRIPTION: &str = "\
Directory, settings, tokens, and commands one at a time. Threads are followed live on the socket at \
`/v1/ws`.\n\n\
Times are milliseconds since 1970. Errors are problem details; `code` says what to act on, `field` \
and `limit` what was wrong. 400: can't be read. 422: was read, and breaks a bound. 404: is not \
there, or not for you. 409: the state of things forbids it now. 503: safe to send again.\n\n\
Unknown fields and query parameters are refused.";

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "security": security(route.access),
        "responses": responses(route, schemas),
    });
    let parameters: Vec<Value> = route
        .parameters()
        .map(path_parameter)
        .chain(route.query.iter().map(|parameter| query_parameter(*parameter)))
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = &route.body {
        let example: Value = serde_json::from_str(body.example).unwrap_or_default();
        operation["requestBody"] = json!({
            "required": true,
            "content": {
                "application/json": { "schema": (body.schema)(schemas), "example": example },
            },
        });
    }
    if route.form {
        let any = json!({ "schema": { "type": "object" } });
        operation["requestBody"] = json!({
            "description": "The form of the page; nothing of it is read.",
            "content": { "application/x-www-form-urlencoded": any, "multipart/form-data": any },
        });
    }
    operation
}

fn security(access: AccessKind) -> Value {
    match access {
        AccessKind::Public => json!([]),
        AccessKind::ApiKey => json!([{ "api_key": [] }]),
        AccessKind::ApiKeyOrPerson => json!([{ "api_key": [] }, { "person_token": [] }]),
        // The first frame may bring the token instead.
        AccessKind::Socket => json!([{}, { "person_token": [] }]),
    }
}

fn responses(route: &Route, schemas: &mut SchemaGenerator) -> Map<String, Value> {
    let mut responses = Map::new();
    for status in route.statuses() {
        let response = if status == route.success {
            success(route, schemas)
        } else {
            let kind = if route.is_page() { "page" } else { "problem" };
            json!({ "$ref": format!("#/components/responses/{kind}") })
        };
        responses.insert(status.to_string(), response);
    }
    responses
}

fn success(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let status = StatusCode::from_u16(route.success).unwrap_or_default();
    let mut response = json!({ "description": status.canonical_reason().unwrap_or_default() });
    if let Some(answer) = route.answer {
        response["content"] = json!({ route.media_type: { "schema": answer(schemas) } });
    }
    if let Some(answer) = route.json {
        response["content"]["application/json"] = json!({ "schema": answer(schemas) });
    }
    if route.success == 201 && route.path != "/v1/tokens" && route.path != "/v1/api-keys" {
        response["headers"] =
            json!({ "Location": { "schema": { "type": "string", "format": "uri-reference" } } });
    }
    response
}

fn path_parameter(name: &str) -> Value {
    let schema = match name {
        "token" => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]+$" }),
        _ => json!({ "type": "string", "format": "uuid" }),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn query_parameter(parameter: QueryParameter) -> Value {
    let (description, schema) = match parameter {
        QueryParameter::Limit => (
            "Most items of the page.",
            json!({
                "type": "integer",
                "minimum": 1,
                "maximum": PAGE_ITEMS_MAX,
                "default": PAGE_ITEMS_DEFAULT,
            }),
        ),
        QueryParameter::Cursor => (
            "`next` of the page before.",
            json!({ "type": "string", "maxLength": CURSOR_BYTES_MAX }),
        ),
        QueryParameter::Account => {
            ("Of one client only.", json!({ "type": "string", "format": "uuid" }))
        }
        QueryParameter::Thread => {
            ("Of one thread only.", json!({ "type": "string", "format": "uuid" }))
        }
        QueryParameter::Person => (
            "Of one person only: `member:UUID` or `contact:UUID`.",
            json!({ "type": "string", "pattern": "^(member|contact):[0-9A-Fa-f-]{36}$" }),
        ),
    };
    json!({
        "name": parameter.name(),
        "in": "query",
        "description": description,
        "schema": schema,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(target) if name == "$ref" => found.push(target),
                        value => references(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50);
        for target in found {
            let pointer = target.strip_prefix('#').expect("references stay inside");
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }

    #[test]
    fn every_route_is_in_it_once() {
        let document = openapi();
        let mut names = HashSet::new();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
            assert_eq!(operation["operationId"], route.operation);
            assert!(names.insert(route.operation), "{} is there twice", route.operation);
            let has_body = operation["requestBody"].is_object();
            assert_eq!(has_body, route.body.is_some() || route.form, "{}", route.operation);
            assert!(operation["responses"][route.success.to_string()].is_object());
        }
        let paths = document["paths"].as_object().unwrap().values();
        let operations: usize = paths.map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(operations, ROUTES.len());
    }

    #[test]
    fn every_example_can_be_sent() {
        for route in ROUTES {
            if let Some(body) = &route.body {
                assert_eq!((body.reads)(body.example), Ok(()), "{}", route.operation);
            }
        }
    }

    #[test]
    fn component_names_are_valid() {
        let document = openapi();
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            let valid = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            assert!(name.chars().all(valid), "{name}");
        }
    }

    #[test]
    fn unknown_fields_are_refused_and_the_document_says_so() {
        let document = openapi();
        for route in ROUTES {
            let Some(body) = &route.body else { continue };
            let Ok(Value::Object(mut example)) = serde_json::from_str(body.example) else {
                panic!("{} takes no object", route.operation);
            };
            example.insert("unknown".to_owned(), Value::Null);
            let text = Value::Object(example).to_string();
            assert!((body.reads)(&text).is_err(), "{}", route.operation);
            let place = format!(
                "/paths/{}/{}/requestBody/content/application~1json/schema/$ref",
                route.path.replace('/', "~1"),
                route.method.to_ascii_lowercase()
            );
            let target = document.pointer(&place).and_then(Value::as_str).unwrap();
            let schema = document.pointer(&target[1..]).unwrap();
            let strict = schema["additionalProperties"] == false || schema["oneOf"].is_array();
            assert!(strict, "{}: {schema}", route.operation);
        }
    }
}
