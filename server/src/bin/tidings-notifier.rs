//! The program `tidings-notifier`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidings_server::cli::notifier_main()
}
