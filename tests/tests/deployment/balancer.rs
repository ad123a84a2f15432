//! The balancer's configuration, as `HAProxy` reads it.

use crate::{check, text};
use tempfile::TempDir;

#[test]
fn haproxy_reads_the_configuration() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("haproxy.cfg");
    // Names of containers mean nothing here.
    let here = text("compose/haproxy.cfg").replace(" tidings-1:", " 127.0.0.1:");
    std::fs::write(&path, here.replace(" tidings-2:", " 127.0.0.1:")).unwrap();
    check("haproxy", &["-c", "-f", path.to_str().unwrap()], "the package haproxy");
}
