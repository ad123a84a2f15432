//! Where a PostgreSQL is, as the operator writes it. Nothing that prints it shows the password.

use super::tls::Roots;
use percent_encoding::percent_decode_str;
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
///
/// `sslmode=verify-full` asks for TLS, and `sslrootcert=FILE` for these roots instead of the system's.
/// `require` and `verify-ca` ask for the same: a server that nobody has vouched for is not spoken to.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    config: Box<Config>,
    /// Whom to trust, with TLS.
    tls: Option<Roots>,
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It can't be read.
    #[error("{0}; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Unreadable(String),
    /// It is not clear about TLS.
    #[error("sslmode must be disable or verify-full")]
    SslMode,
    /// It names roots, and does not use them.
    #[error("sslrootcert needs sslmode=verify-full")]
    UnusedRoots,
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

    /// Whom to trust; without TLS, everybody.
    pub(super) fn tls(&self) -> Option<&Roots> {
        self.tls.as_ref()
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let unreadable = |why: &str| UrlError::Unreadable(why.to_owned());
        if !Self::is_meant(text) {
            return Err(unreadable("not an address of PostgreSQL"));
        }
        let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
        let (tls, others) = read_tls(parameters)?;
        // What the parser says could quote the text, and so the password.
        let parsed = format!("{address}?{}", others.join("&")).parse();
        let mut config: Config = parsed.map_err(|_| unreadable("not readable"))?;
        if config.get_hosts().is_empty() {
            return Err(unreadable("no host"));
        }
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
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
        Ok(Self { config: Box::new(config), tls })
    }
}

/// What parameters say of TLS, and the others. Those of TLS are not all known to the parser.
fn read_tls(parameters: &str) -> Result<(Option<Roots>, Vec<&str>), UrlError> {
    let (mut on, mut roots, mut others) = (false, Roots::System, Vec::new());
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", mode)) => {
                on = match mode {
                    "disable" => false,
                    "require" | "verify-ca" | "verify-full" => true,
                    _ => return Err(UrlError::SslMode),
                };
            }
            Some(("sslrootcert", "system")) => roots = Roots::System,
            Some(("sslrootcert", file)) => {
                let file = percent_decode_str(file).decode_utf8();
                let file = file.map_err(|_| UrlError::Unreadable("sslrootcert".to_owned()))?;
                roots = Roots::File(file.into_owned().into());
            }
            _ => others.push(parameter),
        }
    }
    match (on, roots) {
        (true, roots) => Ok((Some(roots), others)),
        (false, Roots::System) => Ok((None, others)),
        (false, Roots::File(_)) => Err(UrlError::UnusedRoots),
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
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())?;
        match &self.tls {
            None => Ok(()),
            Some(Roots::System) => write!(f, "?sslmode=verify-full"),
            Some(Roots::File(file)) => {
                write!(f, "?sslmode=verify-full&sslrootcert={}", file.display())
            }
        }
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
            ("postgres://db/t?sslmode=require", "postgres://db:5432/t?sslmode=verify-full"),
            (
                "postgres://db/t?sslrootcert=/a%20b.pem&sslmode=verify-full&keepalives=0",
                "postgres://db:5432/t?sslmode=verify-full&sslrootcert=/a b.pem",
            ),
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
        let table = [
            ("sslmode=prefer", UrlError::SslMode),
            ("sslmode=allow", UrlError::SslMode),
            ("sslrootcert=/ca.pem", UrlError::UnusedRoots),
            ("sslmode=disable&sslrootcert=/ca.pem", UrlError::UnusedRoots),
        ];
        for (parameters, expected) in table {
            let url = format!("postgres://a@db/t?{parameters}").parse::<Url>();
            assert_eq!(url, Err(expected), "{parameters}");
        }
    }
}
