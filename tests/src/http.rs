//! Requests as a host application sends them: HTTP/1.1, one on each connection. Written out here,
//! since a test wants to see every status and header, and needs nothing of what HTTP clients do.

use crate::endpoint::Endpoint;
use crate::wait::within;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Write as _;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server's HTTP API, as seen with one credential or none.
#[derive(Clone, Debug)]
pub struct Http {
    endpoint: Endpoint,
    credential: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The body as a type, if the status is the expected one.
    #[track_caller]
    pub fn expect<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The `code` of a problem document.
    #[track_caller]
    pub fn code(&self) -> String {
        let type_ = self.header("content-type");
        assert_eq!(type_, Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        problem["code"].as_str().unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let headers = lines
            .map(|line| line.split_once(':'))
            .map(|pair| pair.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())))
            .collect::<Option<Vec<_>>>()?;
        let answer = Self { status, headers, body: body.to_owned() };
        // A body that was cut off is not an answer.
        let whole = match answer.header("content-length") {
            Some(length) => length.parse() == Ok(bytes.len() - head.len() - 4),
            None => answer.header("transfer-encoding").is_none(),
        };
        whole.then_some(answer)
    }
}

impl Http {
    /// Without a credential.
    pub fn new(endpoint: &Endpoint) -> Self {
        Self { endpoint: endpoint.clone(), credential: None }
    }

    /// The same API with `Authorization: Bearer`.
    #[must_use]
    pub fn with(&self, credential: impl Into<String>) -> Self {
        Self { endpoint: self.endpoint.clone(), credential: Some(credential.into()) }
    }

    /// Sends a request, and waits for the answer.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let what = format!("the answer to {method} {path}");
        let answer = within(&what, self.try_send(method, path, body)).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The same with a connection that may fail.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.endpoint.address()).await?;
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        if let Some(credential) = &self.credential {
            let _ = write!(request, "authorization: Bearer {credential}\r\n");
        }
        if let Some(body) = body {
            let body = body.to_string();
            let length = body.len();
            let _ = write!(
                request,
                "content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            );
        } else {
            request.push_str("\r\n");
        }
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let broken =
            || io::Error::other(format!("no answer: {}", String::from_utf8_lossy(&answer)));
        Answer::parse(&answer).ok_or_else(broken)
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// `POST` of something as JSON.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send("POST", path, Some(&value(body))).await
    }

    /// `PATCH` with something as JSON.
    pub async fn patch(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send("PATCH", path, Some(&value(body))).await
    }
}

fn value(body: &impl Serialize) -> Value {
    serde_json::to_value(body).expect("what tests send can be written as JSON")
}
