//! Settings from everywhere to one configuration: who goes before whom, and everything that is
//! wrong, all at once.

use super::check;
use super::settings::{SETTINGS, Setting};
use super::types::Config;
use super::{CONFIG_VARIABLE, ENVIRONMENT_PREFIX};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// Where a value came from. Later ones go before earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The TOML file.
    File {
        /// Which.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment,
    /// The command line.
    Flag,
}

/// A setting that was set.
#[derive(Clone)]
pub struct Given {
    /// Which.
    pub setting: &'static Setting,
    /// To what, as it was written.
    pub text: String,
    /// Where.
    pub source: Source,
}

/// The configuration, and where each value came from.
pub struct Effective {
    /// Typed and checked.
    pub config: Config,
    /// As it was written: one for each setting that is taken, in the order of the table.
    pub given: Vec<Given>,
}

/// Everything that is wrong with a configuration, one line each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<String>);

impl Problems {
    /// One more.
    pub fn add(&mut self, problem: String) {
        self.0.push(problem);
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl Given {
    /// The name of the value's source: the flag, the variable, or file and line.
    pub fn origin(&self) -> String {
        match &self.source {
            Source::Default => "default".to_owned(),
            Source::File { path, line } => format!("{}:{line}", path.display()),
            Source::Environment => self.setting.variable(),
            Source::Flag => format!("--{}", self.setting.flag()),
        }
    }
}

/// Settings in the environment, and the file that it names.
pub(super) fn from_environment(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    problems: &mut Problems,
) -> (Vec<Given>, Option<PathBuf>) {
    let (mut given, mut file) = (Vec::new(), None);
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with(ENVIRONMENT_PREFIX)) else {
            continue;
        };
        if name == CONFIG_VARIABLE {
            file = Some(PathBuf::from(value)).filter(|path| !path.as_os_str().is_empty());
            continue;
        }
        match (SETTINGS.iter().find(|setting| setting.variable() == name), value.into_string()) {
            (Some(setting), Ok(text)) => {
                given.push(Given { setting, text, source: Source::Environment });
            }
            (Some(_), Err(_)) => problems.add(format!("{name}: is not UTF-8")),
            (None, _) => {
                let known = SETTINGS.iter().map(Setting::variable).collect::<Vec<_>>();
                let known = known.iter().map(String::as_str).chain([CONFIG_VARIABLE]);
                problems.add(format!(
                    "{name}: unknown variable; the nearest known one is {}",
                    nearest(name, known)
                ));
            }
        }
    }
    (given, file)
}

/// Puts the configuration together. Settings that are not taken keep their defaults, whatever they were
/// given. `problems` are those found on the way here; with any, there is no configuration.
pub fn resolve(
    given: &[Given],
    takes: impl Fn(&Setting) -> bool,
    mut problems: Problems,
) -> Result<Effective, Problems> {
    let mut config = Config::blank();
    let mut effective = Vec::with_capacity(SETTINGS.len());
    for setting in SETTINGS {
        let default = Given { setting, text: setting.default.to_owned(), source: Source::Default };
        let is_taken = takes(setting);
        let set = given.iter().filter(|given| is_taken && given.setting.key == setting.key);
        let chosen = set.max_by_key(|given| &given.source).cloned().unwrap_or(default);
        if let Err(wrong) = setting.slot.fill(&mut config, &chosen.text) {
            let from = chosen.origin();
            let shown = setting.slot.shown(&chosen.text);
            problems.add(format!("{from}: {} = `{shown}` {wrong}", setting.key));
        }
        if is_taken {
            effective.push(chosen);
        }
    }
    if problems.0.is_empty() {
        let listens = Setting::of_key("listen").is_some_and(takes);
        check::together(&config, listens, &mut problems);
    }
    if problems.0.is_empty() { Ok(Effective { config, given: effective }) } else { Err(problems) }
}

/// The known name that looks most like `unknown`. What stands behind the last dot counts by
/// itself too: a key in the wrong section is the commonest mistake.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    let tail = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let alike = |name: &str| {
        let whole = strsim::jaro_winkler(unknown, name);
        whole.max(strsim::jaro_winkler(&tail(unknown), &tail(name)) * 0.99)
    };
    known.max_by(|a, b| alike(a).total_cmp(&alike(b))).unwrap_or_default()
}
