//! Handing mails to a mail server, or putting them into a folder if there is none.
//!
//! A [`Transport`] says of every mail one of three things ([`Delivery`]): it was taken, it is to be
//! tried again ([`retry_after`] says when), or it never will be taken. It decides nothing else, and
//! knows nothing of what a mail is about.
//!
//! **Invariant:** [`Delivery::Sent`] is said only of a mail that the server has answered for, or that
//! is on disk. In doubt (the server is gone after it had the whole mail) it is [`Delivery::Later`]: the
//! mail goes out again under the same `Message-ID`, rather than not at all.
//!
//! **Invariant:** [`Delivery::Never`] is said only of what the server says of this mail or its reader.
//! What concerns every mail (a password, a certificate, a blocked sender) is `Later`: it can be put
//! right without a mail being lost.

mod answer;
mod dkim;
mod fields;
mod folder;
mod retry;
mod smtp;

pub use dkim::DkimSettings;
pub use retry::retry_after;
pub use smtp::{CONNECTIONS_MAX, DELIVERY_MAX, Limits, SmtpUrl, SmtpUrlError};

use dkim::Signer;
use folder::Folder;
use lettre::address::Envelope;
use smtp::Smtp;
use std::path::PathBuf;
use std::sync::Arc;

/// Where mails go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A mail server; without one, they go into the folder.
    pub smtp: Option<SmtpUrl>,
    /// A file with the password of the URL's user: its first line. It is read for every connection.
    pub smtp_password_file: Option<PathBuf>,
    /// Where mails are put if there is no server, each into a file. Made if it is missing.
    pub folder: PathBuf,
    /// Signs every mail, if set.
    pub dkim: Option<DkimSettings>,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Somebody else has it now.
    Sent {
        /// What the server said, such as `250 2.0.0 Ok: queued as 4F2A`; or where the file is.
        answer: String,
    },
    /// It may work another time: the server says so, or can't be reached, or hung.
    Later {
        /// What the server said, or what is wrong.
        answer: String,
    },
    /// It will not work: the server does not want this mail, or does not know its reader.
    Never {
        /// What the server said, or what is wrong.
        answer: String,
    },
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody has a password.
    #[error("the mail server's user needs a file with a password")]
    NoPassword,
    /// A password without anybody who has it.
    #[error("there is a password for the mail server, but no user in its URL")]
    NoUser,
    /// A file can't be used.
    #[error("{}: {why}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why not.
        why: String,
    },
}

/// The way that mails take. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Transport {
    way: Way,
    signer: Option<Arc<Signer>>,
}

#[derive(Clone)]
enum Way {
    Smtp(Arc<Smtp>),
    Folder(Arc<Folder>),
}

impl Transport {
    /// Reads what the settings name. Nothing is connected yet: a server that is away at the start is
    /// no reason not to start.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        Self::open_with(settings, Limits::default())
    }

    /// The same, with other limits than the usual ones.
    pub fn open_with(settings: &Settings, limits: Limits) -> Result<Self, OpenError> {
        let signer = settings.dkim.as_ref().map(Signer::open).transpose()?.map(Arc::new);
        let way = match &settings.smtp {
            Some(url) => {
                let password_file = settings.smtp_password_file.clone();
                Way::Smtp(Arc::new(Smtp::open(url.clone(), password_file, limits)?))
            }
            None => Way::Folder(Arc::new(Folder::new(settings.folder.clone()))),
        };
        Ok(Self { way, signer })
    }

    /// Hands a mail over. Takes [`DELIVERY_MAX`] at most; dropped before that, the mail may have been
    /// taken or not.
    ///
    /// With several recipients, one that is refused is enough for nobody to get it.
    pub async fn deliver(&self, envelope: &Envelope, bytes: Vec<u8>) -> Delivery {
        let bytes = match &self.signer {
            Some(signer) => match signer.sign(&bytes) {
                Ok(with_signature) => with_signature,
                Err(refused) => return refused,
            },
            None => bytes,
        };
        match &self.way {
            Way::Smtp(smtp) => smtp.deliver(envelope, &bytes).await,
            Way::Folder(folder) => folder.deliver(bytes).await,
        }
    }
}

/// Where they go, for people.
impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.way {
            Way::Smtp(smtp) => write!(f, "{}", smtp.url()),
            Way::Folder(folder) => write!(f, "{}", folder.path().display()),
        }
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transport({self})")
    }
}
