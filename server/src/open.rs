//! Opening the store that the configuration names, whichever database it is in.

use crate::config::{Config, StoreUrl};
use anyhow::{Context as _, bail};
use std::path::Path;
use std::time::Duration;
use tidings_storage::postgres::{self, Postgres};
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{Reader, SystemEntropy, Writer};
use tokio::sync::oneshot;

/// Threads that read: a file answers at once, or is read; a database elsewhere has to be waited for.
const SQLITE_READERS: usize = 2;
const POSTGRES_READERS: usize = 8;

/// How long a server that starts waits for a PostgreSQL that is away. Then it ends, and whoever
/// started it starts it again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server needs of its store.
pub(crate) struct Opened {
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) readers: Vec<Box<dyn Reader>>,
    pub(crate) signing_secret: [u8; 32],
}

/// Opens the store to serve, and makes it if there is none. That is done on a thread of its own: it
/// may take long, and whoever does not wait to the end is not kept by it.
pub(crate) async fn serve(config: &Config) -> anyhow::Result<Opened> {
    let (config, (done, opened)) = (config.clone(), oneshot::channel());
    // Nobody may want it any more.
    let open = move || drop(done.send(open(&config)));
    std::thread::Builder::new().name("open-store".to_owned()).spawn(open)?;
    opened.await.context("opening the store broke off")?
}

fn open(config: &Config) -> anyhow::Result<Opened> {
    match &config.store {
        StoreUrl::Sqlite(path) => {
            let sqlite = sqlite(path, Mode::Serve)?;
            opened(
                config,
                SQLITE_READERS,
                Box::new(sqlite.writer(Box::new(SystemEntropy))?),
                || Ok(Box::new(sqlite.reader()?)),
            )
        }
        StoreUrl::Postgres(url) => {
            let url = with_password(config.store_password_file.as_deref(), url)?;
            let postgres = Postgres::open(&url, PATIENCE, &mut SystemEntropy)?;
            opened(
                config,
                POSTGRES_READERS,
                Box::new(postgres.writer(Box::new(SystemEntropy))?),
                || Ok(Box::new(postgres.reader()?)),
            )
        }
    }
}

fn opened(
    config: &Config,
    readers: usize,
    writer: Box<dyn Writer>,
    reader: impl Fn() -> anyhow::Result<Box<dyn Reader>>,
) -> anyhow::Result<Opened> {
    let count = config.limits.readers.unwrap_or(readers).max(1);
    let readers = (0..count).map(|_| reader()).collect::<anyhow::Result<Vec<_>>>()?;
    let signing_secret = reader()?.signing_secret()?;
    Ok(Opened { writer, readers, signing_secret })
}

/// Opens the store for a command of the operator; makes it if there is none and it is to be made. To
/// be called, and what it gives to be used, outside of a runtime.
pub(crate) fn tool(
    config: &Config,
    make: bool,
) -> anyhow::Result<(Box<dyn Writer>, Box<dyn Reader>)> {
    match &config.store {
        StoreUrl::Sqlite(path) => {
            if !make {
                existing(path)?;
            }
            let sqlite = sqlite(path, Mode::Tool)?;
            Ok((Box::new(sqlite.writer(Box::new(SystemEntropy))?), Box::new(sqlite.reader()?)))
        }
        StoreUrl::Postgres(url) => {
            let url = with_password(config.store_password_file.as_deref(), url)?;
            let postgres = if make {
                Postgres::open(&url, Duration::ZERO, &mut SystemEntropy)?
            } else {
                Postgres::open_existing(&url, Duration::ZERO)?
            };
            Ok((Box::new(postgres.writer(Box::new(SystemEntropy))?), Box::new(postgres.reader()?)))
        }
    }
}

/// Copies the store to a new file, of whatever version it is: a backup is what one makes before
/// a new version changes the store.
pub(crate) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    let StoreUrl::Sqlite(path) = &config.store else {
        bail!("a PostgreSQL is backed up by its own tools: see pg_dump and pg_basebackup");
    };
    existing(path)?;
    Ok(Sqlite::backup(path, file)?)
}

fn sqlite(path: &Path, mode: Mode) -> anyhow::Result<Sqlite> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("can't make {}", folder.display()))?;
    }
    Ok(Sqlite::open(&Location::File(path.to_path_buf()), mode, &mut SystemEntropy)?)
}

fn existing(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        bail!("{}: there is no store; --store names another", path.display());
    }
    Ok(())
}

/// An address with the password that a file has, if one is named.
pub(crate) fn with_password(
    file: Option<&Path>,
    url: &postgres::Url,
) -> anyhow::Result<postgres::Url> {
    let Some(file) = file else { return Ok(url.clone()) };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(url.clone().with_password(text.trim_end()))
}
