//! Mails as files of a folder, for trying things out and for setups without a mail server. Any mail
//! program opens them.

use super::Delivery;
use super::answer::tidy;
use super::fields::Parts;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What file names end in.
const ENDING: &str = ".eml";

/// Most bytes of a `Message-ID` in a name; file systems take 255 for the whole.
const ID_BYTES_MAX: usize = 200;

/// Mails have links that log in: they are for the server's user and nobody else.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A folder of mails: `{time}-{message id}.eml`, the time in UTC and the mail's own. A file is there
/// whole or not at all; a mail that is sent again replaces itself.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn deliver(&self, mail: Vec<u8>) -> Delivery {
        let Some(name) = name(&mail) else {
            let answer = "the mail has no readable Date and Message-ID".to_owned();
            return Delivery::Never { answer };
        };
        let file = self.path.join(name);
        let (folder, target) = (self.path.clone(), file.clone());
        let written = on_disk(move || write(&folder, &target, &mail)).await;
        match written {
            Ok(()) => Delivery::Sent { answer: tidy(&format!("written to {}", file.display())) },
            Err(error) => Delivery::Later { answer: self.complaint(&error) },
        }
    }

    fn complaint(&self, error: &io::Error) -> String {
        tidy(&format!("{}: {error}", self.path.display()))
    }
}

async fn on_disk(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// What a mail is called. Made of what stays the same however often it is sent.
fn name(mail: &[u8]) -> Option<String> {
    let parts = Parts::of(mail)?;
    let date: Timestamp = rfc2822::parse(&parts.value("date")?).ok()?.timestamp();
    let id = parts.value("message-id")?;
    let id = id.trim_start_matches('<').trim_end_matches('>');
    let plain = |c: char| if c.is_ascii_alphanumeric() || "@._-".contains(c) { c } else { '_' };
    let mut id: String = id.chars().map(plain).collect();
    id.truncate(ID_BYTES_MAX);
    (!id.is_empty()).then(|| format!("{}-{id}{ENDING}", date.strftime("%Y%m%dT%H%M%SZ")))
}

/// Where a file is until it is whole. Of several that write the same mail, each writes its own.
fn temporary(name: &OsStr) -> String {
    format!(".{}-{:016x}.part", name.display(), fastrand::u64(..))
}

fn write(folder: &Path, target: &Path, mail: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    let part = folder.join(temporary(target.file_name().unwrap_or_default()));
    let written = write_whole(&part, mail).and_then(|()| fs::rename(&part, target));
    if written.is_err() {
        // It takes room, and is of no use. If even that fails, nothing more can be done.
        let _ = fs::remove_file(&part);
    }
    written?;
    // The name too.
    File::open(folder)?.sync_all()
}

fn write_whole(file: &Path, mail: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file)?;
    file.write_all(mail)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    fn mail(id: &str, body: &str) -> Vec<u8> {
        let date = "Tue, 14 Jul 2026 23:30:05 -0200";
        format!("Date: {date}\r\nMessage-ID: <{id}>\r\n\r\n{body}\r\n").into_bytes()
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn mails_are_files_and_one_sent_again_replaces_itself() {
        let place = TempDir::new().unwrap();
        let folder = Folder::new(place.path().join("some/mails"));
        for (id, body) in [("1@a.example", "one"), ("2/../@a", "two"), ("1@a.example", "again")] {
            let sent = folder.deliver(mail(id, body)).await;
            assert!(
                matches!(&sent, Delivery::Sent { answer } if answer.contains(".eml")),
                "{sent:?}"
            );
        }
        let expected = ["20260715T013005Z-1@a.example.eml", "20260715T013005Z-2_.._@a.eml"];
        assert_eq!(names(folder.path()), expected);
        let kept = fs::read(folder.path().join(expected[0])).unwrap();
        assert_eq!(kept, mail("1@a.example", "again"));
    }

    #[tokio::test]
    async fn no_room_is_a_reason_to_try_later_and_leaves_nothing() {
        let place = TempDir::new().unwrap();
        // A file where the folder should be; and a name that is taken by a folder.
        fs::write(place.path().join("file"), "").unwrap();
        let blocked = Folder::new(place.path().join("file/mails"));
        let answer = blocked.deliver(mail("1@a", "")).await;
        assert!(matches!(answer, Delivery::Later { .. }), "{answer:?}");
        let folder = Folder::new(place.path().join("mails"));
        let taken = folder.path().join("20260715T013005Z-1@a.eml");
        fs::create_dir_all(taken.join("x")).unwrap();
        let answer = folder.deliver(mail("1@a", "")).await;
        assert!(matches!(answer, Delivery::Later { .. }), "{answer:?}");
        assert_eq!(names(folder.path()), ["20260715T013005Z-1@a.eml"]);
    }

    #[tokio::test]
    async fn nobody_else_reads_them() {
        let place = TempDir::new().unwrap();
        let folder = Folder::new(place.path().join("mails"));
        folder.deliver(mail("1@a", "")).await;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join(&names(folder.path())[0])), 0o600);
    }

    #[tokio::test]
    async fn what_has_no_name_is_never_written() {
        let folder = Folder::new(PathBuf::from("/nonexistent"));
        for mail in ["", "A: b\r\n\r\n", "Date: now\r\nMessage-ID: <a@b>\r\n\r\n"] {
            let answer = folder.deliver(mail.as_bytes().to_vec()).await;
            assert!(matches!(answer, Delivery::Never { .. }), "{answer:?}");
        }
    }
}
