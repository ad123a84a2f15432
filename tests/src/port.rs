//! A port that is one test's own, whoever listens on it and whether anybody does.
//!
//! The system gives a port that nobody has to whoever asks for any, and to every outgoing connection:
//! one that was only looked for and let go, or whose program is away for a while, is soon somebody
//! else's. So a socket is kept that is bound to it and never listens: Linux then gives the port to
//! nobody by itself, and lets those listen there who were told its number.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpSocket;

/// A port of loopback, until it is dropped. Nobody listens on it, and whoever connects is refused,
/// until a program is told to listen there.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    _bound: TcpSocket,
}

impl Port {
    /// Takes one.
    pub fn take() -> Self {
        let bound = TcpSocket::new_v4().expect("there are sockets");
        // What lets others bind it who say the same, as programs that listen do.
        bound.set_reuseaddr(true).expect("a socket has that option");
        bound.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("loopback has free ports");
        let address = bound.local_addr().expect("it is bound");
        Self { address, _bound: bound }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.address.port()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn who_was_told_of_it_listens_there_again_and_again_and_nobody_else_gets_it() {
        let port = Port::take();
        for _ in 0..2 {
            assert!(TcpStream::connect(port.address()).await.is_err(), "nobody listens yet");
            let listener = TcpListener::bind(port.address()).await.unwrap();
            let (client, accepted) =
                tokio::join!(TcpStream::connect(port.address()), listener.accept());
            assert_eq!(client.unwrap().peer_addr().unwrap(), port.address());
            drop((accepted, listener));
        }
        let others: Vec<_> = (0..500).map(|_| Port::take()).collect();
        assert!(others.iter().all(|other| other.address() != port.address()));
    }
}
