//! What is put under load: servers that run already, or one that is started for the run.

mod server;

pub use server::{Server, Start, beside};

use crate::cast::Api;
use crate::machine::Watched;
use anyhow::{Context, Result, bail};
use std::net::{SocketAddr, ToSocketAddrs};
use std::rc::Rc;

/// Nodes under load, with one store.
pub struct Target {
    /// Where clients connect, one node after another.
    pub nodes: Rc<[SocketAddr]>,
    /// Their API, with the firm's key.
    pub api: Api,
    /// The server's process, if it can be watched.
    pub watched: Option<Watched>,
    /// The server, if it was started for the run; it ends with this.
    pub server: Option<Server>,
}

/// The address of a server from what people write: `127.0.0.1:8080`, `http://host:8080`,
/// `ws://host:8080/v1/ws`.
pub fn address(text: &str) -> Result<SocketAddr> {
    let rest = match text.split_once("://") {
        Some(("http" | "ws", rest)) => rest,
        Some((scheme, _)) => bail!(
            "{text}: {scheme} is not spoken here; name a server, not the proxy in front of it"
        ),
        None => text,
    };
    let host = rest.split('/').next().unwrap_or(rest);
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let mut found = host.to_socket_addrs().with_context(|| format!("looking up {host}"))?;
    found.next().with_context(|| format!("{host} has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_in_several_ways() {
        for text in ["127.0.0.1:8080", "http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"] {
            assert_eq!(address(text).unwrap(), "127.0.0.1:8080".parse().unwrap(), "{text}");
        }
        assert!(address("wss://chat.example/v1/ws").unwrap_err().to_string().contains("wss"));
    }
}
