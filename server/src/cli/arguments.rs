//! Every command and its flags. Those of settings are made from the table of settings.

use super::firm::{parse_label, parse_name};
use super::token::{parse_person, parse_ttl};
use crate::config::{CONFIG_VARIABLE, Given, SETTINGS, Setting, Source, parse_store};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use std::path::PathBuf;
use uuid::Uuid;

const PRECEDENCE: &str = "Every setting can be given as a flag, as a variable of the environment \
    or in a TOML file, and goes before the next in that order. `tidings check-config` shows what \
    comes of it.";

/// The whole command line.
pub(super) fn command() -> Command {
    Command::new("tidings")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A real-time messaging server for firms and their clients")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(configured(
            Command::new("serve").about("Run the server").after_help(PRECEDENCE),
            |_| true,
        ))
        .subcommand(demo())
        .subcommand(check_config(|_| true))
        .subcommand(firm())
        .subcommand(token())
        .subcommand(store())
        .subcommand(configured(
            Command::new("backup")
                .about("Copy the store to a new file, while a server runs on it or not")
                .arg(
                    Arg::new("file")
                        .value_name("FILE")
                        .required(true)
                        .help("The copy; must not exist yet")
                        .value_hint(ValueHint::FilePath)
                        .value_parser(value_parser!(PathBuf)),
                ),
            Setting::is_of_store,
        ))
}

/// That of the program that only sends emails.
pub(super) fn notifier_command() -> Command {
    let command = Command::new("tidings-notifier")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Sends Tidings' emails beside its servers, and takes the answers")
        .after_help(
            "The servers have `mail.notifier = \"apart\"`. It may have their file and environment: what \
             is not listed here is left alone. Any number of them may run.",
        )
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand(check_config(Setting::is_of_notifier));
    configured(command, Setting::is_of_notifier)
}

fn check_config(takes: fn(&Setting) -> bool) -> Command {
    let command = Command::new("check-config")
        .about("Print the effective configuration and where each value comes from")
        .after_help("Exits with code 2 and names everything that is wrong, if anything is.");
    configured(command, takes)
}

fn demo() -> Command {
    let data = Arg::new("data")
        .long("data")
        .value_name("DIR")
        .help("Keep the store in this new folder [default: a temporary one, removed at the end]")
        .value_hint(ValueHint::DirPath)
        .value_parser(value_parser!(PathBuf));
    let command = Command::new("demo")
        .about("Run the server with a demo firm, and print how to talk to it")
        .after_help("The environment and configuration files are not read.")
        .arg(data);
    // The demo makes its own store and its own tokens, and is alone.
    with_settings(command, |setting| {
        let its_own = setting.is_of_store() || setting.section() == "auth";
        !its_own && !matches!(setting.key, "bus" | "mail.notifier")
    })
}

fn firm() -> Command {
    let name = Arg::new("name")
        .value_name("NAME")
        .required(true)
        .help("The firm's name")
        .value_parser(parse_name);
    let create = Command::new("create")
        .about("Make a firm, and print its id and its API key")
        .after_help("The key is kept as a hash only, so this is the one time it is shown.")
        .arg(name);
    let firm = Arg::new("firm")
        .value_name("FIRM_ID")
        .required(true)
        .help("The firm's id, as `firm create` printed it")
        .value_parser(value_parser!(Uuid));
    let label = Arg::new("label")
        .long("label")
        .value_name("TEXT")
        .default_value("operator")
        .help("What the firm's list of keys calls it")
        .value_parser(parse_label);
    let key = Command::new("key")
        .about("Make another API key for a firm, while a server runs or not, and print it")
        .after_help(
            "For a firm that has lost its keys. The key is kept as a hash only, so this is the \
             one time it is shown.",
        )
        .arg(firm)
        .arg(label);
    Command::new("firm")
        .about("Manage firms")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(configured(create, Setting::is_of_store))
        .subcommand(configured(key, Setting::is_of_store))
}

fn store() -> Command {
    let place = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("STORE")
            .required(true)
            .help(help)
            .value_parser(parse_store)
    };
    let moving = Command::new("move")
        .about("Copy everything from an SQLite store into a PostgreSQL database, or back")
        .arg(place("from", "Where it is; no server may run on it. It stays as it is"))
        .arg(place("to", "An empty database, or a file that is not there yet"))
        .arg(
            Arg::new("password-file")
                .long("password-file")
                .value_name("FILE")
                .help("File with the password of the PostgreSQL database")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf)),
        )
        .after_help(
            "Stores are sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE. The copy is \
             read back and compared, and is there as a whole or not at all.",
        );
    Command::new("store")
        .about("Manage the store as a whole")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(moving)
}

fn token() -> Command {
    let person = Arg::new("person")
        .long("person")
        .value_name("PERSON")
        .required(true)
        .help("Whose token: member:UUID or contact:UUID")
        .value_parser(parse_person);
    let ttl = Arg::new("ttl")
        .long("ttl")
        .value_name("TIME")
        .default_value("1h")
        .help("How long it is good, 1s to 24h")
        .value_parser(parse_ttl);
    let command = Command::new("token").about("Print a token for a person").arg(person).arg(ttl);
    configured(command, |setting| {
        setting.is_of_store() || matches!(setting.key, "auth.audience" | "auth.issuer")
    })
}

/// Adds `--config` and the flags of some settings.
fn configured(command: Command, takes: fn(&Setting) -> bool) -> Command {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help(format!("A TOML file with settings [{CONFIG_VARIABLE}]"))
        .value_hint(ValueHint::FilePath)
        .value_parser(value_parser!(PathBuf));
    with_settings(command.arg(file), takes)
}

fn with_settings(command: Command, takes: fn(&Setting) -> bool) -> Command {
    let heading = |setting: &Setting| match setting.section() {
        "auth" => "Tokens",
        "mail" => "Emails",
        "log" => "Logs",
        "limits" => "Limits",
        _ => "Where",
    };
    SETTINGS.iter().filter(|setting| takes(setting)).fold(command, |command, setting| {
        command.arg(
            Arg::new(setting.key)
                .long(setting.flag())
                .value_name(setting.placeholder())
                .help(setting.long_help())
                .help_heading(heading(setting))
                .action(ArgAction::Set),
        )
    })
}

/// Whether a command takes a setting: then it has a flag for it.
pub(super) fn takes(args: &ArgMatches, setting: &Setting) -> bool {
    args.try_contains_id(setting.key).is_ok()
}

/// What to say of a flag that is unknown here, if it is one of the server's.
pub(super) fn is_elsewhere(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let flag = argument.strip_prefix("--")?.split([' ', '=']).next()?;
    let setting = SETTINGS.iter().find(|setting| setting.flag() == flag)?;
    let unknown = error.kind() == ErrorKind::UnknownArgument;
    let key = setting.key;
    unknown
        .then(|| format!("--{flag} is {key}, a setting of `tidings serve` that is not used here."))
}

/// The settings that were given as flags.
pub(super) fn given(args: &ArgMatches) -> Vec<Given> {
    let flag = |setting: &'static Setting| {
        let text = args.try_get_one::<String>(setting.key).ok()??.clone();
        Some(Given { setting, text, source: Source::Flag })
    };
    SETTINGS.iter().filter_map(flag).collect()
}

/// The file that `--config` names.
pub(super) fn config_file(args: &ArgMatches) -> Option<PathBuf> {
    args.get_one::<PathBuf>("config").cloned()
}
