//! What the operator writes for a bus: `local`, or where Redis is.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use std::fmt;
use std::path::{Path, PathBuf};

/// How the nodes of one store hear of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusUrl {
    /// `local`: there is one node.
    Local,
    /// `redis://…`, or `rediss://…` with TLS.
    Redis(RedisUrl),
}

/// Where Redis is, and how it is used.
#[derive(Clone)]
pub struct RedisUrl {
    connection: Box<ConnectionInfo>,
    prefix: String,
    cluster: bool,
    roots: Option<PathBuf>,
}

/// What names of channels begin with, unless the URL says otherwise.
const PREFIX: &str = "tidings";

const PREFIX_BYTES_MAX: usize = 64;

const FORM: &str = "must be local or redis://[USER:PASSWORD@]HOST[:PORT][?prefix=NAME&cluster=true], \
     or rediss://…[?ca=FILE] with TLS";

impl BusUrl {
    /// Reads it. The error says what would be right, never what was given: there may be a password
    /// in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "local" {
            return Ok(Self::Local);
        }
        let tls = text.starts_with("rediss://");
        if !(tls || text.starts_with("redis://")) || text.contains('#') {
            return Err(FORM.to_owned());
        }
        let (address, options) = text.split_once('?').unwrap_or((text, ""));
        let (mut prefix, mut cluster, mut roots) = (PREFIX.to_owned(), false, None);
        for (name, value) in form_urlencoded::parse(options.as_bytes()) {
            match &*name {
                "prefix" => prefix = read_prefix(&value)?,
                "cluster" => cluster = read_bool(&value)?,
                "ca" if tls => roots = Some(PathBuf::from(&*value)),
                "ca" => return Err("needs rediss:// for its ca".to_owned()),
                _ => return Err(format!("has an option that is not known; it {FORM}")),
            }
        }
        let connection = address.into_connection_info().map_err(|_| FORM.to_owned())?;
        if matches!(connection.addr(), ConnectionAddr::Unix(_)) {
            return Err(FORM.to_owned());
        }
        let tcp = connection.tcp_settings().clone().set_nodelay(true);
        let redis = connection.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let connection = Box::new(connection.set_tcp_settings(tcp).set_redis_settings(redis));
        Ok(Self::Redis(RedisUrl { connection, prefix, cluster, roots }))
    }
}

fn read_prefix(text: &str) -> Result<String, String> {
    let printable = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    if text.is_empty() || text.len() > PREFIX_BYTES_MAX || !text.bytes().all(printable) {
        return Err(format!(
            "must have a prefix of 1 to {PREFIX_BYTES_MAX} letters, digits, and `-_.:`"
        ));
    }
    Ok(text.to_owned())
}

fn read_bool(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must say cluster=true or cluster=false".to_owned())
}

impl RedisUrl {
    pub(super) fn host(&self) -> &str {
        match self.connection.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
            // Nothing else was let in.
            _ => "",
        }
    }

    /// Another node of its cluster, spoken to in the same way.
    pub(super) fn at(&self, host: &str, port: u16) -> ConnectionInfo {
        let host = host.to_owned();
        let addr = match self.connection.addr() {
            ConnectionAddr::TcpTls { .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        (*self.connection).clone().set_addr(addr)
    }

    /// A file with the PEM certificates of those who are trusted instead of those whom the system
    /// trusts.
    pub(super) fn roots(&self) -> Option<&Path> {
        self.roots.as_deref()
    }

    pub(super) fn connection_info(&self) -> &ConnectionInfo {
        &self.connection
    }

    /// What names of channels begin with, so that several clusters may share a Redis.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether it is a node of a Redis Cluster, whose nodes share the channels among them.
    pub fn cluster(&self) -> bool {
        self.cluster
    }
}

/// Without the password.
impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.connection.redis_settings().username().unwrap_or_default();
        let secret = self.connection.redis_settings().password().map_or("", |_| ":…");
        let at = if user.is_empty() && secret.is_empty() { "" } else { "@" };
        let tls = matches!(self.connection.addr(), ConnectionAddr::TcpTls { .. });
        let scheme = if tls { "rediss" } else { "redis" };
        write!(f, "{scheme}://{user}{secret}{at}{}", self.connection.addr())?;
        write!(f, "?prefix={}&cluster={}", self.prefix, self.cluster)?;
        self.roots.as_ref().map_or(Ok(()), |file| write!(f, "&ca={}", file.display()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
            && self.connection.redis_settings().password()
                == other.connection.redis_settings().password()
    }
}

impl Eq for RedisUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    fn redis(text: &str) -> RedisUrl {
        match BusUrl::parse(text) {
            Ok(BusUrl::Redis(url)) => url,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_url_is_read_and_shown_without_its_password() {
        for (text, shown) in [
            ("redis://127.0.0.1", "redis://127.0.0.1:6379?prefix=tidings&cluster=false"),
            ("redis://a.example:1/?prefix=x:y", "redis://a.example:1?prefix=x:y&cluster=false"),
            ("redis://me:s3cret@b:2?cluster=true", "redis://me:…@b:2?prefix=tidings&cluster=true"),
            ("redis://:s3cret@b", "redis://:…@b:6379?prefix=tidings&cluster=false"),
            ("rediss://:s3cret@b", "rediss://:…@b:6379?prefix=tidings&cluster=false"),
            (
                "rediss://b:2?ca=%2Fa%20b.pem",
                "rediss://b:2?prefix=tidings&cluster=false&ca=/a b.pem",
            ),
        ] {
            assert_eq!(format!("{}", redis(text)), shown);
            assert_eq!(format!("{:?}", redis(text)), shown);
        }
        assert_ne!(redis("redis://:a@b"), redis("redis://:b@b"));
    }

    #[test]
    fn what_is_refused_is_told_how_it_would_be_right_and_no_password() {
        for (text, expected) in [
            ("", "must be local or redis://"),
            ("http://a", "must be local or redis://"),
            ("redis:///", "must be local or redis://"),
            ("redis://a:s3cret@b:port", "must be local or redis://"),
            ("redis://a#s3cret", "must be local or redis://"),
            ("rediss://a:s3cret@b#insecure", "must be local or redis://"),
            ("redis://a:s3cret@b?ca=/ca.pem", "needs rediss:// for its ca"),
            ("redis://a?s3cret=1", "an option that is not known"),
            ("redis://a?prefix=", "a prefix of 1 to 64"),
            ("redis://a?prefix=a%20b", "a prefix of 1 to 64"),
            ("redis://a?cluster=yes", "cluster=true or cluster=false"),
        ] {
            let refused = BusUrl::parse(text).unwrap_err();
            assert!(refused.contains(expected), "{text}: {refused}");
            assert!(!refused.contains("s3cret"), "{refused}");
        }
        assert_eq!(BusUrl::parse("local"), Ok(BusUrl::Local));
    }
}
