//! Where a server listens at the moment: it gets another port each time it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

/// A server's address, shared by everything that talks to it and follows it across restarts.
#[derive(Clone, Debug, Default)]
pub struct Endpoint(Arc<AtomicU16>);

impl Endpoint {
    /// The port of an address on loopback.
    pub fn of(address: SocketAddr) -> Self {
        let endpoint = Self::default();
        endpoint.move_to(address);
        endpoint
    }

    /// The address now.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.0.load(Ordering::Acquire)).into()
    }

    pub(crate) fn move_to(&self, address: SocketAddr) {
        assert!(address.ip().is_loopback(), "tests listen on loopback only, not on {address}");
        self.0.store(address.port(), Ordering::Release);
    }
}
