//! What an operator can set, and where it is set: flags over environment over a TOML file over
//! defaults. One table ([`SETTINGS`]) names every setting once; flags, variables, keys of the file,
//! help texts and `check-config` all come from it.
//!
//! **Invariant:** nothing is ignored. A flag, `TIDINGS_…` variable or key that the table does not
//! have is refused, naming the nearest one it has.

mod check;
mod file;
mod mail;
mod parse;
mod resolve;
mod settings;
mod show;
mod slot;
mod types;

#[cfg(test)]
mod tests;

pub(crate) use parse::duration;
pub(crate) use parse::store as parse_store;
pub use resolve::{Effective, Given, Problems, Source, resolve};
pub use settings::{SETTINGS, Setting};
pub use show::show;
pub use types::{AuthConfig, Config, Limits, LogConfig, MailConfig, StoreUrl};

use std::ffi::OsString;
use std::path::PathBuf;

/// Variables of the environment that are ours begin with this.
pub const ENVIRONMENT_PREFIX: &str = "TIDINGS_";

/// The variable that names the TOML file; `--config` goes before it.
pub const CONFIG_VARIABLE: &str = "TIDINGS_CONFIG";

/// Puts the configuration together from everywhere it can come from. `config` is the file that
/// `--config` named. Settings that the command does not take are known, but neither looked at nor
/// checked: whoever makes a backup need not be able to read the server's keys.
pub fn load(
    flags: Vec<Given>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    config: Option<PathBuf>,
    takes: impl Fn(&Setting) -> bool,
) -> Result<Effective, Problems> {
    let mut problems = Problems::default();
    let (mut given, named) = resolve::from_environment(environment, &mut problems);
    if let Some(path) = config.or(named) {
        match std::fs::read_to_string(&path) {
            Ok(text) => given.extend(file::read(&path, &text, &mut problems)),
            Err(error) => problems.add(format!("{}: cannot be read: {error}", path.display())),
        }
    }
    given.extend(flags);
    resolve(&given, takes, problems)
}

impl Default for Config {
    /// Every setting at its default.
    fn default() -> Self {
        resolve(&[], |_| true, Problems::default())
            .map(|effective| effective.config)
            .expect("a test holds the defaults against their bounds")
    }
}
