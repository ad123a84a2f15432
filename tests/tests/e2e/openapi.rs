//! The server answers as its own `OpenAPI` document says: the statuses, the media types, the bodies.

use crate::api::{Operation, Things, operations_of, send};
use crate::tenants::{a_command, an_object};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidings_protocol::Command;
use tidings_tests::{Answer, Cast, Http, Schemas, Server};

/// The document, and what is held against it.
struct Document(Value);

impl Document {
    async fn of(server: &Server) -> Self {
        Self(server.http().get("/v1/openapi.json").await.expect(200))
    }

    /// What is said of a status of an operation, looked up if it is a reference.
    fn response(&self, operation: &Operation, status: u16) -> Option<&Value> {
        let said = self.0["paths"][&operation.path][operation.method.to_lowercase()]["responses"]
            .get(status.to_string())?;
        match said["$ref"].as_str() {
            Some(name) => self.0.pointer(name.trim_start_matches('#')),
            None => Some(said),
        }
    }

    /// Checks an answer against what is said of it.
    fn check(&self, operation: &Operation, answer: &Answer) {
        let context = format!("{}: {answer:?}", operation.id);
        let said = self.response(operation, answer.status);
        let said = said.unwrap_or_else(|| panic!("a status that is not documented: {context}"));
        for name in said["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(answer.header(&name.to_lowercase()).is_some(), "no {name}: {context}");
        }
        let Some(media) = said["content"].as_object() else {
            assert!(answer.body.is_empty(), "a body that is not documented: {context}");
            return;
        };
        let type_ = answer.header("content-type").unwrap_or_default();
        let type_ = type_.split(';').next().unwrap_or_default();
        let schema = media.get(type_).map(|media| &media["schema"]);
        let schema = schema.unwrap_or_else(|| panic!("type {type_} is not documented: {context}"));
        let body = if type_.ends_with("json") { answer.json() } else { json!(answer.body) };
        let wrong = Schemas(&self.0).check(schema, &body);
        assert!(wrong.is_empty(), "{wrong:#?}\n{context}");
    }

    /// Checks a body that an operation takes against what it says that it takes.
    fn takes(&self, operation: &Operation, body: &Value) {
        let schema = &operation.said["requestBody"]["content"]["application/json"]["schema"];
        let wrong = Schemas(&self.0).check(schema, body);
        assert!(wrong.is_empty(), "{}: {wrong:#?}\n{body}", operation.id);
    }
}

/// Bodies that are wrong in one way or another.
fn wrong_bodies(good: Option<&Value>) -> Vec<Value> {
    let Some(good) = good else { return Vec::new() };
    let mut bodies = vec![json!({}), json!([]), json!(null), json!({ "unknown": 1 })];
    for (name, value) in good.as_object().into_iter().flatten() {
        let long = if value.is_string() { json!("x".repeat(5_000)) } else { json!("x") };
        for bad in [json!({ "not": "this" }), json!(-1), json!(""), long] {
            let mut body = good.clone();
            body[name] = bad;
            bodies.push(body);
        }
    }
    bodies
}

#[tokio::test]
async fn every_operation_answers_as_documented() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let document = Document::of(&server).await;
    let person = server.http().with(cast.firm.token(cast.carlos).await);
    let nobody = server.http();
    for operation in operations_of(&document.0) {
        let things = Things::of(&cast.firm).await;
        let (key, path) = (&cast.firm.http, operation.path(&things));
        let good = things.body(&operation.id);
        if let Some(body) = &good {
            document.takes(&operation, body);
            let example = &operation.said["requestBody"]["content"]["application/json"]["example"];
            document.takes(&operation, example);
            let answer = key.send(&operation.method, &path, Some(example)).await;
            document.check(&operation, &answer);
            assert!(![400, 422].contains(&answer.status), "{}: {example}", operation.id);
        }
        for http in [&person, &nobody, &nobody.with("tk_made_up")] {
            document.check(&operation, &send(http, &operation, &things).await);
        }
        document.check(&operation, &send(key, &operation, &Things::of_nobody()).await);
        for body in wrong_bodies(good.as_ref()) {
            let answer = key.send(&operation.method, &path, Some(&body)).await;
            document.check(&operation, &answer);
        }
        for query in ["nonsense=1", "limit=0", "limit=x", "cursor=%00", "account=x"] {
            let sign = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{sign}{query}");
            let answer = key.send(&operation.method, &path, good.as_ref()).await;
            document.check(&operation, &answer);
        }
        let answer = send(key, &operation, &things).await;
        document.check(&operation, &answer);
        let success = operation.said["responses"].as_object().into_iter().flatten();
        let success: Vec<&str> =
            success.map(|(status, _)| status.as_str()).filter(|s| *s < "300").collect();
        let answered = answer.status.to_string();
        // A handshake is no request of this client.
        let upgrade = operation.id == "open_socket" && answer.status == 426;
        // Nor does it read mails, for a token.
        let page = operation.path.contains("{token}") && answer.status == 404;
        assert!(
            success.contains(&answered.as_str()) || upgrade || page,
            "{}: {answer:?}",
            operation.id
        );
        let used = format!("/v1/api-keys/{}", things.key);
        key.send("DELETE", &used, None).await;
    }
}

#[tokio::test]
async fn every_command_and_its_reply_are_as_documented() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let document = Document::of(&server).await;
    let operations = operations_of(&document.0);
    let run = operations.iter().find(|operation| operation.id == "run_command");
    let run = run.expect("commands are taken over HTTP");
    let object = an_object(&cast).await;
    let mut done = BTreeSet::new();
    for actor in [cast.mia, cast.carlos] {
        for name in Command::NAMES {
            let body = json!({ "actor": actor, "command": a_command(name, &object) });
            document.takes(run, &body);
            let answer = cast.firm.http.post("/v1/commands", &body).await;
            document.check(run, &answer);
            if answer.status == 200 {
                done.insert(name);
            }
        }
    }
    let refused: Vec<_> = Command::NAMES.into_iter().filter(|name| !done.contains(name)).collect();
    let on_sockets_only = ["authenticate", "join", "leave", "typing", "presence"];
    assert_eq!(refused, on_sockets_only, "everything else was done once");
}

#[tokio::test]
async fn what_is_not_documented_is_not_there() {
    let server = Server::start().await;
    let document = Document::of(&server).await;
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let http: Http = server.http();
    for (path, known) in document.0["paths"].as_object().expect("it has paths") {
        for method in methods {
            if known.get(method.to_lowercase()).is_some() {
                continue;
            }
            let answer = http.send(method, &path.replace(['{', '}'], ""), None).await;
            // A parameter in the path may be some other operation's name.
            assert!([404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            if answer.status == 405 {
                let allow = answer.header("allow").unwrap_or_default();
                assert!(!allow.split(", ").any(|allowed| allowed == method), "{allow}");
            }
        }
    }
    for path in ["/", "/v1", "/v1/", "/v1/firm/", "/v2/firm", "/v1/firms", "/metrics/x"] {
        assert_eq!(http.get(path).await.code(), "no_such_route", "{path}");
    }
}
