//! The files by which others run Tidings (`server/deploy`): each is read by the program it is for, or
//! by that program's checker, and what they set are settings that exist.

mod balancer;
mod compose;
mod container;
mod systemd;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of `server/deploy`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/deploy").join(name)
}

/// What is in it.
fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).expect("it is there")
}

/// Runs a checker, which must find nothing. `package` is what has it.
#[track_caller]
fn check<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[A], package: &str) -> String {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{}: {error}; install {package}, as tests/run does", program.display())
    });
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{} finds:\n{said}", program.display());
    said
}

/// A program of the Python packages that `tests/run` installs.
fn python_program(name: &str) -> PathBuf {
    let python = std::env::var_os("TEST_PYTHON")
        .expect("TEST_PYTHON is set: the Python with tests/requirements.txt, see tests/run");
    PathBuf::from(python).with_file_name(name)
}
