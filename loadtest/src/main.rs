//! The program `tidings-loadtest`.

use clap::Parser;
use std::process::ExitCode;
use tidings_loadtest::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("tidings-loadtest: {error:#}");
            ExitCode::from(2)
        }
    }
}
