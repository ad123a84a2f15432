//! The unit, as systemd reads it.

use crate::{check, text};
use tempfile::TempDir;
use tidings_tests::tidings;

#[test]
fn systemd_reads_the_unit() {
    let folder = TempDir::new().unwrap();
    let unit = folder.path().join("tidings.service");
    // The program is looked for too, and is not installed here.
    let installed = text("systemd/tidings.service");
    assert!(installed.contains("ExecStart=/usr/bin/tidings serve "), "{installed}");
    std::fs::write(&unit, installed.replace("/usr/bin/tidings", "/bin/true")).unwrap();
    let unit = unit.to_str().unwrap();
    let said = check("systemd-analyze", &["verify", "--man=no", unit], "the package systemd");
    assert!(!said.contains("tidings.service"), "{said}");
}

#[tokio::test]
async fn the_unit_starts_it_as_it_can_be_started() {
    let unit = text("systemd/tidings.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/tidings "));
    let folder = TempDir::new().unwrap();
    let settings = folder.path().join("tidings.toml");
    std::fs::write(&settings, "listen = \"127.0.0.1:0\"\n").unwrap();
    let start = start.unwrap().replace("/etc/tidings/tidings.toml", settings.to_str().unwrap());
    let arguments = start.replace("serve", "check-config");
    let _ = tidings(arguments.split_whitespace()).await.ok();
}
