//! Reaching a PostgreSQL, bringing its database to this version, and handing out sessions.

use super::failure::Failure;
use super::migrate;
use super::reader::PostgresReader;
use super::session::Session;
use super::url::Url;
use super::writer::PostgresWriter;
use crate::clock::Entropy;
use crate::front::monotonic;
use crate::sql::SqlError;
use std::time::Duration;

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It can't be reached, or lets us not in. Worth another try if it is away.
    #[error("{url}: {why}")]
    Unreachable {
        /// Which.
        url: String,
        /// Why.
        why: String,
    },
    /// A later version wrote it. Going back would lose what that version keeps.
    #[error("{url} has schema version {found}, this program knows {known}: use a newer program")]
    TooNew {
        /// The database.
        url: String,
        /// Its version.
        found: usize,
        /// The newest one known here.
        known: usize,
    },
    /// The server lacks what is used.
    #[error("{url} is PostgreSQL {found}; 14 or newer is needed")]
    TooOld {
        /// The database.
        url: String,
        /// The server's version.
        found: String,
    },
    /// It can't hold every text.
    #[error("{url} has the encoding {found}; make the database with ENCODING 'UTF8'")]
    Encoding {
        /// The database.
        url: String,
        /// Its encoding.
        found: String,
    },
    /// Somebody else works with what is to be held as a whole.
    #[error("{url} is in use by a running server; stop it first")]
    InUse {
        /// The database.
        url: String,
    },
    /// Something else made it.
    #[error("{url} has tables in it, but not those of Tidings; give it a database of its own")]
    Foreign {
        /// The database.
        url: String,
    },
    /// There is nothing in it, and it was not to be filled.
    #[error("{url}: there is no store in it yet; --store names another")]
    Empty {
        /// The database.
        url: String,
    },
    /// It refuses what has to be done.
    #[error(transparent)]
    Sql(#[from] Failed),
    /// The system gives us no way to wait.
    #[error("can't wait for PostgreSQL: {0}")]
    Io(#[from] std::io::Error),
}

/// A statement that failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl OpenError {
    pub(super) fn foreign(url: &str) -> Self {
        Self::Foreign { url: url.to_owned() }
    }
}

impl From<SqlError> for OpenError {
    fn from(error: SqlError) -> Self {
        Self::Sql(Failed(error.to_string()))
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Sql(Failed(failure.to_string()))
    }
}

/// What to do about a database that is empty.
pub(super) enum Missing<'a> {
    /// Makes the tables, and a secret by this.
    Made(&'a mut dyn Entropy),
    /// Leaves it empty, and refuses.
    Refused,
}

/// A database that was reached and has this version's schema.
pub struct Postgres {
    url: Url,
}

impl Postgres {
    /// Opens a database, fills it if it is empty, and brings it to this version. If it can't be
    /// reached, tries again for so long. Waits: not to be called inside an async runtime.
    pub fn open(
        url: &Url,
        patience: Duration,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, OpenError> {
        prepare(url, patience, Missing::Made(entropy))?;
        Ok(Self { url: url.clone() })
    }

    /// The same for a database that is not empty.
    pub fn open_existing(url: &Url, patience: Duration) -> Result<Self, OpenError> {
        prepare(url, patience, Missing::Refused)?;
        Ok(Self { url: url.clone() })
    }

    /// A writer, the one of this node. It connects with its first batch.
    pub fn writer(&self, entropy: Box<dyn Entropy>) -> Result<PostgresWriter, OpenError> {
        Ok(PostgresWriter::new(Session::new(self.url.clone())?, entropy))
    }

    /// A reader, one of as many as are wanted. It connects with its first question.
    pub fn reader(&self) -> Result<PostgresReader, OpenError> {
        Ok(PostgresReader::new(Session::new(self.url.clone())?))
    }
}

/// A session with a database that is there and has this version's schema.
pub(super) fn prepare(
    url: &Url,
    patience: Duration,
    missing: Missing<'_>,
) -> Result<Session, OpenError> {
    let name = url.to_string();
    let session = Session::new(url.clone())?;
    session.reach(monotonic() + patience).map_err(|failure| OpenError::Unreachable {
        url: name.clone(),
        why: failure.to_string(),
    })?;
    migrate::check_server(&session, &name)?;
    migrate::migrate(&session, &name, missing)?;
    Ok(session)
}
