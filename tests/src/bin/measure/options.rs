//! What is to be measured, from the command line.

use anyhow::{Context, Result, bail};
use std::env;
use std::path::PathBuf;
use tidings_protocol::Encoding;

pub(crate) const USAGE: &str = "\
measure [NAME…] [--runs N] [--seconds N] [--postcard] [--folder DIR] [--serve FLAG]…

  NAME            one-thread, many-threads, acks, idle, floor; all of them if none is named
  --runs N        runs of each, each with a new server and store (default 3)
  --seconds N     length of each measurement, without setting up (default 10)
  --postcard      sockets speak postcard instead of JSON
  --folder DIR    where the stores are: a folder on a real disk (default: the system's for
                  temporary files)
  --serve FLAG    one more flag for `tidings serve`, such as --serve=--commit-pace=2ms";

/// What there is to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    OneThread,
    ManyThreads,
    Acks,
    Idle,
    Floor,
}

impl Scenario {
    pub(crate) const ALL: [Self; 5] =
        [Self::OneThread, Self::ManyThreads, Self::Acks, Self::Idle, Self::Floor];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OneThread => "one-thread",
            Self::ManyThreads => "many-threads",
            Self::Acks => "acks",
            Self::Idle => "idle",
            Self::Floor => "floor",
        }
    }
}

/// The command line.
pub(crate) struct Options {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) runs: u32,
    pub(crate) seconds: u32,
    pub(crate) encoding: Encoding,
    pub(crate) folder: PathBuf,
    pub(crate) serve: Vec<String>,
}

impl Options {
    /// Reads the command line; none if help was asked for.
    pub(crate) fn read() -> Result<Option<Self>> {
        let mut options = Self {
            scenarios: Vec::new(),
            runs: 3,
            seconds: 10,
            encoding: Encoding::Json,
            folder: env::temp_dir(),
            serve: Vec::new(),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let (name, mut value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value = || {
                value.take().or_else(|| arguments.next()).context(format!("{name} needs a value"))
            };
            match name {
                "--help" | "-h" => return Ok(None),
                "--runs" => options.runs = number(name, &value()?, 100)?,
                "--seconds" => options.seconds = number(name, &value()?, 600)?,
                "--postcard" => options.encoding = Encoding::Postcard,
                "--folder" => options.folder = value()?.into(),
                "--serve" => options.serve.push(value()?),
                name => {
                    let known = Scenario::ALL.into_iter().find(|known| known.name() == name);
                    let Some(scenario) = known else { bail!("what is {name}?\n\n{USAGE}") };
                    options.scenarios.push(scenario);
                }
            }
        }
        if options.scenarios.is_empty() {
            options.scenarios = Scenario::ALL.to_vec();
        }
        Ok(Some(options))
    }
}

fn number(name: &str, text: &str, most: u32) -> Result<u32> {
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => bail!("{name} {text}: must be 1 to {most}"),
    }
}
