//! The command line: what there is to do, and which settings each of it takes.
//!
//! What a command is asked for goes to standard output, one thing a line; everything else goes to
//! standard error. Exit codes: 0 done, 1 failed, 2 asked wrongly.

mod arguments;
mod firm;
mod notifier;
mod operator;
mod serve;
mod signals;
mod store;
mod token;

use crate::auth::Auth;
use crate::config::{self, Effective, Problems, Setting, StoreUrl};
use crate::demo;
use crate::mail;
use arguments::{config_file, given, takes};
use clap::{ArgMatches, Command};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tidings_protocol::FirmId;
use uuid::Uuid;

pub(crate) use firm::create_firm;
pub(crate) use operator::Operator;
pub(crate) use serve::serve_until_stopped;
pub(crate) use token::mint;

/// Asked wrongly: the command line or the configuration.
const EXIT_USAGE: u8 = 2;

/// Reads the command line, does what it says, and says what went wrong in a line.
pub fn main() -> ExitCode {
    main_of("tidings", arguments::command(), run)
}

/// The same for the program that only sends emails.
pub fn notifier_main() -> ExitCode {
    main_of("tidings-notifier", arguments::notifier_command(), |args| match args.subcommand() {
        Some((_, args)) => notifier::check_config(&load(args)?),
        None => notifier::run(&load(args)?),
    })
}

fn main_of(
    program: &str,
    command: Command,
    run: impl FnOnce(&ArgMatches) -> anyhow::Result<()>,
) -> ExitCode {
    let matches = match command.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version come this way too, and go to standard output with code 0.
            let _ = error.print();
            if let Some(elsewhere) = arguments::is_elsewhere(&error) {
                let _ = writeln!(std::io::stderr(), "\n{elsewhere}");
            }
            return if error.use_stderr() { EXIT_USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    let Err(error) = run(&matches) else {
        return ExitCode::SUCCESS;
    };
    if let Some(problems) = error.downcast_ref::<Problems>() {
        for problem in problems.lines() {
            let _ = writeln!(std::io::stderr(), "{program}: {problem}");
        }
        return EXIT_USAGE.into();
    }
    let _ = writeln!(std::io::stderr(), "{program}: {error:#}");
    ExitCode::FAILURE
}

fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    match matches.subcommand() {
        Some(("serve", args)) => serve::serve(&load(args)?),
        Some(("demo", args)) => demo::run(given(args), args.get_one::<PathBuf>("data").cloned()),
        Some(("check-config", args)) => check_config(&load(args)?),
        Some(("firm", args)) => match args.subcommand() {
            Some(("create", args)) => firm::create(&load(args)?.config, text(args, "name")),
            Some(("key", args)) => {
                let firm = *args.get_one::<Uuid>("firm").expect("clap asks for it");
                firm::create_key(&load(args)?.config, FirmId(firm), text(args, "label"))
            }
            _ => unreachable!("clap asks for a subcommand of firm"),
        },
        Some(("store", args)) => match args.subcommand() {
            Some(("move", args)) => {
                let store = |name| args.get_one::<StoreUrl>(name).expect("clap asks for it");
                let password_file = args.get_one::<PathBuf>("password-file");
                store::move_store(store("from"), store("to"), password_file.map(PathBuf::as_path))
            }
            _ => unreachable!("clap asks for a subcommand of store"),
        },
        Some(("token", args)) => token::print(&load(args)?.config, args),
        Some(("backup", args)) => {
            let file = args.get_one::<PathBuf>("file");
            operator::backup(&load(args)?.config, file.expect("clap asks for it"))
        }
        _ => unreachable!("clap asks for a subcommand"),
    }
}

/// Shows what is in force, having looked into the key files as the server would.
fn check_config(effective: &Effective) -> anyhow::Result<()> {
    // Which secret signs our own tokens does not matter here; the store has it.
    Auth::load(&effective.config.auth, [0; 32])?;
    if !effective.config.mail.apart {
        mail::transport(&effective.config)?;
    }
    say(&config::show(effective))
}

/// The configuration of a command, from its flags, the environment and the file.
fn load(args: &ArgMatches) -> Result<Effective, Problems> {
    let takes = |setting: &Setting| takes(args, setting);
    config::load(given(args), std::env::vars_os(), config_file(args), takes)
}

fn text<'a>(args: &'a ArgMatches, name: &str) -> &'a str {
    args.get_one::<String>(name).map_or("", String::as_str)
}

/// Writes to standard output; a closed pipe is an error, not a panic.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::arguments::command().debug_assert();
        super::arguments::notifier_command().debug_assert();
    }
}
