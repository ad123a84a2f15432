//! The units, as systemd reads them.

use crate::{check, text};
use tempfile::TempDir;
use tidings_tests::tidings;

/// Each unit, and how what it starts begins.
const UNITS: [(&str, &str); 2] = [
    ("tidings.service", "/usr/bin/tidings serve "),
    ("tidings-notifier.service", "/usr/bin/tidings-notifier "),
];

#[test]
fn systemd_reads_the_units() {
    for (name, start) in UNITS {
        let folder = TempDir::new().unwrap();
        let unit = folder.path().join(name);
        // The program is looked for too, and is not installed here.
        let installed = text(&format!("systemd/{name}"));
        let line = format!("ExecStart={start}");
        assert!(installed.contains(&line), "{installed}");
        std::fs::write(&unit, installed.replace(&line, "ExecStart=/bin/true ")).unwrap();
        let unit = unit.to_str().unwrap();
        let said = check("systemd-analyze", &["verify", "--man=no", unit], "the package systemd");
        assert!(!said.contains(name), "{said}");
    }
}

#[test]
fn what_shields_the_server_shields_the_notifier() {
    let shields = |name: &str| {
        let unit = text(&format!("systemd/{name}"));
        let (_, shields) = unit.split_once("UMask=").expect("there it begins");
        shields.to_owned()
    };
    assert_eq!(shields(UNITS[0].0), shields(UNITS[1].0));
}

#[tokio::test]
async fn the_units_start_them_as_they_can_be_started() {
    let folder = TempDir::new().unwrap();
    let settings = folder.path().join("tidings.toml");
    std::fs::write(&settings, "listen = \"127.0.0.1:0\"\n").unwrap();
    for (name, start) in UNITS {
        let unit = text(&format!("systemd/{name}"));
        let flags =
            unit.lines().find_map(|line| line.strip_prefix("ExecStart=")?.strip_prefix(start));
        // The notifier takes the settings of the server.
        let flags = flags.unwrap().replace("/etc/tidings/tidings.toml", settings.to_str().unwrap());
        let arguments = ["check-config"].into_iter().chain(flags.split_whitespace());
        let _ = tidings(arguments).await.ok();
    }
}
