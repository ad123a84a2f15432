//! `tidings demo`: the real server on a store of its own with a firm to play with, and the lines
//! that talk to it.

mod firm;
mod folder;
mod guide;
mod portal;

use crate::cli::{Operator, say, serve_until_stopped};
use crate::clock::SystemClock;
use crate::config::{self, Config, Effective, Given, Problems, Setting, Source, StoreUrl};
use crate::{logging, mail};
use anyhow::{Context as _, bail};
use folder::Folder;
use portal::Portal;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

/// Ports tried after the usual one, when that is taken and none was asked for.
const PORTS_TRIED: u16 = 20;

/// Runs the demo until it is asked to stop. `flags` are settings, `data` is where to keep the
/// store.
pub fn run(flags: Vec<Given>, data: Option<PathBuf>) -> anyhow::Result<()> {
    let Effective { mut config, given } = configure(flags)?;
    let asked = given.iter().any(|g| g.setting.key == "listen" && g.source == Source::Flag);
    config.listen = free_address(config.listen, asked)?;
    logging::start(&config.log)?;
    let folder = Folder::new(data)?;
    config.store = StoreUrl::Sqlite(folder.path().join("tidings.db"));
    if !given.iter().any(|g| g.setting.key == "mail.folder" && g.source == Source::Flag) {
        config.mail.folder = folder.path().join("mail");
    }
    let mails = mail_goes_to(&config)?;
    let mut operator = Operator::open(&config, Box::new(SystemClock))?;
    let portal = Portal::bind(config.listen.ip())?;
    config.allowed_origins.push(portal.origin());
    let firm = firm::make(&mut operator, &config.auth, portal.url());
    let firm = firm.context("can't make the demo firm")?;
    drop(operator);
    serve_until_stopped(config, |node, addresses| {
        let socket = format!("ws://{}/v1/ws", mail::reachable(addresses.listen));
        if let Err(error) = portal.serve(&node.mail.public_url, socket) {
            tracing::error!(%error, "the demo's portal does not work");
        }
        // Whoever closed our standard output does not want to read it.
        let _ = say(&guide::text(&firm, addresses, &folder, &mails));
    })
}

/// Defaults that differ from a server's: quiet, since what is printed is to be read, and small
/// enough for the limit on open files of any machine.
const DEFAULTS: [(&str, &str); 2] = [("log.filter", "warn"), ("limits.connections", "500")];

fn configure(mut flags: Vec<Given>) -> Result<Effective, Problems> {
    let defaults = DEFAULTS.iter().filter_map(|(key, text)| {
        let setting = Setting::of_key(key)?;
        Some(Given { setting, text: (*text).to_owned(), source: Source::Default })
    });
    flags.extend(defaults);
    config::resolve(&flags, |_| true, Problems::default())
}

/// Where emails go, in words.
fn mail_goes_to(config: &Config) -> anyhow::Result<String> {
    let transport = mail::transport(config)?;
    let how = if config.mail.smtp.is_some() { "" } else { " (.eml files)" };
    Ok(format!("{transport}{how}"))
}

/// The address if it is free; otherwise, unless somebody asked for it, one with a port near it.
fn free_address(wanted: SocketAddr, asked: bool) -> anyhow::Result<SocketAddr> {
    let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    let near = |step| wanted.port().checked_add(step).map(|port| (wanted.ip(), port).into());
    match TcpListener::bind(wanted) {
        Ok(_) => Ok(wanted),
        Err(error) if asked => {
            Err(error).with_context(|| format!("can't listen on {wanted}; --listen takes another"))
        }
        Err(error) => match (1..=PORTS_TRIED).filter_map(near).find(is_free) {
            Some(address) => Ok(address),
            None => bail!("can't listen on {wanted} ({error}) nor near it; --listen takes another"),
        },
    }
}
