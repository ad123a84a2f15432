//! The Autobahn test suite's cases, driven from Python: `tests/python/autobahn.py` says which, and
//! which not and why.

use crate::world::World;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The whole suite takes some seconds, on a busy machine many; a case that hangs takes longer.
const DEADLINE: Duration = Duration::from_mins(4);

#[tokio::test]
async fn every_case_that_fits_passes() {
    let python = std::env::var_os("TEST_PYTHON")
        .expect("TEST_PYTHON is set: the Python with tests/requirements.txt, see tests/run");
    let world = World::with(&[]).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/autobahn.py");
    let mut command = Command::new(python);
    // Bytecode has no place in a checkout.
    command.arg("-B").arg(script).stdin(Stdio::null()).kill_on_drop(true);
    command.arg(world.endpoint().address().to_string());
    command.args([&world.token, &world.cast.account.to_string()]);
    let output = timeout(DEADLINE, command.output()).await.expect("the suite ends in time");
    let output = output.expect("TEST_PYTHON can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    println!("{said}");
}
