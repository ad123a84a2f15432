//! `tidings firm create`: a tenant and the API key by which its host application speaks.

use super::{Operator, say};
use crate::auth::new_api_key;
use crate::clock::SystemClock;
use crate::config::Config;
use anyhow::{Context as _, bail};
use std::io::Write as _;
use tidings_protocol::limits::NAME_BYTES_MAX;
use tidings_protocol::{FirmId, Refusal, filled, one_line};
use tidings_storage::{DirectoryChange, Done, Operation};

/// A name that a firm may have.
pub(super) fn parse_name(text: &str) -> Result<String, Refusal> {
    filled("name", text, NAME_BYTES_MAX)?;
    one_line("name", text)?;
    Ok(text.to_owned())
}

/// Makes a firm and prints `firm ID` and `api_key SECRET`.
pub(super) fn create(config: &Config, name: &str) -> anyhow::Result<()> {
    let mut operator = Operator::open(&config.store, Box::new(SystemClock))?;
    let (firm, secret) = create_firm(&mut operator, name)?;
    say(&format!("firm {firm}\napi_key {secret}\n"))?;
    // A note for people; scripts read standard output.
    let _ = writeln!(std::io::stderr(), "Keep the key: only its hash is stored.");
    Ok(())
}

/// Makes a firm with one API key.
pub(crate) fn create_firm(operator: &mut Operator, name: &str) -> anyhow::Result<(FirmId, String)> {
    let (secret, hash) = new_api_key().context("the machine gives no random numbers")?;
    let made = operator.apply(Operation::CreateFirm { name: name.to_owned() })?;
    let Done::Firm(firm) = made else {
        bail!("the store answered with something else than a firm");
    };
    let change = DirectoryChange::CreateApiKey { label: "first".to_owned(), hash };
    operator
        .apply(Operation::Directory { firm: firm.firm, change })
        .with_context(|| format!("firm {} was made, but without an API key", firm.firm))?;
    Ok((firm.firm, secret))
}
