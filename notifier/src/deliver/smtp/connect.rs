//! Making a connection: TLS as it was asked for, and the login.

use super::super::OpenError;
use super::talk::refusal;
use super::url::{SmtpUrl, Tls};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Where the kernel says what this machine is called.
const HOST_NAME_FILE: &str = "/proc/sys/kernel/hostname";

/// What a connection is made by.
pub(super) struct Access(Arc<Settings>);

struct Settings {
    url: SmtpUrl,
    password_file: Option<PathBuf>,
}

/// What the files of an [`Access`] say at the moment: they may be renewed at any time.
struct Secrets {
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
}

impl Access {
    /// Looks whether its files can be used.
    pub(super) fn open(url: SmtpUrl, password_file: Option<PathBuf>) -> Result<Self, OpenError> {
        match (url.user(), &password_file) {
            (Some(_), None) => return Err(OpenError::NoPassword),
            (None, Some(_)) => return Err(OpenError::NoUser),
            _ => {}
        }
        let settings = Settings { url, password_file };
        settings.read()?;
        Ok(Self(Arc::new(settings)))
    }

    pub(super) fn url(&self) -> &SmtpUrl {
        &self.0.url
    }

    /// For people.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.0.url.host(), self.0.url.port())
    }

    /// A new connection on which mails can be sent. `limit` is for each address of the host: what
    /// the whole may take is its caller's to say.
    pub(super) async fn connect(&self, limit: Duration) -> Result<AsyncSmtpConnection, String> {
        let settings = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || settings.read()).await;
        let secrets =
            read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        open(&self.0.url, secrets, limit).await.map_err(|refused| match refused {
            Refused::NoStartTls => "it does not offer STARTTLS, which is required".to_owned(),
            Refused::Smtp(error) => match refusal(&error) {
                Some(refusal) => refusal.to_string(),
                None => error.to_string(),
            },
        })
    }
}

async fn open(
    url: &SmtpUrl,
    secrets: Secrets,
    limit: Duration,
) -> Result<AsyncSmtpConnection, Refused> {
    let Secrets { tls, credentials, hello } = secrets;
    let (wrapped, starting) = match url.tls() {
        Tls::Wrapped => (tls, None),
        Tls::None => (None, None),
        Tls::Required | Tls::Opportunistic => (None, tls),
    };
    let at = (url.host(), url.port());
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(at, Some(limit), &hello, wrapped, None).await?;
    if let Some(tls) = starting {
        if connection.can_starttls() {
            connection.starttls(tls, &hello).await?;
        } else if url.tls() == Tls::Required {
            return Err(Refused::NoStartTls);
        }
    }
    if let Some(credentials) = credentials {
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(connection)
}

enum Refused {
    NoStartTls,
    Smtp(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Smtp(error)
    }
}

impl Settings {
    fn read(&self) -> Result<Secrets, OpenError> {
        let tls = if self.url.tls() == Tls::None { None } else { Some(self.tls()?) };
        let credentials = match (self.url.user(), &self.password_file) {
            (Some(user), Some(file)) => Some(Credentials::new(user.to_owned(), password(file)?)),
            _ => None,
        };
        let hello = match self.url.hello() {
            Some(name) => ClientId::Domain(name.to_owned()),
            None => this_machine(),
        };
        Ok(Secrets { tls, credentials, hello })
    }

    fn tls(&self) -> Result<TlsParameters, OpenError> {
        let builder = TlsParameters::builder(self.url.host().to_owned());
        // Without a file, those of the system. Roots that can't be read are not trusted.
        let Some(file) = self.url.roots() else {
            return builder.build_rustls().map_err(|error| unusable(Path::new("TLS"), &error));
        };
        let roots = fs::read(file).map_err(|error| unusable(file, &error))?;
        if !roots.windows(5).any(|at| at == b"-----") {
            return Err(unusable(file, &"there is no certificate in it"));
        }
        let roots = Certificate::from_pem(&roots).map_err(|error| unusable(file, &error))?;
        let builder = builder.certificate_store(CertificateStore::None);
        let built = builder.add_root_certificate(roots).build_rustls();
        built.map_err(|error| unusable(file, &error))
    }
}

fn unusable(file: &Path, why: &dyn std::fmt::Display) -> OpenError {
    OpenError::File { file: file.to_owned(), why: why.to_string() }
}

/// The first line of a file.
fn password(file: &Path) -> Result<String, OpenError> {
    let text = fs::read_to_string(file).map_err(|error| unusable(file, &error))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() || line.contains('\0') {
        return Err(unusable(file, &"there is no password in its first line"));
    }
    Ok(line.to_owned())
}

/// What this machine says hello by: its name if it is one that others could look up, as servers ask
/// (RFC 5321, 4.1.4); otherwise the address that everybody has.
fn this_machine() -> ClientId {
    let name = fs::read_to_string(HOST_NAME_FILE).unwrap_or_default();
    let name = name.trim();
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
    if name.contains('.') && name.bytes().all(letter) {
        ClientId::Domain(name.to_owned())
    } else {
        ClientId::default()
    }
}
