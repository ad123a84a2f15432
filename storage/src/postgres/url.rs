//! Where a PostgreSQL is, as the operator writes it. Nothing that prints it shows the password.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// How long a connection may take to be made, for each address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection on which nothing is heard is looked after so often; a peer that confirms nothing
/// for so long is gone.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
const UNCONFIRMED_MAX: Duration = Duration::from_secs(10);

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`, with the parameters of libpq. Several hosts, with
/// commas between them, are tried in turn for the one that takes writes.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    config: Box<Config>,
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It can't be read.
    #[error("{0}; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Unreadable(String),
    /// It asks for what there is not.
    #[error(
        "TLS to PostgreSQL is not there; use sslmode=disable within a private network, or a tunnel"
    )]
    Tls,
}

impl Url {
    /// Whether a text is meant to be such an address.
    pub fn is_meant(text: &str) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// With this password instead of its own.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// What a connection is made by.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let unreadable = |why: &str| UrlError::Unreadable(why.to_owned());
        if !Self::is_meant(text) {
            return Err(unreadable("not an address of PostgreSQL"));
        }
        let parameters = text.split_once('?').map_or("", |(_, parameters)| parameters);
        let tls = ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"];
        if parameters.split('&').any(|parameter| tls.contains(&parameter)) {
            return Err(UrlError::Tls);
        }
        // What the parser says could quote the text, and so the password.
        let mut config: Config = text.parse().map_err(|_| unreadable("not readable"))?;
        if config.get_hosts().is_empty() {
            return Err(unreadable("no host"));
        }
        config.ssl_mode(SslMode::Disable);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNCONFIRMED_MAX);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3);
            config.keepalives_retries(KEEPALIVE_RETRIES);
        }
        if config.get_application_name().is_none() {
            config.application_name("tidings");
        }
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config: Box::new(config) })
    }
}

/// Without the password.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://")?;
        if let Some(user) = self.config.get_user() {
            let secret = if self.config.get_password().is_some() { ":…" } else { "" };
            write!(f, "{user}{secret}@")?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5_432);
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}:{port}")?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{comma}{}:{port}", folder.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let table = [
            ("postgres://ann:s3cret@db:5433/tidings", "postgres://ann:…@db:5433/tidings"),
            ("postgresql://ann@db/tidings?sslmode=disable", "postgres://ann@db:5432/tidings"),
            ("postgres://ann:s3cret@one,two/t", "postgres://ann:…@one:5432,two:5432/t"),
            ("postgres://ann@db/t?password=s3cret", "postgres://ann:…@db:5432/t"),
            ("postgres://ann:sslmode=require@db/t", "postgres://ann:…@db:5432/t"),
        ];
        for (text, shown) in table {
            let url: Url = text.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in ["postgres://", "mysql://s3cret@db/t", "postgres://a:s3cret@db:port/t"] {
            let error = text.parse::<Url>().unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        for mode in ["require", "verify-full"] {
            let text = format!("postgres://a@db/t?sslmode={mode}");
            assert_eq!(text.parse::<Url>(), Err(UrlError::Tls));
        }
    }
}
