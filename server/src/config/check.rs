//! What settings must keep together, after each has kept its own bounds.

use super::mail;
use super::resolve::Problems;
use super::types::{Config, StoreUrl};
use crate::bus::BusUrl;

/// Adds what does not go together. `listens` says whether clients are served.
pub(super) fn together(config: &Config, listens: bool, problems: &mut Problems) {
    let auth = &config.auth;
    let host_keys = [
        ("auth.host_secret_file", auth.host_secret_file.is_some()),
        ("auth.host_jwks_file", auth.host_jwks_file.is_some()),
    ];
    for (key, _) in host_keys.iter().filter(|(_, set)| *set && auth.host_issuer.is_none()) {
        problems.add(format!("{key}: needs auth.host_issuer too: whose tokens these keys check"));
    }
    if auth.host_issuer.is_some() && !host_keys.iter().any(|(_, set)| *set) {
        problems.add(
            "auth.host_issuer: needs auth.host_secret_file or auth.host_jwks_file too: \
             nothing could check its tokens"
                .to_owned(),
        );
    }
    if host_keys.iter().all(|(_, set)| *set) {
        problems.add(
            "auth.host_secret_file: is set beside auth.host_jwks_file; the host's tokens are \
             checked by one or the other"
                .to_owned(),
        );
    }
    if auth.host_issuer.as_ref() == Some(&auth.issuer) {
        problems.add(format!(
            "auth.host_issuer: `{}` is auth.issuer too; a token must tell whose key checks it",
            auth.issuer
        ));
    }
    if matches!(config.store, StoreUrl::Sqlite(_)) && config.bus != BusUrl::Local {
        problems.add(
            "bus: is for several nodes, and a SQLite store has one; \
             leave it local, or use a store that nodes can share"
                .to_owned(),
        );
    }
    mail::together(config, problems);
    if listens && config.ops_listen == Some(config.listen) && config.listen.port() != 0 {
        problems.add(format!(
            "ops_listen: {} is listen too; leave it out to serve both there",
            config.listen
        ));
    }
}
