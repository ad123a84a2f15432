//! Devices and the network: connecting, sending, receiving, stalling, vanishing.

use crate::device::{Heard, Link};
use crate::invariant::Held;
use crate::line::Line;
use crate::node::{Connection, Hearing, Up};
use crate::world::{World, say};
use std::collections::{BTreeSet, VecDeque};
use tidings_protocol::{CloseCode, Command};
use tidings_server::session::Session;
use tidings_server::socket::SocketId;
use tidings_storage::Epoch;

impl World {
    /// A device connects to a node and says who it is.
    pub(super) fn connect(&mut self, device: usize, node: usize) {
        let socket = SocketId(self.next_socket);
        self.next_socket += 1;
        let encoding = self.devices[device].encoding;
        let line = Line::new(socket, encoding, self.settings.outbound_bytes, self.lie);
        let connection = Connection {
            line: line.clone(),
            session: Session::new(self.settings.rates, self.now),
            arrived: VecDeque::new(),
            deaf: false,
            at_work: 0,
            identity: None,
            entering: None,
            entered: false,
            access: None,
            epoch: Epoch::default(),
            hearing: Hearing::Quiet { missed: false },
            joined: BTreeSet::new(),
            joining: None,
        };
        self.nodes[node].connections.insert(socket, connection);
        say!(self, "d{device} connects to n{node} as {socket:?}");
        self.devices[device].link = Some(Link::new(node, socket, line));
        let token = self.token(device);
        self.send(device, [Command::Authenticate { token }]);
    }

    /// A device sends commands, one behind the other.
    pub(super) fn send(&mut self, device: usize, commands: impl IntoIterator<Item = Command>) {
        for command in commands {
            let Some(link) = &self.devices[device].link else { return };
            let (node, socket) = (link.node, link.socket);
            let thread = command.thread().map(|thread| self.truth.name(thread));
            say!(self, "d{device} sends {} {}", command.name(), thread.unwrap_or_default());
            let bytes = self.devices[device].ask(command);
            if let Some(connection) = self.nodes[node].connections.get_mut(&socket) {
                connection.arrived.push_back(Up::Frame(bytes));
            }
        }
    }

    /// The user of a device does something.
    pub(super) fn act(&mut self, device: usize) {
        if self.chance.percent(2) {
            let token = self.token(device);
            return self.send(device, [Command::Authenticate { token }]);
        }
        let commands = self.devices[device].choose(&mut self.chance, &self.truth);
        self.send(device, commands);
    }

    /// Whether the network has anything for a device.
    pub(super) fn has_bytes(&self, device: usize) -> bool {
        let device = &self.devices[device];
        let link = device.link.as_ref().filter(|_| !device.stalled);
        link.is_some_and(|link| link.line.waiting_bytes() > 0)
    }

    /// Some bytes reach a device.
    pub(super) fn carry(&mut self, device: usize, bytes_max: usize) -> Held {
        let Some(link) = &self.devices[device].link else { return Ok(()) };
        let bytes = link.line.carry(bytes_max);
        let heard = self.devices[device].hear(&bytes, &mut self.truth)?;
        say!(self, "d{device} gets {} bytes: {heard:?}", bytes.len());
        for heard in heard {
            match heard {
                Heard::Frame("reminder_changed") => self.trace.met("reminder told by its room"),
                Heard::Frame(_) => {}
                Heard::Ping => self.pong(device),
                Heard::Welcome => {
                    let again = self.devices[device].again();
                    self.send(device, again);
                    let joins = self.devices[device].rejoins();
                    self.send(device, joins);
                }
                Heard::Close(code) => {
                    say!(self, "d{device} is closed with {code}");
                    let known = CloseCode::ALL.iter().find(|known| known.code() == code);
                    self.trace.met(known.map_or("closed", |known| known.text()));
                    self.hang_up(device, false);
                }
            }
        }
        Ok(())
    }

    fn pong(&mut self, device: usize) {
        let Some(link) = &self.devices[device].link else { return };
        let connection = self.nodes[link.node].connections.get_mut(&link.socket);
        if let Some(connection) = connection {
            connection.arrived.push_back(Up::Pong);
        }
    }

    /// A device's end of the connection is gone. What is under way to the server may still come.
    pub(super) fn hang_up(&mut self, device: usize, some_arrives: bool) {
        let Some(link) = self.devices[device].unlink() else { return };
        self.devices[device].stalled = false;
        let Some(connection) = self.nodes[link.node].connections.get_mut(&link.socket) else {
            return;
        };
        let arrive = if some_arrives { self.chance.below(connection.arrived.len() + 1) } else { 0 };
        connection.arrived.truncate(arrive);
        connection.deaf = arrive == 0;
        connection.line.break_off();
    }
}
