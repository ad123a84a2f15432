//! `tidings firm create`: a tenant and the API key by which its host application speaks.
//! `tidings firm key`: another key, for a firm that has lost all of them.

use super::{Operator, say};
use crate::auth::new_api_key;
use crate::clock::SystemClock;
use crate::config::Config;
use anyhow::{Context as _, bail};
use std::io::Write as _;
use tidings_protocol::limits::NAME_BYTES_MAX;
use tidings_protocol::{Bounded as _, FirmId, NewApiKey, Refusal, filled, one_line};
use tidings_storage::{DirectoryChange, Done, Operation};

/// A name that a firm may have.
pub(super) fn parse_name(text: &str) -> Result<String, Refusal> {
    filled("name", text, NAME_BYTES_MAX)?;
    one_line("name", text)?;
    Ok(text.to_owned())
}

/// A label that a key may have.
pub(super) fn parse_label(text: &str) -> Result<String, Refusal> {
    let key = NewApiKey { label: text.to_owned() };
    key.check().map(|()| key.label)
}

/// Makes a firm and prints `firm ID` and `api_key SECRET`.
pub(super) fn create(config: &Config, name: &str) -> anyhow::Result<()> {
    let mut operator = Operator::open(config, Box::new(SystemClock))?;
    let (firm, secret) = create_firm(&mut operator, name)?;
    say(&format!("firm {firm}\napi_key {secret}\n"))?;
    note();
    Ok(())
}

/// Makes an API key for a firm and prints `api_key SECRET`.
pub(super) fn create_key(config: &Config, firm: FirmId, label: &str) -> anyhow::Result<()> {
    let mut operator = Operator::open_existing(config, Box::new(SystemClock))?;
    if operator.reader.firm(firm)?.is_none() {
        bail!("{firm}: there is no firm with this id");
    }
    let secret = add_key(&mut operator, firm, label)?;
    say(&format!("api_key {secret}\n"))?;
    note();
    Ok(())
}

/// A note for people; scripts read standard output.
fn note() {
    let _ = writeln!(std::io::stderr(), "Keep the key: only its hash is stored.");
}

fn add_key(operator: &mut Operator, firm: FirmId, label: &str) -> anyhow::Result<String> {
    let (secret, hash) = new_api_key().context("the machine gives no random numbers")?;
    let change = DirectoryChange::CreateApiKey { label: label.to_owned(), hash };
    operator.apply(Operation::Directory { firm, change })?;
    Ok(secret)
}

/// Makes a firm with one API key.
pub(crate) fn create_firm(operator: &mut Operator, name: &str) -> anyhow::Result<(FirmId, String)> {
    let made = operator.apply(Operation::CreateFirm { name: name.to_owned() })?;
    let Done::Firm(firm) = made else {
        bail!("the store answered with something else than a firm");
    };
    let secret = add_key(operator, firm.firm, "first")
        .with_context(|| format!("firm {} was made, but without an API key", firm.firm))?;
    Ok((firm.firm, secret))
}
