//! Copies of everything.

use crate::office::Office;
use crate::world::World;

pub fn a_backup_has_everything_and_can_be_gone_on_with(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = w.starts_with_tasks(o.anna, o.acme, &["sign"]);
    w.posts(o.carol, thread, "hello");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    w.backup(&copy);
    let (log, secret) = (w.log(o.anna, thread), w.read().signing_secret().unwrap());
    let welcome = w.read().welcome(o.owner).unwrap();
    w.posts(o.carol, thread, "after the backup");
    let mut restored = w.restored(&copy);
    assert_eq!(restored.log(o.anna, thread), log);
    assert_eq!(restored.read().signing_secret().unwrap(), secret);
    assert_eq!(restored.read().welcome(o.owner).unwrap(), welcome);
    assert_eq!(restored.posts(o.anna, thread, "on we go"), log.last().unwrap().seq.next());
}

pub fn a_backup_overwrites_nothing_and_leaves_nothing_half_made(w: &mut World) {
    Office::new(w);
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "precious").unwrap();
    let error = w.read().backup(&taken).unwrap_err().to_string();
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(std::fs::read(&taken).unwrap(), b"precious");
    assert!(w.read().backup(&folder.path().join("missing/copy")).is_err());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
